"""Who may do what on the admin face."""

import base64

import httpx
import pytest

from seatkeeper.identity.rights import Right
from tests.admin.world import TOKEN, World

pytestmark = pytest.mark.anyio

CALLS = [
    ("POST", "/inventory", Right.INVENTORY_WRITE),
    ("POST", "/assignments", Right.ASSIGN),
    ("POST", "/assignments/remove", Right.ASSIGN),
    ("GET", "/sessions", Right.SESSIONS_READ),
    ("DELETE", "/sessions/1", Right.SESSIONS_END),
    ("GET", "/explain?user=agent01&license=A", Right.EXPLAIN),
    ("GET", "/licenses", Right.EXPLAIN),
]
BODY = {"holder": {"kind": "user", "name": "agent01"}, "licenses": ["A"]}


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


async def call(world: World, method: str, path: str, authorization: str | None = None) -> httpx.Response:
    async with world.client() as client:
        headers = {} if authorization is None else {"Authorization": authorization}
        return await client.request(method, path, json=BODY if method == "POST" else None, headers=headers)


@pytest.mark.parametrize(("method", "path", "right"), CALLS)
async def test_every_call_needs_credentials(world: World, method: str, path: str, right: Right) -> None:  # noqa: ARG001 - of other tests
    response = await call(world, method, path)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Basic ")
    assert response.json()["error"] == "unauthorized"


@pytest.mark.parametrize(("method", "path", "right"), CALLS)
async def test_a_user_without_the_right_is_told_which_he_lacks(
    world: World, method: str, path: str, right: Right
) -> None:
    response = await call(world, method, path, basic("agent01:demo:password"))
    assert response.status_code == 403
    assert response.json()["error"] == "forbidden"
    assert response.json()["detail"] == {"right": right.value}
    assert f"agent01 lacks the right {right.value}" in response.json()["message"]


@pytest.mark.parametrize(("method", "path", "right"), CALLS)
async def test_the_token_may_do_everything(world: World, method: str, path: str, right: Right) -> None:  # noqa: ARG001 - of other tests
    response = await call(world, method, path, f"Bearer {TOKEN}")
    assert response.status_code not in {401, 403}


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer",
        "Bearer wrong",
        f"Bearer {TOKEN}x",
        f"Token {TOKEN}",
        basic("agent01:wrong"),
        basic("nobody:demo:password"),
        basic("no colon"),
        "Basic ???",
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        "Bearer \u00e9",
        "Basic \u00e9",
    ],
)
async def test_wrong_credentials_are_refused(world: World, authorization: str) -> None:
    async with world.client() as client:
        headers = [(b"authorization", authorization.encode("latin-1"))]
        response = await client.get("/sessions", headers=headers)
    assert response.status_code == 401
    assert response.json()["error"] == "unauthorized"


async def test_a_wrong_login_and_a_wrong_password_read_the_same(world: World) -> None:
    unknown = await call(world, "GET", "/sessions", basic("nobody:x"))
    wrong = await call(world, "GET", "/sessions", basic("operator01:x"))
    assert unknown.json() == wrong.json()


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
async def test_a_role_gives_its_rights_and_a_password_may_hold_a_colon(world: World, scheme: str) -> None:
    authorization = basic("Operator01:demo:password").replace("Basic", scheme)
    assert (await call(world, "GET", "/sessions", authorization)).status_code == 200


async def test_a_users_own_right_counts(world: World) -> None:
    assert (await call(world, "POST", "/assignments", basic("assigner01:demo:password"))).status_code == 200
    assert (await call(world, "GET", "/sessions", basic("assigner01:demo:password"))).status_code == 403
