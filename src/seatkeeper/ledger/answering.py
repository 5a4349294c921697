"""Telling whoever waits for a command what it came to."""

from asyncio import Future
from typing import Any

from seatkeeper.ledger.batch import Failed, ImageLost
from seatkeeper.ledger.engines.engine import Busy, Disconnected, FateUnknown, NoSpace
from seatkeeper.ledger.unavailable import Unanswered, Unavailable


def answer(waiter: Future[Any], outcome: Any) -> None:  # noqa: ANN401 - of any command
    """Give the outcome, or raise where it is awaited what kept the command from one: Refusal, Unavailable.

    What a driver says of a connection names hosts and ports: that is in the log, and is told to no client.
    """
    if not isinstance(outcome, Failed):
        waiter.set_result(outcome)
        return
    match outcome.error:
        case NoSpace() as error:
            waiter.set_exception(Unavailable("Nothing can be saved: {error}.", retry_after=30, error=str(error)))
        case Busy() as error:
            waiter.set_exception(Unavailable("Nothing can be saved: {error}.", error=str(error)))
        case Disconnected():
            waiter.set_exception(Unavailable("The database does not answer; try again."))
        case FateUnknown() | ImageLost():
            waiter.set_exception(Unanswered("It is not known whether this was done; look before you try again."))
        case StopIteration() as error:  # which no future takes
            waiter.set_exception(RuntimeError(repr(error)))
        case error:
            waiter.set_exception(error)
