"""The admin face, our own API under `/v1`: apply the inventory, assign, see and end sessions, explain."""
