"""One value in JSON and in XML (contract 5.3, 5.6)."""

import json
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from msgspec import UNSET, Struct, UnsetType

from seatkeeper.mobilefirst.negotiation import JSON, XML
from seatkeeper.mobilefirst.rendering import Document, json_in_pieces, json_of, time_of, written


class Colour(StrEnum):
    RED = "RED"


class Part(Struct, rename="camel"):
    part_name: str
    size: int | None = None
    left_out: int | UnsetType = UNSET


class Whole(Struct, rename="camel"):
    some_parts: tuple[Part, ...]
    is_whole: bool
    colour: Colour
    the_part: Part
    nothing: None = None


WHOLE = Whole((Part("b", 2), Part("a")), is_whole=True, colour=Colour.RED, the_part=Part("c", 3))


def test_json_has_its_keys_in_alphabetical_order_and_leaves_out_what_is_absent() -> None:
    assert written(Document("whole", WHOLE), JSON).decode() == (
        '{"colour":"RED","isWhole":true,'
        '"someParts":[{"partName":"b","size":2},{"partName":"a"}],"thePart":{"partName":"c","size":3}}'
    )


def test_a_text_that_says_null_stays() -> None:
    assert json_of({"b": "null", "a": [1, "null"]}) == b'{"a":[1,"null"],"b":"null"}'
    assert json_of({"b": "null", "a": None, "c": {"d": None}}) == b'{"b":"null","c":{}}'


def test_in_xml_scalars_are_attributes_objects_elements_and_arrays_wrap_their_entries() -> None:
    assert written(Document("whole", WHOLE), XML).decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<whole colour="RED" isWhole="true">'
        '<someParts><somePart partName="b" size="2"/><somePart partName="a"/></someParts>'
        '<thePart partName="c" size="3"/>'
        "</whole>"
    )


@pytest.mark.parametrize(
    ("value", "xml"),
    [
        ({"errors": []}, "<x><errors/></x>"),
        ({"entries": [{"a": 1}]}, '<x><entries><entry a="1"/></entries></x>'),
        ({"contentNames": ["a", "b & c"]}, None),
        ({"empty": {}}, "<x><empty/></x>"),
        ({"a": "", "b": False, "c": 0}, '<x a="" b="false" c="0"/>'),
        ({}, "<x/>"),
    ],
)
def test_what_is_empty_stays_and_texts_in_arrays_are_elements(value: dict[str, object], xml: str | None) -> None:
    texts = "<x><contentNames><contentName>a</contentName><contentName>b &amp; c</contentName></contentNames></x>"
    assert written(Document("x", value), XML).decode().split("\n", 1)[1] == (xml or texts)


def test_arrays_that_follow_no_rule_are_named() -> None:
    value = {"url": [{"a": 1}], "statuses": [{"b": 1}, {"b": 2}]}
    document = Document("x", value, {"url": ("urls", "url"), "statuses": (None, "statuses")})
    assert written(document, XML).decode().split("\n", 1)[1] == (
        '<x><statuses b="1"/><statuses b="2"/><urls><url a="1"/></urls></x>'
    )


@given(st.text())
def test_any_text_is_told_in_xml_and_only_what_xml_cannot_have_is_replaced(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return  # half a surrogate pair is in no text that a request can bring
    root = etree.fromstring(written(Document("x", {"name": text, "texts": [text]}), XML))
    told = root.get("name")
    assert told is not None
    assert len(told) == len(text)
    assert all(other in {one, "\ufffd"} for one, other in zip(text, told, strict=True))
    assert json.loads(written(Document("x", {"name": text}), JSON)) == {"name": text}


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_397_348_316_979, "2014-04-13T00:18:36.979Z"),
        (1_397_348_316_007, "2014-04-13T00:18:36.007Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_a_time_is_in_utc_with_three_digits_of_a_fraction(moment: int, text: str) -> None:
    assert time_of(moment) == text


@given(
    st.lists(st.lists(st.builds(Part, part_name=st.text(), size=st.none() | st.integers(0, 9)), max_size=3)),
    st.dictionaries(st.sampled_from(["aside", "zone", "within"]), st.none() | st.text() | st.just('"parts":[')),
)
def test_a_long_list_is_written_in_pieces_as_it_would_be_at_once(
    some_at_a_time: list[list[Part]], members: dict[str, str | None]
) -> None:
    pieces = list(json_in_pieces("parts", some_at_a_time, **members))
    everything = [each for some in some_at_a_time for each in some]
    assert b"".join(pieces) == json_of({**members, "parts": everything})
    assert len(pieces) == len(some_at_a_time) + 2
