"""A connection to PostgreSQL on which nobody waits for ever.

The server's own time-outs need a server that counts them, and those of TCP a network that is quiet: a server that hangs
acknowledges every packet and answers nothing.
"""

from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen

T = TypeVar("T")

_INTERVAL: Final = 0.1  # seconds; psycopg's own between two looks for a signal


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that is given up when an answer takes longer than `patience`, in seconds: it is closed then.

    Whatever waits for an answer raises psycopg.OperationalError.
    """

    patience: float | None = None

    def wait(self, gen: PQGen[T], interval: float = _INTERVAL, timeout: float | None = None) -> T:
        """Wait for what the server is to answer. `timeout`: of a wait for what need not come."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.patience)
        except psycopg.errors._WaitTimeout:  # noqa: SLF001 - which is told to nobody but psycopg
            self.pgconn.finish()
            raise psycopg.OperationalError(f"no answer within {self.patience} seconds") from None
