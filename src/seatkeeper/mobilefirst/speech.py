"""In which language messages are (contract 5.4): that of the parameter `locale`, else as `Accept-Language` says.

docs/decisions/languages.md.
"""

from functools import lru_cache
from typing import Final

from starlette.requests import Request

from seatkeeper.languages.catalogues import ENGLISH, offered
from seatkeeper.languages.choice import of_request
from seatkeeper.transport.asked import headers

LOCALE: Final = "locale"


def language_of(request: Request) -> str:
    """The language of what a request is answered, as a tag.

    A locale is written as in Java (`de_DE`) or as in HTTP (`de-DE`), in any case; one that is not offered, and has no
    more general one that is, means English, as it is no error to ask for one.
    """
    locale = request.query_params.get(LOCALE, "").strip() if request.scope["query_string"] else ""
    if locale:
        return offered(locale) or ENGLISH
    return _of_header(",".join(headers(request.scope, b"accept-language")))


_of_header: Final = lru_cache(maxsize=256)(of_request)
