"""The pytest plugin for people who write clients: the fixture `seatkeeper`, a license server that is new to each test.

pytest loads it by itself where Seatkeeper is installed; docs/testing-clients.md says how to use it. It starts the
server as a process of its own and speaks HTTP to it, so it imports nothing else of Seatkeeper's.
"""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from seatkeeper.pytest_plugin.failure import SeatkeeperError
from seatkeeper.pytest_plugin.inventories import demo, read
from seatkeeper.pytest_plugin.served import Denial, Seatkeeper, Session

if TYPE_CHECKING:
    from seatkeeper.pytest_plugin.process import Server

__all__ = ["Denial", "Seatkeeper", "SeatkeeperError", "Session"]

_INVENTORY: Final = "seatkeeper_inventory"
_CONFIG: Final = "seatkeeper_config"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The two options that pytest's own file of settings may have."""
    parser.addini(_INVENTORY, "the inventory of the fixture seatkeeper: a TOML file; default: the demo", type="paths")
    parser.addini(_CONFIG, "the settings of the server of the fixture seatkeeper: a TOML file", type="paths")


def pytest_configure(config: pytest.Config) -> None:
    """The marker by which one test has an inventory of its own."""
    about = "the inventory of this test's server: a path, from the test's folder, or TOML"
    config.addinivalue_line("markers", f"{_INVENTORY}(inventory): {about}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a test that failed what its server had to say meanwhile."""
    report = yield
    served = getattr(item, "funcargs", {}).get("seatkeeper")
    if report.failed and isinstance(served, Seatkeeper):
        report.sections.append(("Seatkeeper's log", served.log()))
    return report


@pytest.fixture(scope="session")
def _seatkeeper_server(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator["Server"]:
    """The one process of this run, or of this worker of it."""
    from seatkeeper.pytest_plugin.process import started  # noqa: PLC0415 - what a run without the fixture does not load

    with started(tmp_path_factory.mktemp("seatkeeper"), config=_option(pytestconfig, _CONFIG)) as server:
        yield server


@pytest.fixture
def seatkeeper_inventory(pytestconfig: pytest.Config) -> Path | str | None:
    """What the server has at the beginning of a test: the path of a TOML file, or TOML. None: the demo inventory.

    Override it to have another one for a folder, a module or a class.
    """
    return _option(pytestconfig, _INVENTORY)


@pytest.fixture
def seatkeeper(
    request: pytest.FixtureRequest, _seatkeeper_server: "Server", seatkeeper_inventory: Path | str | None
) -> Seatkeeper:
    """A running license server with nothing in it but an inventory: no session, no seat in use, no fault."""
    mark = request.node.get_closest_marker(_INVENTORY)
    given = seatkeeper_inventory if mark is None else _marked(mark, request.path.parent)
    try:
        return Seatkeeper(_seatkeeper_server, demo() if given is None else read(given))
    except (OSError, ValueError, SeatkeeperError) as error:
        pytest.fail(f"This test cannot begin: {error}", pytrace=False)  # the traceback would be ours alone


def _option(config: pytest.Config, name: str) -> Path | None:
    paths: list[Path] = config.getini(name)
    if len(paths) > 1:
        raise pytest.UsageError(f"{name} names {len(paths)} files; it can be one.")
    return paths[0] if paths else None


def _marked(mark: pytest.Mark, folder: Path) -> Path | str:
    if len(mark.args) == 1 and not mark.kwargs:
        [given] = mark.args
        if isinstance(given, Path):
            return folder / given
        if isinstance(given, str):
            return given
    raise pytest.UsageError(f"@pytest.mark.{_INVENTORY} takes one argument: the Path of a TOML file, or TOML.")
