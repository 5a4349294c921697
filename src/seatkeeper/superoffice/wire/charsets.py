"""Text from the bytes of a body, by the charset that it is said to be of or that it says itself (contract 6.1)."""

import codecs
import re
from typing import Final

from seatkeeper.licensing.sentences import say
from seatkeeper.superoffice.errors import ARGUMENT, Failure, malformed

_DEFAULT: Final = "utf-8"

_KNOWN: Final = frozenset(
    {"ascii", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"}
    | {f"iso8859-{number}" for number in range(1, 17)}
    | {f"cp{number}" for number in range(1250, 1259)}
)
"""Those that are read. Python knows more, of which some take a time that grows with the square of the length."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks, the longer before those that they begin with."""

_DECLARATION: Final = re.compile(rb"""\s*<\?xml\s[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")


def text_of(body: bytes, charset: str | None) -> str:
    """The body as text, without a byte order mark.

    A byte order mark counts before `charset`, the parameter of Content-Type, and that before what an XML declaration
    says; without any it is UTF-8. Raises Failure 415 for a charset that is not known, 400 for bytes that are not of it.
    """
    marked = next((name for mark, name in _MARKS if body.startswith(mark)), None)
    name = marked or charset or _declared(body) or _DEFAULT
    codec = _codec(name)
    try:
        return body.decode(codec).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise malformed(
            "The body is not {charset}: {error} at byte {place}.", charset=name, error=error.reason, place=error.start
        ) from None


def _codec(name: str) -> str:
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        raise _unknown(name) from None
    if codec not in _KNOWN:
        raise _unknown(name)
    return codec


def _unknown(name: str) -> Failure:
    return Failure(415, ARGUMENT, say("A body in charset {charset} cannot be read; send it in utf-8.", charset=name))


def _declared(body: bytes) -> str | None:
    found = _DECLARATION.match(body)
    return found[1].decode() if found else None
