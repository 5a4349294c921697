"""The catalogues: what each pattern is in each language. Read once, when this module is.

A catalogue is a file `<language>.po` beside this module; docs/languages.md says how one comes about. English has none:
the patterns themselves are English.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import IO, Final

import structlog
from babel import Locale, UnknownLocaleError
from babel.messages.pofile import read_po

from seatkeeper.languages.blanks import misfit
from seatkeeper.licensing.sentences import Sentence

ENGLISH: Final = "en"

_log = structlog.get_logger("seatkeeper.languages")


def texts_in(file: IO[bytes], name: str) -> dict[str, str]:
    """By pattern, the texts of the catalogue of this name. One marked fuzzy was another pattern's and is left out.

    So is one whose blanks are not the pattern's, which nothing could fill; the log says where it stands.
    """
    texts = {}
    for message in read_po(file, abort_invalid=True):
        pattern, text = message.id, message.string
        if not (isinstance(pattern, str) and isinstance(text, str) and text) or not pattern or message.fuzzy:
            continue
        wrong = misfit(text, pattern)
        if wrong is None:
            texts[pattern] = text
        else:
            _log.warning("a text is left out, and English said instead", place=f"{name}:{message.lineno}", wrong=wrong)
    return texts


def _read() -> dict[str, Mapping[str, str]]:
    catalogues: dict[str, Mapping[str, str]] = {ENGLISH: {}}
    for each in sorted(files(__package__).iterdir(), key=lambda entry: entry.name):
        language, _, ending = each.name.rpartition(".")
        if ending == "po":
            with each.open("rb") as file:
                catalogues[language] = texts_in(file, each.name)
    return catalogues


_CATALOGUES: Final = _read()

OFFERED: Final = tuple(sorted(_CATALOGUES))
"""The languages that there is text in, by tag."""

_BY_FOLDED_TAG: Final = {tag.lower(): tag for tag in OFFERED}


def said(sentence: Sentence, language: str) -> str:
    """The sentence in the language of this tag (`de`, `de-AT`), or in English where it is not offered."""
    catalogue = _CATALOGUES[offered(language) or ENGLISH]
    return sentence.by(lambda pattern: catalogue.get(pattern, pattern))


@lru_cache(maxsize=1024)
def offered(tag: str) -> str | None:
    """The language that a client who asks for this tag is spoken to in: his own or a more general one (RFC 4647, 3.4).

    `de-AT-1901` is met by `de`. None where neither is offered.
    """
    subtags = tag.lower().replace("_", "-").split("-")
    for count in range(len(subtags), 0, -1):
        found = _BY_FOLDED_TAG.get("-".join(subtags[:count]))
        if found is not None:
            return found
    return None


def names(display: str) -> dict[str, str]:
    """By tag, the name of every language that is offered, in the language `display`; empty for each in its own.

    A name that is not known in `display` is English.
    """
    return {tag: _name(tag, display or tag) for tag in OFFERED}


def _name(tag: str, display: str) -> str:
    try:
        shown_in = Locale.parse(display, sep="-")
    except (ValueError, UnknownLocaleError):
        shown_in = Locale.parse(ENGLISH)
    locale = Locale.parse(tag, sep="-")
    return locale.get_display_name(shown_in) or locale.get_display_name(ENGLISH) or tag
