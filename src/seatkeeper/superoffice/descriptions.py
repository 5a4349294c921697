"""What methods there are and how they are called, for who asks instead of calling (contract 1, 1.2)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from inspect import getdoc
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from msgspec import Struct
from msgspec.structs import fields
from starlette.requests import Request
from starlette.responses import Response

from seatkeeper.licensing.sentences import say
from seatkeeper.superoffice.authentication.auth import Gate
from seatkeeper.superoffice.pages import told
from seatkeeper.superoffice.places import Place
from seatkeeper.superoffice.urls import application_url
from seatkeeper.superoffice.wire.rendering import render

_NAMES: Final[Mapping[Any, str]] = {int: "int32", str: "string", bool: "bool", NoneType: "nothing", object: "object"}


class ParameterDescription(Struct, frozen=True, rename="pascal"):
    """One member of a request. `stands_in`: the body, as a member of it or as all of it, or the query."""

    name: str
    type: str
    stands_in: str


class CallDescription(Struct, frozen=True, rename="pascal"):
    """How a method is called."""

    method: str
    url: str
    help: str
    parameters: tuple[ParameterDescription, ...]
    answer: str


class Descriptions:
    """Tells whoever is known here."""

    def __init__(self, gate: Gate, places: Iterable[Place]) -> None:
        self._gate = gate
        self._places = tuple(places)

    async def listing(self, request: Request) -> Response:
        """GET /api/v1: every URL, with a line of help for each of its verbs."""
        await self._gate.identify(request)
        base = application_url(request)
        urls: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for place in self._places:
            urls[base + place.route][place.verb] = _help(place)
        return told(request, say("The URLs of this API"), urls, for_people=False)

    async def describe(self, place: Place, request: Request) -> Response:
        """GET on an agent's method: how it is called."""
        await self._gate.identify(request)
        shape = place.method.request
        members = () if shape is None else fields(shape)
        described = CallDescription(
            method=place.verb,
            url=application_url(request) + place.route,
            help=_help(place),
            parameters=tuple(
                ParameterDescription(each.encode_name, _name(each.type), _where(each.encode_name, place))
                for each in members
            ),
            answer=_name(place.method.response),
        )
        return render(request, described)


def _help(place: Place) -> str:
    """One line on a method: the first of its own documentation."""
    return (getdoc(place.method.answer) or place.method.name).partition("\n")[0]


def _where(member: str, place: Place) -> str:
    if member == place.body:
        return "body, as all of it"
    return "body or query" if member.lower() in {each.lower() for each in place.query} else "body"


def _name(type_: Any) -> str:  # noqa: ANN401 - any annotation
    """What a type is called to who calls: names of the wire, not of this program."""
    origin, arguments = get_origin(type_), get_args(type_)
    if origin is Annotated:
        return _name(arguments[0])
    if origin in {Union, UnionType}:
        return " or ".join(_name(each) for each in arguments)
    if origin is tuple:
        return f"{_name(arguments[0])}[]"
    return _NAMES.get(type_) or type_.__name__
