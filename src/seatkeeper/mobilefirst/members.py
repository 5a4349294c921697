"""The members of a JSON body, each found by its name or told as what is wrong with it."""

from collections.abc import Mapping

from seatkeeper.mobilefirst.errors import invalid_payload


def text_member(members: Mapping[str, object], name: str, within: str = "") -> str:
    """A member that must be there and be a text; what the text may be is for the rules.

    `within`: what the message puts before its name, as in `applicationKey.`. Raises Failure 400.
    """
    text = members.get(name)
    if text is None:
        raise invalid_payload("{member} is missing.", member=f"{within}{name}")
    if not isinstance(text, str):
        raise invalid_payload("{member} must be a text.", member=f"{within}{name}")
    return text


def optional_text_member(members: Mapping[str, object], name: str) -> str | None:
    """A member that may be missing or null, then None. Raises Failure 400 for one that is no text."""
    return None if members.get(name) is None else text_member(members, name)
