"""`seatkeeper runtime`: where applications run."""

from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote

import typer

from seatkeeper.cli.asking import confirm
from seatkeeper.cli.client import ask
from seatkeeper.cli.failure import ExitCode, Failure
from seatkeeper.cli.options import Config, Data, Json, Yes
from seatkeeper.cli.printing import Column, print_json, print_rows
from seatkeeper.cli.teaching import add_command

app = typer.Typer(help="Where applications run: add, start, stop and remove runtimes.", no_args_is_help=True)

Runtime = Annotated[
    str, typer.Argument(metavar="RUNTIME", help="The runtime's name, exactly as it is spelled.", show_default=False)
]

_COLUMNS: Final = (
    Column("runtime", whole=True),
    Column("running", whole=True),
    Column("applications", whole=True),
)


def list_runtimes(*, as_json: Json = False, data: Data = None, config: Config = None) -> None:
    """List runtimes: whether each runs, and how many applications are configured or registered there.

    A table on a terminal, lines with tabs elsewhere.
    """
    found = ask("GET", "/runtimes", data=data, config=config)
    if as_json:
        print_json(found)
    else:
        print_rows(_COLUMNS, [_row(each) for each in found["runtimes"]])


def add(
    runtime: Runtime,
    *,
    stopped: Annotated[bool, typer.Option("--stopped", help="It does not run yet.")] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Add a runtime.

    One that is there already is started, or stopped with --stopped.
    """
    _set(runtime, running=not stopped, data=data, config=config)


def start(runtime: Runtime, *, data: Data = None, config: Config = None) -> None:
    """Start a runtime: applications can be deployed there again."""
    ask("GET", path_of(runtime), data=data, config=config)  # one that is not there is not added
    _set(runtime, running=True, data=data, config=config)


def stop(runtime: Runtime, *, data: Data = None, config: Config = None) -> None:
    """Stop a runtime: nothing can be deployed there.

    A transaction that has begun is completed, and those that wait fail. Applications stay, and keep their tokens.
    """
    ask("GET", path_of(runtime), data=data, config=config)  # as above
    _set(runtime, running=False, data=data, config=config)


def remove(runtime: Runtime, *, yes: Yes = False, data: Data = None, config: Config = None) -> None:
    """Remove a runtime with all its applications, whose tokens are free.

    Refused while one of its transactions is not over.
    """
    path = path_of(runtime)
    if not yes:
        confirm(f"Remove {runtime} and all applications that run there?", instead="--yes")
    ask("DELETE", path, data=data, config=config)
    typer.echo(f"Removed {runtime}.")


def path_of(runtime: str) -> str:
    """Where the server has this runtime. Failure for what would be another place."""
    if "/" in runtime:
        raise Failure(ExitCode.USAGE, f"{runtime} is no runtime's name: that has no slash.")
    return f"/runtimes/{segment_of(runtime)}"


def segment_of(name: str) -> str:
    """A name as one segment of a path. Failure for what no segment can be: a step in the path, or nothing."""
    if name in {"", ".", ".."}:
        raise Failure(ExitCode.USAGE, f'"{name}" is no name of a runtime or an application.')
    return quote(name, safe="")


def _set(runtime: str, *, running: bool, data: Path | None, config: Path | None) -> None:
    answer = ask("PUT", path_of(runtime), body={"running": running}, data=data, config=config)
    said = "runs" if running else "does not run"
    typer.echo(f"{runtime} {said}{'.' if answer['changed'] else ', as before.'}")


def _row(runtime: dict[str, Any]) -> tuple[str, ...]:
    return runtime["name"], "yes" if runtime["running"] else "no", str(runtime["applications"])


add_command(app, "list", list_runtimes, "runtime list", "runtime list --json")
add_command(app, "add", add, "runtime add mfp", "runtime add --stopped mfpold")
add_command(app, "start", start, "runtime start mfpold")
add_command(app, "stop", stop, "runtime stop mfpold")
add_command(app, "remove", remove, "runtime remove mfpold", "runtime remove --yes mfpold")
