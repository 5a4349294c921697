"""Where the API is, in which spellings, and what is told where nothing is (contract 1)."""

from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.mobilefirst.client import told
from tests.mobilefirst.world import World
from tests.server_process import start_server


@pytest.fixture(scope="module")
def configured(world: World, runtime: str) -> str:
    """An application that has a configuration."""
    application = world.application()
    world.deployer.configure(runtime, application)
    return application


@pytest.mark.mobilefirst(
    "1 the API is below /mfpadmin/management-apis/2.0",
    "1 the API is below each context root that is set",
    "1 a context root and management-apis match in any case",
    "1 a trailing slash is tolerated",
)
@pytest.mark.parametrize(
    "below",
    [
        "/mfpadmin/management-apis/2.0/runtimes/{runtime}/license/{application}",
        "/worklightadmin/management-apis/2.0/runtimes/{runtime}/license/{application}",
        "/MFPAdmin/Management-APIs/2.0/runtimes/{runtime}/license/{application}",
        "/mfpadmin/management-apis/2.0/runtimes/{runtime}/license/{application}/",
        "/mfpadmin/management-apis/%32.0/runtimes/{runtime}/licens%65/{application}",
    ],
)
def test_a_resource_is_below_each_context_root(world: World, runtime: str, configured: str, below: str) -> None:
    answer = world.monitor.get(f"{world.url}{below.format(runtime=runtime, application=configured)}")
    assert (answer.status_code, answer.json()["appID"]) == (200, configured)


@pytest.mark.mobilefirst("1 the API is below each context root that is set")
def test_a_setting_says_which_context_roots_there_are(tmp_path: Path) -> None:
    environment = {"SEATKEEPER_MOBILEFIRST_CONTEXTS": "licenses"}
    with start_server(tmp_path / "data", env=environment) as server:
        assert httpx.get(f"{server.url}/licenses/management-apis/2.0/runtimes").status_code == 401
        answer = httpx.get(f"{server.url}/mfpadmin/management-apis/2.0/runtimes")
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


@pytest.mark.mobilefirst("1 404 FWLSE3002E for another version of the API")
@pytest.mark.parametrize("version", ["1.0", "2", "2.1", "latest"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_another_version_of_the_api_is_not_here(world: World, http: httpx.Client, version: str, method: str) -> None:
    answer = http.request(method, f"{world.url}/worklightadmin/management-apis/{version}/runtimes")
    assert answer.status_code == 404
    assert told(answer) == f"FWLSE3002E: Version {version} of this API is not here; there is 2.0."


@pytest.mark.mobilefirst("1 404 FWLSE3002E for a path that is not there")
@pytest.mark.parametrize(
    "path",
    [
        "",
        "/nothing",
        "/Runtimes",
        "/runtimes/mfp/License",
        "/runtimes/mfp/license/a/b",
        "/runtimes//license",
        "//runtimes",
        "/runtimes%2Fmfp%2Flicense",
        "/runtimes/mfp/adapters",
        "/runtimes/mfp/license/%E2%82",
    ],
)
def test_what_is_not_there_is_404(world: World, path: str) -> None:
    for method in ("GET", "PUT"):
        answer = world.admin.http.request(method, f"{world.url}/mfpadmin/management-apis/2.0{path}")
        if path.endswith("%E2%82") and method == "PUT":
            assert answer.status_code == 405
            continue
        assert answer.status_code == 404
        assert told(answer).startswith("FWLSE3")


@pytest.mark.mobilefirst("1 405 with Allow")
@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/runtimes/{runtime}/license", "POST"),
        ("GET", "/runtimes/{runtime}/license", "POST"),
        ("POST", "/runtimes/{runtime}/license/com.a", "GET, DELETE, HEAD"),
        ("OPTIONS", "/runtimes", "GET, HEAD"),
        ("PATCH", "/runtimes/{runtime}/lock/", "GET, DELETE, HEAD"),
    ],
)
def test_a_method_that_is_not_there_is_405(world: World, runtime: str, method: str, path: str, allowed: str) -> None:
    answer = world.admin.http.request(method, path.format(runtime=runtime))
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
    assert told(answer) == f"{method} is not supported here; the methods are {allowed}."


@pytest.mark.mobilefirst("1 HEAD is answered as GET without a body")
def test_head_is_get_without_a_body(world: World, runtime: str, configured: str) -> None:
    path = f"/runtimes/{runtime}/license/{configured}"
    read, head = world.monitor.get(path), world.monitor.http.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Type"] == read.headers["Content-Type"]
    assert head.headers["Content-Length"] == read.headers["Content-Length"]
    assert world.monitor.http.head(f"/runtimes/{runtime}/license/unknown").status_code == 404


@pytest.mark.mobilefirst(
    "1 names in a path are percent-encoded UTF-8, decoded after it is split",
    "1 a name may hold dots, $, blanks, an encoded slash and characters of any plane",
)
@pytest.mark.parametrize(
    "name",
    [
        "com.package.id.json",
        "com.package$android$1.0",
        "an app",
        "a/b",
        "%2e",
        "a+b;c=d&e?f#g",
        "épicerie-日本語",
        "\U0001f511 key",
        "x" * 254,
    ],
)
def test_a_name_of_any_characters_is_found_by_its_encoded_path(world: World, name: str) -> None:
    runtime = world.runtime()
    world.deployer.configure(runtime, name)
    path = f"/runtimes/{runtime}/license/{quote(name, safe='')}"
    answer = world.monitor.get(f"{world.url}/mfpadmin/management-apis/2.0{path}")
    assert (answer.status_code, answer.json()["appID"]) == (200, name), answer.text
