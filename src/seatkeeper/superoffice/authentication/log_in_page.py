"""The pages of logging in and out. They work without scripts, and load nothing."""

from html import escape
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse

from seatkeeper.licensing.sentences import Sentence, say
from seatkeeper.superoffice.pages import page
from seatkeeper.superoffice.wire.cultures import Spoken

XSRF_FIELD: Final = "XSRF_TOKEN"
"""The hidden field with the XSRF value: its name and id, by which the vendor's client library finds it (contract 5)."""

_NOT_KEPT: Final = {"Cache-Control": "no-store"}


def form(request: Request, wrong: Sentence | None = None, status: int = 200, user: str = "") -> HTMLResponse:
    """Where somebody types in who he is. `wrong`: what was wrong with the last time, when he called himself `user`."""
    spoken = Spoken.of(request.headers)
    alert = "" if wrong is None else f'<p role="alert">{_said(spoken, wrong)}</p>\n'
    at_user, at_password = ("", " autofocus") if user else (" autofocus", "")
    content = (
        f'{alert}<form method="post" action="{_below(request, "Login")}">\n'
        f"<p><label>{_said(spoken, say('User'))} "
        f'<input name="user" value="{escape(user)}" autocomplete="username" required{at_user}></label></p>\n'
        f"<p><label>{_said(spoken, say('Password'))} "
        f'<input name="password" type="password" autocomplete="current-password" required{at_password}></label></p>\n'
        f"<p><button>{_said(spoken, say('Log in'))}</button></p>\n</form>"
    )
    return _page(spoken, say("Log in"), content, status)


def logged_in(request: Request, login: str, xsrf_value: str) -> HTMLResponse:
    """That somebody is logged in, with the value that his pages are to send along, and the way out."""
    spoken = Spoken.of(request.headers)
    content = (
        f"<p>{_said(spoken, say('You are logged in as {login}.', login=login))}</p>\n"
        f'<form method="post" action="{_below(request, "Logout")}">\n'
        f'<input type="hidden" id="{XSRF_FIELD}" name="{XSRF_FIELD}" value="{escape(xsrf_value)}">\n'
        f"<p><button>{_said(spoken, say('Log out'))}</button></p>\n</form>"
    )
    return _page(spoken, say("Logged in"), content)


def logged_out(request: Request) -> HTMLResponse:
    """That somebody is logged out, with the way back in."""
    spoken = Spoken.of(request.headers)
    content = f'<p><a href="{_below(request, "Login")}">{_said(spoken, say("Log in"))}</a></p>'
    return _page(spoken, say("Logged out"), content)


def _page(spoken: Spoken, title: Sentence, content: str, status: int = 200) -> HTMLResponse:
    response = page(spoken, title, content, status)
    response.headers.update(_NOT_KEPT)
    return response


def _said(spoken: Spoken, sentence: Sentence) -> str:
    return escape(spoken.said(sentence))


def _below(request: Request, name: str) -> str:
    return escape(f"{request.scope.get('root_path', '')}/{name}")
