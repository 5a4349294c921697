"""Answers in XML, checked against schemas of our own: those say what the documented pages show, and nothing more."""

from functools import cache
from pathlib import Path

import httpx
from lxml import etree

_SCHEMAS = Path(__file__).parent / "schemas"
_PROLOG = b'<?xml version="1.0" encoding="UTF-8"?>'


def xml_of(answer: httpx.Response, schema: str, media_type: str = "application/xml") -> etree._Element:
    """The root of an answer, which must be of this media type, and as `schemas/<schema>.xsd` says."""
    assert answer.headers["Content-Type"] == f"{media_type}; charset=utf-8", answer.headers
    assert answer.content.startswith(_PROLOG), answer.text
    root = etree.fromstring(answer.content)
    _schema(schema).assertValid(root)
    for element in root.iter():
        assert list(element.attrib) == sorted(element.attrib), etree.tostring(element)
    return root


@cache
def _schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(_SCHEMAS / f"{name}.xsd"))
