"""This node among those that use a PostgreSQL database: each is there by an advisory lock, and one of them leads.

Both locks belong to one session on the server, which looks once a second. Where it cannot, because its node stands
still or the network does, the server ends it (`idle_session_timeout`), and with it what it locked. So no node needs
another's word that it is there, and none leads beside another for longer than a moment.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from importlib.metadata import version
from selectors import EVENT_READ, DefaultSelector
from socket import socket, socketpair
from typing import Final, NamedTuple

import psycopg
import structlog

from seatkeeper.ledger.database import DatabaseUnreachable
from seatkeeper.ledger.engines.postgres_statements import CHANNEL
from seatkeeper.ledger.schema import node_name

_log = structlog.get_logger("seatkeeper.ledger")

_NODES: Final = 0x5EA7_0001
_LEAD: Final = 0x5EA7_0002
"""The first half of the advisory locks: of nodes, by their number, and of the one that leads."""

_LARGEST: Final = 2**31 - 1
_LOOK_SECONDS: Final = 1.0
_LEAD_SECONDS: Final = 4.0
"""How long a look counts. Shorter than the server keeps a session that does not look, after which another may lead."""

_START_SECONDS: Final = 10.0
_STOP_SECONDS: Final = 2.0
_PAUSES: Final = (0.1, 0.2, 0.5, 1.0)
"""Seconds before the database is tried again; the last of them from then on."""

# What a node is called in `pg_stat_activity`: its schema, number, version and the digest of its settings.
_NAME: Final = "SELECT set_config('application_name', %s, false)"
# Where the network broke, the server may still think that this node's former session is there, lead and all.
_END_FORMER: Final = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name LIKE %s AND usesysid = (SELECT oid FROM pg_roles WHERE rolname = current_user)
      AND datname = current_database() AND pid <> pg_backend_pid()
"""
_BE_THERE: Final = f"SELECT pg_advisory_lock({_NODES}, %s)"
_TRY_TO_LEAD: Final = f"SELECT pg_try_advisory_lock({_LEAD}, 0)"
_LEAD_NO_MORE: Final = f"SELECT pg_advisory_unlock({_LEAD}, 0)"
# PostgreSQL shows the two halves of an advisory lock's number as `classid` and `objid`, and as `objsubid` that there
# are two.
_LOOK: Final = f"""
    SELECT node.objid::bigint, coalesce(a.application_name, ''), lead.pid IS NOT NULL, node.pid = pg_backend_pid()
    FROM pg_locks node
    LEFT JOIN pg_locks lead ON lead.pid = node.pid AND lead.locktype = 'advisory' AND lead.granted
      AND lead.classid = {_LEAD} AND lead.objid = 0 AND lead.objsubid = 2 AND lead.database = node.database
    LEFT JOIN pg_stat_activity a ON a.pid = node.pid
    WHERE node.locktype = 'advisory' AND node.granted AND node.classid = {_NODES} AND node.objsubid = 2
      AND node.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class _Seen(NamedTuple):
    """What the last look showed. `number`: of the look, the first being 1. `at`: the steady time before it, in seconds.
    `names`: of the living nodes, by number. `last_leader`: the one that leads, or else the last that was seen to;
    `predecessor`: the one that was it when this node began to lead.
    """

    number: int
    at: float
    names: Mapping[int, str]
    leader: int | None
    last_leader: int | None
    predecessor: int | None


class PostgresPresence:
    """One thread with one connection of its own, which also hears that others have written.

    `connect` makes that connection, to a server that ends it after five seconds in which nothing is asked. `wake` is
    called in the thread when others may have written: when they said so, and once a second. `like`: nodes that differ
    in it are warned of, for what they decide would differ as well.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection], wake: Callable[[], None], *, like: str = "") -> None:
        self.node: Final = 1 + secrets.randbelow(_LARGEST)
        self._connect = connect
        self._wake = wake
        self._name = f"{node_name()} {self.node} {version('seatkeeper')} {like or '-'}"
        self._seen = _Seen(0, 0.0, {}, None, None, None)
        self._begun_looks = 0
        self._connected = False
        self._resigned = False
        self._stopping = False
        self._started = threading.Event()
        self._asked: dict[int, int] = {}
        self._warned: set[int] = set()
        self._why = ""
        self._bell: socket | None = None
        self._thread = threading.Thread(target=self._run, name="seatkeeper-presence", daemon=True)

    @property
    def hears(self) -> bool:
        """Whether a look has shown something within the last seconds."""
        return time.monotonic() - self._seen.at < _LEAD_SECONDS

    @property
    def leads(self) -> bool:
        """Whether this node led a moment ago, and no other can have begun since."""
        if not self._connected or self._resigned or self._stopping:
            return False
        return self._seen.leader == self.node and self.hears

    @property
    def inherits(self) -> bool:
        """Whether the node that led before this one is not there, or was gone before it could be seen."""
        seen = self._seen
        return seen.predecessor != self.node and seen.predecessor not in seen.names

    @property
    def alone(self) -> bool:
        """Whether no other node was there a moment ago."""
        return self._connected and self._seen.names.keys() <= {self.node} and self.hears

    def lives(self, node: int) -> bool:
        """Whether a node is there. One that is not seen may have come since the last look: the next one tells."""
        asked = self._asked.setdefault(node, self._begun_looks)
        seen = self._seen
        return node == self.node or node in seen.names or seen.number <= asked

    def start(self) -> None:
        """Be there, and know the others. Raises DatabaseUnreachable where that cannot be within some seconds."""
        self._thread.start()
        if not self._started.wait(_START_SECONDS):
            self.stop()
            raise DatabaseUnreachable(f"The database does not let this node in: {self._why or 'it does not answer'}.")

    def resign(self) -> None:
        """Let another lead, within a second."""
        self._resigned = True
        self._ring()

    def stop(self) -> None:
        """Be there no more."""
        self._stopping = True
        if self._thread.is_alive():
            self._ring()
            self._thread.join(_STOP_SECONDS)  # it may be connecting, to a database that is not there

    def _ring(self) -> None:
        """Have the thread look up from its waiting."""
        if self._bell is not None:
            with suppress(OSError):  # it has ended
                self._bell.send(b"!")

    def _run(self) -> None:
        self._bell, heard = socketpair()
        with self._bell, heard:
            self._stay(heard)

    def _stay(self, heard: socket) -> None:
        failures = 0
        while not self._stopping:
            before = self._seen.number
            try:
                with closing(self._connect()) as connection:
                    self._enter(connection)
                    self._attend(connection, heard)
            except psycopg.Error as error:
                self._why = " ".join(str(error).split()).removesuffix(".")
                if self._connected:
                    _log.warning("presence_lost", node=self.node, reason=self._why)
            except Exception:  # noqa: BLE001 - a node that does not look again would never come back
                _log.exception("presence_failed", node=self.node)
            self._connected = False
            failures = 0 if self._seen.number > before else failures + 1
            self._wake()  # the writer sees for itself whether its own connection is there
            self._wait_apart(heard, _PAUSES[min(failures, len(_PAUSES) - 1)])

    def _enter(self, connection: psycopg.Connection) -> None:
        """Be there under the same number as before, in a new session."""
        connection.execute(_END_FORMER, (f"seatkeeper node % {self.node} %",))
        connection.execute(_NAME, (self._name,))
        connection.execute(_BE_THERE, (self.node,))
        connection.execute(f"LISTEN {CHANNEL}")

    def _attend(self, connection: psycopg.Connection, heard: socket) -> None:
        """Look, and wake who reads, until this node stops."""
        with _waiting_on(connection, heard) as wait:
            while not self._stopping:
                if self._is_to_look():
                    self._look(connection)
                self._wake()
                wait(max(0.0, self._seen.at + _LOOK_SECONDS - time.monotonic()))

    def _is_to_look(self) -> bool:
        if not self._connected or time.monotonic() - self._seen.at >= _LOOK_SECONDS:
            return True
        return self._resigned and self._seen.leader == self.node

    def _wait_apart(self, heard: socket, seconds: float) -> None:
        """Wait where there is no connection, unless this node stops."""
        with DefaultSelector() as selector:
            selector.register(heard, EVENT_READ)
            until = time.monotonic() + seconds
            while not self._stopping and (rest := until - time.monotonic()) > 0:
                if selector.select(rest):
                    heard.recv(1024)

    def _look(self, connection: psycopg.Connection) -> None:
        """See who is there, and lead where nobody does."""
        before = self._seen
        self._begun_looks += 1
        number, at = self._begun_looks, time.monotonic()
        led = self._connected and before.leader == self.node
        if self._resigned and led:
            connection.execute(_LEAD_NO_MORE)
        elif not self._resigned and not led:
            connection.execute(_TRY_TO_LEAD)
        rows = connection.execute(_LOOK).fetchall()
        if not any(own for *_, own in rows):
            raise psycopg.OperationalError("the database does not know this node any more")
        names: dict[int, str] = {node: name for node, name, _, _ in rows}
        leader = next((node for node, _, leading, _ in rows if leading), None)
        last = before.last_leader if leader is None else leader
        begins = leader == self.node and not led
        predecessor = before.last_leader if begins else before.predecessor
        self._seen = _Seen(number, at, names, leader, last, predecessor)
        self._connected = True
        self._started.set()
        self._say(before)

    def _say(self, before: _Seen) -> None:
        """Say in the log what has changed, and which node decides by other settings."""
        seen = self._seen
        if seen.leader != before.leader:
            _log.info("node_leads", node=self.node, leader=seen.leader)
        if seen.names.keys() != before.names.keys():
            _log.info("nodes", node=self.node, there=sorted(seen.names))
        *_, own_version, own_settings = self._name.split()
        for node, name in seen.names.items():
            *_, its_version, its_settings = name.split() if name.count(" ") >= 3 else ("", "")
            if its_version == own_version and its_settings != own_settings and node not in self._warned:
                self._warned.add(node)
                _log.warning(
                    "settings_differ",
                    reason="the nodes of a database must decide alike: give them the same settings, and restart them",
                    node=self.node,
                    settings=own_settings,
                    other_node=node,
                    other_settings=its_settings,
                )
        self._warned &= seen.names.keys()


@contextmanager
def _waiting_on(connection: psycopg.Connection, bell: socket) -> Iterator[Callable[[float], None]]:
    """A wait for so many seconds, for a notification, or for the bell; however many have come are one."""
    with DefaultSelector() as selector:
        selector.register(connection.fileno(), EVENT_READ)
        selector.register(bell, EVENT_READ)

        def wait(seconds: float) -> None:
            for key, _ in selector.select(seconds):
                if key.fileobj is bell:
                    bell.recv(1024)
            for _ in connection.notifies(timeout=0):
                pass

        yield wait
