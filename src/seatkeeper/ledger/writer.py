"""The writer's thread: takes all that waits, has it decided and committed, and hands the outcomes back at once."""

import threading
from asyncio import AbstractEventLoop, Future
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Final, NamedTuple

from seatkeeper.ledger.batch import Batches, ImageLost
from seatkeeper.ledger.engines.engine import FateUnknown
from seatkeeper.ledger.happened import Happened
from seatkeeper.ledger.journal import JournalError
from seatkeeper.ledger.unavailable import Stopping, Unanswered
from seatkeeper.licensing.commands import Command


class Waiting(NamedTuple):
    """A command and who waits for its outcome."""

    command: Command[Any]
    waiter: Future[Any]


class Chore(NamedTuple):
    """Something else that only the writer may do, between two batches, and who waits for its outcome."""

    do: Callable[[Batches], Any]
    waiter: Future[Any]


class SaveMemoranda(NamedTuple):
    """Ask the writer to save what stands outside the journal."""


class Follow(NamedTuple):
    """Ask the writer to take in what other nodes may have written."""


class _Stop(NamedTuple):
    """Ask the writer to finish what waits and end."""


Item = Waiting | Chore | SaveMemoranda | Follow | _Stop
Deliver = Callable[[list[tuple[Future[Any], Any]], Happened], None]


class Writer:
    """One thread that owns the batches. Items come in by a queue made for threads; each batch goes out by one call
    into the event loop. There, too, `on_connection` is told when the database answers no more, and when it does again.
    """

    def __init__(
        self,
        batches: Batches,
        loop: AbstractEventLoop,
        deliver: Deliver,
        on_fatal: Callable[[Exception], None],
        *,
        batch_size: int,
        on_connection: Callable[[bool], None],
    ) -> None:
        self._batches = batches
        self._loop = loop
        self._deliver = deliver
        self._on_fatal = on_fatal
        self._batch_size: Final = batch_size
        self._queue: SimpleQueue[Item] = SimpleQueue()
        self._left: deque[Waiting] = deque()
        self._in_hand: list[Waiting] = []
        self._chores: deque[Chore] = deque()
        self._on_connection = on_connection
        self._connected = True
        self._follow_asked = False
        self._stopping = False
        self._lost = False
        self._thread = threading.Thread(target=self._run, name="seatkeeper-writer", daemon=True)

    @property
    def waiting(self) -> int:
        """How many commands wait, those of the batch under way not counted."""
        return max(0, self._queue.qsize() - self._follow_asked) + len(self._left)

    @property
    def alive(self) -> bool:
        """Whether the thread runs and takes commands."""
        return self._thread.is_alive() and not self._lost

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def put(self, item: Item) -> None:
        """Let an item wait for the next batch."""
        self._queue.put(item)

    def follow(self) -> None:
        """Let what other nodes may have written be taken in soon. In any thread; asked often, it is done once."""
        if not self._follow_asked:
            self._follow_asked = True
            self._queue.put(Follow())

    def stop(self) -> None:
        """Commit what waits, then end the thread. Blocks until it has ended."""
        self._queue.put(_Stop())
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stopping or self._left or not self._queue.empty():
                self._commit(self._take())
                self._carry_out()
            self._batches.save_memoranda()
        except Exception as error:  # noqa: BLE001 - whatever ends the writer ends the server: nobody would be answered
            self._on_fatal(error)
            self._loop.call_soon_threadsafe(self._abandon)  # where the process goes on, nobody waits for ever

    def _abandon(self) -> None:
        """In the event loop, where commands come in: nobody will be answered any more."""
        self._lost = True
        for waiter in [each.waiter for each in self._in_hand] + [each.waiter for each in self._chores]:
            fail(waiter, Unanswered("The server lost its database; whether this was done is not known."))
        while not self._queue.empty():
            item = self._queue.get()
            if isinstance(item, Waiting | Chore):
                fail(item.waiter, Stopping("The server lost its database; nothing was changed."))
        for each in self._left:
            fail(each.waiter, Stopping("The server lost its database; nothing was changed."))

    def _take(self) -> list[Waiting]:
        """All that waits, up to the size of a batch; waits for the first. Without those that have gone away."""
        batch: list[Waiting] = []
        self._in_hand = batch
        while len(batch) < self._batch_size:
            if self._left:
                item: Item = self._left.popleft()
            else:
                try:
                    item = self._queue.get(block=not batch and not self._stopping)
                except Empty:
                    break
            if self._is_enough(item, batch):
                break
        return batch

    def _is_enough(self, item: Item, batch: list[Waiting]) -> bool:
        """Take an item; whether what has been taken is not to be kept waiting for more."""
        match item:
            case Waiting():
                if not item.waiter.cancelled():
                    batch.append(item)
            case Chore():
                self._chores.append(item)
                return True
            case SaveMemoranda():
                self._batches.save_memoranda()
            case Follow():
                self._follow_asked = False
                # A batch itself follows; and each look may take so long that more are asked for without an end.
                if not batch and not self._stopping:
                    self._tell(self._batches.follow())
            case _Stop():
                self._stopping = True
        return False

    def _commit(self, batch: list[Waiting]) -> None:
        if not batch:
            return
        outcomes, happened = self._batches.run([each.command for each in batch])
        self._left.extendleft(reversed(batch[len(outcomes) :]))
        answers = [(each.waiter, outcome) for each, outcome in zip(batch, outcomes, strict=False)]
        self._loop.call_soon_threadsafe(self._deliver, answers, happened)
        self._tell_connection()

    def _tell(self, happened: Happened) -> None:
        """Tell what happened apart from commands, and whether the database answers."""
        if happened.events or happened.restarted:
            self._loop.call_soon_threadsafe(self._deliver, [], happened)
        self._tell_connection()

    def _tell_connection(self) -> None:
        if self._connected is not self._batches.connected:
            self._connected = self._batches.connected
            self._loop.call_soon_threadsafe(self._on_connection, self._connected)

    def _carry_out(self) -> None:
        while self._chores:
            chore = self._chores[0]
            try:
                outcome = chore.do(self._batches)
            except (FateUnknown, ImageLost, JournalError):
                raise
            except Exception as error:  # noqa: BLE001 - whatever went wrong, it is told to the one who asked for it
                self._loop.call_soon_threadsafe(fail, chore.waiter, error)
            else:
                self._loop.call_soon_threadsafe(_answer, chore.waiter, outcome)
            self._chores.popleft()
            self._tell(self._batches.tell())


def _answer(waiter: Future[Any], outcome: Any) -> None:  # noqa: ANN401 - of any chore
    if not waiter.done():
        waiter.set_result(outcome)


def fail(waiter: Future[Any], error: BaseException) -> None:
    if not waiter.done():
        waiter.set_exception(error)
