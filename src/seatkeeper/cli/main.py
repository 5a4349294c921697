"""The command `seatkeeper`."""

import sys

import typer

from seatkeeper.cli import apply, assignments, backup, check, explain, serve, sessions
from seatkeeper.cli.failure import Failure

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
    try:
        app(prog_name="seatkeeper")
    except Failure as failure:
        sys.stderr.write(f"seatkeeper: {failure}\n")
        sys.exit(failure.exit_code)
