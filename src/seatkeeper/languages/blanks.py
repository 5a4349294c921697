"""Whether a text can be said for a pattern: it has the pattern's blanks and no other."""

from collections.abc import Iterable
from string import Formatter
from typing import Final

_SHOWN: Final = 60


def misfit(text: str, pattern: str) -> str | None:
    """What is wrong with a text for this pattern, as the end of a line of a report; None where it fits."""
    try:
        of_text, of_pattern = _blanks(text), _blanks(pattern)
    except ValueError as error:
        return f"the text for the pattern {shown(pattern)} cannot be read: {error}"
    if more := of_text - of_pattern:
        return f"the text has {_named(more)}, which the pattern {shown(pattern)} has not"
    if less := of_pattern - of_text:
        return f"the text lacks {_named(less)}, which the pattern {shown(pattern)} has"
    return None


def shown(pattern: str) -> str:
    """A pattern in quotes, so much of it that it can be found."""
    return repr(pattern if len(pattern) <= _SHOWN else f"{pattern[:_SHOWN].rstrip()}…")


def _blanks(text: str) -> set[str]:
    """What stands in braces, as it is written there. Raises ValueError for a brace without its other one."""
    return {
        name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
        for _, name, spec, conversion in Formatter().parse(text)
        if name is not None
    }


def _named(blanks: Iterable[str]) -> str:
    names = [f"{{{each}}}" for each in sorted(blanks)]
    return f"the {'blank' if len(names) == 1 else 'blanks'} {', '.join(names)}"
