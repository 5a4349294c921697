"""Reading an inventory file.

TOML: `[[licenses]]`, `[[stations]]`, `[[users]]`; the keys of each are those of `shapes`. Every problem is found, not
only the first, and none is told with a value that could be a secret.
"""

import re
import tomllib
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import cache
from typing import Any, Final, TypeVar, get_args, get_type_hints

from msgspec import UNSET, Struct, UnsetType, ValidationError, convert
from msgspec.structs import fields

from seatkeeper.identity.passwords import is_password_hash
from seatkeeper.inventory.names import license_name
from seatkeeper.inventory.problems import Problem, nearest, quoted
from seatkeeper.inventory.shapes import (
    E,
    Entry,
    Inventory,
    LicenseEntry,
    ProfileEntry,
    StationEntry,
    UserEntry,
    decode,
)
from seatkeeper.licensing.entities import fold

S = TypeVar("S", bound=Struct)

_LISTS: Final = ("licenses", "stations", "users")
_MOST_PROBLEMS: Final = 1000  # beyond, the rest of the file is not looked at

_TOO_MUCH: Final = "it nests too deeply or has a huge number"
_DEEP_KEY: Final = re.compile(
    r"""(?<![\w\\-])(?:(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){64}""", re.ASCII
)
"""A key of more parts than any here has. What the parser keeps of a key grows with the square of its parts: one of
200 kB takes all memory there is. The look-behind keeps the search from beginning anew within a part."""


def read_inventory(text: str, owner: str) -> tuple[Inventory, list[Problem]]:
    """What the file says, and what is wrong with it; entries with problems are left out or lack the key.

    `owner` is the configured license owner, whom a license belongs to when the file does not say.
    """
    document = _parsed(text)
    if isinstance(document, Problem):
        return Inventory((), (), ()), [document]
    reading = _Reading(owner)
    reading.check_keys(document, _LISTS, "", "")
    inventory = Inventory(
        licenses=reading.entries(document, "licenses", LicenseEntry, "name"),
        stations=reading.entries(document, "stations", StationEntry, "name"),
        users=reading.entries(document, "users", UserEntry, "login"),
    )
    _check_licenses(inventory.licenses, owner, reading.problems)
    _check_stations(inventory.stations, owner, reading.problems)
    _check_users(inventory.users, owner, reading.problems)
    return inventory, reading.problems


def _parsed(text: str) -> dict[str, Any] | Problem:
    if _DEEP_KEY.search(text):
        return Problem("", "", f"is not valid TOML: {_TOO_MUCH}")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # The parser tells the place and what it expected there, not what stands there.
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else _TOO_MUCH
        return Problem("", "", f"is not valid TOML: {reason}")


class _Reading:
    """Turns tables into entries and collects what is wrong with their form."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.problems: list[Problem] = []

    def entries(self, document: Mapping[str, Any], kind: str, shape: type[E], name_key: str) -> tuple[Entry[E], ...]:
        tables = document.get(kind, [])
        if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
            self.problems.append(Problem(kind, "", f"must be tables, each begun by [[{kind}]]"))
            return ()
        entries = []
        for number, table in enumerate(tables, 1):
            if len(self.problems) >= _MOST_PROBLEMS:
                break
            name = table.get(name_key)
            place = f"{kind}[{number}] {quoted(name)}" if isinstance(name, str) else f"{kind}[{number}]"
            value = self.table(table, shape, place)
            if value is not None:
                entries.append(Entry(place=place, value=value, profiles=self._profiles(value, place)))
        return tuple(entries)

    def table(self, table: Mapping[str, Any], shape: type[S], place: str, within: str = "") -> S | None:
        """The table as `shape`, without the keys that are wrong; None where a key is missing that must be there."""
        hints = _hints(shape)
        self.check_keys(table, hints, place, within)
        values = {}
        for field in fields(shape):
            if field.name not in table:
                if field.required:
                    self.problems.append(Problem(place, within + field.name, "is missing; add it"))
                continue
            try:
                values[field.name] = convert(table[field.name], hints[field.name], dec_hook=decode)
            except ValidationError:
                wanted = _described(hints[field.name])
                self.problems.append(Problem(place, within + field.name, f"must be {wanted}"))
        complete = all(field.name in values for field in fields(shape) if field.required)
        return shape(**values) if complete else None

    def check_keys(self, table: Mapping[str, Any], known: Iterable[str], place: str, within: str) -> None:
        known = list(known)
        for key in table:
            if len(self.problems) >= _MOST_PROBLEMS:
                return
            if key not in known:
                offer = nearest(key[:80], known) or f"; the keys are {', '.join(known)}"
                self.problems.append(Problem(place, within + quoted(key), f"is not a key here{offer}"))

    def _profiles(self, value: LicenseEntry | StationEntry | UserEntry, place: str) -> dict[str, ProfileEntry]:
        if isinstance(value, LicenseEntry):
            return {}
        profiles = {}
        if value.enabled is not UNSET or value.method is not UNSET:
            profiles[self.owner] = ProfileEntry(enabled=value.enabled, method=value.method)
        for owner, table in ({} if isinstance(value.profiles, UnsetType) else value.profiles).items():
            key = f"profiles.{owner}"
            if any(fold(owner) == fold(each) for each in profiles):
                self.problems.append(Problem(place, key, f"stands twice; say it once for {owner}"))
            elif not isinstance(table, dict):
                self.problems.append(Problem(place, key, "must be a table with the keys enabled and method"))
            else:
                profile = self.table(table, ProfileEntry, place, within=f"{key}.")
                profiles[owner] = profile or ProfileEntry()
        return profiles


@cache
def _hints(shape: type[Struct]) -> dict[str, Any]:
    return get_type_hints(shape, include_extras=True)


def _described(hint: object) -> str:
    """What the shape says of a key's value."""
    for each in (hint, *get_args(hint)):
        for meta in getattr(each, "__metadata__", ()):
            return str(meta.description)
    raise TypeError(f"{hint} has no description")


