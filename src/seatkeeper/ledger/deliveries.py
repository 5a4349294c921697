"""How far each session has been told, and which ended a while ago, as all nodes of a database know it.

docs/decisions/messages.md. Where one process has the database to itself there is none of this: its memory says it.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from msgspec import Struct

from seatkeeper.ledger.presence import Presence
from seatkeeper.ledger.unavailable import Unavailable
from seatkeeper.licensing.commands import EndReason
from seatkeeper.licensing.entities import SessionKeys


class Cursor(NamedTuple):
    """How far a session has been told: all that follows from the events up to `position`.

    `reader` is the node that is handing it out: its open event stream (`streamed`), or a poll that it is answering at
    this moment. Without a reader what was handed out has arrived or, where `streamed`, may not have.
    """

    position: int
    reader: int | None
    streamed: bool


class Reached(Struct):
    """How far this node has read the journal and made messages of it: the number and the hash of the last event."""

    position: int = 0
    digest: bytes = b""


class EndedSession(Struct, frozen=True):
    """A session that has ended a while ago, still known so that its client can be told.

    Without `keys` nobody can speak for it. `told`: its client has been.
    """

    session_id: int
    user_id: int
    keys: SessionKeys | None
    reason: EndReason
    at: int
    language: str
    told: bool = False


class DeliveriesLost(Unavailable):
    """The database did not confirm how far a session has been told: nothing may be handed out."""


class Deliveries(Protocol):
    """The tables `deliveries` and `ended_sessions`. Called in the event loop; what many ask for at once is one
    statement. What is awaited raises DeliveriesLost where the database does not answer.
    """

    @property
    def losses(self) -> int:
        """How often the connection was lost: what was certain before may not be so any more."""

    async def advance(self, session_id: int, known: Cursor | None, wanted: Cursor, reached: Reached) -> Cursor | None:
        """Write `wanted` where `known` stands (None: no row). What stands there then.

        Raises Unavailable where the journal does not have what this node has `reached`.
        """

    def leave(self, session_id: int, reader: int, *, arrived: bool, after: float = 0.0) -> None:
        """`reader` has nothing in hand for the session any more `after` so many seconds, and what it had has arrived by
        then, or may not have. Written as soon as the database answers, unless this node advances the cursor before."""

    async def look(self, session_id: int) -> Cursor | None:
        """How far a session has been told."""

    async def taken(self, streams: Mapping[int, int]) -> list[int]:
        """Of the sessions with an open stream and its reader, those that another reader has taken."""

    async def ended(self, session_id: int) -> EndedSession | None:
        """A session that ended within the last while."""

    async def tell_end(self, session_id: int) -> bool:
        """Whether nobody had told that session's client that it has ended; now somebody has."""

    async def forget_ended(self, until: int) -> None:
        """Forget sessions that ended until this time, and how far they were told."""

    async def stop(self) -> None:
        """Write what was left to write, if the database answers, and close the connection."""


class Shared(NamedTuple):
    """What a feed needs where several nodes use the database. `connected`: whether that answers."""

    deliveries: Deliveries
    presence: Presence
    connected: Callable[[], bool]
