"""One run: nodes, clients and faults, one after the other; after each a look at what there is; at the end the judge."""

import asyncio
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle, islice
from pathlib import Path
from random import Random
from subprocess import CompletedProcess
from typing import Final

import msgspec
import psycopg

from tests.cli.command import seatkeeper
from tests.postgres.cluster import ClusterFailed
from tests.torture.gate import Gate
from tests.torture.inventory import plan, to_toml
from tests.torture.judge import judge
from tests.torture.judge.findings import Kind as Finding
from tests.torture.judge.findings import Verdict
from tests.torture.log import Fault, Log, Snapshot, Truth, read
from tests.torture.nodes.clients import Roamer, RoamingAdministrator
from tests.torture.nodes.faults import Faults, Kind
from tests.torture.nodes.journal import Journal
from tests.torture.nodes.node import Node
from tests.torture.nodes.servers import Servers
from tests.torture.nodes.world import NodesWorld
from tests.torture.process import ServerFailed
from tests.torture.run import failing_with
from tests.torture.wire import Address, Line, NoAnswer

NODES: Final = 3
SHORT: Final = (Kind.KILL_COMMITTED, Kind.CUT_LATE, Kind.FAIL_OVER_LAGGING, Kind.PAUSE, Kind.RESTORE)
"""Of each sort one, for a run of half a minute."""

_ASSIGNED: Final = """
    SELECT users.login, licenses.name FROM assignments
    JOIN users ON users.id = holder_id JOIN licenses ON licenses.id = license_id WHERE holder_kind = 1
"""


@dataclass(frozen=True)
class Options:
    """How long (`seconds`), or else which faults once; with how many clients, from which seed; and which planted
    defect, or `none`.

    `idle_seconds`: a session's time-out. `fight_seconds`: how long clients go on undisturbed before and after each
    fault. `hearing_seconds`: how long messages may take to arrive; a run that is well waits no longer than they do.
    """

    seconds: float = 0.0
    kinds: tuple[Kind, ...] = tuple(Kind)
    clients: int = 32
    seed: int = 1
    plant: str = "none"
    idle_seconds: int = 12
    fight_seconds: float = 1.0
    hearing_seconds: float = 15.0


async def torture(options: Options, directory: Path) -> Verdict:
    """Run in an empty directory, which keeps the logs and the data of the nodes, and judge."""
    log = Log(directory / "clients.jsonl")
    world = NodesWorld(plan(), log, Address(), Gate(0), seed=options.seed)
    troubles: list[tuple[Finding, str]] = []
    servers = await asyncio.to_thread(Servers, NODES)
    run = _Run(options, world, servers, directory, troubles)
    try:
        with log:
            await run.play()
    except (ServerFailed, ClusterFailed) as failure:
        troubles.append((Finding.FAULT, str(failure)))
    except psycopg.Error as failure:
        troubles.append((Finding.FAULT, f"The harness itself could not read the tables: {failure}"))
    except NoAnswer as failure:
        troubles.append((Finding.FAULT, f"The harness itself got no answer: {failure}.{run.tails()}"))
    finally:
        run.kill_all()
        await asyncio.to_thread(servers.close)
    patience = options.idle_seconds * 1_000_000_000 // 2
    verdict = await asyncio.to_thread(judge, world.plan, read(log.path), patience=patience)
    for kind, text in [*troubles, *((Finding.FAULT, oddity) for oddity in world.oddities)]:
        verdict.find(kind, text)
    return verdict


