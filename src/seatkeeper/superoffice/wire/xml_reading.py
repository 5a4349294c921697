"""XML from outside, read so that it can do no harm (contract 6.5).

A document type is refused before the parser sees it, and with it every entity that a document could define. Nothing is
fetched. The text comes to the parser in pieces, and what grows beyond a bound is refused before the rest is looked at.
"""

import re
from typing import Final

from lxml import etree

from seatkeeper.superoffice.errors import Failure, malformed

DEEPEST: Final = 32
MOST_ELEMENTS: Final = 50_000
MOST_ATTRIBUTES: Final = 32
LONGEST_ATTRIBUTE: Final = 4096
"""Elements inside each other and in all, attributes of one element, characters of one attribute. Ours."""

_PIECE: Final = 16_384  # bytes, of which the smallest element takes four

_PROLOGUE: Final = re.compile(r"(?:\s|<!--.*?-->|<\?.*?\?>)*+", re.DOTALL)
_DOCUMENT_TYPE: Final = "<!DOCTYPE"


def parse(text: str) -> etree._Element:
    """The root of a document, without its comments and processing instructions; lines are counted from 1.

    What its declaration says of its encoding is ignored, since it is text already. Raises Failure 400 where it is no
    XML, has a document type, or is beyond a bound.
    """
    text = text.removeprefix("\ufeff")
    prologue = _PROLOGUE.match(text)
    if prologue is not None and text.startswith(_DOCUMENT_TYPE, prologue.end()):
        raise malformed(
            "The XML has a document type ({declaration}), which is not taken. Leave it out.", declaration=_DOCUMENT_TYPE
        )
    parser = etree.XMLPullParser(
        events=("start-ns", "start", "end"),
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    data = text.encode("utf-8", "surrogatepass")
    bounds = _Bounds()
    try:
        for start in range(0, len(data), _PIECE):
            parser.feed(data[start : start + _PIECE])
            for event, element in parser.read_events():
                if event == "start":
                    bounds.begin(element)
                elif event == "end":
                    bounds.end()
                else:
                    bounds.declare()
        return parser.close()
    except etree.XMLSyntaxError as error:
        raise _no_xml(parser, error) from None


class _Bounds:
    """What has been seen of a document. Raises Failure 400 where it is more than is taken."""

    def __init__(self) -> None:
        self._elements = 0
        self._depth = 0
        self._declarations = 0

    def declare(self) -> None:
        """A namespace is declared, by an attribute of the element that begins next."""
        self._declarations += 1

    def end(self) -> None:
        """The innermost element has ended."""
        self._depth -= 1

    def begin(self, element: etree._Element) -> None:
        """An element has begun."""
        self._depth += 1
        self._elements += 1
        attributes = len(element.attrib) + self._declarations
        self._declarations = 0
        line = element.sourceline or 0
        if self._depth > DEEPEST:
            raise malformed("The XML is nested deeper than {most} elements in line {line}.", most=DEEPEST, line=line)
        if self._elements > MOST_ELEMENTS:
            raise malformed("The XML has more than {most} elements.", most=MOST_ELEMENTS)
        if attributes > MOST_ATTRIBUTES:
            raise malformed(
                "An element in line {line} of the XML has more than {most} attributes.", most=MOST_ATTRIBUTES, line=line
            )
        if any(len(value) > LONGEST_ATTRIBUTE for value in element.attrib.values()):
            raise malformed(
                "An attribute in line {line} of the XML is longer than {most} characters.",
                most=LONGEST_ATTRIBUTE,
                line=line,
            )


def _no_xml(parser: etree.XMLPullParser, error: etree.XMLSyntaxError) -> Failure:
    """What the parser found first; the error that is raised may only be what came of it."""
    first = next(iter(parser.feed_error_log), None)
    if first is None:
        return malformed("The XML cannot be read: {error}.", error=str(error.msg))
    return malformed(
        "The XML cannot be read in line {line}, column {column}: {error}.",
        line=first.line,
        column=first.column,
        error=first.message.strip().rstrip("."),
    )
