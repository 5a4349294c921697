"""A file with the newest schema, made once for each process that runs tests: migrating takes most of a start."""

import functools
from pathlib import Path
from tempfile import TemporaryDirectory

from seatkeeper.ledger.door import DatabaseFile
from seatkeeper.ledger.schema import migrate


def have_schema(database: DatabaseFile) -> None:
    """Put an empty database with the newest schema where there is none."""
    if not database.path.exists():
        database.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        database.path.touch(mode=0o600)  # as a server makes it
        database.path.write_bytes(_migrated())


@functools.cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder:
        database = DatabaseFile.in_directory(Path(folder))
        migrate(database)
        return database.path.read_bytes()
