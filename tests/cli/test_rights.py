"""A data directory that belongs to another user."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seatkeeper.cli.client import reached, reached_server, reached_to_plan
from seatkeeper.cli.failure import ExitCode, Failure
from seatkeeper.cli.options import existing_database
from seatkeeper.cli.ways import is_held
from seatkeeper.ledger.files import LOCK

_NOBODY = 65_534


@pytest.fixture
def data() -> Iterator[Path]:
    """Not in pytest's own directory, which nobody else may look into."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@contextmanager
def without_rights() -> Iterator[None]:
    """What root may read whatever its mode, nobody may not. Another user goes by the mode already."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def opened(way: Callable[..., object], data: Path) -> None:
    with way(data, None):  # type: ignore[attr-defined]
        pass


@pytest.mark.parametrize("way", [reached, reached_to_plan, reached_server])
def test_who_may_not_look_into_the_data_directory_is_told_as_whom_to_run_the_command(
    data: Path, way: Callable[..., object]
) -> None:
    data.chmod(0)
    with pytest.raises(Failure) as caught, without_rights():
        opened(way, data)
    assert caught.value.exit_code == ExitCode.UNREACHABLE
    assert str(caught.value) == f"{data} cannot be used: Permission denied. Run it as root or as the server's user."
    data.chmod(0o700)


def test_who_may_not_look_for_the_database_is_told_so(data: Path) -> None:
    data.chmod(0)
    with pytest.raises(Failure, match=r"Run it as root or as the server's user\.$"), without_rights():
        existing_database(data, None)
    data.chmod(0o700)


def test_who_may_not_ask_for_the_server_is_told_so(data: Path) -> None:
    data.chmod(0o755)
    (data / LOCK).touch()
    assert not is_held(data)
    (data / LOCK).chmod(0)
    with pytest.raises(Failure, match=r"seatkeeper\.lock cannot be used: .* as root or"), without_rights():
        opened(reached_server, data)
