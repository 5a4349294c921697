"""The command `seatkeeper`."""

import io
import sys
from typing import Annotated

import typer

from seatkeeper.cli import apply, assignments, backup, check, explain, serve, sessions
from seatkeeper.cli.failure import Failure
from seatkeeper.cli.version import version


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"seatkeeper {version()}")
        raise typer.Exit


app = typer.Typer(
    name="seatkeeper",
    help="A license server: who may use which license, and who is using it now.",
    epilog=(
        "Exit codes: 0 done; 1 refused, or differences found; 2 wrong use, or wrong settings; 3 the server or the data"
        " cannot be reached. Commands go through the server where one runs on the data directory, and work on the data"
        " directory themselves where none does."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def options(
    *,
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Take what stands before a command. The help text is the application's own, above."""


app.command()(serve.serve)
app.command()(apply.apply)
app.command()(assignments.assign)
app.command()(assignments.unassign)
app.command()(explain.explain)
app.add_typer(sessions.app, name="sessions")
app.command()(check.check)
app.command()(backup.backup)


def main() -> None:
    """Run the command of this process's arguments and end the process with its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as standard error has it: a file may have any name
    try:
        app(prog_name="seatkeeper")
    except Failure as failure:
        sys.stderr.write(f"seatkeeper: {failure}\n")
        sys.exit(failure.exit_code)
