"""The state that commands are decided on: immutable rows in tables, and a layer of changes over them."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from seatkeeper.licensing.entities import (
    Assignment,
    Credential,
    Hold,
    Holder,
    License,
    LicenseKey,
    Owner,
    Pool,
    Profile,
    Session,
    SessionKeys,
    Station,
    StationLogon,
    Subscription,
    User,
)

if TYPE_CHECKING:
    from seatkeeper.licensing.deployment import Application, ApplicationKey, Runtime, Transaction

K = TypeVar("K")
V = TypeVar("V")

# Types of the tables' keys.
AssignmentKey = tuple[Holder, int]  # holder, license
ProfileKey = tuple[Holder, str]  # holder, owner folded
HoldKey = tuple[int, int]  # session, license

FIRST_SESSION: Final = 1_000_000_001  # ten digits, as clients have seen them (ICWS contract 1.3)


class _Untouched:
    """Marks a key that the layer has no word on; None means dropped."""


_UNTOUCHED: Final = _Untouched()


class Table(Generic[K, V]):
    """One table: the rows of an image below, and what has been changed above it."""

    __slots__ = ("_undo", "below", "changed")

    def __init__(self, rows: dict[K, V], undo: list[Any]) -> None:
        self.below = rows
        self._undo = undo
        self.changed: dict[K, V | None] = {}

    def get(self, key: K) -> V | None:
        """The row of this key, or None."""
        if key in self.changed:
            return self.changed[key]
        return self.below.get(key)

    def __getitem__(self, key: K) -> V:
        """The row of this key. Raises KeyError where there is none."""
        row = self.changed[key] if key in self.changed else self.below[key]
        if row is None:
            raise KeyError(key)
        return row

    def put(self, key: K, row: V | None) -> None:
        """Set a row, or drop it with None."""
        changed = self.changed
        self._undo.append((changed, key, changed.get(key, _UNTOUCHED)))
        changed[key] = row

    def merge(self) -> None:
        """Make the changes part of the image below."""
        for key, row in self.changed.items():
            if row is None:
                self.below.pop(key, None)
            else:
                self.below[key] = row
        self.changed = {}

    def items(self) -> Iterator[tuple[K, V]]:
        """Every row with its key, changed ones as they are now."""
        for key, row in self.below.items():
            if key not in self.changed:
                yield key, row
        yield from ((key, row) for key, row in self.changed.items() if row is not None)

    def values(self) -> Iterator[V]:
        """Every row, changed ones as they are now."""
        return (row for _, row in self.items())


class Image:
    """The merged truth, as plain dictionaries: what a state stands on.

    Licenses, owners, pools, stations with their log-ons, and runtimes with their applications are whole; of users,
    those that have been loaded; of transactions, those that are not over. The second group are indexes of the first:
    who has what, found without looking through everything.
    """

    def __init__(self) -> None:
        self.licenses: dict[int, License] = {}
        self.owners: dict[int, Owner] = {}
        self.pools: dict[int, Pool] = {}
        self.stations: dict[int, Station] = {}
        self.users: dict[int, User] = {}
        self.profiles: dict[ProfileKey, Profile] = {}
        self.assignments: dict[AssignmentKey, Assignment] = {}
        self.sessions: dict[int, Session] = {}
        self.logons: dict[int, StationLogon] = {}
        self.holds: dict[HoldKey, Hold] = {}
        self.subscriptions: dict[int, Subscription] = {}
        self.session_keys: dict[int, SessionKeys] = {}
        self.credentials: dict[int, Credential] = {}
        self.runtimes: dict[int, Runtime] = {}
        self.applications: dict[int, Application] = {}
        self.transactions: dict[int, Transaction] = {}
        self.counters: dict[str, int] = {}

        self.license_ids: dict[LicenseKey, int] = {}
        self.owner_ids: dict[str, int] = {}
        self.station_ids: dict[str, int] = {}
        self.runtime_ids: dict[str, int] = {}
        self.application_ids: dict[ApplicationKey, int] = {}
        self.applications_of: dict[int, tuple[int, ...]] = {}
        self.unfinished: dict[int, tuple[int, ...]] = {}
        self.user_ids: dict[str, int] = {}
        self.assigned_to: dict[Holder, tuple[int, ...]] = {}
        self.profiled: dict[Holder, tuple[str, ...]] = {}
        self.sessions_of: dict[int, tuple[int, ...]] = {}
        self.held_by: dict[int, tuple[int, ...]] = {}
        self.present: dict[int, tuple[int, ...]] = {}
        self.seated: dict[int, int] = {}
        """By assignment that takes an assignable seat, its license. Loaded only for a batch that needs a license's."""
        self.last_seen: dict[int, int] = {}
        """By session, when it was last active. Kept by the ledger, outside the journal."""

        self.licenses_mark: object = object()
        """Another one whenever a license has been defined, changed or removed: what was made of all of them is made
        anew then."""


