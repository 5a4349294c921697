"""`seatkeeper apply`: make the inventory as a file says."""

import os
from pathlib import Path
from typing import Annotated

import typer

from seatkeeper.cli.client import ask
from seatkeeper.cli.failure import ExitCode, Failure
from seatkeeper.cli.options import Config, Data

_WORDS = {
    "licenses": ("license", "licenses"),
    "seats": ("change of seats", "changes of seats"),
    "stations": ("station", "stations"),
    "users": ("user", "users"),
    "profiles": ("profile", "profiles"),
    "assignments": ("assignment", "assignments"),
}


def apply(
    file: Annotated[Path, typer.Argument(help="The inventory (TOML).", show_default=False)],
    *,
    allow_overcommit: Annotated[
        bool, typer.Option("--allow-overcommit", help="Let seats fall below what is assigned or in use.")
    ] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Apply an inventory file, all or nothing.

    What it does not mention stays as it is.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Failure(ExitCode.USAGE, f"{file} cannot be read: {error.strerror}.") from None
    name = os.fsencode(file).decode(errors="replace")
    params = {"file": name, "allow_overcommit": str(allow_overcommit).lower()}
    applied = ask("POST", "/inventory", params=params, toml=content, data=data, config=config)
    typer.echo(summary(file, applied))


def summary(file: Path, applied: dict[str, int]) -> str:
    """What was new, in one sentence."""
    parts = [
        f"{applied[kind]} {one if applied[kind] == 1 else many}"
        for kind, (one, many) in _WORDS.items()
        if applied.get(kind)
    ]
    return f"{file}: new or changed: {', '.join(parts)}." if parts else f"{file}: all was so already."
