"""The seed `license-allocations`, statement by statement, over the wire: what is answered, and what can be asked."""

from collections.abc import Iterator

import httpx
import pytest

from tests.icws.client import MEDIA_TYPE, Session
from tests.icws.configuration import ALLOCATIONS, COUNTS, administrator_of, ask, counts, identity, ids, items
from tests.icws.world import World


def licenses(world: World, number: int) -> list[str]:
    """So many licenses, in the order of their names."""
    return sorted(world.license() for _ in range(number))


@pytest.mark.icws("5.1 GET license-allocations", "5.1 items", "5.1 Content-Range")
def test_a_list_of_license_allocations_is_retrieved(world: World) -> None:
    names = licenses(world, 3)
    with administrator_of(world, *names) as session:
        answer = ask(session, ALLOCATIONS)
        assert answer.status_code == 200
        assert answer.headers["content-type"].split(";")[0] == MEDIA_TYPE
        assert list(answer.json()) == ["items"]
        assert ids(answer) == names
        assert answer.headers["content-range"] == "items 0-2/3"


@pytest.mark.icws("5.1 configurationId.id", "5.1 configurationId.displayName", "5.1 configurationId.uri")
def test_every_item_has_a_configuration_id_of_id_display_name_and_uri(world: World) -> None:
    name = world.license(display_name="Shift Desk")
    with administrator_of(world, name) as session:
        (item,) = items(ask(session, ALLOCATIONS))
        assert item == {"configurationId": identity(ALLOCATIONS, name, "Shift Desk")}


@pytest.mark.icws("5.1 configurationId.uri", "5.1 GET license-allocations/{id}")
def test_the_uri_can_be_used_to_access_the_object(world: World) -> None:
    name = f"{world.license()}/Area 100% ü?#"
    world.apply("licenses", {"name": name})
    with administrator_of(world, name) as session:
        (item,) = items(ask(session, ALLOCATIONS))
        uri = item["configurationId"]["uri"]
        assert uri.endswith("%2FArea%20100%25%20%C3%BC%3F%23")
        single = session.call("GET", uri.removeprefix("/"))
        assert (single.status_code, single.json()) == (200, item)
        assert session.call("GET", uri.removeprefix("/").replace("%2F", "/")).json() == item, "a slash left as it is"


@pytest.mark.icws("5.1 without select every item is returned, with its configurationId alone")
def test_if_no_properties_are_included_all_items_are_returned(many: "Many") -> None:
    answer = ask(many.session, ALLOCATIONS, "items=3-4")
    assert ids(answer) == many.names
    assert answer.headers["content-range"] == f"items 0-{len(many.names) - 1}/{len(many.names)}"
    assert all(list(item) == ["configurationId"] for item in items(answer))


@pytest.mark.icws("5.1 with select at most 200 items are returned, whatever Range says")
@pytest.mark.parametrize(("ranged", "first"), [(None, 0), ("items=0-203", 0), ("items=2-300", 2), ("items=4-203", 4)])
def test_if_any_properties_are_included_at_most_200_are(many: "Many", ranged: str | None, first: int) -> None:
    for select in ("totalCount", "configurationId", "*"):
        answer = ask(many.session, ALLOCATIONS, ranged, select=select)
        assert ids(answer) == many.names[first : first + 200]
        assert answer.headers["content-range"] == f"items {first}-{first + 199}/{len(many.names)}"


class Many:
    """More licenses than a list with properties holds, by name, and somebody who may administer them."""

    def __init__(self, world: World) -> None:
        prefix = world.license()
        self.names = [f"{prefix}_{number:03}" for number in range(204)]
        world.apply_all("licenses", [{"name": name, "display_name": name} for name in self.names])
        self.session = administrator_of(world, *self.names)


@pytest.fixture(scope="module")
def many(world: World) -> Iterator[Many]:
    many = Many(world)
    with many.session:
        yield many


@pytest.mark.icws("5.1 ININ-ICWS-CSRF-Token", "5.1 401 with WWW-Authenticate")
def test_the_session_token_is_required(session: Session) -> None:
    refused(session.call("GET", f"configuration/{ALLOCATIONS}", headers={"Cookie": session.cookie}))


@pytest.mark.icws("5.1 Cookie", "5.1 401 with WWW-Authenticate")
def test_the_session_cookie_is_required(session: Session) -> None:
    refused(session.call("GET", f"configuration/{ALLOCATIONS}", headers={"ININ-ICWS-CSRF-Token": session.token}))


@pytest.mark.icws("5.1 sessionId", "5.1 401 with WWW-Authenticate")
def test_the_session_id_is_required(session: Session) -> None:
    refused(session.http.get(f"/icws/1{session.id}/configuration/{ALLOCATIONS}", headers=session.credentials))


