"""Registering versions of applications, as the vendor's scripts do."""

import time
from typing import Any

from tests.mobilefirst.client import DEADLINE, Client


def descriptor(application: str, platform: str = "android", version: str = "1.0", **members: object) -> dict[str, Any]:
    """A descriptor as a client sends it."""
    key = {"android": "packageName", "ios": "bundleId"}.get(platform, "assemblyName")
    return {"applicationKey": {key: application, "clientPlatform": platform, "version": version}, **members}


def register(
    deployer: Client,
    runtime: str,
    application: str,
    platform: str = "android",
    version: str = "1.0",
    *,
    display_name: str = "",
    after: str = "",
) -> str:
    """Register a version, and give when that was; it is later than `after`, so that there is an order in time."""
    deadline = time.monotonic() + DEADLINE
    while True:
        payload = descriptor(application, platform, version, displayName=display_name)
        answer = deployer.post(f"/runtimes/{runtime}/applications", payload)
        assert (answer.status_code, answer.json()["ok"]) == (200, True), answer.text
        ended: str = answer.json()["transaction"]["timeUpdated"]
        if ended > after:
            return ended
        assert time.monotonic() < deadline, f"the server's clock stands at {ended}"
