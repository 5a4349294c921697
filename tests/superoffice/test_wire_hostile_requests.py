"""Requests that are made to do harm: each is answered soon, and with a sentence. Documents: test_wire_hostile_xml."""

import asyncio
import codecs
import time

import pytest
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.types import Message

from seatkeeper.superoffice.documents.methods import OfOwner
from seatkeeper.superoffice.errors import Failure
from seatkeeper.superoffice.wire import bodies
from seatkeeper.superoffice.wire.binding import bind
from seatkeeper.superoffice.wire.carriers import LicenseOwner
from seatkeeper.superoffice.wire.select import selected, selection_of

# Generous: each of these took some seconds before, and now takes a few hundredths.
SOON = 1.0


def read(body: str, content_type: str) -> object:
    """A body as the wire brings it."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body.encode(), "more_body": False}

    headers = [(b"content-type", content_type.encode())]
    return asyncio.run(bodies.read(Request({"type": "http", "method": "POST", "headers": headers}, receive)))


def test_an_index_of_thousands_of_digits_is_the_name_of_a_member() -> None:
    number = "9" * 5000
    assert read(f"names[{number}]=a&names[1]=b", bodies.FORM) == {"names": {number: "a", "1": "b"}}


@pytest.mark.parametrize(
    "parameters",
    ["charset*=utf-8''%00", "charset*0*=utf-8''%00;charset*1=x", f"charset*{'9' * 5000}*=x", "charset=", '"' * 9],
)
def test_parameters_that_say_no_charset_leave_it_at_utf_8(parameters: str) -> None:
    assert read('"Ä"', f"application/json; {parameters}") == "Ä"


@pytest.mark.parametrize("spelled", ["utf-8", "UTF8", '"utf-8"', "Latin1", "windows-1252", "us-ascii"])
def test_a_charset_is_known_by_every_name_of_it(spelled: str) -> None:
    assert read('"x"', f"application/json;version=1; Charset = {spelled} ; boundary=x") == "x"


def test_python_is_not_asked_for_charsets_that_are_not_known_as_it_remembers_them_all() -> None:
    asked: list[str] = []
    codecs.register(asked.append)
    try:
        with pytest.raises(Failure, match="A body in charset unknown-1 cannot be read"):
            read("{}", "application/json; charset=unknown-1")
    finally:
        codecs.unregister(asked.append)
    assert asked == []


def test_tens_of_thousands_of_elements_of_one_name_are_bound_soon() -> None:
    root = read(f"<r>{'<a/>' * 49_000}</r>", "text/xml")
    begun = time.process_time()
    with pytest.raises(Failure, match="OwnerName"):
        bind(root, OfOwner)
    assert time.process_time() - begun < SOON


def test_a_selection_of_blanks_is_understood_soon() -> None:
    begun = time.process_time()
    selection = selection_of(QueryParams([("$select", f"name{' ' * 30_000}x, description / x, Name ")]))
    assert time.process_time() - begun < SOON
    assert selected(LicenseOwner(name="PLANNING"), selection).name == "PLANNING"
