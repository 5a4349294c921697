"""What is written as JSON, as XML or as a form is read as what it was; all else is refused with a sentence."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from msgspec import Struct
from starlette.requests import Request
from starlette.types import Message

from seatkeeper.superoffice.errors import Failure
from seatkeeper.superoffice.wire import bodies, forms, xml_reading, xml_writing
from seatkeeper.superoffice.wire.binding import bind
from seatkeeper.superoffice.wire.carriers import (
    DSAParameters,
    ExtendedLicenseInfo,
    ExtendedModuleLicense,
    FieldProperty,
    FieldRight,
    LicenseInfo,
    LicenseOwner,
    LicenseType,
    ModuleLicense,
    ModuleLicenseLink,
    SignedPublicKey,
    UserType,
)
from seatkeeper.superoffice.wire.cultures import Spoken
from seatkeeper.superoffice.wire.principal_carriers import Associate

S = TypeVar("S", bound=Struct)

few = settings(max_examples=20)
"""Of whole documents, which take their time."""

INT32 = st.integers(-(2**31), 2**31 - 1)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
XML_TEXT = ANY_TEXT.filter(lambda text: "\ufffd" not in xml_writing.write(text).decode() or "\ufffd" in text)
DATES = st.none() | st.integers(-(10**13), 10**14).map(lambda seconds: seconds // 1000 * 1000)


class Links(Struct, frozen=True, rename="pascal"):
    """A request as AssignThirdPartyLicenses has it."""

    associate_id: int
    module_owner: str
    module_license_names: tuple[str, ...] = ()


def structs(text: SearchStrategy[str]) -> dict[str, SearchStrategy[Any]]:
    """Requests and the carriers that come in with them, of texts like these."""
    dates = DATES.map(Spoken().time)
    given_types = {str: text, int: INT32, bool: st.booleans()}

    def built(shape: type[S], **members: SearchStrategy[Any]) -> SearchStrategy[S]:
        simple = {
            field.name: dates if field.name.endswith("_date") else given_types[field.type]
            for field in msgspec.structs.fields(shape)
            if field.name not in members and (field.type in given_types or field.name.endswith("_date"))
        }
        return st.builds(shape, **simple, **members)

    def some(items: SearchStrategy[Any]) -> SearchStrategy[tuple[Any, ...]]:
        return st.lists(items, max_size=3).map(tuple)

    module = built(
        ModuleLicense, license_type=st.sampled_from(LicenseType), allowed_user_type=st.sampled_from(UserType)
    )
    key = built(SignedPublicKey, key=st.none() | built(DSAParameters))
    info = built(LicenseInfo, module_licenses=some(module), public_key=st.none() | key)
    extended_module = built(ExtendedModuleLicense, new=st.none() | module, current=st.none() | module)
    link = built(ModuleLicenseLink)
    return {
        "request": built(Links, module_license_names=some(text)),
        "document": built(
            ExtendedLicenseInfo,
            new=st.none() | info,
            current=st.none() | info,
            extended_module_licenses=some(extended_module),
        ),
        "owner": built(LicenseOwner, restricted_module_licenses=some(link), unrestricted_module_licenses=some(link)),
    }


IN_XML = structs(XML_TEXT)
IN_JSON = structs(ANY_TEXT)


def request(body: bytes, **headers: str) -> Request:
    """A request with this body."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": named}, receive)


def read(body: bytes, **headers: str) -> object:
    return asyncio.run(bodies.read(request(body, **headers)))


@contextmanager
def refused_with_a_sentence(*statuses: int) -> Iterator[None]:
    """What is done within may fail, but only so."""
    try:
        yield
    except Failure as failure:
        if failure.status not in statuses or not str(failure).endswith("."):
            raise


@pytest.mark.parametrize("kind", IN_JSON)
@few
@given(data=st.data())
def test_what_is_written_as_json_is_read_as_what_it_was(kind: str, data: st.DataObject) -> None:
    value = data.draw(IN_JSON[kind])
    assert bind(read(msgspec.json.encode(value)), type(value)) == value
    folded = json.dumps(lowered(json.loads(msgspec.json.encode(value)))).encode()
    assert bind(read(folded, content_type="application/merge-patch+json"), type(value)) == value


@pytest.mark.parametrize("kind", IN_XML)
@few
@given(data=st.data())
def test_what_is_written_as_xml_is_read_as_what_it_was(kind: str, data: st.DataObject) -> None:
    value = data.draw(IN_XML[kind])
    xml = xml_writing.write(value)
    assert bind(read(xml, content_type="application/xml"), type(value)) == value
    declared = f'<?xml version="1.0" encoding="utf-16"?>{xml.decode()}'.encode("utf-16")
    assert bind(read(declared, content_type="text/xml"), type(value)) == value


