"""What names and numbers of the inventory may be."""

import re
from typing import Final

from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.sentences import Sentence

LARGEST: Final = 2**31 - 1
"""Of seats, associate ids and other numbers: the vendors' APIs carry both as 32-bit integers."""

LONGEST_NAME: Final = 254
"""Of a runtime and of what runs there, in characters (mobilefirst contract 1)."""

LONGEST_TEXT: Final = 2000
"""Of what is only shown, in characters."""

_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Control characters and what no XML document can carry, not even escaped."""


def can_name(text: str) -> bool:
    """Whether this can name a runtime or what runs there."""
    try:
        require_line(Sentence("", {}), text)
    except Refusal:
        return False
    return True


def require_line(called: Sentence, text: str) -> None:
    """Refuse what cannot name a runtime or what runs there. `called` says what it is to be the name of."""
    if not text.strip():
        raise Refusal(Code.INVALID_VALUE, "{called} is empty.", called=called)
    if text in {".", ".."}:
        raise Refusal(
            Code.INVALID_VALUE,
            "{called} is {text}, which no path can hold: clients take it for a step in the path.",
            called=called,
            text=text,
        )
    if text != text.strip() or len(text.splitlines()) > 1 or "\t" in text:
        raise Refusal(
            Code.INVALID_VALUE,
            "{called} has blanks around it, or a tab or a line break in it. Leave them out.",
            called=called,
        )
    _require_length(called, text, LONGEST_NAME)
    _require_writable(called, text)


def require_text(called: Sentence, text: str) -> None:
    """Refuse a text that cannot be shown; it may be empty."""
    _require_length(called, text, LONGEST_TEXT)
    _require_writable(called, text)


def _require_length(called: Sentence, text: str, most: int) -> None:
    if len(text) > most:
        raise Refusal(
            Code.INVALID_VALUE,
            "{called} is {length} characters long; {most} are allowed.",
            called=called,
            length=len(text),
            most=most,
        )


def _require_writable(called: Sentence, text: str) -> None:
    if _UNWRITABLE.search(text):
        raise Refusal(
            Code.INVALID_VALUE, "{called} has a character in it that cannot be written. Leave it out.", called=called
        )


def require_name(name: str, refusal: str) -> None:
    """Refuse a name of nothing but blanks, with this sentence."""
    if not name.strip():
        raise Refusal(Code.INVALID_VALUE, refusal)


def require_int32(field: str, number: int) -> None:
    """Refuse a number that is more than 32 bits: the vendors' APIs carry it so."""
    if not -LARGEST - 1 <= number <= LARGEST:
        raise Refusal(
            Code.INVALID_VALUE,
            "{field} is {number}, and must be from {least} to {most}.",
            field=field,
            number=number,
            least=-LARGEST - 1,
            most=LARGEST,
        )
