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
    for assignment in sorted(image.assignments.values(), key=attrgetter("id")):
        append(image.assigned_to, assignment.holder, assignment.license_id)
    for holder, owner_key in image.profiles:
        append(image.profiled, holder, owner_key)


def put_users(image: Image, loaded: dict[str, dict[Any, Any]]) -> None:
    """Put users that have been read into an image, with all that is theirs, by table of the state.

    In the order of the tables: users and sessions last, so that whoever looks one up meanwhile finds it with all that
    is its own, or not at all.
    """
    for session_id, license_id in loaded["holds"]:
        append(image.held_by, session_id, license_id)
    for holder, license_id in loaded["assignments"]:
        append(image.assigned_to, holder, license_id)
    for holder, owner_key in loaded["profiles"]:
        append(image.profiled, holder, owner_key)
    for session in loaded["sessions"].values():
        append(image.sessions_of, session.user_id, session.id)
    for user in loaded["users"].values():
        if user.deleted_at is None:
            image.user_ids[fold(user.login)] = user.id
    for name, rows in loaded.items():
        getattr(image, name).update(rows)


def append(index: dict[Any, tuple[Any, ...]], key: Any, found: Any) -> None:  # noqa: ANN401 - an index of any key
    """Let an index find one more by this key, behind those that it finds already."""
    index[key] = (*index.get(key, ()), found)
