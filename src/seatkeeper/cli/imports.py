"""`seatkeeper import`: take over who has which license from another system's list."""

from pathlib import Path
from typing import Annotated

import typer

from seatkeeper.cli.documents import Format, source_of
from seatkeeper.cli.options import Config, Data, DryRun, InSteps, Json, Yes
from seatkeeper.cli.proposal import Proposal


def import_(
    file: Annotated[
        Path,
        typer.Argument(help="CSV with the columns user, license and method; - is standard input.", show_default=False),
    ],
    *,
    no_create: Annotated[bool, typer.Option("--no-create", help="Refuse users who are not there yet.")] = False,
    in_steps: InSteps = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Take over from a CSV who has which license.

    Its columns are user, license and method; an empty method leaves the user's as it is. Users who are not there yet
    are made, without a password. Shows what would change and asks, as `apply` does.
    """
    Proposal(
        source=source_of(file, Format.CSV),
        params={"create_users": str(not no_create).lower()},
        prune=False,
        in_steps=in_steps,
        yes=yes,
        dry_run=dry_run,
        as_json=as_json,
        data=data,
        config=config,
    ).carry_out()
