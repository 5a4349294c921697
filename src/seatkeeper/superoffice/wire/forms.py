"""The fields of a form as the value that JSON would have for them (contract 6.4).

`Names=a&Names=b`, `Names[]=a` and `Names[0]=a` are a list; `Owner.Name=a` and `Owner[Name]=a` are a member of a member.
"""

import re
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from seatkeeper.superoffice.errors import malformed

MOST_FIELDS: Final = 10_000
DEEPEST: Final = 16
"""Fields of one form, and steps in the name of one. Ours: no request has as many."""

_STEP: Final = re.compile(r"[^.\[\]]+|(?<=\[)(?=\])")
_INDEX: Final = re.compile(r"[0-9]{0,9}")
"""The place of an element, or none; what has more digits than any place is a name."""


class _Field(Struct):
    """What a name has in a form: its values, and by the next step, in lower case, the fields inside it."""

    values: list[str] = msgspec.field(default_factory=list)
    below: "dict[str, _Field]" = msgspec.field(default_factory=dict)


def value_of(text: str) -> object:
    """The value of a form, its names in lower case. Raises Failure 400 where it has more than is taken."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise malformed("The form has more than {most} fields.", most=MOST_FIELDS) from None
    form = _Field()
    for name, value in pairs:
        steps = _STEP.findall(name.lower()) or [name.lower()]
        if len(steps) > DEEPEST:
            raise malformed("The name of a field of the form has more than {most} parts.", most=DEEPEST)
        field = form
        for step in steps:
            field = field.below.setdefault(step, _Field())
        field.values.append(value)
    return {step: _value(field) for step, field in form.below.items()}


def _value(field: _Field) -> object:
    if not field.below:
        return field.values if len(field.values) > 1 else field.values[0]
    if not all(map(_INDEX.fullmatch, field.below)):
        return {step: _value(below) for step, below in field.below.items()}
    items: list[object] = list(field.values)
    for step, below in sorted(field.below.items(), key=lambda each: int(each[0] or 0)):
        if step:
            items.append(_value(below))
        else:
            items.extend(below.values)
    return items
