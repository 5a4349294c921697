"""An export says all there is, can be applied again, and takes no more memory for many users than for few."""

import asyncio
import json
import tempfile
import tomllib
import tracemalloc
from collections.abc import Iterator
from contextlib import aclosing
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert

from seatkeeper.identity.secrets import ADMIN_TOKEN
from seatkeeper.inventory.applying import NotApplied
from seatkeeper.inventory.export import Format, export
from seatkeeper.ledger import tables
from seatkeeper.ledger.engines.sqlite_database import DatabaseFile
from seatkeeper.licensing.entities import fold
from seatkeeper.licensing.inventory_commands import DeleteUser, RemoveStation
from seatkeeper.queries.export import whole
from seatkeeper.queries.reads import Reads
from tests.admin.world import World, opened
from tests.inventory.random_inventories import RandomInventory, Table, inventories, spelled
from tests.inventory.test_file import HASH
from tests.server_process import ServerProcess, start_server

pytestmark = pytest.mark.anyio

TABLES = ("owners", "licenses", "runtimes", "applications", "stations", "users")
TIMES = {"expires", "grace_until", "next_check", "warn_from", "maintenance_until"}
REAL_LEDGERS = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


async def exported(reads: Reads, written_as: Format, owner: str = "ININ") -> str:
    async with aclosing(reads.stream(whole(partial(export, written_as=written_as, owner=owner)))) as parts:
        return b"".join([each async for each in parts]).decode()


def read(text: str, written_as: Format) -> dict[str, list[Table]]:
    """The tables of an export, read by nothing of ours, the dates as dates."""
    if written_as is Format.TOML:
        return tomllib.loads(text)
    said: dict[str, list[Table]] = {key: [] for key in TABLES}
    for line in text.split("\n")[:-1]:
        table = json.loads(line)
        for key in TIMES & table.keys():
            table[key] = when(table[key])
        said[f"{table.pop('entry')}s"].append(table)
    return said


def when(text: str) -> str | date:
    if text == "never":
        return text
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def by_name(said: dict[str, list[Table]]) -> dict[str, dict[Any, Table]]:
    """Tables by name, what stands in them in any order as sets."""
    return {
        kind: {
            (table.get("owner") or table.get("runtime"), table.get("name") or table["login"]): {
                key: frozenset(value) if key == "licenses" else value for key, value in table.items()
            }
            for table in entries
        }
        for kind, entries in said.items()
    }


@pytest.mark.parametrize("written_as", Format)
@REAL_LEDGERS
@given(inventory=inventories())
def test_an_export_says_every_key_of_every_entry(inventory: RandomInventory, written_as: Format) -> None:
    async def written(data: Path) -> str:
        async with opened(data) as world:
            await world.application(inventory.as_jsonl(), "application/jsonl").apply(world.ledger.submit)
            return await exported(world.reads, written_as)

    with tempfile.TemporaryDirectory() as data:
        text = asyncio.run(written(Path(data)))
    said = read(text, written_as)
    assert by_name(said) == by_name(inventory.complete)
    for kind, name in (("stations", "name"), ("users", "login")):
        names = [fold(table[name]) for table in said[kind]]
        assert names == sorted(names)
    above: set[str] = {""}
    for license_ in said["licenses"]:
        assert license_["prerequisite"] in above
        above.add(spelled(license_))


@REAL_LEDGERS
@given(inventory=inventories(scarce=True), first=st.sampled_from(Format), second=st.sampled_from(Format))
def test_an_export_is_no_change_here_and_everything_elsewhere(
    inventory: RandomInventory, first: Format, second: Format
) -> None:
    async def round_trip(here: Path, elsewhere: Path) -> None:
        async with opened(here) as world:
            await world.application(inventory.as_jsonl(), "application/jsonl", allow_overcommit=True).apply(
                world.ledger.submit
            )
            text = await exported(world.reads, first)
            plan = await world.application(text, f"application/{first}", prune=True).plan()
            assert [str(each) for each in plan.changes] == []
            again = await exported(world.reads, second)
        async with opened(elsewhere) as world:
            await world.application(text, f"application/{first}", allow_overcommit=True).apply(world.ledger.submit)
            assert await exported(world.reads, second) == again

    with tempfile.TemporaryDirectory() as data:
        asyncio.run(round_trip(Path(data) / "here", Path(data) / "elsewhere"))


