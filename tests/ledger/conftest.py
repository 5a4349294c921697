"""Where the tables of a test's ledger are: on each engine in turn."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engines import ENGINES
from tests.ledger.world import Place
from tests.postgres.fixtures import postgres_server


@pytest.fixture(params=ENGINES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return tmp_path
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def place_anew(place: Place, tmp_path: Path) -> Callable[[], Place]:
    """An empty database on the same engine whenever it is asked for; of PostgreSQL, the former has lost its rows."""
    if isinstance(place, Path):
        numbers = iter(range(1, 1_000))
        return lambda: tmp_path / f"{next(numbers)}"
    return postgres_server().empty_url
