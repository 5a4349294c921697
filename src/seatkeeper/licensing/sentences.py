"""What is said to people: a pattern, and the facts that fill its blanks. In which language is decided where it is read.

The pattern is English and names its blanks, `{license} is assigned to nobody.`; languages are catalogues of patterns.
Facts are never patterns: a name with braces in it stays what it is.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from msgspec import Struct

Fact: TypeAlias = "str | int | Sentence | tuple[Sentence, ...]"
"""What fills a blank. A name or a number is the same in every language, a sentence is not; several sentences stand one
after the other, with a blank between them."""


class Sentence(Struct, frozen=True):
    """A sentence, or a part of one that another has as a fact. `str` of it is English."""

    pattern: str
    facts: Mapping[str, Fact]

    def __str__(self) -> str:
        return self.by(_as_written)

    def by(self, translate: Callable[[str], str]) -> str:
        """The sentence by patterns that `translate` gives for its own and those of the sentences in it."""
        return translate(self.pattern).format_map({name: _by(fact, translate) for name, fact in self.facts.items()})


def say(text: str, /, **facts: Fact) -> Sentence:
    """A sentence of a pattern and what fills its blanks."""
    return Sentence(text, facts)


def pattern(text: str) -> str:
    """`text` itself, marked for the catalogues: a pattern that is written at one place and filled in at another."""
    return text


NO_SUCH_LICENSE: Final = pattern("There is no license named {license} of owner {owner}.")
"""Both a refusal and the reason of a verdict."""


def _by(fact: Fact, translate: Callable[[str], str]) -> str | int:
    if isinstance(fact, Sentence):
        return fact.by(translate)
    if isinstance(fact, tuple):
        return " ".join(each.by(translate) for each in fact)
    return fact


def _as_written(text: str) -> str:
    return text
