"""`seatkeeper assign` and `seatkeeper unassign`: who may use a license."""

from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from seatkeeper.cli.client import ask
from seatkeeper.cli.failure import ExitCode, Failure
from seatkeeper.cli.options import Config, Data, Json
from seatkeeper.cli.printing import print_json

Names = Annotated[
    list[str],
    typer.Argument(
        metavar="USER LICENSE...",
        help="The user's login, then licenses, by NAME or OWNER:NAME. With --station only licenses.",
        show_default=False,
    ),
]
Station = Annotated[str | None, typer.Option("--station", metavar="NAME", help="A station instead of a user.")]


def assign(
    names: Names, *, station: Station = None, as_json: Json = False, data: Data = None, config: Config = None
) -> None:
    """Let a user or a station use licenses.

    All or none; what is assigned already stays so.
    """
    change = _change("/assignments", names, station, data, config)
    change.tell("Assigned to {}", "Assigned to {} already", as_json=as_json)


def unassign(
    names: Names, *, station: Station = None, as_json: Json = False, data: Data = None, config: Config = None
) -> None:
    """Take licenses from a user or a station.

    What is held on an assignable seat is released at once.
    """
    change = _change("/assignments/remove", names, station, data, config)
    change.tell("Taken from {}", "Was not assigned to {}", as_json=as_json)


class _Change(NamedTuple):
    """Of a holder, the licenses that the command changed, and those named that were so already (as typed)."""

    holder: dict[str, str]
    changed: list[str]
    unchanged: list[str]

    def tell(self, changed: str, unchanged: str, *, as_json: bool) -> None:
        if as_json:
            print_json(self._asdict())
            return
        name = self.holder["name"] if self.holder["kind"] == "user" else f"station {self.holder['name']}"
        for what, licenses in ((changed, self.changed), (unchanged, self.unchanged)):
            if licenses:
                typer.echo(f"{what.format(name)}: {', '.join(licenses)}.")


def _change(path: str, names: list[str], station: str | None, data: Path | None, config: Path | None) -> _Change:
    kind, holder, licenses = ("user", names[0], names[1:]) if station is None else ("station", station, names)
    if not licenses:
        raise Failure(ExitCode.USAGE, f"Name at least one license after {holder}.")
    of = {"kind": kind, "name": holder}
    body = {"holder": of, "licenses": licenses}
    answer = ask("POST", path, body=body, data=data, config=config)
    return _Change(of, answer["changed"], answer["unchanged"])
