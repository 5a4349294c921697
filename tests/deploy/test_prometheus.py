"""A real Prometheus scrapes a real server, by the example configuration; every panel and every rule finds its data."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.deploy.conftest import Office
from tests.deploy.dashboard import DEPLOY, expressions, variables
from tests.machine import program
from tests.metrics.scraping import token_of

pytestmark = pytest.mark.slow

SECONDS = 60.0
SCRAPES = 5
"""Rates need two scrapes between which something happened."""


class Prometheus:
    """A running Prometheus."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, **params: str) -> Any:  # noqa: ANN401 - whatever the API answers
        """The data of an answer of its API."""
        answer = httpx.get(f"{self.url}/api/v1/{path}", params=params, trust_env=False, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def value(self, expression: str) -> list[Any]:
        """What an expression comes to now."""
        result: list[Any] = self.ask("query", query=expression)["result"]
        return result


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {SECONDS:g} s"
        time.sleep(0.2)


def replaced(text: str, *changes: tuple[str, str]) -> str:
    """The text with these changes, each of which it must have room for."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def prometheus(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Prometheus with the example's configuration, after some scrapes of a server at work."""
    home = tmp_path_factory.mktemp("prometheus")
    (home / "token").write_text(token_of(office.server))
    config = home / "prometheus.yml"
    example = (DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
    config.write_text(
        replaced(
            example,
            ("15s", "1s"),
            ("- seatkeeper.rules.yml", f"- {DEPLOY / 'prometheus' / 'seatkeeper.rules.yml'}"),
            ("/etc/prometheus/seatkeeper-token", str(home / "token")),
            ("localhost:8018", office.url.removeprefix("http://")),
        )
    )
    address = f"127.0.0.1:{free_port()}"
    command = [program("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={home / 'data'}"]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, f"--web.listen-address={address}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        prometheus = Prometheus(f"http://{address}")
        until(lambda: _scraped(prometheus, process, home / "log"), "the first scrape")
        for _ in range(SCRAPES):
            office.work()
            before = _scrapes(prometheus)
            until(lambda before=before: _scrapes(prometheus) > before, "the next scrape")  # type: ignore[misc]
        yield prometheus
    finally:
        process.terminate()
        process.wait(SECONDS)


def _scraped(prometheus: Prometheus, process: "subprocess.Popen[bytes]", log: Path) -> bool:
    assert process.poll() is None, log.read_text(errors="replace")
    try:
        return _scrapes(prometheus) > 0
    except (httpx.TransportError, AssertionError):
        return False


def _scrapes(prometheus: Prometheus) -> float:
    """How often the server has been scraped."""
    counted = prometheus.value('sum(count_over_time(up{job="seatkeeper"}[1h]))')
    return float(counted[0]["value"][1]) if counted else 0


def test_the_example_configuration_scrapes_the_server(prometheus: Prometheus) -> None:
    [target] = prometheus.ask("targets")["activeTargets"]
    assert (target["health"], target["lastError"]) == ("up", "")


@pytest.mark.parametrize(("panel", "expression"), expressions())
def test_every_panel_of_the_dashboard_has_data(prometheus: Prometheus, panel: str, expression: str) -> None:
    found = prometheus.value(expression)
    assert found, f"{panel}: no data for {expression}"
    assert any(each["value"][1] != "NaN" for each in found), f"{panel}: {found}"


@pytest.mark.parametrize("query", variables())
def test_every_variable_of_the_dashboard_has_values(prometheus: Prometheus, query: str) -> None:
    series, _, label = query.removeprefix("label_values(").removesuffix(")").rpartition(", ")
    assert all(each[label] for each in prometheus.ask("series", **{"match[]": series}))
    assert prometheus.ask("series", **{"match[]": series})


def test_every_rule_can_be_evaluated_and_a_denial_fires_its_alert(prometheus: Prometheus) -> None:
    rules = {rule["name"]: rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]}
    assert {rule["health"] for rule in rules.values()} == {"ok"}
    assert rules["SeatkeeperSeatsDenied"]["state"] == "firing"
    assert rules["SeatkeeperDown"]["state"] == "inactive"
