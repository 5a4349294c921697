"""A PostgreSQL to measure on: its own binaries, from the wheel that the tests use, with its settings as shipped.

So it waits for the disk at each commit. It keeps its data in /var/tmp, which is on a disk where /tmp is memory.
"""

import hashlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg

from bench import worlds
from bench.load import LoadFailed
from bench.servers import NotServing
from bench.worlds import World, build
from seatkeeper.ledger.engines.postgres_database import DatabaseServer
from seatkeeper.ledger.schema import node_name
from tests.postgres.binaries import give, identity, programs

SCRIPTS: Final = Path(__file__).parent / "pgbench"

_HOST: Final = "127.0.0.1"
_USER: Final = "seatkeeper"
_WORLD: Final = "world"
_DISK: Final = "/var/tmp"  # noqa: S108 - a directory of its own is made there
_START_SECONDS: Final = 60.0


class Postgres:
    """A server that runs, and has a world."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._databases = 0

    def url(self, database: str = "postgres") -> str:
        """The URL of one of its databases."""
        return f"postgresql://{_USER}@{_HOST}:{self._port}/{database}"

    def world(self) -> str:
        """The URL of a new database that holds the world."""
        return self._new(_WORLD)

    def empty(self) -> str:
        """The URL of a new database without anything in it."""
        return self._new("template0")

    def drop(self, url: str) -> None:
        """Take a database away, so that nothing is done for it any more."""
        self.execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def execute(self, statements: str, url: str = "") -> None:
        """Execute statements, on a connection of its own."""
        with psycopg.connect(url or self.url(), autocommit=True) as connection:
            connection.execute(statements.encode())

    @staticmethod
    def rows(statement: str, url: str, *given: object) -> list[tuple[Any, ...]]:
        """What a statement finds in a database."""
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute(statement.encode(), given).fetchall()

    @staticmethod
    def pgbench(url: str, script: str, *options: object) -> float:
        """The transactions a second of a script in `bench/pgbench`, by PostgreSQL's own generator.

        Raises LoadFailed where one of them failed.
        """
        command: list[str | Path] = [programs() / "pgbench", "--no-vacuum", "--file", SCRIPTS / script]
        command += [*map(str, options), url]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - PostgreSQL's
        told = dict(line.split(" = ", 1) for line in ran.stdout.splitlines() if " = " in line)
        if ran.returncode or "tps" not in told:
            raise LoadFailed(f"pgbench ended with {ran.returncode}: {ran.stderr[-1000:]}")
        return float(told["tps"].split()[0])

    def _new(self, template: str) -> str:
        """What waits to be written is written now, rather than while something is measured."""
        self._databases += 1
        self.execute(f"CREATE DATABASE measured_{self._databases} TEMPLATE {template}")
        self.execute("CHECKPOINT")
        return self.url(f"measured_{self._databases}")


@contextmanager
def postgres(world: World, shelf: Path) -> Iterator[Postgres]:
    """A fresh server that has a world, gone afterwards with all that was written. Raises NotServing."""
    kept = _prepared(world, shelf)
    with _directory() as directory:
        shutil.copytree(kept, directory / "data")
        with _running(directory) as server:
            yield server


def _prepared(world: World, shelf: Path) -> Path:
    """The data of a server with a world, built once and kept on the shelf, like the worlds on SQLite."""
    code = b"".join(Path(file).read_bytes() for file in (__file__, worlds.__file__))
    kind = hashlib.sha256(msgspec.json.encode(world) + code + node_name().encode())
    kept = shelf / f"postgres-{kind.hexdigest()[:16]}"
    if not kept.exists():
        with _directory() as directory:
            _run("initdb", f"--pgdata={directory / 'data'}", f"--username={_USER}", "--auth=trust", "--encoding=UTF8")
            with _running(directory) as server:
                server.execute(f"CREATE DATABASE {_WORLD}")
                build(world, DatabaseServer(server.url(_WORLD)))
                server.execute("VACUUM (ANALYZE)", server.url(_WORLD))
            half = kept.with_suffix(".half")
            shutil.rmtree(half, ignore_errors=True)
            shutil.copytree(directory / "data", half)
            half.rename(kept)
    return kept


@contextmanager
def _directory() -> Iterator[Path]:
    """A directory on a disk, which the account that runs PostgreSQL can reach."""
    directory = Path(tempfile.mkdtemp(prefix="seatkeeper-bench-", dir=_DISK))
    try:
        give(directory)
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _running(directory: Path) -> Iterator[Postgres]:
    data, log, port = directory / "data", directory / "log", _free_port()
    data.chmod(0o700)
    give(data)
    command: list[str | Path] = [programs() / "postgres", "-D", data, "-h", _HOST, "-p", str(port), "-k", ""]
    with (
        log.open("wb") as said,
        subprocess.Popen(command, stdout=said, stderr=said, cwd="/", **identity()) as process,  # noqa: S603 - as above
    ):
        try:
            yield _started(Postgres(port), process, log)
        finally:
            process.send_signal(signal.SIGINT)  # it ends its connections, and then itself


def _started(server: Postgres, process: "subprocess.Popen[bytes]", log: Path) -> Postgres:
    until = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        with suppress(psycopg.OperationalError):
            server.execute("SELECT 1")
            return server
        time.sleep(0.02)
    raise NotServing(f"PostgreSQL did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _run(program: str, *options: str) -> None:
    command: list[str | Path] = [programs() / program, *options]
    asked: dict[str, Any] = identity()
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **asked)  # noqa: S603 - as above
    if ran.returncode:
        raise NotServing(f"{program} failed: {ran.stderr[-2000:]}")


def _free_port() -> int:
    with socket.create_server((_HOST, 0)) as listener:
        return int(listener.getsockname()[1])
