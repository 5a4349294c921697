"""`seatkeeper check`: whether the tables are what the journal says."""

import typer

from seatkeeper.cli.failure import ExitCode, Failure, told_plainly
from seatkeeper.cli.options import Config, Data, Json, existing_database
from seatkeeper.cli.printing import print_json


def check(*, as_json: Json = False, data: Data = None, config: Config = None) -> None:
    """Compare every row and count with the journal.

    Folds the journal and verifies its chain, also while the server serves. Exits 0 with a summary, or 1 with every
    difference named.
    """
    from seatkeeper.ledger.check import check_database  # noqa: PLC0415 - see the package: heavy imports wait

    database = existing_database(data, config)
    with told_plainly(database.parent):
        report = check_database(database)
    if as_json:
        told = {"clean": report.clean, "events": report.events, "rows": report.rows, "differences": report.differences}
        print_json(told)
    else:
        for difference in report.differences:
            typer.echo(difference)
    if not report.clean:
        raise Failure(
            ExitCode.REFUSED, f"{database} is not what its journal says; differences: {len(report.differences)}."
        )
    if not as_json:
        typer.echo(f"{database}: {report.events} events and {report.rows} rows agree, and the chain is whole.")
