"""Clients as they are: what public scripts, tools and libraries for the vendor's server really send (contract 1 to 7).

Scripts run curl, with user and password at once and bodies from files. They take 200 alone for success, or look for
the word FAILURE in what is answered.
"""

import http.client
import json
import subprocess
import urllib.request
from base64 import b64encode
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.machine import program
from tests.mobilefirst.client import DEADLINE, PASSWORD, TEXT_XML, XML, Client, root_of
from tests.mobilefirst.world import World

JSON_HEADER = ("-H", "Content-Type: application/json")
MEBIBYTE = 2**20

# As a starter script makes it, beside the one that curl itself adds: there are two boundaries then.
FORM_HEADER = ("-H", "Content-Type: multipart/form-data; boundary=----FormBoundaryOfAScript")

# What Prometheus says that it takes, from its early versions to recent ones.
PROMETHEUS = [
    (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,"
        "text/plain;version=0.0.4;q=0.3,*/*;q=0.1"
    ),
    "text/plain;version=0.0.4;q=1,*/*;q=0.1",
    (
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
        "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    ),
    (
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
    ),
]


class Answered(NamedTuple):
    """What a script sees. `sent`: bytes of the request's body."""

    status: str
    body: str
    sent: int


class Script:
    """Runs curl as somebody, on paths below a runtime. `application` is the id of one that nobody knows yet."""

    def __init__(self, world: World, who: Client, folder: Path, runtime: str) -> None:
        self.application = world.application()
        self.at = f"/runtimes/{runtime}"
        self._curl = program("curl")
        self._root = root_of(world.url)
        self._login = f"{who.login}:{PASSWORD}"
        self._folder = folder

    def curl(self, path: str, *options: str) -> Answered:
        """A path that begins with a slash is below the version of the API."""
        url = f"{self._root}{path if path.startswith('/') else f'{self.at}/{path}'}"
        body = self._folder / "answer"
        command = [
            *(self._curl, "--noproxy", "*", "--max-time", f"{DEADLINE:g}", "-s", "-o", str(body)),
            *("-w", "%{http_code} %{size_upload}", "-u", self._login, *options, url),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        status, sent = done.stdout.split()
        return Answered(status, body.read_text(), int(sent))

    def configuration(self, *, padding: int = 0) -> str:
        """A file with a configuration in it, as `--data` takes it, with blanks and lines as people write them."""
        configuration = {"appID": self.application, "category": "B2C", "licenseType": "APPLICATION"}
        file = self._folder / "configuration.json"
        file.write_text(json.dumps(configuration, indent=4) + " " * padding + "\n")
        return f"@{file}"


@pytest.fixture
def script(world: World, runtime: str, tmp_path: Path) -> Script:
    return Script(world, world.deployer, tmp_path, runtime)


@pytest.fixture
def reading(world: World, runtime: str, tmp_path: Path) -> Script:
    return Script(world, world.monitor, tmp_path, runtime)


@pytest.mark.mobilefirst(
    "2.1 POST /runtimes/{runtime}/license",
    "2.1 a processed transaction answers 200, whatever its end",
    "5.1 Basic, sent with the request or after the challenge",
    "5.1 no other header is required",
)
@pytest.mark.parametrize("option", ["--data", "--data-binary"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_a_script_that_takes_200_alone_for_success_sets_a_configuration_from_a_file(
    script: Script, world: World, option: str, slash: str
) -> None:
    answer = script.curl(f"license{slash}", "-X", "POST", *JSON_HEADER, option, script.configuration())
    assert answer.status == "200"
    assert '"ok":true' in answer.body
    assert world.monitor.read(f"{script.at}/license/{script.application}/") == {
        "appID": script.application,
        "category": "B2C",
        "licenseType": "APPLICATION",
    }


@pytest.mark.mobilefirst("2.1 it consumes application/json", "2.1 415 for another Content-Type")
def test_a_script_that_forgets_the_content_type_is_told_what_to_send(script: Script) -> None:
    """curl calls every `--data` a form."""
    answer = script.curl("license", "--data", script.configuration())
    assert answer.status == "415"
    assert "the types are application/json" in answer.body


@pytest.mark.mobilefirst("2.1 transaction.status", "2.1 transaction.errors.details")
@pytest.mark.parametrize("accept", ["*/*", XML, TEXT_XML])
def test_a_script_that_looks_for_the_word_failure_sees_how_each_ended(
    counting: World, tmp_path: Path, accept: str
) -> None:
    """Whatever the status; what succeeded has the word nowhere. This server has no tokens."""
    script = Script(counting, counting.deployer, tmp_path, counting.runtime())
    accepting = ("-H", f"Accept: {accept}", *JSON_HEADER)
    succeeded = script.curl("license", *accepting, "-d", script.configuration())
    key = {"packageName": script.application, "clientPlatform": "android", "version": "1.0"}
    failed = script.curl("applications", *accepting, "-d", json.dumps({"applicationKey": key}))
    assert (succeeded.status, "FAILURE" in succeeded.body) == ("200", False)
    assert (failed.status, "FAILURE" in failed.body) == ("200", True)
    assert "FWLSE3129E" in failed.body


@pytest.mark.mobilefirst("5.2 Expect: 100-continue")
@pytest.mark.parametrize("padding", [0, MEBIBYTE - 1024])
@pytest.mark.parametrize("expect", [(), ("-H", "Expect: 100-continue"), ("-H", "Expect:")])
def test_a_body_up_to_a_mebibyte_is_taken_whether_or_not_curl_asks_before(
    script: Script, padding: int, expect: tuple[str, ...]
) -> None:
    body = script.configuration(padding=padding)
    answer = script.curl("license", *JSON_HEADER, *expect, "--data-binary", body)
    assert answer.status == "200"
    assert '"status":"SUCCESS"' in answer.body


@pytest.mark.mobilefirst("5.2 Expect: 100-continue", "5.2 413 for a body that is too long")
def test_curl_does_not_even_send_a_body_that_is_too_long(script: Script, world: World) -> None:
    """It asks first, of its own accord, where a body is over a mebibyte; where it is told not to it is answered too."""
    body = script.configuration(padding=2 * MEBIBYTE)
    asked = script.curl("license", *JSON_HEADER, "--data-binary", body)
    assert (asked.status, asked.sent) == ("413", 0)
    unasked = script.curl("license", *JSON_HEADER, "-H", "Expect:", "--data-binary", body)
    assert unasked.status == "413"
    assert world.monitor.get(f"{script.at}/license/{script.application}").status_code == 404


@pytest.mark.mobilefirst("1 404 FWLSE3002E for a path that is not there")
@pytest.mark.parametrize(
    "upload", list(product([(), FORM_HEADER, ("-H", "Expect: 100-continue")], [100, MEBIBYTE - 1024]))
)
@pytest.mark.parametrize("path", ["deploy/multi", "deploy?type=ADAPTER_CONTENT", "adapters"])
def test_archives_that_scripts_send_are_cleanly_404(
    script: Script, tmp_path: Path, path: str, upload: tuple[tuple[str, ...], int]
) -> None:
    header, size = upload
    archive = tmp_path / "export.zip"
    archive.write_bytes(b"PK" + b"\0" * size)
    answer = script.curl(path, *header, "-F", f"file=@{archive}")
    assert answer.status == "404"
    assert json.loads(answer.body)["errors"][0]["details"].startswith("FWLSE3002E: ")


@pytest.mark.mobilefirst("1 404 FWLSE3002E for a path that is not there")
@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("confidentialclients", ("-X", "PUT", *JSON_HEADER, "-d", '{"clients":[]}')),
        ("admin-plugins/liveUpdateAdapter/com.package.id/schema", ("-X", "PUT", *JSON_HEADER, "-d", "{}")),
        ("adapterGroupConfig", ("-X", "POST", *JSON_HEADER, "-d", '{"groups":[]}')),
        ("export/all", ("-X", "GET")),
        ("applications/com.package.id/android/1.0/descriptor", ()),
    ],
)
def test_what_else_scripts_ask_of_a_whole_mobile_server_is_cleanly_404(
    script: Script, path: str, options: tuple[str, ...]
) -> None:
    answer = script.curl(path, *options)
    assert answer.status == "404"
    assert json.loads(answer.body)["errors"][0]["details"].startswith("FWLSE3002E: ")


@pytest.mark.mobilefirst("2.1 415 for another Content-Type")
@pytest.mark.parametrize("resource", ["license", "applications"])
@pytest.mark.parametrize("header", [(), FORM_HEADER])
def test_a_form_in_place_of_json_is_415_however_many_boundaries_it_names(
    script: Script, resource: str, header: tuple[str, ...]
) -> None:
    answer = script.curl(resource, *header, "-F", f"file={script.configuration()}")
    assert answer.status == "415"
    assert "multipart/form-data" in answer.body


@pytest.mark.mobilefirst("2.1 it consumes application/json")
def test_json_is_json_however_many_boundaries_its_type_names(script: Script) -> None:
    header = ("-H", "Content-Type: application/json; boundary=a; boundary=b")
    answer = script.curl("license", *header, "-d", script.configuration())
    assert answer.status == "200"


@pytest.mark.mobilefirst(
    "5.1 Basic, sent with the request or after the challenge",
    "5.1 401 with the challenge Basic for a request without credentials",
)
def test_a_client_that_sends_credentials_only_after_the_challenge_sets_reads_and_deletes(
    world: World, runtime: str, application: str
) -> None:
    """As Python's own library does, and Apache's client in Java unless it is told otherwise."""
    root = root_of(world.url)
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, root, world.deployer.login, PASSWORD)
    without_proxy = urllib.request.ProxyHandler({})
    opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords), without_proxy)

    def ask(method: str, path: str, body: bytes | None = None) -> dict[str, object]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        request = urllib.request.Request(f"{root}{path}", body, headers, method=method)  # noqa: S310 - our own server
        with opener.open(request, timeout=DEADLINE) as answer:
            assert answer.status == 200
            read: dict[str, object] = json.load(answer)
            return read

    configuration = {"appID": application, "category": "B2E", "licenseType": "NON_PRODUCTION"}
    set_ = ask("POST", f"/runtimes/{runtime}/license", json.dumps(configuration).encode())
    assert set_["ok"] is True
    assert ask("GET", f"/runtimes/{runtime}/license/{application}") == configuration
    assert ask("DELETE", f"/runtimes/{runtime}/license/{application}")["ok"] is True


