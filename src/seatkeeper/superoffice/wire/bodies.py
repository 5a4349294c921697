"""The body of a request, of whatever media type, as one plain value (contract 6.1)."""

import asyncio
import zlib
from functools import lru_cache
from typing import Final

from msgspec import DecodeError
from msgspec.json import Decoder
from starlette.requests import Request

from seatkeeper.licensing.sentences import say
from seatkeeper.superoffice.errors import ARGUMENT, SERVER, Failure, malformed, unsupported_type
from seatkeeper.superoffice.wire import forms, xml_reading
from seatkeeper.superoffice.wire.charsets import text_of
from seatkeeper.superoffice.wire.negotiation import JSON, OFFERED, XML

FORM: Final = "application/x-www-form-urlencoded"
READ: Final = (*OFFERED, FORM)

LARGEST: Final = 4 * 1024 * 1024
"""Bytes of a body that came compressed, when it is unpacked. Ours; what comes over the network is bounded before."""

_COMPRESSED: Final = frozenset({"gzip", "x-gzip", "deflate"})
_GZIP_OR_ZLIB: Final = 47  # zlib's window bits by which it tells the two apart

_decode: Final = Decoder().decode


async def read(request: Request) -> object:
    """The value of the body, for `binding.bind`: what JSON has, or the root of an XML document; None without a body.

    A body without a type is JSON. JSON that is said to be a form is JSON, since a published client sends it so. Raises
    Failure 400 for what cannot be read, 413 for what unpacks too large, 415 for a type or a coding that is not taken.
    """
    headers = request.headers
    body = _unpacked(await request.body(), headers.get("content-encoding", ""))
    if not body.strip():
        return None
    media_type, charset = _type_and_charset(headers.get("content-type") or JSON)
    if media_type not in READ:
        raise unsupported_type(media_type, ", ".join(READ))
    text = text_of(body, charset)
    if media_type in XML:
        return await asyncio.to_thread(xml_reading.parse, text)  # a large one takes a tenth of a second
    if media_type == FORM and not text.lstrip().startswith(("{", "[")):
        return forms.value_of(text)
    return _json(text)


@lru_cache(maxsize=256)
def _type_and_charset(content_type: str) -> tuple[str, str | None]:
    media_type, *parameters = content_type.split(";")
    charset = None
    for parameter in reversed(parameters):  # of several the first counts
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"') or None
    return media_type.strip().lower(), charset


def _json(text: str) -> object:
    try:
        return _decode(text)
    except DecodeError as error:
        raise malformed("The JSON cannot be read: {error}.", error=str(error)) from None
    except RecursionError:
        raise malformed("The JSON is nested too deeply.") from None


def _unpacked(body: bytes, coding: str) -> bytes:
    if not coding:
        return body
    names = [name.strip().lower() for name in coding.split(",") if name.strip() and name.strip().lower() != "identity"]
    if not names:
        return body
    if len(names) > 1 or names[0] not in _COMPRESSED:
        why = say(
            "A body in content coding {coding} cannot be read; send it in gzip or without.", coding=", ".join(names)
        )
        raise Failure(415, ARGUMENT, why)
    unpacking = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        unpacked = unpacking.decompress(body, LARGEST)
    except zlib.error as error:
        raise malformed("The body cannot be unpacked: {error}.", error=str(error)) from None
    if unpacking.unconsumed_tail:
        raise Failure(413, SERVER, say("The body unpacks to more than {most} bytes.", most=LARGEST))
    if not unpacking.eof or unpacking.unused_data:
        raise malformed("The body cannot be unpacked: it is cut off, or something follows it.")
    return unpacked
