"""An answer as XML, in the names of the vendor's data contract and without a namespace (contract 6.5)."""

import re
from collections.abc import Mapping
from copy import copy
from enum import Enum
from functools import cache
from typing import Any, Final, get_args

from lxml import etree
from msgspec import Struct

from seatkeeper.superoffice.wire.carriers import Carrier, FieldProperty

XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
NIL: Final = f"{{{XSI}}}nil"

_SIMPLE: Final[Mapping[type, str]] = {str: "string", int: "int", bool: "boolean"}
_NOTHING: Final = "null"
_PAIR: Final = Carrier.__struct_fields__
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(value: object, shape: Any = None, root: str = "") -> bytes:  # noqa: ANN401 - a declaration is anything
    """The value as a document in UTF-8.

    Its root is called `root`, or else by the type of the value; of one that does not tell, an empty array or null, by
    `shape`, its declaration. A character that XML cannot have becomes U+FFFD.
    """
    element = etree.Element(root or _root(value, shape), nsmap={"i": XSI})
    _fill(element, value, {})
    return etree.tostring(element, encoding="utf-8", xml_declaration=False)


def _fill(element: etree._Element, value: object, written: dict[tuple[str, int], etree._Element]) -> None:
    """`written`: the elements of mappings that are there already, by name and `id`. All rows of a carrier have the same
    mapping, ten times as long as the rest of a row, and copying an element is a tenth of the work of making it."""
    if value is None:
        element.set(NIL, "true")
    elif isinstance(value, Struct):
        for attribute, name in _in_order(type(value)):
            member = getattr(value, attribute)
            if (name, id(member)) in written:
                element.append(copy(written[name, id(member)]))
                continue
            child = etree.SubElement(element, name)
            _fill(child, _blank_separated(member) if attribute == "mask" else member, written)
            if isinstance(member, Mapping):
                written[name, id(member)] = child
    elif isinstance(value, (tuple, list)):
        for each in value:
            _fill(etree.SubElement(element, _name(type(each))), each, written)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            pair = etree.SubElement(element, _pair_name(each))
            _fill(etree.SubElement(pair, "Key"), key, written)
            _fill(etree.SubElement(pair, "Value"), each, written)
    else:
        element.text = _NOT_XML.sub("\ufffd", _text(value))


@cache
def _in_order(shape: type[Struct]) -> list[tuple[str, str]]:
    """Attributes and names of its members; the carriers' pair first, as it belongs to their base type."""
    both = list(zip(shape.__struct_fields__, shape.__struct_encode_fields__, strict=True))
    return sorted(both, key=lambda each: each[0] not in _PAIR) if issubclass(shape, Carrier) else both


def _blank_separated(flags: object) -> object:
    """Names of flags as XML has them: JSON puts commas between them too."""
    return flags.replace(",", "") if isinstance(flags, str) else flags


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value.value if isinstance(value, Enum) else value)


def _root(value: object, shape: Any) -> str:  # noqa: ANN401 - a declaration is anything
    if isinstance(value, (tuple, list)):
        item = type(value[0]) if value else next((each for each in _inside(shape) if isinstance(each, type)), None)
        return f"ArrayOf{_name(item)}"
    if value is None:
        declared = next((each for each in get_args(shape) if isinstance(each, type) and each is not type(None)), shape)
        return _name(declared if isinstance(declared, type) else None)
    return "StringDictionary" if isinstance(value, Mapping) else _name(type(value))


def _inside(shape: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a declaration is anything
    """What a declared array holds, also where it may be null."""
    arguments = get_args(shape)
    return next((get_args(each) for each in arguments if get_args(each)), arguments)


def _name(kind: type | None) -> str:
    if kind is None or kind is type(None):
        return _NOTHING
    return _SIMPLE.get(kind, kind.__name__)


def _pair_name(value: object) -> str:
    return "FieldPropertyDictionaryKeyValuePair" if isinstance(value, FieldProperty) else "StringDictionaryKeyValuePair"
