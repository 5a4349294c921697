"""One shape for every error of the admin face, and never a 500 for bad input."""

import httpx
import pytest

from seatkeeper.admin.errors import STATUS, ErrorBody
from seatkeeper.licensing.refusals import Code
from tests.admin.world import World

pytestmark = pytest.mark.anyio

HOLDER = {"kind": "user", "name": "agent02"}


def test_every_refusal_of_the_rules_has_a_status() -> None:
    assert set(STATUS) == set(Code)
    assert all(400 <= status < 500 for status in STATUS.values())


def headers_of(path: str) -> dict[str, str]:
    """An inventory is TOML, all else is JSON."""
    return {"Content-Type": "application/toml" if path.startswith("/inventory") else "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("GET", "/nothing", None, 404, "not_found"),
        ("GET", "/sessions/", None, 404, "not_found"),
        ("PUT", "/assignments", None, 405, "method_not_allowed"),
        ("DELETE", "/sessions/1", None, 404, "session_ended"),
        ("DELETE", "/sessions/abc", None, 404, "session_ended"),
        ("DELETE", f"/sessions/{'9' * 400}", None, 404, "session_ended"),
        ("DELETE", "/sessions/%00", None, 404, "session_ended"),
        ("DELETE", "/sessions/-1", None, 404, "session_ended"),
        ("DELETE", "/sessions/%D9%A3", None, 404, "session_ended"),
        ("GET", "/explain", None, 422, "invalid_request"),
        ("GET", "/explain?user=nobody&license=A", None, 404, "unknown_user"),
        ("GET", "/explain?user=%00&license=%FF", None, 404, "unknown_user"),
        ("GET", "/explain?user=agent01&license=A&station=s", None, 404, "unknown_station"),
        ("POST", "/assignments", "{", 422, "invalid_request"),
        ("POST", "/assignments", "", 422, "invalid_request"),
        ("POST", "/assignments", "[" * 100_000, 400, "bad_request"),
        ("POST", "/assignments", "\udcff", 400, "bad_request"),
        ("POST", "/assignments", '{"holder": {"kind": "user", "name": "\\ud800"}, "licenses": ["A"]}', 422, None),
        ("POST", "/assignments", {"holder": HOLDER, "licenses": []}, 422, "invalid_request"),
        ("POST", "/assignments", {"holder": HOLDER, "licenses": [7]}, 422, "invalid_request"),
        ("POST", "/assignments", {"holder": HOLDER, "licenses": ["A"], "x": 1}, 422, "invalid_request"),
        ("POST", "/assignments", {"holder": {"kind": "app", "name": "a"}, "licenses": ["A"]}, 422, "invalid_request"),
        ("POST", "/assignments", {"holder": HOLDER, "licenses": ["nothing"]}, 404, "unknown_license"),
        ("POST", "/assignments", {"holder": HOLDER, "licenses": ["A"]}, 409, "seats_exhausted"),
        ("POST", "/assignments", {"holder": HOLDER, "licenses": ["S"]}, 409, "not_assignable_to"),
        ("POST", "/inventory?allow_overcommit=perhaps", "", 422, "invalid_request"),
        ("POST", "/inventory", "\udcff", 422, "invalid_inventory"),
        ("POST", "/inventory", "a = " + "[" * 100_000, 422, "invalid_inventory"),
        ("POST", "/inventory", "[[users]]\nlogin = '\\uD800'", 200, None),
    ],
    ids=range(29),
)
async def test_bad_input_is_told_in_the_one_shape(
    admin: httpx.AsyncClient, *, method: str, path: str, body: object, status: int, error: str | None
) -> None:
    if isinstance(body, str):
        content = body.encode("utf-8", "surrogateescape")
        response = await admin.request(method, path, content=content, headers=headers_of(path))
    else:
        response = await admin.request(method, path, json=body)
    assert response.status_code == status, response.text
    if status >= 400:
        told = ErrorBody.model_validate(response.json())
        assert set(response.json()) == {"error", "message", "detail"}
        assert told.message
        assert error in {None, told.error}


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("GET", "/nothing", None, "GET /v1/nothing: Not Found. The paths are listed in /v1/openapi.json."),
        ("POST", "/assignments", b"", "The body is empty; a JSON object is expected."),
        (
            "POST",
            "/assignments",
            b"{",
            "The body is not valid JSON: Expecting property name enclosed in double quotes, at character 1.",
        ),
        ("POST", "/assignments", b"\xff", "POST /v1/assignments: There was an error parsing the body."),
        (
            "POST",
            "/inventory?file=bin.toml",
            b"\xff",
            "bin.toml: line 1: is not UTF-8; save the file as UTF-8",
        ),
        (
            "DELETE",
            "/sessions/42",
            None,
            "There is no live session 42. 'seatkeeper sessions list' shows them; GET /v1/sessions does, too.",
        ),
        (
            "GET",
            "/explain?user=agent01&license=A&machine=desk",
            None,
            "The machine desk is no IP address; a machine is one, as in 192.0.2.7.",
        ),
    ],
    ids=range(7),
)
async def test_an_error_says_once_what_is_wrong_and_what_to_do(
    admin: httpx.AsyncClient, method: str, path: str, body: bytes | None, said: str
) -> None:
    response = await admin.request(method, path, content=body, headers=headers_of(path))
    assert response.json()["message"] == said


async def test_an_invalid_request_tells_the_place_and_not_the_value(admin: httpx.AsyncClient) -> None:
    body = {"holder": {"kind": "user", "name": "agent01"}, "licenses": ["A"], "password": "hunter2"}
    response = await admin.post("/assignments", json=body)
    assert "body.password" in response.json()["message"]
    assert "hunter2" not in response.text


async def test_a_stopped_ledger_answers_503_with_retry_after(world: World, admin: httpx.AsyncClient) -> None:
    await world.ledger.stop()
    response = await admin.get("/explain", params={"user": "agent01", "license": "A"})
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) >= 1
    assert response.json()["error"] == "stopping"
