"""The parameters of a method, from the value of a body (contract 6.2 to 6.5, 7.2).

The names of members are of any case and unknown ones are ignored, whatever the body is written in; the same holds for
XML of any namespace and order. A text of digits is a number, a single value an array of one.
"""

import re
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

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
    return cast("T", _bound(value, _declared(declared), ""))


@lru_cache(maxsize=256)
def _declared(shape: Any) -> inspect.Type:  # noqa: ANN401 - a declaration is anything
    return inspect.type_info(shape)


def _bound(value: object, declared: inspect.Type, path: str) -> object:
    """`path`: where in the request it stands; empty for the request itself."""
    match declared:
        case inspect.StrType():
            return _text(value, path)
        case inspect.IntType():
            return _whole(value, path)
        case inspect.VarTupleType():
            items = enumerate(_items(value, path))
            return tuple([_bound(each, declared.item_type, f"{path}[{at}]") for at, each in items])
        case inspect.StructType():
            return _struct(value, declared, path)
        case _:
            return _seldom(value, declared, path)


def _seldom(value: object, declared: inspect.Type, path: str) -> object:
    """What few requests are made of."""
    match declared:
        case inspect.BoolType():
            return _truth(value, path)
        case inspect.EnumType():
            return _enumerated(value, declared.cls, path)
        case inspect.Metadata():
            bound = _bound(value, declared.type, path)
            return _date(bound, path) if (declared.extra or {}).get("type") == DATE_TYPE else bound
        case inspect.UnionType():
            present = next(each for each in declared.types if not isinstance(each, inspect.NoneType))
            return _bound(value, present, path)
    raise TypeError(f"{declared} is nothing that a request is made of")


def _struct(value: object, declared: inspect.StructType, path: str) -> Struct:
    given = _members(value, path)
    bound = {}
    for field in declared.fields:
        if field.name in _OUTGOING:
            continue
        place = f"{path}.{field.encode_name}" if path else field.encode_name
        member = given.get(field.encode_name.lower())
        if member is not None and not _is_nil(member):
            bound[field.name] = _bound(member, field.type, place)
        elif field.required:
            raise Unbound(say("{member} is missing.", member=place))
    struct: Struct = declared.cls(**bound)
    return struct


def _members(value: object, path: str) -> dict[str, object]:
    """What an object has, by name in lower case. No body at all is an object without members."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return {str(name).lower(): each for name, each in value.items()}
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


def _text(value: object, path: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, _Element) and not len(value) and not _is_nil(value):
        return _own_text(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    raise invalid(path, "must be a string")


def _whole(value: object, path: str) -> int:
    number = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = int(value) if value == value // 1 else None
    elif isinstance(value, (str, _Element)):
        spelled = _text(value, path).strip()
        number = int(spelled) if _WHOLE.fullmatch(spelled) else None
    if number is None or number not in _INT32:
        raise invalid(path, "must be a whole number from {least} to {most}", least=str(_INT32[0]), most=str(_INT32[-1]))
    return number


def _truth(value: object, path: str) -> bool:
    if isinstance(value, bool):
        return value
    spelled = _text(value, path).strip().lower()
    if spelled not in _TRUE | _FALSE:
        raise invalid(path, "must be true or false")
    return spelled in _TRUE


def _enumerated(value: object, names: type[Enum], path: str) -> Enum:
    spelled = _text(value, path).strip().lower()
    found = next((each for each in names if str(each.value).lower() == spelled), None)
    if found is None:
        raise invalid(path, "must be one of {values}", values=", ".join(str(each.value) for each in names))
    return found


def _date(value: object, path: str) -> str:
    text = _text(value, path)
    try:
        Spoken().moment(text)
    except ValueError:
        raise invalid(path, "must be a date such as {example}", example="2027-01-31T00:00:00") from None
    return text


def _is_nil(value: object) -> bool:
    return isinstance(value, _Element) and value.get(NIL, "").strip() in _TRUE


def _own_text(element: _Element) -> str:
    return element.text or ""


def invalid(path: str, must: str, /, **facts: Fact) -> Unbound:
    """`must` completes the sentence that begins with the name of the member."""
    return Unbound(say("{member} {must}.", member=path or _REQUEST, must=Sentence(must, facts)))
