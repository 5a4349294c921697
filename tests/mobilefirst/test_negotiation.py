"""Which of the media types that an operation produces its client is answered in (contract 5.2)."""

import pytest
from starlette.types import Scope

from seatkeeper.mobilefirst.negotiation import CSV, JSON, STRUCTURED, TEXT, TEXT_XML, XML, accepted

PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=1.0.0;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/*", TEXT_XML),
        ("application/xml", XML),
        ("TEXT/XML", TEXT_XML),
        ("text/html, application/xml;q=0.9, */*;q=0.8", XML),
        ("application/xml, application/json", JSON),
        ("application/xml, application/json;q=0.9", XML),
        ("application/json;q=0, */*", XML),
        ("application/*;q=0.5, */*;q=0.9", TEXT_XML),
        ("application/json;q=0.1, text/xml; charset=utf-8 ; Q=0.2", TEXT_XML),
        ("application/openmetrics-text, */*;q=0.1", JSON),
        ("application/json;q=nonsense", JSON),
        ("application/json;q=nan", JSON),
        ("application/json;q=7", JSON),
        (", ,application/xml,", XML),
        ("text/html", None),
        ("text/html, application/pdf;q=0.1", None),
        ("*/*;q=0", None),
        ("application/json;q=0", None),
        ("json", None),
    ],
)
def test_the_best_liked_type_is_chosen_and_the_first_of_those_liked_alike(accept: str | None, chosen: str) -> None:
    headers = [] if accept is None else [accept]
    assert accepted(_scope(*headers), STRUCTURED) == chosen


def test_several_headers_are_one() -> None:
    assert accepted(_scope("text/html", "text/xml;q=0.1"), STRUCTURED) == TEXT_XML


def test_prometheus_is_answered_in_text() -> None:
    assert accepted(_scope(PROMETHEUS), (TEXT,)) == TEXT


def test_what_has_no_form_in_xml_is_not_given_in_it() -> None:
    assert accepted(_scope("application/xml"), (JSON, CSV)) is None
    assert accepted(_scope("text/csv, application/json;q=0.5"), (JSON, CSV)) == CSV


def _scope(*accept: str) -> Scope:
    """As much of a request as these `Accept` headers are."""
    return {"headers": [(b"accept", each.encode()) for each in accept]}
