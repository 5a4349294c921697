"""A real ledger on a directory of its own, with all that the admin face needs, and clients of that face."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
from sqlalchemy import Connection
from starlette.applications import Starlette
from starlette.routing import Mount

from seatkeeper.admin.app import create_app
from seatkeeper.identity.credentials import Credentials
from seatkeeper.identity.logon import Authenticator
from seatkeeper.identity.passwords import Passwords
from seatkeeper.identity.remembered import RememberedCredentials
from seatkeeper.identity.throttle import Throttle
from seatkeeper.inventory.applying import Application
from seatkeeper.inventory.changes import Change
from seatkeeper.inventory.document import document_of
from seatkeeper.inventory.planning import Plan
from seatkeeper.ledger.door import Ledger
from seatkeeper.licensing.commands import Connect
from seatkeeper.licensing.policy import Policy
from seatkeeper.queries.inventory import InventoryView, inventory_around
from seatkeeper.queries.reads import Reads
from seatkeeper.queries.users import Account, account_by_login
from seatkeeper.settings import Settings
from seatkeeper.transport.availability import Availability
from tests.ledger.world import Place, running

TOKEN = "the token of this test"


class World:
    """A running ledger and its admin face."""

    def __init__(self, ledger: Ledger, reads: Reads, passwords: Passwords) -> None:
        self.ledger = ledger
        self.reads = reads
        self.passwords = passwords
        authenticator = Authenticator(self._account, passwords, RememberedCredentials(300), Throttle())
        self.availability = Availability(("ic2.example",), ledger.now, standby=False)
        admin = create_app(
            ledger,
            reads,
            Credentials(authenticator, TOKEN),
            passwords,
            self.availability,
            settings=Settings(),
            testing=None,
        )
        self._transport = httpx.ASGITransport(Starlette(routes=[Mount("/v1", admin)]), raise_app_exceptions=False)

    async def _account(self, login: str) -> Account | None:
        def read(connection: Connection) -> Account | None:
            return account_by_login(connection, login)

        return await self.reads.run(read)

    def client(self, **options: Any) -> httpx.AsyncClient:  # noqa: ANN401 - httpx's own options
        """A client of the admin face."""
        return httpx.AsyncClient(transport=self._transport, base_url="http://admin.test/v1", **options)

    def application(self, text: str, content_type: str = "application/toml", **meant: Any) -> Application:  # noqa: ANN401 - as `document_of` takes it
        """A file on its way into the inventory."""
        document = document_of(text.encode(), content_type, file="file.toml", owner="ININ", **meant)
        return Application(document, self.reads, self.passwords)

    async def plan(self, text: str, **meant: Any) -> Plan:  # noqa: ANN401 - as `document_of` takes it
        """What the file comes to."""
        return await self.application(text, **meant).plan()

    async def apply(self, text: str, **meant: Any) -> list[str]:  # noqa: ANN401 - as `document_of` takes it
        """Apply a file; what was done, as in "user agent01: added"."""
        plan = await self.application(text, **meant).apply(self.ledger.submit)
        return [told(change) for change in plan.changes]

    async def inventory(self) -> InventoryView:
        """The inventory as it is, every holder named."""

        def read(connection: Connection) -> InventoryView:
            nobody = inventory_around(connection, (), (), others=True)
            return inventory_around(connection, nobody.others, nobody.stations)

        return await self.reads.run(read)

    async def connect(self, login: str, *, application: str = "desk", machine: str = "127.0.0.1") -> int:
        """Open a session and answer its number."""
        account = await self._account(login)
        assert account
        connected = await self.ledger.submit(
            Connect(
                user_id=account.user.id,
                application=application,
                machine=machine,
                language="en-US",
                cookie_digest=b"cookie",
                csrf_digest=b"csrf",
            )
        )
        return connected.session_id


def told(change: Change) -> str:
    """A change on one line: what it is about, what becomes of it, and the fields."""
    fields = ", ".join(f"{each.name} {each.before!r} -> {each.after!r}" for each in change.fields)
    line = f"{change.kind} {change.name}: {change.action}"
    return f"{line}: {fields}" if fields else line


@asynccontextmanager
async def opened(place: Place, policy: Policy | None = None) -> AsyncIterator[World]:
    """A world on this directory, or on this database of PostgreSQL, stopped at the end."""
    async with AsyncExitStack() as stack:
        ledger = await stack.enter_async_context(running(place, policy=policy))
        reads = Reads(ledger.database, timeout=60)
        stack.callback(reads.close)
        passwords = Passwords(2)
        stack.callback(passwords.close)
        yield World(ledger, reads, passwords)
