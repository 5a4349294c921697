"""Tables as text with commas (RFC 4180), in UTF-8, for spreadsheets and scripts."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final, TypeAlias

Cell: TypeAlias = str | int | bool | None

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take the text behind it for something to be computed."""


def lines(rows: Iterable[Sequence[Cell]]) -> bytes:
    """The lines of these rows. What is None is empty; a text that a spreadsheet would compute begins with `'`."""
    written = StringIO()
    csv.writer(written).writerows(map(_text, row) for row in rows)
    return written.getvalue().encode()


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case int():
            return str(cell)
        case str():
            return f"'{cell}" if cell.startswith(_FORMULA) else cell
