"""Taking the lead over: what a node sees to before it does what only one does (rule L9; decision 19).

What other nodes heard may not be in the tables yet when they are gone; so whoever takes the lead over, is left alone
with it, or sees that another is gone without a word, gives every session a full time-out. Transactions are taken on
from where they stand, except that one whose node is gone while it prepared is rejected. A node that cannot write leaves
the lead to others for as long.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog

from seatkeeper.ledger.presence import Presence
from seatkeeper.ledger.unavailable import Unavailable
from seatkeeper.licensing.deployment import TransactionStatus
from seatkeeper.licensing.deployment_commands import RecoverTransactions
from seatkeeper.licensing.state import Image

_log = structlog.get_logger("seatkeeper.ledger")

_PAUSE: Final = 0.25
"""Seconds between two looks at who leads, which touch no disk."""

_RETURN_SECONDS: Final = 3.0
"""For so long a node that has lost its connection may be on its way back, before it is taken to be gone."""

_UNABLE_SECONDS: Final = 3.0
"""For so long a node that cannot write keeps the lead: it may only be connecting again."""


class Leading:
    """One task in the event loop, where several nodes may use the database.

    `submit` and `image` are the ledger's. `able`: whether this node can write. `renew` gives every session a full
    time-out. `begin` has this node begin with what only one does, as far as it has not: it is called again and again
    while this node leads; `end` has it leave that to another.
    """

    def __init__(
        self,
        presence: Presence,
        submit: Callable[[RecoverTransactions], Awaitable[Any]],
        image: Callable[[], Image],
        *,
        able: Callable[[], bool],
        renew: Callable[[], Any],
        begin: Callable[[], None],
        end: Callable[[], None],
    ) -> None:
        self._presence = presence
        self._submit = submit
        self._image = image
        self._able = able
        self._renew = renew
        self._begin = begin
        self._end = end
        self._begun = False
        self._alone = False
        self._losses = 0
        self._able_at = time.monotonic()
        self._aside = False
        self._leads_since: float | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def leads(self) -> bool:
        """Whether this node leads, and has taken over what there was."""
        return self._begun and self._presence.leads

    @property
    def others(self) -> bool:
        """Whether another node may know of activity that the tables do not show."""
        return not (self._alone and self._presence.alone)

    def take_all(self) -> None:
        """Nobody was there before this node, which has just loaded everything: there is nothing to take over."""
        self._alone = True
        self._begun = self._presence.leads

    def start(self) -> None:
        """Look who leads, from now on."""
        self._task = asyncio.create_task(self._run(), name="seatkeeper-leading")

    async def stop(self) -> None:
        """Leave the lead to another, and look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._begun = False
        self._presence.resign()

    async def _run(self) -> None:
        while True:
            try:
                await self._look()
            except Unavailable as why:
                _log.warning("lead_postponed", reason=str(why))
            except Exception:  # noqa: BLE001 - it is looked again, and said what went wrong
                _log.exception("lead_failed")
            await asyncio.sleep(_PAUSE)

    async def _look(self) -> None:
        self._stand_aside_while_unable()
        leads, alone, losses = self._presence.leads, self._presence.alone, self._presence.losses
        if (alone and not self._alone) or losses != self._losses:
            self._renew()
        self._alone, self._losses = alone, losses
        if not leads:
            self._leads_since = None
            if self._begun:
                self._begun = False
                self._end()
        elif self._begun:
            self._begin()  # what came while the lead was lost for a moment was left to nobody
        else:
            self._leads_since = self._leads_since or time.monotonic()
            if not self._former_may_return(self._leads_since):
                await self._take_over()

    def _stand_aside_while_unable(self) -> None:
        if self._able():
            self._able_at = time.monotonic()
        aside = time.monotonic() - self._able_at > _UNABLE_SECONDS
        if aside is not self._aside:
            self._aside = aside
            _log.warning("stands_aside" if aside else "may_lead_again", node=self._presence.node)
            self._presence.stand_aside(aside)

    def _former_may_return(self, since: float) -> bool:
        """Whether something is being prepared by a node that led before, and was not there for a moment only."""
        if not self._presence.inherits or time.monotonic() - since > _RETURN_SECONDS:
            return False
        return any(each.status is TransactionStatus.PREPARING for each in list(self._image().transactions.values()))

    async def _take_over(self) -> None:
        self._renew()
        if self._presence.inherits:
            count = await self._submit(RecoverTransactions(cancel=False))
            _log.info("lead_taken_over", node=self._presence.node, transactions=count)
        self._begun = True
        self._begin()
