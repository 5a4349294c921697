"""What is wrong with entries that are well-formed each: keys that exclude one another, names that stand twice."""

from collections.abc import Callable, Hashable, Iterable
from typing import Any, Final

from msgspec import UNSET, UnsetType

from seatkeeper.identity.passwords import is_password_hash
from seatkeeper.inventory.names import license_name
from seatkeeper.inventory.problems import Problem, quoted
from seatkeeper.inventory.shapes import (
    ApplicationEntry,
    AssignmentEntry,
    E,
    Entry,
    Inventory,
    LicenseEntry,
    OwnerEntry,
    StationEntry,
    UserEntry,
)
from seatkeeper.licensing.entities import fold

_OF_STATIONS: Final = "a station's licenses are always assignable; remove the key, or assign them to users instead"


def contradictions(inventory: Inventory, owner: str) -> list[Problem]:
    """All of it. `owner` is the configured license owner."""
    problems: list[Problem] = []
    _check_owners(inventory.owners, problems)
    _check_licenses(inventory.licenses, owner, problems)
    _check_duplicates(inventory.runtimes, "name", lambda entry: entry.name, problems)
    _check_applications(inventory.applications, problems)
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


def _check_applications(entries: tuple[Entry[ApplicationEntry], ...], problems: list[Problem]) -> None:
    _check_duplicates(entries, "name", lambda entry: (entry.runtime, entry.name), problems)
    for entry in entries:
        category, license_type = entry.value.category, entry.value.license_type
        if UNSET not in (category, license_type) and bool(category) is not bool(license_type):
            key, other = ("category", "license_type") if license_type else ("license_type", "category")
            text = f'is "", no license configuration, but {other} is not; write "" for both or for none'
            problems.append(Problem(entry.place, key, text, entry.line))
        seen: set[Hashable] = set()
        for each in () if isinstance(entry.value.versions, UnsetType) else entry.value.versions:
            if (each.platform, each.version) in seen:
                text = f"{quoted(each.version)} for {quoted(each.platform)} is listed twice; list it once"
                problems.append(Problem(entry.place, "versions", text, entry.line))
            seen.add((each.platform, each.version))


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
