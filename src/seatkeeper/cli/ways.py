"""The two ways to the admin API: a running server over the network, and the same application in this process."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from seatkeeper.cli.failure import ExitCode, Failure, told_plainly, unusable
from seatkeeper.ledger.files import LOCK

if TYPE_CHECKING:
    import ssl

    import httpx

    from seatkeeper.cli.address import Address
    from seatkeeper.settings import Settings


class Held(Exception):
    """Another process has the data directory, and does not say where it can be asked."""


def is_held(data: Path) -> bool:
    """Whether some process has the data directory. Failure where this user may not find out."""
    from filelock import FileLock, Timeout  # noqa: PLC0415 - see the package: heavy imports wait

    if not (data / LOCK).exists():  # nobody ever had it, and to ask would make it
        return False
    try:
        with FileLock(data / LOCK, timeout=0):
            return False
    except Timeout:
        return True
    except PermissionError as error:
        raise unusable(data / LOCK, error) from None


@asynccontextmanager
async def over_the_network(settings: "Settings", address: "Address") -> AsyncIterator["httpx.AsyncClient"]:
    """A client of the server at `address`. Failure where the admin token or the certificate cannot be used.

    Over HTTPS the certificate shown must be the very one that the server has said to show: whoever can write that
    into the data directory could also read the token.
    """
    import httpx  # noqa: PLC0415 - see the package: heavy imports wait

    # Environment proxies stay out of it: the server is on this machine.
    async with httpx.AsyncClient(
        base_url=f"{address.url}/v1",
        headers={"Authorization": f"Bearer {_token(settings)}"},
        trust_env=False,
        verify=_trust(settings, address),
    ) as api:
        yield api


@asynccontextmanager
async def in_this_process(settings: "Settings") -> AsyncIterator["httpx.AsyncClient"]:
    """A client of the application in this process, which has the data directory meanwhile.

    Raises Held where another process has it, and Failure where what lies in it cannot be used.
    """
    import httpx  # noqa: PLC0415 - see the package: heavy imports wait

    from seatkeeper.ledger.door import DataDirectoryInUse  # noqa: PLC0415 - as above
    from seatkeeper.server.opening import opened  # noqa: PLC0415 - as above
    from seatkeeper.transport.logs import configure_logs  # noqa: PLC0415 - as above

    configure_logs(level="warning")
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # as serve.py has it

    async with AsyncExitStack() as stack:
        try:
            with told_plainly(settings.data, database=settings.database):
                house = await stack.enter_async_context(opened(settings))
        except DataDirectoryInUse:
            raise Held from None
        api = httpx.AsyncClient(
            base_url="http://in-process/v1",
            headers={"Authorization": f"Bearer {_token(settings)}"},
            transport=httpx.ASGITransport(house, raise_app_exceptions=False),
        )
        yield await stack.enter_async_context(api)


def _trust(settings: "Settings", address: "Address") -> "ssl.SSLContext | bool":
    if address.certificate is None:
        return True
    import ssl  # noqa: PLC0415 - see the package: heavy imports wait

    from seatkeeper.transport.tls import trusting  # noqa: PLC0415 - as above

    try:
        return trusting(address.certificate)
    except (ssl.SSLError, TypeError, ValueError) as error:
        raise Failure(
            ExitCode.UNREACHABLE, f"The certificate in {settings.data / 'server.json'} cannot be used: {error}."
        ) from None


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
