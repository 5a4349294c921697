"""The seed `license-allocations`, statement by statement, over the wire: what each count means, whatever is done."""

import time
from collections.abc import Iterator

import pytest

from tests.icws.client import DEADLINE, Session
from tests.icws.configuration import ALLOCATIONS, COUNTS, administrator_of, ask, counts, items
from tests.icws.world import World
from tests.server_process import start_server


class Watch:
    """Looks at the counts of one license, and says which have changed since it looked last."""

    def __init__(self, session: Session, license_: str) -> None:
        self._session = session
        self._license = license_
        self._before = counts(session, license_)

    def moved(self) -> dict[str, int]:
        """By how much each count has moved. The list says the same as the single object."""
        after = counts(self._session, self._license)
        (listed,) = items(ask(self._session, ALLOCATIONS, select="*", licenseAppliesTo=3))
        assert {name: listed[name] for name in COUNTS} == after
        before, self._before = self._before, after
        return {name: after[name] - before[name] for name in COUNTS if after[name] != before[name]}


@pytest.mark.icws(
    "5.1 assignableAllowedCount",
    "5.1 concurrentAllowedCount",
    "5.1 totalCount",
)
def test_the_allowed_counts_are_what_was_purchased(world: World) -> None:
    name = world.license(assignable_seats=3, concurrent_seats=0)
    with administrator_of(world, name) as session:
        watch = Watch(session, name)
        assert counts(session, name) == dict.fromkeys(COUNTS, 0) | {"assignableAllowedCount": 3, "totalCount": 3}
        world.apply("licenses", {"name": name, "assignable_seats": 5, "concurrent_seats": 4})
        assert watch.moved() == {"assignableAllowedCount": 2, "concurrentAllowedCount": 4, "totalCount": 6}


@pytest.mark.icws(
    "5.1 appliedUserCount",
    "5.1 assignableConfiguredCount",
    "5.1 totalAppliedCount",
    "5.1 counts follow assigning, enabling, acquiring and releasing",
)
def test_assignable_licenses_of_users_count_while_they_are_assigned(world: World) -> None:
    name = world.license()
    user = world.user()
    with administrator_of(world, name) as session, world.log_on(user) as client:
        watch = Watch(session, name)
        world.assign(user, name)
        assert watch.moved() == {"appliedUserCount": 1, "assignableConfiguredCount": 1, "totalAppliedCount": 1}
        assert client.status(name) == 2
        assert watch.moved() == {}, "to use an assigned license takes no further seat"
        client.log_off()
        assert watch.moved() == {}, "nor does leaving give it back"
        world.unassign(user, name)
        assert watch.moved() == {"appliedUserCount": -1, "assignableConfiguredCount": -1, "totalAppliedCount": -1}


@pytest.mark.icws("5.1 appliedStationCount", "5.1 assignableConfiguredCount", "5.1 totalAppliedCount")
def test_assignable_licenses_of_stations_count_while_they_are_assigned(world: World) -> None:
    name = world.license()
    station = world.station()
    with administrator_of(world, name) as session, world.log_on(world.user()) as client:
        watch = Watch(session, name)
        world.assign_station(station, name)
        assert watch.moved() == {"appliedStationCount": 1, "assignableConfiguredCount": 1, "totalAppliedCount": 1}
        assert client.sit_at(station).status_code == 200
        assert client.status(name) == 2
        assert watch.moved() == {}, "to sit down and use it takes no further seat"
        world.unassign_station(station, name)
        assert watch.moved() == {"appliedStationCount": -1, "assignableConfiguredCount": -1, "totalAppliedCount": -1}
        assert client.status(name) == 3


@pytest.mark.icws("5.1 an assignment that is not enabled does not count")
@pytest.mark.parametrize(
    ("kind", "key", "count"), [("users", "login", "appliedUserCount"), ("stations", "name", "appliedStationCount")]
)
def test_only_what_is_enabled_counts(world: World, kind: str, key: str, count: str) -> None:
    name = world.license()
    holder = world.user(name, enabled=False) if kind == "users" else world.station(name, enabled=False)
    one = {count: 1, "assignableConfiguredCount": 1, "totalAppliedCount": 1}
    with administrator_of(world, name) as session:
        assert counts(session, name)["totalAppliedCount"] == 0
        watch = Watch(session, name)
        world.apply(kind, {key: holder, "enabled": True})
        assert watch.moved() == one
        world.apply(kind, {key: holder, "enabled": False})
        assert watch.moved() == dict.fromkeys(one, -1)


@pytest.mark.icws("5.1 concurrentConfiguredCount", "5.1 totalAppliedCount")
def test_concurrent_licenses_count_as_configured_while_they_are_assigned(world: World) -> None:
    name = world.license(concurrent_seats=1)
    first, second = world.user(method="concurrent"), world.user(method="concurrent")
    with administrator_of(world, name) as session:
        watch = Watch(session, name)
        world.assign(first, name)
        world.assign(second, name)
        assert watch.moved() == {"concurrentConfiguredCount": 2, "totalAppliedCount": 2}, "more than were bought"
        world.apply("users", {"login": second, "enabled": False})
        assert watch.moved() == {"concurrentConfiguredCount": -1, "totalAppliedCount": -1}
        world.unassign(first, name)
        assert watch.moved() == {"concurrentConfiguredCount": -1, "totalAppliedCount": -1}


