"""The parameters of a request for configuration: `select`, `where`, `orderBy`, `rightsFilter` and `Range`.

Contract 5.2 and 5.3, decision 8. What is not supported is named all at once; the rest is told one at a time.
"""

import re
from collections.abc import Container, Iterable, Mapping
from typing import Final, NamedTuple

from msgspec import Struct
from starlette.datastructures import QueryParams

from seatkeeper.icws.configuration.errors import (
    invalid_sort_direction,
    invalid_where_operator,
    select_all,
    unsupported_of_list,
    unsupported_of_object,
)
from seatkeeper.icws.configuration.ranges import window_of
from seatkeeper.icws.errors import malformed
from seatkeeper.queries.lists import Condition, Operator, Order, Property, Query, Window, is_integer

ADMIN: Final = "admin"
VIEW: Final = "view"

_MOST_CONDITIONS: Final = 100  # ours
_IDENTITY: Final = frozenset(
    {"configurationId", "configurationId.id", "configurationId.displayName", "configurationId.uri"}
)
_CONDITION: Final = re.compile(r"(\S+)\s+(\S+)\s+(\S.*)", re.DOTALL)


class Askable(Struct, frozen=True):
    """What can be asked of one kind of object.

    `members` can be selected besides `configurationId`, which every object has: the names of properties, and with a
    dot those of their members. `rights` are the values of `rightsFilter`, its default first.
    """

    members: frozenset[str]
    where: Mapping[str, Property]
    order: Mapping[str, Property]
    rights: tuple[str, ...] = (ADMIN, VIEW)

    @property
    def selectable(self) -> frozenset[str]:
        """Every name that `select` takes."""
        return self.members | _IDENTITY | {"*"}


class ObjectParameters(NamedTuple):
    """What is asked of one object. `selected` is empty where nothing but its identity is."""

    selected: frozenset[str]
    rights: str


class ListParameters(NamedTuple):
    """What is asked of a list."""

    selected: frozenset[str]
    rights: str
    conditions: tuple[Condition, ...]
    order: Order | None
    window: Window | None

    def query(self, among: frozenset[int] | None) -> Query:
        """The query of the items that rights leave."""
        return Query(self.conditions, self.order, self.window, among)


def object_parameters(sent: QueryParams, askable: Askable) -> ObjectParameters:
    """Read them. Raises `Failure` 400 for what is malformed or not supported."""
    names = _selected(sent)
    rights = single_value(sent, "rightsFilter") or askable.rights[0]
    bad_select, bad_rights = _unknown(names, askable.selectable), _unknown([rights], askable.rights)
    if bad_select or bad_rights:
        raise unsupported_of_object(bad_select, "".join(bad_rights))
    return ObjectParameters(_members(names, askable), rights)


def list_parameters(sent: QueryParams, ranged: str | None, askable: Askable) -> ListParameters:
    """Read them; `ranged` is the header Range. Raises `Failure` 400 for what is malformed or not supported.

    Without `select` Range is ignored, and there is no window: every item is answered.
    """
    names = _selected(sent)
    where = [_spelled_condition(each) for each in _listed(sent, "where", _MOST_CONDITIONS)]
    order = _spelled_order(single_value(sent, "orderBy"))
    rights = single_value(sent, "rightsFilter") or askable.rights[0]
    bad_select, bad_where = _unknown(names, askable.selectable), _unknown([each.name for each in where], askable.where)
    bad_rights, bad_order = _unknown([rights], askable.rights), _unknown([order.name] if order else [], askable.order)
    if bad_select or bad_where or bad_rights or bad_order:
        raise unsupported_of_list(bad_select, bad_where, "".join(bad_rights), "".join(bad_order))
    return ListParameters(
        selected=_members(names, askable),
        rights=rights,
        conditions=tuple(_condition(each, askable) for each in where),
        order=_order(order, askable),
        window=window_of(ranged) if names else None,
    )


class _SpelledCondition(NamedTuple):
    name: str
    operator: str
    value: str


class _SpelledOrder(NamedTuple):
    name: str
    direction: str


def _listed(sent: QueryParams, name: str, most: int | None = None) -> list[str]:
    """What a comma-delimited parameter lists. One that is sent several times lists all."""
    texts = [text.strip() for part in sent.getlist(name) for text in part.split(",")]
    found = [text for text in texts if text]
    if most is not None and len(found) > most:
        raise malformed("{parameter} lists more than {most}, which is as many as are taken.", parameter=name, most=most)
    return found


def single_value(sent: QueryParams, name: str) -> str:
    """The value of a parameter, empty where it is not sent."""
    values = {value.strip() for value in sent.getlist(name)}
    if len(values) > 1:
        raise malformed("{parameter} is sent more than once, with different values.", parameter=name)
    return values.pop() if values else ""


def _selected(sent: QueryParams) -> list[str]:
    names = list(dict.fromkeys(_listed(sent, "select")))
    if "*" in names and len(names) > 1:
        raise select_all()
    return names


def _members(names: Iterable[str], askable: Askable) -> frozenset[str]:
    return askable.members if "*" in names else frozenset(names)


def _spelled_condition(text: str) -> _SpelledCondition:
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise malformed(
            "where holds {condition}, which is no condition: a property, an operator and a value, as in"
            " configurationId.id sw Value. Commas stand between conditions, and in no value.",
            condition=repr(text),
        )
    return _SpelledCondition(*found.groups())


def _spelled_order(text: str) -> _SpelledOrder | None:
    words = text.split()
    match words:
        case []:
            return None
        case [name]:
            return _SpelledOrder(name, "asc")
        case [name, direction]:
            return _SpelledOrder(name, direction)
    raise malformed(
        "orderBy is {order}; it takes one property and one direction, as in configurationId.id desc.", order=repr(text)
    )


def _unknown(names: Iterable[str], known: Container[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name not in known]


def _condition(spelled: _SpelledCondition, askable: Askable) -> Condition:
    name, operator, value = spelled
    if operator.lower() not in set(Operator):
        raise invalid_where_operator(operator, name)
    compared = askable.where[name]
    condition = Condition(compared, Operator(operator.lower()), value)
    if compared.is_number and condition.operator is Operator.EQUALS and not is_integer(value):
        raise malformed(
            "where compares {property}, a number, with {value}, which is none.", property=name, value=repr(value)
        )
    return condition


def _order(spelled: _SpelledOrder | None, askable: Askable) -> Order | None:
    if spelled is None:
        return None
    direction = spelled.direction.lower()
    if direction not in {"asc", "desc"}:
        raise invalid_sort_direction(spelled.direction)
    return Order(askable.order[spelled.name], descending=direction == "desc")
