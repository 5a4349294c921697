"""The parameters of a method, from the value of a body (contract 6.2 to 6.5, 7.2).

The names of members are of any case and unknown ones are ignored, whatever the body is written in; the same holds for
XML of any namespace and order. A text of digits is a number, a single value an array of one.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeVar, cast

from lxml.etree import QName, _Element
from msgspec import Struct, inspect

from seatkeeper.licensing.sentences import Fact, Sentence, say
from seatkeeper.superoffice.errors import Unbound
from seatkeeper.superoffice.wire.carriers import DATE_TYPE, Carrier
from seatkeeper.superoffice.wire.cultures import Spoken
from seatkeeper.superoffice.wire.xml_writing import NIL

T = TypeVar("T")

MOST_ITEMS: Final = 10_000
"""Elements of one array. Ours: no owner has as many licenses."""

_INT32: Final = range(-(2**31), 2**31)
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII)
_TRUE: Final = frozenset({"true", "1"})
_FALSE: Final = frozenset({"false", "0"})

_REQUEST: Final = "request"
_OUTGOING: Final = frozenset(Carrier.__struct_fields__)
"""What a caller may do is ours to say; what he says of it is not read."""


def bind(value: object, shape: type[T]) -> T:
    """The value as `shape`: a Struct, `str`, `int`, `bool`, an enumeration, or a `tuple[…, ...]` of one of these.

    A member of a Struct that is null or missing takes its default, and must be there if it has none. A date stays a
    text, of which it is sure that it is one. Raises Unbound, which names the member that is at fault.
    """
    declared: Any = shape
    return cast("T", _bound(value, "", _declared(declared)))


@lru_cache(maxsize=256)
def _declared(shape: Any) -> inspect.Type:  # noqa: ANN401 - a declaration is anything
    return inspect.type_info(shape)


def _bound(value: object, path: str, declared: inspect.Type) -> object:
    """`path`: where in the request it stands; empty for the request itself."""
    return _BINDERS[type(declared)](value, path, declared)


class _Member(NamedTuple):
    """A member of a Struct: its attribute, its name on the wire and in lower case, and what it is."""

    attribute: str
    name: str
    lower: str
    declared: inspect.Type
    required: bool


@lru_cache(maxsize=256)
def _wanted(shape: type[Struct]) -> tuple[_Member, ...]:
    """The members that are read."""
    declared = inspect.type_info(shape)
    fields = declared.fields if isinstance(declared, inspect.StructType) else ()
    return tuple(
        _Member(each.name, each.encode_name, each.encode_name.lower(), each.type, each.required)
        for each in fields
        if each.name not in _OUTGOING
    )


def _struct(value: object, path: str, declared: inspect.StructType) -> Struct:
    given = _members(value, path)
    bound = {}
    for attribute, name, lower, kind, required in _wanted(declared.cls):
        member = given.get(lower)
        if member is not None and not _is_nil(member):
            bound[attribute] = _bound(member, f"{path}.{name}" if path else name, kind)
        elif required:
            raise Unbound(say("{member} is missing.", member=f"{path}.{name}" if path else name))
    struct: Struct = declared.cls(**bound)
    return struct


def _members(value: object, path: str) -> dict[str, object]:
    """What an object has, by name in lower case. No body at all is an object without members."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return {name.lower(): each for name, each in value.items()}
    if isinstance(value, _Element) and (len(value) or not _own_text(value).strip()):
        named: dict[str, list[_Element]] = {}
        for child in value:
            named.setdefault(QName(child).localname.lower(), []).append(child)
        return {name: children if len(children) > 1 else children[0] for name, children in named.items()}
    raise invalid(path, "must be an object with named members")


def _items(value: object, path: str) -> Sequence[object]:
    """The elements of an array. In XML the elements inside the one that has its name, or all that have it."""
    if value is None:
        raise Unbound(say("{member} is missing.", member=path or _REQUEST))
    items: Sequence[object] = [value]
    if isinstance(value, list):
        items = value
    elif isinstance(value, _Element) and (len(value) or not _own_text(value).strip()):
        items = list(value)
    if len(items) > MOST_ITEMS:
        raise invalid(path, "must not have more than {most} elements", most=MOST_ITEMS)
    return items


def _array(value: object, path: str, declared: inspect.VarTupleType) -> tuple[object, ...]:
    item = declared.item_type
    return tuple([_bound(each, f"{path}[{at}]", item) for at, each in enumerate(_items(value, path))])


def _text(value: object, path: str, _declared: inspect.Type | None = None) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, _Element) and not len(value) and not _is_nil(value):
        return _own_text(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    raise invalid(path, "must be a string")


def _whole(value: object, path: str, _declared: inspect.Type) -> int:
    number = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = int(value) if value == value // 1 else None
    elif isinstance(value, (str, _Element)):
        spelled = _text(value, path).strip()
        number = int(spelled) if _WHOLE.fullmatch(spelled) else None
    if number is None or number not in _INT32:
        raise invalid(path, "must be a whole number from {least} to {most}", least=str(_INT32[0]), most=str(_INT32[-1]))
    return number


def _truth(value: object, path: str, _declared: inspect.Type) -> bool:
    if isinstance(value, bool):
        return value
    spelled = _text(value, path).strip().lower()
    if spelled not in _TRUE | _FALSE:
        raise invalid(path, "must be true or false")
    return spelled in _TRUE


def _enumerated(value: object, path: str, declared: inspect.EnumType) -> Enum:
    spelled = _text(value, path).strip().lower()
    found: Enum | None = next((each for each in declared.cls if str(each.value).lower() == spelled), None)
    if found is None:
        raise invalid(path, "must be one of {values}", values=", ".join(str(each.value) for each in declared.cls))
    return found


def _of_note(value: object, path: str, declared: inspect.Metadata) -> object:
    """What is declared with a note on it, as a date is."""
    bound = _bound(value, path, declared.type)
    return _date(bound, path) if (declared.extra or {}).get("type") == DATE_TYPE else bound


def _optional(value: object, path: str, declared: inspect.UnionType) -> object:
    present = next(each for each in declared.types if not isinstance(each, inspect.NoneType))
    return _bound(value, path, present)


def _date(value: object, path: str) -> str:
    text = _text(value, path)
    try:
        Spoken().moment(text)
    except ValueError:
        raise invalid(path, "must be a date such as {example}", example="2027-01-31T00:00:00") from None
    return text


_BINDERS: Final[Mapping[type[inspect.Type], Callable[[object, str, Any], object]]] = {
    inspect.StrType: _text,
    inspect.IntType: _whole,
    inspect.BoolType: _truth,
    inspect.EnumType: _enumerated,
    inspect.VarTupleType: _array,
    inspect.StructType: _struct,
    inspect.Metadata: _of_note,
    inspect.UnionType: _optional,
}
"""All that a request is made of."""


def _is_nil(value: object) -> bool:
    return isinstance(value, _Element) and value.get(NIL, "").strip() in _TRUE


def _own_text(element: _Element) -> str:
    return element.text or ""


def invalid(path: str, must: str, /, **facts: Fact) -> Unbound:
    """`must` completes the sentence that begins with the name of the member."""
    return Unbound(say("{member} {must}.", member=path or _REQUEST, must=Sentence(must, facts)))
