"""What is answered to a request for configuration that cannot be met (contract 5.3)."""

from typing import Final

from msgspec import UNSET, UnsetType

from seatkeeper.icws.errors import ErrorBody, Failure
from seatkeeper.licensing.sentences import Sentence, say

SELECT_ALL: Final = "error.request.configuration.get.selectAll"
GET_OBJECT_LIST: Final = "error.request.configuration.getObjectList"
INVALID_SORT_DIRECTION: Final = "error.request.configuration.getObjectList.invalidSortDirection"
INVALID_WHERE_OPERATOR: Final = "error.request.configuration.getObjectList.invalidWhereOperator"
GET_OBJECT: Final = "error.request.configuration.getObject"  # ours, after that of lists
NO_SUCH_OBJECT: Final = "error.request.configuration.getObject.notFound"  # ours

GET_OBJECT_LIST_ERROR: Final = "urn:inin.com:configuration:getObjectListError"
GET_OBJECT_ERROR: Final = "urn:inin.com:configuration:getObjectError"


class UnsupportedQuery(ErrorBody, rename="camel"):
    """`getObjectListError`, and with `select` and `rights_filter` alone its parent `getObjectError`.

    Each member names what of its parameter is not supported; it is left out where all is.
    """

    select: list[str] | UnsetType = UNSET
    where: list[str] | UnsetType = UNSET
    rights_filter: str | UnsetType = UNSET
    order_by: str | UnsetType = UNSET


def unsupported_of_list(select: list[str], where: list[str], rights_filter: str, order_by: str) -> Failure:
    """400: what the parameters of a list name and this kind of object does not have, all at once; empty is nothing."""
    names = {"select": select, "where": where, "rightsFilter": [rights_filter], "orderBy": [order_by]}
    body = UnsupportedQuery(GET_OBJECT_LIST, type=GET_OBJECT_LIST_ERROR)
    body.select, body.where = select or UNSET, where or UNSET
    body.rights_filter, body.order_by = rights_filter or UNSET, order_by or UNSET
    return Failure(400, _unsupported(names), body)


def unsupported_of_object(select: list[str], rights_filter: str) -> Failure:
    """The same for a single object."""
    names = {"select": select, "rightsFilter": [rights_filter]}
    body = UnsupportedQuery(GET_OBJECT, type=GET_OBJECT_ERROR)
    body.select, body.rights_filter = select or UNSET, rights_filter or UNSET
    return Failure(400, _unsupported(names), body)


def _unsupported(names: dict[str, list[str]]) -> Sentence:
    told = "; ".join(f"{parameter}: {', '.join(found)}" for parameter, found in names.items() if any(found))
    return say("This is not supported here: {told}.", told=told)


def select_all() -> Failure:
    """400: `*` together with names."""
    why = say("select is either * or a list of properties, not both: leave out the one or the others.")
    return Failure(400, why, ErrorBody(SELECT_ALL))


def invalid_sort_direction(direction: str) -> Failure:
    """400: a direction that there is not."""
    why = say("orderBy has the sort direction {direction}; it can be asc or desc.", direction=repr(direction))
    return Failure(400, why, ErrorBody(INVALID_SORT_DIRECTION))


def invalid_where_operator(operator: str, name: str) -> Failure:
    """400: an operator that there is not."""
    why = say(
        "where compares {property} by the operator {operator}; it can be eq, sw or ct.",
        property=name,
        operator=repr(operator),
    )
    return Failure(400, why, ErrorBody(INVALID_WHERE_OPERATOR))


def no_such_object(noun: Sentence, name: str) -> Failure:
    """404: there is no such user, station or license."""
    return Failure(404, say("There is no {noun} {name}.", noun=noun, name=name), ErrorBody(NO_SUCH_OBJECT))
