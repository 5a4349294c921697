"""The command `seatkeeper`."""

import io
import sys
from typing import Annotated

import typer

from seatkeeper.cli import (
    applications,
    apply,
    assignments,
    availability,
    backup,
    check,
    explain,
    export,
    imports,
    journal,
    licenses,
    migrate,
    move,
    owners,
    runtimes,
    serve,
    sessions,
    top,
    users,
)
from seatkeeper.cli.failure import Failure
from seatkeeper.cli.teaching import add_command
from seatkeeper.cli.version import version


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"seatkeeper {version()}")
        raise typer.Exit


app = typer.Typer(
    name="seatkeeper",
    help="A license server: who may use which license, and who is using it now.",
    epilog=(
        "Exit codes: 0 done; 1 refused, differences found, or not all could be checked; 2 wrong use, or wrong settings;"
        " 3 the server or the data cannot be reached; 130 interrupted. Commands go through the server where one runs on"
        " the data directory, and work on the data directory themselves where none does."
    ),
    no_args_is_help=True,
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


add_command(
    app,
    "serve",
    serve.serve,
    "serve --demo",
    "serve --data /srv/seatkeeper --host 0.0.0.0 --port 8018",
    "serve --ephemeral --testing inventory.toml",
)
add_command(app, "apply", apply.apply, "apply inventory.toml", "apply --yes --in-steps users.csv")
add_command(app, "export", export.export, "export inventory.toml", "export --format jsonl | gzip > inventory.jsonl.gz")
add_command(app, "import", imports.import_, "import --dry-run people.csv", "import --yes --no-create people.csv")
add_command(
    app,
    "assign",
    assignments.assign,
    "assign agent01 I3_ACCESS_CLIENT",
    "assign --station station01 I3_ACCESS_RECORDER",
)
add_command(app, "unassign", assignments.unassign, "unassign agent01 I3_ACCESS_CLIENT I3_ACCESS_RECORDER")
add_command(app, "explain", explain.explain, "explain agent01 I3_ACCESS_CLIENT --station station01")
for _name, _group in (
    ("sessions", sessions.app),
    ("user", users.app),
    ("license", licenses.app),
    ("owner", owners.app),
    ("runtime", runtimes.app),
    ("application", applications.app),
):
    app.add_typer(_group, name=_name)
add_command(app, "top", top.top, "top", "top --once")
add_command(app, "drain", availability.drain, "drain", "drain --wait")
add_command(app, "standby", availability.standby, "standby")
add_command(app, "resume", availability.resume, "resume")
add_command(app, "check", check.check, "check --data /srv/seatkeeper", "check --archive /srv/archive")
app.add_typer(journal.app, name="journal")
add_command(app, "backup", backup.backup, "backup monday.db")
add_command(app, "migrate", migrate.migrate, "migrate --check", "migrate")
add_command(
    app, "move", move.move, "move --from sqlite:/srv/seatkeeper --to postgresql://seatkeeper@db1.example/seatkeeper"
)


def main() -> None:
    """Run the command of this process's arguments and end the process with its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as standard error has it: a file may have any name
    try:
        app(prog_name="seatkeeper")
    except Failure as failure:
        sys.stderr.write(f"seatkeeper: {failure}\n")
        sys.exit(failure.exit_code)
