"""Which operation is at a path, whatever its segments hold (contract 1)."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.identity.rights import Right
from seatkeeper.mobilefirst.calls import Asked, Resource
from seatkeeper.mobilefirst.rendering import Answer
from seatkeeper.mobilefirst.routing import Routes


async def _never(_asked: Asked) -> Answer:
    raise AssertionError


def _resource(verb: str, pattern: str) -> Resource:
    return Resource(verb, pattern, Right.APPLICATIONS_READ, _never)


ROUTES = Routes(
    [
        _resource("GET", "runtimes"),
        _resource("GET", "runtimes/{runtime}/license/{application}"),
        _resource("DELETE", "runtimes/{runtime}/license/{application}"),
        _resource("GET", "runtimes/{runtime}/license/all"),
        _resource("POST", "runtimes/{runtime}/license"),
    ]
)


def _found(path: str) -> list[tuple[str, dict[str, str]]]:
    return [(found.resource.verb, found.variables) for found in ROUTES.find(path.split("/"))]


def test_every_verb_of_a_path_is_found() -> None:
    variables = {"runtime": "mfp", "application": "com.a"}
    assert _found("runtimes/mfp/license/com.a") == [("GET", variables), ("DELETE", variables)]
    assert _found("runtimes/mfp/license") == [("POST", {"runtime": "mfp"})]


def test_a_literal_segment_is_nearer_than_a_variable() -> None:
    assert _found("runtimes/mfp/license/all") == [("GET", {"runtime": "mfp"})]


@pytest.mark.parametrize("path", ["", "Runtimes", "runtimes/", "runtimes//license", "runtimes/mfp/license/a/b", "x"])
def test_what_is_nowhere_is_not_found(path: str) -> None:
    assert _found(path) == []


@given(st.text(min_size=1, max_size=8).filter(lambda text: text != "all" and text.isprintable()))
def test_a_name_is_decoded_after_the_path_is_split(name: str) -> None:
    expected = {"runtime": "mfp", "application": name}
    assert _found(f"runtimes/mfp/license/{quote(name, safe='')}")[0] == ("GET", expected)
