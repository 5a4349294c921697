"""`seatkeeper migrate`: bring a database to this version's schema without serving it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from seatkeeper.cli.failure import ExitCode, Failure, told_plainly
from seatkeeper.cli.options import Config, Data, Existing, Url, existing_database


def migrate(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 where there is something to bring up to date.")
    ] = False,
    finish: Annotated[
        bool, typer.Option("--finish", help="Also shut out versions before this one, and take away what they need.")
    ] = False,
    database: Url = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Bring the database to the newest schema.

    A server does the same when it starts; this does it beforehand, and says from what to what. Before --finish the
    version before can still use the database, beside this one where it is a PostgreSQL database. In this version there
    is nothing that --finish takes away.
    """
    from seatkeeper.ledger import schema  # noqa: PLC0415 - see the package: heavy imports wait

    place = existing_database(data, config, database)
    with told_plainly(place.data, database=place.url):
        # Before the lock: a server that runs has brought it up to date already.
        before = schema.versions(place.database)
        if before.current is not None and before.current > before.newest:
            told = f"has the schema {before.current}, and lets this version use it still, which knows {before.newest}"
        elif before.current == before.newest:
            told = f"has the newest schema, {before.newest}"
        elif check:
            raise Failure(
                ExitCode.REFUSED, f"{place.name} has {_named(before.current)}; the newest is {before.newest}."
            )
        else:
            with _had(place):
                schema.migrate(place.database)
            told = f"brought from {_named(before.current)} to {before.newest}"
        typer.echo(f"{place.name}: {told}.")
        if finish:
            _finish(place)


def _finish(place: Existing) -> None:
    from seatkeeper.ledger.schema import StillNeeded, finish  # noqa: PLC0415 - see the package: heavy imports wait

    try:
        with _had(place):
            finish(place.database)
    except StillNeeded as error:
        raise Failure(ExitCode.REFUSED, str(error)) from None
    typer.echo(
        "Versions before this one cannot use it any more. There is nothing to take away: this version needs all of the"
        " schema."
    )


@contextmanager
def _had(place: Existing) -> Iterator[None]:
    """The database to oneself, if only one process can have it. Failure where another has."""
    from seatkeeper.ledger.database import DataDirectoryInUse  # noqa: PLC0415 - see the package: heavy imports wait

    try:
        place.database.take()
    except DataDirectoryInUse:
        raise Failure(
            ExitCode.UNREACHABLE, f"Another process has the data directory {place.data}; stop it first."
        ) from None
    try:
        yield
    finally:
        place.database.let_go()


def _named(revision: str | None) -> str:
    return "no schema yet" if revision is None else f"the schema {revision}"
