"""Makes the parts of the settings, opens them, and closes them in the opposite order: the only lifespan."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial

from starlette.types import ASGIApp, Receive, Scope, Send

from seatkeeper.admin.app import create_app as create_admin
from seatkeeper.admin.errors import render as render_admin
from seatkeeper.icws.app import create_app as create_icws
from seatkeeper.icws.cross_origin import across_origins
from seatkeeper.icws.errors import render as render_icws
from seatkeeper.icws.speech import Speech
from seatkeeper.identity.credentials import Credentials
from seatkeeper.identity.issuer import Issuer
from seatkeeper.identity.logon import Authenticator
from seatkeeper.identity.openid import SingleSignOn
from seatkeeper.identity.passwords import Passwords
from seatkeeper.identity.remembered import RememberedCredentials
from seatkeeper.identity.secrets import ADMIN_TOKEN, admin_token
from seatkeeper.identity.throttle import Allowances, Throttle
from seatkeeper.ledger.database import Database
from seatkeeper.ledger.door import (
    DatabaseFile,
    DatabaseInMemory,
    DatabaseServer,
    Ledger,
    SettableClock,
    Unavailable,
)
from seatkeeper.licensing.entities import User
from seatkeeper.licensing.inventory_commands import SetPassword
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.metrics.exposition import Metrics
from seatkeeper.metrics.requests import Requests
from seatkeeper.mobilefirst.app import ROOT as MANAGEMENT
from seatkeeper.mobilefirst.app import create_app as create_mobilefirst
from seatkeeper.mobilefirst.app import renderer as mobilefirst_renderer
from seatkeeper.queries.reads import Reads
from seatkeeper.server.accounts import Accounts
from seatkeeper.server.data_directory import held
from seatkeeper.server.ephemeral import Beginnings, Ephemeral
from seatkeeper.server.house import Face, House
from seatkeeper.server.policies import bounds_of, policy_of
from seatkeeper.server.scraping import Scraping
from seatkeeper.server.share import Share
from seatkeeper.server.testing import testing_of
from seatkeeper.settings import IdentitySettings, Settings, SettingsError, SingleSignOnSettings
from seatkeeper.superoffice.app import create_app as create_superoffice
from seatkeeper.superoffice.cross_origin import across_origins as superoffice_across_origins
from seatkeeper.superoffice.errors import render as render_superoffice
from seatkeeper.superoffice.slow_calls import SlowCalls
from seatkeeper.superoffice.wire.compression import Compression
from seatkeeper.transport.availability import Availability, State
from seatkeeper.transport.faults import Faults
from seatkeeper.transport.limits import Limits, RequestLimits
from seatkeeper.transport.record import RequestRecord


@asynccontextmanager
async def opened(
    settings: Settings, ephemeral: Ephemeral | None = None, share: Share | None = None
) -> AsyncIterator[House]:
    """Everything open and running; closed again in the opposite order.

    The data directory is made if it does not exist. Raises DataDirectoryInUse where another process has it, OSError
    where it cannot be used, DatabaseUnreachable for a database elsewhere that cannot be, SchemaTooNew, JournalError and
    UnusableToken for what lies in either, and SettingsError for a setting that only its face can judge. An ephemeral
    server has none; of its inventories it raises InvalidInventory and NotApplied. `share`: this is one of several
    workers, and their parent has the data directory.
    """
    database = _database(settings, ephemeral)
    clock = SettableClock() if settings.testing else None
    async with AsyncExitStack() as stack:
        if database.shared and share is None:
            stack.enter_context(held(settings.data))
        ledger = Ledger(database, policy=policy_of(settings), bounds=bounds_of(settings), clock=clock)
        await ledger.start()
        stack.push_async_callback(ledger.stop)
        reads = Reads(database, reachable=lambda: ledger.connected)
        stack.callback(reads.close)
        passwords = Passwords(settings.identity.hashing_threads, lasting=ephemeral is None)
        stack.callback(passwords.close)
        beginnings = None
        if ephemeral is not None and isinstance(database, DatabaseInMemory):
            beginnings = Beginnings(database, passwords, settings.icws.owner)
            await beginnings.begin(ledger, reads, ephemeral.inventories)
        availability = Availability(
            settings.icws.alternate_hosts,
            ledger.now,
            standby=settings.standby,
            shared=None if share is None else share.state,
        )
        steady = time.monotonic if clock is None else clock.steady
        authenticator = _authenticator(ledger, reads, passwords, settings.identity, steady)
        credentials = Credentials(authenticator, _token(settings, ephemeral, share))
        single_sign_on = _single_sign_on(ledger, reads, settings.single_sign_on)
        slow_calls = SlowCalls()
        faults = None if clock is None else Faults()
        metrics = Metrics(
            ledger,
            log_ons=lambda: authenticator.attempts.counts,
            slow_calls=lambda: slow_calls.counts,
            state=lambda: availability.state,
            states=State,
            siblings=None if share is None else share.siblings,
        )
        if share is not None:
            await stack.enter_async_context(share.siblings.answering(metrics.of_this_process))
        try:
            icws = create_icws(
                ledger,
                reads,
                authenticator,
                single_sign_on=single_sign_on,
                settings=settings,
                availability=availability,
                ordered=faults,
            )
        except ValueError as error:
            raise SettingsError(str(error)) from error
        superoffice = create_superoffice(
            ledger,
            reads,
            authenticator,
            single_sign_on=single_sign_on,
            settings=settings.superoffice,
            availability=availability,
            slow=slow_calls,
            ordered=faults,
        )
        mobilefirst = create_mobilefirst(ledger, reads, authenticator, settings=settings.mobilefirst, ordered=faults)
        testing = None
        if clock is not None and faults is not None:
            testing = testing_of(
                ledger=ledger,
                clock=clock,
                authenticator=authenticator,
                availability=availability,
                icws=icws,
                faults=faults,
                beginnings=beginnings,
                settings=settings,
            )
        admin = create_admin(
            ledger,
            reads,
            credentials,
            passwords,
            availability,
            settings=settings,
            testing=testing,
        )
        scraping = Scraping(metrics, credentials)
        yield House(
            ledger,
            reads,
            passwords,
            availability,
            _faces(
                settings,
                ledger,
                icws=icws,
                superoffice=superoffice,
                mobilefirst=mobilefirst,
                admin=admin,
                scraping=scraping,
            ),
            moved={path.lower(): f"{path}/api" for path in settings.superoffice.paths if path != "/"},
            observed=partial(_observe, metrics.requests),
            testing=settings.testing,
        )


def _database(settings: Settings, ephemeral: Ephemeral | None) -> Database:
    if ephemeral is not None:
        return DatabaseInMemory()
    return DatabaseServer(settings.database) if settings.database else DatabaseFile.in_directory(settings.data)


def _token(settings: Settings, ephemeral: Ephemeral | None, share: Share | None) -> str:
    """The admin token: that of the data directory, unless somebody has made one already."""
    if ephemeral is not None:
        return ephemeral.token
    return admin_token(settings.data / ADMIN_TOKEN) if share is None else share.token


def _faces(
    settings: Settings,
    ledger: Ledger,
    *,
    icws: ASGIApp,
    superoffice: ASGIApp,
    mobilefirst: ASGIApp,
    admin: ASGIApp,
    scraping: ASGIApp,
) -> dict[str, Face]:
    """The applications by the first segments of their paths, each behind what its requests pass through before it."""
    bounds = settings.limits
    limits = Limits(bounds.body, bounds.headers, bounds.request_seconds)
    of_inventory = Limits(bounds.inventory_body, bounds.headers, bounds.inventory_seconds)
    of_inventories = {"/v1/inventory": of_inventory, "/v1/testing/reset": of_inventory}
    spoken = Speech(RequestLimits(icws, limits, render_icws), ledger)
    bounded_admin = RequestLimits(admin, limits, render_admin, paths=of_inventories)
    bounded_superoffice = Compression(RequestLimits(superoffice, limits, render_superoffice))
    render_mobilefirst = mobilefirst_renderer(settings.mobilefirst.product_version)
    applications = RequestLimits(mobilefirst, limits, render_mobilefirst)
    crm = superoffice_across_origins(bounded_superoffice, settings.superoffice.allowed_origins)
    return {
        "icws": Face("icws", across_origins(spoken, settings.icws.allowed_origins)),
        "v1": Face("admin", _Below(bounded_admin, 1)),
        "metrics": Face("metrics", RequestLimits(scraping, limits, render_admin)),
        **{
            f"{path}/{place}".lstrip("/"): Face("superoffice", _Below(crm, path.rstrip("/").count("/")))
            for path in settings.superoffice.paths
            for place in ("api", "Login", "Logout")
        },
        **{
            f"{context}/{MANAGEMENT}": Face("mobilefirst", _Below(applications, 2))
            for context in settings.mobilefirst.contexts
        },
    }


def _observe(requests: Requests, record: RequestRecord, method: str, status: int, seconds: float) -> None:
    requests.observe(record.face, record.route, method, status, seconds)


class _Below:
    """An application whose own paths begin after so many segments: the others are its `root_path`."""

    def __init__(self, app: ASGIApp, depth: int) -> None:
        self._app = app
        self._depth = depth

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        root = "/".join(scope["path"].split("/", self._depth + 1)[: self._depth + 1])
        return self._app({**scope, "root_path": root}, receive, send)


def _authenticator(
    ledger: Ledger, reads: Reads, passwords: Passwords, settings: IdentitySettings, clock: Callable[[], float]
) -> Authenticator:
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
    remembered = RememberedCredentials(settings.remember_credentials, settings.remembered_credentials, clock)
    return Authenticator(
        Accounts(ledger, reads).by_login, passwords, remembered, Throttle(allowances, clock=clock), rehashed
    )


def _single_sign_on(ledger: Ledger, reads: Reads, settings: SingleSignOnSettings) -> SingleSignOn | None:
    if not settings.issuer:
        return None
    return SingleSignOn(
        Issuer(settings.issuer),
        audience=settings.audience,
        user_claim=settings.user_claim,
        leeway=settings.leeway,
        accounts=Accounts(ledger, reads).by_login,
        now=ledger.now,
    )
