"""The Associate agent: who there is, by number or by group (contract 9)."""

from functools import partial

from msgspec import Struct

from seatkeeper.licensing.entities import User
from seatkeeper.queries.associates import associates, associates_of_group
from seatkeeper.queries.reads import Reads
from seatkeeper.superoffice.calls import Caller, Method
from seatkeeper.superoffice.permissions import require_may_see, require_may_see_others
from seatkeeper.superoffice.places import Place
from seatkeeper.superoffice.wire.carriers import UserType
from seatkeeper.superoffice.wire.principal_carriers import Associate


class AssociateRequest(Struct, frozen=True, rename="pascal"):
    """Which associate."""

    associate_id: int


class AssociatesRequest(Struct, frozen=True, rename="pascal"):
    """Which associates."""

    associate_ids: tuple[int, ...]


class GroupRequest(Struct, frozen=True, rename="pascal"):
    """Which group. `type` tells user groups from groups of other kinds; there are only user groups here."""

    group_id: int
    type: int = 0


class Associates:
    """Answers the methods of the agent. Others than oneself are shown to who may see or assign their licenses."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    @property
    def places(self) -> tuple[Place, ...]:
        """Where the methods are; the one takes its argument from the query, the other an array as its body."""
        return (
            Place(
                "POST",
                "Agents/Associate/GetAssociate",
                Method("GetAssociate", AssociateRequest, self.one),
                query=("associateId",),
            ),
            Place(
                "POST",
                "Agents/Associate/GetAssociateList",
                Method("GetAssociateList", AssociatesRequest, self.some),
                body="AssociateIds",
            ),
            Place(
                "POST",
                "Agents/Associate/GetAssociatesByGroup",
                Method("GetAssociatesByGroup", GroupRequest, self.of_group),
            ),
        )

    async def one(self, caller: Caller, request: AssociateRequest) -> Associate | None:
        """The associate of a number, deleted ones too; null where there never was one."""
        found = await self.some(caller, AssociatesRequest((request.associate_id,)))
        return found[0] if found else None

    async def some(self, caller: Caller, request: AssociatesRequest) -> tuple[Associate, ...]:
        """The associates of these numbers, in their order, deleted ones too; what there is not is left out."""
        require_may_see(caller, request.associate_ids)
        known = await self._reads.run(partial(associates, numbers=request.associate_ids))
        return tuple(associate(known[number]) for number in request.associate_ids if number in known)

    async def of_group(self, caller: Caller, request: GroupRequest) -> tuple[Associate, ...]:
        """The living associates of a user group, be it their first or a further one."""
        require_may_see_others(caller)
        found = await self._reads.run(partial(associates_of_group, group_id=request.group_id))
        return tuple(associate(user) for user in found)


def associate(user: User) -> Associate:
    """A user as others see him. The CRM's persons are not kept here: their numbers are 0."""
    return Associate(
        associate_id=user.id,
        name=user.login,
        tooltip=user.display_name,
        type=UserType(user.user_type.value),
        group_idx=user.group_id,
        full_name=user.display_name,
        formal_name=user.display_name,
        deleted=user.deleted_at is not None,
        user_name=user.login,
    )
