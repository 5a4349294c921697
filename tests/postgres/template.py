"""A cluster as `initdb` makes it, kept below build/ so that it is made once and copied after that."""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.postgres.binaries import Missing, give, identity, own_directory, programs

_KEPT: Final = Path(__file__).parents[2] / "build"
_OPTIONS: Final = (
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--no-instructions",
    "--no-sync",
    "--wal-segsize=4",  # megabytes: what every copy and every standby begins with
)


def copy_of_template(user: str, data: Path) -> None:
    """Make a data directory whose only account is this one. Raises Missing where `initdb` fails."""
    version = subprocess.run(
        [programs() / "initdb", "--version"], capture_output=True, text=True, check=True
    ).stdout.split()[-1]
    kept = _KEPT / f"postgresql-{version}-{user}"
    if not kept.exists():
        _make(user, kept)
    shutil.copytree(kept, data)
    data.chmod(0o700)
    give(data)


def _make(user: str, kept: Path) -> None:
    place = own_directory("seatkeeper-initdb-")
    try:
        command: list[str | Path] = [programs() / "initdb", "--pgdata", place / "data", f"--username={user}", *_OPTIONS]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **identity())
        if done.returncode != 0:
            raise Missing(f"a PostgreSQL that can be set up: {done.stderr.strip()}")
        partial = kept.with_name(f"{kept.name}.{os.getpid()}")
        shutil.copytree(place / "data", partial)
        with suppress(OSError):  # another process was faster
            partial.rename(kept)
        shutil.rmtree(partial, ignore_errors=True)
    finally:
        shutil.rmtree(place)
