"""What a test needs of the machine that it runs on."""

import os
import shutil

import pytest


def require(what: str, *, there: bool) -> None:
    """Skip where the machine lacks something, or fail where SEATKEEPER_REQUIRE_ALL says that it must not."""
    if not there and os.environ.get("SEATKEEPER_REQUIRE_ALL"):
        pytest.fail(f"this machine lacks {what}")
    if not there:
        pytest.skip(f"this machine lacks {what}")


def program(name: str) -> str:
    """The path of a program, which is required. Servers are looked for where a user's PATH does not lead, too."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    require(name, there=found is not None)
    assert found is not None
    return found
