"""What an operation is: where it is called, who may call it, what it is given and what it answers."""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import quote

from starlette.requests import Request

from seatkeeper.identity.rights import Right
from seatkeeper.languages.catalogues import said
from seatkeeper.licensing.entities import User
from seatkeeper.licensing.sentences import Sentence
from seatkeeper.mobilefirst.errors import invalid_parameter
from seatkeeper.mobilefirst.negotiation import JSON, STRUCTURED
from seatkeeper.mobilefirst.rendering import Answer
from seatkeeper.mobilefirst.speech import language_of
from seatkeeper.transport.limits import allow
from seatkeeper.transport.record import record_of

VERSION: Final = "2.0"
"""The one version of the API that is spoken here (contract 1)."""

_FLAGS: Final = {"true": True, "false": False}


class Asked:
    """A request that may be made: who makes it, and in which media type it is answered."""

    def __init__(self, request: Request, user: User, media_type: str) -> None:
        self.request = request
        self.user = user
        self.media_type = media_type
        self.path: dict[str, str] = request.path_params
        """The variables of the path, decoded."""

    @property
    def language(self) -> str:
        """In which messages are told, as a tag."""
        return language_of(self.request)

    @property
    def in_json(self) -> bool:
        """Whether the answer may have members that the vendor does not document: XML may not (contract 5.3)."""
        return self.media_type == JSON

    def said(self, sentence: Sentence) -> str:
        """A message of ours in the client's language."""
        return said(sentence, self.language)

    def query(self, name: str) -> str | None:
        """A parameter of the query; None where it is not there."""
        return self.request.query_params.get(name) if self.request.scope["query_string"] else None

    def flag(self, name: str) -> bool:
        """A parameter that is `true` or `false`, in any case; false where it is not there or is empty.

        Raises Failure 400 for anything else.
        """
        text = self.query(name) or "false"
        flag = _FLAGS.get(text.lower())
        if flag is None:
            raise invalid_parameter("{parameter} must be true or false, not {value}.", parameter=name, value=text)
        return flag

    def link(self, *segments: str) -> str:
        """The absolute URL of a resource as this client would reach it; the segments are encoded here."""
        request = self.request
        root = f"{request.url.scheme}://{request.url.netloc}{request.scope['root_path']}/{VERSION}"
        return "/".join([root, *(quote(segment, safe="$") for segment in segments)])

    def about(self, what: str) -> None:
        """Have the access log say what the request is about, where its path does not."""
        record_of(self.request.scope).about = what

    def take(self, seconds: float) -> None:
        """Let the request last so many seconds from now: it begins to wait for others."""
        allow(self.request.scope, seconds)


Handler: TypeAlias = Callable[[Asked], Awaitable[Answer]]


class Resource(NamedTuple):
    """What a verb does at the paths of a pattern below the version of the API, as in `runtimes/{runtime}/lock`.

    `right`: what the caller must have. `produces`: the media types it can be answered in, the first where the client
    does not care.
    """

    verb: str
    pattern: str
    right: Right
    handler: Handler
    produces: tuple[str, ...] = STRUCTURED