def refused(answer: httpx.Response) -> None:
    """401, and how to authenticate."""
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'ICWS realm="ICWS" location="/ICWS/connection"'
    assert answer.json()["message"]


@pytest.mark.icws("5.1 Range", "5.1 Content-Range")
@pytest.mark.parametrize(
    ("ranged", "first", "last"), [("items=10-20", 10, 20), ("items=0-0", 0, 0), ("items=203-203", 203, 203)]
)
def test_range_specifies_the_range_of_results(many: Many, ranged: str, first: int, last: int) -> None:
    answer = ask(many.session, ALLOCATIONS, ranged, select="totalCount")
    assert ids(answer) == many.names[first : last + 1]
    assert answer.headers["content-range"] == f"items {first}-{last}/204"


@pytest.mark.icws("5.1 select", "5.1 GET license-allocations/{id}", "5.1 {id}: select")
def test_select_is_a_comma_delimited_list_of_fields(world: World) -> None:
    name = world.license(assignable_seats=3, concurrent_seats=4)
    with administrator_of(world, name) as session:
        wanted = {"configurationId": identity(ALLOCATIONS, name, name), "totalCount": 7, "concurrentAllowedCount": 4}
        for select in ("totalCount,concurrentAllowedCount", " concurrentAllowedCount , totalCount,"):
            assert items(ask(session, ALLOCATIONS, select=select)) == [wanted]
            assert ask(session, f"{ALLOCATIONS}/{name}", select=select).json() == wanted


@pytest.mark.icws("5.1 {id}: select")
def test_without_select_only_the_id_of_an_object_is_returned(world: World) -> None:
    name = world.license()
    with administrator_of(world, name) as session:
        answer = ask(session, f"{ALLOCATIONS}/{name.lower()}")
        assert (answer.status_code, answer.json()) == (200, {"configurationId": identity(ALLOCATIONS, name, name)})


@pytest.mark.icws("5.1 select=*")
def test_the_wildcard_returns_all_properties(world: World) -> None:
    name = world.license()
    with administrator_of(world, name) as session:
        (item,) = items(ask(session, ALLOCATIONS, select="*"))
        assert set(item) == {"configurationId", *COUNTS}
        assert item == items(ask(session, ALLOCATIONS, select=",".join(COUNTS)))[0]
        assert item == ask(session, f"{ALLOCATIONS}/{name}", select="*").json()


@pytest.mark.icws("5.1 a selected property that is null is left out")
def test_selected_properties_that_are_null_are_not_returned(world: World) -> None:
    name = world.license(unrestricted=True)
    with administrator_of(world, name) as session:
        (item,) = items(ask(session, ALLOCATIONS, select="*"))
        assert set(COUNTS) - set(item) == {"assignableAllowedCount", "concurrentAllowedCount", "totalCount"}
        (alone,) = items(ask(session, ALLOCATIONS, select="totalCount"))
        assert list(alone) == ["configurationId"]


@pytest.mark.icws("5.1 where", "5.1 where: only items that satisfy all conditions are returned")
def test_only_items_that_satisfy_all_conditions_are_returned(world: World) -> None:
    small, other, large = (world.license(assignable_seats=seats, concurrent_seats=1) for seats in (2, 2, 5))
    world.user(other)
    with administrator_of(world, small, other, large) as session:
        assert ids(ask(session, ALLOCATIONS, where="totalCount eq 3")) == sorted([small, other])
        assert ids(ask(session, ALLOCATIONS, where="totalCount eq 3, appliedUserCount eq 1")) == [other]
        assert ids(ask(session, ALLOCATIONS, where="totalCount eq 3,appliedUserCount eq 1,totalCount eq 6")) == []


@pytest.mark.icws("5.1 where eq", "5.1 where sw", "5.1 where ct")
def test_the_operators_are_eq_sw_and_ct(world: World) -> None:
    names = [world.license(display_name=text) for text in ("Night Desk", "Night Desk 2", "The Night Desk")]
    with administrator_of(world, *names) as session:

        def where(condition: str) -> list[str]:
            return ids(ask(session, ALLOCATIONS, where=f"configurationId.displayName {condition}"))

        assert where("eq Night Desk") == names[:1]
        assert where("sw Night Desk") == names[:2]
        assert where("ct Night Desk") == names
        assert where("ct Desk 2") == names[1:2]


@pytest.mark.icws("5.1 where configurationId.id", "5.1 where sw")
def test_the_example_of_where_selects_by_the_beginning_of_the_id(world: World) -> None:
    name = world.license()
    value, other = (f"{name}{rest}" for rest in ("_VALUE", "_OTHER"))
    world.apply_all("licenses", [{"name": each} for each in (value, other)])
    with administrator_of(world, value, other) as session:
        assert ids(ask(session, ALLOCATIONS, where=f"configurationId.id sw {name}_V")) == [value]


