"""Listens, serves until it is told to stop, and stops in order."""

import asyncio
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Final

import structlog
import uvicorn
from starlette.types import ASGIApp

from seatkeeper.server.ephemeral import Ephemeral
from seatkeeper.server.house import House
from seatkeeper.server.opening import opened
from seatkeeper.server.share import Share
from seatkeeper.settings import LimitsSettings, ListenSettings, Settings, SettingsError
from seatkeeper.settings.addresses import host_and_port
from seatkeeper.transport.forwarded import Forwarded
from seatkeeper.transport.listener import Listeners
from seatkeeper.transport.listener import listening as listening_on
from seatkeeper.transport.protocol import bounded_protocol
from seatkeeper.transport.tls import Tls, UnusableCertificate

# A stop ends within this whatever hangs: requests get the first part, the ledger the rest.
_REQUEST_SECONDS: Final = 10
STOP_SECONDS: Final = 30.0
"""A stop ends within this; else the process does, and nothing answered is lost."""
# Of the first part: so long those who wait in line for a transaction may wait on, before they are sent away.
_LINE_SECONDS: Final = 2.0
# Of TLS. A client that does not say goodbye, as one that is idle cannot, is left without.
_HANDSHAKE_SECONDS: Final = 10.0
_GOODBYE_SECONDS: Final = 1.0
_MOST_FILES: Final = 1_000_000

Reachable = Callable[[tuple[str, ...], str | None], None]
Listening = Callable[[tuple[str, ...], bool], None]

if sys.platform != "win32":
    import resource

log = structlog.get_logger(__name__)


def run(
    settings: Settings,
    *,
    demo: bool,
    ephemeral: Ephemeral | None = None,
    share: Share | None = None,
    reachable: Reachable,
    listening: Listening,
    stopped: Callable[[], None],
) -> None:
    """Serve until SIGTERM or SIGINT: then stop accepting, end the streams, answer what was asked, commit, and return.

    `demo` applies the demo inventory to a database that is empty; `ephemeral` keeps everything in memory; `share` is
    what this process has in common with other workers. When clients
    can connect, `reachable` is told the URLs and the certificate shown over HTTPS, and again whenever that is another;
    then `listening`, once, the URLs and whether the demo is there. `stopped` is called when they no longer can. SIGHUP
    loads the certificate again. Raises as `opened`, CannotListen, and SettingsError for a certificate that cannot be
    used. A stop that hangs ends the process after 30 seconds; nothing answered is lost.
    """
    with asyncio.Runner(loop_factory=uvicorn.Config("", log_config=None).get_loop_factory()) as runner:
        serving = _serve(
            settings,
            demo=demo,
            ephemeral=ephemeral,
            share=share,
            reachable=reachable,
            listening=listening,
            stopped=stopped,
        )
        runner.run(serving)


async def _serve(
    settings: Settings,
    *,
    demo: bool,
    ephemeral: Ephemeral | None,
    share: Share | None,
    reachable: Reachable,
    listening: Listening,
    stopped: Callable[[], None],
) -> None:
    listen = settings.listen
    tls = _tls(listen)
    _allow_connections()
    async with opened(settings, ephemeral, share) as house:
        if demo:
            await house.apply_demo(settings.icws.owner)
        demo_is_there = await house.has_demo()
        listeners = listeners_of(listen) if share is None else share.listeners
        # What was loaded stays; leaving it out of every collection keeps their pauses short.
        gc.collect()
        gc.freeze()
        # An inventory file comes to millions of objects, none of them in a circle. To go through them all stops
        # everything for up to a second, so that is done a thousandth as often as by default; and what is young is gone
        # when a request is answered, so it is looked at when there is more of it.
        gc.set_threshold(10_000, 20, 1000)
        proxies = listen.trusted_proxies
        server = _Server(
            uvicorn_config(Forwarded(house, proxies) if proxies else house, settings.limits),
            house,
            listeners=listeners,
            tls=tls,
            reachable=partial(reachable, listeners.urls),
            listening=partial(listening, listeners.urls, demo_is_there),
        )
        await server.serve(sockets=[*listeners.http, *listeners.https])
        stopped()
    if server.watchdog is not None:
        server.watchdog.cancel()
    log.info("stopped")


