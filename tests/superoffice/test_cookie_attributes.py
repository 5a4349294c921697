"""Where browsers may send the cookies of a log-in."""

import pytest
from starlette.requests import Request

from seatkeeper.superoffice.cross_origin import cookie_attributes


@pytest.mark.parametrize(
    ("scheme", "allowed", "attributes"),
    [
        ("http", (), "SameSite=Lax"),
        ("http", ("https://desk.example",), "SameSite=Lax"),  # browsers believe None over TLS only
        ("https", (), "Secure; SameSite=Lax"),
        ("https", ("https://desk.example",), "Secure; SameSite=None; Partitioned"),
    ],
)
@pytest.mark.parametrize(("application", "path"), [("", "/"), ("/SuperOffice", "/SuperOffice")])
def test_a_cookie_stays_below_its_application_and_crosses_sites_only_where_one_is_allowed(
    scheme: str, allowed: tuple[str, ...], attributes: str, application: str, path: str
) -> None:
    scope = {
        "type": "http",
        "method": "POST",
        "scheme": scheme,
        "server": ("crm.example", 443),
        "path": f"{application}/Login",
        "root_path": application,
        "query_string": b"",
        "headers": [],
    }
    assert cookie_attributes(Request(scope), allowed) == f"; Path={path}; {attributes}"
