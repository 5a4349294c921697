"""What the resources of the admin face work with, and how a route gets hold of it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from seatkeeper.identity.logon import Authenticator
from seatkeeper.identity.passwords import Passwords
from seatkeeper.ledger.door import Ledger
from seatkeeper.queries.reads import Reads
from seatkeeper.settings import Settings


@dataclass(frozen=True)
class Parts:
    """The parts of the server that the admin face speaks to. `owner` is that of bare license names."""

    ledger: Ledger
    reads: Reads
    authenticator: Authenticator
    passwords: Passwords
    token: str
    owner: str
    settings: Settings


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


PartsOfApp = Annotated[Parts, Depends(_parts)]