@pytest.mark.icws("5.1 where configurationId.displayName")
def test_where_takes_the_display_name(world: World) -> None:
    names = [world.license(display_name=text) for text in ("100%", "100_", "1000")]
    with administrator_of(world, *names) as session:
        assert ids(ask(session, ALLOCATIONS, where="configurationId.displayName sw 100%")) == names[:1]
        assert ids(ask(session, ALLOCATIONS, where="configurationId.displayName ct 0_")) == names[1:2]


@pytest.mark.icws(*(f"5.1 where {name}" for name in COUNTS))
def test_where_is_supported_for_every_count(world: World) -> None:
    name = world.license(assignable_seats=31, concurrent_seats=17)
    for _ in range(3):
        world.user(name)
    world.station(name)
    sharers = [world.user(name, method="concurrent") for _ in range(2)]
    with administrator_of(world, name) as session, world.log_on(sharers[0]) as sharer:
        assert sharer.status(name) == 2
        wanted = dict(zip(COUNTS, (1, 3, 31, 4, 17, 2, 1, 6, 48), strict=True))
        assert counts(session, name) == wanted
        for count, value in wanted.items():
            assert ids(ask(session, ALLOCATIONS, where=f"{count} eq {value}")) == [name]
            assert ids(ask(session, ALLOCATIONS, where=f"{count} eq {value + 1}")) == []


@pytest.mark.icws(
    "5.1 orderBy",
    "5.1 orderBy configurationId.displayName",
    "5.1 orderBy configurationId.id",
    "5.1 orderBy asc",
    "5.1 orderBy desc",
    "5.1 the default order is configurationId.displayName, ascending",
)
def test_results_are_ordered_by_one_field_in_one_direction(world: World) -> None:
    beta, gamma, alpha = names = licenses(world, 3)
    display_names = {beta: "beta", gamma: "Gamma", alpha: "ALPHA"}
    world.apply_all("licenses", [{"name": name, "display_name": text} for name, text in display_names.items()])
    by_display = [alpha, beta, gamma]
    with administrator_of(world, *names) as session:

        def ordered(**parameters: str) -> list[str]:
            return ids(ask(session, ALLOCATIONS, **parameters))

        assert ordered() == by_display
        assert ordered(orderBy="configurationId.displayName") == by_display
        assert ordered(orderBy="configurationId.displayName asc") == by_display
        assert ordered(orderBy="configurationId.displayName desc") == by_display[::-1]
        assert ordered(orderBy="configurationId.id") == names
        assert ordered(orderBy="configurationId.id asc") == names
        assert ordered(orderBy="configurationId.id desc") == names[::-1]


@pytest.mark.icws("5.1 rightsFilter", "5.1 rightsFilter=admin", "5.1 rightsFilter=view")
def test_the_rights_filter_selects_by_the_right_of_the_user(world: World) -> None:
    administered, viewed, neither = licenses(world, 3)
    user = world.user(admin_allocations=[administered], view_allocations=[viewed])
    with world.log_on(user) as session:
        assert ids(ask(session, ALLOCATIONS, rightsFilter="admin")) == [administered]
        assert ids(ask(session, ALLOCATIONS, rightsFilter="view")) == [administered, viewed]
        for name, admin, view in ((administered, 200, 200), (viewed, 403, 200), (neither, 403, 403)):
            assert ask(session, f"{ALLOCATIONS}/{name}", rightsFilter="admin").status_code == admin
            assert ask(session, f"{ALLOCATIONS}/{name}", rightsFilter="view").status_code == view


@pytest.mark.icws("5.1 rightsFilter is admin by default", "5.1 {id}: rightsFilter", "5.1 {id}: 403")
def test_the_default_rights_filter_is_admin(world: World) -> None:
    name = world.license()
    with world.log_on(world.user(view_allocations="all")) as session:
        assert ids(ask(session, ALLOCATIONS)) == []
        assert name in ids(ask(session, ALLOCATIONS, rightsFilter="view"))
        refusal = ask(session, f"{ALLOCATIONS}/{name}")
        assert (refusal.status_code, refusal.json()["errorCode"]) == (403, 7)
        assert name in refusal.json()["message"]
        assert ask(session, f"{ALLOCATIONS}/{name}", rightsFilter="view").status_code == 200


@pytest.mark.icws("5.1 rightsFilter=admin")
@pytest.mark.parametrize("members", [{"admin_allocations": "all"}, {"roles": ["administrator"]}])
def test_somebody_who_may_administer_everything_sees_everything(world: World, members: dict[str, object]) -> None:
    with world.log_on(world.user(**members)) as session:
        new = world.license()
        for rights in ("admin", "view"):
            assert new in ids(ask(session, ALLOCATIONS, rightsFilter=rights))


