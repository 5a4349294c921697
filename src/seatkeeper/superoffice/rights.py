"""What a caller may do with what he is shown: TableRight and FieldProperties of the carriers (contract 8).

The rights are Seatkeeper's own, put into the vendor's flags; docs/decisions/crm-wire.md.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct, inspect, structs

from seatkeeper.identity.rights import Right
from seatkeeper.licensing.sentences import say
from seatkeeper.superoffice.calls import Caller
from seatkeeper.superoffice.wire.carriers import (
    DATE_TYPE,
    Carrier,
    FieldProperty,
    FieldRight,
    ModuleLicenseLink,
    TableRight,
)

SELECT: Final = "Select"
SELECT_UPDATE: Final = "Select, Update"
UPDATE: Final = "Update"
READ: Final = "Read"


_CHANGED: Final = frozenset({"assigned"})
"""The members of a ModuleLicenseLink that assigning and unassigning change. No other carrier can be changed."""

_NONE: Final[frozenset[str]] = frozenset()

_ONLY_READ: Final = say("This is for reading only.")
_NEEDS_ASSIGN: Final = say("Assigning needs the right {right}.", right=Right.ASSIGN.value)

_LENGTHS: Final[Mapping[str, int]] = {
    "name": 239,
    "owner_name": 239,
    "prerequisite_module_name": 239,
    "description": 254,
    "owner_description": 254,
    "tooltip": 254,
    "version": 254,
    "extra_info": 3999,
}
"""Characters that the vendor's schema has for a text (contract 2.1); 0 for one of which it says nothing."""

_NET_TYPES: Final[Mapping[type[inspect.Type], str]] = {
    inspect.StrType: "System.String",
    inspect.IntType: "System.Int32",
    inspect.BoolType: "System.Boolean",
    inspect.DictType: "StringDictionary",
}

_SIZES: Final[Mapping[str, int]] = {"System.Int32": 4, "System.Boolean": 2, DATE_TYPE: 16}
"""Bytes, of what is no text."""


def shown_to(caller: Caller, value: Any) -> Any:  # noqa: ANN401 - of an answer of any type, one of that type
    """The carriers of an answer, also those inside others, with the rights that the caller has on them."""
    return _shown(caller, value, {})


def _shown(caller: Caller, value: Any, rights: dict[type[Carrier], dict[str, object]]) -> Any:  # noqa: ANN401 - as above
    """`rights`: those that the caller has on carriers of a kind, as far as they are known by now."""
    if isinstance(value, tuple):
        return tuple([_shown(caller, each, rights) for each in value])
    if not isinstance(value, Struct):
        return value
    changes = {name: _shown(caller, getattr(value, name), rights) for name in _structured(type(value))}
    if isinstance(value, Carrier):
        kind = type(value)
        if kind not in rights:
            rights[kind] = _rights(caller, kind)
        changes |= rights[kind]
    return structs.replace(value, **changes) if changes else value


def _rights(caller: Caller, carrier: type[Carrier]) -> dict[str, object]:
    if carrier is not ModuleLicenseLink:
        return _pair(carrier, _NONE, SELECT, caller.spoken.said(_ONLY_READ))
    if caller.may(Right.ASSIGN):
        return _pair(carrier, _CHANGED, SELECT_UPDATE, "")
    return _pair(carrier, _NONE, SELECT, caller.spoken.said(_NEEDS_ASSIGN))


@lru_cache(maxsize=1024)
def _pair(carrier: type[Carrier], changeable: frozenset[str], mask: str, reason: str) -> dict[str, object]:
    properties = {
        field.encode_name: FieldProperty(
            FieldRight(UPDATE if field.name in changeable else READ),
            _net_type(field.type),
            _LENGTHS.get(field.name) or _SIZES.get(_net_type(field.type), 0),
        )
        for field in _fields(carrier)
    }
    return {"table_right": TableRight(mask, reason), "field_properties": properties}


@lru_cache(maxsize=256)
def _structured(shape: type[Struct]) -> tuple[str, ...]:
    """The members of a structure that carriers can be in."""
    return tuple([field.name for field in _fields(shape) if isinstance(_innermost(field.type), inspect.StructType)])


def _fields(shape: type[Struct]) -> list[inspect.Field]:
    """The members of a structure without the pair that tells of them."""
    declared = inspect.type_info(shape)
    fields = declared.fields if isinstance(declared, inspect.StructType) else ()
    return [field for field in fields if field.name not in Carrier.__struct_fields__]


def _innermost(declared: inspect.Type) -> inspect.Type:
    """What a member holds, if it is not null, one or more of."""
    if isinstance(declared, inspect.VarTupleType):
        return _innermost(declared.item_type)
    if isinstance(declared, inspect.UnionType):
        return next(each for each in declared.types if not isinstance(each, inspect.NoneType))
    return declared


def _net_type(declared: inspect.Type) -> str:
    """The name that .NET has for a type, or the carrier's or enumeration's own."""
    if isinstance(declared, inspect.VarTupleType):
        return f"{_net_type(declared.item_type)}[]"
    if isinstance(declared, inspect.Metadata):
        return str((declared.extra or {})["type"])
    if isinstance(declared, (inspect.StructType, inspect.EnumType)):
        return declared.cls.__name__
    if isinstance(declared, inspect.UnionType):
        return _net_type(_innermost(declared))
    return _NET_TYPES[type(declared)]
