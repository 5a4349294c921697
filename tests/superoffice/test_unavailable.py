"""What is answered where the server itself cannot: contract 7."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import closing

import pytest

from tests.server_process import start_server
from tests.superoffice.client import DEADLINE
from tests.superoffice.world import World


@pytest.fixture(scope="module")
def hampered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server whose database a test may stand in the way of. One command may wait, no more."""
    environment = {"SEATKEEPER_LEDGER_QUEUE": "1"}
    with start_server(tmp_path_factory.mktemp("hampered") / "data", env=environment) as server:
        world = World(server)
        yield world
        world.close()


@pytest.mark.superoffice("7 503 with Retry-After where the ledger takes no commands")
def test_a_server_that_can_take_no_more_is_503_with_retry_after(hampered: World) -> None:
    owner = hampered.owner()
    module = hampered.module(owner, assignable_seats=10)
    associates = [hampered.associate() for _ in range(8)]
    hampered.desk.assigned(owner, hampered.desk.id)  # his password is known from now on
    with (
        closing(sqlite3.connect(hampered.server.data / "seatkeeper.db", isolation_level=None)) as database,
        ThreadPoolExecutor(len(associates)) as pool,
    ):
        database.execute("BEGIN IMMEDIATE")
        asked = [pool.submit(hampered.desk.assign, owner, module, to=each) for each in associates]
        wait(asked, timeout=DEADLINE, return_when=FIRST_COMPLETED)
        database.execute("ROLLBACK")
        answers = [each.result() for each in asked]
    assert {answer.status_code for answer in answers} == {200, 503}, "what waited already is done all the same"
    for answer, associate in zip(answers, associates, strict=True):
        done = answer.status_code == 200
        assert hampered.desk.assigned(owner, associate) == ([module] if done else [])
        if not done:
            assert answer.headers["retry-after"] == "1"
            assert answer.json()["Message"] == "1 requests wait already; try again."


@pytest.mark.superoffice("7 500 never tells what went wrong inside")
def test_what_should_not_happen_is_500_and_tells_nothing_of_the_inside(hampered: World) -> None:
    with closing(sqlite3.connect(hampered.server.data / "seatkeeper.db")) as database:
        database.execute("ALTER TABLE assignments RENAME TO mislaid")
        answer = hampered.desk.post("License/GetUserLicenses", {"AssociateId": hampered.desk.id})
        database.execute("ALTER TABLE mislaid RENAME TO assignments")
    why = "Something went wrong in the server; its log says what."
    assert answer.status_code == 500
    assert answer.json() == {
        "Error": True,
        "ErrorType": "SoServerException",
        "Message": why,
        "ErrorMessage": why,
        "ErrorSource": "Seatkeeper",
    }
    assert "no such table" in hampered.server.tail(), "what it was stands in the log"
