"""What the ledger's files in a data directory are called."""

from typing import Final

DATABASE: Final = "seatkeeper.db"
LOCK: Final = "seatkeeper.lock"
"""Whoever locks it holds the data directory."""
