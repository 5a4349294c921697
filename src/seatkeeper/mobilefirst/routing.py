"""Which operations are at a path (contract 1)."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from seatkeeper.mobilefirst.calls import Resource


class Found(NamedTuple):
    """An operation at a path, and the variables of the path, decoded."""

    resource: Resource
    variables: dict[str, str]


class Routes:
    """Finds operations. Names are compared exactly, and decoded only after the path was split at its slashes."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._by_length: dict[int, list[tuple[list[str], Resource]]] = {}
        for resource in resources:
            pattern = resource.pattern.split("/")
            self._by_length.setdefault(len(pattern), []).append((pattern, resource))

    def find(self, segments: Sequence[str]) -> list[Found]:
        """All operations at a path, given by its segments as they were sent, percent-encoded.

        A variable takes any name but an empty one, and none that a pattern of the same length names at its place.
        """
        names = [unquote(segment) for segment in segments]
        matching = [
            (pattern, resource) for pattern, resource in self._by_length.get(len(names), []) if _fits(pattern, names)
        ]
        nearest = max((_literals(pattern) for pattern, _ in matching), default=0)
        return [
            Found(resource, _variables(pattern, names))
            for pattern, resource in matching
            if _literals(pattern) == nearest
        ]


def _fits(pattern: list[str], names: list[str]) -> bool:
    return all(name if _is_variable(part) else name == part for part, name in zip(pattern, names, strict=True))


def _literals(pattern: list[str]) -> int:
    return sum(not _is_variable(part) for part in pattern)


def _variables(pattern: list[str], names: list[str]) -> dict[str, str]:
    return {part[1:-1]: name for part, name in zip(pattern, names, strict=True) if _is_variable(part)}


def _is_variable(part: str) -> bool:
    return part.startswith("{")
