"""What the metrics tell is what happened."""

import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.icws.client import DEADLINE, PASSWORD, Session, log_on_body, open_http
from tests.icws.world import World
from tests.metrics.scraping import Scrape, scrape

OWNER = "ININ"


@pytest.fixture
def now(world: World) -> Callable[[], Scrape]:
    """Reads the metrics of this module's server."""
    return lambda: scrape(world.server)


@pytest.fixture
def http(world: World) -> Iterator[httpx.Client]:
    """A client that has not logged on."""
    with open_http(world.url) as client:
        yield client


def risen(before: Scrape, after: Scrape, name: str, **labels: str) -> float:
    """By how much the samples with these labels have risen, taken together."""
    return after.sum(name, **labels) - before.sum(name, **labels)


def concurrent(world: World, *licenses: str) -> Session:
    """The session of a new user who has these licenses by the concurrent method."""
    return world.log_on(world.user(*licenses, method="concurrent"))


def test_a_pool_is_told_by_what_was_bought_assigned_and_is_in_use(world: World, now: Callable[[], Scrape]) -> None:
    license_ = world.license(assignable_seats=3, concurrent_seats=2)
    world.user(license_)
    with concurrent(world, license_) as holder, concurrent(world, license_), concurrent(world, license_):
        assert holder.status(license_) == 2
        seen = now()
    told = {
        (name, method): seen.value(f"seatkeeper_pool_{name}", owner=OWNER, license=license_, method=method)
        for name in ("seats", "assigned", "seats_in_use")
        for method in ("assignable", "concurrent")
    }
    assert told == {
        ("seats", "assignable"): 3,
        ("seats", "concurrent"): 2,
        ("assigned", "assignable"): 1,
        ("assigned", "concurrent"): 3,
        ("seats_in_use", "assignable"): 1,
        ("seats_in_use", "concurrent"): 1,
    }
    assert not seen.all("seatkeeper_pool_unrestricted", license=license_)


def test_an_unrestricted_license_has_no_number_of_seats(world: World, now: Callable[[], Scrape]) -> None:
    license_ = world.license(unrestricted=True, assignable_seats=0, concurrent_seats=0)
    with concurrent(world, license_) as holder:
        assert holder.status(license_) == 2
        seen = now()
    assert not seen.all("seatkeeper_pool_seats", license=license_)
    assert seen.value("seatkeeper_pool_unrestricted", owner=OWNER, license=license_) == 1
    assert seen.value("seatkeeper_pool_seats_in_use", owner=OWNER, license=license_, method="concurrent") == 1


def test_dates_are_told_of_licenses_that_have_them(world: World, now: Callable[[], Scrape]) -> None:
    expiring = world.license(expires="2098-12-31", grace_until="2099-01-31")
    sudden = world.license(expires="2098-12-31")
    lasting = world.license()
    seen, names = (
        now(),
        ("seatkeeper_license_expires_timestamp_seconds", "seatkeeper_license_usable_until_timestamp_seconds"),
    )
    told = {
        each: [seen.value(name, owner=OWNER, license=each) for name in names] for each in (expiring, sudden, lasting)
    }
    end_of_2098, end_of_grace = 4_070_822_400, 4_073_500_800  # 2098-12-31 and 2099-01-31, at midnight UTC
    assert told == {expiring: [end_of_2098, end_of_grace], sudden: [end_of_2098] * 2, lasting: [None, None]}


def test_denials_are_told_apart_from_retries(world: World, now: Callable[[], Scrape]) -> None:
    license_ = world.license(concurrent_seats=1)
    labels = {"owner": OWNER, "license": license_, "reason": "all_in_use"}
    assert now().value("seatkeeper_denials_total", **labels) == 0, "so that increase() sees the first"
    with concurrent(world, license_) as holder, concurrent(world, license_) as refused:
        assert holder.status(license_) == 2
        assert [refused.status(license_) for _ in range(3)] == [4, 4, 4]
        seen = now()
    assert seen.value("seatkeeper_denials_total", **labels) == 1
    assert seen.value("seatkeeper_denial_retries_total", **labels) == 2