def _allow_connections() -> None:
    """Have as many files open as the system lets this process, at most a million: each connection is one, and most
    systems begin with 1,024."""
    if sys.platform != "win32":
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
        if soft != resource.RLIM_INFINITY and soft < most:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def listeners_of(listen: ListenSettings) -> Listeners:
    """The sockets that these settings ask for. Raises CannotListen."""
    return listening_on(map(host_and_port, listen.http), map(host_and_port, listen.https))


class _Server(uvicorn.Server):
    """uvicorn, told when it listens and what a stop means here. It listens with TLS at some addresses, if `tls`."""

    def __init__(
        self,
        config: uvicorn.Config,
        house: House,
        *,
        listeners: Listeners,
        tls: Tls | None,
        reachable: Callable[[str | None], None],
        listening: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self.watchdog: threading.Timer | None = None
        self._house = house
        self._listeners = listeners
        self._tls = tls
        self._reachable = reachable
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - all it was given
        await super().startup(self._listeners.http)
        if self._tls is not None:
            await self._listen_with(self._tls)
        if hasattr(signal, "SIGHUP"):
            ends_with_terminal = has_terminal() and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN  # as by nohup
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._hung_up, ends_with_terminal)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})  # what came while it started comes now
        self._reachable(self._tls.certificate if self._tls is not None else None)
        self._listening()

    async def _listen_with(self, tls: Tls) -> None:
        """What uvicorn does for its sockets, which all speak TLS or all do not."""
        config = self.config

        def protocol() -> asyncio.Protocol:
            return config.http_protocol_class(  # type: ignore[call-arg]  # its class has these, not its type
                config=config, server_state=self.server_state, app_state=self.lifespan.state
            )

        for listener in self._listeners.https:
            server = await asyncio.get_running_loop().create_server(
                protocol,
                sock=listener,
                backlog=config.backlog,
                ssl=tls.context,
                ssl_handshake_timeout=_HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=_GOODBYE_SECONDS,
            )
            self.servers.append(server)

    def _hung_up(self, ends_with_terminal: bool) -> None:
        """SIGHUP: whoever runs the server asks for the certificate to be loaded again, or its terminal is gone."""
        if ends_with_terminal and not has_terminal():
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            signal.raise_signal(signal.SIGHUP)
        elif self._tls is None:
            log.info("certificate_not_reloaded", why="There is none: listen.https names no address.")
        else:
            try:
                self._tls.reload()
            except UnusableCertificate as error:
                log.error("certificate_not_reloaded", why=f"{error} The former one stays.")  # noqa: TRY400 - says it all
            else:
                self._reachable(self._tls.certificate)
                log.info("certificate_reloaded")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as a signal handler is called
        # As uvicorn's, but the signal is not raised once more when all is done: the exit code would tell of a crash.
        self.force_exit = self.force_exit or (self.should_exit and sig == signal.SIGINT)
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.watchdog = threading.Timer(STOP_SECONDS, _give_up)
        self.watchdog.daemon = True
        self.watchdog.start()
        log.info("stopping")
        self._house.stop_streams()
        asyncio.get_running_loop().call_later(_LINE_SECONDS, self._house.stop_lines)
        await super().shutdown(sockets)


def _tls(listen: ListenSettings) -> Tls | None:
    """What HTTPS is spoken with; None where no address wants it."""
    if not listen.https or listen.certificate is None:
        return None
    try:
        return Tls(listen.certificate, listen.key)
    except UnusableCertificate as error:  # it is there to be named, and stays as it is until somebody changes it
        raise SettingsError(str(error)) from None


def has_terminal() -> bool:
    """Whether this process belongs to a terminal, wherever its input and output go. One that was closed is none."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _give_up() -> None:
    log.error("stop_gave_up", seconds=STOP_SECONDS)
    os._exit(1)


def uvicorn_config(app: ASGIApp, limits: LimitsSettings) -> uvicorn.Config:
    """How uvicorn serves an application here."""
    return uvicorn.Config(
        app,
        http=bounded_protocol(limits.headers, limits.request_seconds),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_REQUEST_SECONDS,
    )