class State:
    """An image with changes above it. Nothing below changes until `merge`."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []
        undo = self._undo
        self.licenses = Table(image.licenses, undo)
        self.owners = Table(image.owners, undo)
        self.pools = Table(image.pools, undo)
        self.stations = Table(image.stations, undo)
        self.users = Table(image.users, undo)
        self.profiles = Table(image.profiles, undo)
        self.assignments = Table(image.assignments, undo)
        self.sessions = Table(image.sessions, undo)
        self.logons = Table(image.logons, undo)
        self.holds = Table(image.holds, undo)
        self.subscriptions = Table(image.subscriptions, undo)
        self.session_keys = Table(image.session_keys, undo)
        self.credentials = Table(image.credentials, undo)
        self.runtimes = Table(image.runtimes, undo)
        self.applications = Table(image.applications, undo)
        self.transactions = Table(image.transactions, undo)
        self.counters = Table(image.counters, undo)

        self.license_ids = Table(image.license_ids, undo)
        self.owner_ids = Table(image.owner_ids, undo)
        self.station_ids = Table(image.station_ids, undo)
        self.runtime_ids = Table(image.runtime_ids, undo)
        self.application_ids = Table(image.application_ids, undo)
        self.applications_of = Table(image.applications_of, undo)
        """By runtime, its applications in the order in which they came."""
        self.unfinished = Table(image.unfinished, undo)
        """By runtime, its transactions that are not over, in their order: the first has the lock, or is next."""
        self.user_ids = Table(image.user_ids, undo)
        self.assigned_to = Table(image.assigned_to, undo)
        self.profiled = Table(image.profiled, undo)
        """By holder, the owners of whose licenses it has a profile."""
        self.sessions_of = Table(image.sessions_of, undo)
        self.held_by = Table(image.held_by, undo)
        self.present = Table(image.present, undo)
        """By station, the log-ons there in the order of setting: the first has it in use."""
        self.seated = Table(image.seated, undo)
        self.last_seen: Mapping[int, int] = image.last_seen

    @property
    def saved(self) -> dict[str, Table[Any, Any]]:
        """The tables that are rows of the database, by name."""
        return {name: getattr(self, name) for name in SAVED}

    @property
    def touched(self) -> bool:
        """Whether anything has been changed."""
        return bool(self._undo)

    def mark(self) -> int:
        """A point to roll back to."""
        return len(self._undo)

    def rollback(self, mark: int) -> None:
        """Take back every change since the mark."""
        while len(self._undo) > mark:
            changed, key, before = self._undo.pop()
            if before is _UNTOUCHED:
                del changed[key]
            else:
                changed[key] = before

    def merge(self) -> None:
        """Make all changes part of the image."""
        if self.licenses.changed:
            self._image.licenses_mark = object()
        for table in vars(self).values():
            if isinstance(table, Table) and table.changed:
                table.merge()
        self._undo.clear()

    def next_number(self, counter: str, first: int = 1) -> int:
        """The number that the next new thing of this kind gets. Taking it is the fold's business."""
        return self.counters.get(counter) or first


JOURNALLED: Final = (
    "licenses",
    "owners",
    "pools",
    "stations",
    "users",
    "profiles",
    "assignments",
    "sessions",
    "logons",
    "holds",
    "subscriptions",
    "runtimes",
    "applications",
    "transactions",
    "counters",
)
"""Tables that follow from the journal alone."""

SECRET: Final = ("session_keys", "credentials")
"""Tables whose rows no event may carry."""

SAVED: Final = JOURNALLED + SECRET
