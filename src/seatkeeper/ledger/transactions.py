"""Carrying transactions out that did not end as they began (mobilefirst contract 3.1, 4; decisions 19 and 20).

Each runtime with transactions that are not over has a task of its own, which takes them on, one step a commit. What a
step is, and whether it may be taken, is the rules' business: a step that another has taken already is no step. Of
several nodes the one that leads has these tasks; each of the others hears what became of a transaction.
"""

import asyncio
from asyncio import Future, Task
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from itertools import takewhile
from typing import Any, Final

import structlog

from seatkeeper.ledger.happened import Happened
from seatkeeper.ledger.pauses import Pauses
from seatkeeper.ledger.unavailable import Stopping, Unavailable
from seatkeeper.licensing.deployment import Transaction, TransactionStatus
from seatkeeper.licensing.deployment_commands import AdvanceTransaction
from seatkeeper.licensing.deployment_events import TransactionBegun, TransactionMoved
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.state import Image

_log = structlog.get_logger("seatkeeper.ledger")

_NOTICED: Final[frozenset[type[Event]]] = frozenset({TransactionBegun, TransactionMoved})

_REST: Final = 1.0
"""Seconds until a step is asked for again that could not be taken."""


class _Line:
    """The task of a runtime's line, which rests while nothing in it can be taken on."""

    def __init__(self) -> None:
        self.task: Task[None] | None = None
        self._awake = asyncio.Event()
        self._rests = asyncio.Event()

    def wake(self) -> None:
        """Have it look again now."""
        self._rests.clear()
        self._awake.set()

    async def rest(self) -> None:
        """Rest, unless it was woken while it looked."""
        if not self._awake.is_set():
            self._rests.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(_REST):
                    await self._awake.wait()
        self._awake.clear()
        self._rests.clear()

    def end(self) -> None:
        """It has nothing to do any more."""
        self._rests.set()

    async def until_it_rests(self) -> None:
        """Wait until it has taken on all that it can."""
        await self._rests.wait()


