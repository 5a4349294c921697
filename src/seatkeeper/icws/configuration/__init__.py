"""The configuration of ICWS: what was bought, who is known, and who has which licenses (contract 5)."""
