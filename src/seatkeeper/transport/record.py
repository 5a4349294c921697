"""What is known of a request while it runs, for its line in the access log.

The record lies in the request's ASGI scope, at `scope["state"]["record"]`, where mounted applications see the same
one. A face writes `record_of(request.scope).face = "icws"`, its `.route`, the pattern that the path matched (e.g.
`/icws/{session}/licenses`), and, as soon as it has checked the credential, `.user = login`; `.outcome` takes a word or
an error's identifier where the status alone says too little, `.why` an English sentence where that does, and
`.about` whom the request is about, where that is not who asks; `.routine` says that nobody wants to read of it, unless
it was refused. Nothing secret and nothing unchecked belongs in it.
"""

import secrets
from itertools import count

from starlette.types import Scope

_KEY = "record"
_numbers = count(1)
_process = secrets.token_hex(4)


class RequestRecord:
    """`id` is unique among requests, or what the client called its request; the rest starts unknown."""

    __slots__ = ("about", "face", "id", "outcome", "route", "routine", "user", "why")

    def __init__(self, request_id: str | None = None) -> None:
        self.id = request_id or f"{_process}-{next(_numbers):x}"
        self.face: str | None = None
        self.route: str | None = None
        self.user: str | None = None
        self.outcome: str | None = None
        self.why: str | None = None
        self.about: str | None = None
        self.routine = False


def record_of(scope: Scope) -> RequestRecord:
    """The record of the request that `scope` is of; begun here if none was."""
    try:
        record: RequestRecord = scope["state"][_KEY]
    except KeyError:
        record = begin_record(scope, None)
    return record


def begin_record(scope: Scope, request_id: str | None) -> RequestRecord:
    """A new record for `scope`."""
    record = RequestRecord(request_id)
    scope.setdefault("state", {})[_KEY] = record
    return record
