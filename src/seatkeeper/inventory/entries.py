"""Reading a table into an entry, whatever the format of the file.

Every problem is found, not only the first, and none is told with a value that could be a secret.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

from msgspec import UNSET, Struct, UnsetType, ValidationError, convert
from msgspec.structs import fields

from seatkeeper.inventory.problems import Problem, nearest, quoted
from seatkeeper.inventory.shapes import (
    E,
    Entry,
    ProfileEntry,
    StationEntry,
    UserEntry,
)
from seatkeeper.inventory.values import decode
from seatkeeper.licensing.entities import fold

S = TypeVar("S", bound=Struct)

MOST_PROBLEMS: Final = 1000
"""Beyond, the rest of the file is not looked at."""

_NO_PROFILES: Final[Mapping[str, ProfileEntry]] = MappingProxyType({})


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
                self._wrong(table[field.name], keys[field.name], place, line, within + field.name)
        complete = all(field.name in values for field in fields(shape) if field.required)
        return shape(**values) if complete else None

    def _wrong(self, value: object, hint: object, place: str, line: int | None, key: str) -> None:
        """Tell what is wrong with a key's value; of a list of tables, what is wrong within each of these."""
        before = len(self.problems)
        shape = _shape_of_each(hint)
        if shape is not None and isinstance(value, list) and all(isinstance(each, dict) for each in value):
            for number, table in enumerate(value, 1):
                if self.given_up:
                    return
                self._table(table, shape, place, line, within=f"{key}[{number}].")
        if len(self.problems) == before:
            self.problems.append(Problem(place, key, f"must be {self._describe(hint)}", line))

    def _profiles(self, value: Struct, place: str, line: int | None) -> Mapping[str, ProfileEntry]:
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


def _shape_of_each(hint: object) -> type[Struct] | None:
    """The shape of the tables that a key lists, if that is what it does."""
    return next((each for each in _within(hint) if isinstance(each, type) and issubclass(each, Struct)), None)


def _within(hint: object) -> Iterator[object]:
    """What the lists among the types that a key may have consist of."""
    for each in (hint, *get_args(hint)):
        if get_origin(each) is tuple:
            yield from get_args(each)
        elif each is not hint:
            yield from _within(each)
