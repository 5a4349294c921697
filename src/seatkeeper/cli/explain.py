"""`seatkeeper explain`: what acquiring a license would come to, and why."""

from typing import Annotated, Any

import typer

from seatkeeper.cli.client import ask
from seatkeeper.cli.options import Config, Data, Json
from seatkeeper.cli.printing import print_json


def explain(
    user: Annotated[str, typer.Argument(metavar="USER", help="The user's login.", show_default=False)],
    license_: Annotated[str, typer.Argument(metavar="LICENSE", help="NAME or OWNER:NAME.", show_default=False)],
    *,
    station: Annotated[
        str | None, typer.Option("--station", metavar="NAME", help="As if the user sat at this station.")
    ] = None,
    machine: Annotated[
        str | None, typer.Option("--machine", metavar="ADDRESS", help="As if the user came from this IP address.")
    ] = None,
    as_json: Json = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Say whether a user would get a license now, and why.

    Nothing is acquired. Exits 0 whether the user would get it or not.
    """
    asked = {"user": user, "license": license_, "station": station, "machine": machine}
    params = {name: value for name, value in asked.items() if value is not None}
    explanation = ask("GET", "/explain", params=params, data=data, config=config)
    if as_json:
        print_json(explanation)
        return
    verdict = explanation["verdict"]
    typer.echo(f"{'Granted' if verdict['granted'] else 'Refused'}: {_line(verdict)}")
    if len(explanation["tried"]) > 1:
        typer.echo("Tried, in this order:")
        for each in explanation["tried"]:
            typer.echo(f"  {'granted' if each['granted'] else 'refused'}: {_line(each)}")


def _line(verdict: dict[str, Any]) -> str:
    if not verdict["granted"]:
        return f"{verdict['sentence']} (status {verdict['status']}, {verdict['reason']})"
    ground = verdict["ground"]
    whose = "the user's own assignment" if ground["kind"] == "user" else "the station's assignment"
    return f"{verdict['license']} on {whose}, {ground['method']} (status {verdict['status']})"
