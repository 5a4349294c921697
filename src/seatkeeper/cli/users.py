"""`seatkeeper user`: who may log on."""

import sys
from typing import Annotated, Any, Final

import typer

from seatkeeper.cli.asking import can_ask, confirm, new_password
from seatkeeper.cli.client import ask
from seatkeeper.cli.failure import ExitCode, Failure
from seatkeeper.cli.options import Config, Data, Json, Yes
from seatkeeper.cli.printing import Column, print_json, print_rows
from seatkeeper.cli.teaching import add_command

app = typer.Typer(help="Who may log on: add, list and delete users, set passwords.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(metavar="LOGIN", help="What the user logs on with.", show_default=False)]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input, its first line.")
]

_COLUMNS: Final = (
    Column("user", whole=True),
    Column("display name", rank=2),
    Column("method", rank=1),
    Column("licenses"),
)
_LONGEST_PASSWORD: Final = 1024


def add(
    login: Login,
    *,
    display_name: Annotated[str | None, typer.Option("--display-name", metavar="TEXT", help="For people.")] = None,
    role: Annotated[
        list[str] | None, typer.Option("--role", help="administrator, operator, or one like mfpadmin; may be repeated.")
    ] = None,
    language: Annotated[str | None, typer.Option("--language", metavar="TAG", help="As in en-US.")] = None,
    station: Annotated[
        list[str] | None,
        typer.Option("--station", metavar="NAME", help="May sit down there; may be repeated. Default: everywhere."),
    ] = None,
    password_stdin: PasswordStdin = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Without one: the user cannot log on until it is set.")
    ] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Add a user.

    Asks for the password twice where there is a terminal. One who is there already is not changed.
    """
    if password_stdin and no_password:
        raise Failure(ExitCode.USAGE, "Give --password-stdin or --no-password, not both.")
    given: dict[str, object] = {
        "login": login,
        "display_name": display_name,
        "roles": role,
        "language": language,
        "stations": station,
        "password": None if no_password else _password(password_stdin, "--password-stdin or --no-password"),
    }
    body = {key: value for key, value in given.items() if value not in (None, [])}
    user = ask("POST", "/users", body=body, data=data, config=config)
    typer.echo(f"Added {user['login']}, with the associate id {user['user_id']}.")


def set_password(
    login: Login, *, password_stdin: PasswordStdin = False, data: Data = None, config: Config = None
) -> None:
    """Set a user's password.

    Asks for it twice where there is a terminal. Sessions that are open stay so.
    """
    body = {"login": login, "password": _password(password_stdin, "--password-stdin")}
    ask("PUT", "/users/password", body=body, data=data, config=config)
    typer.echo(f"The password of {login} is set.")


def delete(login: Login, *, yes: Yes = False, data: Data = None, config: Config = None) -> None:
    """Delete a user: their sessions end, and the licenses that they had are free.

    The login may be used again; the associate id never is.
    """
    if not yes:
        confirm(f"Delete {login}, end their sessions and take all their licenses?", instead="--yes")
    ask("POST", "/users/delete", body={"login": login}, data=data, config=config)
    typer.echo(f"Deleted {login}.")


def list_users(
    *,
    limit: Annotated[int, typer.Option("--limit", metavar="NUMBER", min=1, max=1000, help="At most so many.")] = 200,
    after: Annotated[
        str | None, typer.Option("--after", metavar="LOGIN", help="Those that follow this login in the list.")
    ] = None,
    as_json: Json = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """List users by login: how they take seats, and which licenses they have.

    A table on a terminal, lines with tabs elsewhere. "-" as method: their licenses are disabled.
    """
    params = {"limit": str(limit)} | ({} if after is None else {"after": after})
    found = ask("GET", "/users", params=params, data=data, config=config)
    if as_json:
        print_json(found)
        return
    print_rows(_COLUMNS, [_row(each) for each in found["users"]])
    if found["next"] is not None:
        typer.echo(f"There are more; go on with --after {found['next']}.", err=True)


def _row(user: dict[str, Any]) -> tuple[str, ...]:
    return (
        user["login"],
        user["display_name"],
        user["method"] if user["enabled"] else "-",
        ", ".join(user["licenses"]) or "-",
    )


def _password(from_input: bool, instead: str) -> str:
    """A new password, from the terminal or the first line of standard input. Never an argument: those can be seen."""
    if from_input:
        password = _first_line()
    elif can_ask():
        password = new_password()
    else:
        raise Failure(ExitCode.USAGE, f"There is no terminal to ask for the password on; add {instead}.")
    if not 1 <= len(password) <= _LONGEST_PASSWORD:
        raise Failure(
            ExitCode.USAGE, f"A password has 1 to {_LONGEST_PASSWORD} characters; this one has {len(password)}."
        )
    return password


def _first_line() -> str:
    if sys.stdin is None:
        raise Failure(ExitCode.USAGE, "Nothing can be read from standard input: it is closed.")
    line = sys.stdin.buffer.readline(8 * _LONGEST_PASSWORD)
    try:
        return line.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise Failure(ExitCode.USAGE, "The password on standard input is not UTF-8.") from None


add_command(
    app,
    "add",
    add,
    "user add agent01 --display-name 'Agent 01' --station station01",
    "user add supervisor01 --role operator --no-password",
)
add_command(
    app,
    "set-password",
    set_password,
    "user set-password agent01",
    "user set-password agent01 --password-stdin < password.txt",
)
add_command(app, "delete", delete, "user delete agent01", "user delete --yes agent01")
add_command(app, "list", list_users, "user list --limit 50", "user list --after agent50 --json")
