"""Which resource a path names. Looked up, not tried in order: a router's patterns were a twentieth of a request."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from seatkeeper.icws.resource import Resource

_BLANK: Final = re.compile(r"(?P<before>.*/)\{(?P<name>\w+)\}")
_REST: Final = "id"
"""The blank that takes the rest of a path, whatever it is: paths are matched when they are decoded, and the name of an
object may hold slashes. Others take one segment."""


class Found(NamedTuple):
    """A resource, and what stands in the blanks of its path."""

    resource: Resource
    parameters: Mapping[str, str]


class _Open(NamedTuple):
    """A resource whose path ends with a blank."""

    before: str
    name: str
    resource: Resource

    def match(self, path: str) -> str | None:
        """What stands in the blank, or None where this is another path."""
        if not path.startswith(self.before):
            return None
        given = path[len(self.before) :]
        return given if self.name == _REST or (given and "/" not in given) else None


class _Places:
    """Resources by the paths that name them."""

    def __init__(self) -> None:
        self._whole: dict[str, Resource] = {}
        self._open: list[_Open] = []

    def add(self, path: str, resource: Resource) -> None:
        blank = _BLANK.fullmatch(path)
        if blank is None:
            self._whole[path] = resource
        else:
            self._open.append(_Open(blank["before"], blank["name"], resource))

    def find(self, path: str, parameters: dict[str, str]) -> Found | None:
        """The resource of this path; what stands in a blank comes to the `parameters`."""
        whole = self._whole.get(path)
        if whole is not None:
            return Found(whole, parameters)
        for each in self._open:
            given = each.match(path)
            if given is not None:
                return Found(each.resource, {**parameters, each.name: given})
        return None


class Directory:
    """The resources of the API, by their paths behind `/icws/`."""

    def __init__(self) -> None:
        self._own = _Places()
        self._of_sessions = _Places()

    def add(self, path: str, resource: Resource, *, sessionless: bool) -> None:
        """A resource; unless it is `sessionless`, its path begins with a session's id, which `path` leaves out."""
        (self._own if sessionless else self._of_sessions).add(path, resource)

    def find(self, path: str) -> Found | None:
        """The resource of a path, with the `session_id` where it has one; None where nothing is there."""
        session_id, slash, rest = path.partition("/")
        if session_id and slash:
            found = self._of_sessions.find(rest, {"session_id": session_id})
            if found is not None:
                return found
        return self._own.find(path, {})
