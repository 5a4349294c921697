"""The admin face put together."""

from itertools import chain
from typing import Final

from fastapi import FastAPI
from starlette.types import ASGIApp

from seatkeeper.admin import (
    applications,
    assignments,
    denials,
    explain,
    export,
    inventory,
    journal,
    licenses,
    overview,
    owners,
    pauses,
    runtimes,
    server,
    sessions,
    tests,
    users,
)
from seatkeeper.admin.auth import DOCUMENTED
from seatkeeper.admin.documentation import serve_documentation
from seatkeeper.admin.errors import ErrorBody, answer_errors
from seatkeeper.admin.parts import Parts, Testing
from seatkeeper.admin.patterns import NotedPatterns
from seatkeeper.identity.credentials import Credentials
from seatkeeper.identity.passwords import Passwords
from seatkeeper.ledger.door import Ledger
from seatkeeper.queries.reads import Reads
from seatkeeper.settings import Settings
from seatkeeper.transport.availability import Availability

_DESCRIPTION: Final = (
    "**Authorize** takes the admin token, which stands in the file `admin-token` of the server's data directory and may"
    " do everything, or login and password of a user who has the right.\n\n"
    "Here are the inventory, users, licenses and their assignments, runtimes and applications, sessions, denials, the"
    " state of the server, and the journal."
)

_ERRORS = {
    401: "No or wrong credentials.",
    403: "The user lacks the right; the message names it.",
    422: "The request cannot be understood; the message says where and why.",
    503: "The server cannot do it now; Retry-After says when to try again.",
}


def create_app(
    ledger: Ledger,
    reads: Reads,
    credentials: Credentials,
    passwords: Passwords,
    availability: Availability,
    *,
    settings: Settings,
    testing: Testing | None,
) -> ASGIApp:
    """The admin face as an application whose paths have no `/v1`: the server mounts it there.

    It starts and stops nothing; the ledger is running while it serves. Its documentation is at `docs` and
    `openapi.json`. `testing` is None where the setting is off: then nothing of it is there.
    """
    app = FastAPI(
        title="Seatkeeper administration",
        summary="Run the inventory: apply it, assign licenses, see and end sessions, explain a refusal.",
        description=_DESCRIPTION,
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
        credentials=credentials,
        passwords=passwords,
        availability=availability,
        owner=settings.icws.owner,
        settings=settings,
        testing=testing,
    )
    resources = (
        inventory,
        export,
        assignments,
        sessions,
        explain,
        licenses,
        owners,
        runtimes,
        applications,
        users,
        overview,
        denials,
        server,
        journal,
    )
    routers = [each.router for each in resources]
    if testing is not None:
        routers += [tests.router, pauses.router]
    for router in routers:
        app.include_router(router)
    serve_documentation(app)
    answer_errors(app)
    return NotedPatterns(app, [*app.routes, *chain.from_iterable(router.routes for router in routers)])