class TransactionWork:
    """Drives the transactions of every runtime where this node `leads`. Used in the event loop.

    `resign` is called when this node is about to stop and nothing that it has begun is left. `lock_wait`, in
    milliseconds of `clock`: so long a transaction waits for those before it. `pauses`: what tests have ordered to stay
    as it is.
    """

    def __init__(
        self,
        submit: Callable[[AdvanceTransaction], Awaitable[Any]],
        image: Callable[[], Image],
        clock: Callable[[], int],
        *,
        leads: Callable[[], bool],
        resign: Callable[[], None],
        lock_wait: int,
    ) -> None:
        self._submit = submit
        self._image = image
        self._clock = clock
        self._leads = leads
        self._resign = resign
        self._lock_wait = lock_wait
        self.pauses: Final = Pauses()
        self._lines: dict[int, _Line] = {}
        self._waiters: dict[int, list[Future[None]]] = {}
        self._stopping = asyncio.Event()

    def start(self) -> None:
        """Take on whatever is not over, as far as this node leads."""
        for runtime_id in tuple(self._image().unfinished):
            self._take_on(runtime_id)

    def let_go(self) -> None:
        """Leave to another what is not over: this node leads no more."""
        self._wake()

    def begin_no_more(self) -> None:
        """Bring to its end what this node has begun; what waits is left, and whoever waits for it is sent away.

        Where another node lives, that takes on what waits.
        """
        self._stopping.set()
        self._send_away([number for number in self._waiters if self._waits_elsewhere(number)])
        self._wake()
        self._resign_when_idle()

    async def stop(self) -> None:
        """Begin no more, and wait until what has been begun is over. May be called twice."""
        self.begin_no_more()
        await asyncio.gather(*(line.task for line in self._lines.values() if line.task is not None))
        self._send_away(tuple(self._waiters))

    def notice(self, happened: Happened) -> None:
        """A batch has been committed: take on what began in it, and tell who waits for what ended in it."""
        for event in happened.events if happened.has(_NOTICED) else ():
            if isinstance(event, TransactionBegun):
                self._take_on(event.runtime_id)
            elif isinstance(event, TransactionMoved) and event.status.over:
                self._answer(event.transaction_id)
        if happened.restarted:
            for transaction_id in tuple(self._waiters):
                if self._unfinished(transaction_id) is None:
                    self._answer(transaction_id)
            self.start()
            self._wake()

    async def catch_up(self) -> None:
        """Take on at once whatever can be, and return when all else must wait: for its time, or until it is let go."""
        self._wake()
        await asyncio.gather(*(line.until_it_rests() for line in self._lines.values()))

    def paused(self) -> list[Transaction]:
        """The transactions that stay as they are because a test has ordered it, runtime by runtime."""
        image = self._image()
        waiting = [image.transactions.get(number) for line in tuple(image.unfinished.values()) for number in line]
        return [each for each in waiting if each is not None and self._is_paused(each)]

    async def ended(self, transaction_id: int) -> None:
        """Wait until a transaction is over; its end is in the tables then. Returns at once for an unknown one.

        It waits as long as the rules let the transaction wait and work. Raises Stopping where the server stops before.
        """
        if self._unfinished(transaction_id) is None:
            return
        if self._stopping.is_set():
            raise _stopped(transaction_id)
        waiter: Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(transaction_id, []).append(waiter)
        await waiter

    def _unfinished(self, transaction_id: int) -> Transaction | None:
        """A transaction; None for one that is over, or never was."""
        transaction = self._image().transactions.get(transaction_id)
        return None if transaction is None or transaction.status.over else transaction

    def _waits_elsewhere(self, transaction_id: int) -> bool:
        """Whether a transaction has not been begun, and is not this node's to begin."""
        transaction = self._unfinished(transaction_id)
        pending = transaction is not None and transaction.status is TransactionStatus.PENDING
        return transaction is not None and pending and transaction.runtime_id not in self._lines

    def _resign_when_idle(self) -> None:
        if self._stopping.is_set() and not self._lines:
            self._resign()

    def _is_paused(self, transaction: Transaction) -> bool:
        runtime = self._image().runtimes.get(transaction.runtime_id)
        return runtime is not None and self.pauses.keeps(runtime.name, transaction)

    def _answer(self, transaction_id: int, error: Stopping | None = None) -> None:
        for waiter in self._waiters.pop(transaction_id, ()):
            if waiter.done():
                continue
            if error is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(error)

    def _send_away(self, transactions: Iterable[int]) -> None:
        """Let nobody wait for these any more."""
        for transaction_id in transactions:
            self._answer(transaction_id, _stopped(transaction_id))

    def _take_on(self, runtime_id: int) -> None:
        if runtime_id in self._lines or runtime_id not in self._image().unfinished:
            return  # as of most, which were over as soon as they began
        if self._leads() and not self._stopping.is_set():
            line = self._lines[runtime_id] = _Line()
            line.task = asyncio.create_task(self._drive(runtime_id, line), name=f"seatkeeper-runtime-{runtime_id}")

    def _wake(self) -> None:
        for line in self._lines.values():
            line.wake()

    async def _drive(self, runtime_id: int, mine: _Line) -> None:
        """Until nothing of a runtime is left to do, or another node is to do it; when the server stops, until nothing
        has been begun."""
        try:
            while self._leads() and (line := self._image().unfinished.get(runtime_id)):
                stopping = self._stopping.is_set()
                first = self._unfinished(line[0])
                if stopping and first is not None and first.status is TransactionStatus.PENDING:
                    break
                moved = await self._step(line)
                if not moved and stopping:
                    break
                if not moved:
                    await mine.rest()
            if self._stopping.is_set():
                self._send_away(self._image().unfinished.get(runtime_id, ()))
        except Stopping:  # nothing will be committed any more
            self._send_away(tuple(self._waiters))
        finally:
            del self._lines[runtime_id]
            mine.end()
            self._resign_when_idle()

    async def _step(self, line: tuple[int, ...]) -> bool:
        """Take the first of a line one step on, and let go those that have waited too long. Whether anything moved."""
        first, *behind = line
        moved = await self._advance(first)
        overdue = list(takewhile(self._is_overdue, behind))
        # A first one that does not move may have had its lock for too long; the rules know, and let the next have it.
        asked = overdue or ([] if moved else behind[:1])
        outcomes = await asyncio.gather(*(self._advance(each) for each in asked))
        return moved or any(outcomes)

    async def _advance(self, transaction_id: int) -> bool:
        """Whether a transaction got on, or has ended meanwhile. One that cannot be saved holds up none but its own."""
        transaction = self._unfinished(transaction_id)
        if transaction is None:
            return True
        if self._is_paused(transaction):
            return False
        try:
            after = await self._submit(AdvanceTransaction(transaction_id=transaction_id, status=transaction.status))
        except Stopping:
            raise
        except Unavailable as why:
            _log.warning("transaction_postponed", transaction=transaction_id, reason=str(why))
            return False
        except Exception:  # noqa: BLE001 - those behind must not stand still for it, and it is said
            _log.exception("transaction_failed", transaction=transaction_id)
            return False
        return after is not None

    def _is_overdue(self, transaction_id: int) -> bool:
        transaction = self._image().transactions.get(transaction_id)
        return transaction is None or self._clock() - transaction.created_at > self._lock_wait


def _stopped(transaction_id: int) -> Stopping:
    return Stopping(
        "The server is stopping; when it is back, ask for transaction {transaction} to see what became of it.",
        transaction=transaction_id,
    )
