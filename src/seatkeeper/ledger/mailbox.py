"""What waits for one session: messages, what it has been told, and the stream that takes them.

Contract 3; decision 9; docs/decisions/messages.md. Beside its queue a mailbox knows where the session sits and where
each subscribed license stands, so that it can be told afresh at any moment: when a queue overflows, and when a stream
may have taken messages to a peer that was gone.
"""

import asyncio
from enum import IntEnum
from typing import Final

from msgspec import Struct

from seatkeeper.licensing.commands import EndReason
from seatkeeper.licensing.entities import Station, fold
from seatkeeper.licensing.events import Subscribed

QUEUE_LIMIT: Final = 1_000


class LicensesChanged(Struct, frozen=True):
    """Where licenses stand, by name as the client spelled it. `full`: all that are subscribed, else what changed."""

    full: bool
    statuses: tuple[tuple[str, bool], ...]


class SubscriptionState(IntEnum):
    """How the subscription to licenses fares; the numbers are those of ICWS (contract 3.4)."""

    NORMAL = 1
    """What went missing has been told afresh."""
    FAULTED = 3
    """Messages were dropped: more waited than are kept."""


class SubscriptionChanged(Struct, frozen=True):
    """How the subscription fares now."""

    state: SubscriptionState


class StationChanged(Struct, frozen=True):
    """Where the session sits now: at this station, at this remote number (or both), or nowhere."""

    station: Station | None = None
    remote_number: str | None = None


class ConnectionDown(Struct, frozen=True):
    """The session has ended."""

    reason: EndReason


Message = LicensesChanged | SubscriptionChanged | StationChanged | ConnectionDown

_OF_SUBSCRIPTION: Final = (LicensesChanged, SubscriptionChanged)


class Mailbox:
    """What waits for one session. Not `current`: what its client was told before is not known here."""

    __slots__ = (
        "_assigned",
        "_handed_to_stream",
        "_owner_key",
        "_spellings",
        "_station",
        "current",
        "queue",
        "session_id",
        "stream",
        "user_id",
    )

    def __init__(self, session_id: int, user_id: int, *, current: bool) -> None:
        self.session_id = session_id
        self.user_id = user_id
        self.current = current
        self.queue: list[Message] = []
        self.stream: Stream | None = None
        self._owner_key = ""
        self._spellings: dict[str, tuple[str, ...]] = {}
        self._assigned: dict[str, bool] = {}
        self._station: StationChanged | None = None
        self._handed_to_stream = False

    @property
    def subscribed(self) -> bool:
        """Whether there is anything to tell of licenses."""
        return bool(self._assigned)

    def subscribe(self, event: Subscribed) -> None:
        """A new list replaces the old, with its undelivered messages."""
        self._owner_key = fold(event.owner)
        self._assigned = dict(zip(event.names, event.assigned, strict=True))
        self._spellings = {}
        for name in self._assigned:
            self._spellings[fold(name)] = (*self._spellings.get(fold(name), ()), name)
        self._tell_licenses_afresh()

    def unsubscribe(self) -> None:
        """Nothing more is told of licenses, and what was not delivered is dropped."""
        self._spellings, self._assigned = {}, {}
        self._drop(_OF_SUBSCRIPTION)

    def resume(self) -> None:
        """The subscription is one of an earlier run: its first full message is followed by word that all is well."""
        if self._assigned:
            self._drop((SubscriptionChanged,))
            self.put(SubscriptionChanged(SubscriptionState.NORMAL))

    def change(self, licenses: list[tuple[str, str]], *, assigned: bool) -> None:
        """Licenses, by folded owner and name, are now assigned to the session's user, or not."""
        spellings = (
            name
            for owner_key, name_key in licenses
            if owner_key == self._owner_key
            for name in self._spellings.get(name_key, ())
        )
        changed = tuple((name, assigned) for name in spellings if self._assigned[name] != assigned)
        if changed:
            self._assigned.update(changed)
            self.put(LicensesChanged(full=False, statuses=changed))

    def sit(self, station: StationChanged) -> None:
        """The session sits here now, which is told if it is news."""
        if station != (self._station or StationChanged()):
            self.tell_station(station)

    def tell_station(self, station: StationChanged) -> None:
        """Tell where the session sits. Only where it sits last is worth delivering."""
        self._station = station
        self._drop((StationChanged,))
        self.put(station)

    def put(self, message: Message) -> None:
        """Queue a message; a queue that is full gives way to one fresh full message, between word that it failed and
        word that all is well again."""
        self.queue.append(message)
        if len(self.queue) > QUEUE_LIMIT:
            self._tell_licenses_afresh()
            self.queue.insert(0, SubscriptionChanged(SubscriptionState.FAULTED))
            self.queue.append(SubscriptionChanged(SubscriptionState.NORMAL))
        self._wake()

    def take(self, stream: "Stream | None" = None) -> list[Message]:
        """All that waits, for a poll or for a stream."""
        taken, self.queue = self.queue, []
        if stream is not None and taken:
            self._handed_to_stream = True
        return taken

    def take_over(self, stream: "Stream | None") -> None:
        """The queue goes to another reader. What an earlier stream took may never have arrived: it is told afresh."""
        if self.stream is not None:
            self.stream.replace()
        self.stream = stream
        if self._handed_to_stream:
            self._handed_to_stream = False
            self._tell_licenses_afresh()
            if self._station is not None:
                self.tell_station(self._station)

    def _tell_licenses_afresh(self) -> None:
        """One full message instead of all that was queued about licenses."""
        self._drop(_OF_SUBSCRIPTION)
        if self._assigned:
            self.queue.insert(0, LicensesChanged(full=True, statuses=tuple(self._assigned.items())))
            self._wake()

    def _drop(self, kinds: tuple[type[Message], ...]) -> None:
        self.queue = [each for each in self.queue if not isinstance(each, kinds)]

    def _wake(self) -> None:
        if self.stream is not None:
            self.stream.wake()


class Stream:
    """One open event stream. It has the session's queue until a newer one takes it or the session ends."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._woken = asyncio.Event()
        self._woken.set()
        self._open = True

    async def next(self, timeout: float) -> list[Message] | None:  # noqa: ASYNC109 - a pause between pings, not a limit
        """The next messages; [] when there were none for `timeout` seconds; None when the stream is over."""
        if self._open:
            try:
                async with asyncio.timeout(timeout):
                    await self._woken.wait()
            except TimeoutError:
                return []
            self._woken.clear()
        return self._take()

    def _take(self) -> list[Message] | None:
        if not self._open:
            return None
        messages = self._mailbox.take(self)
        self._open = not any(isinstance(each, ConnectionDown) for each in messages)
        return messages

    def wake(self) -> None:
        """Something waits."""
        self._woken.set()

    def replace(self) -> None:
        """A newer reader has taken the queue, or the server stops."""
        self._open = False
        self._woken.set()

    def close(self) -> None:
        """The peer is gone; polling takes over."""
        self.replace()
        if self._mailbox.stream is self:
            self._mailbox.stream = None
