"""License documents: read, compared with what is stored, activated, and what the license server says (contract 2)."""
