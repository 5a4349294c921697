"""Absolute URLs, as a client sees the server through its own way to it."""

from starlette.requests import Request


def application_url(request: Request) -> str:
    """Where the application path of a request begins, e.g. `https://crm.example/SuperOffice`; no slash at the end."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"
