"""Who may ask what: user and password on each request, and the four roles (contract 5.1)."""

import base64
import ssl
from pathlib import Path

import httpx
import pytest

from tests.certificates import Authority
from tests.mobilefirst.client import PASSWORD, Client, root_of, told
from tests.mobilefirst.documents import xml_of
from tests.mobilefirst.world import World
from tests.server_process import start_server

READS = [
    "/runtimes",
    "/runtimes/{runtime}",
    "/runtimes/{runtime}/applications",
    "/runtimes/{runtime}/license/{application}",
    "/runtimes/{runtime}/transactions",
    "/runtimes/{runtime}/transactions/{transaction}",
    "/runtimes/{runtime}/lock",
    "/config",
    "/diagnostic",
    "/audit",
]


class Deployed:
    """What a module's tests read: an application, and the transaction that configured it."""

    def __init__(self, world: World, runtime: str) -> None:
        self.runtime = runtime
        self.application = world.application()
        self.transaction = world.deployer.configure(runtime, self.application)["transaction"]["id"]

    def at(self, path: str) -> str:
        return path.format(runtime=self.runtime, application=self.application, transaction=self.transaction)


@pytest.fixture(scope="module")
def deployed(world: World, runtime: str) -> Deployed:
    return Deployed(world, runtime)


def _of_role(world: World, role: str) -> Client:
    clients: dict[str, Client] = {
        "mfpadmin": world.admin,
        "mfpdeployer": world.deployer,
        "mfpmonitor": world.monitor,
        "mfpoperator": world.operator,
    }
    return clients[role]


@pytest.mark.mobilefirst("5.1 mfpmonitor may read", "5.1 mfpoperator may read")
@pytest.mark.parametrize("role", ["mfpadmin", "mfpdeployer", "mfpmonitor", "mfpoperator"])
@pytest.mark.parametrize("path", READS)
def test_every_role_may_read(world: World, deployed: Deployed, role: str, path: str) -> None:
    answer = _of_role(world, role).get(deployed.at(path))
    assert answer.status_code == 200, answer.text


@pytest.mark.mobilefirst("5.1 mfpadmin may read, deploy and release the lock", "5.1 mfpdeployer may read and deploy")
@pytest.mark.parametrize("role", ["mfpadmin", "mfpdeployer"])
def test_admin_and_deployer_may_deploy(world: World, runtime: str, application: str, role: str) -> None:
    client = _of_role(world, role)
    assert client.configure(runtime, application)["transaction"]["userName"] == client.login
    assert client.delete(f"/runtimes/{runtime}/license/{application}").json()["ok"] is True


@pytest.mark.mobilefirst("5.1 mfpadmin may read, deploy and release the lock")
def test_only_the_admin_may_release_the_lock(world: World, runtime: str) -> None:
    assert world.admin.delete(f"/runtimes/{runtime}/lock").status_code == 200
    assert world.deployer.delete(f"/runtimes/{runtime}/lock").status_code == 403


@pytest.mark.mobilefirst(
    "2.1 403", "2.3 403", "4 403", "5.1 403 for a user without the role, who is told which ones do"
)
@pytest.mark.parametrize("role", ["mfpmonitor", "mfpoperator"])
def test_monitor_and_operator_change_nothing(world: World, deployed: Deployed, role: str) -> None:
    client = _of_role(world, role)
    payload = {"appID": deployed.application, "category": "B2E"}
    before = world.admin.read(deployed.at("/runtimes/{runtime}/transactions"))["totalListSize"]
    refused = [
        (client.post(deployed.at("/runtimes/{runtime}/license"), payload), "mfpadmin, mfpdeployer"),
        (client.delete(deployed.at("/runtimes/{runtime}/license/{application}")), "mfpadmin, mfpdeployer"),
        (client.delete(deployed.at("/runtimes/{runtime}/lock")), "mfpadmin"),
    ]
    for answer, roles in refused:
        assert answer.status_code == 403
        assert told(answer) == f"{client.login} may not do this; it needs one of the roles {roles}."
    found = world.admin.read(deployed.at("/runtimes/{runtime}/license/{application}"))
    assert found == {"appID": deployed.application, "category": "B2C", "licenseType": "APPLICATION"}
    assert world.admin.read(deployed.at("/runtimes/{runtime}/transactions"))["totalListSize"] == before


@pytest.mark.mobilefirst("2.2 403", "3.2 403", "3.3 403", "7 403", "8.4 403")
@pytest.mark.parametrize("path", READS)
def test_a_user_without_a_role_may_not_even_read(world: World, deployed: Deployed, path: str) -> None:
    with world.client("operator") as nobody:
        answer = nobody.get(deployed.at(path))
    assert answer.status_code == 403
    roles = "mfpadmin, mfpdeployer, mfpmonitor, mfpoperator"
    assert told(answer) == f"{nobody.login} may not do this; it needs one of the roles {roles}."


def test_an_administrator_may_do_everything(world: World, runtime: str, application: str) -> None:
    with world.client("administrator") as administrator:
        administrator.configure(runtime, application)
        assert administrator.delete(f"/runtimes/{runtime}/lock").status_code == 200


