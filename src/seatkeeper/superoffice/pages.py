"""Pages for people, which need no script and load nothing, and what the server says of itself: as one of them, or as
JSON for programs (contract 1.1, 1.2)."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from html import escape
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from seatkeeper.licensing.sentences import Sentence
from seatkeeper.superoffice.wire.cultures import Spoken

Facts = Mapping[str, str | Mapping[str, str]]

_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}"
    "h1{font-size:1.5rem}"
    "form{max-width:20rem}"
    "label,input,button{display:block;width:100%;box-sizing:border-box;font:inherit}"
    "input,button{padding:.4rem .6rem}"
    "[role=alert]{font-weight:bold;border-left:.3rem solid #c22;padding-left:.7rem}"
    "th,td{display:block;text-align:left;padding:.1rem 0}"
    "td{padding-bottom:.8rem}"
    "@media(min-width:48rem){"
    "th,td{display:table-cell;vertical-align:top;padding:.2rem 0}"
    "th{padding-right:1.5rem;min-width:12rem}}"
)
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; style-src 'sha256-"
        + b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
        + "'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def page(spoken: Spoken, title: Sentence, content: str, status: int = 200) -> HTMLResponse:
    """A page under a title. `content` is HTML."""
    heading = escape(spoken.said(title))
    text = (
        f'<!DOCTYPE html>\n<html lang="{escape(spoken.language or "en")}">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{heading}</title><style>{_STYLE}</style></head>\n"
        f"<body>\n<h1>{heading}</h1>\n{content}\n</body>\n</html>\n"
    )
    return HTMLResponse(text, status, _HEADERS)


def told(request: Request, title: Sentence, facts: Facts, *, for_people: bool) -> Response:
    """The facts as `Accept` asks for them. `for_people`: whether it is a page where neither is asked for.

    A page leaves out what is empty.
    """
    if not is_for_people(request, for_people):
        return JSONResponse(facts, media_type="application/json; charset=utf-8")
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{_cell(fact)}</td></tr>\n" for name, fact in facts.items() if fact)
    return page(Spoken.of(request.headers), title, f"<table>\n{rows}</table>")


def is_for_people(request: Request, otherwise: bool) -> bool:
    """Whether `Accept` asks for a page rather than JSON; `otherwise`, where it asks for neither.

    Of the two, the one that it names first: a program names what it wants, and browsers name HTML first. A sample of
    the vendor's asks for `application/html`, which there is not; so it goes by the word.
    """
    accept = request.headers.get("accept", "").lower()
    named = {kind: accept.index(kind) for kind in ("html", "json") if kind in accept}
    return min(named, key=lambda each: named[each], default="html" if otherwise else "json") == "html"


def _cell(fact: str | Mapping[str, str]) -> str:
    if not isinstance(fact, str):
        return "<br>".join(f"<b>{escape(name)}</b> {escape(text)}" for name, text in fact.items())
    text = escape(fact)
    return f'<a href="{text}">{text}</a>' if fact.startswith(("http://", "https://")) else text
