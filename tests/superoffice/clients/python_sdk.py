"""Drives a third party's client for Python, `superoffice-python-sdk`, for another program.

Called as: python python_sdk.py SETTINGS, a JSON object with `server` (its URL), `context`, `ticket` and `app_token`.
Each line on stdin is a call of the package's object `License`, {"method", "args"}; each line on stdout what it
returned, {"value"}, or how it failed, {"failed"}.

The package makes its URLs for the vendor's cloud alone; the session that it is given sends them to `server` instead.
Nothing else is changed of what it sends.
"""

import importlib
import json
import sys
from typing import Any

_CLOUD = "https://online.superoffice.com"


class _Elsewhere:
    """A session of requests, as far as the package uses one, for a server that is not the vendor's."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._session = importlib.import_module("requests").Session()
        self._session.trust_env = False

    def request(self, method: str, url: str, **what: Any) -> Any:  # noqa: ANN401 - what requests takes and returns
        """Send a request."""
        return self._session.request(method, url.replace(_CLOUD, self._server, 1), timeout=30, **what)


def main() -> None:
    """Make the calls on stdin one after the other."""
    settings = json.loads(sys.argv[1])
    rest = importlib.import_module("superofficesdk.rest")
    license_ = rest.SOType(
        "License",
        settings["context"],
        "online",
        rest.API_VERSION,
        _Elsewhere(settings["server"]),
        settings["ticket"],
        settings["app_token"],
    )
    for line in sys.stdin:
        call = json.loads(line)
        try:
            outcome = {"value": getattr(license_, call["method"])(*call["args"])}
        except Exception as error:  # noqa: BLE001 - whatever the package raises is its outcome
            outcome = {"failed": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(outcome) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
