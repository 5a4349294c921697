"""How commands print what they were answered: a table on a terminal, lines with tabs elsewhere, or JSON."""

import json
import sys
from collections.abc import Sequence
from typing import Final, NamedTuple

import typer

Row = Sequence[str]

_GAP: Final = 2
# A longer one may be broken. Names of licenses, which have underscores for spaces, are shorter.
_LONGEST_WORD: Final = 50


def print_json(answer: object) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))


class Column(NamedTuple):
    """A column of a table. Nothing in a `whole` one is broken into lines; elsewhere lines are broken between words.

    Where a terminal is too narrow, columns are left out, that of the highest `rank` first; of rank 0 none ever is.
    """

    name: str
    whole: bool = False
    rank: int = 0


def print_rows(columns: Sequence[Column], rows: Sequence[Row]) -> None:
    """A head and its rows."""
    if sys.stdout.isatty():
        print_table(columns, rows)
    else:
        print_lines([column.name for column in columns], rows)


def print_lines(columns: Sequence[str], rows: Sequence[Row]) -> None:
    """As programs read it: a line a row, with tabs."""
    for row in (columns, *rows):
        typer.echo("\t".join(map(plain, row)))


def print_table(columns: Sequence[Column], rows: Sequence[Row]) -> None:
    """As somebody at a terminal reads it, at any width."""
    from rich.console import Console  # noqa: PLC0415 - see the package: heavy imports wait
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    rows = [[plain(each) for each in row] for row in rows]
    widths = [_widths(column, [column.name, *(row[index] for row in rows)]) for index, column in enumerate(columns)]
    room = Console().width
    shown = _shown(columns, [narrow for narrow, _ in widths], room)
    spare = max(0, room - _together([widths[index][0] for index in shown]))
    table = Table(box=None, header_style="bold", padding=(0, _GAP, 0, 0), pad_edge=False)
    fitted = []
    for index in shown:
        narrow, wide = widths[index]
        fitted.append(min(wide, narrow + spare))
        spare -= fitted[-1] - narrow
        table.add_column(columns[index].name, width=fitted[-1], overflow="fold")
    for row in rows:
        table.add_row(*(Text(row[index]) for index in shown))
    # Names are longer than some terminals are wide: those break them as they like, and they can be copied whole.
    Console(width=max(room, _together(fitted))).print(table, crop=False)
    if left_out := [column.name for index, column in enumerate(columns) if index not in shown]:
        typer.echo(f"Left out on this narrow terminal: {', '.join(left_out)}.", err=True)


def plain(text: str) -> str:
    """A text without what would break its line or act on the terminal; that is escaped."""
    return text if text.isprintable() else "".join(map(_escaped, text))


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun, as in `1 user` or `4,312 users`."""
    return f"{number:,} {one if number == 1 else many}"


def _escaped(character: str) -> str:
    # A surrogate is part of a name that is no text; it is shown as standard output shows it.
    if character.isprintable() or "\ud800" <= character <= "\udfff":
        return character
    return character.encode("unicode_escape").decode()


def _widths(column: Column, cells: Sequence[str]) -> tuple[int, int]:
    """How narrow a column may be, and how wide it can be of use."""
    from rich.cells import cell_len  # noqa: PLC0415 - see the package: heavy imports wait

    wide = max(map(cell_len, cells))
    if column.whole:
        return wide, wide
    return min(_LONGEST_WORD, max(cell_len(word) for cell in cells for word in cell.split() or [""])), wide


def _shown(columns: Sequence[Column], narrow: Sequence[int], room: int) -> list[int]:
    """The columns for which there is room, by their index."""
    shown = list(range(len(columns)))
    for index in sorted(shown, key=lambda each: -columns[each].rank):
        if columns[index].rank == 0 or _together([narrow[each] for each in shown]) <= room:
            break
        shown.remove(index)
    return shown


def _together(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)
