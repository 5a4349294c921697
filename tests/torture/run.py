"""One run: a fresh data directory, the clients, a kill every few seconds, and at the end the judge."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import msgspec

from tests.torture.clients import Administrator, Agent
from tests.torture.gate import Gate
from tests.torture.inventory import Plan, plan, to_toml
from tests.torture.judge import judge
from tests.torture.judge.findings import Kind, Verdict
from tests.torture.log import Kill, Log, Snapshot, Truth, read
from tests.torture.process import Moment, Server, ServerFailed, run_command
from tests.torture.session import log_on
from tests.torture.wire import Address, Line, NoAnswer
from tests.torture.world import World

_LISTENERS: Final = 16
_MOMENTS: Final = (Moment.BEFORE_COMMIT, Moment.ANYWHERE, Moment.AFTER_COMMIT)


@dataclass(frozen=True)
class Options:
    """How long, how often, with how many clients, from which seed; and which planted defect, or `none`.

    `hearing_seconds`: how long messages may take to arrive at the end; a run that is well waits no longer than they do.
    """

    seconds: float = 300.0
    kills: int = 20
    clients: int = 64
    seed: int = 1
    plant: str = "none"
    hearing_seconds: float = 20.0


async def torture(options: Options, directory: Path) -> Verdict:
    """Run in an empty directory, which keeps the log, the server's log and its data, and judge."""
    world = World(plan(), Log(directory / "clients.jsonl"), Address(), Gate(0))
    server = Server(directory / "data", options.plant, world.address)
    troubles: list[tuple[Kind, str]] = []
    with world.log:
        try:
            _furnish(world.plan, directory)
            await server.start()
            await _Run(options, world, server).play()
            await server.stop()
        except ServerFailed as failure:
            troubles.append((Kind.FAULT, str(failure)))
        except NoAnswer as failure:
            text = f"The harness itself got no answer: {failure}. The server's log ends:\n{server.tail()}"
            troubles.append((Kind.FAULT, text))
        finally:
            server.kill()
    checked = await asyncio.to_thread(run_command, "check", "--data", str(server.data))
    if checked.returncode != 0:
        troubles.append((Kind.CHECK, f"seatkeeper check: {checked.stdout}{checked.stderr}"))
    verdict = await asyncio.to_thread(judge, world.plan, read(world.log.path))
    for kind, text in [*troubles, *((Kind.FAULT, oddity) for oddity in world.oddities)]:
        verdict.find(kind, text)
    return verdict


def _furnish(plan_: Plan, directory: Path) -> None:
    file = directory / "inventory.toml"
    file.write_text(to_toml(plan_))
    applied = run_command("apply", "--yes", str(file), "--data", str(directory / "data"))
    if applied.returncode != 0:
        raise ServerFailed(f"The inventory could not be applied: {applied.stdout}{applied.stderr}")


