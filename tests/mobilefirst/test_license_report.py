"""The license report: applications, tokens and their history, at the moment they are asked for (contract 8.1)."""

import csv
import io
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx
import pytest

from tests.mobilefirst.client import DEADLINE, JSON, TEXT_XML, XML, Client, told
from tests.mobilefirst.world import World
from tests.server_process import start_server

CSV = "text/csv"


def rows(client: Client, path: str) -> list[dict[str, str]]:
    """A table by the names of its columns."""
    answer = client.get(path, headers={"Accept": CSV})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="license-report')
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server of this module's own that counts tokens: nobody else's applications take any."""
    environment = {"SEATKEEPER_MOBILEFIRST_COUNT_TOKENS": "true", "SEATKEEPER_TESTING": "true"}
    with start_server(tmp_path_factory.mktemp("counted") / "data", env=environment) as server:
        world = World(server)
        yield world
        world.close()


def of(runtime: str, client: Client, place: str = "/license-report") -> Any:  # noqa: ANN401 - any JSON
    """A runtime's part of the report."""
    [found] = [each for each in client.read(place)["runtimes"] if each["name"] == runtime]
    return found


def tokens(client: Client, license_type: str = "APPLICATION") -> Any:  # noqa: ANN401 - any JSON
    [found] = [each for each in client.read("/license-report")["tokens"] if each["licenseType"] == license_type]
    return found


def when_missing(client: Client, number: int) -> Any:  # noqa: ANN401 - any JSON
    """The tokens of type APPLICATION as soon as so many are missing: the server settles that by itself."""
    deadline = time.monotonic() + DEADLINE
    while (found := tokens(client))["missing"] != number:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


@pytest.mark.mobilefirst(
    "8.1 GET /license-report",
    "8.1 GET /runtimes/{runtime}/license-report",
    "8.1 applications by category and license type",
    "8.1 JSON and CSV",
)
def test_applications_are_told_and_counted_by_category_and_license_type(world: World) -> None:
    runtime = world.runtime()
    both = world.application(runtime, "android 1.0", "ios 1.0", category="B2C", license_type="APPLICATION")
    ahead = world.application(runtime, category="B2C", license_type="APPLICATION")
    brand = world.application(runtime, "ios 1.0", category="B2E", license_type="ADDITIONAL_BRAND_DEPLOYMENT")
    never = world.application(runtime, "android 1.0")

    by_name: dict[str, tuple[str | None, str, int]] = {
        both: ("B2C", "APPLICATION", 2),
        ahead: ("B2C", "APPLICATION", 0),
        brand: ("B2E", "ADDITIONAL_BRAND_DEPLOYMENT", 1),
        never: (None, "APPLICATION", 1),
    }
    for found in (of(runtime, world.monitor), of(runtime, world.monitor, f"/runtimes/{runtime}/license-report")):
        assert {
            each["appID"]: (each.get("category"), each["licenseType"], each["versions"])
            for each in found["applications"]
        } == by_name
        assert found["running"] is True
        assert found["counts"] == [
            {"applications": 2, "blocked": 0, "category": "B2C", "licenseType": "APPLICATION", "registered": 1},
            {
                "applications": 1,
                "blocked": 0,
                "category": "B2E",
                "licenseType": "ADDITIONAL_BRAND_DEPLOYMENT",
                "registered": 1,
            },
            {"applications": 1, "blocked": 0, "licenseType": "APPLICATION", "registered": 1},
        ]
    table = rows(world.monitor, f"/runtimes/{runtime}/license-report")
    assert {
        each["appID"]: (each["category"] or None, each["licenseType"], int(each["versions"])) for each in table
    } == (by_name)
    assert {(each["runtime"], each["running"], each["blocked"]) for each in table} == {(runtime, "true", "false")}
    assert [each for each in rows(world.monitor, "/license-report") if each["runtime"] == runtime] == table


@pytest.mark.mobilefirst("8.1 it is current to the second")
def test_what_a_transaction_did_stands_in_the_report_at_once(world: World, runtime: str, application: str) -> None:
    for license_type in ("APPLICATION", "NON_PRODUCTION"):
        world.deployer.configure(runtime, application, "B2E", license_type)
        [told_] = [
            each
            for each in of(runtime, world.monitor, f"/runtimes/{runtime}/license-report")["applications"]
            if each["appID"] == application
        ]
        assert (told_["category"], told_["licenseType"]) == ("B2E", license_type)


