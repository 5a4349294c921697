"""Write docs/settings.md from the settings themselves."""

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from written_page import keep

from seatkeeper.settings.lookup import Row, describe

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
INTRODUCTION = """\
<!-- Written by scripts/settings_reference.py; a test says when it is out of date. -->

# Settings

A setting is looked up in the command's flags, then in the environment, then in the settings file, then in its default.
The file is TOML: the one that `--config` or `SEATKEEPER_CONFIG` names, else `seatkeeper.toml` in the working directory
if there is one. `listen.http` stands there as `http` below `[listen]`. A list is written with commas in the
environment. An unknown setting is refused, and the nearest name is given.
"""


def page() -> str:
    """The whole page."""
    sections = (_section(group, list(rows)) for group, rows in groupby(describe(), key=_group))
    return "\n".join([INTRODUCTION, *sections])


def _group(row: Row) -> str:
    return row.name.rpartition(".")[0]


def _section(group: str, rows: list[Row]) -> str:
    return "".join(f"{line}\n" for line in _lines(group, rows))


def _lines(group: str, rows: list[Row]) -> Iterator[str]:
    if group:
        yield f"## {group}"
        yield ""
    yield "| setting | default | unit | what it is | in the environment |"
    yield "|---|---|---|---|---|"
    for row in rows:
        yield f"| `{row.name}` | `{row.default}` | {row.unit} | {row.description} | `{row.variable}` |"


if __name__ == "__main__":
    sys.exit(keep(PAGE, page()))
