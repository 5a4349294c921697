"""How commands print what they were answered: a table on a terminal, lines with tabs elsewhere, or JSON."""

import json
import sys
from collections.abc import Collection, Sequence

import typer

Row = Sequence[str]


def print_json(answer: object) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))


def print_rows(columns: Sequence[str], rows: Sequence[Row], *, whole: Collection[str] = ()) -> None:
    """A head and its rows. Of the columns `whole` nothing is broken into lines, however narrow the terminal is."""
    if sys.stdout.isatty():
        _print_table(columns, rows, whole)
    else:
        for row in (columns, *rows):
            typer.echo("\t".join(map(plain, row)))


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


def _print_table(columns: Sequence[str], rows: Sequence[Row], whole: Collection[str]) -> None:
    from rich.cells import cell_len  # noqa: PLC0415 - see the package: heavy imports wait
    from rich.console import Console  # noqa: PLC0415 - as above
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(box=None, header_style="bold")
    for index, name in enumerate(columns):
        if name in whole:
            longest = max(cell_len(plain(row[index])) for row in (columns, *rows))
            table.add_column(name, no_wrap=True, min_width=longest)
        else:
            table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(each)) for each in row))
    Console().print(table, crop=False)
