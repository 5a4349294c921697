"""The writer of a database that nobody else writes: batches are decided in the event loop and committed in a thread.

Where a thread decides while the loop serves requests, each wants the interpreter from the other at every statement, and
waits for it longer than the statement takes: a batch of 16 took 5 ms, a quarter of it work. So what needs nothing but
memory and SQLite's cache is done between two requests. What waits for the disk or for others, or may take long, is the
thread's: commits, what must be loaded first, whole inventories, sealing.
"""

import threading
from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future as ThreadFuture
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

import structlog

from seatkeeper.ledger.batch import Batches, Decided, ImageLost
from seatkeeper.ledger.engines.engine import Busy, FateUnknown
from seatkeeper.ledger.happened import Happened
from seatkeeper.ledger.journal import JournalError
from seatkeeper.ledger.unavailable import Stopping, Unanswered
from seatkeeper.ledger.writer import Chore, Deliver, Item, SaveMemoranda, Waiting, fail

_log = structlog.get_logger("seatkeeper.ledger")

_FATAL: Final = (FateUnknown, ImageLost, JournalError)
_Then = Callable[[Any, BaseException | None], None]


class Turns:
    """Takes all that waits, turn after turn, and hands the outcomes back at once. Called in the event loop.

    One turn at a time: the loop and the thread are never both at the database or change the image.
    """

    def __init__(
        self,
        batches: Batches,
        loop: AbstractEventLoop,
        deliver: Deliver,
        on_fatal: Callable[[Exception], None],
        *,
        batch_size: int,
    ) -> None:
        self._batches = batches
        self._loop = loop
        self._deliver = deliver
        self._on_fatal = on_fatal
        self._batch_size: Final = batch_size
        self._waiting: deque[Item] = deque()
        self._in_hand: list[Waiting | Chore] = []
        self._scheduled = False
        self._at_work = False
        self._stopping = False
        self._lost = False
        self._ended = threading.Event()
        self._thread = ThreadPoolExecutor(1, "seatkeeper-writer")

    @property
    def waiting(self) -> int:
        """How many commands wait, those of the batch under way not counted."""
        return len(self._waiting)

    @property
    def alive(self) -> bool:
        """Whether commands are taken."""
        return not self._lost and not self._ended.is_set()

    def start(self) -> None:
        """Begin the thread, where it can be begun. The first item begins the first turn."""
        self._thread.submit(lambda: None).result()

    def put(self, item: Item) -> None:
        """Let an item wait for the next turn."""
        self._waiting.append(item)
        self._schedule()

    def follow(self) -> None:
        """Nothing: nobody else writes."""

    def stop(self) -> None:
        """Commit what waits, then end. In another thread than the loop's, which it blocks until it has ended."""
        self._loop.call_soon_threadsafe(self._stop)
        self._ended.wait()
        self._thread.shutdown()

    def _stop(self) -> None:
        self._stopping = True
        self._schedule()

    def _schedule(self) -> None:
        """A turn begins when the loop has done what it has before it: what other requests want is taken along."""
        if not self._scheduled and not self._at_work:
            self._scheduled = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._scheduled = False
        if not self.alive:
            self._send_away(Stopping("The server is stopping; try again."))
            return
        batch: list[Waiting] = []
        other: Chore | SaveMemoranda | None = None
        while self._waiting and len(batch) < self._batch_size and other is None:
            item = self._waiting[0]
            if isinstance(item, Waiting):
                if not item.waiter.cancelled():
                    batch.append(item)
            elif batch:
                break
            elif isinstance(item, Chore | SaveMemoranda):
                other = item
            self._waiting.popleft()
        if batch:
            self._decide(batch)
        elif other is not None:
            self._do(other)
        elif self._stopping:
            self._in_thread(self._batches.save_memoranda, self._saved_the_last)

    def _decide(self, batch: list[Waiting]) -> None:
        """Here, if nothing has to be waited for; whatever goes wrong here, the thread does with all due care."""
        self._in_hand = [*batch]
        commands = [each.command for each in batch]
        try:
            decided = self._batches.decide(commands, at_once=True) if self._batches.are_at_hand(commands) else None
        except JournalError as error:
            self._lose(error)
            return
        except Busy:
            decided = None
        except Exception as error:  # noqa: BLE001 - see above: it is tried again, and told then
            _log.warning("batch_tried_again", error=repr(error), commands=len(batch))
            decided = None
        if decided is None:
            self._in_thread(partial(self._batches.run, commands), partial(self._ran, batch))
        elif decided.batch is None:
            self._committed(batch, decided, None, None)
        else:
            self._in_thread(partial(self._batches.commit, decided), partial(self._committed, batch, decided))

    def _committed(self, batch: list[Waiting], decided: Decided, _none: None, error: BaseException | None) -> None:
        if error is None:
            try:
                outcomes = self._batches.finish(decided)
            except ImageLost as lost:
                self._lose(lost)
            else:
                self._answer(batch, outcomes, self._batches.tell())
        elif isinstance(error, _FATAL):
            self._lose(error)
        else:  # nothing of it was saved
            commands = [each.command for each in batch]
            self._in_thread(partial(self._batches.run, commands), partial(self._ran, batch))

    def _ran(self, batch: list[Waiting], ran: tuple[list[Any], Happened], error: BaseException | None) -> None:
        if error is None:
            self._answer(batch, *ran)
        else:
            self._lose(error)

    def _answer(self, batch: list[Waiting], outcomes: list[Any], happened: Happened) -> None:
        self._waiting.extendleft(reversed(batch[len(outcomes) :]))
        self._in_hand = []
        try:
            self._deliver([(each.waiter, outcome) for each, outcome in zip(batch, outcomes, strict=False)], happened)
        finally:
            self._go_on()

    def _do(self, other: Chore | SaveMemoranda) -> None:
        if isinstance(other, Chore):
            self._in_hand = [other]
            self._in_thread(partial(other.do, self._batches), partial(self._did, other))
        else:
            self._in_thread(self._batches.save_memoranda, self._saved)

    def _did(self, chore: Chore, outcome: Any, error: BaseException | None) -> None:  # noqa: ANN401 - of any chore
        if isinstance(error, _FATAL):
            self._lose(error)
            return
        self._in_hand = []
        try:
            if error is not None:
                fail(chore.waiter, error)
            elif not chore.waiter.done():
                chore.waiter.set_result(outcome)
            happened = self._batches.tell()
            if happened.events or happened.restarted:
                self._deliver([], happened)
        finally:
            self._go_on()

    def _saved(self, _none: None, error: BaseException | None) -> None:
        if error is None:
            self._go_on()
        else:
            self._lose(error)

    def _saved_the_last(self, _none: None, error: BaseException | None) -> None:
        if self._waiting:
            self._saved(None, error)
        elif error is None:
            self._ended.set()
        else:
            self._lose(error)

    def _go_on(self) -> None:
        if self._waiting or self._stopping:
            self._schedule()

    def _in_thread(self, do: Callable[[], Any], then: _Then) -> None:
        self._at_work = True
        self._thread.submit(do).add_done_callback(partial(self._done, then))

    def _done(self, then: _Then, done: "ThreadFuture[Any]") -> None:
        """In the thread: back to the loop."""
        error = done.exception()
        outcome = None if error is not None else done.result()
        self._loop.call_soon_threadsafe(self._back, then, outcome, error)

    def _back(self, then: _Then, outcome: Any, error: BaseException | None) -> None:  # noqa: ANN401 - of anything
        self._at_work = False
        then(outcome, error)

    def _lose(self, error: BaseException) -> None:
        """Nothing can be known or done any more: whatever ends the writer ends the server."""
        self._on_fatal(error if isinstance(error, Exception) else RuntimeError(repr(error)))
        # Where the process goes on, nobody waits for ever.
        self._lost = True
        for each in self._in_hand:
            fail(each.waiter, Unanswered("The server lost its database; whether this was done is not known."))
        self._send_away(Stopping("The server lost its database; nothing was changed."))
        self._ended.set()

    def _send_away(self, why: Stopping) -> None:
        for item in self._waiting:
            if isinstance(item, Waiting | Chore):
                fail(item.waiter, why)
        self._waiting.clear()
