"""Who somebody is and what he may do: passwords, secrets, log-ons, roles and rights."""
