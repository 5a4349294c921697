"""Clients that others wrote, unmodified: the vendor's package for Node, and a third party's for Python."""
