"""Which page of a list is asked for, and what it says of its place."""

import pytest

from seatkeeper.mobilefirst.paging import Paging, descending, paged, paging_of


@pytest.mark.parametrize(
    ("query", "paging"),
    [
        ({}, Paging(0, 100)),
        ({"pageSize": "7", "offset": "14"}, Paging(14, 7)),
        ({"pageSize": "0"}, Paging(0, 100)),
        ({"pageSize": "-3", "offset": "-3"}, Paging(0, 100)),
        ({"pageSize": "many", "offset": "1.5"}, Paging(0, 100)),
        ({"pageSize": "999999", "offset": "9" * 30}, Paging(0, 1000)),
        ({"pageSize": "٣", "offset": "²"}, Paging(0, 100)),
        ({"bookmark": "bzoxMDA", "offset": "5"}, Paging(100, 100)),
        ({"bookmark": "no bookmark", "offset": "5"}, Paging(0, 100)),
        ({"bookmark": "\ud800ü", "pageSize": "2"}, Paging(0, 2)),
        ({"bookmark": ""}, Paging(0, 100)),
    ],
)
def test_what_cannot_be_read_counts_as_not_said(query: dict[str, str], paging: Paging) -> None:
    assert paging_of(query.get) == paging


@pytest.mark.parametrize("total", [0, 1, 9, 10, 11, 35])
def test_bookmarks_lead_through_the_whole_list_and_back(total: int) -> None:
    starts, bookmark = [], ""
    while True:
        page = paged(paging_of({"pageSize": "10", "bookmark": bookmark}.get), [], total, "8.0")
        starts.append((page.start_index, page.page_number))
        if page.next_page_bookmark is None:
            break
        bookmark = page.next_page_bookmark
    assert starts == [(10 * number, number + 1) for number in range(max(1, -(-total // 10)))]
    back = []
    while page.prev_page_bookmark is not None:
        page = paged(paging_of({"pageSize": "10", "bookmark": page.prev_page_bookmark}.get), [], total, "8.0")
        back.append((page.start_index, page.page_number))
    assert back == starts[-2::-1]


def test_a_page_beyond_the_end_is_empty_and_leads_back() -> None:
    page = paged(Paging(500, 10), [], 12, "8.0")
    assert (page.start_index, page.next_page_bookmark, page.total_list_size) == (12, None, 12)
    assert page.prev_page_bookmark is not None
    assert paging_of({"bookmark": page.prev_page_bookmark}.get).first == 2


def test_a_page_before_a_whole_one_begins_at_the_start() -> None:
    page = paged(Paging(3, 10), [], 30, "8.0")
    assert page.prev_page_bookmark is not None
    assert paging_of({"bookmark": page.prev_page_bookmark}.get).first == 0


@pytest.mark.parametrize(
    ("order", "read"),
    [(None, ("", False)), ("created", ("created", False)), ("-created", ("created", True)), ("-", ("", True))],
)
def test_a_minus_sign_reverses_an_order(order: str | None, read: tuple[str, bool]) -> None:
    assert descending(order) == read
