"""What tests may do to a server, put together of its parts. Only where the setting `testing` is on."""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from seatkeeper.admin.parts import Testing
from seatkeeper.icws.app import Icws
from seatkeeper.identity.logon import Authenticator
from seatkeeper.ledger.door import Ledger, SettableClock
from seatkeeper.server.ephemeral import Beginnings
from seatkeeper.settings import Settings
from seatkeeper.transport.availability import Availability, State
from seatkeeper.transport.faults import Faults

log = structlog.get_logger(__name__)


def testing_of(
    *,
    ledger: Ledger,
    clock: SettableClock,
    authenticator: Authenticator,
    availability: Availability,
    icws: Icws,
    faults: Faults,
    beginnings: Beginnings | None,
    settings: Settings,
) -> Testing:
    """What tests are given. Says in the log that they are."""
    log.warning(
        "testing_is_on", resources="/v1/testing", why="The setting testing is on, as it never is in production."
    )
    clock.advance(max(0, ledger.last_at - clock()))  # an earlier run may have been set forward

    def forget() -> None:
        faults.clear()
        ledger.transactions.pauses.end()
        icws.retirement.retire(settings.icws.retired)
        authenticator.forget_failures()
        availability.enter(State.STANDBY if settings.standby else State.SERVING)

    def kept() -> Mapping[str, int]:
        return {**ledger.kept(), **authenticator.kept(), "tasks": len(asyncio.all_tasks())}

    return Testing(
        clock=clock,
        faults=faults,
        retired=lambda: icws.retirement.names,
        retire=icws.retirement.retire,
        reset=None if beginnings is None else Resets(beginnings, ledger, clock, forget).reset,
        kept=kept,
    )


class Resets:
    """Takes a server in memory back to an inventory. `forget` puts back what is in no database."""

    def __init__(
        self, beginnings: Beginnings, ledger: Ledger, clock: SettableClock, forget: Callable[[], None]
    ) -> None:
        self._beginnings = beginnings
        self._ledger = ledger
        self._clock = clock
        self._forget = forget
        self._turns = asyncio.Lock()

    async def reset(self, body: bytes, content_type: str) -> None:
        """One after the other, each to its end, even where its client leaves."""
        await asyncio.shield(self._in_turn(body, content_type))

    async def _in_turn(self, body: bytes, content_type: str) -> None:
        async with self._turns:
            beginning = await self._beginnings.of(body, content_type)
            # First: in a journal that begins anew nothing may be dated by a clock that was set forward.
            self._clock.follow_host()
            await self._beginnings.go_back_to(beginning)
            await self._ledger.reload()
            self._forget()
            log.info("reset", to="another inventory" if body else "its start")