async def test_an_export_takes_back_whatever_was_changed_and_added_since(world: World) -> None:
    before = """
    licenses = [{name = "A", assignable_seats = 2}, {name = "B", assignable_seats = 2}, {name = "C", owner = "CRM"}]
    stations = [{name = "s1", licenses = ["B"]}]
    users = [{login = "agent01", licenses = ["A"]}, {login = "agent02", method = "concurrent", licenses = ["CRM:C"]}]
    """.replace('owner = "CRM"', 'owner = "CRM", assignable_seats = 1')
    since = """
    licenses = [{name = "A", assignable_seats = 9, shared = false, prerequisite = "B"}, {name = "D"}]
    stations = [{name = "s1", extension = "1", enabled = false}, {name = "s2"}]
    [[users]]
    login = "agent01"
    roles = ["operator"]
    stations = ["s2"]
    admin_allocations = "all"
    licenses = ["B"]
    enabled = false
    [[users]]
    login = "agent02"
    profiles.CRM.method = "concurrent"
    [[users]]
    login = "agent03"
    """
    await world.apply(before)
    text = await exported(world.reads, Format.TOML)
    await world.apply(since)
    assert await exported(world.reads, Format.TOML) != text
    await world.apply(text, prune=True)
    assert await exported(world.reads, Format.TOML) == text


async def test_an_empty_inventory_prunes_to_nothing(world: World) -> None:
    text = await exported(world.reads, Format.TOML)
    assert tomllib.loads(text) == {key: [] for key in TABLES}
    await world.apply('owners = [{name = "CRM", company = "one"}]')
    await world.apply('licenses = [{name = "A"}]\nstations = [{name = "s1"}]\nusers = [{login = "agent01"}]')
    await world.apply('runtimes = [{name = "mfp"}]\napplications = [{runtime = "mfp", name = "a", category = "B2C"}]')
    await world.apply(text, prune=True)
    assert await exported(world.reads, Format.TOML) == text
    assert await exported(world.reads, Format.JSONL) == ""


async def test_what_was_deleted_and_removed_is_not_told(world: World) -> None:
    await world.apply(
        'stations = [{name = "s1"}, {name = "s2"}]\n'
        'users = [{login = "agent01"}, {login = "agent02", stations = ["s2", "s1"]}]'
    )
    await world.ledger.submit(DeleteUser(login="agent01"))
    await world.ledger.submit(RemoveStation(name="s2"))
    text = await exported(world.reads, Format.TOML)
    said = tomllib.loads(text)
    assert [each["name"] for each in said["stations"]] == ["s1"]
    assert [(each["login"], each["stations"]) for each in said["users"]] == [("agent02", ["s1"])]
    assert (await world.plan(text)).changes == ()


async def test_what_could_not_be_assigned_any_more_can_be_restored(world: World, tmp_path: Path) -> None:
    await world.apply(
        'licenses = [{name = "E", assignable_seats = 1, expires = 2020-01-01}, {name = "O", assignable_seats = 1}]\n'
        'users = [{login = "agent01", licenses = ["E", "O"]}]'
    )
    await world.apply(
        'licenses = [{name = "O", assignable_seats = 0}, {name = "E", prerequisite = "N"}, {name = "N"}]',
        allow_overcommit=True,
    )
    text = await exported(world.reads, Format.TOML)
    async with opened(tmp_path / "elsewhere") as elsewhere:
        await elsewhere.apply(text, allow_overcommit=True)
        assert await exported(elsewhere.reads, Format.TOML) == text
        [pool] = [each for each in (await elsewhere.inventory()).pools.values() if each.assignable_excess]
        assert (pool.assigned, pool.assignable_excess) == (1, 1)


async def test_an_assignment_that_its_license_does_not_allow_any_more_is_refused_elsewhere(
    world: World, tmp_path: Path
) -> None:
    await world.apply(
        'licenses = [{name = "A", assignable_seats = 1}]\nusers = [{login = "agent01", licenses = ["A"]}]'
    )
    await world.apply('licenses = [{name = "A", applies_to = "stations"}]')
    text = await exported(world.reads, Format.TOML)
    assert (await world.plan(text, prune=True)).changes == ()
    async with opened(tmp_path / "elsewhere") as elsewhere:
        with pytest.raises(NotApplied, match="A applies to stations, not to users"):
            await elsewhere.apply(text)


async def test_another_configured_owner_only_changes_how_licenses_are_called(world: World) -> None:
    await world.apply(
        'licenses = [{name = "A", assignable_seats = 1}, {name = "B", owner = "CRM", assignable_seats = 1}]\n'
        '[[users]]\nlogin = "agent01"\nlicenses = ["A", "CRM:B"]\nmethod = "concurrent"'
    )
    [user] = tomllib.loads(await exported(world.reads, Format.TOML, "crm"))["users"]
    assert user["licenses"] == ["B", "ININ:A"]
    assert (user["method"], user["profiles"]) == ("assignable", {"ININ": {"enabled": True, "method": "concurrent"}})


async def test_an_export_is_of_one_moment(world: World) -> None:
    users = "\n".join(f'[[users]]\nlogin = "agent{each:03}"' for each in range(450))
    await world.apply(users)
    text = await exported(world.reads, Format.JSONL)
    parts = world.reads.stream(whole(partial(export, written_as=Format.JSONL, owner="ININ")))
    async with aclosing(parts):
        begun = [await anext(parts), await anext(parts)]
        await world.apply(
            '[[users]]\nlogin = "agent440"\ndisplay_name = "changed meanwhile"\n[[users]]\nlogin = "agent999"'
        )
        assert b"".join([*begun, *[each async for each in parts]]).decode() == text


