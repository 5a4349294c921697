"""What names and numbers of the inventory may be."""

from typing import Final

from seatkeeper.licensing.refusals import Code, Refusal

LARGEST: Final = 2**31 - 1
"""Of seats, associate ids and other numbers: the vendors' APIs carry both as 32-bit integers."""


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
