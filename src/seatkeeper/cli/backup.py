"""`seatkeeper backup`: a copy of the database, also while the server serves."""

from pathlib import Path
from typing import Annotated

import typer

from seatkeeper.cli.failure import ExitCode, Failure
from seatkeeper.cli.options import Config, Data, existing_database


def backup(
    file: Annotated[Path, typer.Argument(help="Where the copy goes; must not exist.", show_default=False)],
    *,
    data: Data = None,
    config: Config = None,
) -> None:
    """Copy the database to a file.

    The copy is the state of one moment, also while the server serves.
    """
    from seatkeeper.ledger.backup import BackupRefused, back_up  # noqa: PLC0415 - see the package: heavy imports wait

    database = existing_database(data, config)
    try:
        back_up(database, file)
    except BackupRefused as refused:
        raise Failure(ExitCode.REFUSED, str(refused)) from None
    typer.echo(
        f"{file}: copied, {file.stat().st_size} bytes. To use it, put it in an empty data directory as {database.name}."
    )
