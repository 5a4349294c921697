"""Who calls: every way to authenticate that the contract knows, and logging in (contract 5)."""
