"""`seatkeeper sessions`: who is connected, and ending it."""

from typing import Annotated, Any, Final

import typer

from seatkeeper.cli.client import ask
from seatkeeper.cli.failure import ExitCode, Failure
from seatkeeper.cli.options import Config, Data, Json
from seatkeeper.cli.printing import Column, print_json, print_rows
from seatkeeper.cli.teaching import add_command

app = typer.Typer(help="Who is connected and what they hold.", no_args_is_help=True)

_COLUMNS: Final = (
    Column("session", whole=True),
    Column("user", whole=True),
    Column("application", rank=3),
    Column("machine", rank=5),
    Column("station", rank=1),
    Column("connected", rank=4),
    Column("last seen", rank=2),
    Column("holds"),
)


def list_sessions(
    *,
    user: Annotated[str | None, typer.Option("--user", metavar="LOGIN", help="Only this user's.")] = None,
    as_json: Json = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """List live sessions.

    A table on a terminal, lines with tabs elsewhere. Times are UTC.
    """
    params = {} if user is None else {"user": user}
    found = ask("GET", "/sessions", params=params, data=data, config=config)
    if as_json:
        print_json(found)
        return
    rows = [_row(each) for each in found["sessions"]]
    print_rows(_COLUMNS, rows)


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


add_command(app, "list", list_sessions, "sessions list --user agent01", "sessions list --json")
add_command(app, "end", end_session, "sessions end 1000000001")
