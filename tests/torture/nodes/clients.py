"""Clients of several nodes: they ask any of them, and what got no answer they do not touch before it is known."""

import asyncio
from random import Random

from tests.torture.clients import Administrator, Agent
from tests.torture.log import Deaf
from tests.torture.nodes.world import NodesWorld
from tests.torture.session import Session
from tests.torture.wire import NoAnswer, NotSent

_PAUSE_SECONDS = 0.05
_HURRY_SECONDS = 0.01


class Roamer(Agent):
    """A client that is at home nowhere.

    A request without an answer may still be carried out, by a node that stands still and goes on later. Its session is
    left alone until all have rested, and then given up.
    """

    def __init__(
        self, world: NodesWorld, user: str, licenses: tuple[str, ...], random: Random, listens: str | None = None
    ) -> None:
        super().__init__(world, user, licenses, random, listens)
        self._doubtful: list[Session] = []

    async def drain(self) -> None:
        """Take the messages that wait, while all others rest."""
        if self.session is None or self._listens is None:
            return
        try:
            # Who listens to a stream must not be taken for one who has gone, however long there is nothing to hear.
            if not await (self.session.poll() if self._listens == "poll" else self.session.show()):
                await self._forget()
        except NoAnswer as why:
            await self._unanswered(why)

    def has_heard(self, so: dict[str, bool]) -> bool:
        """Whether its messages add up to what is so; of one whose session is gone nothing can be said."""
        session = self.session
        if session is not None and (session.down or not session.subscribed or session.key not in self._world.live):
            return True
        return super().has_heard(so)

    async def _step(self) -> None:
        if self.session is not None and not self.session.subscribed:
            self._subscribed = False
        await super()._step()

    async def _come_back(self) -> None:
        doubtful, self._doubtful = self._doubtful, []
        await super()._come_back()
        for each in doubtful:
            if each.key in self._world.live:
                await each.end()

    async def _unanswered(self, why: NoAnswer) -> None:
        if isinstance(why, NotSent):
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            await self._doubt()

    async def _acquire_in_a_hurry(self, session: Session) -> bool:
        patience, self._line.patience = self._line.patience, self._random.uniform(0, _HURRY_SECONDS)
        try:
            return await session.acquire(self._names())
        except NoAnswer as why:
            await self._unanswered(why)
            return True
        finally:
            self._line.patience = patience

    async def _doubt(self) -> None:
        if self.session is not None:
            self._doubtful.append(self.session)
            self._world.log.write(Deaf(session=self.session.key, received=self._world.now()))
            await self._forget()

    async def _may_listen(self) -> None:
        """Always: others rest until everybody has heard what there is to hear."""


class RoamingAdministrator(Administrator):
    """Moves seats about, by any node."""

    def __init__(self, world: NodesWorld, token: str, license_: str, random: Random) -> None:
        super().__init__(world, token, license_, random)
        self._nodes = world
        self._round = 0

    async def _step(self) -> None:
        if self._round != self._world.gate.rounds:
            self._round = self._world.gate.rounds
            self._holders = {user for user, name in self._nodes.assigned if name == self._license}
        await super()._step()

    async def _unanswered(self, why: NoAnswer) -> None:
        if isinstance(why, NotSent):
            await asyncio.sleep(_PAUSE_SECONDS)
        elif not self._world.ending:
            await self._world.gate.wait_for_next_round()
