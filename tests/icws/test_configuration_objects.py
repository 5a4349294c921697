"""Users, stations and feature licenses, as lists and singly: contract 5.4, 5.5 and 5.6."""

from typing import Any

import pytest

from tests.icws.configuration import ALLOCATIONS, KINDS, People, administrator_of, ask, identity, ids, items
from tests.icws.world import World

SECTIONS = dict(zip(KINDS, ("5.4", "5.5", "5.6"), strict=True))


def of_each_kind(*rows: str) -> pytest.MarkDecorator:
    """A test of each of the three kinds, which holds these rows of the kind's section."""
    return pytest.mark.parametrize(
        "kind",
        [pytest.param(kind, marks=pytest.mark.icws(*(f"{SECTIONS[kind]} {row}" for row in rows))) for kind in KINDS],
    )


@pytest.mark.icws("5.4 GET feature-licenses", "5.5 GET users", "5.6 GET stations")
@of_each_kind("items", "Content-Range", "configurationId.id", "configurationId.displayName", "configurationId.uri")
def test_a_list_has_the_identity_of_every_object(people: People, kind: str) -> None:
    answer = people.ask(kind)
    named = dict(zip(people.names[kind], people.display_names, strict=True))
    assert answer.headers["content-range"] == "items 0-2/3"
    assert items(answer) == [{"configurationId": identity(kind, name, named[name])} for name in people.by_display[kind]]


@pytest.mark.icws("5.4 GET feature-licenses/{id}", "5.5 GET users/{id}", "5.6 GET stations/{id}")
@pytest.mark.parametrize("kind", KINDS)
def test_an_object_is_found_by_its_id_in_any_case(people: People, kind: str) -> None:
    name = people.names[kind][0]
    answer = ask(people.session, f"{kind}/{name.upper()}")
    wanted = {"configurationId": identity(kind, name, people.display_names[0])}
    assert (answer.status_code, answer.json()) == (200, wanted)


@of_each_kind("select", "where", "orderBy", "rightsFilter", "Range")
def test_every_list_takes_the_five_parameters(people: People, kind: str) -> None:
    for name in ("configurationId.id", "configurationId.displayName"):
        answer = people.ask(kind, "items=1-5", select="configurationId", orderBy=f"{name} desc", rightsFilter="view")
        wanted = people.names[kind] if name.endswith("id") else people.by_display[kind]
        assert ids(answer) == wanted[::-1][1:]
        assert answer.headers["content-range"] == "items 1-2/3"
    text = people.display_names[1].upper()
    assert ids(people.ask(kind, where=f"configurationId.displayName eq {text}")) == [people.names[kind][1]]


@pytest.mark.icws("5.5 rightsFilter", "5.6 rightsFilter")
@pytest.mark.parametrize("kind", ["users", "stations"])
@pytest.mark.parametrize(
    ("members", "rights"),
    [
        pytest.param({}, (), id="nobody in particular"),
        pytest.param({"rights": ["inventory.read"]}, ("view",), id="inventory.read"),
        pytest.param({"roles": ["operator"]}, ("view",), id="operator"),
        pytest.param({"rights": ["assignments.write"]}, ("admin", "view"), id="assignments.write"),
        pytest.param({"admin_allocations": "all"}, (), id="rights on allocations"),
    ],
)
def test_users_and_stations_are_shown_to_those_who_may_read_or_assign(
    world: World, people: People, kind: str, members: dict[str, object], rights: tuple[str, ...]
) -> None:
    name = people.names[kind][0]
    with world.log_on(world.user(**members)) as session:
        for right in ("admin", "view"):
            may = right in rights
            listed = ask(session, kind, where=f"configurationId.id eq {name}", rightsFilter=right)
            assert ids(listed) == [name] * may
            assert ask(session, f"{kind}/{name}", rightsFilter=right).status_code == (200 if may else 403)


@pytest.mark.icws("5.5 rightsFilter=admin", "5.5 rightsFilter=view", "5.6 rightsFilter=admin", "5.6 rightsFilter=view")
@pytest.mark.parametrize("kind", ["users", "stations"])
def test_admin_is_the_default_right_and_needs_more_than_view(world: World, people: People, kind: str) -> None:
    with world.log_on(world.user(rights=["inventory.read"])) as session:
        where = f"configurationId.id sw {people.prefix}"
        assert ids(ask(session, kind, where=where, rightsFilter="view")) == people.by_display[kind]
        assert ids(ask(session, kind, where=where, rightsFilter="admin")) == []
        assert ids(ask(session, kind, where=where)) == []


