"""`seatkeeper license`: what was bought."""

import sys
from typing import Annotated, Any, Final

import typer

from seatkeeper.cli.asking import confirm
from seatkeeper.cli.client import ask
from seatkeeper.cli.failure import ExitCode, Failure
from seatkeeper.cli.options import Config, Data, Json, Overcommit, Yes
from seatkeeper.cli.plans import named, print_foretold
from seatkeeper.cli.printing import Column, print_json, print_lines, print_table
from seatkeeper.cli.teaching import add_command

app = typer.Typer(help="What was bought, and how much of it is taken.", no_args_is_help=True)

_COLUMNS: Final = (
    Column("license", whole=True),
    Column("kind", rank=2),
    Column("assigned", whole=True),
    Column("in use", whole=True),
    Column("expires", whole=True, rank=1),
)
_UNRESTRICTED: Final = "unrestricted"
_OF_LINES: Final = ("license", "kind", "assigned", "seats", "in use", "concurrent seats", "expires")


def list_licenses(*, as_json: Json = False, data: Data = None, config: Config = None) -> None:
    """List licenses with their seats and how many are taken.

    A table on a terminal, lines with tabs elsewhere.
    """
    found = ask("GET", "/licenses", data=data, config=config)
    if as_json:
        print_json(found)
    elif sys.stdout.isatty():
        print_table(_COLUMNS, [_of_table(_row(each)) for each in found["licenses"]])
    else:
        print_lines(_OF_LINES, [_row(each) for each in found["licenses"]])


def set_seats(
    license_: Annotated[str, typer.Argument(metavar="LICENSE", help="NAME or OWNER:NAME.", show_default=False)],
    *,
    assignable: Annotated[
        int | None, typer.Option("--assignable", metavar="NUMBER", min=0, help="Seats that are taken by assigning.")
    ] = None,
    concurrent: Annotated[
        int | None, typer.Option("--concurrent", metavar="NUMBER", min=0, help="Seats that are taken by using.")
    ] = None,
    unrestricted: Annotated[
        bool | None, typer.Option("--unrestricted/--restricted", help="Whether seats are not counted, or counted.")
    ] = None,
    allow_overcommit: Overcommit = False,
    yes: Yes = False,
    as_json: Json = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Set how many seats of a license were bought.

    What is not given stays as it is. Below what is assigned or in use it is refused, unless --allow-overcommit lets it.
    Where applications would lose their tokens by that, it names them and asks first.
    """
    seats = {"assignable": assignable, "concurrent": concurrent, "unrestricted": unrestricted}
    given = {key: value for key, value in seats.items() if value is not None}
    if not given:
        raise Failure(ExitCode.USAGE, "Give --assignable, --concurrent, --unrestricted or --restricted.")
    body = {"license": license_, "allow_overcommit": allow_overcommit, **given}
    foretold = ask("POST", "/licenses/seats/plan", body=body, data=data, config=config)
    if not as_json:
        print_foretold(foretold)
    if foretold["blocks"] and not yes:
        _confirm(foretold["blocks"], as_json=as_json)
    answer = ask("PUT", "/licenses/seats", body=body, data=data, config=config)
    if as_json:
        print_json({**answer, **foretold})
        return
    now = answer["license"]
    said = (
        "unrestricted"
        if now["unrestricted"]
        else f"{now['assignable_seats']} assignable and {now['concurrent_seats']} concurrent seats"
    )
    typer.echo(f"{now['name']}: {said}{'.' if answer['changed'] else ', as before.'}")


def _confirm(blocks: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        names = ", ".join(map(named, blocks))
        raise Failure(ExitCode.USAGE, f"This would block {names}. With --json nobody is asked; add --yes.")
    confirm("Set these seats?", instead="--yes")


def _of_table(row: tuple[str, ...]) -> tuple[str, ...]:
    """A row with what is taken and what was bought in one, as in "8 of 10"."""
    name, kind, assigned, seats, in_use, concurrent, expires = row
    return name, kind, _taken(assigned, seats), _taken(in_use, concurrent), expires


def _taken(number: str, seats: str) -> str:
    return f"{number}, no limit" if seats == _UNRESTRICTED else f"{number} of {seats}"


def _row(license_: dict[str, Any]) -> tuple[str, ...]:
    bound = _UNRESTRICTED if license_["unrestricted"] else None
    return (
        f"{license_['owner']}:{license_['name']}",
        license_["kind"],
        str(license_["assigned"]),
        bound or str(license_["assignable_seats"]),
        str(license_["concurrent_in_use"]),
        bound or str(license_["concurrent_seats"]),
        (license_["expires"] or "-")[:10],
    )


add_command(app, "list", list_licenses, "license list", "license list --json")
add_command(
    app,
    "set-seats",
    set_seats,
    "license set-seats I3_ACCESS_CLIENT --assignable 50 --concurrent 10",
    "license set-seats CRM:CONNECTOR --unrestricted",
)
