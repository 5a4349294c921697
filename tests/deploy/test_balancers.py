"""The samples for nginx and HAProxy: two nodes behind each, no sticky sessions, and event streams as they come."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.deploy.dashboard import DEPLOY
from tests.icws.client import Session, log_on_body, open_http
from tests.icws.world import World
from tests.machine import program
from tests.postgres.fixtures import postgres_server
from tests.server_process import START_SECONDS, ServerProcess, start_server

pytestmark = pytest.mark.slow

_NGINX = """
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/seatkeeper.conf;
}}
"""


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[ServerProcess]]:
    """Two nodes that believe what a balancer on this machine says."""
    postgres = postgres_server()
    url = postgres.new_url()
    env = {"SEATKEEPER_DATABASE": url, "SEATKEEPER_LISTEN_TRUSTED_PROXIES": "127.0.0.1"}
    folder = tmp_path_factory.mktemp("nodes")
    with start_server(folder / "one", env=env) as one, start_server(folder / "other", env=env) as other:
        yield [one, other]
    postgres.drop(url)


def addressed(sample: str, port: int, nodes: list[ServerProcess]) -> str:
    """A sample as it is, but for where it listens and where the nodes are."""
    text = (DEPLOY / sample).read_text(encoding="utf-8")
    for number, node in enumerate(nodes, 1):
        assert f"node{number}.example:8018" in text
        text = text.replace(f"node{number}.example:8018", node.url.removeprefix("http://"))
    text = text.replace("    listen [::]:80;\n", "")
    return text.replace("listen 80;", f"listen 127.0.0.1:{port};").replace("bind :80", f"bind 127.0.0.1:{port}")


def nginx(folder: Path, port: int, nodes: list[ServerProcess]) -> list[str]:
    """The command that runs the sample of nginx."""
    (folder / "seatkeeper.conf").write_text(addressed("nginx/seatkeeper.conf", port, nodes))
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder))
    return [program("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")]


def haproxy(folder: Path, port: int, nodes: list[ServerProcess]) -> list[str]:
    """The command that runs the sample of HAProxy."""
    (folder / "haproxy.cfg").write_text(addressed("haproxy/haproxy.cfg", port, nodes))
    return [program("haproxy"), "-db", "-f", str(folder / "haproxy.cfg")]


@contextmanager
def running(command: list[str], url: str, log: Path) -> Iterator[None]:
    """A balancer, from when it answers by a node."""
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _ready(url):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            yield
        finally:
            process.terminate()


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def free_port() -> int:
    """A port of this machine that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.parametrize("balancer", [nginx, haproxy])
def test_clients_go_on_behind_it_whichever_node_answers(
    balancer: Callable[[Path, int, list[ServerProcess]], list[str]], nodes: list[ServerProcess], tmp_path: Path
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running(balancer(tmp_path, port, nodes), url, tmp_path / "log"):
        world = World(nodes[0])
        license_ = world.license()
        http = open_http(url, "127.0.0.2")
        body = log_on_body(world.user(license_))
        headers = {"Accept-Language": "en-us", "X-Forwarded-For": "192.0.2.7"}
        with Session(http, http.post("/icws/connection", json=body, headers=headers)) as session:
            assert {session.status(license_) for _ in range(10)} == {2}
            assert world.machine_of(session.id) == "127.0.0.2", "what a client says of itself is not believed"
            assert http.get("/metrics").status_code == 404
            session.subscribe(license_)
            with session.stream() as stream:
                assert stream.message()["isDelta"] is False
                world.unassign(body["userID"], license_)
                assert stream.message()["isDelta"] is True
            # One node is taken out: whoever was at it goes on at the other.
            world.enter("draining")
            deadline = time.monotonic() + START_SECONDS
            while session.call("GET", "connection").status_code != 200 or not _ready(url):
                assert time.monotonic() < deadline
                time.sleep(0.1)
            assert {session.call("GET", "connection").status_code for _ in range(10)} == {200}
            world.enter("serving")
        world.close()