def test_licenses_that_nobody_knows_share_one_label(world: World, now: Callable[[], Scrape]) -> None:
    labels = {"owner": "(unknown)", "license": "(unknown)", "reason": "unknown_license"}
    before = now().sum("seatkeeper_denials_total", **labels)
    with world.log_on(world.user()) as first, world.log_on(world.user()) as second:
        first.acquire("MADE_UP_1", "MADE_UP_2", "MADE_UP_3")
        second.acquire("MADE_UP_4")
        seen = now()
    assert seen.sum("seatkeeper_denials_total", **labels) - before == 2, "one a session and minute (rule L10)"
    assert not any("MADE_UP" in value for sample in seen.samples for value in sample.labels.values())


def test_sessions_are_told_as_they_live_and_end(world: World, now: Callable[[], Scrape]) -> None:
    before = now()
    with world.log_on(world.user()) as leaving, world.log_on(world.user()) as ended, world.log_on(world.user()):
        leaving.log_off()
        world.end_session(ended)
        after = now()
    assert risen(before, after, "seatkeeper_sessions") == 1
    assert risen(before, after, "seatkeeper_sessions_started_total") == 3
    reasons = {
        each.labels["reason"]: risen(before, after, each.name, **each.labels)
        for each in after.all("seatkeeper_sessions_ended_total")
    }
    assert reasons == {"logged_off": 1, "administrator": 1, "idle": 0, "logged_on_elsewhere": 0, "user_deleted": 0}


def test_event_streams_are_told_while_they_are_open(world: World, now: Callable[[], Scrape]) -> None:
    assert now().value("seatkeeper_event_streams") == 0
    with world.log_on(world.user()) as session:
        with session.stream() as stream:
            assert stream.response.status_code == 200
            assert now().value("seatkeeper_event_streams") == 1
        deadline = time.monotonic() + DEADLINE
        while now().value("seatkeeper_event_streams") and time.monotonic() < deadline:
            time.sleep(0.05)
        assert now().value("seatkeeper_event_streams") == 0


def test_log_ons_are_told_by_how_they_ended(world: World, now: Callable[[], Scrape], http: httpx.Client) -> None:
    login, before = world.user(), now()
    with world.log_on(login):
        body = log_on_body(login, "not his password")
        answer = http.post("/icws/connection", json=body, headers={"Accept-Language": "en-us"})
    assert answer.status_code == 400
    after = now()
    assert risen(before, after, "seatkeeper_logons_total", kind="password", outcome="succeeded") == 1
    assert risen(before, after, "seatkeeper_logons_total", kind="password", outcome="failed") == 1


def test_requests_are_timed_by_the_pattern_of_their_path(
    world: World, now: Callable[[], Scrape], http: httpx.Client
) -> None:
    before = now()
    name = "seatkeeper_http_request_duration_seconds_count"
    with world.log_on(world.user()) as session:
        session.acquire("MADE_UP")
        http.get(f"/icws/{session.id}/licenses")
    http.get("/v1/sessions")
    http.delete("/V1/sessions/1")
    http.get("/readyz")
    after = now()
    for labels in (
        {"face": "icws", "route": "/icws/connection", "method": "POST", "status": "2xx"},
        {"face": "icws", "route": "/icws/{session}/licenses", "method": "POST", "status": "2xx"},
        {"face": "icws", "route": "/icws/{session}/licenses", "method": "GET", "status": "4xx"},
        {"face": "admin", "route": "/v1/sessions", "method": "GET", "status": "4xx"},
        {"face": "admin", "route": "/v1/sessions/{session}", "method": "DELETE", "status": "4xx"},
        {"face": "server", "route": "/readyz", "method": "GET", "status": "2xx"},
        {"face": "metrics", "route": "/metrics", "method": "GET", "status": "2xx"},
    ):
        assert risen(before, after, name, **labels) >= 1, labels


