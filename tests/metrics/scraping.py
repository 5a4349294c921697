"""What a scrape finds, read by the library's own parser."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.certificates import NOBODY
from tests.server_process import ServerProcess


class Scrape:
    """One reading of `/metrics`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.families = {family.name: family for family in text_string_to_metric_families(text)}
        self.samples = [sample for family in self.families.values() for sample in family.samples]

    def value(self, name: str, **labels: str) -> float | None:
        """The value of the one sample of this name with exactly these labels, or None."""
        return next((each.value for each in self.samples if each.name == name and each.labels == labels), None)

    def sum(self, name: str, **labels: str) -> float:
        """The sum of all samples of this name that have these labels among theirs."""
        return sum(each.value for each in self.all(name, **labels))

    def all(self, name: str, **labels: str) -> list[Sample]:
        """All samples of this name that have these labels among theirs."""
        return [each for each in self.samples if each.name == name and labels.items() <= each.labels.items()]

    def labels_of(self, name: str) -> set[frozenset[str]]:
        """The sets of label names that samples of this name have."""
        return {frozenset(each.labels) for each in self.samples if each.name == name}


def token_of(server: ServerProcess) -> str:
    """The admin token."""
    return (server.data / "admin-token").read_text().strip()


def get_metrics(
    server: ServerProcess, headers: Mapping[str, str] | Iterable[tuple[bytes, bytes]] = (), method: str = "GET"
) -> httpx.Response:
    """`/metrics` with these headers."""
    sent = httpx.Headers(headers if isinstance(headers, Mapping) else list(headers))
    with httpx.Client(trust_env=False, timeout=30, verify=NOBODY) as client:
        return client.request(method, f"{server.url}/metrics", headers=sent)


def scrape(server: ServerProcess) -> Scrape:
    """What Prometheus would read now, with the admin token."""
    answer = get_metrics(server, {"Authorization": f"Bearer {token_of(server)}"})
    assert answer.status_code == 200, answer.text
    return Scrape(answer.text)


ROOT = Path(__file__).parents[2]
