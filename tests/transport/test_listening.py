"""Where a server can be reached: several addresses, with TLS and without, and a certificate that is exchanged."""

import json
import os
import pty
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.certificates import Authority, Pair
from tests.cli.command import seatkeeper, sentence_of
from tests.machine import program
from tests.server_process import ServerProcess, command_environment, start_server, trusting
from tests.transport.process import eventually, received

LOG_ON = {
    "__type": "urn:inin.com:connection:icAuthConnectionRequestSettings",
    "applicationName": "Shift Desk",
    "userID": "agent01",
    "password": "demo-agent01",
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[ServerProcess]:
    """A server at two addresses without TLS and two with it."""
    certificate, key = authority.issue("localhost", "127.0.0.1", "::1")
    env = {"SEATKEEPER_LISTEN_HTTP": "127.0.0.1:0,[::1]:0", "SEATKEEPER_LOG_FORMAT": "json"}
    tls = ("--https", "127.0.0.1:0", "--https", "[::1]:0", "--certificate", str(certificate), "--key", str(key))
    with start_server(tmp_path_factory.mktemp("listening") / "data", "--demo", *tls, env=env) as server:
        yield server


def asking(authority: Authority) -> httpx.Client:
    return httpx.Client(verify=ssl.create_default_context(cafile=str(authority.certificate)), trust_env=False)


def lines_of(server: ServerProcess, event: str) -> list[dict[str, str]]:
    *complete, _rest = server.log.read_text().split("\n")
    return [line for line in map(json.loads, complete) if line["event"] == event]


def holds_back(process: int, number: signal.Signals) -> bool:
    status = Path(f"/proc/{process}/status").read_text()
    [blocked] = [line.split()[1] for line in status.splitlines() if line.startswith("SigBlk")]
    return bool(int(blocked, 16) & 1 << number - 1)


def logged(server: ServerProcess, event: str, number: int = 1) -> dict[str, str]:
    """The line of an event, once it has been logged so often."""
    return eventually(lambda: lines_of(server, event)[number - 1 :])[0]


@pytest.mark.icws("1.1 HTTP", "1.1 HTTPS")
def test_every_address_serves_the_same_house(server: ServerProcess, authority: Authority) -> None:
    assert [url.rpartition(":")[0] for url in server.urls] == [
        "http://127.0.0.1",
        "http://[::1]",
        "https://127.0.0.1",
        "https://[::1]",
    ]
    sessions = set()
    with asking(authority) as http:
        for url in server.urls:
            answer = http.post(f"{url}/icws/connection", json=LOG_ON, headers={"Accept-Language": "en-us"})
            assert answer.status_code == 201, answer.text
            assert answer.headers["set-cookie"].endswith("; Secure") is url.startswith("https:")
            sessions.add(answer.json()["sessionId"])
    listed = seatkeeper("sessions", "list", data=server.data).stdout
    assert len(sessions) == 4
    assert all(session in listed for session in sessions)


def test_a_client_that_offers_several_protocols_gets_http_1_1(server: ServerProcess, authority: Authority) -> None:
    context = ssl.create_default_context(cafile=str(authority.certificate))
    context.set_alpn_protocols(["h2", "http/1.1"])
    with connected(server) as plain, context.wrap_socket(plain, server_hostname="localhost") as client:
        assert client.selected_alpn_protocol() == "http/1.1"
        assert client.version() == "TLSv1.3"


def test_tls_1_2_is_still_spoken(server: ServerProcess, authority: Authority) -> None:
    context = ssl.create_default_context(cafile=str(authority.certificate))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with connected(server) as plain, context.wrap_socket(plain, server_hostname="localhost") as client:
        assert client.version() == "TLSv1.2"


@pytest.mark.parametrize(
    "sent", [b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\x00" * 64, b"\x16\x03\x01\xff\xff" * 9], ids=str
)
def test_what_is_not_tls_ends_its_own_connection_only(server: ServerProcess, sent: bytes, authority: Authority) -> None:
    before = server.log.read_text()
    with connected(server) as client:
        client.sendall(sent)
        assert b"HTTP/1.1 200" not in received(client)
    with asking(authority) as http:
        assert http.get(f"{server.urls[2]}/healthz").status_code == 200
    assert "Traceback" not in server.log.read_text().removeprefix(before)


def test_a_certificate_is_exchanged_while_connections_stay(server: ServerProcess, authority: Authority) -> None:
    url = server.urls[2]
    with asking(authority) as former, asking(authority) as later:
        assert former.get(f"{url}/healthz").status_code == 200
        pair = authority.issue("localhost", "127.0.0.1", "::1")
        shown_before = shown_at(url)
        os.kill(server.process.pid, signal.SIGHUP)
        logged(server, "certificate_reloaded")
        assert shown_at(url) != shown_before
        assert shown_at(url) in pair.certificate.read_text()
        assert former.get(f"{url}/healthz").status_code == 200
        assert later.get(f"{url}/healthz").status_code == 200
    assert json.loads((server.data / "server.json").read_text())["certificate"] == shown_at(url)


def test_a_pair_that_does_not_match_is_refused_and_the_former_stays(
    server: ServerProcess, authority: Authority
) -> None:
    url = server.urls[2]
    shown = shown_at(url)
    pair = authority.issue("localhost", file="other")
    used = Pair(*(path.with_name(f"server{path.suffix}") for path in pair))
    right = used.key.read_bytes()
    used.key.write_bytes(pair.key.read_bytes())
    try:
        os.kill(server.process.pid, signal.SIGHUP)
        said = logged(server, "certificate_not_reloaded")
    finally:
        used.key.write_bytes(right)
    assert said["level"] == "error"
    assert said["why"] == (
        f"The key in {used.key} does not belong to the certificate in {used.certificate}. The former one stays."
    )
    assert shown_at(url) == shown


def test_a_server_without_tls_goes_on_when_asked_to_load_its_certificate(tmp_path: Path) -> None:
    with start_server(tmp_path / "data", env={"SEATKEEPER_LOG_FORMAT": "json"}) as server:
        os.kill(server.process.pid, signal.SIGHUP)
        assert "listen.https names no address" in logged(server, "certificate_not_reloaded")["why"]
        assert httpx.get(f"{server.url}/readyz").status_code == 200


def test_a_server_that_starts_keeps_for_later_that_it_was_asked(tmp_path: Path) -> None:
    log, data = tmp_path / "log", tmp_path / "data"
    env = command_environment({"SEATKEEPER_LOG_FORMAT": "json"})
    command = [sys.executable, "-m", "seatkeeper", "serve", "--data", str(data), "--port", "0"]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, env=env) as process:
        eventually(lambda: holds_back(process.pid, signal.SIGHUP) or (data / "server.json").exists())
        assert not (data / "server.json").exists(), "it is starting still"
        process.send_signal(signal.SIGHUP)
        eventually(lambda: process.poll() is not None or "certificate_not_reloaded" in log.read_text())
        process.terminate()
        assert process.wait(20) == 0


@pytest.mark.parametrize("redirected", [False, True])
def test_a_server_in_a_terminal_ends_with_its_terminal(tmp_path: Path, redirected: bool) -> None:
    data, log = tmp_path / "data", tmp_path / "log"
    with in_a_terminal(data, log, redirected=redirected) as (process, terminal):
        process.send_signal(signal.SIGHUP)
        if redirected:
            eventually(lambda: "certificate_not_reloaded" in log.read_text())
        os.close(terminal)
        assert process.wait(20) == -signal.SIGHUP


def test_a_server_started_by_nohup_stays_when_its_terminal_is_gone(tmp_path: Path) -> None:
    data, log = tmp_path / "data", tmp_path / "log"
    with in_a_terminal(data, log, program("nohup"), redirected=True) as (process, terminal):
        os.close(terminal)
        eventually(lambda: "certificate_not_reloaded" in log.read_text())
        process.terminate()
        assert process.wait(20) == 0


@contextmanager
def in_a_terminal(data: Path, log: Path, *by: str, redirected: bool) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A server that listens, in a terminal of its own, and that terminal's other end; its output goes into `log`."""
    ours, theirs = pty.openpty()
    serve = [sys.executable, "-m", "seatkeeper", "serve", "--port", "0", "--data", str(data)]
    with log.open("wb") as file:
        out = file.fileno() if redirected else theirs
        command = [program("setsid"), "--ctty", *by, *serve]
        with subprocess.Popen(command, stdin=theirs, stdout=out, stderr=out, env=command_environment()) as process:
            os.close(theirs)
            eventually((data / "server.json").exists)
            try:
                yield process, ours
            finally:
                process.kill()


@pytest.mark.slow
def test_every_command_reaches_a_server_that_has_only_tls(tmp_path: Path) -> None:
    certificate, key = Authority(tmp_path).issue("127.0.0.1", "licenses.example")
    env = {
        "SEATKEEPER_LISTEN_HTTP": "",
        "SEATKEEPER_LISTEN_HTTPS": "127.0.0.1:0",
        "SEATKEEPER_LISTEN_CERTIFICATE": str(certificate),
        "SEATKEEPER_LISTEN_KEY": str(key),
    }
    with start_server(tmp_path / "data", "--demo", env=env) as server:
        assert len(server.urls) == 1
        assert server.url.startswith("https://127.0.0.1:")
        assert f"serves {server.data} at {server.url} (Ctrl-C" in server.tail()
        assert seatkeeper("assign", "agent01", "I3_ACCESS_RECORDER", data=server.data).returncode == 0
        assert seatkeeper("explain", "agent01", "I3_ACCESS_RECORDER", data=server.data).stdout.startswith("Granted")
        second = sentence_of(seatkeeper("serve", "--port", "0", data=server.data), 3)
        assert server.url in second

        with httpx.Client(verify=trusting(server.certificate), trust_env=False) as idle:
            assert idle.get(f"{server.url}/healthz").status_code == 200
            assert server.stop() == 0
        assert "graceful shutdown exceeded" not in server.tail(), "an idle client is not waited for"


def test_a_spoilt_certificate_of_the_server_is_told_without_a_traceback(server: ServerProcess) -> None:
    address = server.data / "server.json"
    right = address.read_text()
    address.write_text(json.dumps({**json.loads(right), "urls": server.urls[2:], "certificate": "nonsense"}))
    try:
        said = sentence_of(seatkeeper("sessions", "list", data=server.data), 3)
    finally:
        address.write_text(right)
    assert f"The certificate in {address} cannot be used" in said


def test_a_server_listens_where_its_flags_say(tmp_path: Path) -> None:
    with start_server(tmp_path / "data", "--host", "::1", "--port", "0") as server:
        assert server.urls == [server.url]
        assert server.url.startswith("http://[::1]:")
        assert httpx.get(f"{server.url}/healthz").status_code == 200


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--https", "127.0.0.1:0"], 2, "listen.https needs listen.certificate"),
        (["--https", "127.0.0.1:0", "--certificate", "{certificate}"], 2, "There is no private key in {certificate}"),
        (["--https", "127.0.0.1:0", "--certificate", "{certificate}", "--key", "{certificate}.gone"], 2,
         "The private key in {certificate}.gone cannot be read: No such file or directory."),
        (["--https", "127.0.0.1:0", "--certificate", "{certificate}", "--key", "{another}"], 2,
         "The key in {another} does not belong to the certificate in {certificate}."),
        (["--https", "127.0.0.1:{taken}", "--certificate", "{certificate}", "--key", "{key}"], 3,
         "Cannot listen at 127.0.0.1:{taken}: another program does. Stop it, or choose another port."),
    ],
)  # fmt: skip
def test_what_keeps_a_server_from_listening_is_one_sentence(
    server: ServerProcess, tmp_path: Path, options: list[str], code: int, said: str
) -> None:
    authority = Authority(tmp_path)
    another = authority.issue("localhost", file="another").key
    pair = authority.issue("localhost")
    facts = {"taken": urlsplit(server.urls[2]).port, "another": another, **pair._asdict()}
    given = [option.format(**facts) for option in options]
    refused = seatkeeper("serve", "--port", "0", *given, data=tmp_path / "data")
    assert refused.returncode == code, refused.stderr
    assert said.format(**facts) in refused.stderr
    assert "Traceback" not in refused.stderr


def connected(server: ServerProcess) -> socket.socket:
    """A connection to the first of the addresses with TLS."""
    return socket.create_connection(("127.0.0.1", urlsplit(server.urls[2]).port or 0), timeout=20)


def shown_at(url: str) -> str:
    """The certificate that the next client sees."""
    return ssl.get_server_certificate(("127.0.0.1", urlsplit(url).port or 0))
