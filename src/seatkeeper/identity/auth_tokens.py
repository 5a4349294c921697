"""Tokens with which a session lets its user log on once more (contract 2.3): used once, and dead after seven seconds.

A token belongs to the session that asked for it and to the seed that it asked with, and is worth nothing without both.
What is kept is a digest: in memory where one process serves, since seven seconds outlive no restart; else where every
node finds it.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from seatkeeper.identity.secrets import digest, new_secret

LIFETIME: Final = 7_000
"""Milliseconds for which a token can be used."""

OF_A_SESSION: Final = 8
"""Tokens of one session that can be used at a time; a further one ends the oldest."""

AT_ONCE: Final = 10_000
"""Tokens that one process keeps at a time, of all sessions; a further one ends the oldest."""


class KeptToken(NamedTuple):
    """What is known of a token: whose it is, the bytes of its seed, and when it dies, in milliseconds."""

    session_id: int
    seed: bytes
    until: int


class TokenStore(Protocol):
    """Where tokens are kept, by their digests. A token is what `KeptToken` has, in that order."""

    async def keep(self, mark: bytes, token: KeptToken, *, now: int, of_a_session: int) -> None:
        """Keep one, and no more than so many of its session: the oldest go. Those dead by `now` may go, too."""

    async def take(self, mark: bytes) -> tuple[int, bytes, int] | None:
        """The token, which is kept no more: of all who ask at once, one is given it. It may be dead."""


class AuthTokens:
    """Issues tokens and redeems them. `now` gives the time in milliseconds, the same wherever `store` is used."""

    def __init__(self, now: Callable[[], int], store: TokenStore) -> None:
        self._now = now
        self._store = store

    async def issue(self, session_id: int, seed: UUID) -> str:
        """A new token of this session and seed. Raises what the store does."""
        token = new_secret()
        now = self._now()
        kept = KeptToken(session_id, seed.bytes, now + LIFETIME)
        await self._store.keep(digest(token), kept, now=now, of_a_session=OF_A_SESSION)
        return token

    async def redeem(self, token: str, session_id: int, seed: UUID) -> bool:
        """Whether this token can be used, of this session and seed. It cannot be used again, whatever the answer.

        Raises what the store does; then nobody knows whether it could have been used.
        """
        taken = await self._store.take(digest(token))
        if taken is None:
            return False
        kept = KeptToken(*taken)
        return (kept.session_id, kept.seed) == (session_id, seed.bytes) and self._now() < kept.until


class TokensInMemory:
    """The store of a process that serves alone."""

    def __init__(self) -> None:
        self._tokens: OrderedDict[bytes, KeptToken] = OrderedDict()
        self._of_session: dict[int, list[bytes]] = {}

    def __len__(self) -> int:
        return len(self._tokens)

    async def keep(self, mark: bytes, token: KeptToken, *, now: int, of_a_session: int) -> None:
        """Keep one."""
        self._drop_dead(now)
        own = self._of_session.get(token.session_id, [])
        if len(own) >= of_a_session:
            self._taken(own[0])
        elif len(self._tokens) >= AT_ONCE:
            self._taken(next(iter(self._tokens)))
        self._tokens[mark] = token
        self._of_session.setdefault(token.session_id, []).append(mark)

    async def take(self, mark: bytes) -> KeptToken | None:
        """The token, which is kept no more."""
        return self._taken(mark)

    def _taken(self, mark: bytes) -> KeptToken | None:
        token = self._tokens.pop(mark, None)
        if token is not None:
            own = self._of_session[token.session_id]
            own.remove(mark)
            if not own:
                del self._of_session[token.session_id]
        return token

    def _drop_dead(self, now: int) -> None:
        # Tokens stand in the order in which they die, so this looks at no more than it drops, and one.
        while self._tokens:
            mark, token = next(iter(self._tokens.items()))
            if now < token.until:
                break
            self._taken(mark)
