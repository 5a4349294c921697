"""A plain value as XML, by the rules that all documented answers follow (contract 5.3).

A scalar is an attribute, an object an element of its name, an array an element of its name that holds one element for
each entry, in the singular.
"""

import re
from collections.abc import Mapping
from typing import Final

from lxml import etree

Arrays = Mapping[str, tuple[str | None, str]]
"""Arrays that follow no rule: by their names in JSON, the names of the wrapper, None for none, and of an entry."""

_PROLOG: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(root: str, value: Mapping[str, object], arrays: Arrays) -> bytes:
    """The document of a value that has mappings, lists and scalars only. A character that XML cannot have becomes
    U+FFFD."""
    element = etree.Element(root)
    _fill(element, value, arrays)
    return _PROLOG + etree.tostring(element, encoding="utf-8", xml_declaration=False)


def _fill(element: etree._Element, value: object, arrays: Arrays) -> None:
    if not isinstance(value, Mapping):
        element.text = _text(value)  # an entry of an array that is no object, which no page documents (5.3, 6)
        return
    for name, member in value.items():
        if isinstance(member, Mapping):
            _fill(etree.SubElement(element, name), member, arrays)
        elif isinstance(member, list):
            wrapper, entry = arrays.get(name) or (name, _singular(name))
            wrapping = element if wrapper is None else etree.SubElement(element, wrapper)
            for each in member:
                _fill(etree.SubElement(wrapping, entry), each, arrays)
        else:
            element.set(name, _text(member))


def _singular(name: str) -> str:
    return f"{name.removesuffix('ies')}y" if name.endswith("ies") else name.removesuffix("s")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _NOT_XML.sub("\ufffd", str(value))
