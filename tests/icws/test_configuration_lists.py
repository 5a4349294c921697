"""What all lists of the configuration have in common: contract 5.2 and 5.3."""

import pytest

from tests.icws.client import Session
from tests.icws.configuration import ALLOCATIONS, KINDS, MALFORMED, People, administrator_of, ask, error_id, ids, items
from tests.icws.world import World


@pytest.mark.icws("5.2 select=configurationId")
def test_to_select_the_configuration_id_alone_is_to_select(people: People) -> None:
    answer = people.ask("users", "items=1-1", select="configurationId")
    assert [list(item) for item in items(answer)] == [["configurationId"]]
    assert answer.headers["content-range"] == "items 1-1/3"


@pytest.mark.icws("5.2 Range is ignored without select")
@pytest.mark.parametrize("ranged", ["items=1-1", "items=99-100", "items=x", "items"])
def test_range_is_ignored_without_select(people: People, ranged: str) -> None:
    for parameters in ({}, {"select": ""}, {"select": " , "}):
        answer = people.ask("users", ranged, **parameters)
        assert (len(items(answer)), answer.headers["content-range"]) == (3, "items 0-2/3")


@pytest.mark.icws("5.2 the status is 200 with Content-Range, never 206")
def test_a_part_of_a_list_is_200(people: People) -> None:
    assert people.ask("users", "items=0-0", select="*").status_code == 200


@pytest.mark.icws("5.2 Content-Range counts the items after rightsFilter, licenseAppliesTo and where")
def test_the_total_counts_what_the_query_leaves(world: World) -> None:
    names = sorted(world.license(applies_to=applies_to) for applies_to in ("both", "both", "both", "users", "users"))
    hidden = world.license()
    world.user(names[0])
    with administrator_of(world, *names) as session:

        def total(**parameters: object) -> str:
            answer = ask(session, ALLOCATIONS, "items=0-0", select="totalCount", **parameters)
            assert answer.status_code == 200
            assert hidden not in answer.text
            return str(answer.headers["content-range"])

        assert total(licenseAppliesTo=3) == "items 0-0/5"
        assert total() == "items 0-0/3"
        assert total(where="appliedUserCount eq 0") == "items 0-0/2"


@pytest.mark.icws("5.2 Content-Range counts the items after rightsFilter, licenseAppliesTo and where")
def test_tokens_of_applications_are_no_license_of_a_contact_centre(world: World) -> None:
    tokens = world.license(applies_to="applications")
    with administrator_of(world, tokens) as session:
        for applies_to in range(4):
            answer = ask(session, ALLOCATIONS, select="*", licenseAppliesTo=applies_to)
            assert (answer.json(), answer.headers["content-range"]) == ({"items": []}, "items 0-0/0")


@pytest.mark.icws("5.2 an empty list is items 0-0/0")
@pytest.mark.parametrize("ranged", [None, "items=0-0", "items=7-9"])
def test_an_empty_list(people: People, ranged: str | None) -> None:
    for select in ("", "*"):
        answer = people.ask("users", ranged, where="configurationId.id eq nobody at all", select=select)
        assert (answer.status_code, answer.json()) == (200, {"items": []})
        assert answer.headers["content-range"] == "items 0-0/0"


@pytest.mark.icws("5.2 a Range that ends beyond the last item is clipped")
@pytest.mark.parametrize("last", ["3", "200", "9" * 18, "9" * 5000])
def test_a_range_that_ends_beyond_the_last_item_is_clipped(people: People, last: str) -> None:
    answer = people.ask("users", f"items=1-{last}", select="*")
    assert (len(items(answer)), answer.headers["content-range"]) == (2, "items 1-2/3")


@pytest.mark.icws("5.2 a Range that begins beyond the last item is 400")
@pytest.mark.parametrize("ranged", ["items=3-3", f"items={'9' * 5000}-{'9' * 5000}"])
def test_a_range_that_begins_beyond_the_last_item_is_400(people: People, ranged: str) -> None:
    answer = people.ask("users", ranged, select="*")
    assert error_id(answer) == MALFORMED
    assert "item 2" in answer.json()["message"], "which the last is"


@pytest.mark.icws("5.2 a malformed Range is 400")
@pytest.mark.parametrize("ranged", ["items", "items=", "items=1", "items=-1", "items=1-", "items=2-1", "items=0-1,2-3"])
def test_a_malformed_range_is_400(people: People, ranged: str) -> None:
    assert error_id(people.ask("users", ranged, select="*")) == MALFORMED


@pytest.mark.icws("5.2 a Range of another unit is ignored")
@pytest.mark.parametrize("ranged", ["bytes=0-0", "pages=1-", "x"])
def test_a_range_of_another_unit_is_ignored(people: People, ranged: str) -> None:
    assert people.ask("users", ranged, select="*").headers["content-range"] == "items 0-2/3"


@pytest.mark.icws("5.2 where compares text without case")
def test_where_compares_text_without_case(people: People) -> None:
    name = people.names["users"][0].upper()
    for condition in (f"eq {name}", f"sw {name}", f"ct {name[3:]}"):
        assert ids(people.ask("users", where=f"configurationId.id {condition}")) == [name.lower()]


