"""Tokens with which a session lets its user log on once more (contract 2.3): used once, and dead after seven seconds.

A token belongs to the session that asked for it and to the seed that it asked with, and is worth nothing without both.
What is kept is a digest, in memory only: seven seconds outlive no restart.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final
from uuid import UUID

from msgspec import Struct

from seatkeeper.identity.secrets import digest, new_secret

LIFETIME: Final = 7_000
"""Milliseconds for which a token can be used."""

OF_A_SESSION: Final = 8
"""Tokens of one session that can be used at a time; a further one ends the oldest."""

AT_ONCE: Final = 10_000
"""Tokens that can be used at a time, of all sessions; a further one ends the oldest."""


class _Token(Struct, frozen=True):
    session_id: int
    seed: UUID
    until: int


class AuthTokens:
    """The tokens that can still be used. `now` gives the time in milliseconds."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._tokens: OrderedDict[bytes, _Token] = OrderedDict()
        self._of_session: dict[int, list[bytes]] = {}

    def __len__(self) -> int:
        return len(self._tokens)

    def issue(self, session_id: int, seed: UUID) -> str:
        """A new token of this session and seed."""
        self._drop_dead()
        own = self._of_session.get(session_id, [])
        if len(own) >= OF_A_SESSION:
            self._take(own[0])
        elif len(self._tokens) >= AT_ONCE:
            self._take(next(iter(self._tokens)))
        token = new_secret()
        mark = digest(token)
        self._tokens[mark] = _Token(session_id, seed, self._now() + LIFETIME)
        self._of_session.setdefault(session_id, []).append(mark)
        return token

    def redeem(self, token: str, session_id: int, seed: UUID) -> bool:
        """Whether this token can be used, of this session and seed. It cannot be used again, whatever the answer."""
        self._drop_dead()
        known = self._take(digest(token))
        return known is not None and (known.session_id, known.seed) == (session_id, seed)

    def _take(self, mark: bytes) -> _Token | None:
        token = self._tokens.pop(mark, None)
        if token is not None:
            own = self._of_session[token.session_id]
            own.remove(mark)
            if not own:
                del self._of_session[token.session_id]
        return token

    def _drop_dead(self) -> None:
        # Tokens stand in the order in which they die, so this looks at no more than it drops, and one.
        now = self._now()
        while self._tokens:
            mark, token = next(iter(self._tokens.items()))
            if now < token.until:
                break
            self._take(mark)
