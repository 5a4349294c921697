"""Long journals are as sound as those that commands write."""

from pathlib import Path

from bench.journals import lengthen, prepared
from bench.worlds import World
from seatkeeper.ledger.check import check_database
from seatkeeper.ledger.engines.sqlite_database import DatabaseFile

WORLD = World(users=9, sessions=2, licenses=5, assigned=4, held=2)


def test_a_check_finds_nothing_wrong_with_a_lengthened_journal(tmp_path: Path) -> None:
    data = prepared(WORLD, 1_000, tmp_path)
    report = check_database(DatabaseFile.in_directory(data))
    assert report.differences == []
    assert report.events in {999, 1_000}


def test_it_is_written_once_and_can_be_lengthened_again(tmp_path: Path) -> None:
    data = prepared(WORLD, 300, tmp_path)
    assert prepared(WORLD, 300, tmp_path) == data
    lengthen(data, 500)
    report = check_database(DatabaseFile.in_directory(data))
    assert report.clean
    assert report.events in {499, 500}
