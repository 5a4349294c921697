"""`seatkeeper check`: whether the tables are what the journal says."""

import typer

from seatkeeper.cli.failure import ExitCode, Failure, told_plainly
from seatkeeper.cli.options import Config, Data, existing_database


def check(*, data: Data = None, config: Config = None) -> None:
    """Compare every row and count with the journal.

    Folds the journal and verifies its chain, also while the server serves. Exits 0 with a summary, or 1 with every
    difference named.
    """
    from seatkeeper.ledger.check import check_database  # noqa: PLC0415 - see the package: heavy imports wait

    database = existing_database(data, config)
    with told_plainly(database.parent):
        report = check_database(database)
    for difference in report.differences:
        typer.echo(difference)
    if not report.clean:
        raise Failure(
            ExitCode.REFUSED, f"{database} is not what its journal says; differences: {len(report.differences)}."
        )
    typer.echo(f"{database}: {report.events} events and {report.rows} rows agree, and the chain is whole.")
