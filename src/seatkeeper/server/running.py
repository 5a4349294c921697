"""Listens, serves until it is told to stop, and stops in order."""

import asyncio
import gc
import os
import signal
import socket
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Final

import structlog
import uvicorn

from seatkeeper.server.house import House
from seatkeeper.server.opening import opened
from seatkeeper.settings import Settings
from seatkeeper.transport.listener import listening_at, url_of
from seatkeeper.transport.protocol import bounded_protocol

# A stop ends within this whatever hangs: requests get the first part, the ledger the rest.
_REQUEST_SECONDS: Final = 10
_STOP_SECONDS: Final = 30.0

Listening = Callable[[str, bool], None]

log = structlog.get_logger(__name__)


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
