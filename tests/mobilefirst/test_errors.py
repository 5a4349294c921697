"""What is told where a request cannot be answered: one body for every status (contract 5.5), and codes (11)."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import closing

import httpx
import pytest

from tests.mobilefirst.client import DEADLINE, JSON, TEXT_XML, XML, told
from tests.mobilefirst.documents import xml_of
from tests.mobilefirst.world import World
from tests.server_process import start_server


def _requests(world: World) -> dict[int, httpx.Response]:
    """An answer of every status that a client can bring about, each as its `Accept` of the world's admin says."""
    admin = world.admin
    license_ = f"/runtimes/{world.runtime()}/license"
    with world.stranger() as stranger:
        stranger.headers["Accept"] = admin.http.headers["Accept"]
        world.monitor.http.headers["Accept"] = admin.http.headers["Accept"]
        return {
            400: admin.post(license_, {}),
            401: stranger.get("/runtimes"),
            403: world.monitor.post(license_, {}),
            404: admin.get("/runtimes/unknown/lock"),
            405: admin.http.put(license_),
            406: admin.get("/license-report"),
            413: admin.http.post(license_, content=b" " * (1024 * 1024 + 1)),
            415: admin.http.post(license_, content=b"a=b", headers={"Content-Type": "text/plain"}),
            431: admin.get(license_, headers={"X-Long": "x" * (32 * 1024)}),
        }


@pytest.fixture
def accepting(world: World, request: pytest.FixtureRequest) -> Iterator[str]:
    """The media type that the world's admin and monitor accept."""
    before = world.admin.http.headers["Accept"]
    world.admin.http.headers["Accept"] = request.param
    yield request.param
    world.admin.http.headers["Accept"] = world.monitor.http.headers["Accept"] = before


@pytest.mark.mobilefirst(
    "5.5 the same body for every status, in JSON or XML with the root error-result",
    "5.5 ok",
    "5.5 productVersion",
    "5.5 errors.details",
)
@pytest.mark.parametrize("accepting", [XML, TEXT_XML], indirect=True)
def test_every_error_has_the_same_body_in_xml(world: World, accepting: str) -> None:
    for status, answer in _requests(world).items():
        assert answer.status_code == status
        root = xml_of(answer, "error", accepting)
        assert (root.get("ok"), root.get("productVersion")) == ("false", "8.0")
        [error] = root.findall("errors/error")
        assert str(error.get("details")).endswith(".")


@pytest.mark.mobilefirst("5.5 the same body for every status, in JSON or XML with the root error-result")
@pytest.mark.parametrize("accepting", ["text/html", "*/*"], indirect=True)
def test_every_error_is_json_for_whoever_accepts_neither(world: World, accepting: str) -> None:
    for status, answer in _requests(world).items():
        if accepting == "*/*" and status == 406:
            assert answer.status_code == 200
            continue
        if accepting == "text/html" and status in {400, 404, 413, 415}:
            status = 406 if status != 413 else 413  # noqa: PLW2901 - what is wrong first is told
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == f"{JSON}; charset=utf-8"
        assert told(answer).endswith(".")
        assert answer.json()["productVersion"] == "8.0"


@pytest.mark.mobilefirst(
    "5.5 details begins with the vendor's message code where there is one",
    "11 FWLSE3002E resource not found",
    "11 FWLSE3030E runtime unknown",
    "11 FWLSE30302E no license configuration",
    "11 FWLSE3041E runtime not running",
    "11 FWLSE3051E payload invalid",
    "11 FWLSE3053E parameters invalid",
)
def test_an_error_begins_with_its_code(world: World, runtime: str, application: str) -> None:
    stopped = world.runtime(running=False)
    payload = {"appID": application, "category": "B2C"}
    deployer = world.deployer
    assert [
        told(deployer.get("/nothing")),
        told(deployer.get("/runtimes/unknown/lock")),
        told(deployer.get(f"/runtimes/{runtime}/license/{application}")),
        told(deployer.post(f"/runtimes/{stopped}/license", payload)),
        told(deployer.post(f"/runtimes/{runtime}/license", payload, params={"async": "perhaps"})),
    ] == [
        "FWLSE3002E: There is no resource /mfpadmin/management-apis/2.0/nothing.",
        "FWLSE3030E: There is no runtime named unknown.",
        f"FWLSE30302E: Application {application} of runtime {runtime} has no license configuration.",
        f"FWLSE3041E: Runtime {stopped} does not run. Start it, and try again.",
        "FWLSE3053E: async must be true or false, not perhaps.",
    ]


@pytest.fixture(scope="module")
def hampered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server whose database a test may stand in the way of. One command may wait, no more."""
    environment = {"SEATKEEPER_LEDGER_QUEUE": "1"}
    with start_server(tmp_path_factory.mktemp("hampered") / "data", env=environment) as server:
        world = World(server)
        yield world
        world.close()


@pytest.mark.mobilefirst("5.5 503 FWLSE3010E with Retry-After", "11 FWLSE3010E database error")
def test_a_server_that_can_take_no_more_is_503_and_nothing_of_it_is_done(hampered: World) -> None:
    runtime = hampered.runtime()
    applications = [hampered.application() for _ in range(8)]
    hampered.deployer.read("/runtimes")  # the password is known from now on

    def post(application: str) -> httpx.Response:
        payload = {"appID": application, "category": "B2C"}
        return hampered.deployer.post(f"/runtimes/{runtime}/license", payload)

    with (
        closing(sqlite3.connect(hampered.server.data / "seatkeeper.db", isolation_level=None)) as database,
        ThreadPoolExecutor(len(applications)) as pool,
    ):
        database.execute("BEGIN IMMEDIATE")
        asked = [pool.submit(post, each) for each in applications]
        wait(asked, timeout=DEADLINE, return_when=FIRST_COMPLETED)
        database.execute("ROLLBACK")
        answers = [each.result() for each in asked]
    assert {answer.status_code for answer in answers} == {200, 503}, "what waited already is done all the same"
    for answer, application in zip(answers, applications, strict=True):
        found = hampered.deployer.get(f"/runtimes/{runtime}/license/{application}")
        assert found.status_code == (200 if answer.status_code == 200 else 404)
        if answer.status_code == 503:
            assert answer.headers["Retry-After"] == "1"
            assert told(answer) == "FWLSE3010E: 1 requests wait already; try again."


@pytest.mark.mobilefirst("5.5 500 FWLSE3000E", "11 FWLSE3000E internal error")
def test_what_should_not_happen_is_500_and_tells_nothing_of_the_inside(hampered: World) -> None:
    runtime = hampered.runtime()
    with closing(sqlite3.connect(hampered.server.data / "seatkeeper.db")) as database:
        database.execute("ALTER TABLE transactions RENAME TO mislaid")
        answer = hampered.monitor.get(f"/runtimes/{runtime}/transactions", headers={"Accept": XML})
        database.execute("ALTER TABLE mislaid RENAME TO transactions")
    assert answer.status_code == 500
    error = xml_of(answer, "error").find("errors/error")
    assert error is not None
    assert error.get("details") == "FWLSE3000E: Something went wrong in the server; its log says what."
    assert "no such table" in hampered.server.tail(), "what it was stands in the log"
