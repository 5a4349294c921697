"""What the ledger holds, as an administrator sees it: the other side of what a client was told."""

import subprocess
import sys
from typing import Any

from tests.superoffice.world import World

_CHECK_SECONDS = 60.0


def licenses_of(world: World, login: str) -> set[str]:
    """The licenses of a user, by the names of the inventory: `OWNER:NAME`, or `NAME` of the configured owner."""
    after: str | None = None
    while True:
        answer = world.admin.get("/users", params={"limit": 1000, **({} if after is None else {"after": after})})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        for user in page["users"]:
            if user["login"] == login:
                return set(user["licenses"])
        after = page["next"]
        assert after is not None, f"there is no user {login}"


def modules_of(world: World, login: str, owner: str) -> set[str]:
    """The modules of one owner that a user has, by their bare names."""
    prefix = f"{owner}:"
    return {name.removeprefix(prefix) for name in licenses_of(world, login) if name.startswith(prefix)}


def pools(world: World, owner: str) -> dict[str, dict[str, Any]]:
    """The licenses of an owner with their seats and how many are taken, by name."""
    answer = world.admin.get("/licenses")
    assert answer.status_code == 200, answer.text
    return {each["name"]: each for each in answer.json()["licenses"] if each["owner"] == owner}


def check(world: World) -> str:
    """What `seatkeeper check` prints, which must find every row as the journal has it."""
    command = [sys.executable, "-m", "seatkeeper", "check", "--data", str(world.server.data)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_CHECK_SECONDS, env=world.server.environment, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
