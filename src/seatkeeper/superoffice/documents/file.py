"""License documents: the XML that an owner delivers, read into the carrier of one (contract 6.5).

The vendor shows no root and no fixed order of children, so any root will do and any order, with a namespace or without;
what is not known is passed over. What is known must be right, and each fault names its line.
"""

from enum import Enum
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Final, NamedTuple, TypeVar, get_args, get_origin

from lxml import etree
from msgspec import Struct
from msgspec.structs import fields

from seatkeeper.licensing.sentences import Sentence, say
from seatkeeper.superoffice.errors import Failure, malformed
from seatkeeper.superoffice.wire.carriers import Date, LicenseInfo
from seatkeeper.superoffice.wire.cultures import Spoken
from seatkeeper.superoffice.wire.xml_reading import parse
from seatkeeper.superoffice.wire.xml_writing import NIL

SPOKEN: Final = Spoken()
"""How a document is written: texts as they are to be stored, days as those of UTC."""

_MODULES: Final = "ModuleLicenses"
_TRUE: Final = ("true", "1")
_TRUTHS: Final = {"true": True, "1": True, "false": False, "0": False}
_INT32: Final = range(-(2**31), 2**31)
_LONGEST_NUMBER: Final = 11  # of the digits of 32 bits, with a sign
_SHOWN: Final = 40

S = TypeVar("S", bound=Struct)


def read(content: str) -> LicenseInfo:
    """The license of a document; its dates are as `SPOKEN` has them.

    Raises Failure 400 for what is no XML, no license, or has a value that cannot be.
    """
    root = parse(content)
    if not any(_name(child) == _MODULES.lower() for child in root):
        raise malformed(
            "This is no license document: there is no {member} in its outermost element {root}.",
            member=_MODULES,
            root=etree.QName(root).localname[:_SHOWN],
        )
    return _struct(root, LicenseInfo)


class _Member(NamedTuple):
    """A member of a carrier: how it is declared, and what it holds if it is there."""

    name: str
    attribute: str
    declared: Any
    type: Any


@lru_cache
def _members(shape: type[Struct]) -> dict[str, _Member]:
    """By name in small letters."""
    members = [_Member(each.encode_name, each.name, each.type, _bare(each.type)) for each in fields(shape)]
    return {each.name.lower(): each for each in members}


def _bare(declared: Any) -> Any:  # noqa: ANN401 - a declaration is anything
    """A type without None beside it and without what is marked at it."""
    if get_origin(declared) is UnionType:
        declared = get_args(declared)[0]
    return get_args(declared)[0] if get_origin(declared) is Annotated else declared


def _struct(element: etree._Element, shape: type[S]) -> S:
    known = _members(shape)
    values: dict[str, Any] = {}
    for child in element:
        member = known.get(_name(child))
        if member is None or child.get(NIL) in _TRUE:
            continue
        if member.attribute in values:
            raise _wrong(child, say("{member} stands here a second time.", member=member.name))
        values[member.attribute] = _value(child, member)
    return shape(**values)


def _value(element: etree._Element, member: _Member) -> object:
    if get_origin(member.type) is tuple:
        return tuple(_struct(each, get_args(member.type)[0]) for each in element)
    if issubclass(member.type, Struct):
        return _struct(element, member.type)
    text = _text(element, member)
    if member.type is bool:
        return _one_of(element, member, text, _TRUTHS)
    if issubclass(member.type, Enum):
        return _one_of(element, member, text, {each.value.lower(): each for each in member.type})
    if member.type is int:
        return _number(element, member, text)
    return _date(element, member, text) if member.declared == Date else text


def _text(element: etree._Element, member: _Member) -> str:
    if len(element):
        raise _wrong(element, say("{member} must be a text, and has elements in it.", member=member.name))
    return "".join(element.itertext()).strip()


def _one_of(element: etree._Element, member: _Member, text: str, values: dict[str, Any]) -> object:
    found = values.get(text.lower())
    if found is None:
        why = say(
            "{member} must be one of {values}, and is {text}.",
            member=member.name,
            values=", ".join(getattr(each, "value", name) for name, each in values.items()),
            text=text[:_SHOWN],
        )
        raise _wrong(element, why)
    return found


def _number(element: etree._Element, member: _Member, text: str) -> int:
    digits = text.removeprefix("-").removeprefix("+")
    if len(text) <= _LONGEST_NUMBER and digits.isascii() and digits.isdigit() and int(text) in _INT32:
        return int(text)
    why = say(
        "{member} must be a whole number of at most 32 bits, and is {text}.",
        member=member.name,
        text=text[:_SHOWN],
    )
    raise _wrong(element, why)


def _date(element: etree._Element, member: _Member, text: str) -> str:
    try:
        return SPOKEN.time(SPOKEN.moment(text))
    except ValueError:
        why = say(
            "{member} must be a date like 2031-12-31T00:00:00, or 0 for none, and is {text}.",
            member=member.name,
            text=text[:_SHOWN],
        )
        raise _wrong(element, why) from None


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname.lower()


def _wrong(element: etree._Element, why: Sentence) -> Failure:
    return malformed("Line {line} of the license document: {why}", line=element.sourceline or 0, why=why)
