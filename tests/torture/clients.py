"""The clients: agents who fight for seats, some of whom listen, and an administrator who moves seats about."""

import asyncio
from contextlib import suppress
from random import Random
from typing import Final

import msgspec

from tests.torture.log import How, Move
from tests.torture.session import Exchange, Session, Stages, exchange, log_on
from tests.torture.wire import NoAnswer
from tests.torture.world import World

# Short enough that seats change hands all the time, long enough that two cores also serve.
_PAUSE_SECONDS: Final = 0.12
_HURRY_SECONDS: Final = 0.01

# How often each is chosen, against the others.
_ACTIONS: Final = {"stages": 800, "add": 600, "replace": 400, "release": 800, "end": 100, "show": 100, "hurry": 5}
_POLLER_ACTIONS: Final = {**_ACTIONS, "poll": 1200, "subscribe": 100}


class Agent:
    """One client: logs on, acquires, releases and logs off at random, until the run ends.

    `licenses` are those it asks for. A `listens` of "poll" or "stream" says how it hears of them; None: not at all.
    """

    def __init__(
        self, world: World, user: str, licenses: tuple[str, ...], random: Random, listens: str | None = None
    ) -> None:
        self.user = user
        self.session: Session | None = None
        self._world = world
        self._licenses = licenses
        self._random = random
        self._listens = listens
        self._line = world.way()
        self._round = 0
        self._subscribed = False
        self._stream: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Live until the run ends; the session, if there is one then, stays."""
        try:
            while not self._world.ending:
                await asyncio.sleep(self._random.uniform(0, _PAUSE_SECONDS))
                await self._world.gate.wait()
                await self._step()
        finally:
            self._world.gate.leave()

    async def drain(self) -> None:
        """Take the messages that still wait, after the run."""
        if self.session is not None and self._listens == "poll":
            with suppress(NoAnswer):
                await self.session.poll()

    def has_heard(self, so: dict[str, bool]) -> bool:
        """Whether its messages add up to what is so; a session that did not subscribe has nothing to hear."""
        return self.session is None or not self._subscribed or self.session.fold == so

    async def close(self) -> None:
        """Hang up."""
        self._line.hang_up()
        await self._stop_listening()

    async def _step(self) -> None:
        try:
            if self._round != self._world.gate.rounds:
                await self._come_back()
            elif self.session is None:
                self.session = await log_on(self._world, self._line, self.user)
                self._subscribed = False
            elif self._listens and not self._subscribed:
                await self._subscribe(self.session)
            elif not await self._act(self.session):
                await self._forget()
        except NoAnswer as why:
            await self._unanswered(why)

    async def _unanswered(self, why: NoAnswer) -> None:
        """Until the server was killed and is back nobody knows what became of it."""
        if self._world.gate.is_open and not self._world.ending:
            self._world.oddities.append(f"a request of {self.user} got no answer though nobody killed: {why}")
            await self._world.gate.wait_for_next_round()

    async def _come_back(self) -> None:
        """After a start: the old session, where it is still there, must serve with its old cookie and token."""
        self._round = self._world.gate.rounds
        if self.session is not None and self.session.key not in self._world.live:
            await self._forget()
        if self.session is not None and not await self.session.show():
            await self._forget()

    async def _subscribe(self, session: Session) -> None:
        if not await session.subscribe(self._licenses):
            await self._forget()
            return
        self._subscribed = True
        if self._listens == "stream" and self._stream is None:
            self._stream = asyncio.create_task(self._follow(session))

    async def _act(self, session: Session) -> bool:
        """One request at random; whether the session can be used further."""
        actions = _POLLER_ACTIONS if self._listens == "poll" else _ACTIONS
        match self._random.choices([*actions], [*actions.values()])[0]:
            case "stages" | "add" | "replace" as how:
                return await self._acquire(session, How(how))
            case "release":
                return await session.release()
            case "poll":
                return await session.poll()
            case "subscribe":
                return await session.subscribe(self._licenses)
            case "hurry":
                return await self._acquire_in_a_hurry(session)
            case "end":
                await session.end()
                return False
            case _:
                return await session.show()

    async def _acquire(self, session: Session, how: How) -> bool:
        if how is How.STAGES:
            return await session.acquire_in_stages(self._stages())
        return await (session.acquire if how is How.ADD else session.replace)(self._names())

    async def _acquire_in_a_hurry(self, session: Session) -> bool:
        """Ask and perhaps hang up before the answer; then the session rests, since nobody knows what it holds."""
        patience, self._line.patience = self._line.patience, self._random.uniform(0, _HURRY_SECONDS)
        try:
            return await session.acquire(self._names())
        except NoAnswer:
            if self._world.gate.is_open:
                await self._world.gate.wait_for_next_round()
            return True
        finally:
            self._line.patience = patience

    async def _forget(self) -> None:
        self.session = None
        self._subscribed = False
        await self._stop_listening()

    async def _stop_listening(self) -> None:
        if self._stream is not None:
            self._stream.cancel()
            await asyncio.wait([self._stream])
            self._stream = None

    def _names(self) -> tuple[str, ...]:
        most = min(3, len(self._licenses))
        return tuple(self._random.sample(self._licenses, self._random.randint(1, most)))

    def _stages(self) -> Stages:
        names = self._names()
        cut = self._random.randint(1, len(names))
        parts = [part for part in (names[:cut], names[cut:]) if part]
        return [(part, self._random.random() < 0.5) for part in parts]

    async def _may_listen(self) -> None:
        await self._world.gate.opened()

    async def _follow(self, session: Session) -> None:
        """Read the session's event stream, opening it anew as often as it ends."""
        line = self._world.way()
        try:
            while True:
                await self._may_listen()
                with suppress(NoAnswer):
                    async for data in line.listen(session.channel, session.credentials):
                        session.hear(msgspec.json.decode(data))
                await asyncio.sleep(self._random.uniform(0, _PAUSE_SECONDS))
        finally:
            line.hang_up()


