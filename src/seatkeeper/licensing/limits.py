"""What names and numbers of the inventory may be."""

from typing import Final

from seatkeeper.licensing.refusals import Code, Refusal

LARGEST: Final = 2**31 - 1
"""Of seats and associate ids: the vendors' APIs carry both as 32-bit integers."""


def require_name(name: str, refusal: str) -> None:
    """Refuse a name of nothing but blanks, with this sentence."""
    if not name.strip():
        raise Refusal(Code.INVALID_VALUE, refusal)
