"""The objects of one kind, as a list and singly: what their resources have in common (contract 5.2)."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar, Final, Generic, TypeVar

from msgspec import Raw, Struct
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from seatkeeper.icws.configuration.errors import no_such_object
from seatkeeper.icws.configuration.objects import configuration_id
from seatkeeper.icws.configuration.parameters import Askable, ListParameters, list_parameters, object_parameters
from seatkeeper.icws.configuration.ranges import content_range
from seatkeeper.icws.errors import not_allowed
from seatkeeper.icws.representation import encode, represent
from seatkeeper.icws.speech import language_of
from seatkeeper.languages.multilingual import in_language
from seatkeeper.ledger.door import LiveSession
from seatkeeper.licensing.entities import User
from seatkeeper.licensing.sentences import Sentence
from seatkeeper.queries.lists import Item, Listing, Page, named, page
from seatkeeper.queries.reads import Reads

_REMEMBERED: Final = 256
"""Lists that were asked for of which it is kept what that means: clients ask for the same ones again and again."""

AnyItem = TypeVar("AnyItem", bound=Item)

Shown = dict[str, Any]
"""An object as it is answered."""


class Items(Struct):
    """A list as it is answered."""

    items: list[Shown]


class Collection(ABC, Generic[AnyItem]):
    """The objects of one kind: where they are, what one of them is called, and what can be asked of them."""

    path: ClassVar[str]
    noun: ClassVar[Sentence]
    askable: ClassVar[Askable]

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._parsed = lru_cache(_REMEMBERED)(self._parse)

    @abstractmethod
    def listing(self, request: Request, selected: frozenset[str], *, single: bool) -> Listing[AnyItem]:
        """What the request is about, before rights and conditions, with what is needed of each for `selected`.

        Raises `Failure` 400 for a parameter of its own that is wrong.
        """

    @abstractmethod
    def among(self, user: User, rights: str) -> frozenset[int] | None:
        """The numbers of those that a user has this right for; None for all."""

    @abstractmethod
    def members(self, item: AnyItem, language: str) -> Mapping[str, Any]:
        """The properties of an object beside its identity, as they are named on the wire; None is not answered.

        `language`: the session's, by its tag.
        """

    async def get_list(self, request: Request, session: LiveSession) -> Response:
        """GET: the objects that the parameters ask for, 200 even if there are none."""
        asked = self.asked(request)
        listing = self.listing(request, asked.selected, single=False)
        query = asked.query(self.among(session.user, asked.rights))
        language = language_of(request.scope)
        # Written out in the read's thread too: without `select` there may be 100,000 of them.
        written, count, total = await self._reads.run(
            lambda connection: self._written(page(connection, listing, query), asked.selected, language)
        )
        headers = {"Content-Range": content_range(asked.window, count, total)}
        return represent(request.scope, written, headers=headers)

    async def get_one(self, request: Request, session: LiveSession) -> Response:
        """GET {id}: 403 where the user lacks the right that is asked for, 404 where there is none of this name.

        Whoever may not see all is not told either which names there are: it is 403 for him whether or not there is one.
        """
        asked = object_parameters(request.query_params, self.askable)
        listing = self.listing(request, asked.selected, single=True)
        name = request.path_params["id"]
        item = await self._reads.run(lambda connection: named(connection, listing, name))
        among = self.among(session.user, asked.rights)
        if among is not None and (item is None or item.number not in among):
            raise not_allowed(
                "{user} has no {right} right to a {noun} {name}.",
                user=session.user.login,
                right=asked.rights,
                noun=self.noun,
                name=name,
            )
        if item is None:
            raise no_such_object(self.noun, name)
        return represent(request.scope, self.shown(item, asked.selected, language_of(request.scope)))

    def asked(self, request: Request) -> ListParameters:
        """What a request asks of the list. Raises `Failure` 400."""
        return self._parsed(request.scope["query_string"], request.headers.get("range"))

    def shown(self, item: AnyItem, selected: frozenset[str], language: str) -> Shown:
        """An object as it is answered, with what is selected of it."""
        display_name = in_language(item.display_name, language)
        shown: Shown = {"configurationId": configuration_id(self.path, item.name, display_name)}
        if selected:
            shown |= projected(self.members(item, language), selected)
        return shown

    def _parse(self, query: bytes, ranged: str | None) -> ListParameters:
        return list_parameters(QueryParams(query), ranged, self.askable)

    def _written(self, found: Page[AnyItem], selected: frozenset[str], language: str) -> tuple[Raw, int, int]:
        """The list as it is sent, how many items it has, and of how many."""
        items = Items([self.shown(item, selected, language) for item in found.items])
        return Raw(encode(items)), len(found.items), found.total


def projected(members: Mapping[str, Any], selected: frozenset[str]) -> Shown:
    """Those members that are selected, whole or, by `member.part`, in part. What is None is left out."""
    shown: Shown = {}
    for name, value in members.items():
        if name in selected:
            if value is not None:
                shown[name] = value
        elif isinstance(value, dict):
            parts = {part: each for part, each in value.items() if f"{name}.{part}" in selected}
            if parts:
                shown[name] = parts
    return shown