APPLIES_TO = ("both", "stations", "users")


@pytest.mark.icws(
    "5.1 licenseAppliesTo",
    "5.1 licenseAppliesTo=0",
    "5.1 licenseAppliesTo=1",
    "5.1 licenseAppliesTo=2",
    "5.1 licenseAppliesTo=3",
    "5.1 licenseAppliesTo is 0 by default",
)
def test_license_applies_to_controls_which_dynamic_licenses_are_returned(world: World) -> None:
    both, stations, users = sorted(world.license() for _ in APPLIES_TO)
    entries = zip((both, stations, users), APPLIES_TO, strict=True)
    world.apply_all("licenses", [{"name": name, "applies_to": applies_to} for name, applies_to in entries])
    with administrator_of(world, both, stations, users) as session:
        assert ids(ask(session, ALLOCATIONS)) == [both]
        assert ids(ask(session, ALLOCATIONS, licenseAppliesTo=0)) == [both]
        assert ids(ask(session, ALLOCATIONS, licenseAppliesTo=1)) == [both, stations]
        assert ids(ask(session, ALLOCATIONS, licenseAppliesTo=2)) == [both, users]
        assert ids(ask(session, ALLOCATIONS, licenseAppliesTo=3)) == [both, stations, users]


@pytest.mark.icws("5.1 {id}: licenseAppliesTo", "5.1 {id}: 404")
def test_an_object_is_found_unless_license_applies_to_leaves_it_out(world: World) -> None:
    name = world.license(applies_to="users")
    with administrator_of(world, name) as session:
        path = f"{ALLOCATIONS}/{name}"
        assert ask(session, path).status_code == 200, "its own uri leads to it"
        assert ask(session, path, licenseAppliesTo=2).status_code == 200
    with world.log_on(world.user(admin_allocations="all")) as session:
        assert ask(session, path, licenseAppliesTo=2).status_code == 200
        assert ask(session, path, licenseAppliesTo=1).status_code == 404


@pytest.mark.icws("5.1 GET license-allocations")
def test_only_user_licenses_of_the_configured_owner_have_an_allocation(world: World) -> None:
    site, module = world.license(kind="site"), world.license()
    world.apply("licenses", {"name": module, "owner": "ELSEWHERE", "display_name": "of another owner"})
    with administrator_of(world, site, module, f"ELSEWHERE:{module}") as session:
        (item,) = items(ask(session, ALLOCATIONS, licenseAppliesTo=3))
        assert item["configurationId"] == identity(ALLOCATIONS, module, module)
    with world.log_on(world.user(admin_allocations="all")) as session:
        assert ask(session, f"{ALLOCATIONS}/{module}").status_code == 200
        assert ask(session, f"{ALLOCATIONS}/{site}").status_code == 404


def test_a_list_that_is_asked_for_again_has_what_has_changed_since(world: World) -> None:
    first, second = licenses(world, 2)
    with world.log_on(world.user(roles=["administrator"])) as session:

        def listed() -> dict[str, tuple[str, int]]:
            asked = {
                name: {"select": "totalCount", "where": f"configurationId.id eq {name}"} for name in (first, second)
            }
            found = {name: items(ask(session, ALLOCATIONS, **which)) for name, which in asked.items()}
            return {
                name: (each["configurationId"]["displayName"], each["totalCount"])
                for name, told in found.items()
                for each in told
            }

        assert listed() == {first: (first, 20), second: (second, 20)}
        world.apply("licenses", {"name": first, "assignable_seats": 12, "concurrent_seats": 10})
        assert listed() == {first: (first, 22), second: (second, 20)}, "another count"
        world.apply("licenses", {"name": second, "display_name": "Another"})
        assert listed()[second] == ("Another", 20), "another name"
        world.apply("licenses", {"name": first, "kind": "site"})
        assert list(listed()) == [second], "no user license any more"
        new = world.license()
        assert new in ids(ask(session, ALLOCATIONS, select="totalCount", where=f"configurationId.id eq {new}"))


def test_each_session_reads_a_list_in_its_own_language_and_by_its_own_rights(world: World) -> None:
    name, other = licenses(world, 2)
    world.apply("licenses", {"name": name, "display_name": 'US:"Desk";GE:"Schreibtisch"', "assignable_seats": 1})
    login = world.user(admin_allocations=[name, other])
    with world.log_on(login) as english, world.log_on(login, language="de") as german:
        for session, said in ((english, "Desk"), (german, "Schreibtisch")) * 2:
            found = items(ask(session, ALLOCATIONS, select="totalCount"))
            assert {each["configurationId"]["displayName"] for each in found} == {said, other}
    with administrator_of(world, other) as session:
        assert ids(ask(session, ALLOCATIONS, select="totalCount")) == [other]
