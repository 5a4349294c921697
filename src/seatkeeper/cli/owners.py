"""`seatkeeper owner`: whose licenses they are."""

from typing import Any, Final

import typer

from seatkeeper.cli.client import ask
from seatkeeper.cli.options import Config, Data, Json
from seatkeeper.cli.printing import Column, print_json, print_rows
from seatkeeper.cli.teaching import add_command

app = typer.Typer(help="Whose licenses they are, and until when.", no_args_is_help=True)

_COLUMNS: Final = (
    Column("owner", whole=True),
    Column("company", rank=2),
    Column("serial number", whole=True, rank=1),
    Column("licenses", whole=True),
    Column("expires", whole=True),
)


def list_owners(*, as_json: Json = False, data: Data = None, config: Config = None) -> None:
    """List the owners of licenses: how many each has, and when all of them expire.

    A table on a terminal, lines with tabs elsewhere. What is said of an owner stands in the inventory file.
    """
    found = ask("GET", "/owners", data=data, config=config)
    if as_json:
        print_json(found)
    else:
        print_rows(_COLUMNS, [_row(each) for each in found["owners"]])


def _row(owner: dict[str, Any]) -> tuple[str, ...]:
    return (
        owner["name"],
        owner["company"] or "-",
        owner["serial_number"] or "-",
        str(owner["licenses"]),
        (owner["expires"] or "-")[:10],
    )


add_command(app, "list", list_owners, "owner list", "owner list --json")
