"""How often somebody showed credentials, and whether they were right, counted from the server's start."""

from enum import StrEnum
from itertools import product


class Kind(StrEnum):
    """What was shown."""

    PASSWORD = "password"  # noqa: S105 - the word, not a password
    TOKEN = "token"  # noqa: S105 - the word, not a token
    SINGLE_SIGN_ON = "single_sign_on"


class Attempts:
    """`counts`: how many, by kind and whether they succeeded. Changed and read in the event loop."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, bool], int] = dict.fromkeys(product(Kind, (True, False)), 0)

    def count(self, kind: Kind, *, succeeded: bool) -> None:
        """One more attempt has ended so."""
        self.counts[kind, succeeded] += 1
