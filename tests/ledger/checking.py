"""`seatkeeper check` of a file, as most tests of the ledger have one."""

from pathlib import Path

from seatkeeper.ledger.check import Report, check_database
from seatkeeper.ledger.door import DatabaseFile


def check_file(path: Path, *archives: Path) -> Report:
    """What a check of the database in a file finds. Raises FileNotFoundError where there is none."""
    if not path.exists():
        raise FileNotFoundError(f"There is no database {path}.")
    return check_database(DatabaseFile(path), *archives)
