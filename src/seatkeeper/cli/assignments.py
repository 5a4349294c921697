"""`seatkeeper assign` and `seatkeeper unassign`: who may use a license."""

from pathlib import Path
from typing import Annotated

import typer

from seatkeeper.cli.client import ask
from seatkeeper.cli.failure import ExitCode, Failure
from seatkeeper.cli.options import Config, Data

Names = Annotated[
    list[str],
    typer.Argument(
        metavar="USER LICENSE...",
        help="The user's login, then licenses, by NAME or OWNER:NAME. With --station only licenses.",
        show_default=False,
    ),
]
Station = Annotated[str | None, typer.Option("--station", metavar="NAME", help="A station instead of a user.")]


def assign(names: Names, *, station: Station = None, data: Data = None, config: Config = None) -> None:
    """Let a user or a station use licenses.

    All or none; what is assigned already stays so.
    """
    holder, changed, rest = _change("/assignments", names, station, data, config)
    _tell(changed, f"Assigned to {holder}")
    _tell(rest, f"Assigned to {holder} already")


def unassign(names: Names, *, station: Station = None, data: Data = None, config: Config = None) -> None:
    """Take licenses from a user or a station.

    What is held on an assignable seat is released at once.
    """
    holder, changed, rest = _change("/assignments/remove", names, station, data, config)
    _tell(changed, f"Taken from {holder}")
    _tell(rest, f"Was not assigned to {holder}")


def _change(
    path: str, names: list[str], station: str | None, data: Path | None, config: Path | None
) -> tuple[str, list[str], list[str]]:
    """The holder, the licenses that this changed (as stored), and the others (as typed)."""
    kind, holder, licenses = ("user", names[0], names[1:]) if station is None else ("station", station, names)
    if not licenses:
        raise Failure(ExitCode.USAGE, f"Name at least one license after {holder}.")
    body = {"holder": {"kind": kind, "name": holder}, "licenses": licenses}
    changed: list[str] = ask("POST", path, body=body, data=data, config=config)["changed"]
    known = {_bare(each) for each in changed}
    rest = [each for each in licenses if _bare(each) not in known]
    return (holder if station is None else f"station {holder}"), changed, rest


def _bare(name: str) -> str:
    """A license's name without its owner and in one case, to tell what changed from what did not."""
    return name.rpartition(":")[2].strip().casefold()


def _tell(licenses: list[str], what: str) -> None:
    if licenses:
        typer.echo(f"{what}: {', '.join(licenses)}.")
