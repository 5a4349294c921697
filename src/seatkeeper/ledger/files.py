"""What the ledger's files in a data directory are called."""

from pathlib import Path
from typing import Final

DATABASE: Final = "seatkeeper.db"
MOVED: Final = "seatkeeper.db.moved"
"""What the database was, once everything in it has been moved to PostgreSQL. Nothing uses it."""
LOCK: Final = "seatkeeper.lock"
"""Whoever locks it holds the data directory."""


def moved_away(data: Path) -> str | None:
    """Says that a data directory has no database because that was moved to PostgreSQL; None where it was not."""
    if (data / DATABASE).exists() or not (data / MOVED).exists():
        return None
    return (
        f"The inventory of {data} was moved to PostgreSQL: name that database, by --config or SEATKEEPER_DATABASE. (To"
        f" use what it was before, rename {data / MOVED} to {DATABASE}.)"
    )