class _Run:
    def __init__(
        self,
        options: Options,
        world: NodesWorld,
        servers: Servers,
        directory: Path,
        troubles: list[tuple[Finding, str]],
    ) -> None:
        self._options = options
        self._world = world
        self._servers = servers
        self._directory = directory
        self._troubles = troubles
        random = Random(f"{options.seed} faults")  # noqa: S311 - a seed makes runs alike
        addresses = world.balancer.addresses
        self._nodes = [
            Node(number, directory, options.plant, self._settings(servers.url_of(number)), address)
            for number, address in enumerate(addresses, 1)
        ]
        self._lines = [Line(address) for address in addresses]
        pause = options.idle_seconds + 1.5
        self._faults = Faults(world, self._nodes, servers, random, pause_seconds=pause)
        self._journal = Journal(world, servers)
        self._agents = _agents(world, options)
        self._checks: list[asyncio.Task[None]] = []

    async def play(self) -> None:
        await self._begin()
        token = self._nodes[0].token
        administrators = [
            RoamingAdministrator(self._world, token, name, Random(f"{self._options.seed} {name}"))  # noqa: S311
            for name in self._world.plan.movable
        ]
        clients: list[Roamer | RoamingAdministrator] = [*self._agents, *administrators]
        self._world.gate = Gate(len(clients))
        tasks = [asyncio.create_task(client.run()) for client in clients]
        try:
            async with failing_with(tasks):
                await self._settle()
                self._world.gate.open()
                await self._befall_all()
                self._world.ending = True
                self._world.gate.finish()
                await asyncio.gather(*tasks)
                await self._look_around()
            await asyncio.gather(*self._checks)
            await self._check()
            for node in self._nodes:
                await node.stop()
        finally:
            for task in [*tasks, *self._checks]:
                task.cancel()
            await asyncio.wait([*tasks, *self._checks])
            for client in clients:
                await client.close()
            for line in self._lines:
                line.hang_up()

    def kill_all(self) -> None:
        """Whatever happened, leave nothing behind."""
        for node in self._nodes:
            with suppress(ProcessLookupError):
                node.resume()
            node.kill()

    def tails(self) -> str:
        return "".join(f"\nNode {node.number}'s log ends:\n{node.tail()}" for node in self._nodes)

    async def _begin(self) -> None:
        """The first node makes the tables; all know the same administrator."""
        file = self._directory / "inventory.toml"
        file.write_text(to_toml(self._world.plan))
        first, *others = self._nodes
        await first.start()
        for node in others:
            node.data.mkdir(mode=0o700)
            shutil.copy(first.data / "admin-token", node.data)
            node.launch()
        applied = await self._command("apply", "--yes", str(file), "--data", str(first.data))
        if applied.returncode != 0:
            raise ServerFailed(f"The inventory could not be applied: {applied.stdout}{applied.stderr}")
        for node in others:
            await node.ready()

    async def _befall_all(self) -> None:
        until = asyncio.get_running_loop().time() + self._options.seconds
        kinds = self._options.kinds
        for kind in islice(cycle(kinds), None if self._options.seconds else len(kinds)):
            if self._options.seconds and asyncio.get_running_loop().time() > until:
                return
            await self._round(kind)

    async def _round(self, kind: Kind) -> None:
        """Let them fight for a while, let the fault befall them, wait until the nodes are back, and look around."""
        await asyncio.sleep(self._options.fight_seconds)
        await asyncio.gather(*self._checks)  # no fault is to befall them
        began = self._world.now()
        node = await self._faults.befall(kind)
        for each in self._nodes:
            await each.ready()
        await asyncio.sleep(self._options.fight_seconds)
        self._world.gate.close()
        await self._world.gate.all_rest()
        self._world.log.write(Fault(kind=kind, node=node, began=began, received=self._world.now()))
        await self._look_around()
        self._world.gate.open()

    async def _look_around(self) -> None:
        """While nobody asks for anything: what the tables say, what was heard, and what every node says."""
        await self._settle()
        for number in range(NODES):
            await self._snapshot(number)
        await self._compare_hearing()
        recorded = await asyncio.to_thread(self._journal.read_on, self._find_in_journal)
        self._world.log.write(recorded)
        if all(task.done() for task in self._checks):  # they share two cores with all the rest
            self._checks.append(asyncio.create_task(self._check()))

    async def _settle(self) -> None:
        """Wait until nothing is done any more: what a node that stood still had been asked, it carries out late."""
        for node in self._nodes:
            await node.ready()
        before, still = -1, 0
        while still < 2:
            [[head]] = await asyncio.to_thread(self._servers.query, "SELECT coalesce(max(seq), 0) FROM journal")
            still = still + 1 if head == before else 0
            before = head
            await asyncio.sleep(0.1)

    async def _compare_hearing(self) -> None:
        """Give messages time to arrive, and log for the judge what the tables say."""
        rows = await asyncio.to_thread(self._servers.query, _ASSIGNED)
        self._world.assigned = frozenset((user, name) for user, name in rows)
        names = self._world.plan.movable
        truths = {
            user: {name: (user, name) in self._world.assigned for name in names} for user in self._world.plan.movers
        }
        deadline = asyncio.get_running_loop().time() + self._options.hearing_seconds
        while asyncio.get_running_loop().time() < deadline:
            await asyncio.gather(*(agent.drain() for agent in self._agents))
            if all(agent.has_heard(truths[agent.user]) for agent in self._agents if agent.user in truths):
                break
            await asyncio.sleep(0.2)
        for user, statuses in truths.items():
            truth = Truth(user=user, received=self._world.now(), statuses=tuple(statuses.items()))
            self._world.log.write(truth)

    async def _snapshot(self, number: int) -> None:
        """What one node says: each must say the same."""
        line = self._lines[number]
        line.hang_up()  # the server may have closed it for being idle
        headers = {"Authorization": f"Bearer {self._nodes[0].token}"}
        answer = await line.ask("GET", "/v1/sessions", headers)
        if answer.status != 200:
            raise ServerFailed(f"GET /v1/sessions was answered with {answer.status}: {answer.body!r}")
        sessions = []
        for each in msgspec.json.decode(answer.body)["sessions"]:
            key = self._world.key_of(each["id"], _milliseconds(each["connected_at"]))
            sessions.append((key, each["user"], tuple(hold["name"] for hold in each["holds"])))
        self._world.live = frozenset(session for session, _, _ in sessions)
        self._world.log.write(Snapshot(received=self._world.now(), sessions=tuple(sessions)))

    async def _check(self) -> None:
        checked = await self._command("check", "--data", str(self._directory / "checking"))
        if checked.returncode != 0:
            self._troubles.append((Finding.CHECK, f"seatkeeper check: {checked.stdout}{checked.stderr}"))

    def _find_in_journal(self, text: str) -> None:
        self._troubles.append((Finding.JOURNAL, text))

    async def _command(self, *arguments: str) -> CompletedProcess[str]:
        """Run the command `seatkeeper` on the database to its end, by a way that nobody cuts."""
        return await asyncio.to_thread(seatkeeper, *arguments, env=self._settings(self._servers.url))

    def _settings(self, url: str) -> dict[str, str]:
        timeout = str(self._options.idle_seconds)
        return {"SEATKEEPER_DATABASE": url, "SEATKEEPER_ICWS_IDLE_TIMEOUT": timeout}


def _agents(world: NodesWorld, options: Options) -> list[Roamer]:
    """A quarter hears of seats that are moved about, half of them by streams; the others share concurrent pools."""
    agents = []
    for number in range(options.clients):
        random = Random(f"{options.seed} agent {number}")  # noqa: S311 - a seed makes runs alike
        if number % 4 == 0:
            user = world.plan.movers[number // 4 % len(world.plan.movers)]
            agents.append(Roamer(world, user, world.plan.movable, random, "stream" if number % 8 else "poll"))
        else:
            user = world.plan.sharers[number % len(world.plan.sharers)]
            agents.append(Roamer(world, user, world.plan.concurrent, random))
    return agents


def _milliseconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1000)
