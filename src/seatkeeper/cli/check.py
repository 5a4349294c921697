"""`seatkeeper check`: whether the tables are what the journal says."""

import gc
from pathlib import Path
from typing import Annotated

import typer

from seatkeeper.cli.failure import ExitCode, Failure, told_plainly
from seatkeeper.cli.options import Config, Data, Json, Url, existing_database
from seatkeeper.cli.printing import print_json


def check(
    *,
    archive: Annotated[
        list[Path] | None,
        typer.Option(
            "--archive", metavar="DIRECTORY", help="Also check the archives of the journal in there; can be repeated."
        ),
    ] = None,
    as_json: Json = False,
    database: Url = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Compare every row and count with the journal.

    Folds the journal and verifies its chain, also while the server serves. Where old stretches were sealed it begins at
    their snapshot; with --archive at the first event. Exits 0 with a summary, or 1 with every difference,
    and every archive that is not there, named.
    """
    from msgspec import to_builtins  # noqa: PLC0415 - see the package: heavy imports wait

    from seatkeeper.ledger.check import check_database  # noqa: PLC0415 - see the package: heavy imports wait

    checked = existing_database(data, config, database)
    gc.disable()  # a check makes no cycles; among millions of rows the search for them took a tenth of its time
    with told_plainly(checked.data, database=checked.url):
        report = check_database(checked.database, *(archive or ()))
    if as_json:
        told = to_builtins(report)
        del told["head"]
        print_json({"clean": report.clean, **told})
    else:
        for difference in report.differences:
            typer.echo(difference)
        for unchecked in report.unchecked:
            typer.echo(f"Not checked: {unchecked}.")
    if report.differences:
        raise Failure(
            ExitCode.REFUSED, f"{checked.name} is not what its journal says; differences: {len(report.differences)}."
        )
    if report.unchecked:
        raise Failure(ExitCode.REFUSED, "Not everything could be checked. What is there agrees.")
    if not as_json:
        archived = f"{report.archived} archived and " if report.archived else ""
        typer.echo(
            f"{checked.name}: {archived}{report.events} events and {report.rows} rows agree, and the chain is whole."
        )
        for note in report.notes:
            typer.echo(f"Note: {note}.")
