"""The one place where the parts meet: it opens them, mounts the faces, and owns the only lifespan."""

import asyncio
import gc
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from types import FrameType
from typing import Final, NamedTuple

import structlog
import uvicorn
from starlette.responses import JSONResponse
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
from seatkeeper.inventory.applying import Application
from seatkeeper.inventory.demo import DEMO_LOGIN, DEMO_NAME, DEMO_PASSWORD, demo_text
from seatkeeper.inventory.document import document_of
from seatkeeper.ledger.door import Bounds, Ledger, Unavailable
from seatkeeper.licensing.commands import SetPassword
from seatkeeper.licensing.entities import User
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.queries.reads import Reads
from seatkeeper.queries.users import Account, account_by_login
from seatkeeper.settings import IdentitySettings, Settings, SettingsError
from seatkeeper.transport.access_log import AccessLog
from seatkeeper.transport.departure import Departure
from seatkeeper.transport.limits import Limits, RequestLimits
from seatkeeper.transport.listener import listening_at, url_of
from seatkeeper.transport.protocol import bounded_protocol
from seatkeeper.transport.record import record_of

# A stop ends within this whatever hangs: requests get the first part, the ledger the rest.
_REQUEST_SECONDS: Final = 10
_STOP_SECONDS: Final = 30.0

Listening = Callable[[str, bool], None]

log = structlog.get_logger(__name__)


class Face(NamedTuple):
    """An API: its name in the log, and the application that answers it."""

    name: str
    app: ASGIApp


class House:
    """All parts, running, as one ASGI application.

    A request belongs to the face that the first segment of its path names, in any case. `/healthz` says that the
    process lives, `/readyz` that the ledger takes commands; anything else is not here.
    """

    def __init__(self, ledger: Ledger, reads: Reads, passwords: Passwords, faces: dict[str, Face]) -> None:
        self.ledger = ledger
        self.stopping = False
        self._reads = reads
        self._passwords = passwords
        self._faces = faces
        self._app = AccessLog(self._dispatch)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._app(scope, receive, send)

    async def apply_demo(self, owner: str) -> None:
        """Apply the demo inventory if nothing has ever been recorded. `owner` is that of bare license names."""
        if self.ledger.head == 0:
            body = demo_text().encode()
            document = await asyncio.to_thread(document_of, body, "application/toml", file=DEMO_NAME, owner=owner)
            await Application(document, self._reads, self._passwords).apply(self.ledger.submit)

    async def has_demo(self) -> bool:
        """Whether the demo is what is there: its first user can log on as the demo has it."""
        account = await self._reads.run(partial(account_by_login, login=DEMO_LOGIN))
        return account is not None and await self._passwords.verify(account.password_hash, DEMO_PASSWORD)

    def stop_streams(self) -> None:
        """Be ready no more, and end the event streams, which would otherwise outlast any wait for their end."""
        self.stopping = True
        self.ledger.feed.close_streams()

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # uvicorn is told to offer nothing else
        face = self._faces.get(_first_segment(scope).lower())
        if face is None:
            await self._own(scope)(scope, receive, send)
        else:
            record_of(scope).face = face.name
            await face.app(scope, receive, send)

    def _own(self, scope: Scope) -> JSONResponse:
        path = scope["path"]
        if path not in {"/healthz", "/readyz"}:
            message = (
                f"There is nothing at {path}. The APIs are below {' and '.join(f'/{name}' for name in self._faces)}."
            )
            return JSONResponse({"error": "not_found", "message": message}, 404)
        if scope["method"] not in {"GET", "HEAD"}:
            message = f"{path} can only be read."
            return JSONResponse({"error": "method_not_allowed", "message": message}, 405, {"Allow": "GET, HEAD"})
        if path == "/healthz":
            return JSONResponse({"status": "alive"})
        if self.stopping or not self.ledger.healthy:
            status = "stopping" if self.stopping else "the ledger takes no commands"
            return JSONResponse({"status": status}, 503, {"Retry-After": "1"})
        return JSONResponse({"status": "ready", "head": self.ledger.head})


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
        await self._app({**scope, "root_path": f"/{_first_segment(scope)}"}, receive, send)


def _first_segment(scope: Scope) -> str:
    """What stands between the first two slashes of the path; empty where it does not begin with one (`OPTIONS *`)."""
    _, *segments = scope["path"].split("/", 2)
    return segments[0] if segments else ""


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


def run(settings: Settings, *, demo: bool, listening: Listening, stopped: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT: then stop accepting, end the streams, answer what was asked, commit, and return.

    `demo` applies the demo inventory to a database that is empty. `listening` is told the URL when clients can
    connect, and whether the demo is there; `stopped` is called when they no longer can. Raises as `opened`, and
    CannotListen. A stop that hangs ends the process after 30 seconds; nothing answered is lost.
    """
    with asyncio.Runner(loop_factory=uvicorn.Config("", log_config=None).get_loop_factory()) as runner:
        runner.run(_serve(settings, demo, listening, stopped))


async def _serve(settings: Settings, demo: bool, listening: Listening, stopped: Callable[[], None]) -> None:
    async with opened(settings) as house:
        if demo:
            await house.apply_demo(settings.icws.owner)
        demo_is_there = await house.has_demo()
        listener = listening_at(settings.listen.host, settings.listen.port)
        # What was loaded stays; leaving it out of every collection keeps their pauses short.
        gc.collect()
        gc.freeze()
        # An inventory file comes to millions of objects, none of them in a circle. To go through them all stops
        # everything for up to a second, so that is done a hundredth as often as by default.
        youngest, younger, _ = gc.get_threshold()
        gc.set_threshold(youngest, younger, 1000)
        server = _Server(_uvicorn(house, settings), house, partial(listening, url_of(listener), demo_is_there))
        await server.serve(sockets=[listener])
        stopped()
    if server.watchdog is not None:
        server.watchdog.cancel()
    log.info("stopped")


class _Server(uvicorn.Server):
    """uvicorn, told when it listens and what a stop means here."""

    def __init__(self, config: uvicorn.Config, house: House, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self.watchdog: threading.Timer | None = None
        self._house = house
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as a signal handler is called
        # As uvicorn's, but the signal is not raised once more when all is done: the exit code would tell of a crash.
        self.force_exit = self.force_exit or (self.should_exit and sig == signal.SIGINT)
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.watchdog = threading.Timer(_STOP_SECONDS, _give_up)
        self.watchdog.daemon = True
        self.watchdog.start()
        log.info("stopping")
        self._house.stop_streams()
        await super().shutdown(sockets)


def _give_up() -> None:
    log.error("stop_gave_up", seconds=_STOP_SECONDS)
    os._exit(1)


def _uvicorn(house: House, settings: Settings) -> uvicorn.Config:
    proxies = list(settings.listen.trusted_proxies)
    return uvicorn.Config(
        house,
        http=bounded_protocol(settings.limits.headers, settings.limits.request_seconds),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        timeout_graceful_shutdown=_REQUEST_SECONDS,
    )
