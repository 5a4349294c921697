"""Rules L2 and L4 across nodes: what a node has in memory is what the tables hold, whoever wrote them."""

import asyncio
import time
from random import Random
from typing import Any, Final

import pytest

from seatkeeper.ledger.batch import Batches
from seatkeeper.ledger.door import Bounds, DatabaseServer, Ledger
from seatkeeper.ledger.engines import postgres_presence
from seatkeeper.ledger.engines.engine import Needed
from seatkeeper.ledger.happened import Happened
from seatkeeper.licensing.inventory_commands import SetPassword
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.licensing.state import Image
from tests.ledger.random_work import TOKENS, USERS, Work
from tests.ledger.watched import SECONDS
from tests.ledger.world import acquire, all_of, assign, connect, inventory

NODES: Final = 3
_BESIDE: Final = {"last_seen", "seated", "licenses_mark"}
"""Parts of an image that are no rows of tables."""


def in_tables(url: str, like: Image) -> Image:
    """An image loaded from the tables, with the users that another has."""
    database = DatabaseServer(url)
    engine, image = database.engine(database.clock), Image()
    engine.begin_reading()
    try:
        engine.load_whole(image)
        engine.load(image, Needed(set(like.users), set(), set(), set(), set(), set()))
    finally:
        engine.close()
    return image


def differences(found: Image, expected: Image) -> list[str]:
    """Where two images differ, by part. Tuples of an index may be in another order; what they find may not differ."""
    told = []
    for name, rows in vars(expected).items():
        if name not in _BESIDE:
            one, other = _plain(getattr(found, name)), _plain(rows)
            told += [
                f"{name}[{key}] is {one.get(key)}, not {other.get(key)}"
                for key in one.keys() | other.keys()
                if one.get(key) != other.get(key)
            ]
    return told


def _plain(rows: dict[Any, Any]) -> dict[Any, Any]:
    plain = {key: tuple(sorted(row)) if type(row) is tuple else row for key, row in rows.items()}
    return {key: row for key, row in plain.items() if row != ()}


async def _started(url: str, cached: int) -> Ledger:
    database = DatabaseServer(url)
    policy = Policy(idle_timeout=600_000, deployment=TOKENS)
    ledger = Ledger(database, policy=policy, bounds=Bounds(cached_users=cached, batch=5))
    await ledger.start()
    return ledger


async def _agrees(node: Ledger, url: str) -> None:
    """Wait until a node has what the tables hold: whoever leads carries transactions on meanwhile."""
    deadline = time.monotonic() + SECONDS
    while True:
        await node.current()
        wrong = differences(node.image, in_tables(url, node.image))
        if not wrong:
            return
        assert time.monotonic() < deadline, wrong
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_nodes_do_each_has_in_memory_what_the_tables_hold(postgres_url: str, seed: int) -> None:
    """L4: ahead → what the new events touch is applied or dropped; L2: what a user has comes and goes with him."""

    async def drive() -> None:
        random = Random(seed)  # noqa: S311 - to be the same again, not to be secret
        nodes = [await _started(postgres_url, cached) for cached in (2, 5, 100)]
        try:
            await nodes[0].submit(inventory(users=USERS, seats=2))
            connected = await all_of(random.choice(nodes).submit(connect(1 + each % USERS)) for each in range(8))
            assert not [each for each in connected if isinstance(each, BaseException)]
            for _round in range(12):
                tables = in_tables(postgres_url, Image())
                users = sorted(tables.counters.get("user", 1) - 1 - each for each in range(3))
                sessions = [tables.counters["session"] - 1 - each for each in range(8)]
                work = Work(random.randrange(2**32), users, sessions).commands(15)
                outcomes = await all_of(random.choice(nodes).submit(command) for command in work)
                assert not [
                    each for each in outcomes if isinstance(each, BaseException) and not isinstance(each, Refusal)
                ]
                for node in nodes:
                    await _agrees(node, postgres_url)
            assert not any(node.figures().tally.reconnects for node in nodes)
            assert all(node.figures().tally.followed for node in nodes)
        finally:
            for node in nodes:
                await node.stop()

    asyncio.run(drive())


def test_what_only_the_tables_say_of_a_user_is_read_from_them(postgres_url: str) -> None:
    """A password that was changed at another node, and the keys of a session that began there, are known here."""

    async def drive() -> None:
        one, other = await _started(postgres_url, 100), await _started(postgres_url, 100)
        try:
            await one.submit(inventory(users=2))
            session = (await other.submit(connect(1))).session_id  # both have him in memory from now on
            live = await one.live_session(session)
            assert live is not None
            assert live.keys.cookie_digest == b"cookie-1"
            await other.submit(SetPassword(login="agent01", password_hash="$hash$anew"))
            await one.submit(assign(1, "Agent"))
            await one.submit(acquire(session, "Agent"))
            assert one.image.credentials[1].password_hash == "$hash$anew"
        finally:
            await one.stop()
            await other.stop()

    asyncio.run(drive())


def test_a_node_looks_for_what_others_have_committed_and_not_for_what_it_has_itself(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Batches] = []
    follow = Batches.follow

    def counted(batches: Batches) -> Happened:
        looks.append(batches)
        return follow(batches)

    async def drive() -> None:
        one, other = await _started(postgres_url, 100), await _started(postgres_url, 100)
        try:
            await one.submit(inventory(users=2))
            await other.current()
            await asyncio.sleep(0.2)  # what was written at the start has been heard
            looks.clear()
            for _ in range(5):
                head = one.head + 1
                await one.submit(connect(1))
                deadline = time.monotonic() + SECONDS
                while other.head < head:
                    assert time.monotonic() < deadline
                    await asyncio.sleep(0.005)
            assert len(looks) >= 5
            assert len(set(map(id, looks))) == 1
        finally:
            await one.stop()
            await other.stop()

    monkeypatch.setattr(postgres_presence, "_LOOK_SECONDS", 60.0)  # otherwise both look, once a second
    monkeypatch.setattr(Batches, "follow", counted)
    asyncio.run(drive())
