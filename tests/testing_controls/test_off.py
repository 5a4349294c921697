"""Where the setting `testing` is off there is nothing of it, and where it is on everybody can see that."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.testing_controls.process import Server, ephemeral


@pytest.fixture(scope="module")
def off(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of which tests may do nothing but ask, as everybody does."""
    with ephemeral("--demo", folder=tmp_path_factory.mktemp("off"), testing=False) as server:
        yield server


def operations(server: Server) -> list[tuple[str, str]]:
    """All below /v1/testing that the documentation of a server names."""
    paths = server.admin.get("/openapi.json").json()["paths"]
    return [(method.upper(), path) for path in paths if path.startswith("/testing") for method in paths[path]]


def test_every_resource_of_it_is_a_404_that_changes_nothing(server: Server, off: Server) -> None:
    documented = operations(server)
    assert len(documented) >= 15
    before = off.admin.get("/inventory").text
    with off.log_on_demo() as session:
        for method, path in documented:
            for spelled in (path, path.upper(), f"{path}/"):
                known = spelled.replace("{session}", session.id).replace("{fault}", "1").replace("{pause}", "1")
                answer = off.admin.request(method, known, json={})
                assert (answer.status_code, answer.json()["error"]) == (404, "not_found"), known
        assert off.sessions() == [session.id]
    assert off.admin.get("/inventory").text == before


def test_only_where_it_is_on_is_it_documented_logged_and_told_to_whoever_asks(server: Server, off: Server) -> None:
    assert operations(off) == []
    ready = [httpx.get(f"{each.url}/readyz", trust_env=False).json() for each in (server, off)]
    assert ready[0]["testing"] is True
    assert "testing" not in ready[1]
    assert server.log is not None
    assert off.log is not None
    assert "testing_is_on" in Path(server.log).read_text()
    assert "testing_is_on" not in Path(off.log).read_text()


def test_only_whoever_may_run_the_server_may_use_it(server: Server) -> None:
    with httpx.Client(base_url=f"{server.url}/v1", trust_env=False) as nobody:
        for method, path in operations(server):
            known = path.replace("{session}", "1").replace("{fault}", "1")
            assert nobody.request(method, known, json={}).status_code == 401, known
            basic = nobody.request(method, known, json={}, auth=("agent01", "welcome-2026"))
            assert (basic.status_code, basic.json()["error"]) == (403, "forbidden"), known
