"""An answer, written as its client accepts it (contract 5.2, 5.3)."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, TypeAlias

from msgspec import Struct, to_builtins
from msgspec.json import Encoder
from starlette.responses import Response, StreamingResponse

from seatkeeper.mobilefirst import xml_writing
from seatkeeper.mobilefirst.negotiation import JSON, ZIP

_encode: Final = Encoder().encode
_encode_in_order: Final = Encoder(order="sorted").encode
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - in UTC, which is written as Z here


class Document(Struct, frozen=True):
    """An answer in JSON or XML.

    `root` is the name of its element in XML. `value` is an object: a mapping or a struct, of such, of lists and of
    scalars. What is None in it is left out. `arrays`: those whose names in XML follow no rule.
    """

    root: str
    value: object
    arrays: xml_writing.Arrays = {}


class Download(Struct, frozen=True):
    """An answer that is a file. `content` is the whole of it, or comes in pieces."""

    content: bytes | AsyncIterator[bytes]
    media_type: str
    filename: str | None = None


class Written(Response):
    """Starlette's response, to bytes of which nothing has to be found out."""

    def __init__(self, body: bytes, media_type: str, status: int) -> None:
        self.status_code = status
        self.background = None
        self.body = body
        self.raw_headers = [
            (b"content-type", _with_charset(media_type).encode()),
            (b"content-length", b"%d" % len(body)),
        ]


Answer: TypeAlias = Document | Download


@lru_cache(maxsize=256)  # all that one commit has changed was changed at the same time
def time_of(moment: int) -> str:
    """A time (ms since 1970) as bodies have it (contract 5.6), in UTC, e.g. `2026-11-21T10:15:30.123Z`."""
    return f"{(_EPOCH + timedelta(milliseconds=moment)).isoformat(timespec='milliseconds')}Z"


def render(answer: Answer, media_type: str, status: int = 200) -> Response:
    """The answer in this media type; a file has its own."""
    if isinstance(answer, Document):
        return Written(written(answer, media_type), media_type, status)
    headers = {"Content-Type": _with_charset(answer.media_type)}
    if answer.filename is not None:
        headers["Content-Disposition"] = f'attachment; filename="{answer.filename}"'
    if isinstance(answer.content, bytes):
        return Response(answer.content, status, headers)
    return StreamingResponse(answer.content, status, headers)


def written(document: Document, media_type: str) -> bytes:
    """The bytes of a document, its keys in the order of the alphabet, as every documented example has them."""
    if media_type == JSON:
        return json_of(document.value)
    plain = _in_order(document.value)
    if not isinstance(plain, Mapping):
        raise TypeError(f"the answer {document.root} is no object")
    return xml_writing.write(document.root, plain, document.arrays)


def json_of(value: object) -> bytes:
    """A value as JSON, its keys in the order of the alphabet, without what is None in its objects."""
    told = _encode_in_order(value)
    return _encode(_in_order(value)) if b"null" in told else told  # where nothing is None, this takes a tenth


def json_in_pieces(name: str, items: Iterable[Sequence[object]], **members: object) -> Iterator[bytes]:
    """What `json_of` makes of an object with these members and a list, whose items come some at a time.

    The list may be too long to be had at once: each piece takes some of it, and is empty where these are none.
    """
    opening = b'"%b":[' % name.encode()
    before, _, after = json_of({name: [], **members}).partition(opening)
    yield before + opening
    separator = b""
    for some in items:
        told = json_of(some)[1:-1]
        yield separator + told if told else b""
        separator = b"," if told else separator
    yield after


def _in_order(value: object) -> object:
    return _plain(to_builtins(value, order="sorted", str_keys=True))


def _plain(value: object) -> object:
    """The value without what is None in its objects."""
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items() if member is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value


def _with_charset(media_type: str) -> str:
    return media_type if media_type == ZIP else f"{media_type}; charset=utf-8"