def _check_licenses(entries: tuple[Entry[LicenseEntry], ...], owner: str, problems: list[Problem]) -> None:
    def key(entry: LicenseEntry) -> Hashable:
        return fold(entry.owner or owner), fold(entry.name)

    _check_duplicates(entries, "name", key, problems)
    for entry in entries:
        expires, grace = entry.value.expires, entry.value.grace_until
        if expires and grace and grace.at is not None and (expires.at is None or grace.at < expires.at):
            problems.append(Problem(entry.place, "grace_until", "is before expires; it must be the later of the two"))


def _check_stations(entries: tuple[Entry[StationEntry], ...], owner: str, problems: list[Problem]) -> None:
    _check_duplicates(entries, "name", lambda entry: fold(entry.name), problems)
    for entry in entries:
        _check_license_list(entry, owner, problems)
        for of_owner, profile in entry.profiles.items():
            if profile.method == "concurrent":
                key = "method" if entry.value.method == "concurrent" else f"profiles.{of_owner}.method"
                text = "a station's licenses are always assignable; remove the key, or assign them to users instead"
                problems.append(Problem(entry.place, key, text))


def _check_users(entries: tuple[Entry[UserEntry], ...], owner: str, problems: list[Problem]) -> None:
    _check_duplicates(entries, "login", lambda entry: fold(entry.login), problems)
    _check_duplicates(entries, "user_id", lambda entry: entry.user_id, problems)
    for entry in entries:
        user = entry.value
        _check_license_list(entry, owner, problems)
        for key in ("roles", "rights", "stations"):
            names = getattr(user, key)
            _check_repeats(entry.place, key, {} if isinstance(names, str) else names or (), fold, problems)
        if user.password is not UNSET and user.password_hash is not UNSET:
            problems.append(Problem(entry.place, "password_hash", "stands beside password; keep one of the two"))
        elif user.password_hash and not (
            user.password_hash.startswith("$argon2id$") and is_password_hash(user.password_hash)
        ):
            text = "must be an argon2id hash, which begins with $argon2id$v=19$m=; or give the password itself"
            problems.append(Problem(entry.place, "password_hash", text))


def _check_license_list(entry: Entry[StationEntry] | Entry[UserEntry], owner: str, problems: list[Problem]) -> None:
    def key(name: str) -> Hashable:
        license_ = license_name(name, owner)
        return fold(license_.owner), fold(license_.name)

    _check_repeats(entry.place, "licenses", entry.value.licenses, key, problems)


def _check_duplicates(
    entries: Iterable[Entry[E]], key: str, identity: Callable[[E], Hashable], problems: list[Problem]
) -> None:
    places: dict[Hashable, str] = {}
    for entry in entries:
        same = identity(entry.value)
        if same is not UNSET and places.setdefault(same, entry.place) != entry.place:
            problems.append(Problem(entry.place, key, f"is also that of {places[same]}; keep one of the two"))


def _check_repeats(
    place: str, key: str, names: Iterable[str], identity: Callable[[str], Hashable], problems: list[Problem]
) -> None:
    seen: set[Hashable] = set()
    for name in names:
        if identity(name) in seen:
            problems.append(Problem(place, key, f"{quoted(name)} is listed twice; list it once"))
        seen.add(identity(name))
