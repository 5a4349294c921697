"""The admin API as a command reaches it: a running server's, or the same application in this process.

Who holds the lock of the data directory decides. If nobody does, the command takes it, and a `server.json` that lies
there was left behind by a server that was killed. If somebody does, `server.json` says where it listens. Where the
inventory is in a PostgreSQL database, a command in whose data directory no server runs is one more node for its time.
"""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from seatkeeper.cli.address import read_address
from seatkeeper.cli.failure import ExitCode, Failure
from seatkeeper.cli.options import settings_of
from seatkeeper.cli.ways import Held, in_this_process, is_held, over_the_network
from seatkeeper.ledger.files import DATABASE

if TYPE_CHECKING:
    import httpx

    from seatkeeper.settings import Settings

# Beyond what a request may take at the server (settings, limits.request_seconds and limits.inventory_seconds).
_GRACE_SECONDS = 30.0
# Whoever holds the data directory and does not say where it listens is starting, stopping, or another command.
PATIENCE_SECONDS = 30.0
_LOOK_AGAIN_SECONDS = 0.1


class Answered(Failure):
    """The admin API answered, but not that it was done: `error` and `detail` are those of its error body."""

    def __init__(self, status: int, error: str, sentence: str, detail: Any) -> None:  # noqa: ANN401 - JSON
        refused = status < 500 and status != 401
        super().__init__(ExitCode.REFUSED if refused else ExitCode.UNREACHABLE, sentence)
        self.status = status
        self.error = error
        self.detail = detail


class Document(NamedTuple):
    """A body that is no JSON: part of an inventory, or a whole one."""

    content: bytes
    content_type: str


class _Request(NamedTuple):
    method: str
    path: str
    params: Mapping[str, str] | None = None
    content: bytes | None = None
    content_type: str = "application/json"
    seconds: float | None = None


class Api:
    """The admin API from the first question to the end of `reached`: one connection, or one ledger of this process."""

    def __init__(self, settings: "Settings", runner: asyncio.Runner, patience: float, *, served: bool = False) -> None:
        self.settings = settings
        self._runner = runner
        self._patience = patience
        self._stack = AsyncExitStack()
        self._http: httpx.AsyncClient | None = None
        self._served = served

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
        document: Document | None = None,
        again: bool = False,
        seconds: float | None = None,
    ) -> Any:  # noqa: ANN401 - JSON
        """The JSON of the answer; None where it is empty.

        `body` is sent as JSON, `document` as it is. `again`: what is asked may be done twice, so it is asked again
        for a while where no answer came, or where the server said that it cannot answer now. `seconds`: how long an
        answer is waited for, if not for as long as the server may take. Raises Failure: 1 where
        the request is refused (`Answered`), 3 where nobody can be asked.
        """
        if document is not None:
            request = _Request(method, path, params, document.content, document.content_type)
        else:
            request = _Request(method, path, params, None if body is None else _encoded(body), seconds=seconds)
        with self._told(method):
            return _content(self._runner.run(self._answered(request, again=again)))

    def stream(self, path: str, params: Mapping[str, str]) -> Iterator[bytes]:
        """The body of the answer to a GET, part by part as it comes. Raises as `ask`, also midway."""
        with self._told("GET"):
            response = self._runner.run(self._answered(_Request("GET", path, params), again=False, streamed=True))
            parts = response.aiter_bytes()
            try:
                if not response.is_success:
                    self._runner.run(response.aread())
                    _content(response)
                while (part := self._runner.run(anext(parts, None))) is not None:
                    yield part
            finally:
                self._runner.run(response.aclose())

    def close(self) -> None:
        """Let go of the connection or the ledger."""
        self._runner.run(self._forget())

    async def _answered(self, request: _Request, *, again: bool, streamed: bool = False) -> "httpx.Response":
        import httpx  # noqa: PLC0415 - see the package: heavy imports wait

        deadline: float | None = None  # it is counted from the first trouble on: an answer may take long
        while True:
            wait = _LOOK_AGAIN_SECONDS
            try:
                http = await self._connected()
                response = await http.send(self._built(http, request), stream=streamed)
                wait = _wait_asked_for(response) if again else 0.0
                deadline = deadline or time.monotonic() + self._patience
                if not wait or time.monotonic() + wait > deadline:
                    return response
            except (Held, httpx.ConnectError):  # nothing was asked yet
                await self._forget()
                deadline = deadline or time.monotonic() + self._patience
                if time.monotonic() > deadline:
                    raise self._out_of_reach() from None
            except httpx.TransportError:
                await self._forget()
                deadline = deadline or time.monotonic() + self._patience
                if not again or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(wait)

    def _built(self, http: "httpx.AsyncClient", request: _Request) -> "httpx.Request":
        headers = {} if request.content is None else {"Content-Type": request.content_type}
        limits = self.settings.limits
        may_take = limits.inventory_seconds if request.path.startswith("/inventory") else limits.request_seconds
        return http.build_request(
            request.method,
            request.path,
            params=request.params,
            content=request.content,
            headers=headers,
            timeout=may_take + _GRACE_SECONDS if request.seconds is None else request.seconds,
        )

    async def _connected(self) -> "httpx.AsyncClient":
        if self._http is None:
            address = read_address(self.settings.data)
            if address is not None and is_held(self.settings.data):
                self._http = await self._stack.enter_async_context(over_the_network(self.settings, address))
                self._served = True
            elif self._served:  # it will be back: whoever takes its data directory now keeps it from starting
                raise Held
            else:
                self._http = await self._stack.enter_async_context(in_this_process(self.settings))
        return self._http

    async def _forget(self) -> None:
        self._http = None
        await self._stack.aclose()

    def _out_of_reach(self) -> Failure:
        data = self.settings.data
        if self._served and not self._patience:
            sentence = f"No server serves {data} at the moment."
        elif self._served:
            sentence = f"The server of {data} has gone and was not back within {self._patience:g} seconds."
        else:
            sentence = (
                f"Another process has the data directory {data} but cannot be reached there;"
                " try again when it has started or stopped."
            )
        return Failure(ExitCode.UNREACHABLE, sentence)

    @contextmanager
    def _told(self, method: str) -> Iterator[None]:
        import httpx  # noqa: PLC0415 - see the package: heavy imports wait

        try:
            yield
        except UnicodeEncodeError:
            raise _no_text() from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            outcome = "" if method == "GET" else "; what was asked may or may not have been done"
            raise Failure(
                ExitCode.UNREACHABLE,
                f"The server of {self.settings.data} did not answer ({str(error) or type(error).__name__}){outcome}.",
            ) from None


