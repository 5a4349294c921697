"""The engines that the server's tables can be on, and a server on each for tests that ask one over the wire.

`--engine` has a run use one of them only. On PostgreSQL most of them are marked slow.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Generic, Protocol, Self, TypeVar

import pytest

from tests.postgres.fixtures import postgres_server
from tests.server_process import ServerProcess, start_server

ENGINES: Final = ("sqlite", "postgresql")

ALWAYS_ON_EACH: Final = (
    "ledger/test_rules_of_",
    "ledger/test_tokens.py",
    "ledger/test_transactions.py",
    "nodes/",
    "icws/test_license_stages.py",
    "icws/test_license_subscriptions.py",
    "icws/test_messaging.py",
    "mobilefirst/test_transactions.py",
    "queries/test_lists.py",
    "superoffice/test_assign.py",
)
"""What `make test` runs on each engine: the rules of the ledger, and of what asks it those that ask for most. The rest,
whose way to the tables is the same, runs on PostgreSQL in `make test-all`."""


class World(Protocol):
    """What tests make of a running server."""

    def close(self) -> None:
        """Close what is open to the server."""


W = TypeVar("W", bound=World)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--engine`."""
    parser.addoption("--engine", choices=ENGINES, help="run what runs on each engine on this one only")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark as slow what shall not always run, and leave out what is of another engine than the one asked for."""
    tests = Path(__file__).parent
    for item in items:
        if _engine(item) == "postgresql" and not str(item.path.relative_to(tests)).startswith(ALWAYS_ON_EACH):
            item.add_marker("slow")
    only = config.getoption("engine")
    if only is None:
        return
    kept = [item for item in items if _engine(item) in {None, only}]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def _engine(item: pytest.Item) -> str | None:
    """The engine that a test is for, if there is one of it for each."""
    call = getattr(item, "callspec", None)
    return next((each for each in call.params.values() if each in ENGINES), None) if call is not None else None


class OnEachEngine(Generic[W]):
    """One server on each engine, started when a test first asks for it, and what `of` makes of it. Below `folder`."""

    def __init__(self, of: Callable[[ServerProcess], W], folder: Path, env: Mapping[str, str] | None = None) -> None:
        self._of = of
        self._folder = folder
        self._env = env or {}
        self._made: dict[str, W] = {}
        self._stack = ExitStack()

    def on(self, engine: str) -> W:
        """That on this engine."""
        if engine not in self._made:
            made = self._of(self._stack.enter_context(self._started(engine)))
            self._stack.callback(made.close)
            self._made[engine] = made
        return self._made[engine]

    def _started(self, engine: str) -> ServerProcess:
        env = dict(self._env)
        if engine == "postgresql":
            server = postgres_server()
            env["SEATKEEPER_DATABASE"] = server.new_url()
            self._stack.callback(server.drop, env["SEATKEEPER_DATABASE"])
        folder = self._folder / engine
        folder.mkdir()
        return start_server(folder / "data", env=env)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()
