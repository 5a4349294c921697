"""How long requests take, by route."""

from typing import Final, NamedTuple

from seatkeeper.ledger.tally import SECONDS, Distribution
from seatkeeper.metrics.catalogue import UNKNOWN

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_LEFT: Final = 499  # as the access log writes it
_LEFT_LABEL: Final = "left"
_NO_FACE: Final = "server"


class RequestKind(NamedTuple):
    """What requests are told apart by: the labels of their metric. There are as many as routes, not as paths."""

    face: str
    route: str
    method: str
    status: str


class Requests:
    """The durations of all requests that were answered. Changed and read in the event loop."""

    def __init__(self) -> None:
        self._seconds: dict[tuple[str | None, str | None, str, int], Distribution] = {}

    def observe(self, face: str | None, route: str | None, method: str, status: int, seconds: float) -> None:
        """One more request was answered with this status; `route` is its pattern, None where nothing is."""
        key = (face, route, method if method in _METHODS else "other", status if status == _LEFT else status // 100)
        distribution = self._seconds.get(key)
        if distribution is None:
            distribution = self._seconds[key] = Distribution(SECONDS)
        distribution.add(seconds)

    def copy(self) -> dict[RequestKind, Distribution]:
        """The durations as they are now."""
        return {_kind(*key): each.copy() for key, each in self._seconds.items()}


def _kind(face: str | None, route: str | None, method: str, status: int) -> RequestKind:
    status_class = _LEFT_LABEL if status == _LEFT else f"{status}xx"
    return RequestKind(face or _NO_FACE, route or UNKNOWN, method, status_class)
