"""What commands come to, where a plain value would not say it."""

from msgspec import Struct

from seatkeeper.licensing.verdicts import Verdict


class Connected(Struct, frozen=True):
    """A session was opened for this user."""

    session_id: int
    login: str
    display_name: str


class Explanation(Struct, frozen=True):
    """The verdict on one license and, before it, what each ground alone came to, in the order they were tried."""

    verdict: Verdict
    tried: tuple[Verdict, ...]
