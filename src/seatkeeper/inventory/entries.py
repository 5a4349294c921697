"""Reading a table into an entry, whatever the format of the file, and checking entries against one another.

Every problem is found, not only the first, and none is told with a value that could be a secret.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final, TypeVar, get_args, get_type_hints

from msgspec import UNSET, Struct, UnsetType, ValidationError, convert
from msgspec.structs import fields

from seatkeeper.identity.passwords import is_password_hash
from seatkeeper.inventory.names import license_name
from seatkeeper.inventory.problems import Problem, nearest, quoted
from seatkeeper.inventory.shapes import (
    AssignmentEntry,
    E,
    Entry,
    Inventory,
    LicenseEntry,
    OwnerEntry,
    ProfileEntry,
    StationEntry,
    UserEntry,
    decode,
)
from seatkeeper.licensing.entities import fold

S = TypeVar("S", bound=Struct)

MOST_PROBLEMS: Final = 1000
"""Beyond, the rest of the file is not looked at."""

_NO_PROFILES: Final[Mapping[str, ProfileEntry]] = MappingProxyType({})
_OF_STATIONS: Final = "a station's licenses are always assignable; remove the key, or assign them to users instead"


def described(hint: object) -> str:
    """What the shape says of a key's value."""
    for each in (hint, *get_args(hint)):
        for meta in getattr(each, "__metadata__", ()):
            return str(meta.description)
    raise TypeError(f"{hint} has no description")


@cache
def keys_of(shape: type[Struct]) -> dict[str, Any]:
    """The keys that a table of this shape can have, each with its type."""
    return get_type_hints(shape, include_extras=True)


class Reading:
    """Turns tables into entries and collects what is wrong with their form.

    `owner` is the configured license owner. `strict` tells that numbers and flags are such and not texts that say
    them; `describe` puts into words what a key's value must be.
    """

    def __init__(self, owner: str, *, strict: bool = True, describe: Callable[[object], str] = described) -> None:
        self.problems: list[Problem] = []
        self._owner = owner
        self._strict = strict
        self._describe = describe

    @property
    def given_up(self) -> bool:
        """Whether there are so many problems that it is not worth reading on."""
        return len(self.problems) >= MOST_PROBLEMS

    def entry(self, table: Mapping[str, Any], shape: type[E], place: str, line: int | None = None) -> Entry[E] | None:
        """The table as an entry, without the keys that are wrong; None where one is missing that must be there."""
        value = self._table(table, shape, place, line)
        if value is None:
            return None
        return Entry(place=place, value=value, profiles=self._profiles(value, place, line), line=line)

    def check_keys(
        self, table: Iterable[str], known: Iterable[str], place: str, within: str = "", line: int | None = None
    ) -> None:
        """A problem for each key that is not known here."""
        known = list(known)
        for key in table:
            if self.given_up:
                return
            if key not in known:
                offer = nearest(key[:80], known) or f"; the keys are {', '.join(known)}"
                self.problems.append(Problem(place, within + quoted(key), f"is not a key here{offer}", line))

    def _table(
        self, table: Mapping[str, Any], shape: type[S], place: str, line: int | None, within: str = ""
    ) -> S | None:
        keys = keys_of(shape)
        if table.keys() <= keys.keys():
            try:
                return convert(table, shape, dec_hook=decode, strict=self._strict)
            except ValidationError:
                pass  # which keys are wrong, and all of them, shows one by one
        self.check_keys(table, keys, place, within, line)
        values = {}
        for field in fields(shape):
            if field.name not in table:
                if field.required:
                    self.problems.append(Problem(place, within + field.name, "is missing; add it", line))
                continue
            try:
                values[field.name] = convert(table[field.name], keys[field.name], dec_hook=decode, strict=self._strict)
            except ValidationError:
                wanted = self._describe(keys[field.name])
                self.problems.append(Problem(place, within + field.name, f"must be {wanted}", line))
        complete = all(field.name in values for field in fields(shape) if field.required)
        return shape(**values) if complete else None

    def _profiles(
        self,
        value: OwnerEntry | LicenseEntry | StationEntry | UserEntry | AssignmentEntry,
        place: str,
        line: int | None,
    ) -> Mapping[str, ProfileEntry]:
        if not isinstance(value, StationEntry | UserEntry):
            return _NO_PROFILES
        profiles = {}
        if value.enabled is not UNSET or value.method is not UNSET:
            profiles[self._owner] = ProfileEntry(enabled=value.enabled, method=value.method)
        for owner, table in ({} if isinstance(value.profiles, UnsetType) else value.profiles).items():
            key = f"profiles.{owner}"
            if any(fold(owner) == fold(each) for each in profiles):
                self.problems.append(Problem(place, key, f"stands twice; say it once for {owner}", line))
            elif not isinstance(table, dict):
                text = "must be a table with the keys enabled and method"
                self.problems.append(Problem(place, key, text, line))
            else:
                profile = self._table(table, ProfileEntry, place, line, within=f"{key}.")
                profiles[owner] = profile or ProfileEntry()
        return profiles


