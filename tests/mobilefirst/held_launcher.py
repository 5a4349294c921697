"""Starts the server's own command in a process in which transactions can be held in any of their states.

Run with the arguments of `seatkeeper`, and a directory in the environment variable `HELD`. While that has a file that
is named as an application, and says a state, no transaction of this application that stands in the state is taken on.
Nothing of the server knows of this: the step of its worker is wrapped from outside.
"""

import os
from pathlib import Path

from seatkeeper.cli.main import main as seatkeeper
from seatkeeper.ledger import transactions
from seatkeeper.ledger.transactions import TransactionWork

_PAUSE_SECONDS = 0.02


def hold(directory: Path) -> None:
    """Let the worker pass over what is held, and look again soon."""
    advance = TransactionWork._advance  # noqa: SLF001 - what is wrapped

    async def unless_held(work: TransactionWork, transaction_id: int) -> bool:
        transaction = work._image().transactions.get(transaction_id)  # noqa: SLF001 - as above
        if transaction is not None:
            order = directory / transaction.change.application
            if order.exists() and order.read_text() == transaction.status:
                return False
        return await advance(work, transaction_id)

    setattr(TransactionWork, "_advance", unless_held)  # noqa: B010 - mypy refuses to assign to a method
    setattr(transactions, "_PAUSE", _PAUSE_SECONDS)  # noqa: B010 - as above, a constant


if __name__ == "__main__":
    hold(Path(os.environ["HELD"]))
    seatkeeper()
