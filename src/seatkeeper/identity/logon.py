"""Whether somebody is who he says he is."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from seatkeeper.identity.attempts import Attempts, Kind
from seatkeeper.identity.passwords import Passwords
from seatkeeper.identity.remembered import RememberedCredentials
from seatkeeper.identity.throttle import Throttle
from seatkeeper.licensing.entities import User

if TYPE_CHECKING:
    from seatkeeper.queries.users import Account


class Authenticator:
    """Checks logins and passwords.

    `accounts` finds the living user of a login, in whatever case it is spelled, with his password's hash.
    `rehashed` is given a user, the stored hash and a new one when the stored one was made with outdated
    parameters; what it raises ends the log-on, so it should raise only what the caller wants to hear of.
    `attempts` counts what became of each.
    """

    def __init__(
        self,
        accounts: Callable[[str], Awaitable["Account | None"]],
        passwords: Passwords,
        remembered: RememberedCredentials,
        throttle: Throttle,
        rehashed: Callable[[User, str, str], Awaitable[None]] | None = None,
    ) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._remembered = remembered
        self._throttle = throttle
        self._rehashed = rehashed
        self._running: dict[bytes, asyncio.Task[User | None]] = {}
        self.attempts = Attempts()

    async def authenticate(self, login: str, password: str, address: str) -> User | None:
        """The user, or None when the credential is wrong, for whatever reason.

        An unknown user, a user without a password and a wrong password take the same work and the same answer.
        A remembered credential is answered at once, however many wrong ones somebody else is trying.
        """
        mark = self._remembered.mark_of(login, password)
        account = await self._accounts(login)
        stored = account.password_hash if account else None
        user: User | None
        if account and stored is not None and self._remembered.holds(mark, stored):
            user = account.user
        else:
            user = await asyncio.shield(self._verification(mark, login, password, address))
        self.attempts.count(Kind.PASSWORD, succeeded=user is not None)
        return user

    def forget_failures(self) -> None:
        """Slow nobody down for what failed so far."""
        self._throttle.forget()

    def kept(self) -> dict[str, int]:
        """How many of each thing are kept, by name."""
        return {"remembered_credentials": len(self._remembered), "counted_failures": len(self._throttle)}

    def _verification(self, mark: bytes, login: str, password: str, address: str) -> "asyncio.Task[User | None]":
        # A client that logs on with several requests at once costs one hash. The task is nobody's own: it goes on
        # when the request that began it is cancelled, because others may wait for it, and a retry will.
        running = self._running.get(mark)
        if running is None:
            running = asyncio.create_task(self._verify(mark, login, password, address))
            self._running[mark] = running
            running.add_done_callback(lambda task: self._finished(mark, task))
        return running

    def _finished(self, mark: bytes, task: "asyncio.Task[User | None]") -> None:
        del self._running[mark]
        if not task.cancelled():
            task.exception()  # whoever still waits is told; if nobody does, asyncio need not complain

    async def _verify(self, mark: bytes, login: str, password: str, address: str) -> User | None:
        if not await self._throttle.admit(login, address):
            return None
        account = await self._accounts(login)  # again: waiting and other log-ons may have taken their time
        stored = account.password_hash if account else None
        fits = await self._passwords.verify(stored, password)
        if account is None or stored is None or not fits:
            self._throttle.failed(login, address)
            return None
        self._throttle.succeeded(login, address)
        self._remembered.remember(mark, stored)
        if self._rehashed is not None and self._passwords.outdated(stored):
            await self._rehashed(account.user, stored, await self._passwords.hash(password))
        return account.user