@pytest.mark.icws("5.1 concurrentInUseCount", "5.1 counts follow assigning, enabling, acquiring and releasing")
def test_concurrent_licenses_are_in_use_once_for_each_user(world: World) -> None:
    name = world.license()
    first, second = world.user(name, method="concurrent"), world.user(name, method="concurrent")
    with (
        administrator_of(world, name) as session,
        world.log_on(first) as client,
        world.log_on(first, application="Supervisor", address="127.0.0.2") as again,
        world.log_on(second) as other,
    ):
        watch = Watch(session, name)
        assert client.status(name) == 2
        assert watch.moved() == {"concurrentInUseCount": 1}
        assert again.status(name) == 2
        assert watch.moved() == {}, "the same user in another session shares it"
        assert other.status(name) == 2
        assert watch.moved() == {"concurrentInUseCount": 1}
        assert client.call("DELETE", "licenses").status_code == 204
        assert watch.moved() == {}, "the other session of the user still has it"
        assert again.call("PUT", "licenses", {"licenseList": ["I3_NOT_THERE"]}).status_code == 200
        assert watch.moved() == {"concurrentInUseCount": -1}, "replaced by others"
        world.end_session(other)
        assert watch.moved() == {"concurrentInUseCount": -1}, "ended"


@pytest.mark.icws("5.1 concurrentInUseCount")
def test_a_concurrent_license_that_is_unassigned_stays_in_use_until_it_is_released(world: World) -> None:
    name = world.license()
    user = world.user(name, method="concurrent")
    with administrator_of(world, name) as session, world.log_on(user) as client:
        client.acquire(name)
        watch = Watch(session, name)
        world.unassign(user, name)
        assert watch.moved() == {"concurrentConfiguredCount": -1, "totalAppliedCount": -1}
        client.log_off()
        assert watch.moved() == {"concurrentInUseCount": -1}


@pytest.mark.icws("5.1 assignableConfiguredCount", "5.1 concurrentConfiguredCount", "5.1 concurrentInUseCount")
def test_a_change_of_method_moves_what_is_assigned_and_what_is_held(world: World) -> None:
    name = world.license()
    user = world.user(name)
    with administrator_of(world, name) as session, world.log_on(user) as client:
        client.acquire(name)
        watch = Watch(session, name)
        there = {
            "appliedUserCount": -1,
            "assignableConfiguredCount": -1,
            "concurrentConfiguredCount": 1,
            "concurrentInUseCount": 1,
        }
        world.apply("users", {"login": user, "method": "concurrent"})
        assert watch.moved() == there
        world.apply("users", {"login": user, "method": "assignable"})
        assert watch.moved() == {count: -moved for count, moved in there.items()}


@pytest.mark.icws("5.1 assignableAllowedCount")
def test_an_expired_license_keeps_its_counts(world: World) -> None:
    name = world.license()
    world.user(name)
    with administrator_of(world, name) as session:
        watch = Watch(session, name)
        world.apply("licenses", {"name": name, "expires": "2020-12-31"})
        assert watch.moved() == {}


@pytest.mark.icws("5.1 assignableAllowedCount", "5.1 assignableConfiguredCount")
def test_seats_lowered_below_what_is_assigned_show_more_assigned_than_purchased(world: World) -> None:
    name = world.license(assignable_seats=3)
    world.user(name)
    world.user(name)
    with administrator_of(world, name) as session:
        watch = Watch(session, name)
        world.apply("licenses", {"name": name, "assignable_seats": 1}, allow_overcommit=True)
        assert watch.moved() == {"assignableAllowedCount": -2, "totalCount": -2}
        assert counts(session, name)["assignableConfiguredCount"] == 2


@pytest.mark.icws("5.1 concurrentInUseCount", "5.1 counts follow assigning, enabling, acquiring and releasing")
def test_a_session_that_expires_gives_back_what_was_in_use(impatient: World) -> None:
    name = impatient.license()
    user = impatient.user(name, method="concurrent")
    with administrator_of(impatient, name) as session, impatient.log_on(user) as client:
        assert client.status(name) == 2
        deadline = time.monotonic() + DEADLINE
        while counts(session, name)["concurrentInUseCount"] and time.monotonic() < deadline:
            time.sleep(0.1)
        assert counts(session, name)["concurrentInUseCount"] == 0


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server whose sessions expire after three seconds."""
    env = {"SEATKEEPER_ICWS_IDLE_TIMEOUT": "3"}
    with start_server(tmp_path_factory.mktemp("impatient") / "data", env=env) as server:
        world = World(server)
        yield world
        world.close()


@pytest.mark.icws("5.1 counts cannot be changed by PUT or POST")
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
def test_counts_are_read_only(world: World, method: str) -> None:
    name = world.license()
    with administrator_of(world, name) as session:
        before = counts(session, name)
        for path in (ALLOCATIONS, f"{ALLOCATIONS}/{name}"):
            answer = session.call(method, f"configuration/{path}", {"assignableAllowedCount": 1000})
            assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
        assert counts(session, name) == before