@pytest.mark.mobilefirst("5.1 401 with the challenge Basic for a request without credentials")
@pytest.mark.parametrize("path", READS)
def test_a_request_without_credentials_is_challenged(http: httpx.Client, deployed: Deployed, path: str) -> None:
    answer = http.get(deployed.at(path), headers={"Accept": "application/xml"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="MobileFirst", charset="UTF-8"'
    details = xml_of(answer, "error").find("errors/error")
    assert details is not None
    assert details.get("details") == "Send a user and a password with the request (Authorization: Basic)."


@pytest.mark.mobilefirst("5.1 401 with the challenge Basic for a request without credentials")
def test_a_change_without_credentials_changes_nothing(
    world: World, http: httpx.Client, runtime: str, application: str
) -> None:
    payload = {"appID": application, "category": "B2C"}
    assert http.post(f"/runtimes/{runtime}/license", json=payload).status_code == 401
    assert http.delete(f"/runtimes/{runtime}/lock").status_code == 401
    assert world.admin.get(f"/runtimes/{runtime}/license/{application}").status_code == 404


@pytest.mark.mobilefirst("5.1 401 for credentials that are wrong", "5.1 401 for another scheme")
@pytest.mark.parametrize(
    ("authorization", "why"),
    [
        (b"Bearer token", "Send a user and a password with the request (Authorization: Basic)."),
        (b"Basic", "Basic credentials are `login:password` in UTF-8, encoded in base64."),
        (b"Basic !", "Basic credentials are `login:password` in UTF-8, encoded in base64."),
        (b"Basic \xff", "Basic credentials are `login:password` in UTF-8, encoded in base64."),
        (
            b"Basic " + base64.b64encode(b"nobody"),
            "Basic credentials are `login:password` in UTF-8, encoded in base64.",
        ),
        (b"Basic " + base64.b64encode(b"nobody:x"), "The user or the password is wrong."),
        (b"Basic " + base64.b64encode(b"nobody\0:x"), "The user or the password is wrong."),
    ],
)
def test_what_does_not_say_who_asks_is_401(http: httpx.Client, authorization: bytes, why: str) -> None:
    answer = http.get("/runtimes", headers={b"Authorization": authorization})
    assert (answer.status_code, told(answer)) == (401, why)
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.mobilefirst("5.1 401 for credentials that are wrong")
def test_a_wrong_password_stands_in_no_log(world: World, http: httpx.Client) -> None:
    secret = "a-password-typed-elsewhere"
    assert http.get("/runtimes", auth=(world.admin.login, secret)).status_code == 401
    written = world.server.log.read_text()
    assert secret not in written
    assert base64.b64encode(f"{world.admin.login}:{secret}".encode()).decode() not in written


@pytest.mark.mobilefirst("5.1 Basic, sent with the request or after the challenge", "5.1 no other header is required")
def test_a_client_that_waits_for_the_challenge_gets_in(world: World) -> None:
    class AfterChallenge(httpx.Auth):
        """Sends the password only when it is asked for, as Apache HttpClient does."""

        def auth_flow(self, request: httpx.Request):  # type: ignore[no-untyped-def]  # noqa: ANN202 - httpx's own protocol
            answer = yield request
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith("Basic ")
            pair = base64.b64encode(f"{world.monitor.login}:{PASSWORD}".encode()).decode()
            request.headers["Authorization"] = f"Basic {pair}"
            yield request

    answer = httpx.get(f"{root_of(world.url)}/runtimes", auth=AfterChallenge(), trust_env=False)
    assert answer.status_code == 200


def test_scheme_and_login_are_found_in_any_case(world: World, http: httpx.Client) -> None:
    pair = base64.b64encode(f"{world.monitor.login.upper()}:{PASSWORD}".encode()).decode()
    assert http.get("/runtimes", headers={"Authorization": f"bASIC  {pair}"}).status_code == 200


@pytest.mark.mobilefirst("5.1 web pages of other origins change nothing")
@pytest.mark.parametrize(
    "headers", [{"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_page_of_another_origin_changes_nothing(
    world: World, runtime: str, application: str, headers: dict[str, str]
) -> None:
    payload = {"appID": application, "category": "B2C"}
    answer = world.admin.post(f"/runtimes/{runtime}/license", payload, headers=headers)
    assert (answer.status_code, told(answer)) == (403, "Pages of other origins may not do this.")
    assert world.admin.delete(f"/runtimes/{runtime}/lock", headers=headers).status_code == 403
    assert world.admin.get(f"/runtimes/{runtime}/license/{application}").status_code == 404
    own = {"Origin": world.url, "Sec-Fetch-Site": "same-origin"}
    assert world.admin.post(f"/runtimes/{runtime}/license", payload, headers=own).status_code == 200


@pytest.mark.mobilefirst("5.1 it works over TLS")
def test_it_is_offered_over_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    pair = authority.issue("127.0.0.1")
    environment = {
        "SEATKEEPER_LISTEN_HTTPS": "127.0.0.1:0",
        "SEATKEEPER_LISTEN_CERTIFICATE": str(pair.certificate),
        "SEATKEEPER_LISTEN_KEY": str(pair.key),
    }
    with start_server(tmp_path / "data", env=environment) as server:
        [secure] = [url for url in server.urls if url.startswith("https:")]
        trusting = ssl.create_default_context(cafile=authority.certificate)
        answer = httpx.get(f"{root_of(secure)}/runtimes", verify=trusting, trust_env=False)
    assert answer.status_code == 401
