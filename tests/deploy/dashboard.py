"""The expressions of the dashboard, as Grafana would send them."""

import json
from pathlib import Path
from typing import Any

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana" / "seatkeeper.json").read_text(encoding="utf-8"))

_CHOSEN = {"$job": "seatkeeper", "$instance": ".*", "$owner": ".*", "$license": ".*", "$__rate_interval": "1m"}
"""What stands for the variables: everything is chosen."""


def expressions() -> list[tuple[str, str]]:
    """The title of the panel, and the expression, of every query."""
    return [
        (panel["title"], _filled_in(target["expr"]))
        for panel in DASHBOARD["panels"]
        for target in panel.get("targets", ())
    ]


def variables() -> list[str]:
    """The queries `label_values(series, label)` of the variables that have one."""
    return [_filled_in(each["definition"]) for each in DASHBOARD["templating"]["list"] if each["type"] == "query"]


def _filled_in(expression: str) -> str:
    for variable, value in _CHOSEN.items():
        expression = expression.replace(variable, value)
    assert "$" not in expression, expression
    return expression
