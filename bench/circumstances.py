"""Under what a run was measured: the machine, the versions of what takes part, and the settings as shipped."""

import importlib.metadata
import os
import platform
import shutil
import sqlite3
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec
from msgspec import Struct

from seatkeeper.ledger.engines.sqlite import SqliteEngine
from seatkeeper.settings import Settings
from tests.postgres.binaries import Missing, programs

_REPOSITORY: Final = Path(__file__).parents[1]
_PACKAGES: Final = ("uvicorn", "uvloop", "httptools", "starlette", "msgspec", "psycopg", "argon2-cffi")
_SYNCS: Final = 200
_PAGE: Final = b"\0" * 8192
_SYNCHRONOUS: Final = ("OFF", "NORMAL", "FULL", "EXTRA")  # as SQLite numbers them
_MEMORY_APART: Final = 0.05  # of two machines that have the same memory: kernels keep some for themselves


class Machine(Struct, frozen=True):
    """What was measured on. `memory`: in GiB. `file_system`: of the folder that servers wrote to. `sync`: what one
    fdatasync took there, in milliseconds, the median of 200."""

    processor: str
    cores: int
    memory: float
    kernel: str
    file_system: str
    sync: float

    def differences(self, other: "Machine") -> list[str]:
        """What keeps figures of the two from being compared, each with both values."""
        pairs = [
            ("processor", self.processor, other.processor),
            ("cores", self.cores, other.cores),
            ("kernel", self.kernel, other.kernel),
            ("file system", self.file_system, other.file_system),
        ]
        found = [f"{name}: {one} and {another}" for name, one, another in pairs if one != another]
        if abs(self.memory - other.memory) > _MEMORY_APART * max(self.memory, other.memory):
            found.append(f"memory: {self.memory} and {other.memory} GiB")
        return found


class Circumstances(Struct, frozen=True):
    """All that figures depend on, beside what is measured.

    `commit`: of Git, with a plus where files differ from it; empty outside of a clone. `durability`: what SQLite says
    of a writer's connection; PostgreSQL runs as it is shipped. `settings`: all of the server's, as shipped; its metrics
    cannot be switched off.
    """

    machine: Machine
    commit: str
    versions: dict[str, str]
    durability: dict[str, dict[str, str]]
    settings: dict[str, Any]


def circumstances(work: Path) -> Circumstances:
    """Those of a run whose servers write below `work`."""
    return Circumstances(
        machine=Machine(
            processor=_processor(),
            cores=len(os.sched_getaffinity(0)),
            memory=round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
            kernel=platform.release(),
            file_system=file_system(work, Path("/proc/self/mounts").read_text()),
            sync=round(sync_milliseconds(work), 4),
        ),
        commit=_commit(),
        versions=_versions(),
        durability={"sqlite": _of_sqlite(work)},
        settings=msgspec.to_builtins(Settings(), enc_hook=str),
    )


def sync_milliseconds(folder: Path) -> float:
    """What it takes to have 8 KiB on the disk: the median of 200 writes to one place, each with an fdatasync."""
    taken = []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(_SYNCS):
            file.seek(0)
            file.write(_PAGE)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - began)
    return median(taken) * 1000


def file_system(folder: Path, mounts: str) -> str:
    """The type of the file system that a folder is on, by a list of mounts as in `/proc/self/mounts`."""
    found = {}
    for line in mounts.splitlines():
        _, place, kind, *_ = line.split()
        if folder.resolve().is_relative_to(place):
            found[place] = kind  # of two at the same place, the later hides the former
    return found[max(found, key=len)] if found else "unknown"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str:
    head = _said("git", "-C", str(_REPOSITORY), "rev-parse", "HEAD")
    changed = _said("git", "-C", str(_REPOSITORY), "status", "--porcelain", "--untracked-files=no")
    return f"{head}+" if changed else head


def _versions() -> dict[str, str]:
    return {
        "seatkeeper": importlib.metadata.version("seatkeeper"),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        **{name: importlib.metadata.version(name) for name in _PACKAGES},
        "sqlite": sqlite3.sqlite_version,
        "postgresql": _postgres_version(),
        "wrk": _said("wrk", "--version").partition("[")[0].strip(),
    }


def _postgres_version() -> str:
    try:
        return _said(str(programs() / "postgres"), "--version")
    except Missing as missing:
        return f"not there: {missing}"


def _of_sqlite(work: Path) -> dict[str, str]:
    """What the engine sets on a connection that it is given."""
    with (
        tempfile.TemporaryDirectory(dir=work) as folder,
        closing(sqlite3.connect(Path(folder) / "asked", isolation_level=None)) as connection,
    ):
        SqliteEngine(connection, lambda: 0)
        [journal] = connection.execute("PRAGMA journal_mode").fetchone()
        [synchronous] = connection.execute("PRAGMA synchronous").fetchone()
    return {"journal_mode": journal, "synchronous": _SYNCHRONOUS[synchronous]}


def _said(program: str, *arguments: str) -> str:
    """What a program says of itself on standard output; nothing where it is not there."""
    found = shutil.which(program)
    if found is None:
        return ""
    ran = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)  # noqa: S603 - named above
    return ran.stdout.strip()
