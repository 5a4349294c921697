"""`seatkeeper journal`: old stretches of the journal, and users who are to be forgotten."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from seatkeeper.cli.asking import confirm
from seatkeeper.cli.client import Api, reached
from seatkeeper.cli.failure import ExitCode, Failure, interruptible
from seatkeeper.cli.options import Config, Data, Json, Yes
from seatkeeper.cli.printing import counted, print_json
from seatkeeper.cli.teaching import add_command

app = typer.Typer(help="Seal and archive what is old of the journal; forget deleted users.", no_args_is_help=True)

_WAIT_SECONDS = "2"

Archive = Annotated[
    Path | None,
    typer.Option("--archive", metavar="DIRECTORY", help="Where the archives are. Default: as the settings say."),
]


def seal(
    *,
    before: Annotated[
        str | None,
        typer.Option("--before", metavar="DATE[TTIME]", help="What happened before then; UTC. Default: 13 months ago."),
    ] = None,
    archive: Archive = None,
    as_json: Json = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Move what is old of the journal into an archive, a compressed file.

    A snapshot of the state takes its place, so that `check` goes on working. The default of 13 months is the setting
    journal.keep_months. Nothing that users or licenses are now changes by it, and the server goes on serving.
    """
    body = {"before": None if before is None else _moment(before), "archive": _absolute(archive)}
    with reached(data, config) as api:
        work = _done(api, "/journal/seal", body)
    if as_json:
        print_json(work["sealed"])
    elif work["sealed"] is None:
        typer.echo("Nothing was sealed: nothing is that old.")
    else:
        sealed = work["sealed"]
        typer.echo(
            f"{sealed['archive']}: {counted(sealed['events'], 'event', 'events')},"
            f" up to number {sealed['position']:,} of {sealed['at'][:10]}."
        )


def forget(
    user: Annotated[
        str, typer.Argument(metavar="USER", help="A deleted user's login, or associate id.", show_default=False)
    ],
    *,
    archive: Archive = None,
    yes: Yes = False,
    as_json: Json = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Replace all that says who a deleted user was by a pseudonym.

    Login, display name, machines and remote numbers go: from the tables, the journal and its archives. The journal's
    chain stays whole. In the end the database is written anew, so that no trace is left in unused space; everybody
    waits meanwhile. Backups and logs are for you to see to.
    """
    if not yes:
        confirm(f"Forget {user} for good? Nobody can bring the name back.", instead="--yes")
    with reached(data, config) as api:
        forgot = _done(api, "/journal/forget", {"user": user, "archive": _absolute(archive)})["forgot"]
    if as_json:
        print_json(forgot)
    else:
        typer.echo(
            f"{forgot['pseudonym']} stands for the user now; replaced in"
            f" {counted(forgot['events'], 'event', 'events')}."
        )
    if forgot["unreached"]:
        raise Failure(
            ExitCode.REFUSED,
            f"Not everywhere, though: {'; '.join(forgot['unreached'])}. Then run this again, with --archive where the"
            " archives are elsewhere.",
        )


def _done(api: Api, path: str, body: object) -> dict[str, Any]:
    """Have work on the journal begun, and wait for its end. Failure where it fails."""
    with interruptible("what was begun goes on at a server, and is cut off without one; run the command again to see"):
        work: dict[str, Any] | None = api.ask("POST", path, body=body)
        number = work and work["number"]
        while work is not None and work["number"] == number:
            if work["failure"] is not None:
                raise Failure(ExitCode.REFUSED, f"{work['failure']}.")
            if not work["running"]:
                return work
            work = api.ask("GET", "/journal", params={"wait": _WAIT_SECONDS}, again=True)["work"]
    raise Failure(
        ExitCode.UNREACHABLE,
        "The server was started anew meanwhile, or another node answers for it; run the command again.",
    )


def _absolute(archive: Path | None) -> str | None:
    return None if archive is None else str(archive.absolute())


def _moment(before: str) -> str:
    try:
        given = datetime.fromisoformat(before)
    except ValueError:
        raise Failure(
            ExitCode.USAGE,
            f"--before: {before} is no date; write 2026-01-31, or with a time 2026-01-31T18:00 (UTC) or"
            " 2026-01-31T18:00+01:00.",
        ) from None
    return (given if given.tzinfo is not None else given.replace(tzinfo=UTC)).isoformat()


add_command(app, "seal", seal, "journal seal", "journal seal --before 2026-01-01 --archive /srv/archive")
add_command(app, "forget", forget, "journal forget agent01", "journal forget --yes 1017")
