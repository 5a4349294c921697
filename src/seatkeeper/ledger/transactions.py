"""Carrying transactions out that did not end as they began (mobilefirst contract 3.1, 4; decisions 19 and 20).

Each runtime with transactions that are not over has a task of its own, which takes them on, one step a commit. What a
step is, and whether it may be taken, is the rules' business: a step that another has taken already is no step.
"""

import asyncio
from asyncio import Future, Task
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import takewhile
from typing import Any, Final

import structlog

from seatkeeper.ledger.happened import Happened
from seatkeeper.ledger.unavailable import Stopping, Unavailable
from seatkeeper.licensing.deployment import TransactionStatus
from seatkeeper.licensing.deployment_commands import AdvanceTransaction
from seatkeeper.licensing.deployment_events import TransactionBegun, TransactionMoved
from seatkeeper.licensing.state import Image

_log = structlog.get_logger("seatkeeper.ledger")

_PAUSE: Final = 1.0
"""Seconds until a step is asked for again that could not be taken."""


class TransactionWork:
    """Drives the transactions of every runtime. Used in the event loop.

    `lock_wait`, in milliseconds of `clock`: so long a transaction waits for those before it.
    """

    def __init__(
        self,
        submit: Callable[[AdvanceTransaction], Awaitable[Any]],
        image: Callable[[], Image],
        clock: Callable[[], int],
        *,
        lock_wait: int,
    ) -> None:
        self._submit = submit
        self._image = image
        self._clock = clock
        self._lock_wait = lock_wait
        self._tasks: dict[int, Task[None]] = {}
        self._waiters: dict[int, list[Future[None]]] = {}
        self._stopping = asyncio.Event()

    def start(self) -> None:
        """Take on whatever is not over."""
        for runtime_id in tuple(self._image().unfinished):
            self._take_on(runtime_id)

    async def stop(self) -> None:
        """Bring to its end what has been begun; what waits is left. May be called twice."""
        self._stopping.set()
        await asyncio.gather(*self._tasks.values())
        self._send_away()

    def notice(self, happened: Happened) -> None:
        """A batch has been committed: take on what began in it, and tell who waits for what ended in it."""
        for event in happened.events:
            if isinstance(event, TransactionBegun):
                self._take_on(event.runtime_id)
            elif isinstance(event, TransactionMoved) and event.status.over:
                self._answer(event.transaction_id)
        if happened.restarted:
            for transaction_id in tuple(self._waiters):
                if self._status(transaction_id) is None:
                    self._answer(transaction_id)
            self.start()

    async def ended(self, transaction_id: int) -> None:
        """Wait until a transaction is over; its end is in the tables then. Returns at once for an unknown one.

        It waits as long as the rules let the transaction wait and work. Raises Stopping where the server stops before.
        """
        if self._status(transaction_id) is None:
            return
        if self._stopping.is_set():
            raise _stopped(transaction_id)
        waiter: Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(transaction_id, []).append(waiter)
        await waiter

    def _status(self, transaction_id: int) -> TransactionStatus | None:
        """Where a transaction stands; None for one that is over, or never was."""
        transaction = self._image().transactions.get(transaction_id)
        return None if transaction is None or transaction.status.over else transaction.status

    def _answer(self, transaction_id: int, error: Stopping | None = None) -> None:
        for waiter in self._waiters.pop(transaction_id, ()):
            if waiter.done():
                continue
            if error is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(error)

    def _send_away(self) -> None:
        """Let nobody wait any more."""
        for transaction_id in tuple(self._waiters):
            self._answer(transaction_id, _stopped(transaction_id))

    def _take_on(self, runtime_id: int) -> None:
        if runtime_id not in self._tasks and runtime_id in self._image().unfinished and not self._stopping.is_set():
            task = asyncio.create_task(self._drive(runtime_id), name=f"seatkeeper-runtime-{runtime_id}")
            self._tasks[runtime_id] = task

    async def _drive(self, runtime_id: int) -> None:
        """Until nothing of a runtime is left to do; when the server stops, until nothing has been begun."""
        try:
            while line := self._image().unfinished.get(runtime_id):
                stopping = self._stopping.is_set()
                if stopping and self._status(line[0]) is TransactionStatus.PENDING:
                    break
                moved = await self._step(line)
                if not moved and stopping:
                    break
                if not moved:
                    await self._pause()
        except Stopping:  # nothing will be committed any more
            self._send_away()
        finally:
            del self._tasks[runtime_id]

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
        status = self._status(transaction_id)
        if status is None:
            return True
        try:
            after = await self._submit(AdvanceTransaction(transaction_id=transaction_id, status=status))
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

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_PAUSE):
                await self._stopping.wait()


def _stopped(transaction_id: int) -> Stopping:
    return Stopping(
        "The server is stopping; when it is back, ask for transaction {transaction} to see what became of it.",
        transaction=transaction_id,
    )
