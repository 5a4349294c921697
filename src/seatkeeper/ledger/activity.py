"""When sessions were last active: kept in memory, saved from time to time, outside the journal (rule L9)."""

from collections.abc import Mapping
from threading import Lock


class Activity:
    """The last activity of every live session, in milliseconds.

    `last_seen` is read by the rules and by the sweep. The faces' thread and the writer's change it, under a lock: a
    session must not come back by being touched while it ends. Some sessions have an idle time-out of their own; what
    they do is noted for the tables at most every quarter of it.
    """

    def __init__(self, last_seen: dict[int, int]) -> None:
        self.last_seen = last_seen
        self._timeouts: dict[int, int] = {}
        self._noted: dict[int, int] = {}
        self._unsaved: dict[int, int] = {}
        self._lock = Lock()

    def begin(self, session_id: int, now: int, idle_timeout: int | None = None) -> None:
        """A session has begun. `idle_timeout`: its own, in milliseconds, if it has one."""
        with self._lock:
            self._begin(session_id, now, idle_timeout)

    def touch(self, session_id: int, now: int) -> None:
        """A session was active. One that has ended is not brought back."""
        with self._lock:
            if session_id in self.last_seen:
                self.last_seen[session_id] = now
                if self._is_to_be_noted(session_id, now):
                    self._unsaved[session_id] = now

    def end(self, session_id: int) -> None:
        """A session has ended."""
        with self._lock:
            self._end(session_id)

    def begin_anew(self, sessions: Mapping[int, int | None], now: int) -> None:
        """These are the live sessions, with their own time-outs, and each has a full one: after a start, or when the
        image was dropped."""
        with self._lock:
            for session_id in self.last_seen.keys() - sessions.keys():
                self._end(session_id)
            for session_id, idle_timeout in sessions.items():
                self._begin(session_id, now, idle_timeout)
            self._unsaved.clear()

    def renew(self, now: int, missed: int, timeout: int) -> int:
        """Nobody could reach this server for `missed` milliseconds: give every session a full time-out that lost more
        than half of it so; how many there are. `timeout`: of those without one of their own."""
        with self._lock:
            renewed = [each for each in self.last_seen if missed > self._timeouts.get(each, timeout) / 2]
            self.last_seen.update(dict.fromkeys(renewed, now))
        return len(renewed)

    def idle(self, now: int, timeout: int) -> list[int]:
        """The sessions that have been idle for the whole time-out; `timeout` is that of those without their own."""
        timeouts = self._timeouts
        with self._lock:
            return [each for each, seen in self.last_seen.items() if now - seen >= timeouts.get(each, timeout)]

    def take_unsaved(self) -> list[tuple[int, int]]:
        """What has been noted since the last taking, of sessions still live."""
        with self._lock:
            unsaved, self._unsaved = self._unsaved, {}
        return list(unsaved.items())

    def put_back(self, unsaved: list[tuple[int, int]]) -> None:
        """What was taken could not be saved: it waits for the next taking."""
        with self._lock:
            live = {session_id: seen for session_id, seen in unsaved if session_id in self.last_seen}
            self._unsaved = live | self._unsaved

    def _begin(self, session_id: int, now: int, idle_timeout: int | None) -> None:
        self.last_seen[session_id] = now
        if idle_timeout is not None:
            self._timeouts[session_id] = idle_timeout
            self._noted[session_id] = now

    def _end(self, session_id: int) -> None:
        for kept in (self.last_seen, self._timeouts, self._noted, self._unsaved):
            kept.pop(session_id, None)

    def _is_to_be_noted(self, session_id: int, now: int) -> bool:
        idle_timeout = self._timeouts.get(session_id)
        if idle_timeout is None:
            return True  # whoever takes what is unsaved does so every quarter of the common time-out
        if (now - self._noted[session_id]) * 4 < idle_timeout:
            return False
        self._noted[session_id] = now
        return True
