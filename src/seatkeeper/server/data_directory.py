"""The data directory of a node whose inventory is elsewhere: the admin token, the archive, and where it listens."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from seatkeeper.ledger.database import DataDirectoryInUse
from seatkeeper.ledger.files import LOCK

_LOCK_SECONDS: Final = 1.0  # a command that has the data directory for a moment shall not keep a server from starting


@contextmanager
def held(data: Path) -> Iterator[None]:
    """Have the data directory, made if it does not exist; two servers that share one would write over each other's
    address.

    Raises DataDirectoryInUse where another process has it, and OSError where it cannot be used.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(data / LOCK, thread_local=False)
    try:
        lock.acquire(timeout=_LOCK_SECONDS)
    except Timeout:
        raise DataDirectoryInUse(f"Another process is using the data directory {data}.") from None
    try:
        yield
    finally:
        lock.release()
