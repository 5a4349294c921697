"""When sessions were last active: kept in memory, saved from time to time, outside the journal (rule L9)."""


class Activity:
    """The last activity of every live session, in milliseconds.

    `last_seen` is read by the rules and by the sweep; it is touched by the faces' thread and by the writer's.
    """

    def __init__(self, last_seen: dict[int, int]) -> None:
        self.last_seen = last_seen
        self._unsaved: dict[int, int] = {}

    def begin(self, session_id: int, now: int) -> None:
        """A session has begun, or is given a full time-out again after a start."""
        self.last_seen[session_id] = now

    def touch(self, session_id: int, now: int) -> None:
        """A session was active. One that has ended is not brought back."""
        if session_id in self.last_seen:
            self.last_seen[session_id] = now
            self._unsaved[session_id] = now

    def end(self, session_id: int) -> None:
        """A session has ended."""
        self.last_seen.pop(session_id, None)
        self._unsaved.pop(session_id, None)

    def renew_all(self, now: int) -> None:
        """Give every live session a full time-out: nobody could reach this server for a while."""
        for session_id in list(self.last_seen):
            self.last_seen[session_id] = now

    def idle(self, now: int, timeout: int) -> list[int]:
        """The sessions that have been idle for the whole time-out."""
        oldest = now - timeout
        return [session_id for session_id, seen in list(self.last_seen.items()) if seen <= oldest]

    def take_unsaved(self) -> list[tuple[int, int]]:
        """What has been touched since the last taking, of sessions still live."""
        unsaved, self._unsaved = self._unsaved, {}
        return [(session_id, seen) for session_id, seen in unsaved.items() if session_id in self.last_seen]
