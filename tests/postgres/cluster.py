"""A PostgreSQL cluster that a test starts, kills, promotes and restores; with a standby that streams from it."""

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, LiteralString, Protocol, Self

from psycopg import sql

from tests.postgres.binaries import give, identity, own_directory, programs
from tests.postgres.databases import PostgresServer
from tests.postgres.template import copy_of_template
from tests.postgres.watchdog import WATCHDOG, children_of, kill_tree, postmaster_of, still_runs

HOST: Final = "127.0.0.1"
USER: Final = "seatkeeper"
_WAIT_SECONDS: Final = 60.0
_SETTINGS: Final = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "16MB",
    "wal_level": "replica",
    "max_wal_senders": "5",
    "wal_keep_size": "256MB",
    "max_wal_size": "256MB",
    "hot_standby": "on",
    "autovacuum_naptime": "10s",
    "log_line_prefix": "%m [%p] %a ",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Small machines: no process that only wakes the others up.
    "max_logical_replication_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}
_SIGNALS: Final = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class ClusterFailed(Exception):
    """PostgreSQL did not do what it was told; the text ends with its log."""


class Place(Protocol):
    """Where a PostgreSQL can be reached: a cluster, or a proxy before it."""

    @property
    def host(self) -> str:
        """An address."""

    @property
    def port(self) -> int:
        """A port for TCP."""


