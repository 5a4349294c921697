"""The indexes of an image of which the rows have been read: those of what it has whole."""

from operator import attrgetter
from typing import Any

from seatkeeper.licensing.entities import fold
from seatkeeper.licensing.state import Image


def index_whole(image: Image) -> None:
    """Find licenses, owners, stations, runtimes and applications by name, and what is at each."""
    image.license_ids = {each.key: each.id for each in image.licenses.values()}
    image.owner_ids = {fold(each.name): each.id for each in image.owners.values()}
    image.station_ids = {fold(each.name): each.id for each in image.stations.values()}
    image.runtime_ids = {each.name: each.id for each in image.runtimes.values()}
    image.application_ids = {each.key: each.id for each in image.applications.values()}
    for logon in sorted(image.logons.values(), key=attrgetter("id")):
        if logon.station_id is not None:
            append(image.present, logon.station_id, logon.session_id)
    for application in sorted(image.applications.values(), key=attrgetter("id")):
        append(image.applications_of, application.runtime_id, application.id)
    for transaction in sorted(image.transactions.values(), key=attrgetter("id")):
        if not transaction.status.over:
            append(image.unfinished, transaction.runtime_id, transaction.id)


def append(index: dict[Any, tuple[Any, ...]], key: Any, found: Any) -> None:  # noqa: ANN401 - an index of any key
    """Let an index find one more by this key, behind those that it finds already."""
    index[key] = (*index.get(key, ()), found)
