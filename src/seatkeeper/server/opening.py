"""Makes the parts of the settings, opens them, and closes them in the opposite order: the only lifespan."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial

from starlette.types import ASGIApp, Receive, Scope, Send

from seatkeeper.admin.app import create_app as create_admin
from seatkeeper.admin.errors import render as render_admin
from seatkeeper.icws.app import create_app as create_icws
from seatkeeper.icws.errors import render as render_icws
from seatkeeper.identity.logon import Authenticator
from seatkeeper.identity.passwords import Passwords
from seatkeeper.identity.remembered import RememberedCredentials
from seatkeeper.identity.secrets import ADMIN_TOKEN, admin_token
from seatkeeper.identity.throttle import Allowances, Throttle
from seatkeeper.ledger.door import Bounds, Ledger, Unavailable
from seatkeeper.licensing.commands import SetPassword
from seatkeeper.licensing.entities import User
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.queries.reads import Reads
from seatkeeper.queries.users import Account, account_by_login
from seatkeeper.server.house import Face, House, first_segment
from seatkeeper.settings import IdentitySettings, Settings, SettingsError
from seatkeeper.transport.departure import Departure
from seatkeeper.transport.limits import Limits, RequestLimits


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[House]:
    """Everything open and running; closed again in the opposite order.

    The data directory is made if it does not exist. Raises DataDirectoryInUse where another process has it, OSError
    where it cannot be used, SchemaTooNew, JournalError and UnusableToken for what lies in it, and SettingsError for a
    setting that only its face can judge.
    """
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        ledger = Ledger(settings.data, policy=_policy(settings), bounds=_bounds(settings))
        await ledger.start()
        stack.push_async_callback(ledger.stop)
        reads = Reads(ledger.database)
        stack.callback(reads.close)
        passwords = Passwords(settings.identity.hashing_threads)
        stack.callback(passwords.close)
        authenticator = _authenticator(ledger, reads, passwords, settings.identity)
        admin = create_admin(
            ledger, reads, authenticator, passwords, token=admin_token(settings.data / ADMIN_TOKEN), settings=settings
        )
        try:
            icws = create_icws(ledger, reads, authenticator, settings)
        except ValueError as error:
            raise SettingsError(str(error)) from error
        limits = Limits(settings.limits.body, settings.limits.headers, settings.limits.request_seconds)
        of_inventory = Limits(
            settings.limits.inventory_body, settings.limits.headers, settings.limits.inventory_seconds
        )
        yield House(
            ledger,
            reads,
            passwords,
            {
                "icws": Face("icws", RequestLimits(Departure(icws), limits, render_icws)),
                "v1": Face(
                    "admin",
                    RequestLimits(
                        Departure(_Mounted(admin)), limits, render_admin, paths={"/v1/inventory": of_inventory}
                    ),
                ),
            },
        )


class _Mounted:
    """An application whose paths begin after the first segment."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "root_path": f"/{first_segment(scope)}"}, receive, send)


def _policy(settings: Settings) -> Policy:
    return Policy(idle_timeout=settings.icws.idle_timeout * 1000, revoke_on_unassign=settings.icws.revoke_on_unassign)


def _bounds(settings: Settings) -> Bounds:
    ledger = settings.ledger
    return Bounds(
        queue=ledger.queue,
        batch=ledger.batch,
        batch_milliseconds=ledger.batch_milliseconds,
        cached_users=ledger.cached_users,
        keep_ended=ledger.keep_ended * 1000,
    )


def _authenticator(ledger: Ledger, reads: Reads, passwords: Passwords, settings: IdentitySettings) -> Authenticator:
    async def account(login: str) -> Account | None:
        return await reads.run(partial(account_by_login, login=login))

    async def rehashed(user: User, verified: str, anew: str) -> None:
        # He is who he says he is even where this cannot be saved; the next log-on tries again.
        with suppress(Refusal, Unavailable):
            await ledger.submit(SetPassword(login=user.login, password_hash=anew, instead_of=verified))

    allowances = Allowances(
        pair=settings.free_attempts,
        user=settings.free_attempts_user,
        address=settings.free_attempts_address,
        first_delay=settings.first_delay,
        longest_delay=settings.longest_delay,
        forget_after=settings.forget_attempts,
    )
    remembered = RememberedCredentials(settings.remember_credentials, settings.remembered_credentials)
    return Authenticator(account, passwords, remembered, Throttle(allowances), rehashed)
