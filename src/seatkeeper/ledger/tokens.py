"""Keeping the tokens of applications settled: blocked where none is left, back where there is one (decision 23)."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

import structlog

from seatkeeper.ledger.happened import Happened
from seatkeeper.ledger.unavailable import Unavailable
from seatkeeper.licensing.deployment_commands import SettleTokens
from seatkeeper.licensing.entities import HolderKind
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.events import (
    LicenseDefined,
    LicenseRemoved,
    OwnerDefined,
    OwnerRemoved,
    SeatsChanged,
    Unassigned,
)
from seatkeeper.licensing.state import Image

_log = structlog.get_logger("seatkeeper.ledger")

_PAUSE: Final = 5.0
"""Seconds after which it is looked at again what time alone has brought: the end of a license, or of its grace."""

_OF_LICENSES: Final[frozenset[type[Event]]] = frozenset(
    {SeatsChanged, LicenseDefined, LicenseRemoved, OwnerDefined, OwnerRemoved}
)
_OF_HOLDERS: Final[frozenset[type[Event]]] = frozenset({Unassigned})


class TokenWork:
    """One task in the event loop, which settles where this node `leads`. Where tokens are not `counted` it settles what
    an earlier server left, once."""

    def __init__(
        self,
        submit: Callable[[SettleTokens], Awaitable[Any]],
        image: Callable[[], Image],
        *,
        leads: Callable[[], bool],
        counted: bool,
    ) -> None:
        self._submit = submit
        self._image = image
        self._leads = leads
        self._counted = counted
        self._due = asyncio.Event()
        self._left = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Settle now, and from now on."""
        self._task = asyncio.create_task(self._run(), name="seatkeeper-tokens")

    def take_over(self) -> None:
        """This node leads: settle now what was left to another. Called again, it does nothing."""
        if self._left:
            self._due.set()

    async def stop(self) -> None:
        """Stop settling."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def notice(self, happened: Happened) -> None:
        """A batch has been committed: settle if it may have changed who has a token, or who can have one."""
        if happened.restarted or (self._counted and _may_change_tokens(happened)):
            self._due.set()

    async def settle(self) -> None:
        """Settle now, unless that is another node's. A house without applications has nothing to settle."""
        self._left = not self._leads()
        if not self._left and self._image().applications:
            await self._submit(SettleTokens())

    async def _run(self) -> None:
        while True:
            self._due.clear()
            settled = True
            try:
                await self.settle()
            except Unavailable as why:
                settled = False
                _log.warning("tokens_postponed", reason=str(why))
            except Exception:  # noqa: BLE001 - what is due later is settled all the same, and it is said
                settled = False
                _log.exception("tokens_failed")
            await self._until_due(None if settled and not self._counted else _PAUSE)

    async def _until_due(self, seconds: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._due.wait()


def _may_change_tokens(happened: Happened) -> bool:
    """Whether an application may lack its token after these events, or another may have one.

    Settling looks at every application, so it is not asked for by what only takes a token, or has to do with users.
    """
    if happened.has(_OF_LICENSES):
        return True
    return happened.has(_OF_HOLDERS) and any(
        isinstance(event, Unassigned) and event.holder.kind is HolderKind.APPLICATION for event in happened.events
    )
