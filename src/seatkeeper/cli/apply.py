"""`seatkeeper apply`: make the inventory as a file says."""

from pathlib import Path
from typing import Annotated

import typer

from seatkeeper.cli.documents import Format, source_of
from seatkeeper.cli.options import Config, Data, DryRun, InSteps, Json, Overcommit, Yes
from seatkeeper.cli.proposal import Proposal


def apply(
    file: Annotated[Path, typer.Argument(help="The inventory; - is standard input.", show_default=False)],
    *,
    format: Annotated[  # noqa: A002 - what the option is called
        Format | None,
        typer.Option("--format", help="What the file is written in. Default: by its suffix, else TOML."),
    ] = None,
    prune: Annotated[bool, typer.Option("--prune", help="Remove what is there and not in the file.")] = False,
    allow_overcommit: Overcommit = False,
    in_steps: InSteps = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Make the inventory as a file says.

    Shows what would change, asks, and applies it: all or nothing. What the file does not mention stays as it is, unless
    --prune removes it. With --in-steps a file of any size is applied part by part; whatever interrupts that, running
    it again goes on. Where there is no terminal to ask on, --yes is needed.

    Exits 0 also where nothing had to be changed, and always with --dry-run; `total` in the JSON tells scripts whether
    something would be.
    """
    Proposal(
        source=source_of(file, format),
        params={"allow_overcommit": str(allow_overcommit).lower()},
        prune=prune,
        in_steps=in_steps,
        yes=yes,
        dry_run=dry_run,
        as_json=as_json,
        data=data,
        config=config,
    ).carry_out()
