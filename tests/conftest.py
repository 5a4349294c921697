"""Fixtures that every test may use."""

import signal

import hypothesis
import pytest
import structlog

pytest_plugins = ["tests.server_process", "tests.postgres.fixtures", "tests.engines", "tests.coverage.evidence"]

# An example takes as long as the machine lets it: nothing is shown by that.
hypothesis.settings.register_profile("seatkeeper", deadline=None)
hypothesis.settings.load_profile("seatkeeper")

# What is logged in the process of the tests. Structlog by itself shows the variables of every frame of an exception,
# which takes a second for each.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

# A run in the background of a script has Ctrl-C ignored, and so would all that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio, as the server does."""
    return "asyncio"
