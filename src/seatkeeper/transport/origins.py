"""Whether a request comes from a web page of somebody else's."""

from collections.abc import Collection

from starlette.requests import Request


def is_foreign(request: Request, allowed: Collection[str]) -> bool:
    """Whether a browser says that a page asks which is neither of this server nor of an `allowed` origin; other clients
    do not say."""
    origin = request.headers.get("origin")
    if origin in allowed:
        return False
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    return origin is not None and origin != f"{request.url.scheme}://{request.headers.get('host', '')}"
