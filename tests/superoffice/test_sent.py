"""Headers of a request, looked up by their names as Starlette looks them up. No server is needed for that."""

import pytest
from starlette.datastructures import Headers
from starlette.requests import empty_receive

from seatkeeper.superoffice.sent import Sent

RAW = [
    (b"accept", b"text/xml"),
    (b"so-culture", b"fr\xe9"),
    (b"accept", b"application/json"),
    (b"cookie", b""),
]


@pytest.mark.parametrize("raw", [RAW, RAW[1:], []], ids=["one of them twice", "each once", "none"])
@pytest.mark.parametrize("name", ["accept", "Accept", "SO-Culture", "cookie", "so-language"])
def test_headers_are_those_that_starlette_finds(name: str, raw: list[tuple[bytes, bytes]]) -> None:
    there = Headers(raw=raw)
    found = Sent({"type": "http", "headers": raw}, empty_receive).headers
    assert found.get(name) == there.get(name)
    assert found.get(name, "none") == there.get(name, "none")
    assert found.getlist(name) == there.getlist(name)
    assert (name in found) == (name in there)
    assert found.items() == there.items()
    if name in there:
        assert found[name] == there[name]
    else:
        with pytest.raises(KeyError):
            found[name]
