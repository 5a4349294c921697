"""The descriptor that registers a version of an application (mobilefirst contract 6.3).

Who the application is stands in `applicationKey`. Whatever else a descriptor says is about its security, of which a
license server knows nothing: it is not read.
"""

from collections.abc import Mapping
from typing import Final

from seatkeeper.licensing.deployment import RegisterVersion
from seatkeeper.mobilefirst.errors import invalid_payload
from seatkeeper.mobilefirst.members import optional_text_member, text_member

_KEY: Final = "applicationKey"
_WITHIN: Final = f"{_KEY}."
_NAMES: Final = ("packageName", "bundleId", "assemblyName")
"""The application's name, as Android, iOS and Windows call it."""


def registration(descriptor: Mapping[str, object]) -> RegisterVersion:
    """The change that a descriptor asks for. Raises Failure 400, which names the member that is missing or wrong."""
    key = descriptor.get(_KEY)
    if key is None:
        raise invalid_payload("{member} is missing.", member=_KEY)
    if not isinstance(key, dict):
        raise invalid_payload("{member} must be a JSON object.", member=_KEY)
    return RegisterVersion(
        application=text_member(key, _name_in(key), _WITHIN),
        platform=text_member(key, "clientPlatform", _WITHIN),
        version=text_member(key, "version", _WITHIN),
        display_name=optional_text_member(descriptor, "displayName") or "",
    )


def _name_in(key: Mapping[str, object]) -> str:
    """Which of its members names the application."""
    given = [name for name in _NAMES if key.get(name) is not None]
    if len(given) != 1:
        raise invalid_payload(
            "{member} must name the application by exactly one of {names}.", member=_KEY, names=", ".join(_NAMES)
        )
    return given[0]
