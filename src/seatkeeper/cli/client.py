"""The admin API as a command reaches it: a running server's, or the same application in this process.

Who holds the lock of the data directory decides. If nobody does, the command takes it, and a `server.json` that lies
there was left behind by a server that was killed. If somebody does, `server.json` says where it listens.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seatkeeper.cli.address import read_address
from seatkeeper.cli.failure import ExitCode, Failure, told_plainly
from seatkeeper.cli.options import read_settings
from seatkeeper.ledger.files import DATABASE, LOCK

if TYPE_CHECKING:
    import httpx

    from seatkeeper.settings import Settings

# Beyond what a request may take at the server (settings, limits.request_seconds).
_GRACE_SECONDS = 30.0
# Whoever holds the data directory and does not say where it listens is starting, stopping, or another command.
_PATIENCE_SECONDS = 30.0
_LOOK_AGAIN_SECONDS = 0.1


def ask(
    method: str,
    path: str,
    *,
    data: Path | None,
    config: Path | None,
    params: dict[str, str] | None = None,
    body: object = None,
    toml: bytes | None = None,
) -> Any:  # noqa: ANN401 - JSON
    """The JSON that the admin API answers to one request; None where it answers nothing.

    `body` is sent as JSON, `toml` as it is; only with `toml` may the database be made by this. Raises Failure: 1 where
    the request is refused, 3 where nobody can be asked.
    """
    settings = read_settings(config, {"data": data})
    if toml is None and not (settings.data / DATABASE).exists():
        raise Failure(
            ExitCode.UNREACHABLE,
            f"There is no database in {settings.data}; 'seatkeeper serve' or 'seatkeeper apply' makes one.",
        )
    content = toml if toml is not None else None if body is None else _encoded(body)
    headers = {} if content is None else {"Content-Type": "application/json" if toml is None else "application/toml"}

    import httpx  # noqa: PLC0415 - see the package: heavy imports wait

    async def answer(api: httpx.AsyncClient) -> httpx.Response:
        return await api.request(method, path, params=params, content=content, headers=headers)

    try:
        return _content(asyncio.run(_answered(settings, answer)))
    except UnicodeEncodeError:
        raise _no_text() from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Failure(
            ExitCode.UNREACHABLE,
            f"The server of {settings.data} did not answer ({str(error) or type(error).__name__});"
            " what was asked may or may not have been done.",
        ) from None


def _encoded(body: object) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _no_text() from None


def _no_text() -> Failure:
    # Arguments that are no text reach a program with surrogates in the place of what could not be read.
    return Failure(ExitCode.USAGE, "What was given as a name is not UTF-8; names are text.")


async def _answered(
    settings: "Settings", answer: Callable[["httpx.AsyncClient"], Awaitable["httpx.Response"]]
) -> "httpx.Response":
    import httpx  # noqa: PLC0415 - see the package: heavy imports wait

    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            async with _reached(settings) as api:
                return await answer(api)
        except (_Held, httpx.ConnectError):  # nothing was asked yet
            if time.monotonic() > deadline:
                raise Failure(
                    ExitCode.UNREACHABLE,
                    f"Another process has the data directory {settings.data} but cannot be reached there;"
                    " try again when it has started or stopped.",
                ) from None
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)


def _reached(settings: "Settings") -> AbstractAsyncContextManager["httpx.AsyncClient"]:
    address = read_address(settings.data)
    if address is not None and _is_held(settings.data):
        return _over_the_network(settings, address.url)
    return _in_this_process(settings)


class _Held(Exception):
    pass


def _is_held(data: Path) -> bool:
    from filelock import FileLock, Timeout  # noqa: PLC0415 - see the package: heavy imports wait

    try:
        with FileLock(data / LOCK, timeout=0):
            return False
    except Timeout:
        return True


@asynccontextmanager
async def _over_the_network(settings: "Settings", url: str) -> AsyncIterator["httpx.AsyncClient"]:
    import httpx  # noqa: PLC0415 - see the package: heavy imports wait

    # Environment proxies stay out of it: the server is on this machine.
    async with httpx.AsyncClient(
        base_url=f"{url}/v1",
        headers={"Authorization": f"Bearer {_token(settings)}"},
        timeout=settings.limits.request_seconds + _GRACE_SECONDS,
        trust_env=False,
    ) as api:
        yield api


@asynccontextmanager
async def _in_this_process(settings: "Settings") -> AsyncIterator["httpx.AsyncClient"]:
    import httpx  # noqa: PLC0415 - see the package: heavy imports wait

    from seatkeeper.ledger.door import DataDirectoryInUse  # noqa: PLC0415 - as above
    from seatkeeper.server import opened  # noqa: PLC0415 - as above
    from seatkeeper.transport.logs import configure_logs  # noqa: PLC0415 - as above

    configure_logs(level="warning")

    async with AsyncExitStack() as stack:
        try:
            with told_plainly(settings.data):
                house = await stack.enter_async_context(opened(settings))
        except DataDirectoryInUse:
            raise _Held from None
        api = httpx.AsyncClient(
            base_url="http://in-process/v1",
            headers={"Authorization": f"Bearer {_token(settings)}"},
            transport=httpx.ASGITransport(house, raise_app_exceptions=False),
        )
        yield await stack.enter_async_context(api)


def _token(settings: "Settings") -> str:
    from seatkeeper.identity.secrets import ADMIN_TOKEN, UnusableToken, read_admin_token  # noqa: PLC0415 - as above

    path = settings.data / ADMIN_TOKEN
    try:
        token = read_admin_token(path)
    except (OSError, UnusableToken) as error:
        raise Failure(ExitCode.UNREACHABLE, f"The admin token cannot be used: {error}") from None
    if token is None:
        raise Failure(ExitCode.UNREACHABLE, f"There is no admin token at {path}; the server makes it when it starts.")
    return token


def _content(response: "httpx.Response") -> Any:  # noqa: ANN401 - JSON
    if response.is_success:
        return response.json() if response.content else None
    try:
        sentence = str(response.json()["message"])
    except (ValueError, KeyError, TypeError):
        sentence = f"The server answered {response.status_code} and no reason."
    refused = response.status_code < 500 and response.status_code != 401
    raise Failure(ExitCode.REFUSED if refused else ExitCode.UNREACHABLE, sentence)