class _Run:
    def __init__(self, options: Options, world: World, server: Server) -> None:
        self._options = options
        self._world = world
        self._server = server
        self._random = Random(f"{options.seed} kills")  # noqa: S311 - a seed makes runs alike
        self._line = Line(world.address)
        self._agents = list(_agents(world, options))

    async def play(self) -> None:
        administrators = [
            Administrator(self._world, self._server.token, name, Random(f"{self._options.seed} {name}"))  # noqa: S311
            for name in self._world.plan.movable
        ]
        clients: list[Agent | Administrator] = [*self._agents, *administrators]
        self._world.gate = Gate(len(clients))
        tasks = [asyncio.create_task(client.run()) for client in clients]
        try:
            async with failing_with(tasks):
                self._world.gate.open()
                for number in range(self._options.kills):
                    await self._round(_MOMENTS[number % len(_MOMENTS)])
                await asyncio.sleep(self._slot)
                self._world.ending = True
                self._world.gate.finish()
                await asyncio.gather(*tasks)
                await self._snapshot()
                await self._compare_hearing()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            for client in clients:
                await client.close()
            self._line.hang_up()

    @property
    def _slot(self) -> float:
        return self._options.seconds / (self._options.kills + 1)

    async def _round(self, moment: Moment) -> None:
        """Let them fight for a while, kill the server, start it again, and look at what it still knows."""
        await asyncio.sleep(self._slot * self._random.uniform(0.5, 1.5))
        if moment is not Moment.ANYWHERE and not await self._server.halt(moment):
            raise ServerFailed(f"No commit came to the moment '{moment}' in time.")
        await asyncio.sleep(self._random.uniform(0, 0.05))
        code = self._server.ended
        if code is not None:
            raise ServerFailed(f"The server ended by itself with {code}. Its log ends:\n{self._server.tail()}")
        self._server.kill()
        self._world.gate.close()
        self._world.log.write(Kill(received=self._world.now(), moment=moment))
        await self._world.gate.all_rest()
        await self._server.start()
        await self._snapshot()
        self._world.gate.open()

    async def _snapshot(self) -> None:
        self._line.hang_up()  # the server may have closed it for being idle
        answer = await self._line.ask("GET", "/v1/sessions", {"Authorization": f"Bearer {self._server.token}"})
        if answer.status != 200:
            raise ServerFailed(f"GET /v1/sessions was answered with {answer.status}: {answer.body!r}")
        sessions = tuple(
            (each["id"], each["user"], tuple(hold["name"] for hold in each["holds"]))
            for each in msgspec.json.decode(answer.body)["sessions"]
        )
        self._world.live = frozenset(session for session, _, _ in sessions)
        self._world.log.write(Snapshot(received=self._world.now(), sessions=sessions))

    async def _compare_hearing(self) -> None:
        """Ask by fresh subscriptions what is so, give messages time to arrive, and log the truth for the judge."""
        truths = {user: await self._truth(user) for user in self._world.plan.movers}
        deadline = asyncio.get_running_loop().time() + self._options.hearing_seconds
        while asyncio.get_running_loop().time() < deadline:
            for agent in self._agents:
                await agent.drain()
            if all(agent.has_heard(truths[agent.user]) for agent in self._agents if agent.user in truths):
                break
            await asyncio.sleep(0.05)
        for user, statuses in truths.items():
            truth = Truth(user=user, received=self._world.now(), statuses=tuple(statuses.items()))
            self._world.log.write(truth)

    async def _truth(self, user: str) -> dict[str, bool]:
        session = await log_on(self._world, self._line, user)
        truth = None if session is None else await session.full_message(self._world.plan.movable)
        if truth is None:
            raise ServerFailed(f"At the end {user} cannot log on, or gets no full message for a subscription.")
        return truth


def _agents(world: World, options: Options) -> list[Agent]:
    """Three quarters share concurrent pools, some of them as one user in two sessions; the rest are moved about."""
    agents = []
    listeners = max(1, options.clients * _LISTENERS // 64)
    for number in range(options.clients):
        random = Random(f"{options.seed} agent {number}")  # noqa: S311 - a seed makes runs alike
        if number < listeners:
            user = world.plan.movers[number % len(world.plan.movers)]
            agents.append(Agent(world, user, world.plan.movable, random, "stream" if number % 2 else "poll"))
        else:
            user = world.plan.sharers[number % len(world.plan.sharers)]
            agents.append(Agent(world, user, world.plan.concurrent, random))
    return agents


@asynccontextmanager
async def failing_with(tasks: list[asyncio.Task[None]]) -> AsyncIterator[None]:
    """Fail as soon as one of the clients does: a client that fails is the harness's own fault."""
    mine = asyncio.current_task()
    failed: list[BaseException] = []

    def notice(task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and mine is not None:
            failed.append(error)
            mine.cancel()

    for task in tasks:
        task.add_done_callback(notice)
    try:
        yield
    except asyncio.CancelledError:
        if failed:
            raise failed[0] from None
        raise
