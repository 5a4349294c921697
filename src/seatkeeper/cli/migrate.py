"""`seatkeeper migrate`: bring a database to this version's schema without serving it."""

from typing import Annotated

import typer

from seatkeeper.cli.failure import ExitCode, Failure, told_plainly
from seatkeeper.cli.options import Config, Data, existing_database
from seatkeeper.ledger.files import LOCK


def migrate(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 where there is something to bring up to date.")
    ] = False,
    finish: Annotated[
        bool, typer.Option("--finish", help="Also take away what only versions before this one need.")
    ] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Bring the database to the newest schema.

    A server does the same when it starts; this does it beforehand, and says from what to what. Before --finish the
    version before can still use the database; in this version there is nothing that --finish takes away.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - see the package: heavy imports wait

    from seatkeeper.ledger import schema  # noqa: PLC0415 - as above
    from seatkeeper.ledger.database import DatabaseFile  # noqa: PLC0415 - as above

    database = existing_database(data, config)
    with told_plainly(database.parent):
        try:
            # Before the lock: a server that runs has brought it up to date already.
            before = schema.versions(database)
            if before.current == before.newest:
                typer.echo(f"{database}: has the newest schema, {before.newest}.")
            elif check:
                raise Failure(
                    ExitCode.REFUSED, f"{database} has {_named(before.current)}; the newest is {before.newest}."
                )
            else:
                with FileLock(database.parent / LOCK, timeout=0):
                    schema.migrate(DatabaseFile(database))
                typer.echo(f"{database}: brought from {_named(before.current)} to {before.newest}.")
        except Timeout:
            raise Failure(
                ExitCode.UNREACHABLE, f"Another process has the data directory {database.parent}; stop it first."
            ) from None
    if finish:
        typer.echo("There is nothing to take away: this version needs all of the schema.")


def _named(revision: str | None) -> str:
    return "no schema yet" if revision is None else f"the schema {revision}"
