"""All parts, running, as one ASGI application; it sends each request to the face that its path names."""

import asyncio
from collections.abc import Awaitable
from functools import partial
from typing import NamedTuple

from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from seatkeeper.identity.passwords import Passwords
from seatkeeper.inventory.applying import Application
from seatkeeper.inventory.demo import DEMO_LOGIN, DEMO_NAME, DEMO_PASSWORD, demo_text
from seatkeeper.inventory.document import document_of
from seatkeeper.ledger.door import Ledger
from seatkeeper.queries.reads import Reads
from seatkeeper.queries.users import account_by_login
from seatkeeper.transport.access_log import AccessLog, Observed
from seatkeeper.transport.availability import Availability, State
from seatkeeper.transport.record import record_of


class Face(NamedTuple):
    """An API: its name in the log, and the application that answers it."""

    name: str
    app: ASGIApp


class House:
    """All parts, running, as one ASGI application.

    A request belongs to the face that the first segments of its path name, in any case: `faces` are by these, as in
    `v1` or `crm/api`. `/healthz` says that the process lives, `/readyz` that it takes log-ons and the ledger commands;
    a path that `moved` has (in lower case) leads to another one; anything else is not here.
    """

    def __init__(
        self,
        ledger: Ledger,
        reads: Reads,
        passwords: Passwords,
        availability: Availability,
        faces: dict[str, Face],
        *,
        moved: dict[str, str],
        observed: Observed,
        testing: bool,
    ) -> None:
        self.ledger = ledger
        self.availability = availability
        self._reads = reads
        self._passwords = passwords
        self._faces = {prefix.lower(): face for prefix, face in faces.items()}
        self._moved = moved
        self._prefixes = ", ".join(f"/{prefix}" for prefix in faces)
        self._depths = sorted({prefix.count("/") for prefix in faces})
        self._deepest = max(self._depths, default=0)
        self._testing = testing
        self._app = AccessLog(self._dispatch, observed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. There is nothing else: uvicorn is told to offer no lifespan and no WebSockets."""
        if scope["type"] == "http":
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
        self.availability.enter(State.STOPPING)
        self.ledger.feed.close_streams()

    def stop_lines(self) -> None:
        """Send away who waits in line for a transaction: a line may be longer than any wait for its end."""
        self.ledger.transactions.begin_no_more()

    def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        face = self._face(scope["path"].lower().split("/", self._deepest + 2)[1:])
        if face is None:
            return self._own(scope)(scope, receive, send)
        record_of(scope).face = face.name
        return face.app(scope, receive, send)

    def _face(self, segments: list[str]) -> Face | None:
        for depth in self._depths:
            face = self._faces.get("/".join(segments[: depth + 1]))
            if face is not None:
                return face
        return None

    def _own(self, scope: Scope) -> Response:
        path = scope["path"]
        there = self._moved.get(path.lower().removesuffix("/"))
        if there is not None:
            return RedirectResponse(there)
        if path not in {"/healthz", "/readyz"}:
            message = f"There is nothing at {path}. What is here is below {self._prefixes}."
            return JSONResponse({"error": "not_found", "message": message}, 404)
        record_of(scope).route = path
        record_of(scope).routine = True
        if scope["method"] not in {"GET", "HEAD"}:
            message = f"{path} can only be read."
            return JSONResponse({"error": "method_not_allowed", "message": message}, 405, {"Allow": "GET, HEAD"})
        if path == "/healthz":
            return JSONResponse({"status": "alive"})
        state = self.availability.state
        if state is not State.SERVING or not self.ledger.healthy:
            return JSONResponse({"status": self._why_not(state)}, 503, {"Retry-After": "1"})
        told = {"status": "ready", "head": self.ledger.head}
        return JSONResponse({**told, "testing": True} if self._testing else told)

    def _why_not(self, state: State) -> str:
        """Why it is not ready in this state."""
        if state is not State.SERVING:
            return state.value
        return "the ledger takes no commands" if self.ledger.connected else "the database does not answer"
