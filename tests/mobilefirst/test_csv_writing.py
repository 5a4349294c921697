"""Tables as text with commas."""

import csv
import io

import pytest

from seatkeeper.mobilefirst.csv_writing import Cell, lines


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("plain", "plain"),
        ('with "quotes", commas\nand lines', 'with "quotes", commas\nand lines'),
        ("", ""),
        (None, ""),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-5, "-5"),
        ("日本語 😀", "日本語 😀"),
    ],
)
def test_a_cell_comes_back_as_it_was(cell: Cell, text: str) -> None:
    written = lines([("before", cell, "behind")]).decode()
    assert list(csv.reader(io.StringIO(written, newline=""))) == [["before", text, "behind"]]


@pytest.mark.parametrize("text", ['=HYPERLINK("x")', "+1", "-1+2", "@sum", "\t=1", "\r=1"])
def test_a_text_that_a_spreadsheet_would_compute_is_text(text: str) -> None:
    written = lines([(text,)]).decode()
    assert list(csv.reader(io.StringIO(written, newline=""))) == [[f"'{text}"]]
