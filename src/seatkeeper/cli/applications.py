"""`seatkeeper application`: what runs in a runtime."""

from typing import Annotated, Any, Final

import typer

from seatkeeper.cli.asking import confirm
from seatkeeper.cli.client import ask
from seatkeeper.cli.options import Config, Data, Json, Yes
from seatkeeper.cli.printing import Column, print_json, print_rows
from seatkeeper.cli.runtimes import Runtime, path_of, segment_of
from seatkeeper.cli.teaching import add_command

app = typer.Typer(help="What runs in a runtime, and which tokens it has.", no_args_is_help=True)

_COLUMNS: Final = (
    Column("application", whole=True),
    Column("category", whole=True, rank=2),
    Column("license type", whole=True, rank=1),
    Column("token", whole=True),
    Column("versions"),
    Column("why blocked", rank=1),
)
_BLOCKED: Final = "blocked"


def list_applications(runtime: Runtime, *, as_json: Json = False, data: Data = None, config: Config = None) -> None:
    """List the applications of a runtime: how each is configured, which token it has, its versions, why it is blocked.

    A table on a terminal, lines with tabs elsewhere. "blocked" as token: tokens are counted, and it lacks its own.
    """
    found = ask("GET", f"{path_of(runtime)}/applications", data=data, config=config)
    if as_json:
        print_json(found)
    else:
        print_rows(_COLUMNS, [_row(each) for each in found["applications"]])


def remove(
    runtime: Runtime,
    application: Annotated[
        str,
        typer.Argument(
            metavar="APPLICATION", help="The application's name, exactly as it is spelled.", show_default=False
        ),
    ],
    *,
    yes: Yes = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Remove an application with its license configuration and all its versions; its token is free."""
    path = f"{path_of(runtime)}/applications/{segment_of(application)}"
    if not yes:
        confirm(f"Remove {application} with all its versions from {runtime}?", instead="--yes")
    ask("DELETE", path, data=data, config=config)
    typer.echo(f"Removed {application} from {runtime}.")


def _row(application: dict[str, Any]) -> tuple[str, ...]:
    configured = application["configuration"] or {"category": "-", "license_type": "-"}
    versions = (f"{each['platform']} {each['version']}" for each in application["versions"])
    token = _BLOCKED if application["blocked"] else ", ".join(application["tokens"]) or "-"
    return (
        application["name"],
        configured["category"],
        configured["license_type"],
        token,
        ", ".join(versions) or "-",
        application["why_blocked"] or "-",
    )


add_command(app, "list", list_applications, "application list mfp", "application list --json mfp")
add_command(
    app,
    "remove",
    remove,
    "application remove mfp com.example.kiosk",
    "application remove --yes mfp com.example.kiosk",
)
