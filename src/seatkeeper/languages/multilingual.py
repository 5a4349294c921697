"""Texts in several languages, as the CRM stores them: `NO:"Planlegger";US:"Planner"` (superoffice contract 6.6).

A language is named by the two letters that the CRM has for it, some of which are countries', or by its ISO code. Which
of them is shown depends on who reads; stored and compared is the whole text.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_NAMED: Final[Mapping[str, str]] = {
    "us": "en",
    "ge": "de",
    "sw": "sv",
    "sp": "es",
    "cz": "cs",
    "cn": "zh",
    "jp": "ja",
    "nb": "no",
    "nn": "no",
}
"""What the CRM calls a language, where that is not its ISO code, and the two kinds of Norwegian, which are one to it.
`sw` is Swedish: of Swahili, which ISO means by it, the CRM has nothing."""

_SWAHILI: Final = "sw"

_ENGLISH: Final = "en"

_CODE: Final = r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*"
_PART: Final = re.compile(rf"""\s*+({_CODE})\s*+:\s*+"(.*?)"\s*+(?:;\s*+(?={_CODE}\s*+:\s*+")|;?+\s*+$)""", re.DOTALL)
"""A language and its text, which goes on to the last quotation mark before the next language or the end."""


def in_language(text: str, *languages: str) -> str:
    """The text in the first of these languages (tags such as `de` or `de-AT`) that it has.

    In none of them: English, else the first that it has. A text that is not in several languages is itself; so is one
    whose languages cannot be told apart, where a quotation mark is missing.
    """
    texts = _texts(text)
    if not texts:
        return text
    for tag in languages:
        for language in _more_and_more_general(tag):
            found = texts.get(language)
            if found is not None:
                return found
    return texts.get(_ENGLISH) or next(iter(texts.values()))


@lru_cache(maxsize=4096)
def _texts(text: str) -> Mapping[str, str]:
    """By language, the parts of a text; empty where it is not made of them alone."""
    texts: dict[str, str] = {}
    at = 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            return {}
        texts.setdefault(_language(part[1].lower().replace("_", "-")), part[2])
        at = part.end()
    return texts


def _language(code: str) -> str:
    return _NAMED.get(code, code)


def _more_and_more_general(tag: str) -> list[str]:
    """`de-at`, then `de` (RFC 4647, 3.4). A reader may name his language as the CRM does, but his `sw` is ISO's."""
    first, *rest = tag.lower().replace("_", "-").split("-")
    if first == _SWAHILI:
        return []
    subtags = [_language(first), *rest]
    return ["-".join(subtags[:count]) for count in range(len(subtags), 0, -1)]
