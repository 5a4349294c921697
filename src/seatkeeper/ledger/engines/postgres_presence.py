"""This node among those that use a PostgreSQL database: each is there by an advisory lock, and one of them leads.

Both locks belong to one session on the server, which looks once a second. Where it cannot, because its node stands
still or the network does, the server ends it (`idle_session_timeout`), and with it what it locked. So no node needs
another's word that it is there, and none leads beside another for longer than a moment.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import closing, contextmanager, suppress
from selectors import EVENT_READ, DefaultSelector
from socket import socket, socketpair
from typing import Final, NamedTuple

import psycopg
import structlog

from seatkeeper.ledger.database import DatabaseUnreachable
from seatkeeper.ledger.engines import postgres_nodes as nodes
from seatkeeper.ledger.engines.postgres_connection import plain
from seatkeeper.ledger.engines.postgres_statements import CHANNEL

_log = structlog.get_logger("seatkeeper.ledger")

_LARGEST: Final = 2**31 - 1
_LOOK_SECONDS: Final = 1.0
_LEAD_SECONDS: Final = 4.0
"""How long a look counts. Shorter than the server keeps a session that does not look, after which another may lead."""

_START_SECONDS: Final = 10.0
_STOP_SECONDS: Final = 2.0
_PAUSES: Final = (0.1, 0.2, 0.5, 1.0)
"""Seconds before the database is tried again; the last of them from then on."""

_LEAVES: Final = "leaves "
"""What a node says with its number when all that it has heard is in the tables, and it goes."""


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
    called in the thread when others may have written: when they said so, and once a second. `own` is the server's
    process that this node writes by, if it has one. `like`: nodes that differ in it are warned of, for what they decide
    would differ as well.
    """

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection],
        wake: Callable[[], None],
        own: Callable[[], int | None] = lambda: None,
        *,
        like: str = "",
    ) -> None:
        self.node: Final = 1 + secrets.randbelow(_LARGEST)
        self._connect = connect
        self._wake = wake
        self._own = own
        self._name = nodes.name_of(self.node, like)
        self._seen = _Seen(0, 0.0, {}, None, None, None)
        self._begun_looks = 0
        self._connected = False
        self._resigned = False
        self._aside = False
        self._stopping = False
        self._lost = False
        self._left: set[str] = set()
        self.losses = 0
        self._started = threading.Event()
        self._looked = threading.Condition()
        self._wanted = 0
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
        if not self._connected or self._retires or self._stopping:
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

    def alone_now(self) -> bool:
        """Whether a look that begins from now on shows no other node. Waits for it some seconds at most."""
        with self._looked:
            wanted = self._wanted = self._begun_looks + 1
            self._ring()
            return self._looked.wait_for(lambda: self._seen.number >= wanted, _START_SECONDS) and self.alone

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

    def stand_aside(self, aside: bool) -> None:
        """Let another lead at once, or lead again once nobody does, within a second."""
        self._aside = aside
        self._ring()

    def stop(self, *, lost: bool = False) -> None:
        """Be there no more, and say so unless something is `lost`."""
        self._lost = lost
        self._stopping = True
        if self._thread.is_alive():
            self._ring()
            self._thread.join(_STOP_SECONDS)  # it may be connecting, to a database that is not there

    @property
    def _retires(self) -> bool:
        return self._resigned or self._aside

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
                self._why = plain(error)
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
        connection.execute(nodes.END_FORMER, (nodes.former_name(self.node),))
        connection.execute(nodes.NAME, (self._name,))
        connection.execute(nodes.BE_THERE, (self.node,))
        connection.execute(f"LISTEN {CHANNEL}")

    def _attend(self, connection: psycopg.Connection, heard: socket) -> None:
        """Look, and wake who reads, until this node stops."""
        only_own = False
        with _waiting_on(connection, heard) as wait:
            while not self._stopping:
                if self._is_to_look():
                    self._look(connection)
                    only_own = False
                if not only_own:
                    self._wake()
                wait(max(0.0, self._seen.at + _LOOK_SECONDS - time.monotonic()))
                only_own = self._hear(connection)
        if not self._lost:
            connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, f"{_LEAVES}{self.node}"))

    def _hear(self, connection: psycopg.Connection) -> bool:
        """Take what was said; whether that was nothing but that this node has written.

        That others have written wakes whoever reads, however often it was. What this node wrote it knows; where it has
        lost that, the next look, a second later, has it read.
        """
        said = list(connection.notifies(timeout=0))
        self._left |= {each.payload for each in said if each.payload.startswith(_LEAVES)}
        return {each.pid for each in said} == {self._own()}

    def _is_to_look(self) -> bool:
        if not self._connected or time.monotonic() - self._seen.at >= _LOOK_SECONDS:
            return True
        return self._seen.number < self._wanted or (self._retires and self._seen.leader == self.node)

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
        before, retires = self._seen, self._retires
        with self._looked:
            self._begun_looks += 1
        number, at = self._begun_looks, time.monotonic()
        led = self._connected and before.leader == self.node
        if retires and led:
            connection.execute(nodes.LEAD_NO_MORE)
        elif not retires and not led:
            connection.execute(nodes.TRY_TO_LEAD)
        rows = connection.execute(nodes.LOOK).fetchall()
        if not any(own for *_, own in rows):
            raise psycopg.OperationalError("the database does not know this node any more")
        names: dict[int, str] = {node: name for node, name, _, _ in rows}
        leader = next((node for node, _, leading, _ in rows if leading), None)
        last = before.last_leader if leader is None else leader
        begins = leader == self.node and not led
        predecessor = before.last_leader if begins else before.predecessor
        self._count_losses(connection, before.names.keys() - names.keys())
        with self._looked:
            self._seen = _Seen(number, at, names, leader, last, predecessor)
            self._connected = True
            self._looked.notify_all()
        self._started.set()
        self._say(before)

    def _count_losses(self, connection: psycopg.Connection, gone: Set[int]) -> None:
        """Count those that are gone without a word. What they said came before they went."""
        if gone:
            self._hear(connection)
        self.losses += sum(f"{_LEAVES}{node}" not in self._left for node in gone - {self.node})
        self._left -= {f"{_LEAVES}{node}" for node in gone}

    def _say(self, before: _Seen) -> None:
        """Say in the log what has changed, and which node decides by other settings."""
        seen = self._seen
        if not before.number:
            _log.info("this_is_node", number=self.node, nodes=len(seen.names))
        if seen.leader != before.leader:
            _log.info("node_leads", node=self.node, leader=seen.leader)
        if seen.names.keys() != before.names.keys():
            _log.info("nodes", node=self.node, there=sorted(seen.names))
        own = nodes.read_name(self._name)
        for node, name in seen.names.items():
            its = nodes.read_name(name)
            if its.version == own.version and its.settings != own.settings and node not in self._warned:
                self._warned.add(node)
                _log.warning(
                    "settings_differ",
                    reason="the nodes of a database must decide alike: give them the same settings, and restart them",
                    node=self.node,
                    settings=own.settings,
                    other_node=node,
                    other_settings=its.settings,
                )
        self._warned &= seen.names.keys()


@contextmanager
def _waiting_on(connection: psycopg.Connection, bell: socket) -> Iterator[Callable[[float], None]]:
    """A wait for so many seconds, for a notification, or for the bell."""
    with DefaultSelector() as selector:
        selector.register(connection.fileno(), EVENT_READ)
        selector.register(bell, EVENT_READ)

        def wait(seconds: float) -> None:
            for key, _ in selector.select(seconds):
                if key.fileobj is bell:
                    bell.recv(1024)

        yield wait