@few
@given(IN_JSON["document"])
def test_what_is_written_as_a_form_is_read_as_what_it_was(value: ExtendedLicenseInfo) -> None:
    fields = list(flattened(json.loads(msgspec.json.encode(value))))
    form = urlencode([(name, said) for name, said in fields if said is not None]).encode()
    assert bind(read(form, content_type=bodies.FORM), ExtendedLicenseInfo) == value


@given(st.lists(ANY_TEXT, max_size=5).map(tuple))
def test_an_array_alone_is_read_as_what_it_was(names: tuple[str, ...]) -> None:
    assert bind(read(msgspec.json.encode(names)), tuple[str, ...]) == names


@given(st.binary(max_size=200) | ANY_TEXT.map(str.encode), st.sampled_from(bodies.READ), st.sampled_from(["", "gzip"]))
def test_any_body_is_read_or_refused_with_a_sentence(body: bytes, content_type: str, coding: str) -> None:
    with refused_with_a_sentence(400, 413):
        bind(read(body, content_type=content_type, content_encoding=coding), Links)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.dictionaries(
            st.sampled_from(["AssociateId", "New", "moduleLicenses", "ExpiryDate", "x"]), inside, max_size=4
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("shape", [Links, ExtendedLicenseInfo, LicenseOwner, tuple[str, ...], tuple[int, ...], str])
@given(value=JSON_VALUES)
def test_any_json_is_bound_or_refused_with_the_name_of_what_is_wrong(shape: type[object], value: object) -> None:
    with refused_with_a_sentence(400):
        bind(value, shape)


@given(ANY_TEXT | st.text(st.sampled_from('<a>/="&;![CDATA ?xml-'), max_size=60))
def test_any_text_is_xml_or_refused_with_a_sentence(text: str) -> None:
    with refused_with_a_sentence(400):
        xml_reading.parse(text)


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("Names[2]=c&names[10]=d&NAMES[0]=a", {"names": ["a", "c", "d"]}),
        ("names[]=b&names[]=a", {"names": ["b", "a"]}),
        ("names=b&names=a&one=", {"names": ["b", "a"], "one": ""}),
        ("new[owner].name=a&new.owner[id]=1", {"new": {"owner": {"name": "a", "id": "1"}}}),
        ("a%5B0%5D.name=%C3%84+b", {"a": [{"name": "Ä b"}]}),
    ],
)
def test_the_names_of_a_form_say_what_is_an_array_and_what_an_object(form: str, value: object) -> None:
    assert forms.value_of(form) == value


@pytest.mark.parametrize("form", ["a=1&" * 10_001, f"{'a.' * 16}a=1"])
def test_a_form_of_too_many_fields_or_too_long_names_is_refused(form: str) -> None:
    with pytest.raises(Failure, match="more than 1"):
        forms.value_of(form)


@given(st.text(st.sampled_from("ab[].=&01%+ "), max_size=60))
def test_any_text_is_a_form(text: str) -> None:
    assert isinstance(forms.value_of(text), dict)


@given(st.integers(-62_000_000_000, 250_000_000_000), st.sampled_from([None, "NO", "US-NY", "AU-SA"]), st.booleans())
def test_a_time_is_read_as_what_it_was_in_every_zone(second: int, zone: str | None, with_offset: bool) -> None:
    spoken = Spoken.of(request(b"", so_timezone=f"{zone or ''},{'includeTZOffset' if with_offset else ''}").headers)
    read_back = spoken.moment(spoken.time(second * 1000))
    if with_offset and zone is None:
        assert read_back == second * 1000
    elif read_back != second * 1000:  # the hour that a zone's clocks show twice, and offsets of broken minutes
        assert read_back is not None
        assert abs(read_back - second * 1000) <= 3_600_000


def lowered(value: object) -> object:
    """With the names of members as a client writes them that has camelCase."""
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: lowered(each) for name, each in value.items()}
    return [lowered(each) for each in value] if isinstance(value, list) else value


def flattened(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    """The fields that a form has for a value, named as ASP.NET names them."""
    if isinstance(value, dict):
        for member, each in value.items():
            yield from flattened(each, f"{name}.{member}" if name else member)
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from flattened(each, f"{name}[{place}]")
    else:
        yield name, value


def test_rows_that_share_their_properties_each_have_them_in_xml() -> None:
    shared = {"Name": FieldProperty(FieldRight("Read"), "System.String", 239)}
    rows = tuple(ModuleLicenseLink(name=name, field_properties=shared) for name in ("one", "other"))
    apart = tuple(ModuleLicenseLink(name=row.name, field_properties=dict(shared)) for row in rows)
    assert xml_writing.write(rows) == xml_writing.write(apart)
    assert xml_writing.write(rows).count(b"<FieldLength>239</FieldLength>") == 2
    fields = {"one": "other"}
    associate = xml_writing.write(Associate(extra_fields=fields, custom_fields=fields)).decode()
    for member in ("ExtraFields", "CustomFields"):
        assert f"<{member}><StringDictionaryKeyValuePair><Key>one</Key>" in associate