@pytest.mark.mobilefirst("5.1 Basic, sent with the request or after the challenge")
@pytest.mark.parametrize("padding", [0, MEBIBYTE - 1024])
def test_the_challenged_request_is_repeated_on_the_same_connection(
    world: World, runtime: str, application: str, padding: int
) -> None:
    """A pooled connection is kept over the challenge: the body that came before it is not taken for a request."""
    connection = _connection(world)
    path = f"/mfpadmin/management-apis/2.0/runtimes/{runtime}/license"
    body = json.dumps({"appID": application, "category": "B2C"}) + " " * padding
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    challenge = connection.getresponse()
    challenge.read()
    assert (challenge.status, challenge.will_close) == (401, False)
    socket = connection.sock

    connection.request("POST", path, body, {"Content-Type": "application/json", "Authorization": _basic(world)})
    answer = connection.getresponse()
    assert (answer.status, json.load(answer)["ok"]) == (200, True)
    assert connection.sock is socket
    connection.close()


@pytest.mark.mobilefirst("5.1 Basic, sent with the request or after the challenge", "5.2 Expect: 100-continue")
def test_a_client_that_waits_with_its_body_is_challenged_and_told_that_the_connection_ends(
    world: World, runtime: str
) -> None:
    """Apache's client sends no body after another answer than 100: its next request would be taken for it."""
    connection = _connection(world)
    connection.putrequest("POST", f"/mfpadmin/management-apis/2.0/runtimes/{runtime}/license")
    for name, value in (("Content-Type", "application/json"), ("Content-Length", "50"), ("Expect", "100-continue")):
        connection.putheader(name, value)
    connection.endheaders()
    challenge = connection.getresponse()
    assert (challenge.status, challenge.will_close) == (401, True)
    connection.close()