@pytest.mark.icws("5.5 rightsFilter=loggedInUser", "5.5 {id}: rightsFilter")
def test_everybody_may_see_himself(world: World, people: People) -> None:
    license_ = world.license()
    login = world.user(license_)
    with world.log_on(login) as session:
        (item,) = items(ask(session, "users", select="licenseProperties", rightsFilter="loggedInUser"))
        assert item["configurationId"]["id"] == login
        assert [each["id"] for each in item["licenseProperties"]["additionalLicenses"]] == [license_]
        himself = ask(session, f"users/{login}", select="*", rightsFilter="loggedInUser")
        assert (himself.status_code, himself.json()) == (200, item)
        other = ask(session, f"users/{people.names['users'][0]}", rightsFilter="loggedInUser")
        assert other.status_code == 403


@pytest.mark.icws("5.5 {id}: 403", "5.5 {id}: 404", "5.6 {id}: 403", "5.6 {id}: 404", "5.6 {id}: rightsFilter")
@pytest.mark.parametrize("kind", ["users", "stations"])
def test_what_may_not_be_seen_is_403_and_what_is_not_there_404(world: World, people: People, kind: str) -> None:
    name = people.names[kind][0]
    with world.log_on(world.user()) as session:
        refusal = ask(session, f"{kind}/{name}", rightsFilter="view")
        assert (refusal.status_code, refusal.json()["errorId"]) == (403, "error.request.accessDenied")
        assert name in refusal.json()["message"]
        for right in ("admin", "view", *(["loggedInUser"] if kind == "users" else [])):
            there, not_there = (ask(session, f"{kind}/{each}", rightsFilter=right) for each in (name, f"{name}d"))
            assert there.status_code == not_there.status_code == 403
            assert there.text == not_there.text.replace(f"{name}d", name)
    for unknown in (f"{name}d", f"{name}%2Fd", f"{name}/d", "%00", "%FF", "%ED%A0%80", "x" * 20_000, "%20", ""):
        answer = people.session.call("GET", f"configuration/{kind}/{unknown}")
        assert answer.status_code == 404
        assert answer.json()["message"]


@pytest.mark.icws("5.5 GET users/{id}")
def test_a_user_who_was_named_with_a_slash_is_found_by_his_uri(world: World, people: People) -> None:
    login = f"{world.user()}/desk 1"
    world.apply("users", {"login": login})
    (item,) = items(ask(people.session, "users", where=f"configurationId.id eq {login}"))
    answer = people.session.call("GET", item["configurationId"]["uri"].removeprefix("/"))
    assert answer.json() == item


@pytest.mark.icws("5.4 GET feature-licenses", "5.4 GET feature-licenses/{id}", "5.4 rightsFilter")
def test_feature_licenses_are_the_site_and_satellite_licenses_that_one_has_a_right_to(world: World) -> None:
    site, satellite, seat = world.license(kind="site"), world.license(kind="satellite"), world.license()
    user = world.user(admin_allocations=[site, seat], view_allocations=[satellite])
    with world.log_on(user) as session:
        assert ids(ask(session, "feature-licenses")) == [site]
        assert ids(ask(session, "feature-licenses", rightsFilter="view")) == sorted([site, satellite])
        assert ask(session, f"feature-licenses/{satellite}").status_code == 403
        assert ask(session, f"feature-licenses/{satellite}", rightsFilter="view").status_code == 200
        assert ask(session, f"feature-licenses/{seat}").status_code == 403
    with world.log_on(world.user(admin_allocations="all")) as session:
        assert ask(session, f"feature-licenses/{satellite}").status_code == 200
        assert ask(session, f"feature-licenses/{seat}").status_code == 404


@pytest.mark.icws("5.4 select")
def test_a_feature_license_has_nothing_but_its_identity(world: World) -> None:
    name = world.license(kind="site")
    with administrator_of(world, name) as session:
        for select in ("*", "configurationId", "configurationId.uri"):
            (item,) = items(ask(session, "feature-licenses", select=select))
            assert item == {"configurationId": identity("feature-licenses", name, name)}


