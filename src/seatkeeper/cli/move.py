"""`seatkeeper move`: the whole inventory, journal and all, into a PostgreSQL database."""

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from seatkeeper.cli.failure import ExitCode, Failure, interruptible, told_plainly
from seatkeeper.cli.options import existing_file
from seatkeeper.cli.printing import counted
from seatkeeper.identity.secrets import ADMIN_TOKEN
from seatkeeper.ledger.files import DATABASE, moved_away

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seatkeeper.ledger.database import Database
    from seatkeeper.ledger.moving import Moved, Told

_SQLITE: Final = "sqlite:"


def move(
    *,
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="PLACE",
            help="sqlite: and a data directory or a file, as in sqlite:/srv/seatkeeper; or a postgresql:// URL.",
        ),
    ],
    target: Annotated[
        str, typer.Option("--to", metavar="URL", help="The postgresql:// URL of a database that is there and empty.")
    ],
) -> None:
    """Copy everything into a PostgreSQL database, the journal included.

    Both are compared with their journals, and nothing is committed before. What is interrupted leaves the new database
    empty, and can be begun again. The servers of both have to be stopped. What is in the old database is left as it is;
    in a data directory its file is renamed to seatkeeper.db.moved, so that nothing takes it for the inventory.
    """
    from seatkeeper.ledger.database import DataDirectoryInUse  # noqa: PLC0415 - heavy imports wait
    from seatkeeper.ledger.engines.postgres_database import DatabaseServer  # noqa: PLC0415 - as above
    from seatkeeper.ledger.moving import MoveRefused, name_of  # noqa: PLC0415 - as above
    from seatkeeper.ledger.moving import move as move_all  # noqa: PLC0415 - as above

    if not _is_url(target):
        raise Failure(
            ExitCode.USAGE, "--to: write the URL of a PostgreSQL database, as in postgresql://db1.example/seats."
        )
    origin = _source(source)
    with told_plainly(Path(), database=target), interruptible("nothing was moved"), _progress() as told:
        try:
            server = DatabaseServer(target)
            moved = move_all(origin, server, told, put_aside=True)
        except MoveRefused as refused:
            raise Failure(ExitCode.REFUSED, str(refused)) from None
        except DataDirectoryInUse as error:
            raise Failure(ExitCode.UNREACHABLE, f"{error} Stop its server first.") from None
    typer.echo(
        f"{server.name}: {counted(moved.events, 'event', 'events')} up to number {moved.last:,}, and"
        f" {counted(moved.rows, 'row', 'rows')} in all, as in {name_of(origin)}; both agree with their journals."
    )
    typer.echo(_next(name_of(origin), server.name, origin, moved))


def _source(given: str) -> "Database":
    from seatkeeper.ledger.engines.postgres_database import DatabaseServer  # noqa: PLC0415 - heavy imports wait
    from seatkeeper.ledger.engines.sqlite_database import DatabaseFile  # noqa: PLC0415 - as above

    if _is_url(given):
        with told_plainly(Path(), database=given):
            return DatabaseServer(given)
    if not given.startswith(_SQLITE):
        raise Failure(
            ExitCode.USAGE,
            "--from: write sqlite: and a data directory or a file, or a URL that begins with postgresql://.",
        )
    place = Path(given.removeprefix(_SQLITE))
    file = place / DATABASE if place.is_dir() else place
    elsewhere = moved_away(file.parent) if file.name == DATABASE else None
    return DatabaseFile(existing_file(file, elsewhere or "If it is in PostgreSQL, give its URL."))


def _is_url(given: str) -> bool:
    return given.startswith(("postgresql://", "postgres://"))


def _next(old: str, new: str, origin: "Database", moved: "Moved") -> str:
    """What is to be done now, and what was not moved because it is not in tables."""
    lines = [
        "",
        f"Next: set database (or SEATKEEPER_DATABASE) to the URL of {new} for every server, and start them.",
        _what_became_of(old, moved),
    ]
    if not origin.shared:
        lines.append(
            f"The file {ADMIN_TOKEN} stays in its data directory; other nodes that are to accept it need a copy."
        )
    if moved.archives:
        lines.append(
            f"The journal's archives stay where they are: {counted(len(moved.archives), 'file', 'files')} of events,"
            " each with its personal parts beside it. Nodes that forget users, and check --archive, need that"
            " directory."
        )
    return "\n".join(lines)


def _what_became_of(old: str, moved: "Moved") -> str:
    if moved.aside is not None:
        return (
            f"{old} is called {moved.aside.name} now, so that nothing takes it for the inventory. To go back to it,"
            f" stop every server, take database out of the settings, and rename it to {DATABASE}; what was done"
            " meanwhile is not in it."
        )
    if moved.in_the_way:
        return (
            f"{old} could not be renamed ({moved.in_the_way}). Take it out of its data directory, where commands would"
            " take it for the inventory."
        )
    return f"{old} is as it was. Start no server on it any more: what that does would be missing in the new one."


@contextmanager
def _progress() -> "Iterator[Told]":
    """A bar on a terminal, and a line for each step elsewhere."""
    if not sys.stderr.isatty():
        yield _say
        return
    from rich.console import Console  # noqa: PLC0415 - see the package: heavy imports wait
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - as above

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} rows"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("")

        def show(what: str, done: int, total: int) -> None:
            progress.update(task, description=what, completed=done, total=total or None)

        yield show


def _say(what: str, done: int, total: int) -> None:
    if not total:
        if " " in what:  # a step, and no table that is empty
            typer.echo(f"{what}.", err=True)
    elif done == total:
        typer.echo(f"{what}: {counted(done, 'row', 'rows')}.", err=True)