@pytest.mark.mobilefirst("2.1 POST /runtimes/{runtime}/license", "5.1 no other header is required")
def test_a_client_that_offers_http_2_is_served_in_the_protocol_it_speaks(
    world: World, runtime: str, application: str
) -> None:
    """As Java's own client does by default where the connection is not encrypted."""
    connection = _connection(world)
    offer = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAEAAEAAAAIAAAAB"}
    body = json.dumps({"appID": application, "category": "B2C"})
    for _ in range(2):
        connection.request(
            "POST",
            f"/mfpadmin/management-apis/2.0/runtimes/{runtime}/license",
            body,
            {"Content-Type": "application/json", "Authorization": _basic(world), **offer},
        )
        answer = connection.getresponse()
        assert (answer.status, json.load(answer)["ok"]) == (200, True)
    connection.close()


@pytest.mark.mobilefirst("7 GET /diagnostic/healthCheck", "5.2 qualities are honoured, wildcards last")
@pytest.mark.parametrize("accept", PROMETHEUS)
def test_every_prometheus_gets_its_metrics(reading: Script, accept: str) -> None:
    answer = reading.curl("/diagnostic/healthCheck", "-H", f"Accept: {accept}")
    assert answer.status == "200"
    assert "\nseatkeeper_ledger_healthy 1.0\n" in answer.body


@pytest.mark.mobilefirst("6.1 GET /runtimes", "6.1 productVersion", "6.1 synchronizationStatus", "6.1 link")
def test_the_public_scanner_recognises_the_server_by_its_runtimes(reading: Script, runtime: str) -> None:
    """It insists on status 200, on JSON by the headers, and on these words."""
    answer = reading.curl("/runtimes", "-i", "-A", "Mozilla/5.0", "-H", "Accept: */*", "-H", "Accept-Encoding: gzip")
    head, _, body = answer.body.partition("\n\n")
    assert answer.status == "200"
    assert "application/json" in head
    assert all(word in body for word in ("productVersion", "synchronizationStatus", "management-apis"))
    assert f'"name":"{runtime}"' in body


def _connection(world: World) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(world.url.removeprefix("http://"), timeout=DEADLINE)


def _basic(world: World) -> str:
    return f"Basic {b64encode(f'{world.deployer.login}:{PASSWORD}'.encode()).decode()}"
