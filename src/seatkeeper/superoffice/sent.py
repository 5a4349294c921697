"""A request to this face, whose headers are looked up by their names.

Starlette goes through all headers for each name, and a call is asked for a dozen, most of which it has not got.
"""

from functools import cached_property
from typing import Any

from starlette.datastructures import Headers

from seatkeeper.transport.asked import Asked


class Sent(Asked):
    """A request, behind `RequestLimits` only."""

    @cached_property
    def headers(self) -> Headers:
        """Its headers."""
        return _Named(self.scope["headers"])


class _Named(Headers):
    """Headers whose names are in lower case, as a server gives them."""

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        super().__init__(raw=raw)
        # Of several of one name the first counts, which is written last here.
        self._first = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(raw)}

    def __contains__(self, key: Any) -> bool:  # noqa: ANN401 - as the base class has it
        return key.lower() in self._first

    def __getitem__(self, key: str) -> str:
        return self._first[key.lower()]

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - as the base class has it
        """The first header of this name."""
        return self._first.get(key.lower(), default)

    def getlist(self, key: str) -> list[str]:
        """All headers of this name."""
        if key.lower() not in self._first:
            return []
        return super().getlist(key) if len(self._first) < len(self) else [self._first[key.lower()]]
