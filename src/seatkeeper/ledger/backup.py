"""`seatkeeper backup`: a copy of a database at one point in time, taken while it is in use."""

import os
import sqlite3
from pathlib import Path


class BackupRefused(Exception):
    """The backup was not made; the sentence says why. Nothing was written over."""


def back_up(database: Path, target: Path) -> None:
    """Copy the database to a new file, which appears only when it is complete and on the disk.

    Raises BackupRefused where there is no database, the target exists, or it cannot be written.
    """
    if not database.exists():
        raise BackupRefused(f"There is no database {database}.")
    partial = target.with_name(f".{target.name}.partial")
    try:
        if not target.parent.exists():
            raise BackupRefused(f"There is no directory {target.parent}; make it, or name another place.")
        if target.exists():
            raise BackupRefused(f"{target} exists already; a backup never overwrites a file.")
        partial.unlink(missing_ok=True)
        partial.touch(mode=0o600)
        try:
            _copy(database, partial)
            partial.rename(target)
        finally:
            partial.unlink(missing_ok=True)  # where it has been renamed, there is none
        _sync(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise BackupRefused(f"The backup to {target} failed: {error}") from error


def _copy(database: Path, partial: Path) -> None:
    source = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)
    copy = sqlite3.connect(partial)
    try:
        # In one step: the source may be written meanwhile, and the copy stands at one point in time.
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    finally:
        copy.close()
        source.close()
    with partial.open("rb") as file:
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
