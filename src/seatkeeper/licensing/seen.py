"""What was seen of the inventory when commands were planned, to be compared with what is there when they are decided.

docs/decisions/removal-and-prerequisites.md.

Names stand as `fold` makes them, since what is to be added has no number yet; those of runtimes and applications as
they are.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple, TypeVar

from msgspec import Struct

from seatkeeper.licensing.deployment import Application, Configuration
from seatkeeper.licensing.entities import LicenseKey, Pool
from seatkeeper.licensing.state import State, Table

T = TypeVar("T")


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
    RUNTIME = "runtime"
    """By name: the `Runtime`."""
    APPLICATION = "application"
    """By the names of its runtime and its own: what `deployed_of` makes of the `Application`."""


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


class Deployed(NamedTuple):
    """What an application is by its administrator's word, without the times of registration and its token.

    `versions`: platform, version and display name of each.
    """

    configuration: Configuration | None
    versions: tuple[tuple[str, str, str], ...]


_NOTHING: Final = Deployed(None, ())
"""What is said of an application that is not there, or of which a transaction has reserved the token alone so far."""


def deployed_of(application: Application) -> Deployed:
    """What was said of an application."""
    versions = ((each.platform, each.version, each.display_name) for each in application.versions)
    return Deployed(application.configuration, tuple(versions))


def present(state: State, seen: Seen) -> Any:  # noqa: ANN401 - a row of the kind seen
    """What stands now where `seen` was read. A user must be loaded."""
    return _PRESENT[seen.kind](state, seen.key)


def _row(ids: Table[Any, int], rows: Table[int, T], key: Any) -> T | None:  # noqa: ANN401 - by whatever it is found
    number = ids.get(key)
    return None if number is None else rows[number]


def _seats(state: State, key: LicenseKey) -> Seats | None:
    pool = _row(state.license_ids, state.pools, key)
    return None if pool is None else seats_of(pool)


def _password(state: State, login: str) -> str | None:
    number = state.user_ids.get(login)
    credential = None if number is None else state.credentials.get(number)
    return None if credential is None else credential.password_hash


def _deployed(state: State, key: tuple[str, str]) -> Deployed | None:
    runtime_id = state.runtime_ids.get(key[0])
    found = None if runtime_id is None else _row(state.application_ids, state.applications, (runtime_id, key[1]))
    said = _NOTHING if found is None else deployed_of(found)
    return None if said == _NOTHING else said


_PRESENT: Final[Mapping[SeenKind, Callable[[State, Any], Any]]] = {
    SeenKind.LICENSE: lambda state, key: _row(state.license_ids, state.licenses, key),
    SeenKind.SEATS: _seats,
    SeenKind.OWNER: lambda state, name: _row(state.owner_ids, state.owners, name),
    SeenKind.STATION: lambda state, name: _row(state.station_ids, state.stations, name),
    SeenKind.USER: lambda state, login: _row(state.user_ids, state.users, login),
    SeenKind.PASSWORD: _password,
    SeenKind.PROFILE: lambda state, key: state.profiles.get(key),
    SeenKind.ASSIGNMENTS: lambda state, holder: state.assigned_to.get(holder),
    SeenKind.RUNTIME: lambda state, name: _row(state.runtime_ids, state.runtimes, name),
    SeenKind.APPLICATION: _deployed,
}
