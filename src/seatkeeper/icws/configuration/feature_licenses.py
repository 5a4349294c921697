"""`/configuration/feature-licenses`: the licenses that cover the whole installation (contract 5.4)."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from seatkeeper.icws.configuration.collection import Collection
from seatkeeper.icws.configuration.objects import FEATURE_LICENSES
from seatkeeper.icws.configuration.parameters import ADMIN, Askable
from seatkeeper.identity.rights import administered_allocations, viewed_allocations
from seatkeeper.licensing.entities import User
from seatkeeper.licensing.sentences import say
from seatkeeper.queries import feature_licenses
from seatkeeper.queries.lists import Item, Listing
from seatkeeper.queries.reads import Reads

_NAMES = {
    "configurationId.displayName": feature_licenses.DISPLAY_NAME,
    "configurationId.id": feature_licenses.NAME,
}


class FeatureLicenses(Collection[Item]):
    """The site and satellite licenses of the configured owner. They have nothing but their identity."""

    path = FEATURE_LICENSES
    noun = say("feature license")
    askable = Askable(members=frozenset(), where=_NAMES, order=_NAMES)

    def __init__(self, reads: Reads, owner: str) -> None:
        super().__init__(reads)
        self._owner = owner

    def listing(self, _request: Request, _selected: frozenset[str], *, single: bool) -> Listing[Item]:  # noqa: ARG002
        """All of them."""
        return feature_licenses.feature_licenses(self._owner)

    def among(self, user: User, rights: str) -> frozenset[int] | None:
        """The rights on allocations are given for each license of whatever kind."""
        return administered_allocations(user) if rights == ADMIN else viewed_allocations(user)

    def members(self, _item: Item, _language: str) -> Mapping[str, Any]:
        """None."""
        return {}
