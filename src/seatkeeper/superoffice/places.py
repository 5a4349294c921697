"""Where methods are called: paths, and what stands in their variable segments (contract 1, 4)."""

from collections.abc import Iterable, Iterator
from typing import Final, Generic, NamedTuple, TypeVar
from urllib.parse import unquote

from msgspec import Struct

from seatkeeper.superoffice.calls import Method

T = TypeVar("T")

_AGENTS: Final = "Agents/"
_INT: Final = ":int"
_DIGITS: Final = frozenset("0123456789")


class Place(Struct, frozen=True):
    """A method where it can be called: verb and path below `api/v1`, matched in any case.

    Its request is made of the URL and the body. A segment of `path` in braces is a variable that fills the member of
    this name; with `:int` it takes digits only. `query`: the parameters that fill members of their names. `body`: the
    member that the body fills; None where the body is the request itself.
    """

    verb: str
    path: str
    method: Method
    body: str | None = None
    query: tuple[str, ...] = ()

    @property
    def pattern(self) -> str:
        """The whole path, below the application's."""
        return f"/api/v1/{self.path}"

    @property
    def route(self) -> str:
        """As what it is counted, logged and listed."""
        return route_of(self.pattern)

    @property
    def of_agent(self) -> bool:
        """Whether this is a method of an agent, which answers otherwise than a REST resource (decision 14)."""
        return self.path.startswith(_AGENTS)


def of_agent(agent: str, methods: Iterable[Method]) -> list[Place]:
    """Where the methods of an agent are called."""
    return [Place("POST", f"{_AGENTS}{agent}/{method.name}", method) for method in methods]


def route_of(pattern: str) -> str:
    """A pattern as what it is counted, logged and listed: without saying which variables take digits only."""
    return pattern.replace(_INT, "")


class Found(NamedTuple, Generic[T]):
    """What is at a path, and the variable segments of the path, decoded."""

    there: T
    variables: dict[str, str]


class Paths(Generic[T]):
    """What is at which path: patterns as `Place` has them, each with a slash before it. There may be several at one."""

    def __init__(self, patterns: Iterable[tuple[str, T]]) -> None:
        self._root = _Node[T]()
        for pattern, there in patterns:
            self._add(pattern.split("/")[1:], there)

    def find(self, segments: Iterable[str]) -> Iterator[Found[T]]:
        """All that is at a path, given by its segments as they were sent, percent-encoded; the nearest first.

        A segment is decoded only here, so that a name may hold a slash. A literal segment is nearer than digits, and
        those are nearer than a name.
        """
        return self._root.find([unquote(segment) for segment in segments], ())

    def _add(self, segments: list[str], there: T) -> None:
        node = self._root
        for segment in segments:
            node = node.below(segment)
        names = tuple(segment[1:-1].removesuffix(_INT) for segment in segments if segment.startswith("{"))
        node.there.append((names, there))


class _Node(Generic[T]):
    """One segment of patterns, and what is below it. What is there has the names of the variables on the way."""

    def __init__(self) -> None:
        self.there: list[tuple[tuple[str, ...], T]] = []
        self._literals: dict[str, _Node[T]] = {}
        self._digits: _Node[T] | None = None
        self._name: _Node[T] | None = None

    def below(self, segment: str) -> "_Node[T]":
        """The node of a pattern's segment, made if there is none."""
        if not segment.startswith("{"):
            return self._literals.setdefault(segment.lower(), _Node())
        if segment.endswith(f"{_INT}}}"):
            self._digits = self._digits or _Node()
            return self._digits
        self._name = self._name or _Node()
        return self._name

    def find(self, segments: list[str], values: tuple[str, ...]) -> Iterator[Found[T]]:
        """What is below here at these segments; `values` are those of the variables so far."""
        if not segments:
            yield from (Found(there, dict(zip(names, values, strict=True))) for names, there in self.there)
            return
        segment, *rest = segments
        literal = self._literals.get(segment.lower())
        if literal is not None:
            yield from literal.find(rest, values)
        if self._digits is not None and segment and _DIGITS.issuperset(segment):
            yield from self._digits.find(rest, (*values, segment))
        if self._name is not None and segment:
            yield from self._name.find(rest, (*values, segment))