@contextmanager
def reached(
    data: Path | None, config: Path | None, *, makes: bool = False, patience: float = PATIENCE_SECONDS
) -> Iterator[Api]:
    """The admin API of the data directory that these options and the settings name.

    Only with `makes` may the database be made by this. `patience` in seconds: how long it is tried to reach a server.
    """
    settings = settings_of(data, config)
    if not makes and not _is_there(settings):
        raise Failure(
            ExitCode.UNREACHABLE,
            f"There is no database in {settings.data}; 'seatkeeper serve' or 'seatkeeper apply' makes one. If it is in"
            " PostgreSQL, name that by --config or SEATKEEPER_DATABASE.",
        )
    with _opened(settings, patience) as api:
        yield api


@contextmanager
def reached_to_plan(data: Path | None, config: Path | None) -> Iterator[Api]:
    """The admin API as `reached` has it; where there is no database yet, that of an empty one, gone afterwards.

    So a first inventory can be looked at before anything is made. In a PostgreSQL database the tables are made.
    """
    from msgspec.structs import replace  # noqa: PLC0415 - see the package: heavy imports wait

    settings = settings_of(data, config)
    if _is_there(settings):
        with _opened(settings, PATIENCE_SECONDS) as api:
            yield api
        return
    with (
        TemporaryDirectory(prefix="seatkeeper-") as empty,
        _opened(replace(settings, data=Path(empty)), PATIENCE_SECONDS) as api,
    ):
        yield api


@contextmanager
def reached_server(data: Path | None, config: Path | None, *, patience: float = PATIENCE_SECONDS) -> Iterator[Api]:
    """The admin API of a server that runs: what is asked is about the process, so nothing in this one can answer.

    Failure where none does. Later, one that was reached may go and come back within `patience` seconds.
    """
    settings = settings_of(data, config)
    if not is_held(settings.data):
        raise Failure(
            ExitCode.UNREACHABLE,
            f"No server serves {settings.data}; 'seatkeeper serve' starts one. Is it another directory? --data names"
            " it.",
        )
    with _opened(settings, patience, served=True) as api:
        yield api


@contextmanager
def _opened(settings: "Settings", patience: float, *, served: bool = False) -> Iterator[Api]:
    with asyncio.Runner() as runner:
        api = Api(settings, runner, patience, served=served)
        try:
            yield api
        finally:
            api.close()


def ask(
    method: str,
    path: str,
    *,
    data: Path | None,
    config: Path | None,
    params: Mapping[str, str] | None = None,
    body: object = None,
) -> Any:  # noqa: ANN401 - JSON
    """The JSON that the admin API answers to one request; None where it answers nothing. Raises as `Api.ask`."""
    with reached(data, config) as api:
        return api.ask(method, path, params=params, body=body)


def _is_there(settings: "Settings") -> bool:
    """Whether there is a database: one that the settings name, one in the data directory, or whatever is served."""
    if settings.database or (settings.data / DATABASE).exists():
        return True
    return settings.data.is_dir() and is_held(settings.data)


def _encoded(body: object) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _no_text() from None


def _no_text() -> Failure:
    # Arguments that are no text reach a program with surrogates in the place of what could not be read.
    return Failure(ExitCode.USAGE, "What was given as a name is not UTF-8; names are text.")


def _wait_asked_for(response: "httpx.Response") -> float:
    """After how many seconds the server wants to be asked again; 0 where it has answered."""
    if response.status_code != 503:
        return 0.0
    after = response.headers.get("retry-after", "")
    return float(after) if after.isascii() and after.isdigit() else 1.0


def _content(response: "httpx.Response") -> Any:  # noqa: ANN401 - JSON
    if response.is_success:
        try:
            return response.json() if response.content else None
        except (ValueError, RecursionError):
            why = f"What answers at {response.url.netloc.decode()} is no Seatkeeper: its answer is no JSON."
            raise Failure(ExitCode.UNREACHABLE, why) from None
    error, sentence, detail = "", f"The server answered {response.status_code} and no reason.", None
    try:
        said = response.json()
        error, sentence, detail = str(said["error"]), str(said["message"]), said.get("detail")
    except (ValueError, KeyError, TypeError):
        pass
    raise Answered(response.status_code, error, sentence, detail)
