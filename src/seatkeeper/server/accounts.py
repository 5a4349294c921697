"""The account of a login, for whoever checks passwords."""

from contextlib import suppress
from functools import partial

from seatkeeper.ledger.door import Ledger, Unavailable
from seatkeeper.licensing.commands import FindUser
from seatkeeper.licensing.entities import fold
from seatkeeper.queries.reads import Reads
from seatkeeper.queries.users import Account, account_by_login


class Accounts:
    """Finds accounts in memory, or else in the tables.

    Clients that send their password with each call ask for the same ones again and again. Who was found in the tables
    is therefore brought into memory; who does not exist is not, so that strangers cost the writer nothing.
    """

    def __init__(self, ledger: Ledger, reads: Reads) -> None:
        self._ledger = ledger
        self._reads = reads

    async def by_login(self, login: str) -> Account | None:
        """The living user of this login, in any case; None where there is none. As any node has changed him.

        Raises Unavailable where that cannot be known.
        """
        await self._ledger.current()
        account = self._in_memory(login)
        if account is None:
            account = await self._reads.run(partial(account_by_login, login=login))
            if account is not None:
                with suppress(Unavailable):  # which costs the next call a read, and nothing else
                    await self._ledger.submit(FindUser(user_id=account.user.id))
        return account

    def _in_memory(self, login: str) -> Account | None:
        """The writer changes the image meanwhile: a user comes into it behind his password, and leaves it before that.
        So whoever has none while he stays there has none.
        """
        image = self._ledger.image
        user_id = image.user_ids.get(fold(login))
        user = None if user_id is None else image.users.get(user_id)
        if user is None or user.deleted_at is not None:
            return None
        credential = image.credentials.get(user.id)
        if image.users.get(user.id) is not user:
            return None
        return Account(user, None if credential is None else credential.password_hash)
