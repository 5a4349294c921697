"""What the server says of itself, as JSON for programs or as a page for people (contract 1.1, 1.2)."""

from collections.abc import Mapping
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

Facts = Mapping[str, str | Mapping[str, str]]


def told(request: Request, title: str, facts: Facts, *, for_people: bool) -> Response:
    """The facts as `Accept` asks for them. `for_people`: whether it is a page where neither is asked for."""
    return HTMLResponse(_page(title, facts)) if is_for_people(request, for_people) else JSONResponse(facts)


def is_for_people(request: Request, otherwise: bool) -> bool:
    """Whether `Accept` asks for a page rather than JSON; `otherwise`, where it asks for neither.

    Of the two, the one that it names first: a program names what it wants, and browsers name HTML first. A sample of
    the vendor's asks for `application/html`, which there is not; so it goes by the word.
    """
    accept = request.headers.get("accept", "").lower()
    named = {kind: accept.index(kind) for kind in ("html", "json") if kind in accept}
    return min(named, key=lambda each: named[each], default="html" if otherwise else "json") == "html"


def _page(title: str, facts: Facts) -> str:
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{_cell(fact)}</td></tr>\n" for name, fact in facts.items())
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head>\n'
        f"<body><h1>{escape(title)}</h1>\n<table>\n{rows}</table></body></html>\n"
    )


def _cell(fact: str | Mapping[str, str]) -> str:
    if isinstance(fact, str):
        return escape(fact)
    return "<br>".join(f"<b>{escape(name)}</b> {escape(text)}" for name, text in fact.items())
