"""What the resources of the admin face work with, and how a route gets hold of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from seatkeeper.identity.credentials import Credentials
from seatkeeper.identity.passwords import Passwords
from seatkeeper.ledger.door import Ledger, SettableClock
from seatkeeper.queries.reads import Reads
from seatkeeper.settings import Settings
from seatkeeper.transport.availability import Availability
from seatkeeper.transport.faults import Faults


@dataclass(frozen=True)
class Testing:
    """What tests may do to the server.

    `retired` tells the resources and features that answer 410; `retire` has exactly these do so, and raises ValueError
    for one that there is not. `reset` takes the server back to an inventory, by a body and its content type, or
    without a body to the one it began with; None where there is a data directory. `kept` counts what memory holds.
    """

    clock: SettableClock
    faults: Faults
    retired: Callable[[], tuple[str, ...]]
    retire: Callable[[tuple[str, ...]], None]
    reset: Callable[[bytes, str], Awaitable[None]] | None
    kept: Callable[[], Mapping[str, int]]


@dataclass(frozen=True)
class Parts:
    """The parts of the server that the admin face speaks to. `owner` is that of bare license names.

    `testing` is None where the setting is off, and then no resource asks for it.
    """

    ledger: Ledger
    reads: Reads
    credentials: Credentials
    passwords: Passwords
    availability: Availability
    owner: str
    settings: Settings
    testing: Testing | None


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


PartsOfApp = Annotated[Parts, Depends(_parts)]
