"""In which language a request is answered: its session's, or where it has none the one that it asks for itself.

docs/decisions/languages.md.
"""

from collections.abc import Awaitable
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from seatkeeper.icws.session_ids import session_number
from seatkeeper.languages import choice
from seatkeeper.ledger.door import Ledger
from seatkeeper.transport.asked import headers

_LANGUAGE: Final = "icws_language"
_SPEECH: Final = "icws_speech"


class Speech:
    """Middleware that knows the language of every request, so that even what goes no further is answered in it.

    Of a session that is in the URL the language counts before anybody has shown that he may speak for it: it is no
    secret, and a client whose cookie is wrong can read why.
    """

    def __init__(self, app: ASGIApp, ledger: Ledger) -> None:
        self._app = app
        self._ledger = ledger

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass one request on. What its language is, is looked up only where it is asked for."""
        scope.setdefault("state", {})[_SPEECH] = self
        return self._app(scope, receive, send)

    def of_session_in(self, path: str) -> str | None:
        """The language of the session that a path names, if it is live and known here."""
        session = self._ledger.image.sessions.get(session_number(_segment(path)) or 0)
        return None if session is None else session.language


def speak(scope: Scope, language: str) -> None:
    """Answer the request of `scope` in the language of this tag."""
    scope.setdefault("state", {})[_LANGUAGE] = language


def language_of(scope: Scope) -> str:
    """The language of the answer to the request of `scope`, as a tag."""
    state = scope.get("state", {})
    language: str | None = state.get(_LANGUAGE)
    if language is None and _SPEECH in state:
        language = state[_SPEECH].of_session_in(scope["path"])
    return choice.of_request(accepted_languages(scope)) if language is None else language


def accepted_languages(scope: Scope) -> str:
    """What the request says in `Accept-Language`; empty where it says nothing."""
    return ",".join(headers(scope, b"accept-language"))


def _segment(path: str) -> str:
    """The second segment of a path, which is the session's id or `connection`."""
    _, _, *segments = path.split("/", 3)
    return segments[0] if segments else ""
