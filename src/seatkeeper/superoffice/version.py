"""`GET /api`: which version of the API is here (contract 1.1)."""

from importlib.metadata import version as installed
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from seatkeeper.licensing.sentences import say
from seatkeeper.superoffice.pages import told
from seatkeeper.superoffice.urls import application_url
from seatkeeper.superoffice.wire.cultures import Spoken

# The version of the vendor's server whose methods these are, and the day on which its client package came out.
_NETSERVER: Final = "12.4.0.0"
_NETSERVER_DATE: Final = "2026-09-22"


async def version(request: Request) -> Response:
    """GET /api: the version, without credentials, for people unless JSON is asked for."""
    ours = f"Seatkeeper {installed('seatkeeper')}"
    what = say("{name}, a license server with the License agent of NetServer {version}", name=ours, version=_NETSERVER)
    facts = {
        "v1": f"{application_url(request)}/api/v1/",
        "Version": "v1",
        "NetServerVersion": _NETSERVER,
        "NetServerAssembly": _NETSERVER,
        "NetServerDate": _NETSERVER_DATE,
        "NetServerLabel": ours,
        "NetServer": Spoken.of(request.headers).said(what),
        "Services": "Services87",
        "ServicesCurrent": "Services88",
        "Documentation": "",
    }
    return told(request, say("The SuperOffice API of {name}", name=ours), facts, for_people=True)
