"""A ledger in numbers, for those who watch over it."""

from seatkeeper.ledger.batch import Batches
from seatkeeper.ledger.deployed import figures_of_runtimes
from seatkeeper.ledger.tally import Figures


def figures_of(batches: Batches, *, sessions: int, waiting: int, queue: int) -> Figures:
    """What there is and what was done since the start, as one commit left it. In any thread; touches no disk.

    `sessions` live, and `waiting` commands wait, of the `queue` that may.
    """
    with batches.tally.lock:
        image = batches.image
        runtimes, applications = list(image.runtimes.values()), list(image.applications.values())
        transactions = list(image.transactions.values())
        figures = Figures(
            head=batches.replica.head.seq,
            licenses=image.licenses.copy(),
            pools=list(image.pools.values()),
            sessions=sessions,
            runtimes=[],
            tally=batches.tally.copy(),
            waiting=waiting,
            queue=queue,
        )
    return figures._replace(runtimes=figures_of_runtimes(runtimes, applications, transactions))
