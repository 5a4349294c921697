"""`can_assign` says what assigning comes to: whatever the license, the owner, the user and his profile."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatkeeper.licensing.eligibility import can_assign
from seatkeeper.licensing.entities import (
    AppliesTo,
    Holder,
    HolderKind,
    LicenseDetails,
    LicenseKind,
    Method,
    Profile,
    UserType,
    fold,
)
from seatkeeper.licensing.refusals import Refusal
from tests.licensing.world import NOON, OWNER, World

dates = st.sampled_from([None, NOON - 1, NOON, NOON + 1])
few = st.integers(0, 2)


@settings(max_examples=500)
@given(
    kind=st.sampled_from(LicenseKind),
    applies_to=st.sampled_from(AppliesTo),
    allowed=st.sampled_from([None, UserType.INTERNAL, UserType.EXTERNAL]),
    required=st.sampled_from([None, LicenseKind.USER, LicenseKind.SITE]),
    has_required=st.booleans(),
    expires=dates,
    owner_expires=dates,
    assignable=few,
    concurrent=few,
    others=few,
    unrestricted=st.booleans(),
    method=st.sampled_from(Method),
    enabled=st.booleans(),
)
def test_it_is_granted_exactly_where_it_is_said_to_be(
    *,
    kind: LicenseKind,
    applies_to: AppliesTo,
    allowed: UserType | None,
    required: LicenseKind | None,
    has_required: bool,
    expires: int | None,
    owner_expires: int | None,
    assignable: int,
    concurrent: int,
    others: int,
    unrestricted: bool,
    method: Method,
    enabled: bool,
) -> None:
    world = World()
    world.license("BASE", assignable=9, kind=required or LicenseKind.USER)
    world.license("MODULE", assignable=9)
    have_it = min(others, assignable) if kind is LicenseKind.USER else 0
    taken = [world.user(f"other{each}", "MODULE") for each in range(have_it)]
    user_id = world.user("agent", *(["BASE"] if has_required and required is LicenseKind.USER else []))
    world.profile("agent", enabled=enabled, method=method)
    world.license(
        "MODULE",
        assignable=assignable,
        concurrent=concurrent,
        unrestricted=unrestricted,
        kind=kind,
        applies_to=applies_to,
        expires=expires,
        prerequisite=None if required is None else "BASE",
        details=LicenseDetails(user_type=allowed),
    )
    world.owner(expires=owner_expires)
    assert world.pool("MODULE").assigned == len(taken)
    foreseen = can_assign(
        world.state.licenses[world.state.license_ids[fold(OWNER), fold("MODULE")]],
        world.pool("MODULE"),
        owner=next(iter(world.state.owners.values()), None),
        user=world.state.users[user_id],
        profile=Profile(Holder(HolderKind.USER, user_id), fold(OWNER), enabled=enabled, method=method),
        assigned=False,
        lacks_prerequisite=required is LicenseKind.USER and not has_required,
        now=world.now,
    )
    if foreseen:
        assert "MODULE" in [each.license.name for each in world.assign_modules("agent", "MODULE")]
    else:
        with pytest.raises(Refusal):
            world.assign_modules("agent", "MODULE")
