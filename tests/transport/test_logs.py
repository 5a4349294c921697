"""Logs have one shape, whoever writes them, and show no values of a fault's surroundings."""

import json
import subprocess
import sys

import pytest

PROGRAM = """
import logging, sys
import structlog
from seatkeeper.transport.logs import configure_logs

early = structlog.get_logger("seatkeeper.early")
configure_logs(sys.argv[1], sys.argv[2])

def fail(password):
    raise RuntimeError("it failed")

early.info("ours", count=3, text="two\\nlines")
early.debug("ours, unimportant")
logging.getLogger("uvicorn.error").info("theirs, %d", 4)
logging.getLogger("asyncio").debug("theirs, unimportant")
try:
    fail("a" + "-secret-" + "b")
except RuntimeError:
    early.exception("ours failed")
    logging.getLogger("uvicorn.error").exception("theirs failed")
"""


def _logged(format: str, level: str) -> list[str]:  # noqa: A002 - the setting's own name
    command = [sys.executable, "-c", PROGRAM, format, level]
    return subprocess.run(command, check=True, stderr=subprocess.PIPE, text=True).stderr.splitlines()


def test_json_lines_of_ours_and_theirs_have_the_same_members() -> None:
    lines = [json.loads(line) for line in _logged("json", "info")]
    assert [line["event"] for line in lines] == ["ours", "theirs, 4", "ours failed", "theirs failed"]
    assert all({"at", "level"} <= line.keys() for line in lines)
    assert lines[0]["count"] == 3
    assert lines[1]["logger"] == "uvicorn.error"
    assert [line["exception"].splitlines()[-1] for line in lines[2:]] == ["RuntimeError: it failed"] * 2


def test_the_level_holds_for_ours_and_theirs() -> None:
    assert [json.loads(line)["event"] for line in _logged("json", "error")] == ["ours failed", "theirs failed"]


def test_debugging_shows_our_own_details() -> None:
    assert "ours, unimportant" in [json.loads(line)["event"] for line in _logged("json", "debug")]


@pytest.mark.parametrize("format", ["json", "console"])
def test_no_value_of_a_failing_call_is_shown(format: str) -> None:  # noqa: A002 - the setting's own name
    text = "\n".join(_logged(format, "info"))
    assert text.count("it failed") == 2
    assert "-secret-b" not in text


def test_the_console_has_no_colours_where_nobody_looks() -> None:
    assert not any("\x1b" in line for line in _logged("console", "info"))


WRITES_WHILE_IT_WRITES = """
import asyncio, gc, io
import structlog
from seatkeeper.transport.logs import configure_logs

class Collecting(io.StringIO):
    def write(self, text):
        gc.collect()
        return super().write(text)

written = Collecting()
configure_logs("json", stream=written)

async def fail():
    raise ValueError

async def main():
    gc.disable()
    circle = [asyncio.create_task(fail())]
    circle.append(circle)
    await asyncio.sleep(0.01)
    del circle
    structlog.get_logger().info("ours")
    await asyncio.sleep(0.01)

asyncio.run(main())
print(written.getvalue())
"""


def test_a_line_that_comes_while_another_is_written_is_written_too() -> None:
    """As asyncio's of a task that failed unseen, when that is collected as garbage just then."""
    command = [sys.executable, "-c", WRITES_WHILE_IT_WRITES]
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=30).stdout.split("\n")
    events = {json.loads(line)["event"].partition("\n")[0] for line in lines if line}
    assert events == {"ours", "Task exception was never retrieved"}


def test_a_text_of_several_lines_stays_on_one() -> None:
    assert "two\\nlines" in _logged("console", "info")[0]
