"""Rights come from roles and from the user himself."""

import pytest

from seatkeeper.identity.rights import (
    ROLES,
    Right,
    administered_allocations,
    may_administer_holders,
    may_view_holders,
    rights_of,
    unknown_rights,
    unknown_roles,
    viewed_allocations,
)
from seatkeeper.licensing.entities import User

Numbers = tuple[int, ...] | None


def _user(
    roles: tuple[str, ...] = (), rights: tuple[str, ...] = (), *, view: Numbers = (), admin: Numbers = ()
) -> User:
    return User(
        id=1,
        login="agent01",
        display_name="Agent 01",
        language="en-us",
        roles=roles,
        rights=rights,
        view_allocations=view,
        admin_allocations=admin,
    )


def test_a_user_without_roles_and_rights_may_nothing_more() -> None:
    assert rights_of(_user()) == frozenset()


def test_an_administrator_may_everything() -> None:
    assert rights_of(_user(roles=("administrator",))) == frozenset(Right)


def test_an_operator_sees_inventory_and_metrics_sees_and_ends_sessions_and_asks_why() -> None:
    seen = {Right.INVENTORY_READ, Right.SESSIONS_READ}
    assert rights_of(_user(roles=("operator",))) == seen | {Right.SESSIONS_END, Right.EXPLAIN, Right.METRICS_READ}


def test_own_rights_add_to_those_of_roles() -> None:
    user = _user(roles=("operator",), rights=("assignments.write",))
    assert rights_of(user) == ROLES["operator"] | {Right.ASSIGN}


def test_unknown_names_give_no_right_and_are_found() -> None:
    assert rights_of(_user(roles=("owner",), rights=("everything", "explain"))) == {Right.EXPLAIN}
    assert unknown_roles(["operator", "owner", "Operator"]) == ("owner", "Operator")
    assert unknown_rights(["explain", "everything"]) == ("everything",)


@pytest.mark.parametrize(
    ("user", "administered", "viewed"),
    [
        (_user(), set(), set()),
        (_user(view=(1, 2)), set(), {1, 2}),
        (_user(admin=(1, 2)), {1, 2}, {1, 2}),
        (_user(view=(2, 3), admin=(1, 2)), {1, 2}, {1, 2, 3}),
        (_user(view=None, admin=(1,)), {1}, None),
        (_user(view=(1,), admin=None), None, None),
        (_user(("administrator",)), None, None),
        (_user(rights=("inventory.write",), view=(1,)), None, None),
        (_user(("operator",), ("assignments.write",)), set(), set()),
    ],
)
def test_allocations_are_administered_and_viewed_by_license(
    user: User, administered: set[int] | None, viewed: set[int] | None
) -> None:
    assert (administered_allocations(user), viewed_allocations(user)) == (administered, viewed)


@pytest.mark.parametrize(
    ("user", "administers", "views"),
    [
        (_user(), False, False),
        (_user(rights=("inventory.read",)), False, True),
        (_user(("operator",)), False, True),
        (_user(rights=("assignments.write",)), True, True),
        (_user(("administrator",)), True, True),
        (_user(view=None, admin=None), False, False),
    ],
)
def test_users_and_stations_are_administered_and_viewed_by_right(user: User, administers: bool, views: bool) -> None:
    assert (may_administer_holders(user), may_view_holders(user)) == (administers, views)
