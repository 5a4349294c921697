"""Pages of other sites in Debian's Chromium, over TLS: contract 1.7 as a browser has it.

Three hosts of different sites lead to this machine: the server, a page that may use it, and one that may not. The
browser accepts the certificates of just these by their keys; it has a profile of its own and the usual defaults.
"""

import base64
import hashlib
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.certificates import Authority, Pair
from tests.icws.client import PASSWORD
from tests.icws.world import World
from tests.machine import program
from tests.server_process import start_server

pytestmark = pytest.mark.slow

SERVER = "https://licenses.test:8019"
ALLOWED = "https://desk.example"
FOREIGN = "https://elsewhere.invalid"
DOCUMENT = Path(__file__).with_name("client.html").read_bytes()

LICENSE_MESSAGE = "urn:inin.com:licenses:licenseMessage"


class Site(BaseHTTPRequestHandler):
    """A site whose every page is the client, whatever it is called."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(DOCUMENT)))
        self.end_headers()
        self.wfile.write(DOCUMENT)

    def log_message(self, *_args: object) -> None:
        """Nothing of it is of interest."""


@contextmanager
def site(pair: Pair) -> Iterator[int]:
    """A running site; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def key_of(pair: Pair) -> str:
    """The certificate's key as Chromium names it."""
    own, *_chain = x509.load_pem_x509_certificates(pair.certificate.read_bytes())
    spelled = own.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(spelled).digest()).decode()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def pair(authority: Authority) -> Pair:
    """The server's certificate."""
    return authority.issue("licenses.test")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, pair: Pair) -> Iterator[World]:
    """A server that pages of one other site may use."""
    env = {"SEATKEEPER_ICWS_ALLOWED_ORIGINS": ALLOWED}
    tls = ("--https", "127.0.0.1:0", "--certificate", str(pair.certificate), "--key", str(pair.key))
    with start_server(tmp_path_factory.mktemp("server") / "data", *tls, env=env) as server:
        world = World(server)
        yield world
        world.close()


@pytest.fixture(scope="module")
def browser(
    world: World, pair: Pair, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    chromium = program("chromium")
    pages = authority.issue("desk.example", "elsewhere.invalid", file="site")
    with site(pages) as port, sync_playwright() as playwright:
        places = {
            "licenses.test:8019": urlsplit(world.server.urls[1]).port,
            "desk.example:443": port,
            "elsewhere.invalid:443": port,
        }
        rules = ", ".join(f"MAP {host} 127.0.0.1:{port}" for host, port in places.items())
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"),
            executable_path=chromium,
            headless=True,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                f"--host-resolver-rules={rules}",
                f"--ignore-certificate-errors-spki-list={key_of(pair)},{key_of(pages)}",
            ],
        )
        yield context
        context.close()


@contextmanager
def opened(browser: BrowserContext, origin: str) -> Iterator[Page]:
    """A page of this origin, with a client of the server."""
    page = browser.new_page()
    page.set_default_timeout(20_000)
    page.goto(f"{origin}/")
    page.evaluate("server => { window.client = new Client(server) }", SERVER)
    yield page
    page.close()


def log_on(page: Page, login: str) -> str:
    created = page.evaluate("user => client.logOn(...user)", [login, PASSWORD])
    assert created["status"] == 201
    assert created["location"] == f"/icws/{created['session']}/connection"
    return str(created["session"])


def call(page: Page, method: str, path: str, body: object = None) -> tuple[int, object]:
    """A request of the page's client: status and body of the answer."""
    answer = page.evaluate(
        "([method, path, body]) => client.call(method, path, body ?? undefined)", [method, path, body]
    )
    return answer["status"], answer["body"]


def test_a_page_of_another_site_acquires_licenses_and_hears_of_assignments(
    browser: BrowserContext, world: World
) -> None:
    assigned, later = world.license(), world.license()
    login = world.user(assigned)
    with opened(browser, ALLOWED) as page:
        session = log_on(page, login)

        [cookie] = [each for each in browser.cookies(SERVER + f"/icws/{session}/") if each["name"] == f"icws_{session}"]
        assert (cookie["sameSite"], cookie["secure"], cookie["httpOnly"]) == ("None", True, True)
        assert page.evaluate("document.cookie") == ""

        stage = {"stageName": "desktop", "stageFailureAction": 0, "licenseList": [assigned, later]}
        status, body = call(page, "POST", "licenses/license-stages", {"licenseStageOperationList": [stage]})
        assert status == 200
        assert isinstance(body, dict)
        [told] = body["licenseStageOperationResultList"]
        assert [each["licenseStatus"] for each in told["result"]] == [2, 3]

        status, _ = call(page, "PUT", "messaging/subscriptions/licenses", {"licenseList": [later]})
        assert status == 200
        assert page.evaluate("client.listen()") == "open"
        assert page.evaluate("type => client.message(type)", LICENSE_MESSAGE)["isDelta"] is False

        world.assign(login, later)
        message = page.evaluate("type => client.message(type)", LICENSE_MESSAGE)
        assert message["isDelta"] is True
        assert message["licenseAssignedStatusList"] == [{"name": later, "isAssigned": True}]

        assert call(page, "DELETE", "connection")[0] == 200
        status, body = call(page, "POST", "messaging/heartbeat")
        assert status == 401, "the page can read errors too"


def test_a_page_that_is_not_allowed_can_do_nothing(browser: BrowserContext, world: World) -> None:
    license_ = world.license()
    login = world.user(license_)
    with opened(browser, ALLOWED) as page, opened(browser, FOREIGN) as foreign:
        session = log_on(page, login)
        assert call(page, "PUT", "messaging/subscriptions/licenses", {"licenseList": [license_]})[0] == 200

        refused = foreign.evaluate("user => client.logOn(...user).catch(error => error.name)", [login, PASSWORD])
        assert refused == "TypeError", "its preflight fails"
        assert foreign.evaluate("session => client.listen(session)", session) == "refused"
        messages = f"{SERVER}/icws/{session}/messaging/messages"
        for how in ({"credentials": "include"}, {"credentials": "include", "mode": "no-cors"}):
            foreign.evaluate("([url, how]) => fetch(url, how).catch(() => null)", [messages, how])
        status, queued = call(page, "GET", "messaging/messages")
        assert status == 200
        assert isinstance(queued, list)
        assert LICENSE_MESSAGE in {message["__type"] for message in queued}, "nobody has taken it"
