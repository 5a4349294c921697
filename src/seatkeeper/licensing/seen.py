"""What was seen of the inventory when commands were planned, to be compared with what is there when they are decided.

docs/decisions/removal-and-prerequisites.md.

Names stand as `fold` makes them, since what is to be added has no number yet.
"""

from enum import StrEnum
from typing import Any, NamedTuple

from msgspec import Struct

from seatkeeper.licensing.entities import Pool
from seatkeeper.licensing.state import State


class SeenKind(StrEnum):
    """What was looked at, by which key, and what is compared."""

    LICENSE = "license"
    """By owner and name: the `License`."""
    SEATS = "seats"
    """By owner and name: what `seats_of` makes of the pool. Its use may change meanwhile."""
    OWNER = "owner"
    """By name: the `Owner`."""
    STATION = "station"
    """By name: the `Station`."""
    USER = "user"
    """By login: the `User`."""
    PASSWORD = "password"  # noqa: S105 - the name of a kind
    """By login: the stored hash, or None where the user has none."""
    PROFILE = "profile"
    """By holder and owner: the `Profile`."""
    ASSIGNMENTS = "assignments"
    """By holder: the numbers of the licenses assigned, in the order of assigning."""


class Seen(Struct, frozen=True):
    """One thing as it was: its row, or None where there was none. `what` names it to people."""

    kind: SeenKind
    key: Any
    row: Any
    what: str


class Seats(NamedTuple):
    """What was bought of a license, without its use."""

    assignable: int
    concurrent: int
    unrestricted: bool


def seats_of(pool: Pool) -> Seats:
    """The seats of a pool."""
    return Seats(pool.assignable_seats, pool.concurrent_seats, pool.unrestricted)


def present(state: State, seen: Seen) -> Any:  # noqa: ANN401 - a row of the kind seen
    """What stands now where `seen` was read. A user must be loaded."""
    match seen.kind:
        case SeenKind.LICENSE:
            number = state.license_ids.get(seen.key)
            return None if number is None else state.licenses[number]
        case SeenKind.SEATS:
            number = state.license_ids.get(seen.key)
            return None if number is None else seats_of(state.pools[number])
        case SeenKind.OWNER:
            number = state.owner_ids.get(seen.key)
            return None if number is None else state.owners[number]
        case SeenKind.STATION:
            number = state.station_ids.get(seen.key)
            return None if number is None else state.stations[number]
        case SeenKind.USER:
            number = state.user_ids.get(seen.key)
            return None if number is None else state.users[number]
        case SeenKind.PASSWORD:
            number = state.user_ids.get(seen.key)
            credential = None if number is None else state.credentials.get(number)
            return None if credential is None else credential.password_hash
        case SeenKind.PROFILE:
            return state.profiles.get(seen.key)
        case SeenKind.ASSIGNMENTS:
            return state.assigned_to.get(seen.key)
