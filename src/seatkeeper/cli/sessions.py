"""`seatkeeper sessions`: who is connected, and ending it."""

import sys
from typing import Annotated, Any

import typer

from seatkeeper.cli.client import ask
from seatkeeper.cli.failure import ExitCode, Failure
from seatkeeper.cli.options import Config, Data

app = typer.Typer(help="Who is connected and what they hold.", no_args_is_help=True)

_COLUMNS = ("session", "user", "application", "machine", "station", "connected", "last seen", "holds")
# What one types to name a session or a user is shown whole, however narrow the terminal is.
_WHOLE = ("session", "user")


@app.command("list")
def list_sessions(
    *,
    user: Annotated[str | None, typer.Option("--user", metavar="LOGIN", help="Only this user's.")] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """List live sessions.

    A table on a terminal, lines with tabs elsewhere. Times are UTC.
    """
    params = {} if user is None else {"user": user}
    rows = [_row(each) for each in ask("GET", "/sessions", params=params, data=data, config=config)["sessions"]]
    if sys.stdout.isatty():
        _print_table(rows)
    else:
        for row in (_COLUMNS, *rows):
            typer.echo("\t".join(row))


@app.command("end")
def end_session(
    session: Annotated[str, typer.Argument(help="The session's number, from the list.", show_default=False)],
    *,
    data: Data = None,
    config: Config = None,
) -> None:
    """End a session and release all it holds.

    Its client is told that an administrator did.
    """
    if not (session.isascii() and session.isdigit()):
        raise Failure(ExitCode.USAGE, f"{session} is not a session's number; 'seatkeeper sessions list' shows them.")
    ask("DELETE", f"/sessions/{session}", data=data, config=config)
    typer.echo(f"Session {session} has ended.")


def _row(session: dict[str, Any]) -> tuple[str, ...]:
    held = (f"{each['name']} ({each['method']}, {each['ground']})" for each in session["holds"])
    return (
        session["id"],
        session["user"],
        session["application"],
        session["machine"],
        session["station"] or session["remote_number"] or "-",
        _time(session["connected_at"]),
        _time(session["last_seen"]),
        ", ".join(held) or "-",
    )


def _time(moment: str) -> str:
    """An ISO time to the second, as a person reads it."""
    return moment[:19].replace("T", " ")


def _print_table(rows: list[tuple[str, ...]]) -> None:
    from rich.cells import cell_len  # noqa: PLC0415 - see the package: heavy imports wait
    from rich.console import Console  # noqa: PLC0415 - as above
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(box=None, header_style="bold")
    for index, name in enumerate(_COLUMNS):
        if name in _WHOLE:
            longest = max(cell_len(row[index]) for row in (_COLUMNS, *rows))
            table.add_column(name, no_wrap=True, min_width=longest)
        else:
            table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table, crop=False)
