"""Pauses that tests order: transactions stay in a status until they are let go. None where `testing` is off."""

from itertools import count
from typing import Final, NamedTuple

from seatkeeper.licensing.deployment import Transaction, TransactionStatus

_MOST: Final = 1_000


class TooManyPauses(Exception):
    """No more pauses can be ordered; the text says how many there are."""


class Pause(NamedTuple):
    """Transactions that stand in `status` are not taken on: those of a runtime and of an application, or of all."""

    id: int
    status: TransactionStatus
    runtime: str | None
    application: str | None

    def concerns(self, runtime: str, application: str) -> bool:
        """Whether it is meant for transactions of this application, in whatever status."""
        return self.runtime in {None, runtime} and self.application in {None, application}


class Pauses:
    """The pauses that are ordered. In production there is none, ever."""

    def __init__(self) -> None:
        self._ordered: dict[int, Pause] = {}
        self._numbers = count(1)

    @property
    def ordered(self) -> list[Pause]:
        """Those that have not been ended, the oldest first."""
        return list(self._ordered.values())

    def order(self, status: TransactionStatus, *, runtime: str | None, application: str | None) -> Pause:
        """Let transactions stay in a status. Raises TooManyPauses."""
        if len(self._ordered) >= _MOST:
            raise TooManyPauses(f"{_MOST} pauses are ordered already; end them.")
        pause = Pause(next(self._numbers), status, runtime, application)
        self._ordered[pause.id] = pause
        return pause

    def end(self, number: int | None = None) -> bool:
        """Let go all that is paused, or what this one pauses; whether there was one."""
        if number is not None:
            return self._ordered.pop(number, None) is not None
        ended = bool(self._ordered)
        self._ordered.clear()
        return ended

    def expects(self, runtime: str, application: str) -> bool:
        """Whether a transaction of this application could be paused on its way, and so must not go it in one turn."""
        return any(pause.concerns(runtime, application) for pause in self._ordered.values())

    def keeps(self, runtime: str, transaction: Transaction) -> bool:
        """Whether a transaction of this runtime stays as it is."""
        application = transaction.change.application
        return any(
            pause.status is transaction.status and pause.concerns(runtime, application)
            for pause in self._ordered.values()
        )
