"""Verified credentials, remembered for a short time so that a client may send its password on every call.

What is kept is a keyed hash of login and password, whose key this process made for itself and never writes
down, beside the stored hash that the password was verified against. Neither gives the password away without the
process's memory, and a password that has been changed since is no longer remembered.
"""

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from seatkeeper.licensing.entities import fold

_MARK_BYTES: Final = 32


class RememberedCredentials:
    """At most `capacity` credentials, each for `seconds` after it was verified; `seconds` 0 remembers nothing.

    `clock` gives monotonic seconds.
    """

    def __init__(self, seconds: float, capacity: int = 20_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._capacity = capacity
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._entries: OrderedDict[bytes, tuple[float, str]] = OrderedDict()

    def __len__(self) -> int:
        """How many are remembered; those whose time is over are forgotten by asking."""
        self._drop_expired()
        return len(self._entries)

    def mark_of(self, login: str, password: str) -> bytes:
        """What stands for this login and password in this process; logins that differ by case only have the same."""
        name = fold(login).encode("utf-8", "surrogatepass")
        # The length keeps a NUL inside a login from passing for the one that ends it.
        message = b"%d\0%b\0%b" % (len(name), name, password.encode("utf-8", "surrogatepass"))
        # BLAKE2b is made to be keyed. HMAC by OpenSSL lets go of the interpreter lock for a microsecond's work, and
        # waits for a busy writer to give it back: measured, a quarter of a log-on.
        return hashlib.blake2b(message, key=self._key, digest_size=_MARK_BYTES).digest()

    def holds(self, mark: bytes, password_hash: str) -> bool:
        """Whether this credential was verified against `password_hash` not longer ago than it is remembered."""
        entry = self._entries.get(mark)
        if entry is None:
            return False
        until, verified_against = entry
        if verified_against == password_hash and self._clock() < until:
            return True
        del self._entries[mark]
        return False

    def remember(self, mark: bytes, password_hash: str) -> None:
        """This credential has just been verified against `password_hash`."""
        if self._seconds <= 0:
            return
        self._drop_expired()
        self._entries[mark] = (self._clock() + self._seconds, password_hash)
        self._entries.move_to_end(mark)
        if len(self._entries) > self._capacity:
            self._entries.popitem(last=False)

    def _drop_expired(self) -> None:
        # Entries stand in the order in which they run out, so this looks at no more than it drops, and one.
        now = self._clock()
        while self._entries and next(iter(self._entries.values()))[0] <= now:
            self._entries.popitem(last=False)