class Cluster(PostgresServer):
    """A data directory of its own, and the PostgreSQL on it: loopback TCP, always the same port, no passwords.

    `durable`: whether it waits for the disk at a commit, as it must where it is killed and what it had acknowledged is
    looked for. (A process that is killed loses nothing that it gave to the operating system; a test that does not kill
    the machine sees no difference but in speed.)
    """

    def __init__(self, *, durable: bool = False, port: int | None = None) -> None:
        self.host: Final = HOST
        self.port: Final = _free_port() if port is None else port
        self.directory: Final = own_directory("seatkeeper-postgres-")
        self.data: Final = self.directory / "data"
        self.log: Final = self.directory / "log"
        self.durable: Final = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._standbys = 0
        super().__init__(f"postgresql://{USER}@{HOST}:{self.port}/postgres")
        WATCHDOG.watch(self.directory)

    @classmethod
    def fresh(cls, *, durable: bool = False) -> Self:
        """A new cluster, started."""
        cluster = cls(durable=durable)
        copy_of_template(USER, cluster.data)
        cluster.start()
        return cluster

    @property
    def runs(self) -> bool:
        """Whether its postmaster is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def in_recovery(self) -> bool:
        """Whether it is a standby, which cannot be written."""
        return bool(self.execute("SELECT pg_is_in_recovery()")[0][0])

    def start(self) -> None:
        """Start it and wait until it takes connections. Raises ClusterFailed."""
        self.launch()
        deadline = time.monotonic() + _WAIT_SECONDS
        while not self._ready():
            if not self.runs or time.monotonic() > deadline:
                self.kill()
                raise ClusterFailed(f"PostgreSQL did not start. Its log ends:\n{self.tail()}")
            time.sleep(0.01)

    def launch(self) -> None:
        """Start it, ready or not."""
        given = {**_SETTINGS, "port": str(self.port), "fsync": "on" if self.durable else "off"}
        given["full_page_writes"] = given["fsync"]
        (self.data / "postgresql.conf").write_text("".join(f"{name} = '{value}'\n" for name, value in given.items()))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [programs() / "postgres", "-D", self.data],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,  # not to get what a terminal sends to the tests
                **identity(),
            )

    def stop(self, mode: str = "fast") -> None:
        """Stop it, `smart`, `fast` or `immediate`, as `pg_ctl` does, and wait until it has. Raises ClusterFailed."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.send_signal(_SIGNALS[mode])
        try:
            self._process.wait(_WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ClusterFailed(f"PostgreSQL did not stop. Its log ends:\n{self.tail()}") from None
        self._process = None

    def kill(self) -> None:
        """Kill it with all its processes (SIGKILL): nothing of it runs when this returns."""
        if self._process is None:
            return
        killed = kill_tree(self._process.pid)
        self._process.wait()
        deadline = time.monotonic() + _WAIT_SECONDS
        while any(map(still_runs, killed)) and time.monotonic() < deadline:
            time.sleep(0.005)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        self._process = None

    def restart(self) -> None:
        """Stop it, if it runs, and start it again."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Let it stand still (SIGSTOP), all its processes, until `resume`."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal_all(signal.SIGCONT)

    def standby(self, *, synchronous: bool = True, through: Place | None = None) -> "Cluster":
        """A copy that streams from this one, started; `synchronous`: no commit is acknowledged before it has it.

        `through`: where it reaches this one, if not directly. Raises ClusterFailed.
        """
        self._standbys += 1
        name = f"standby_{os.getpid()}_{self._standbys}"
        standby = Cluster(durable=self.durable)
        options = ("--write-recovery-conf", f"--dbname=application_name={name}")
        self._base_backup(standby.data, *options, place=through or self)
        standby.start()
        self._wait_until("SELECT count(*) FROM pg_stat_replication WHERE application_name = %s", name)
        if synchronous:
            self.require_standby(name)
        return standby

    def require_standby(self, name: str) -> None:
        """Acknowledge no commit that this standby does not have; with an empty name, require none."""
        self._configure("synchronous_standby_names", name)
        if name:
            self._wait_until("SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')")

    def stop_receiving(self) -> None:
        """A standby's: receive nothing more of what its primary does, as if the way to it were cut."""
        self._configure("primary_conninfo", "")
        self._wait_until("SELECT count(*) = 0 FROM pg_stat_wal_receiver")

    def promote(self) -> None:
        """Make a standby a primary, which requires no standby of its own. Raises ClusterFailed."""
        self._configure("synchronous_standby_names", "")
        if not self.execute("SELECT pg_promote(true, 60)")[0][0]:
            raise ClusterFailed(f"The standby was not promoted. Its log ends:\n{self.tail()}")

    def backup(self) -> Path:
        """A copy of its data as it is now, in a directory that goes with this cluster's. Raises ClusterFailed."""
        backup = self.directory / f"backup-{time.monotonic_ns()}"
        self._base_backup(backup, place=self)
        return backup

    def restore(self, backup: Path) -> None:
        """Kill it, put a backup in the place of its data, and start it again."""
        self.kill()
        shutil.rmtree(self.data)
        shutil.copytree(backup, self.data)
        give(self.data)
        # What is set by ALTER SYSTEM came along; the standby that it may require is none of this one's.
        (self.data / "postgresql.auto.conf").write_text("")
        self.start()

    def close(self) -> None:
        """Stop it and remove its data."""
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)
        WATCHDOG.forget(self.directory)

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-3_000:] if self.log.exists() else ""

    def _ready(self) -> bool:
        # Its last line says what it is up to; PostgreSQL writes it for `pg_ctl`.
        with suppress(OSError, IndexError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return postmaster_of(self.data) == getattr(self._process, "pid", 0) and lines[7].strip() in {
                "ready",
                "standby",
            }
        return False

    def _base_backup(self, target: Path, *options: str, place: Place) -> None:
        command: list[str | Path] = [
            programs() / "pg_basebackup",
            "--pgdata",
            target,
            "--checkpoint=fast",
            "--no-sync",
            *options,
        ]
        where = ["--host", place.host, "--port", str(place.port), "--username", USER, "--no-password"]
        done = subprocess.run([*command, *where], capture_output=True, text=True, check=False, cwd="/", **identity())
        if done.returncode != 0:
            raise ClusterFailed(f"pg_basebackup failed: {done.stderr}")

    def _configure(self, name: str, value: str) -> None:
        statement = sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
        self.execute(statement)
        self.execute("SELECT pg_reload_conf()")

    def _wait_until(self, question: LiteralString, *params: object) -> None:
        deadline = time.monotonic() + _WAIT_SECONDS
        while not self.execute(question, *params)[0][0]:
            if time.monotonic() > deadline:
                raise ClusterFailed(f"It never came to this: {question}. The log ends:\n{self.tail()}")
            time.sleep(0.02)

    def _signal_all(self, number: signal.Signals) -> None:
        if self._process is not None:
            for pid in [self._process.pid, *children_of(self._process.pid)]:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def url_of(*places: Place, database: str) -> str:
    """One URL with all these hosts; the one that can be written is used."""
    hosts = ",".join(f"{place.host}:{place.port}" for place in places)
    return f"postgresql://{USER}@{hosts}/{database}"


def _free_port() -> int:
    """A port that nothing listens on, and that the system gives to no outgoing connection while the cluster is down."""
    choose = random.SystemRandom()
    while True:
        port = choose.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
