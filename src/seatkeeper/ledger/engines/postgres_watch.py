"""What connections to PostgreSQL do is broken off when it is given up: one thread looks after those of a database."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import psycopg
import structlog

_log = structlog.get_logger("seatkeeper.ledger")

_LOOK_SECONDS: Final = 0.05
_CANCEL_SECONDS: Final = 1.0
_IDLE_SECONDS: Final = 5.0


class Watch:
    """Looks many times a second whether what goes on was given up. Its thread ends when nothing does for a while."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: set[_Watched] = set()
        self._looks = False

    @contextmanager
    def over(self, connection: psycopg.Connection, past: Callable[[], bool]) -> Iterator[None]:
        """Within it, what the connection does is broken off when `past` says so.

        It is to be closed then: the cancellation of one statement may be late, and meet the next one.
        """
        watched = _Watched(connection, past)
        with self._lock:
            if not self._looks:
                threading.Thread(target=self._look, name="seatkeeper-watch", daemon=True).start()
                self._looks = True
            self._watched.add(watched)
        try:
            yield
        finally:
            with self._lock:
                self._watched.discard(watched)
            watched.end()

    def _look(self) -> None:
        idle_since = time.monotonic()
        while True:
            time.sleep(_LOOK_SECONDS)
            with self._lock:
                watched = list(self._watched)
                if not watched and time.monotonic() - idle_since > _IDLE_SECONDS:
                    self._looks = False
                    return
            for each in watched:
                idle_since = time.monotonic()
                self._look_at(each)

    def _look_at(self, watched: "_Watched") -> None:
        try:
            watched.break_off_if_past()
        except Exception:  # noqa: BLE001 - the others must not go unwatched for it, and it is said once
            _log.exception("watch_failed")
            with self._lock:
                self._watched.discard(watched)


class _Watched:
    """What goes on at a connection."""

    def __init__(self, connection: psycopg.Connection, past: Callable[[], bool]) -> None:
        self._connection = connection
        self._past = past
        self._lock = threading.Lock()
        self._given_up_at: float | None = None
        self._ended = False

    def end(self) -> None:
        """It is over; whoever is cancelling it has done with the connection when this returns."""
        with self._lock:
            self._ended = True

    def break_off_if_past(self) -> None:
        """Have the server cancel it, again at each look: a cancellation between two statements meets neither.

        Where the server does not answer to that, what waits for it is told that the connection is lost.
        """
        with self._lock:
            if self._ended or not self._past():
                return
            self._given_up_at = self._given_up_at or time.monotonic()
            with suppress(psycopg.Error, OSError):
                self._connection.cancel_safe(timeout=_CANCEL_SECONDS)
            if time.monotonic() - self._given_up_at >= _CANCEL_SECONDS:
                _hang_up(self._connection)


def _hang_up(connection: psycopg.Connection) -> None:
    """Shut the connection's socket down, under whoever waits for something to come of it."""
    with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
