"""When sessions were last active: kept in memory, saved from time to time, outside the journal (rule L9)."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from threading import Lock


class Activity:
    """The last activity of every live session, in milliseconds.

    `last_seen` is read by the rules and by the sweep. The faces' thread and the writer's change it, under a lock: a
    session must not come back by being touched while it ends. Some sessions have an idle time-out of their own; of
    each, what it does at this node is noted for the tables at most every quarter of its time-out.

    `others`: whether other nodes may know of activity that is not in the tables yet. How long after it that may be, in
    milliseconds, is a quarter of a session's time-out and `sweep`.
    """

    def __init__(
        self, last_seen: dict[int, int], others: Callable[[], bool] = lambda: False, *, timeout: int = 0, sweep: int = 0
    ) -> None:
        """`timeout`: that of sessions without their own, in milliseconds."""
        self.last_seen = last_seen
        self._others = others
        self._timeout = timeout
        self._sweep = sweep
        self._timeouts: dict[int, int] = {}
        self._touched: defaultdict[int, set[int]] = defaultdict(set)
        self._noted_at: dict[int, float] = {}
        self._unsaved: set[int] = set()
        self._lock = Lock()

    def begin(self, session_id: int, now: int, idle_timeout: int | None = None) -> None:
        """A session has begun. `idle_timeout`: its own, in milliseconds, if it has one.

        Where another node began it while this one could not be reached, it keeps what it was given since.
        """
        with self._lock:
            self._begin(session_id, max(now, self.last_seen.get(session_id, now)), idle_timeout)

    def touch(self, session_id: int, now: int) -> None:
        """A session was active at this node. One that has ended is not brought back."""
        with self._lock:
            if session_id in self.last_seen:
                self.last_seen[session_id] = now
                self._touched[self._timeout_of(session_id)].add(session_id)

    def seen(self, session_id: int, at: int) -> None:
        """A session was active at another node, which saves that itself."""
        with self._lock:
            self._seen(session_id, at)

    def saved(self, session_id: int, at: int) -> None:
        """The tables say so. What other nodes know since then they may not have saved yet."""
        lags = self._others()
        with self._lock:
            self._seen(session_id, at + self._timeout_of(session_id) // 4 + self._sweep if lags else at)

    def end(self, session_id: int) -> None:
        """A session has ended."""
        with self._lock:
            self._end(session_id)

    def begin_anew(self, sessions: Mapping[int, int | None], now: int) -> None:
        """These are the live sessions, with their own time-outs, and each has a full one: after a start, when the image
        was dropped, or when the database is back."""
        with self._lock:
            for session_id in self.last_seen.keys() - sessions.keys():
                self._end(session_id)
            for session_id, idle_timeout in sessions.items():
                self._begin(session_id, now, idle_timeout)

    def renew(self, now: int, missed: int | None = None) -> int:
        """Nobody could reach this server for `missed` milliseconds: give every session a full time-out that lost more
        than half of it so, or every one where that is not known; how many there are."""
        with self._lock:
            renewed = [each for each in self.last_seen if missed is None or missed * 2 > self._timeout_of(each)]
            self.last_seen.update(dict.fromkeys(renewed, now))
        return len(renewed)

    def idle(self, now: int) -> list[int]:
        """The sessions that have been idle for the whole time-out."""
        timeouts, common = self._timeouts, self._timeout
        with self._lock:
            return [each for each, seen in self.last_seen.items() if now - seen >= timeouts.get(each, common)]

    def note(self, now: float) -> bool:
        """Let those wait to be saved who were active, once in a quarter of their time-out; whether anybody waits.

        `now`: seconds that never go back.
        """
        with self._lock:
            for timeout, touched in list(self._touched.items()):
                if (now - self._noted_at.get(timeout, 0.0)) * 4_000 < timeout:
                    continue
                if touched:
                    self._noted_at[timeout] = now
                    self._unsaved |= touched
                    touched.clear()
                else:  # there may be no session with this time-out any more
                    del self._touched[timeout]
                    self._noted_at.pop(timeout, None)
            return bool(self._unsaved)

    def note_all(self) -> None:
        """Let all of them wait to be saved: this node stops."""
        with self._lock:
            self._unsaved = self._unsaved.union(*self._touched.values())
            self._touched.clear()

    def take_unsaved(self) -> list[tuple[int, int]]:
        """When those who wait to be saved were last active."""
        with self._lock:
            unsaved, self._unsaved = self._unsaved, set()
            return [(each, seen) for each in unsaved if (seen := self.last_seen.get(each)) is not None]

    @property
    def unsaved(self) -> bool:
        """Whether this node has heard of activity that it has not saved."""
        with self._lock:
            return bool(self._unsaved) or any(self._touched.values())

    def put_back(self, unsaved: list[tuple[int, int]]) -> None:
        """What was taken could not be saved: it waits for the next taking."""
        with self._lock:
            self._unsaved.update(session_id for session_id, _ in unsaved if session_id in self.last_seen)

    def _begin(self, session_id: int, now: int, idle_timeout: int | None) -> None:
        if idle_timeout != self._timeouts.get(session_id):
            self._end(session_id)  # another one had this number, and the database was put back
        self.last_seen[session_id] = now
        if idle_timeout is not None:
            self._timeouts[session_id] = idle_timeout

    def _seen(self, session_id: int, at: int) -> None:
        known = self.last_seen.get(session_id)
        if known is not None and known < at:
            self.last_seen[session_id] = at

    def _end(self, session_id: int) -> None:
        touched = self._touched.get(self._timeout_of(session_id))
        if touched is not None:
            touched.discard(session_id)
        self._unsaved.discard(session_id)
        self.last_seen.pop(session_id, None)
        self._timeouts.pop(session_id, None)

    def _timeout_of(self, session_id: int) -> int:
        return self._timeouts.get(session_id, self._timeout)