def test_made_up_paths_and_uncommon_methods_make_no_series_of_their_own(
    now: Callable[[], Scrape], http: httpx.Client
) -> None:
    name = "seatkeeper_http_request_duration_seconds_count"
    before = now()
    for number in range(5):
        http.get(f"/icws/{number}/made/up/{number}")
        http.get(f"/v1/made-up-{number}")
        http.get(f"/made-up-{number}")
        http.request("PROPFIND", "/readyz")
    after = now()
    for face, method in (("icws", "GET"), ("admin", "GET"), ("server", "GET")):
        assert risen(before, after, name, face=face, route="(unknown)", method=method, status="4xx") == 5
    assert risen(before, after, name, face="server", route="/readyz", method="other", status="4xx") == 5
    assert not any("made" in value.lower() for sample in after.samples for value in sample.labels.values())


def test_a_stream_counts_with_the_time_to_its_beginning(world: World, now: Callable[[], Scrape]) -> None:
    labels = {"route": "/icws/{session}/messaging/messages", "method": "GET"}
    before = now()
    with world.log_on(world.user()) as session, session.stream():
        while_open = now()
    assert risen(before, while_open, "seatkeeper_http_request_duration_seconds_count", **labels) == 1


def test_runtimes_are_told_with_their_applications_and_what_became_of_their_transactions(
    world: World, now: Callable[[], Scrape], http: httpx.Client
) -> None:
    before = now()
    world.apply("runtimes", {"name": "mfp"})
    world.apply("runtimes", {"name": "old", "running": False})
    auth = (world.user(roles=["mfpdeployer"]), PASSWORD)
    root = "/mfpadmin/management-apis/2.0/runtimes/mfp"
    for name in ("com.example.banking", "com.example.survey"):
        body = {"appID": name, "category": "B2C"}
        assert http.post(f"{root}/license", json=body, auth=auth).json()["ok"]
    descriptor = {
        "applicationKey": {"packageName": "com.example.banking", "version": "1.0", "clientPlatform": "android"}
    }
    assert http.post(f"{root}/applications", json=descriptor, auth=auth).json()["ok"]
    assert not http.delete(f"{root}/license/com.example.banking", auth=auth).json()["ok"]
    after = now()
    told = {
        (name, runtime): after.value(f"seatkeeper_runtime_{name}", runtime=runtime)
        for name in (
            "running",
            "applications",
            "blocked_applications",
            "unfinished_transactions",
            "oldest_transaction_seconds",
        )
        for runtime in ("mfp", "old")
    }
    assert told == dict.fromkeys(told, 0) | {("running", "mfp"): 1, ("applications", "mfp"): 1}
    outcomes = {
        each.labels["outcome"]: risen(before, after, each.name, **each.labels)
        for each in after.all("seatkeeper_transactions_ended_total")
    }
    assert outcomes == {"success": 3, "failure": 1, "canceled": 0}
    assert "com.example" not in after.text


def test_the_ledger_tells_its_commands_batches_and_commits(world: World, now: Callable[[], Scrape]) -> None:
    before = now()
    world.license()
    after = now()
    assert risen(before, after, "seatkeeper_ledger_commands_total", outcome="done") >= 1
    batches = risen(before, after, "seatkeeper_ledger_batch_commands_count")
    assert risen(before, after, "seatkeeper_ledger_commit_duration_seconds_count") == batches >= 1
    assert risen(before, after, "seatkeeper_ledger_commit_duration_seconds_sum") > 0
    assert risen(before, after, "seatkeeper_journal_head") >= 1
    assert after.value("seatkeeper_ledger_queue_size") == 10_000


def test_the_server_tells_its_state_and_version(now: Callable[[], Scrape]) -> None:
    seen = now()
    states = {each.labels["state"]: each.value for each in seen.all("seatkeeper_state")}
    assert states == {"serving": 1, "draining": 0, "standby": 0, "stopping": 0}
    [build] = seen.all("seatkeeper_build_info")
    assert build.value == 1
    assert build.labels["version"]
