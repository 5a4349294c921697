"""The admin face put together."""

from fastapi import FastAPI
from starlette.types import ASGIApp

from seatkeeper.admin import assignments, explain, export, inventory, licenses, sessions, users
from seatkeeper.admin.auth import DOCUMENTED
from seatkeeper.admin.documentation import serve_documentation
from seatkeeper.admin.errors import ErrorBody, answer_errors
from seatkeeper.admin.parts import Parts
from seatkeeper.identity.logon import Authenticator
from seatkeeper.identity.passwords import Passwords
from seatkeeper.ledger.door import Ledger
from seatkeeper.queries.reads import Reads
from seatkeeper.settings import Settings

_ERRORS = {
    401: "No or wrong credentials.",
    403: "The user lacks the right; the message names it.",
    422: "The request cannot be understood; the message says where and why.",
    503: "The server cannot do it now; Retry-After says when to try again.",
}


def create_app(
    ledger: Ledger,
    reads: Reads,
    authenticator: Authenticator,
    passwords: Passwords,
    *,
    token: str,
    settings: Settings,
) -> ASGIApp:
    """The admin face as an application whose paths have no `/v1`: the server mounts it there.

    It starts and stops nothing; the ledger is running while it serves. Its documentation is at `docs` and
    `openapi.json`.
    """
    app = FastAPI(
        title="Seatkeeper administration",
        summary="Run the inventory: apply it, assign licenses, see and end sessions, explain a refusal.",
        version="1",
        dependencies=DOCUMENTED,
        responses={status: {"description": text, "model": ErrorBody} for status, text in _ERRORS.items()},
        docs_url=None,  # its page loads scripts from elsewhere; ours does not
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.parts = Parts(
        ledger=ledger,
        reads=reads,
        authenticator=authenticator,
        passwords=passwords,
        token=token,
        owner=settings.icws.owner,
        settings=settings,
    )
    for resource in (inventory, export, assignments, sessions, explain, licenses, users):
        app.include_router(resource.router)
    serve_documentation(app)
    answer_errors(app)
    return app
