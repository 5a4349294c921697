"""`seatkeeper backup`: a copy of the database, also while the server serves."""

from pathlib import Path
from typing import Annotated

import typer

from seatkeeper.cli.failure import ExitCode, Failure
from seatkeeper.cli.options import Config, Data, database_served, existing_file, settings_of
from seatkeeper.ledger.files import DATABASE


def backup(
    file: Annotated[Path, typer.Argument(help="Where the copy goes; must not exist.", show_default=False)],
    *,
    data: Data = None,
    config: Config = None,
) -> None:
    """Copy the database to a file.

    The copy is the state of one moment, also while the server serves. A PostgreSQL database has backups of its own.
    """
    from seatkeeper.ledger.backup import BackupRefused, back_up  # noqa: PLC0415 - see the package: heavy imports wait

    settings = settings_of(data, config)
    if settings.database or database_served(settings.data):
        raise Failure(
            ExitCode.REFUSED,
            "The inventory is in a PostgreSQL database. Back that up by PostgreSQL's own pg_basebackup or pg_dump;"
            " docs/operating-nodes.md says how.",
        )
    database = existing_file(
        settings.data / DATABASE,
        "If it is in PostgreSQL, back that up by pg_basebackup; docs/operating-nodes.md says how.",
    )
    try:
        back_up(database, file)
    except BackupRefused as refused:
        raise Failure(ExitCode.REFUSED, str(refused)) from None
    typer.echo(
        f"{file}: copied, {file.stat().st_size} bytes. To use it, put it in an empty data directory as {database.name}."
    )
