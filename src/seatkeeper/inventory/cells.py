"""Reading an inventory written in CSV, as spreadsheets save it: users, or assignments, one a line."""

import csv
import io
from collections.abc import Iterator
from typing import Any, Final, get_args, get_origin

from seatkeeper.inventory.entries import described, keys_of
from seatkeeper.inventory.problems import Problem, quoted
from seatkeeper.inventory.rows import SHAPES, Rows
from seatkeeper.inventory.shapes import Inventory, Kind

_SEPARATOR: Final = ";"
_ALL: Final = "all"


def read_csv(text: str, owner: str, first_line: int) -> tuple[Inventory, list[Problem]]:
    """What the lines say, and what is wrong with them; lines of empty cells say nothing.

    The first line names the columns: keys of users, `login` among them, or of assignments, with `license`. An empty
    cell is a key left out. The names of a list stand in one cell, separated by semicolons.
    """
    rows = Rows(owner, strict=False, describe=_described)
    columns: _Columns | None = None
    for number, cells in _lines(text, rows, first_line):
        if columns is None:
            columns = _columns(cells, rows, number)
            if columns is None:
                break
        elif rows.given_up:
            break
        elif len(cells) != len(columns.names):
            fault = (
                f"has {_counted(cells)}, but the header has {len(columns.names)}; quote a cell that has a comma in it"
            )
            rows.problem(number, "", fault)
        else:
            rows.add(columns.kind, columns.table(cells), number)
    return rows.inventory()


class _Columns:
    """What the header says: which kind of entry a line is, and the key of each cell."""

    def __init__(self, kind: Kind, names: list[str]) -> None:
        self.kind = kind
        self.names = names
        hints = keys_of(SHAPES[kind])
        self._lists = {name for name in names if _is_list(hints[name])}

    def table(self, cells: list[str]) -> dict[str, Any]:
        """A line as a table, without its empty cells."""
        return {
            name: _names(cell) if name in self._lists else cell
            for name, cell in zip(self.names, cells, strict=True)
            if cell
        }


def _lines(text: str, rows: Rows, first_line: int) -> Iterator[tuple[int, list[str]]]:
    """The lines that are not empty, each with its number. A quoted cell may reach over several lines of the file."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    before = 0
    try:
        for cells in reader:
            number = first_line + before
            before = reader.line_num
            if any(cells):
                yield number, cells
    except csv.Error as error:
        rows.problem(first_line + before, "", f"is not valid CSV: {error}")


def _columns(header: list[str], rows: Rows, line: int) -> _Columns | None:
    """What the header says, in any case; None where it cannot be understood, with problems that tell why."""
    names = [each.strip().lower() for each in header]
    kind = _kind_of(names)
    if kind is None:
        # The line is not told: where the header was forgotten, it is somebody's data.
        text = "must name the columns, separated by commas: login and other keys of users, or license and user, station"
        found = "; it has semicolons between them" if len(names) == 1 and _SEPARATOR in names[0] else ""
        rows.problem(line, "", f"{text} or both{found}")
        return None
    known = [key for key in keys_of(SHAPES[kind]) if key != "profiles"]
    named: set[str] = set()
    for number, name in enumerate(names, 1):
        if rows.given_up:
            break
        if not name:
            rows.problem(line, "", f"column {number} has no name; name it, or remove it")
        elif name in named:
            rows.problem(line, quoted(name), "names two columns; remove one")
        else:
            rows.check_keys([name], known, line)
        named.add(name)
    return _Columns(kind, names) if set(names) <= set(known) and len(named) == len(names) else None


def _kind_of(names: list[str]) -> Kind | None:
    if "login" in names:
        return Kind.USER
    if "license" in names and ("user" in names or "station" in names):
        return Kind.ASSIGNMENT
    return None


def _names(cell: str) -> list[str] | str:
    """The names of a cell; "all" stays as it is, for keys that take it."""
    return cell if cell == _ALL else [each.strip() for each in cell.split(_SEPARATOR)]


def _is_list(hint: object) -> bool:
    return get_origin(hint) is tuple or any(map(_is_list, get_args(hint)))


def _described(hint: object) -> str:
    """What a cell must be."""
    text = described(hint)
    if _is_list(hint):
        if text.startswith("a list of numbers"):
            return "numbers with semicolons between them, as in 10;20"
        wanted = "names with semicolons between them, as in I3_ACCESS_CLIENT;OWNER:MODULE"
        return f"{wanted}, or all" if text.endswith('or "all"') else wanted
    return text.removesuffix(", without quotes")


def _counted(cells: list[str]) -> str:
    return "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
