"""What users and stations have in common: the licenses that they have, as `licenseProperties` (contract 5.5, 5.6)."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from msgspec import to_builtins
from starlette.requests import Request

from seatkeeper.icws.configuration.collection import Collection
from seatkeeper.icws.configuration.license_properties import MEMBERS, properties_of
from seatkeeper.icws.configuration.parameters import ADMIN, Askable
from seatkeeper.identity.rights import may_administer_holders, may_view_holders
from seatkeeper.languages.multilingual import in_language
from seatkeeper.licensing.entities import HolderKind, User
from seatkeeper.queries.holders import LicensedItem, licensed
from seatkeeper.queries.lists import Item, Listing
from seatkeeper.queries.reads import Reads
from seatkeeper.settings import IcwsLicenseSettings

LICENSE_PROPERTIES: Final = "licenseProperties"
_NONE: Final[frozenset[int]] = frozenset()


def askable_of(kind: HolderKind, listing: Listing[Item], rights: tuple[str, ...]) -> Askable:
    """What can be asked of users or of stations: their licenses whole or in part; conditions are on names alone."""
    parts = {f"{LICENSE_PROPERTIES}.{part}" for part in MEMBERS[kind]}
    names = {"configurationId.displayName": listing.display_name, "configurationId.id": listing.name}
    return Askable(members=frozenset({LICENSE_PROPERTIES} | parts), where=names, order=names, rights=rights)


class LicensedCollection(Collection[Item]):
    """Users or stations. `owner` is whose licenses are shown, `table` says what each property means."""

    kind: ClassVar[HolderKind]
    all_of_them: ClassVar[Listing[Item]]

    def __init__(self, reads: Reads, owner: str, table: IcwsLicenseSettings) -> None:
        super().__init__(reads)
        self._owner = owner
        self._table = table

    def listing(self, _request: Request, selected: frozenset[str], *, single: bool) -> Listing[Any]:  # noqa: ARG002
        """All of them; with their licenses only where these are selected."""
        if any(name.startswith(LICENSE_PROPERTIES) for name in selected):
            return licensed(self.all_of_them, self.kind, self._owner)
        return self.all_of_them

    def among(self, user: User, rights: str) -> frozenset[int] | None:
        """One right for all of them."""
        may = may_administer_holders if rights == ADMIN else may_view_holders
        return None if may(user) else _NONE

    def members(self, item: Item, language: str) -> Mapping[str, Any]:
        """The licenses, where they were read."""
        if not isinstance(item, LicensedItem):
            return {}
        licenses = [each._replace(display_name=in_language(each.display_name, language)) for each in item.licenses]
        properties = properties_of(self.kind, item.profile, licenses, self._table)
        return {LICENSE_PROPERTIES: to_builtins(properties)}
