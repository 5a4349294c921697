"""When sessions were last active: kept in memory, saved from time to time, outside the journal (rule L9)."""

from collections.abc import Iterable
from threading import Lock


class Activity:
    """The last activity of every live session, in milliseconds.

    `last_seen` is read by the rules and by the sweep. The faces' thread and the writer's change it, under a lock: a
    session must not come back by being touched while it ends.
    """

    def __init__(self, last_seen: dict[int, int]) -> None:
        self.last_seen = last_seen
        self._unsaved: dict[int, int] = {}
        self._lock = Lock()

    def begin(self, session_id: int, now: int) -> None:
        """A session has begun."""
        with self._lock:
            self.last_seen[session_id] = now

    def touch(self, session_id: int, now: int) -> None:
        """A session was active. One that has ended is not brought back."""
        with self._lock:
            if session_id in self.last_seen:
                self.last_seen[session_id] = now
                self._unsaved[session_id] = now

    def end(self, session_id: int) -> None:
        """A session has ended."""
        with self._lock:
            self.last_seen.pop(session_id, None)
            self._unsaved.pop(session_id, None)

    def begin_anew(self, sessions: Iterable[int], now: int) -> None:
        """These are the live sessions, and each has a full time-out: after a start, or when the image was dropped."""
        live = dict.fromkeys(sessions, now)
        with self._lock:
            self.last_seen.update(live)
            for session_id in self.last_seen.keys() - live.keys():
                del self.last_seen[session_id]
            self._unsaved.clear()

    def renew_all(self, now: int) -> None:
        """Give every live session a full time-out: nobody could reach this server for a while."""
        with self._lock:
            self.last_seen.update(dict.fromkeys(self.last_seen, now))

    def idle(self, now: int, timeout: int) -> list[int]:
        """The sessions that have been idle for the whole time-out."""
        oldest = now - timeout
        with self._lock:
            return [session_id for session_id, seen in self.last_seen.items() if seen <= oldest]

    def take_unsaved(self) -> list[tuple[int, int]]:
        """What has been touched since the last taking, of sessions still live."""
        with self._lock:
            unsaved, self._unsaved = self._unsaved, {}
        return list(unsaved.items())

    def put_back(self, unsaved: list[tuple[int, int]]) -> None:
        """What was taken could not be saved: it waits for the next taking."""
        with self._lock:
            live = {session_id: seen for session_id, seen in unsaved if session_id in self.last_seen}
            self._unsaved = live | self._unsaved
