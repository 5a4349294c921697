"""`$select`: which members of an answer are wanted (contract 6.3).

Every member keeps its place; those that were not selected are null (decision 16).
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct, structs
from starlette.datastructures import QueryParams

_PARAMETER: Final = "$select"
_STEP: Final = re.compile(r"[/.]")
_DEEPEST: Final = 16
"""Steps of a path that are looked at. Ours: no answer is as deep."""


class Selection(Struct, frozen=True):
    """The members that are wanted of a structure, by name in lower case; of each, what is wanted in it.

    `whole`: everything.
    """

    whole: bool
    members: "Mapping[str, Selection]" = {}


_EVERYTHING: Final = Selection(whole=True)


def selection_of(query: QueryParams) -> Selection:
    """What a query selects: everything where it does not say.

    Names are separated by commas, those inside others by `/` or `.`, and are of any case.
    """
    said = [value for name, value in query.multi_items() if name.lower() == _PARAMETER]
    named = [path.strip().lower() for value in said for path in value.split(",") if path.strip()]
    paths = [tuple(step.strip() for step in _STEP.split(path)[:_DEEPEST]) for path in named]
    return _selection(paths) if paths else _EVERYTHING


def selected(value: Any, selection: Selection) -> Any:  # noqa: ANN401 - of an answer of any type, one of that type
    """An answer with null for what was not selected; of an array, each of its elements so."""
    if selection.whole:
        return value
    if isinstance(value, (tuple, list)):
        return tuple([selected(each, selection) for each in value])
    if isinstance(value, Struct):
        names = zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True)
        return structs.replace(
            value, **{attribute: _member(getattr(value, attribute), name, selection) for attribute, name in names}
        )
    if isinstance(value, Mapping):
        return {name: _member(each, name, selection) for name, each in value.items()}
    return value


def _member(value: object, name: str, selection: Selection) -> object:
    chosen = selection.members.get(name.lower())
    return None if chosen is None else selected(value, chosen)


def _selection(paths: list[tuple[str, ...]]) -> Selection:
    """Of paths that are not all done: a name that one of them ends at is wanted whole."""
    deeper: dict[str, list[tuple[str, ...]]] = {}
    whole = set()
    for name, *rest in paths:
        if rest:
            deeper.setdefault(name, []).append(tuple(rest))
        else:
            whole.add(name)
    return Selection(
        whole=False,
        members={name: _selection(below) for name, below in deeper.items() if name not in whole}
        | dict.fromkeys(whole, _EVERYTHING),
    )
