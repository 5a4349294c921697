"""The audit trail: who changed what of runtimes and applications, and how that ended (contract 8.4)."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.mobilefirst.audit_trail import of, trail
from tests.mobilefirst.client import JSON, XML, told
from tests.mobilefirst.world import World

TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")


def days_from_now(days: int) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"


@pytest.mark.mobilefirst(
    "8.4 GET /audit",
    "8.4 it is a zip",
    "8.4 Timestamp",
    "8.4 Type",
    "8.4 User",
    "8.4 Outcome SUCCESS",
    "8.4 Outcome ERROR",
    "8.4 ErrorCode",
    "8.4 Runtime",
    "8.4 Message",
    "8.4 ErrorMessage",
)
def test_each_change_is_told_with_who_made_it_and_how_it_ended(world: World) -> None:
    runtime = world.runtime()
    application = world.application(runtime, "android 1.0")
    set_ = world.deployer.configure(runtime, application, "B2E", "NON_PRODUCTION")["transaction"]
    kept = world.admin.delete(f"/runtimes/{runtime}/license/{application}").json()["transaction"]
    assert kept["status"] == "FAILURE"

    records = of(runtime, trail(world.monitor))

    assert all(TIME.fullmatch(record.pop("Timestamp")) for record in records)
    nothing = {"ErrorCode": "", "ErrorMessage": ""}
    by_nobody = {"Outcome": "SUCCESS", "Runtime": runtime, "Transaction": "", "User": "", **nothing}
    refused = records[3].pop("ErrorMessage")
    assert records == [
        {"Type": "DEFINE_RUNTIME", "Message": "running", **by_nobody},
        {"Type": "DEFINE_APPLICATION", "Message": f"{application} android$1.0", **by_nobody},
        {
            "Type": "SET_LICENSE_CONFIG",
            "User": world.deployer.login,
            "Outcome": "SUCCESS",
            "Runtime": runtime,
            "Message": f"{application} B2E NON_PRODUCTION",
            "Transaction": str(set_["id"]),
            **nothing,
        },
        {
            "Type": "DELETE_LICENSE_CONFIG",
            "User": world.admin.login,
            "Outcome": "ERROR",
            "ErrorCode": "FWLSE30303E",
            "Runtime": runtime,
            "Message": application,
            "Transaction": str(kept["id"]),
        },
    ]
    assert f"FWLSE30303E: {refused}" == kept["errors"][0]["details"]


@pytest.mark.mobilefirst("8.4 fromDate", "8.4 toDate")
def test_a_range_of_days_has_its_first_and_its_last_day(world: World) -> None:
    runtime = world.runtime()
    # A day around today: this test may run at midnight.
    yesterday, tomorrow = days_from_now(-1), days_from_now(1)
    everything = of(runtime, trail(world.monitor))
    assert len(everything) == 1
    for inside in (
        {"fromDate": yesterday},
        {"toDate": tomorrow},
        {"fromDate": yesterday, "toDate": tomorrow},
        {"fromDate": everything[0]["Timestamp"][:10], "toDate": everything[0]["Timestamp"][:10]},
        {"fromDate": "", "toDate": ""},
        {"fromDate": "0001-01-01", "toDate": "9999-12-31"},
    ):
        assert of(runtime, trail(world.monitor, **inside)) == everything, inside
    for outside in ({"fromDate": days_from_now(2)}, {"toDate": days_from_now(-2)}):
        assert of(runtime, trail(world.monitor, **outside)) == [], outside


@pytest.mark.mobilefirst("8.4 400 for a date that cannot be")
@pytest.mark.parametrize("parameter", ["fromDate", "toDate"])
@pytest.mark.parametrize(
    "date", ["yesterday", "2026-02-30", "2026-13-01", "20261121", "2026-W47-6", "0000-01-01", "2026-11-2\u0661"]
)
def test_a_date_that_cannot_be_is_refused_by_name(world: World, parameter: str, date: str) -> None:
    answer = world.monitor.get("/audit", params={parameter: date}, headers={"Accept": "application/zip"})
    assert answer.status_code == 400
    assert told(answer) == f"FWLSE3053E: {parameter} must be a day, as in 2026-11-21, not {date}."


@pytest.mark.mobilefirst("8.4 400 for a range that ends before it begins")
def test_a_range_that_ends_before_it_begins_is_refused(world: World) -> None:
    answer = world.monitor.get("/audit", params={"fromDate": "2026-11-22", "toDate": "2026-11-21"})
    assert answer.status_code == 400
    assert told(answer) == "FWLSE3053E: fromDate must not be after toDate."


@pytest.mark.mobilefirst("8.4 406")
@pytest.mark.parametrize("media_type", [JSON, XML, "text/csv"])
def test_the_trail_is_a_zip_and_nothing_else(world: World, media_type: str) -> None:
    assert world.monitor.get("/audit", headers={"Accept": media_type}).status_code == 406
