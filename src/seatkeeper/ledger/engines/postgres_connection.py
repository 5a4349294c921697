"""A connection to PostgreSQL on which nobody waits for ever.

The server's own time-outs need a server that counts them, and those of TCP a network that is quiet: a server that hangs
acknowledges every packet and answers nothing.
"""

import re
from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen

T = TypeVar("T")

_INTERVAL: Final = 0.1  # seconds; psycopg's own between two looks for a signal

# libpq tells of each try at length, and guesses; psycopg lists those of all hosts behind the last of them.
_TRY: Final = re.compile(r"^- host: (?P<host>.*?), port: (?P<port>.*?), host.*?: (?P<why>connection .*)$", re.DOTALL)
_PREFIX: Final = re.compile(r"^connection failed: (?:connection to server [^\n]*? failed: )?")
_GUESS: Final = re.compile(r"\n\t[^\n]*\?")
_NOBODY_THERE: Final = re.compile("refused|timed out|timeout|unreachable|no route|no such file", re.IGNORECASE)


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


def plain(error: BaseException | None) -> str:
    """What a driver's error says, on one line and without a full stop.

    Of several hosts that were tried each is told with its own cause, those first at which somebody answered.
    """
    said = _GUESS.sub("", str(error))
    last, *each = re.split(r"\n(?=- host: )", said)
    tries = dict.fromkeys(filter(None, map(_of_host, each)))
    if not tries:
        return _on_one_line(last)
    return "; ".join(sorted(tries, key=lambda told: _NOBODY_THERE.search(told) is not None))


def _of_host(said: str) -> str | None:
    found = _TRY.match(said)
    if found is None:
        return None
    host, port = found["host"].strip("'"), found["port"].strip("'")
    why = _on_one_line(_PREFIX.sub("", found["why"]))
    return f"{host}:{port}: {why}" if port not in {"", "None"} else f"{host}: {why}"


def _on_one_line(text: str) -> str:
    return " ".join(text.split()).removesuffix(".")
