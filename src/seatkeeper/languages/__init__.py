"""Human text in the languages of those who read it: the catalogues, and which language a client asks for."""
