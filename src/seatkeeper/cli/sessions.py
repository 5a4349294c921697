"""`seatkeeper sessions`: who is connected, and ending it."""

import sys
from typing import Annotated, Any
from urllib.parse import quote

import typer

from seatkeeper.cli.client import ask
from seatkeeper.cli.options import Config, Data

app = typer.Typer(help="Who is connected and what he holds.", no_args_is_help=True)

_COLUMNS = ("session", "user", "application", "machine", "station", "connected", "last seen", "holds")


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
    ask("DELETE", f"/sessions/{quote(session, safe='')}", data=data, config=config)
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
    from rich.console import Console  # noqa: PLC0415 - see the package: heavy imports wait
    from rich.markup import escape  # noqa: PLC0415 - as above
    from rich.table import Table  # noqa: PLC0415 - as above

    table = Table(*_COLUMNS, box=None, header_style="bold")
    for row in rows:
        table.add_row(*map(escape, row))
    Console().print(table)
