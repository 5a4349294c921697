"""Rights come from roles and from the user himself."""

from seatkeeper.identity.rights import ROLES, Right, rights_of, unknown_rights, unknown_roles
from seatkeeper.licensing.entities import User


def _user(roles: tuple[str, ...] = (), rights: tuple[str, ...] = ()) -> User:
    return User(id=1, login="agent01", display_name="Agent 01", language="en-us", roles=roles, rights=rights)


def test_a_user_without_roles_and_rights_may_nothing_more() -> None:
    assert rights_of(_user()) == frozenset()


def test_an_administrator_may_everything() -> None:
    assert rights_of(_user(roles=("administrator",))) == frozenset(Right)


def test_an_operator_sees_and_ends_sessions_and_asks_why() -> None:
    assert rights_of(_user(roles=("operator",))) == {Right.SESSIONS_READ, Right.SESSIONS_END, Right.EXPLAIN}


def test_own_rights_add_to_those_of_roles() -> None:
    user = _user(roles=("operator",), rights=("assignments.write",))
    assert rights_of(user) == ROLES["operator"] | {Right.ASSIGN}


def test_unknown_names_give_no_right_and_are_found() -> None:
    assert rights_of(_user(roles=("owner",), rights=("everything", "explain"))) == {Right.EXPLAIN}
    assert unknown_roles(["operator", "owner", "Operator"]) == ("owner", "Operator")
    assert unknown_rights(["explain", "everything"]) == ("everything",)
