"""Application License Configuration (POST): the errors of its page, and what makes each."""

import json

import pytest

from tests.mobilefirst.client import XML, told
from tests.mobilefirst.documents import xml_of
from tests.mobilefirst.world import World

CONFIGURATION = {"category": "B2C", "licenseType": "APPLICATION"}


@pytest.fixture
def untouched(world: World) -> str:
    """A runtime in which nothing happened."""
    return world.runtime()


def nothing_happened(world: World, runtime: str) -> bool:
    return bool(world.admin.read(f"/runtimes/{runtime}/transactions")["items"] == [])


@pytest.mark.mobilefirst("2.1 400 without deployable data", "5.5 errors.details")
@pytest.mark.parametrize("media_type", ["application/json", "text/plain", None])
@pytest.mark.parametrize("body", [b"", b" \r\n\t"])
def test_400_where_no_deployable_data_is_provided(
    world: World, untouched: str, body: bytes, media_type: str | None
) -> None:
    headers = {} if media_type is None else {"Content-Type": media_type}
    answer = world.admin.http.post(f"/runtimes/{untouched}/license", content=body, headers=headers)
    assert answer.status_code == 400
    assert told(answer).startswith("FWLSE3051E: The request has no deployable data")
    assert nothing_happened(world, untouched)


@pytest.mark.mobilefirst("2.1 400 for a body that is malformed or no object")
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"null",
        b"[]",
        b'"com.package.id"',
        b'{"appID": "a", "category": "B2C",}',
        b"appID=a&category=B2C",
        b"\xff\xfe",
        b"[" * 5000,
        b'{"appID": "a", "category": "B2C"} {}',
    ],
)
def test_400_where_the_data_cannot_be_read(world: World, untouched: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = world.admin.http.post(f"/runtimes/{untouched}/license", content=body, headers=headers)
    assert answer.status_code == 400
    assert told(answer).startswith("FWLSE3051E: ")
    assert nothing_happened(world, untouched)


@pytest.mark.mobilefirst("2.1 400 for a member that is missing", "2.1 400 for a member of another type")
@pytest.mark.parametrize("member", ["appID", "category", "licenseType"])
@pytest.mark.parametrize("value", [7, True, [], {}, 1.5, ...])
def test_400_names_a_member_that_is_missing_or_of_another_type(
    world: World, untouched: str, application: str, member: str, value: object
) -> None:
    sent: dict[str, object] = {"appID": application, **CONFIGURATION, member: value}
    if value is ...:
        del sent[member]
    answer = world.admin.post(f"/runtimes/{untouched}/license", sent)
    if member == "licenseType" and value is ...:
        assert answer.json()["ok"] is True, "this one alone may be missing"
        return
    assert answer.status_code == 400
    assert told(answer).startswith(f"FWLSE3051E: {member} ")
    assert nothing_happened(world, untouched)


@pytest.mark.mobilefirst(
    "2.1 400 for an unknown value", "2.1 values are matched exactly", "11 FWLSE3052E payload not recognised"
)
@pytest.mark.parametrize(
    ("member", "value"),
    [("category", "b2c"), ("category", "B2C "), ("category", ""), ("licenseType", "Application"), ("licenseType", "")],
)
def test_400_says_which_values_there_are(
    world: World, untouched: str, application: str, member: str, value: str
) -> None:
    answer = world.admin.post(f"/runtimes/{untouched}/license", {"appID": application, **CONFIGURATION, member: value})
    assert answer.status_code == 400
    assert told(answer).startswith(f"FWLSE3052E: {member} must be one of ")
    assert nothing_happened(world, untouched)


@pytest.mark.mobilefirst("2.1 400 for a name that is too long")
@pytest.mark.parametrize(("length", "status"), [(254, 200), (255, 400)])
def test_400_for_a_name_that_no_store_has_room_for(world: World, untouched: str, length: int, status: int) -> None:
    answer = world.admin.post(f"/runtimes/{untouched}/license", {"appID": "a" * length, **CONFIGURATION})
    assert answer.status_code == status
    assert nothing_happened(world, untouched) is (status == 400)


@pytest.mark.mobilefirst("2.1 body appID")
@pytest.mark.parametrize("name", ["", "   ", "a\0b", "a\nb", "\ud800"])
def test_400_for_what_is_no_name(world: World, untouched: str, name: str) -> None:
    content = json.dumps({"appID": name, **CONFIGURATION})
    headers = {"Content-Type": "application/json"}
    answer = world.admin.http.post(f"/runtimes/{untouched}/license", content=content, headers=headers)
    assert answer.status_code == 400
    assert told(answer).startswith("FWLSE3051E: ")
    assert nothing_happened(world, untouched)


@pytest.mark.mobilefirst("2.1 403")
@pytest.mark.parametrize("roles", [("mfpmonitor",), ("mfpoperator",), ("mfpmonitor", "mfpoperator"), ()])
def test_403_for_a_user_who_is_not_authorized(
    world: World, untouched: str, application: str, roles: tuple[str, ...]
) -> None:
    with world.client(*roles) as caller:
        answer = caller.post(f"/runtimes/{untouched}/license", {"appID": application, **CONFIGURATION})
    assert answer.status_code == 403
    assert "mfpadmin, mfpdeployer" in told(answer)
    assert nothing_happened(world, untouched)


@pytest.mark.mobilefirst("2.1 404 for a runtime that is not there")
@pytest.mark.parametrize("name", ["nowhere", "RUNTIME1", "%00", "a" * 1000, "%F0%9F%98%80"])
def test_404_where_the_runtime_is_not_found(world: World, application: str, name: str) -> None:
    answer = world.admin.post(f"/runtimes/{name}/license", {"appID": application, **CONFIGURATION})
    assert answer.status_code == 404
    assert told(answer).startswith("FWLSE3030E: ")


@pytest.mark.mobilefirst("2.1 404 for a runtime that is not running")
@pytest.mark.parametrize("waits", ["true", "false"])
def test_404_where_the_runtime_is_not_running(world: World, application: str, waits: str) -> None:
    stopped = world.runtime(running=False)
    answer = world.admin.post(
        f"/runtimes/{stopped}/license", {"appID": application, **CONFIGURATION}, params={"async": waits}
    )
    assert answer.status_code == 404
    assert told(answer).startswith("FWLSE3041E: ")
    assert nothing_happened(world, stopped)


@pytest.mark.parametrize(
    ("method", "route"),
    [
        pytest.param("POST", "/runtimes/{runtime}/license", marks=pytest.mark.mobilefirst("2.1 500")),
        pytest.param("GET", "/runtimes/{runtime}/license/{application}", marks=pytest.mark.mobilefirst("2.2 500")),
        pytest.param("DELETE", "/runtimes/{runtime}/license/{application}", marks=pytest.mark.mobilefirst("2.3 500")),
        pytest.param("GET", "/runtimes/{runtime}/transactions/{id}", marks=pytest.mark.mobilefirst("3.2 500")),
        pytest.param("GET", "/runtimes/{runtime}/transactions", marks=pytest.mark.mobilefirst("3.3 500")),
        pytest.param("GET", "/runtimes/{runtime}/lock", marks=pytest.mark.mobilefirst("4 500")),
        pytest.param("DELETE", "/runtimes/{runtime}/lock", marks=pytest.mark.mobilefirst("4 500")),
        pytest.param("GET", "/runtimes", marks=pytest.mark.mobilefirst("6.1 500")),
        pytest.param("GET", "/runtimes/{runtime}", marks=pytest.mark.mobilefirst("6.2 500")),
        pytest.param("GET", "/runtimes/{runtime}/applications", marks=pytest.mark.mobilefirst("6.3 500")),
        pytest.param("POST", "/runtimes/{runtime}/applications", marks=pytest.mark.mobilefirst("6.3 500")),
        pytest.param("GET", "/config", marks=pytest.mark.mobilefirst("7 500")),
        pytest.param("GET", "/diagnostic", marks=pytest.mark.mobilefirst("7 500")),
        pytest.param("GET", "/audit", marks=pytest.mark.mobilefirst("8.4 500")),
    ],
)
def test_500_for_an_internal_error(counting: World, method: str, route: str) -> None:
    runtime, application = counting.runtime(), counting.application()
    order = {"method": method, "route": f"/management-apis/2.0{route}", "error": "mobilefirst.internal"}
    ordered = counting.house.post("/testing/faults", json=order)
    assert ordered.status_code == 201, ordered.text
    body = {"appID": application, **CONFIGURATION} if method == "POST" else None
    path = route.format(runtime=runtime, application=application, id=1)
    answer = counting.admin.http.request(method, path, json=body)
    assert answer.status_code == 500
    assert told(answer).startswith("FWLSE3000E: ")
    assert nothing_happened(counting, runtime)


@pytest.mark.mobilefirst("5.5 the same body for every status, in JSON or XML with the root error-result")
def test_an_error_is_told_in_xml_too(world: World, application: str) -> None:
    sent = {"appID": application, **CONFIGURATION}
    answer = world.admin.post("/runtimes/nowhere/license", sent, headers={"Accept": XML})
    root = xml_of(answer, "error")
    assert (answer.status_code, root.tag, root.get("ok")) == (404, "error-result", "false")
    assert [error.get("details", "").partition(":")[0] for error in root.iterfind("errors/error")] == ["FWLSE3030E"]
