"""What clients ask beside licenses: the global configuration, the diagnostic, and the check of health (contract 7)."""

from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.mobilefirst.client import JSON, TEXT_XML, XML, told
from tests.mobilefirst.documents import xml_of
from tests.mobilefirst.world import World
from tests.server_process import start_server

# As Prometheus 2.49 sends it.
PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PLACES = ("/config", "/diagnostic", "/diagnostic/healthCheck")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server with nothing in it yet, whose audit trail is off."""
    environment = {"SEATKEEPER_MOBILEFIRST_AUDIT": "false", "SEATKEEPER_MOBILEFIRST_PRODUCT_VERSION": "8.0.0.1"}
    with start_server(tmp_path_factory.mktemp("small") / "data", env=environment) as server:
        world = World(server)
        yield world
        world.close()


@pytest.mark.mobilefirst(
    "7 GET /config",
    "7 config productVersion",
    "7 config auditEnabled",
    "7 config pushEnabled false",
    "7 config iosEdition false",
    "7 config topology STANDALONE",
    "7 config analyticsConsoleUrl is empty",
)
def test_the_configuration_says_what_there_is_and_what_is_not(world: World) -> None:
    for client in (world.admin, world.deployer, world.monitor, world.operator):
        assert client.read("/config") == {
            "analyticsConsoleUrl": [],
            "auditEnabled": True,
            "iosEdition": False,
            "productVersion": "8.0",
            "pushEnabled": False,
            "topology": "STANDALONE",
        }


@pytest.mark.mobilefirst("7 config in XML")
@pytest.mark.parametrize("media_type", [XML, TEXT_XML])
def test_the_configuration_in_xml(world: World, media_type: str) -> None:
    root = xml_of(world.monitor.get("/config", headers={"Accept": media_type}), "config", media_type)
    assert root.tag == "global-config"
    assert dict(root.attrib) == {
        "auditEnabled": "true",
        "iosEdition": "false",
        "productVersion": "8.0",
        "pushEnabled": "false",
        "topology": "STANDALONE",
    }


@pytest.mark.mobilefirst(
    "7 GET /diagnostic",
    "7 diagnostic adminDB.status",
    "7 diagnostic productVersion",
    "7 diagnostic runningProjectStatuses",
    "7 diagnostic runtimeDiagnostic",
    "7 diagnostic analyticsService is empty",
    "7 diagnostic configService.status and pushDiagnostic.status say that there is none",
)
def test_the_diagnostic_tells_of_each_runtime_that_runs(world: World) -> None:
    full, empty, stopped = world.runtime(), world.runtime(), world.runtime(running=False)
    world.application(full, "android 1.0")
    world.application(empty, category="B2C")

    body = world.monitor.read("/diagnostic")

    assert body.keys() == {
        "adminDB",
        "analyticsService",
        "configService",
        "productVersion",
        "pushDiagnostic",
        "runningProjectStatuses",
        "runtimeDiagnostic",
    }
    assert body["adminDB"] == {"status": "available"}
    assert body["configService"] == body["pushDiagnostic"] == {"status": "not installed"}
    assert (body["analyticsService"], body["productVersion"]) == ([], "8.0")
    projects = {each["name"]: each for each in body["runningProjectStatuses"]}
    assert projects[full] == {"hasAppsOrAdapter": True, "name": full, "running": True, "synchronized": "ok"}
    assert projects[empty]["hasAppsOrAdapter"] is False
    runtimes = {each["name"]: each["instances"] for each in body["runtimeDiagnostic"]}
    database = {"message": "Changes are saved.", "ok": "Ok"}
    assert runtimes[full] == [{"Providers": [{"DatabaseDiagnosticBean": database}], "overallStatus": "Ok"}]
    assert stopped not in projects.keys() | runtimes.keys()


@pytest.mark.mobilefirst("7 diagnostic in XML")
@pytest.mark.parametrize("media_type", [XML, TEXT_XML])
def test_the_diagnostic_in_xml(world: World, runtime: str, media_type: str) -> None:
    root = xml_of(world.monitor.get("/diagnostic", headers={"Accept": media_type}), "diagnostic", media_type)
    assert root.tag == "diagnostic-info"
    named = {each.get("name"): each.get("synchronized") for each in root.findall("runningProjectStatuses")}
    assert named[runtime] == "ok"
    [instance] = root.findall(f"runtimeDiagnosticArray/runtimeDiagnostic[@name='{runtime}']/instances/instance")
    assert instance.get("overallStatus") == "Ok"


@pytest.mark.mobilefirst("7 one runtime that runs is told in runningProjectStatuses as an object, several as a list")
def test_one_runtime_is_told_as_the_documented_object_and_several_as_a_list(small: World) -> None:
    assert small.monitor.read("/diagnostic")["runningProjectStatuses"] == []
    first = small.runtime()
    small.runtime(running=False)
    assert small.monitor.read("/diagnostic")["runningProjectStatuses"]["name"] == first
    second = small.runtime()
    statuses = small.monitor.read("/diagnostic")["runningProjectStatuses"]
    assert sorted(each["name"] for each in statuses) == sorted([first, second])


@pytest.mark.mobilefirst("7 GET /diagnostic/healthCheck", "7 healthCheck answers Prometheus in its text format")
def test_prometheus_reads_what_the_check_of_health_answers(world: World) -> None:
    runs, stopped = world.runtime(), world.runtime(running=False)
    world.application(runs, "android 1.0")
    world.application(runs, "ios 1.0")
    world.application(runs, category="B2C")

    answer = world.monitor.get("/diagnostic/healthCheck", headers={"Accept": PROMETHEUS})

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    samples = {
        (sample.name, sample.labels.get("runtime")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert samples["seatkeeper_ledger_healthy", None] == 1
    assert samples["seatkeeper_runtime_running", runs] == 1
    assert samples["seatkeeper_runtime_running", stopped] == 0
    assert samples["seatkeeper_runtime_applications", runs] == 2
    assert samples["seatkeeper_runtime_applications", stopped] == 0
    assert samples["seatkeeper_runtime_blocked_applications", runs] == 0
    assert samples["seatkeeper_runtime_unfinished_transactions", runs] == 0


@pytest.mark.mobilefirst("7 406 where healthCheck is wanted in another format")
@pytest.mark.parametrize("media_type", [JSON, XML])
def test_the_check_of_health_has_no_other_format(world: World, media_type: str) -> None:
    answer = world.monitor.get("/diagnostic/healthCheck", headers={"Accept": media_type})
    assert answer.status_code == 406


@pytest.mark.mobilefirst("7 401")
@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_told_to_a_stranger(http: httpx.Client, place: str) -> None:
    answer = http.get(place)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.mobilefirst("7 403", "8.1 403", "8.4 403")
@pytest.mark.parametrize("place", [*PLACES, "/license-report", "/license-report/history", "/audit"])
def test_nothing_is_told_to_whoever_has_none_of_the_roles(world: World, place: str) -> None:
    with world.client("operator") as outsider:
        assert outsider.get(place).status_code == 403


@pytest.mark.mobilefirst("8.4 a setting switches it off", "7 config auditEnabled", "7 config productVersion")
def test_a_server_that_tells_no_audit_trail_says_so(small: World) -> None:
    config = small.monitor.read("/config")
    assert (config["auditEnabled"], config["productVersion"]) == (False, "8.0.0.1")
    answer = small.monitor.get("/audit")
    assert answer.status_code == 404
    assert told(answer) == "FWLSE3002E: The setting mobilefirst.audit keeps the audit trail back; switch it on."


@pytest.mark.mobilefirst("8.1 it works without any application")
def test_there_is_a_report_where_there_is_no_application(small: World) -> None:
    runtime = small.runtime()
    for place in ("/license-report", f"/runtimes/{runtime}/license-report"):
        found = small.monitor.read(place)["runtimes"]
        assert {"name": runtime, "running": True, "applications": [], "counts": []} in found
        answer = small.monitor.get(place, headers={"Accept": "text/csv"})
        assert answer.status_code == 200
        assert answer.text == "runtime,running,appID,category,licenseType,versions,blocked,blockedBecause\r\n"
    assert small.monitor.read("/license-report/history")["changes"] == []