def database_of(path: Path, count: int) -> Path:
    """So many users with ten licenses each."""
    licenses, users = range(1, 11), range(1, count + 1)
    rows: dict[str, list[dict[str, object]]] = {
        "licenses": [
            {
                "id": each,
                "owner": "ININ",
                "name": f"L{each}",
                "owner_key": "inin",
                "name_key": f"l{each}",
                "display_name": f"L{each}",
                "description": "",
                "applies_to": "both",
                "kind": "user",
                "shared": True,
            }
            for each in licenses
        ],
        "pools": [
            {
                "license_id": each,
                "assignable_seats": count,
                "concurrent_seats": 0,
                "unrestricted": False,
                "assigned_users": count,
                "assigned_stations": 0,
                "concurrent_assigned": 0,
                "concurrent_in_use": 0,
                "assignable_excess": 0,
                "concurrent_excess": 0,
                "uncovered": [],
            }
            for each in licenses
        ],
        "users": [
            {
                "id": each,
                "login": f"agent{each:06}",
                "login_key": f"agent{each:06}",
                "display_name": f"Agent {each}",
                "language": "en-US",
                "roles": [],
                "rights": [],
            }
            for each in users
        ],
        "credentials": [{"user_id": each, "password_hash": HASH} for each in users],
        "assignments": [
            {"id": user * 10 + each, "license_id": each, "holder_kind": 1, "holder_id": user, "at": 0}
            for user in users
            for each in licenses
        ],
    }
    engine = create_engine(f"sqlite:///{path}")
    tables.metadata.create_all(engine)
    with engine.begin() as connection:
        for name, of_table in rows.items():
            connection.execute(insert(tables.metadata.tables[name]), of_table)
    engine.dispose()
    return path


async def most_memory(reads: Reads) -> tuple[int, int]:
    """Bytes that one export is long, and that it took at most at once."""
    parts = reads.stream(whole(partial(export, written_as=Format.JSONL, owner="ININ")))
    tracemalloc.start()
    size = 0
    async with aclosing(parts):
        async for each in parts:
            size += len(each)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size, most


async def test_many_users_take_no_more_memory_than_few(tmp_path: Path) -> None:
    measured = []
    for count in (500, 5_000):
        reads = Reads(DatabaseFile(database_of(tmp_path / f"{count}.db", count)), timeout=60)
        await exported(reads, Format.JSONL)  # what is prepared once is not counted
        measured.append(await most_memory(reads))
        reads.close()
    (small, few), (large, many) = measured
    assert large > 9 * small
    assert many < 1.5 * few
    assert many < large


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with start_server(tmp_path_factory.mktemp("export") / "data", "--demo") as server:
        yield server


@pytest.mark.parametrize("written_as", Format)
def test_a_server_exports_what_it_then_finds_no_change_in(server: ServerProcess, written_as: Format) -> None:
    token = {"Authorization": f"Bearer {(server.data / ADMIN_TOKEN).read_text().strip()}"}
    url = f"{server.url}/v1/inventory"
    answer = httpx.get(url, headers=token, params={"format": written_as})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"application/{written_as}"
    assert answer.headers["content-disposition"] == f'attachment; filename="inventory.{written_as}"'
    assert answer.headers["cache-control"] == "no-store"
    typed = token | {"Content-Type": f"application/{written_as}"}
    planned = httpx.post(f"{url}/plan", content=answer.content, headers=typed, params={"prune": "true"})
    assert (planned.status_code, planned.json()["total"]) == (200, 0), planned.text


def test_only_who_may_change_the_inventory_gets_it(server: ServerProcess) -> None:
    url = f"{server.url}/v1/inventory"
    assert httpx.get(url).status_code == 401
    assert httpx.get(url, auth=("supervisor01", "demo-supervisor01")).status_code == 403
    assert httpx.get(url, auth=("admin01", "demo-admin01")).status_code == 200


def test_a_client_that_leaves_midway_lets_the_next_ones_export(server: ServerProcess) -> None:
    url = f"{server.url}/v1/inventory"
    for _ in range(5):  # more than may run at once
        with httpx.stream("GET", url, auth=("admin01", "demo-admin01")) as answer:
            assert answer.status_code == 200
    assert httpx.get(url, auth=("admin01", "demo-admin01")).text.count("[[users]]") == 45


def test_an_unknown_format_is_refused_with_those_there_are(server: ServerProcess) -> None:
    answer = httpx.get(f"{server.url}/v1/inventory", params={"format": "xml"}, auth=("admin01", "demo-admin01"))
    assert answer.status_code == 422
    assert answer.json()["message"] == "query.format: Input should be 'toml' or 'jsonl'"
