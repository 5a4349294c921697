"""What is said of a database that cannot be had: its hosts and causes to operators, and none of that to clients."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from seatkeeper.cli.failure import ExitCode, Failure, told_plainly
from seatkeeper.ledger.answering import answer
from seatkeeper.ledger.batch import Failed, ImageLost
from seatkeeper.ledger.database import DatabaseUnreachable
from seatkeeper.ledger.door import DatabaseServer, Unanswered, Unavailable
from seatkeeper.ledger.engines import postgres_database
from seatkeeper.ledger.engines.engine import Busy, Disconnected, FateUnknown, NoSpace
from seatkeeper.ledger.engines.postgres_statements import TAKE_LOCK
from seatkeeper.ledger.schema import migrate
from tests.ledger.world import connect, inventory, running
from tests.postgres.cluster import Cluster, url_of
from tests.postgres.databases import PostgresServer
from tests.postgres.fixtures import own_cluster
from tests.postgres.proxy import Proxy
from tests.server_process import ServerProcess

pytestmark = pytest.mark.anyio

NOBODY_LISTENS = "127.0.0.1:1"
AGAIN = "The database does not answer; try again."
LIBPQ = 'connection failed: connection to server at "10.1.2.3", port 5432 failed: Connection refused'


@pytest.fixture(scope="module")
def cluster(postgres: PostgresServer) -> Iterator[Cluster]:
    """This process's PostgreSQL, or one of its own where the tests were given one that is elsewhere."""
    if isinstance(postgres, Cluster):
        yield postgres
    else:
        with own_cluster() as own:
            yield own


@pytest.mark.parametrize("answers_first", [True, False])
def test_of_several_hosts_each_is_told_with_its_cause_and_who_answered_first(
    cluster: Cluster, answers_first: bool
) -> None:
    here = f"{cluster.host}:{cluster.port}"
    hosts = (here, NOBODY_LISTENS) if answers_first else (NOBODY_LISTENS, here)
    url = f"postgresql://seatkeeper@{','.join(hosts)}/nowhere"
    with pytest.raises(DatabaseUnreachable) as error:
        DatabaseServer(url).take()
    assert str(error.value) == (
        f"The database postgresql://{','.join(hosts)}/nowhere cannot be connected to: {here}: FATAL: database"
        f' "nowhere" does not exist; {NOBODY_LISTENS}: Connection refused.'
    )


def test_of_one_host_the_cause_is_told_without_a_guess() -> None:
    with pytest.raises(DatabaseUnreachable) as error:
        DatabaseServer(f"postgresql://{NOBODY_LISTENS}/nowhere").take()
    assert str(error.value).endswith('connection to server at "127.0.0.1", port 1 failed: Connection refused.')


async def test_no_client_is_told_hosts_or_ports(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    direct = cluster.empty_url()
    with Proxy(cluster.port) as way:
        through = url_of(way, database=direct.rsplit("/", 1)[1])
        async with running(through) as ledger:
            await ledger.submit(inventory())
            assert ledger.auth_tokens is not None
            way.cut()
            asked = (
                ledger.current(),
                ledger.submit(connect(1)),
                ledger.auth_tokens.keep(b"m", (1, b"s", 1), now=0, of_a_session=2),
            )
            told = await asyncio.gather(*asked, return_exceptions=True)
            assert [(type(each), str(each)) for each in told] == [(Unavailable, AGAIN)] * 3
            way.heal()
    assert f"port {way.port} failed: " in capsys.readouterr().out  # the log has it


@pytest.mark.parametrize("error", [Disconnected(LIBPQ), FateUnknown(LIBPQ), ImageLost(LIBPQ)])
async def test_no_waiter_is_told_what_the_driver_said(error: Exception) -> None:
    waiter = asyncio.get_running_loop().create_future()
    answer(waiter, Failed(error))
    with pytest.raises(Unavailable) as told:
        await waiter
    assert isinstance(told.value, Unanswered) is not isinstance(error, Disconnected)
    assert "10.1.2.3" not in f"{told.value}{told.value.said.facts}"


@pytest.mark.parametrize(
    "error",
    [Busy("another node keeps it"), NoSpace("the disk is full"), Disconnected(LIBPQ), FateUnknown("x"), ImageLost("x")],
)
def test_a_start_that_cannot_write_ends_with_a_sentence(error: Exception) -> None:
    with pytest.raises(Failure) as failure, told_plainly(Path("n1"), database="postgresql://pg1.example/seats"):
        raise error
    assert failure.value.exit_code is ExitCode.UNREACHABLE
    assert str(failure.value) == f"The database postgresql://pg1.example/seats cannot be written now: {error}."


def test_a_start_waits_for_the_lock_and_then_says_who_has_it(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres_database._OF_MIGRATION, "lock_timeout", 100)  # noqa: SLF001 - instead of a minute
    with psycopg.connect(postgres_url) as another:
        another.execute(TAKE_LOCK)
        with pytest.raises(DatabaseUnreachable, match="another node keeps it to itself"):
            migrate(DatabaseServer(postgres_url))


@pytest.mark.slow  # half a minute until a commit is given up
def test_a_node_that_starts_while_the_standby_is_away_ends_with_a_sentence(tmp_path: Path) -> None:
    with own_cluster() as cluster:
        url = cluster.new_url()
        cluster.execute("ALTER SYSTEM SET synchronous_standby_names = 'away'")
        cluster.execute("SELECT pg_reload_conf()")
        node = ServerProcess(tmp_path / "n1", ("--demo",), {"SEATKEEPER_DATABASE": url})
        node.launch()
        assert node.process.wait(120) == ExitCode.UNREACHABLE
    last = node.log.read_text().splitlines()[-1]
    assert last.startswith("seatkeeper: The database postgresql://127.0.0.1")
    assert "It is not known whether this was done; look before you try again." in last
    assert "Traceback" not in node.log.read_text()
