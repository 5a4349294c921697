"""What happens by itself: idle sessions expire, memoranda are saved, the write-ahead log is brought home (rule L9)."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog

from seatkeeper.ledger.activity import Activity
from seatkeeper.ledger.feed import Feed
from seatkeeper.ledger.unavailable import Unavailable
from seatkeeper.licensing.commands import ExpireSession

_log = structlog.get_logger("seatkeeper.ledger")

EXPIRE_AT_ONCE: Final = 200
"""How many sessions expire in one batch, so that an expiring crowd does not keep others waiting."""

_LONGEST_PAUSE: Final = 5.0
_SHORTEST_PAUSE: Final = 0.05


def sweep_pause(idle_timeout: int) -> float:
    """Seconds between two sweeps, where sessions have this time-out in milliseconds."""
    return min(max(idle_timeout / 1000 / 20, _SHORTEST_PAUSE), _LONGEST_PAUSE)


class Clockwork:
    """One task in the event loop. `idle_timeout`, in milliseconds, is that of sessions without one of their own;
    `checkpoint` is called in a thread of its own. Only where this node `leads` it has sessions expire.
    """

    def __init__(
        self,
        submit: Callable[[ExpireSession], Awaitable[Any]],
        save_memoranda: Callable[[], None],
        activity: Activity,
        feed: Feed,
        clock: Callable[[], int],
        *,
        leads: Callable[[], bool],
        idle_timeout: int,
        checkpoint: Callable[[], None],
    ) -> None:
        self._submit = submit
        self._save_memoranda = save_memoranda
        self._checkpoint = checkpoint
        self._activity = activity
        self._feed = feed
        self._clock = clock
        self._leads = leads
        self._idle_timeout = idle_timeout
        self._pause = sweep_pause(idle_timeout)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start ticking."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="seatkeeper-clockwork")

    async def stop(self) -> None:
        """Stop ticking. What the last saving is to save waits for it then."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._activity.note_all()

    async def _run(self) -> None:
        last_tick = last_saving = time.monotonic()
        while True:
            await asyncio.sleep(self._pause)
            now = time.monotonic()
            missed = now - last_tick - 2 * self._pause
            # Where this process stood still, nobody could show that he is there, so nobody is taken to be gone.
            if missed > 0 and self._activity.renew(self._clock(), int(missed * 1000)):
                _log.warning("stood_still", seconds=round(now - last_tick, 1))
            last_tick = now
            try:
                if self._activity.note(now) or (now - last_saving) * 4000 >= self._idle_timeout:
                    last_saving = now
                    self._save_memoranda()
                await self.expire()
                await self._feed.forget_ended()
                await asyncio.to_thread(self._checkpoint)
            except Unavailable as why:
                _log.warning("clockwork_postponed", reason=str(why))
            except Exception:  # noqa: BLE001 - the clock must go on ticking, and says what went wrong
                _log.exception("clockwork_failed")

    async def expire(self) -> None:
        """Have every session expire that has been idle for its whole time-out, a bounded number at a time.

        What other nodes know of them is looked at when it is decided.
        """
        idle = self._activity.idle(self._clock()) if self._leads() else []
        for start in range(0, len(idle), EXPIRE_AT_ONCE):
            expiring = (self._submit(ExpireSession(session_id=each)) for each in idle[start : start + EXPIRE_AT_ONCE])
            await asyncio.gather(*expiring)
