"""How a session is called on the wire: its number in decimal digits (contract 1.3)."""

from typing import Final

_MAX_DIGITS: Final = 18  # what fits the integer key of a session


def session_number(spelled: str) -> int | None:
    """The number that a session id is, spelled as it was given out, or None."""
    if not (spelled.isascii() and spelled.isdigit()) or spelled.startswith("0") or len(spelled) > _MAX_DIGITS:
        return None
    return int(spelled)