@pytest.mark.mobilefirst(
    "8.1 GET /license-report/history",
    "8.1 GET /runtimes/{runtime}/license-report/history",
    "8.1 the history of each application's configuration, with who changed it and by which transaction",
)
def test_the_history_tells_who_configured_what_and_when(world: World, application: str) -> None:
    runtime = world.runtime()
    first = world.deployer.configure(runtime, application, "B2C")["transaction"]
    second = world.admin.configure(runtime, application, "B2E", "NON_PRODUCTION")["transaction"]
    third = world.admin.delete(f"/runtimes/{runtime}/license/{application}").json()["transaction"]

    at = {"appID": application, "blocked": False, "registered": False, "runtime": runtime}
    expected = [
        {
            **at,
            "category": "B2C",
            "licenseType": "APPLICATION",
            "removed": False,
            "time": first["timeUpdated"],
            "transaction": first["id"],
            "userName": world.deployer.login,
        },
        {
            **at,
            "category": "B2E",
            "licenseType": "NON_PRODUCTION",
            "removed": False,
            "time": second["timeUpdated"],
            "transaction": second["id"],
            "userName": world.admin.login,
        },
        {
            **at,
            "removed": True,
            "time": third["timeUpdated"],
            "transaction": third["id"],
            "userName": world.admin.login,
        },
    ]
    of_runtime = world.monitor.read(f"/runtimes/{runtime}/license-report/history")
    assert of_runtime.keys() == {"changes", "generated", "productVersion"}
    assert of_runtime["changes"] == expected
    of_all = world.monitor.read("/license-report/history")["changes"]
    assert [each for each in of_all if each["runtime"] == runtime] == expected
    table = rows(world.monitor, f"/runtimes/{runtime}/license-report/history")
    assert [(each["time"], each["category"], each["removed"], each["userName"]) for each in table] == [
        (each["time"], each.get("category", ""), str(each["removed"]).lower(), each["userName"]) for each in expected
    ]


@contextmanager
def last_event_unreadable(world: World) -> Iterator[None]:
    """As on a disk that fails: the last event of the journal is no event any more."""
    with closing(sqlite3.connect(world.server.data / "seatkeeper.db", timeout=DEADLINE)) as database:
        [(last, data)] = database.execute("SELECT seq, data FROM journal ORDER BY seq DESC LIMIT 1").fetchall()
        database.execute("UPDATE journal SET data = ? WHERE seq = ?", (b"{", last))
        database.commit()
        yield
        database.execute("UPDATE journal SET data = ? WHERE seq = ?", (data, last))
        database.commit()


@pytest.mark.parametrize("media_type", [JSON, CSV])
def test_a_long_history_is_whole_and_one_that_cannot_be_read_to_its_end_breaks_off(
    counted: World, media_type: str
) -> None:
    runtime = counted.runtime()
    names = [f"com.package.long{number:04}" for number in range(1200)]
    counted.apply("applications", *({"runtime": runtime, "name": name, "category": "B2C"} for name in names))
    place = f"/runtimes/{runtime}/license-report/history"
    with last_event_unreadable(counted):
        for _ in range(3):  # more often than such reads may run at once: each makes room for the next
            pieces: list[bytes] = []
            with (
                counted.monitor.http.stream("GET", place, headers={"Accept": media_type}) as answer,
                pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"),
            ):
                pieces.extend(answer.iter_bytes())
            received = b"".join(pieces)
            assert answer.status_code == 200
            assert names[500].encode() in received
            assert names[-1].encode() not in received
    if media_type == JSON:
        assert [each["appID"] for each in counted.monitor.read(place)["changes"]] == names
    else:
        assert [each["appID"] for each in rows(counted.monitor, place)] == names


@pytest.mark.mobilefirst(
    "8.1 GET /license-report/tokens",
    "8.1 tokens bought, taken, free, needed and missing",
    "8.1 applications that are blocked, with the reason",
)
def test_tokens_are_told_as_they_are_and_who_lacks_one_is_told_why(counted: World) -> None:
    runtime = counted.runtime()
    none = tokens(counted.monitor)
    assert (none["bought"], none["taken"], none["free"], none["needed"], none["missing"]) == (0, 0, 0, 0, 0)
    assert none["noneLeftBecause"].startswith("FWLSE3129E: No tokens of ibmmfpfa were bought")
    counted.tokens("ibmmfpfa", 3)
    first, second = (counted.application(runtime, "android 1.0") for _ in range(2))
    counted.application(runtime, "android 1.0", category="B2C", license_type="NON_PRODUCTION")
    some = tokens(counted.monitor)
    assert (some["bought"], some["taken"], some["free"], some["needed"], some["missing"]) == (3, 2, 1, 2, 0)
    assert "noneLeftBecause" not in some

    counted.tokens("ibmmfpfa", 1)  # fewer than are taken: whoever took one last lacks it

    short = when_missing(counted.monitor, 1)
    assert short == {
        "bought": 1,
        "feature": "ibmmfpfa",
        "free": 0,
        "licenseType": "APPLICATION",
        "missing": 1,
        "needed": 2,
        "noneLeftBecause": "FWLSE3129E: No token of MOBILEFIRST:ibmmfpfa is left: 1 of 1 are taken. Buy more, or remove"
        " an application that has one.",
        "taken": 1,
        "unlimited": False,
    }
    found = of(runtime, counted.monitor)
    by_name = {each["appID"]: each for each in found["applications"]}
    assert by_name[first]["blocked"] is False
    assert "blockedBecause" not in by_name[first]
    assert by_name[second]["blocked"] is True
    assert by_name[second]["blockedBecause"] == short["noneLeftBecause"]
    assert [(each["applications"], each["blocked"]) for each in found["counts"]] == [(1, 0), (2, 1)]
    report = counted.monitor.read("/license-report/tokens")
    assert report["tokensCounted"] is True
    assert short in report["tokens"]
    table = {each["licenseType"]: each for each in rows(counted.monitor, "/license-report/tokens")}
    assert (table["APPLICATION"]["bought"], table["APPLICATION"]["missing"]) == ("1", "1")
    last = counted.monitor.read("/license-report/history")["changes"][-1]
    assert (last["appID"], last["blocked"]) == (second, True)
    assert "userName" not in last


