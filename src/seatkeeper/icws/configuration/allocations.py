"""`/configuration/license-allocations`: what was bought, and what of it is assigned and in use.

Contract 5.1, seed license-allocations.
"""

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from seatkeeper.icws.configuration.collection import Collection
from seatkeeper.icws.configuration.kept_lists import KeptList, KeptLists
from seatkeeper.icws.configuration.objects import ALLOCATIONS
from seatkeeper.icws.configuration.parameters import ADMIN, Askable, single_value
from seatkeeper.icws.configuration.ranges import content_range
from seatkeeper.icws.errors import malformed
from seatkeeper.icws.representation import encode, represent
from seatkeeper.icws.speech import language_of
from seatkeeper.identity.rights import administered_allocations, viewed_allocations
from seatkeeper.ledger.door import Ledger, LiveSession
from seatkeeper.licensing.entities import AppliesTo, User
from seatkeeper.licensing.sentences import say
from seatkeeper.queries import allocations
from seatkeeper.queries.allocations import Allocation, found_at
from seatkeeper.queries.lists import Listing, Property
from seatkeeper.queries.reads import Reads

COUNTS: Final[Mapping[str, Property]] = {
    "appliedStationCount": allocations.ASSIGNED_TO_STATIONS,
    "appliedUserCount": allocations.ASSIGNED_TO_USERS,
    "assignableAllowedCount": allocations.ASSIGNABLE_SEATS,
    "assignableConfiguredCount": allocations.ASSIGNED,
    "concurrentAllowedCount": allocations.CONCURRENT_SEATS,
    "concurrentConfiguredCount": allocations.CONCURRENT_ASSIGNED,
    "concurrentInUseCount": allocations.CONCURRENT_IN_USE,
    "totalAppliedCount": allocations.ALL_ASSIGNED,
    "totalCount": allocations.ALL_SEATS,
}
_NAMES: Final[Mapping[str, Property]] = {
    "configurationId.displayName": allocations.DISPLAY_NAME,
    "configurationId.id": allocations.NAME,
}

APPLIES_TO: Final[Mapping[str, frozenset[AppliesTo]]] = {
    "0": frozenset({AppliesTo.BOTH}),
    "1": frozenset({AppliesTo.STATIONS, AppliesTo.BOTH}),
    "2": frozenset({AppliesTo.USERS, AppliesTo.BOTH}),
    "3": frozenset({AppliesTo.STATIONS, AppliesTo.USERS, AppliesTo.BOTH}),
}
"""`licenseAppliesTo`; 1 and 2 include what applies to both (decision 8). Tokens of applications are not listed here."""


class LicenseAllocations(Collection[Allocation]):
    """The user licenses of the configured owner."""

    path = ALLOCATIONS
    noun = say("license allocation")
    askable = Askable(members=frozenset(COUNTS), where={**COUNTS, **_NAMES}, order=_NAMES)

    def __init__(self, ledger: Ledger, reads: Reads, owner: str) -> None:
        super().__init__(reads)
        self._owner = owner
        self._kept = KeptLists(ledger)

    async def get_list(self, request: Request, session: LiveSession) -> Response:
        """GET: as of every list; one that is asked for again is kept, and only what has changed in it is written anew.

        To read and write 200 items from the tables takes a hundred times as long.
        """
        asked = self.asked(request)
        among, language = self.among(session.user, asked.rights), language_of(request.scope)
        query = asked.query(among)
        if asked.window is None or not query.by_names:
            return await super().get_list(request, session)
        key = (request.scope["query_string"], asked.window, among, language)
        kept = self._kept.get(key)
        if kept is None:
            listing, mark = self.listing(request, asked.selected, single=False), self._kept.mark
            kept = await self._reads.run(
                lambda connection: KeptList(
                    mark,
                    found_at(connection, listing, query),
                    lambda item: encode(self.shown(item, asked.selected, language)),
                )
            )
            self._kept.keep(key, kept)
        headers = {"Content-Range": content_range(asked.window, len(kept), kept.total)}
        return represent(request.scope, kept.written, headers=headers)

    def listing(self, request: Request, _selected: frozenset[str], *, single: bool) -> Listing[Allocation]:
        """Those that `licenseAppliesTo` leaves; a single one is not hidden by its default."""
        applies_to = single_value(request.query_params, "licenseAppliesTo") or ("3" if single else "0")
        if applies_to not in APPLIES_TO:
            raise malformed(
                "licenseAppliesTo is {value}; it can be 0 (both stations and users), 1 (stations), 2 (users) or 3"
                " (all).",
                value=repr(applies_to),
            )
        return allocations.allocations(self._owner, APPLIES_TO[applies_to])

    def among(self, user: User, rights: str) -> frozenset[int] | None:
        """Rights are given for each license."""
        return administered_allocations(user) if rights == ADMIN else viewed_allocations(user)

    def members(self, item: Allocation, _language: str) -> Mapping[str, Any]:
        """The counts."""
        return {
            "appliedStationCount": item.assigned_to_stations,
            "appliedUserCount": item.assigned_to_users,
            "assignableAllowedCount": item.assignable_seats,
            "assignableConfiguredCount": item.assigned,
            "concurrentAllowedCount": item.concurrent_seats,
            "concurrentConfiguredCount": item.concurrent_assigned,
            "concurrentInUseCount": item.concurrent_in_use,
            "totalAppliedCount": item.all_assigned,
            "totalCount": item.all_seats,
        }
