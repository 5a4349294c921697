"""Fixtures that every test may use."""

import pytest

pytest_plugins = ["tests.server_process", "tests.postgres.fixtures", "tests.engines", "tests.coverage.evidence"]


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio, as the server does."""
    return "asyncio"
