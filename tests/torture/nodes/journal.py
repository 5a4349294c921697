"""The journal as it stands in the tables, read past the nodes and folded by code that is none of theirs."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

from tests.torture.log import Recorded
from tests.torture.nodes.servers import Servers
from tests.torture.nodes.world import NodesWorld

_PAGE: Final = 5_000
_ENTRIES: Final = """
    SELECT seq, at, batch, kind, version, data, personal_digest, hash FROM journal
    WHERE seq > %s ORDER BY seq LIMIT %s
"""


class Journal:
    """Reads on from where it was; from the beginning after a rewinding."""

    def __init__(self, world: NodesWorld, servers: Servers) -> None:
        self._world = world
        self._servers = servers
        self._rewindings = 0
        self._begin()

    def read_on(self, find: Callable[[str], None]) -> Recorded:
        """What was acquired since it was last read. `find` is told of everything that is wrong with the chain."""
        if self._rewindings != len(self._world.rewindings):
            self._rewindings = len(self._world.rewindings)
            self._begin()
        acquired: Counter[tuple[str, str]] = Counter()
        while rows := self._servers.query(_ENTRIES, self._seq, _PAGE):
            self._take(rows, acquired, find)
        names = dict(self._servers.query("SELECT id, name FROM licenses"))
        counts = tuple((session, names[int(number)], count) for (session, number), count in acquired.items())
        return Recorded(received=self._world.now(), acquired=counts)

    def _begin(self) -> None:
        self._seq, self._at, self._hash = 0, 0, bytes(32)
        self._keys: dict[int, str] = {}

    def _take(self, rows: Iterable[Any], acquired: Counter[tuple[str, str]], find: Callable[[str], None]) -> None:
        for seq, at, batch, kind, version, data, digest, hash_ in rows:
            if seq != self._seq + 1:
                find(f"the journal has a gap: after event {self._seq} comes {seq}")
            if at < self._at:
                find(f"event {seq} of the journal is earlier than the one before it")
            numbers = f"{seq}|{at}|{batch}|{kind}|{version}|".encode()
            if hashlib.sha256(self._hash + numbers + data + b"|" + (digest or b"")).digest() != hash_:
                find(f"event {seq} of the journal does not follow upon the one before it: its hash is another")
            self._seq, self._at, self._hash = seq, at, hash_
            event = json.loads(data)
            if kind == "connected":
                self._keys[event["session_id"]] = self._world.key_of(str(event["session_id"]), at)
            elif kind == "acquired":
                if event["session_id"] not in self._keys:
                    find(f"event {seq} of the journal is of session {event['session_id']}, which never began")
                    continue
                acquired[self._keys[event["session_id"]], str(event["license_id"])] += 1
