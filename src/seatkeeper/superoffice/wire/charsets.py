"""Text from the bytes of a body, by the charset that it is said to be of or that it says itself (contract 6.1)."""

import codecs
import re
from encodings import aliases, normalize_encoding
from functools import lru_cache
from typing import Final

from seatkeeper.licensing.sentences import say
from seatkeeper.superoffice.errors import ARGUMENT, Failure, malformed

_DEFAULT: Final = "utf-8"

_KNOWN: Final = frozenset(
    {"ascii", "utf_8", "utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be", "latin_1"}
    | {f"iso8859_{number}" for number in range(2, 17) if number != 12}
    | {f"cp{number}" for number in range(1250, 1259)}
)
"""Those that are read, as Python calls them. It knows more, of which some take a time that grows with the square of the
length."""

_BY_NAME: Final = {name: codec for name, codec in aliases.aliases.items() if codec in _KNOWN} | {
    codec: codec for codec in _KNOWN
}
"""By every name of it. `codecs.lookup` would keep in memory whatever it was ever asked for in vain."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks, the longer before those that they begin with."""

_ANY_MARK: Final = tuple(mark for mark, _ in _MARKS)

_DECLARATION: Final = re.compile(rb"""\s*<\?xml\s[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")


def text_of(body: bytes, charset: str | None) -> str:
    """The body as text, without a byte order mark.

    A byte order mark counts before `charset`, the parameter of Content-Type, and that before what an XML declaration
    says; without any it is UTF-8. Raises Failure 415 for a charset that is not known, 400 for bytes that are not of it.
    """
    marked = next(name for mark, name in _MARKS if body.startswith(mark)) if body.startswith(_ANY_MARK) else None
    name = marked or charset or _declared(body) or _DEFAULT
    codec = _codec(name)
    try:
        return body.decode(codec).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise malformed(
            "The body is not {charset}: {error} at byte {place}.", charset=name, error=error.reason, place=error.start
        ) from None


@lru_cache(maxsize=256)
def _codec(name: str) -> str:
    codec = _BY_NAME.get(normalize_encoding(name).lower())
    if codec is None:
        why = say("A body in charset {charset} cannot be read; send it in utf-8.", charset=name)
        raise Failure(415, ARGUMENT, why)
    return codec


def _declared(body: bytes) -> str | None:
    found = _DECLARATION.match(body)
    return found[1].decode() if found else None
