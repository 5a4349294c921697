"""What a vendor's API has, row by row: docs/coverage/FACE.toml."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

FOLDER: Final = Path("docs", "coverage")

Kind = Literal["operation", "parameter", "field", "value", "error", "behaviour"]


class CatalogueError(Exception):
    """A catalogue that cannot be used; the message names the file and the place."""


class Group(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Rows of one kind. A `reason` says why they are not done, and what the server does instead."""

    kind: Kind
    names: list[str]
    reason: str = ""


class Section(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What belongs together, usually one URL. `number` is that of the contract (docs/decisions/README.md)."""

    number: str
    title: str
    group: list[Group]

    def id_of(self, name: str) -> str:
        """How a test's mark names a row."""
        return f"{self.number} {name}"


class Row(NamedTuple):
    """One row, its id as a test's mark names it."""

    id: str
    kind: Kind
    reason: str


class Catalogue(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """All rows of one face. The tests' marker has the name of the file."""

    title: str
    section: list[Section]

    def rows(self) -> Iterator[Row]:
        """Every row in order."""
        for section in self.section:
            for group in section.group:
                for name in group.names:
                    yield Row(section.id_of(name), group.kind, group.reason)


def load(folder: Path) -> dict[str, Catalogue]:
    """The catalogue of each face that has one, in order of their names. Raises CatalogueError."""
    return {path.stem: _read(path) for path in sorted(folder.glob("*.toml"))}


def _read(path: Path) -> Catalogue:
    try:
        catalogue = msgspec.toml.decode(path.read_bytes(), type=Catalogue)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}: {error}") from None
    for row, times in Counter(row.id for row in catalogue.rows()).items():
        if times > 1:
            raise CatalogueError(f"{path}: there are {times} rows {row!r}; a row needs an id of its own")
    return catalogue