@pytest.mark.icws("5.2 where: sw and ct on a number compare its decimal text")
def test_where_takes_numbers_as_numbers_or_as_text(world: World) -> None:
    names = [world.license(assignable_seats=seats, concurrent_seats=0) for seats in (7, 170, 71)]
    with administrator_of(world, *names) as session:

        def where(condition: str) -> list[str]:
            return ids(ask(session, ALLOCATIONS, where=f"totalCount {condition}"))

        assert where("sw 7") == [names[0], names[2]]
        assert where("ct 7") == names
        assert where("ct 17") == [names[1]]
        assert where("eq 7") == where("eq 007") == where("eq +7") == [names[0]]
        assert where("eq -7") == where(f"eq {'7' * 5000}") == []


@pytest.mark.icws("5.2 where: a value may hold blanks")
def test_a_value_may_hold_blanks(people: People) -> None:
    value = people.display_names[0]
    assert " " in value
    for condition in (f"configurationId.displayName eq {value}", f"  configurationId.displayName   eq   {value}  "):
        assert ids(people.ask("users", where=condition)) == [people.names["users"][0]]


@pytest.mark.icws("5.2 equal keys of orderBy are ordered by id")
def test_equal_keys_are_ordered_by_id(world: World) -> None:
    names = sorted(world.license(display_name=text) for text in ("Same", "SAME", "same"))
    with administrator_of(world, *names) as session:
        for direction in ("asc", "desc"):
            assert ids(ask(session, ALLOCATIONS, orderBy=f"configurationId.displayName {direction}")) == names


@pytest.mark.icws("5.2 the admin right implies the view right")
def test_the_admin_right_implies_the_view_right(world: World) -> None:
    name = world.license()
    with administrator_of(world, name) as session:
        assert ids(ask(session, ALLOCATIONS, rightsFilter="view")) == [name]


@pytest.mark.icws("5.2 whoever has no right gets an empty list")
def test_whoever_has_no_right_gets_an_empty_list(world: World, session: Session) -> None:
    world.license(kind="site")
    for kind in (ALLOCATIONS, *KINDS):
        for rights in ("admin", "view"):
            for select in ("", "*"):
                answer = ask(session, kind, rightsFilter=rights, select=select)
                assert (answer.status_code, answer.json()) == (200, {"items": []})
                assert answer.headers["content-range"] == "items 0-0/0"


@pytest.mark.icws("5.3 getObjectError.__type", "5.3 getObjectError.select", "5.3 getObjectError.rightsFilter")
@pytest.mark.parametrize("kind", [ALLOCATIONS, *KINDS])
def test_what_is_not_supported_of_a_single_object_is_named_all_at_once(people: People, kind: str) -> None:
    answer = ask(people.session, f"{kind}/nobody", select="configurationId,colour", rightsFilter="owner", where="x")
    assert error_id(answer) == "error.request.configuration.getObject"
    error = answer.json()
    del error["message"]
    assert error == {
        "__type": "urn:inin.com:configuration:getObjectError",
        "errorId": "error.request.configuration.getObject",
        "select": ["colour"],
        "rightsFilter": "owner",
    }


@pytest.mark.icws("5.3 getObjectListError.select", "5.3 getObjectListError.rightsFilter")
@pytest.mark.parametrize(
    ("kind", "select"),
    [
        ("users", "licenseProperties.hasBasicStationLicense"),
        ("stations", "licenseProperties.allocationType"),
        ("stations", "stationType"),
        ("feature-licenses", "totalCount"),
    ],
)
def test_each_kind_names_what_it_does_not_have(people: People, kind: str, select: str) -> None:
    assert people.ask(kind, select=select).json()["select"] == [select]
    if kind != "users":
        assert people.ask(kind, rightsFilter="loggedInUser").json()["rightsFilter"] == "loggedInUser"


@pytest.mark.icws("5.3 getObjectListError.orderBy")
def test_a_missing_ampersand_is_answered_as_the_parameter_that_it_makes(people: People) -> None:
    path = "configuration/users?orderBy=configurationId.idrightsFilter=admin"
    answer = people.session.call("GET", path)
    assert error_id(answer) == "error.request.configuration.getObjectList"
    assert answer.json()["orderBy"] == "configurationId.idrightsFilter=admin"


@pytest.mark.parametrize("kind", [ALLOCATIONS, *KINDS])
def test_whatever_is_asked_is_answered_or_refused(people: People, kind: str) -> None:
    odd = (
        "",
        " ",
        "%00",
        "%ED%A0%80",
        "%FF",
        "*",
        ",",
        "'",
        "%25",
        "_",
        "9" * 400,
        "%F0%9F%98%80",
        "=",
        "&",
        "a b c d",
    )
    values = [f"configurationId.id {operator} {text}" for operator in ("eq", "sw", "ct") for text in odd] + list(odd)
    for parameter in ("select", "where", "orderBy", "rightsFilter", "licenseAppliesTo"):
        for value in values:
            query = f"{parameter}={value.replace(' ', '%20')}"
            answer = people.session.call("GET", f"configuration/{kind}?{query}")
            assert answer.status_code in {200, 400}, query
            assert ("items" if answer.status_code == 200 else "errorId") in answer.json()