def contradictions(inventory: Inventory, owner: str) -> list[Problem]:
    """What is wrong with entries that are well-formed each: keys that exclude one another, names that stand twice."""
    problems: list[Problem] = []
    _check_owners(inventory.owners, problems)
    _check_licenses(inventory.licenses, owner, problems)
    _check_stations(inventory.stations, owner, problems)
    _check_users(inventory.users, owner, problems)
    _check_assignments(inventory.assignments, owner, problems)
    return problems


def _check_owners(entries: tuple[Entry[OwnerEntry], ...], problems: list[Problem]) -> None:
    _check_duplicates(entries, "name", lambda entry: fold(entry.name), problems)
    _check_dates(entries, problems)


def _check_licenses(entries: tuple[Entry[LicenseEntry], ...], owner: str, problems: list[Problem]) -> None:
    def key(entry: LicenseEntry) -> Hashable:
        return fold(entry.owner or owner), fold(entry.name)

    _check_duplicates(entries, "name", key, problems)
    _check_dates(entries, problems)


def _check_dates(
    entries: tuple[Entry[OwnerEntry], ...] | tuple[Entry[LicenseEntry], ...], problems: list[Problem]
) -> None:
    for entry in entries:
        expires, grace = entry.value.expires, entry.value.grace_until
        if expires and grace and grace.at is not None and (expires.at is None or grace.at < expires.at):
            text = "is before expires; it must be the later of the two"
            problems.append(Problem(entry.place, "grace_until", text, entry.line))


def _check_stations(entries: tuple[Entry[StationEntry], ...], owner: str, problems: list[Problem]) -> None:
    _check_duplicates(entries, "name", lambda entry: fold(entry.name), problems)
    for entry in entries:
        _check_repeats(entry, "licenses", entry.value.licenses, _license_key(owner), problems)
        for of_owner, profile in entry.profiles.items():
            if profile.method == "concurrent":
                key = "method" if entry.value.method == "concurrent" else f"profiles.{of_owner}.method"
                problems.append(Problem(entry.place, key, _OF_STATIONS, entry.line))


def _check_users(entries: tuple[Entry[UserEntry], ...], owner: str, problems: list[Problem]) -> None:
    _check_duplicates(entries, "login", lambda entry: fold(entry.login), problems)
    _check_duplicates(entries, "user_id", lambda entry: entry.user_id, problems)
    for entry in entries:
        user = entry.value
        for key in ("licenses", "view_allocations", "admin_allocations"):
            _check_repeats(entry, key, getattr(user, key), _license_key(owner), problems)
        for key in ("roles", "rights", "stations"):
            _check_repeats(entry, key, getattr(user, key), fold, problems)
        groups = () if isinstance(user.secondary_groups, UnsetType) else user.secondary_groups
        _check_repeats(entry, "secondary_groups", tuple(map(str, groups)), str, problems)
        if user.password is not UNSET and user.password_hash is not UNSET:
            text = "stands beside password; keep one of the two"
            problems.append(Problem(entry.place, "password_hash", text, entry.line))
        elif user.password_hash and not (
            user.password_hash.startswith("$argon2id$") and is_password_hash(user.password_hash)
        ):
            text = "must be an argon2id hash, which begins with $argon2id$v=19$m=; or give the password itself"
            problems.append(Problem(entry.place, "password_hash", text, entry.line))


def _check_assignments(entries: tuple[Entry[AssignmentEntry], ...], owner: str, problems: list[Problem]) -> None:
    methods: dict[Hashable, Entry[AssignmentEntry]] = {}
    for entry in entries:
        said = entry.value
        if isinstance(said.user, UnsetType) is isinstance(said.station, UnsetType):
            text = "must stand here, or station; " + ("add one" if said.user is UNSET else "remove one") + " of the two"
            problems.append(Problem(entry.place, "user", text, entry.line))
        elif said.method == "concurrent" and said.station:
            problems.append(Problem(entry.place, "method", _OF_STATIONS, entry.line))
        elif said.method and said.user:
            of_owner = license_name(said.license, owner).owner
            first = methods.setdefault((fold(said.user), fold(of_owner)), entry)
            if first.value.method != said.method:
                text = (
                    f"is not that of {first.place}, {quoted(str(first.value.method))}; all licenses that a user has of"
                    f" {of_owner} count by one method: keep one of the two"
                )
                problems.append(Problem(entry.place, "method", text, entry.line))


def _license_key(owner: str) -> Callable[[str], Hashable]:
    def key(name: str) -> Hashable:
        return license_name(name, owner).key

    return key


def _check_duplicates(
    entries: Iterable[Entry[E]], key: str, identity: Callable[[E], Hashable], problems: list[Problem]
) -> None:
    places: dict[Hashable, str] = {}
    for entry in entries:
        same = identity(entry.value)
        if same is not UNSET and places.setdefault(same, entry.place) != entry.place:
            problems.append(
                Problem(entry.place, key, f"is also that of {places[same]}; keep one of the two", entry.line)
            )


def _check_repeats(
    entry: Entry[Any],
    key: str,
    names: tuple[str, ...] | str | UnsetType,
    identity: Callable[[str], Hashable],
    problems: list[Problem],
) -> None:
    if not isinstance(names, tuple):
        return  # "all", or left out
    seen: set[Hashable] = set()
    for name in names:
        if identity(name) in seen:
            problems.append(Problem(entry.place, key, f"{quoted(name)} is listed twice; list it once", entry.line))
        seen.add(identity(name))
