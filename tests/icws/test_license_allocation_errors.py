"""The seed `license-allocations`, statement by statement, over the wire: how it is said what went wrong."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from tests.icws.client import DEADLINE, Session
from tests.icws.configuration import ALLOCATIONS, MALFORMED, ask, error_id
from tests.icws.world import World
from tests.server_process import start_server


@pytest.mark.icws("5.3 error.request.invalidRepresentation.malformed")
@pytest.mark.parametrize(
    "parameters",
    [
        {"where": "totalCount"},
        {"where": "totalCount eq"},
        {"where": "totalCount eq many"},
        {"where": "totalCount eq 1.0"},
        {"where": ",".join(["totalCount eq 1"] * 101)},
        {"where": "configurationId.displayName eq Desk, Night"},
        {"orderBy": "configurationId.id asc, configurationId.displayName desc"},
        {"licenseAppliesTo": "4"},
        {"licenseAppliesTo": "users"},
        {"licenseAppliesTo": "-1"},
    ],
)
def test_an_invalid_parameter_value_is_400_malformed(session: Session, parameters: dict[str, str]) -> None:
    assert error_id(ask(session, ALLOCATIONS, **parameters)) == MALFORMED


@pytest.mark.icws("5.3 error.request.invalidRepresentation.malformed")
def test_a_parameter_that_is_sent_twice_with_two_values_is_400_malformed(session: Session) -> None:
    path = f"configuration/{ALLOCATIONS}?orderBy=configurationId.id&orderBy=configurationId.displayName"
    assert error_id(session.call("GET", path)) == MALFORMED


@pytest.mark.icws("5.3 error.request.configuration.get.selectAll")
@pytest.mark.parametrize("select", ["*,totalCount", "totalCount,*", "*, colour"])
def test_combining_the_wildcard_and_properties_is_not_supported(session: Session, select: str) -> None:
    for path in (ALLOCATIONS, f"{ALLOCATIONS}/I3_NOT_THERE"):
        answer = ask(session, path, select=select)
        assert error_id(answer) == "error.request.configuration.get.selectAll"
        assert "__type" not in answer.json(), "a common error"


LIST_ERROR = "urn:inin.com:configuration:getObjectListError"


@pytest.mark.icws(
    "5.3 error.request.configuration.getObjectList",
    "5.3 getObjectListError.__type",
    "5.3 getObjectListError.errorId",
    "5.3 getObjectListError.message",
    "5.3 getObjectListError.select",
    "5.3 getObjectListError.where",
    "5.3 getObjectListError.rightsFilter",
    "5.3 getObjectListError.orderBy",
)
def test_properties_that_are_not_supported_are_named_all_at_once(session: Session) -> None:
    answer = ask(
        session,
        ALLOCATIONS,
        select="totalCount,colour,size",
        where="weight eq 1,totalCount eq 1,configurationId.uri gt 1",
        rightsFilter="owner",
        orderBy="totalCount upwards",
    )
    assert error_id(answer) == "error.request.configuration.getObjectList"
    error = answer.json()
    message = error.pop("message")
    assert error == {
        "__type": LIST_ERROR,
        "errorId": "error.request.configuration.getObjectList",
        "select": ["colour", "size"],
        "where": ["weight", "configurationId.uri"],
        "rightsFilter": "owner",
        "orderBy": "totalCount",
    }
    assert all(name in message for name in ("colour", "size", "weight", "owner", "totalCount"))


@pytest.mark.icws("5.3 getObjectListError.select")
@pytest.mark.parametrize(
    ("parameter", "value", "told"),
    [
        ("select", "Total", ["Total"]),
        ("where", "Total eq 1", ["Total"]),
        ("rightsFilter", "Total", "Total"),
        ("orderBy", "Total", "Total"),
    ],
)
def test_what_is_supported_is_not_named(session: Session, parameter: str, value: str, told: object) -> None:
    error = ask(session, ALLOCATIONS, **{parameter: value}).json()
    del error["message"]
    wanted = {"__type": LIST_ERROR, "errorId": "error.request.configuration.getObjectList", parameter: told}
    assert error == wanted


@pytest.mark.icws("5.3 error.request.configuration.getObjectList.invalidSortDirection")
def test_a_sort_direction_that_is_not_supported(session: Session) -> None:
    answer = ask(session, ALLOCATIONS, orderBy="configurationId.id upwards")
    assert error_id(answer) == "error.request.configuration.getObjectList.invalidSortDirection"
    assert "upwards" in answer.json()["message"]


@pytest.mark.icws("5.3 error.request.configuration.getObjectList.invalidWhereOperator")
@pytest.mark.parametrize("operator", ["gt", "=", "ew"])
def test_an_operator_that_is_not_supported(session: Session, operator: str) -> None:
    answer = ask(session, ALLOCATIONS, where=f"totalCount {operator} 1")
    assert error_id(answer) == "error.request.configuration.getObjectList.invalidWhereOperator"
    assert operator in answer.json()["message"]


@pytest.mark.icws("5.3 error.request.internalServerError")
def test_an_unexpected_error_is_500(broken: World) -> None:
    with broken.log_on(broken.user()) as session:
        with closing(sqlite3.connect(broken.server.data / "seatkeeper.db")) as database:
            database.execute("ALTER TABLE stations RENAME TO elsewhere")
            answer = ask(session, "stations", rightsFilter="view")
            database.execute("ALTER TABLE elsewhere RENAME TO stations")
        assert (answer.status_code, answer.json()["errorId"]) == (500, "error.request.internalServerError")
        assert "no such table" not in answer.text


@pytest.mark.icws("5.3 error.request.timeout")
def test_a_request_that_times_out_is_500(broken: World) -> None:
    url = urlsplit(broken.url)
    with socket.create_connection((str(url.hostname), int(url.port or 0)), timeout=DEADLINE) as connection:
        head = f"GET /icws/1/configuration/{ALLOCATIONS} HTTP/1.1\r\nHost: server\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode() + b"1\r\n")
        answer = b""
        while b"error.request.timeout" not in answer:
            more = connection.recv(65536)
            assert more, answer
            answer += more
        assert answer.startswith(b"HTTP/1.1 500")


@pytest.mark.icws("5.1 410")
def test_a_resource_that_was_removed_from_the_api_is_410(broken: World) -> None:
    with broken.log_on(broken.user()) as session:
        answer = ask(session, ALLOCATIONS)
        assert answer.status_code == 410
        assert answer.json()["message"]
        assert ask(session, "feature-licenses").status_code == 200, "its neighbours are not"


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server with a resource retired, little patience, and tables that a test may harm."""
    env = {
        "SEATKEEPER_ICWS_RETIRED": f"/configuration/{ALLOCATIONS}",
        "SEATKEEPER_LIMITS_REQUEST_SECONDS": "2",
    }
    with start_server(tmp_path_factory.mktemp("broken") / "data", env=env) as server:
        world = World(server)
        yield world
        world.close()