class Administrator:
    """Moves the assignable seats of one license from user to user, and now and then asks for one too many."""

    def __init__(self, world: World, token: str, license_: str, random: Random) -> None:
        self._world = world
        self._token = token
        self._license = license_
        self._random = random
        self._line = world.way()
        self._holders = {user for user, name in world.plan.assigned if name == license_}

    async def run(self) -> None:
        """Live until the run ends."""
        try:
            while not self._world.ending:
                await asyncio.sleep(self._random.uniform(0, _PAUSE_SECONDS))
                await self._step()
        finally:
            self._world.gate.leave()

    async def close(self) -> None:
        """Hang up."""
        self._line.hang_up()

    async def _step(self) -> None:
        others = [user for user in self._world.plan.movers if user not in self._holders]
        if self._random.random() < 0.2 or not self._holders:
            await self._move(self._random.choice(others), assigned=True)
        else:
            await self._move(self._random.choice(sorted(self._holders)), assigned=False)
            await self._move(self._random.choice(others), assigned=True)

    async def _move(self, user: str, *, assigned: bool) -> None:
        """Assign or unassign, and repeat it until it is known what became of it: repeats change nothing."""
        while (status := await self._ask(user, assigned=assigned)) not in {200, 409}:
            if self._world.ending:
                return
            await asyncio.sleep(self._random.uniform(0, _PAUSE_SECONDS))
        if status == 200:
            (self._holders.add if assigned else self._holders.discard)(user)

    async def _ask(self, user: str, *, assigned: bool) -> int | None:
        await self._world.gate.wait()

        def record(done: Exchange) -> Move:
            return Move(
                user=user,
                sent=done.sent,
                received=done.received,
                status=done.status,
                license=self._license,
                assigned=assigned,
            )

        path = "/v1/assignments" if assigned else "/v1/assignments/remove"
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        body = msgspec.json.encode({"holder": {"kind": "user", "name": user}, "licenses": [self._license]})
        try:
            return (await exchange(self._world, self._line, ("POST", path, headers, body), record)).status
        except NoAnswer as why:
            await self._unanswered(why)
            return None

    async def _unanswered(self, why: NoAnswer) -> None:
        if self._world.gate.is_open:
            self._world.oddities.append(f"the administrator got no answer though nobody killed: {why}")
            await self._world.gate.wait_for_next_round()
