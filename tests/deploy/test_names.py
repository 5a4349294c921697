"""The dashboard and the alerts name metrics and labels that the server has."""

import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.deploy.conftest import Office
from tests.deploy.dashboard import DASHBOARD, DEPLOY, expressions, variables
from tests.machine import program
from tests.metrics.scraping import Scrape, scrape

RULES = DEPLOY / "prometheus" / "seatkeeper.rules.yml"
SELECTOR = re.compile(r"\b((?:seatkeeper|process|python)_\w+|up)(?:\{([^}]*)\})?")
MATCHER = re.compile(r"(\w+)(=~|!~|!=|=)\"((?:[^\"\\]|\\.)*)\"")
GROUPED = re.compile(r"\b(?:by|on) \(([^)]*)\)|label_values\(.*, (\w+)\)")
OF_THE_SCRAPE = {"job", "instance", "worker"}
"""Labels that Prometheus adds itself, and the one that every metric has where there are several workers."""


def sources() -> Iterator[tuple[str, str]]:
    """Every text with expressions in it, and where it stands."""
    yield (
        "the alert rules",
        "\n".join(
            line
            for line in RULES.read_text(encoding="utf-8").splitlines()
            if not line.lstrip().startswith(("#", "- name"))
        ),
    )
    yield from expressions()
    yield from (("a variable", query) for query in variables())


@pytest.fixture(scope="module")
def seen(office: Office) -> Scrape:
    """What the server exports after a round of work."""
    return scrape(office.server)


@pytest.mark.parametrize(("where", "text"), list(sources()))
def test_every_metric_and_label_that_is_named_is_there(seen: Scrape, where: str, text: str) -> None:
    selectors = SELECTOR.findall(text)
    assert selectors, f"{where}: nothing is asked for"
    labels = {"le", *OF_THE_SCRAPE}
    for name, braces in selectors:
        if name == "up":
            continue
        samples = seen.all(name)
        assert samples, f"{where}: the server has no {name}"
        labels |= {label for sample in samples for label in sample.labels}
        for label, how, value in MATCHER.findall(braces):
            if label in OF_THE_SCRAPE:
                continue
            values = {sample.labels.get(label) for sample in samples}
            assert None not in values, f"{where}: {name} has no label {label}"
            fits = re.compile(value) if how == "=~" else re.compile(re.escape(value))
            assert any(fits.fullmatch(each or "") for each in values), f"{where}: {name} has no {label} like {value}"
    for grouping in GROUPED.findall(text):
        for label in filter(None, re.split(r",\s*", "".join(grouping))):
            assert label in labels, f"{where}: no metric there has a label {label}"


def test_the_dashboard_shows_what_operators_ask_for() -> None:
    names = {name for _, expression in expressions() for name, _ in SELECTOR.findall(expression)}
    assert names >= {
        "seatkeeper_pool_seats",
        "seatkeeper_pool_assigned",
        "seatkeeper_pool_seats_in_use",
        "seatkeeper_denials_total",
        "seatkeeper_denial_retries_total",
        "seatkeeper_sessions",
        "seatkeeper_ledger_batch_commands_count",
        "seatkeeper_ledger_commit_duration_seconds_bucket",
        "seatkeeper_http_request_duration_seconds_bucket",
        "seatkeeper_logons_total",
        "seatkeeper_runtime_blocked_applications",
        "seatkeeper_runtime_oldest_transaction_seconds",
        "seatkeeper_transactions_ended_total",
    }


def test_panels_of_the_dashboard_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not taken & cells, panel["title"]
        taken |= cells


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "rules", "seatkeeper.rules.yml"),
        ("test", "rules", "seatkeeper.rules.test.yml"),
        ("check", "config", "--syntax-only", "prometheus.yml"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_prometheus_own_tool_takes_the_files(arguments: tuple[str, ...]) -> None:
    checked = subprocess.run(
        [program("promtool"), *arguments], cwd=RULES.parent, capture_output=True, text=True, timeout=60, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_alert_has_its_test() -> None:
    tested = (RULES.with_name("seatkeeper.rules.test.yml")).read_text(encoding="utf-8")
    for alert in re.findall(r"- alert: (\w+)", RULES.read_text(encoding="utf-8")):
        assert alert in tested, f"no test of {alert}"


def test_prometheus_own_tool_finds_nothing_wrong_with_the_page(office: Office) -> None:
    text = scrape(office.server).text
    checked = subprocess.run(
        [program("promtool"), "check", "metrics"], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_the_page_of_metrics_names_exactly_those_that_are_exported(seen: Scrape) -> None:
    page = (DEPLOY.parent / "docs" / "metrics.md").read_text(encoding="utf-8")
    told = {
        name: (kind, frozenset(re.findall(r"`(\w+)`", labels)))
        for name, kind, labels in re.findall(r"^\| `(seatkeeper_\w+)` \| (\w+) \| ([^|]*) \|", page, re.MULTILINE)
    }
    exported = {
        f"{family.name}_total" if family.type == "counter" else family.name: (
            family.type,
            frozenset(label for sample in family.samples for label in sample.labels) - {"le"},
        )
        for family in seen.families.values()
        if family.name.startswith("seatkeeper_")
    }
    # Nothing of the office's inventory is unrestricted.
    assert told.pop("seatkeeper_pool_unrestricted") == ("gauge", frozenset({"owner", "license"}))
    exported.pop("seatkeeper_pool_unrestricted", None)
    assert exported == told