@pytest.mark.mobilefirst("8.1 where tokens are not counted it says how many would be missing")
def test_where_tokens_are_not_counted_the_report_says_how_many_would_be_missing(world: World) -> None:
    runtime = world.runtime()
    world.application(runtime, "android 1.0", category="B2C", license_type="ADDITIONAL_BRAND_DEPLOYMENT")
    report = world.monitor.read("/license-report")
    assert report["tokensCounted"] is False
    found = tokens(world.monitor, "ADDITIONAL_BRAND_DEPLOYMENT")
    assert found["taken"] == 0
    assert found["missing"] == max(0, found["needed"] - found["free"]) > 0
    world.tokens("ibmmfpabd", found["needed"])
    assert tokens(world.monitor, "ADDITIONAL_BRAND_DEPLOYMENT")["missing"] == 0


@pytest.mark.mobilefirst("8.1 a text that a spreadsheet would compute stays a text in CSV")
def test_a_name_that_looks_like_a_formula_is_no_formula_in_a_table(world: World) -> None:
    runtime = world.runtime()
    world.deployer.configure(runtime, "=1+2")
    [row] = rows(world.monitor, f"/runtimes/{runtime}/license-report")
    assert row["appID"] == "'=1+2"
    [told_] = of(runtime, world.monitor)["applications"]
    assert told_["appID"] == "=1+2"


@pytest.mark.mobilefirst("8.1 404 runtime not found")
@pytest.mark.parametrize("place", ["license-report", "license-report/history"])
def test_a_runtime_that_is_not_there_has_no_report(world: World, place: str) -> None:
    answer = world.monitor.get(f"/runtimes/nowhere/{place}")
    assert answer.status_code == 404
    assert told(answer).startswith("FWLSE3030E: ")


@pytest.mark.mobilefirst("8.1 406 for XML, which has no documented form")
@pytest.mark.parametrize("media_type", [XML, TEXT_XML])
@pytest.mark.parametrize("place", ["/license-report", "/license-report/tokens", "/license-report/history"])
def test_there_is_no_report_in_xml(world: World, place: str, media_type: str) -> None:
    assert world.monitor.get(place, headers={"Accept": media_type}).status_code == 406


@pytest.mark.mobilefirst("8.1 the table of tokens says whether they are counted")
def test_the_table_of_tokens_says_whether_they_are_counted(world: World, counted: World) -> None:
    for asked, on in ((world, "false"), (counted, "true")):
        table = rows(asked.monitor, "/license-report/tokens")
        assert [each["tokensCounted"] for each in table] == [on, on]


@pytest.mark.mobilefirst("8.1 a history whose beginning was archived says so, as a table too")
def test_a_history_whose_beginning_was_archived_says_so(counted: World) -> None:
    runtime, application = counted.runtime(), counted.application()
    counted.deployer.configure(runtime, application)
    told_before = rows(counted.monitor, "/license-report/history")
    assert {each["archivedUntil"] for each in told_before} == {""}
    counted.advance(120)  # what is younger than a minute is not sealed
    assert counted.house.post("/journal/seal", json={"before": "2099-01-01T00:00:00Z"}).status_code == 202
    deadline = time.monotonic() + DEADLINE
    while "archivedUntil" not in (history := counted.monitor.read("/license-report/history")):
        assert time.monotonic() < deadline, "it is not sealed"
        time.sleep(0.02)
    counted.deployer.configure(runtime, application, category="B2E")
    first, *others = rows(counted.monitor, "/license-report/history")
    assert first.pop("archivedUntil") == history["archivedUntil"]
    assert set(first.values()) == {""}
    assert [(each["appID"], each["category"], each["archivedUntil"]) for each in others] == [(application, "B2E", "")]