OF_BOTH = {
    "licenseActive",
    "hasClientAccess",
    "mediaLevel",
    "interactionProcessAutomationType",
    "additionalLicenses",
}


@pytest.mark.icws(
    "5.5 licenseProperties.licenseActive",
    "5.5 licenseProperties.allocationType",
    "5.5 licenseProperties.additionalLicenses",
    "5.5 allocationType: assignable 0",
    "5.5 allocationType: concurrent 1",
    "5.5 {id}: select",
)
def test_a_user_has_his_profile_and_his_licenses_by_name(world: World, people: People) -> None:
    second, first = sorted((world.license(), world.license(display_name="Shift Desk")), reverse=True)
    plain, shared = world.user(second, first), world.user(first, method="concurrent", enabled=False)
    for login, licenses, active, method in ((plain, [first, second], True, 0), (shared, [first], False, 1)):
        properties = ask(people.session, f"users/{login}", select="*").json()["licenseProperties"]
        assert set(properties) == OF_BOTH | {"allocationType"}
        assert [each["id"] for each in properties["additionalLicenses"]] == licenses
        assert (properties["licenseActive"], properties["allocationType"]) == (active, method)
        assert properties["additionalLicenses"][0]["uri"] == f"/configuration/license-allocations/{first}"


@pytest.mark.icws("5.6 licenseProperties.licenseActive", "5.6 licenseProperties.additionalLicenses", "5.6 {id}: select")
def test_a_station_has_licenses_of_its_own_and_no_method(world: World, people: People) -> None:
    license_ = world.license(display_name="Shift Desk")
    station, silent = world.station(license_), world.station(license_, enabled=False)
    for name, active in ((station, True), (silent, False)):
        properties = ask(people.session, f"stations/{name}", select="*").json()["licenseProperties"]
        assert set(properties) == OF_BOTH | {"hasBasicStationLicense", "hasRecorderAccess"}
        assert properties["licenseActive"] is active
        assert properties["additionalLicenses"] == [identity(ALLOCATIONS, license_, "Shift Desk")]


@pytest.mark.icws("5.5 select", "5.6 select")
@pytest.mark.parametrize("kind", ["users", "stations"])
def test_a_list_shows_the_licenses_of_each_of_its_objects(world: World, people: People, kind: str) -> None:
    license_ = world.license()
    has, has_not, _ = people.names[kind]
    assign = world.assign if kind == "users" else world.assign_station
    assign(has, license_)
    shown = {item["configurationId"]["id"]: item for item in items(people.ask(kind, select="licenseProperties"))}
    assert license_ in [each["id"] for each in shown[has]["licenseProperties"]["additionalLicenses"]]
    assert shown[has_not]["licenseProperties"]["additionalLicenses"] == []


@pytest.mark.icws("5.2 select of a nested member, with a dot")
def test_a_member_of_a_property_is_selected_with_a_dot(people: People) -> None:
    login = people.names["users"][1]
    identified = {"configurationId": identity("users", login, people.display_names[1])}

    def selected(select: str) -> dict[str, Any]:
        (item,) = items(ask(people.session, "users", select=select, where=f"configurationId.id eq {login}"))
        assert item == ask(people.session, f"users/{login}", select=select).json()
        return item

    assert selected("licenseProperties.mediaLevel") == {**identified, "licenseProperties": {"mediaLevel": 0}}
    two = "licenseProperties.mediaLevel, licenseProperties.licenseActive"
    assert selected(two) == {**identified, "licenseProperties": {"mediaLevel": 0, "licenseActive": True}}
    assert set(selected(f"{two},licenseProperties")["licenseProperties"]) == OF_BOTH | {"allocationType"}
    assert selected("licenseProperties.mediaTypes") == identified, "it is null, and null is left out"
    assert selected("configurationId.id") == identified


def test_nothing_is_inherited_and_to_ask_for_what_is_changes_nothing(people: People) -> None:
    path = f"users/{people.names['users'][0]}"
    asked = {"actualValues": "true", "inheritedValues": "true", "singlePropertyInheritedFrom": "licenseProperties"}
    answer = ask(people.session, path, select="*", **asked)
    assert (answer.status_code, answer.json()) == (200, ask(people.session, path, select="*").json())
