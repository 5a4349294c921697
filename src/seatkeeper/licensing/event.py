"""What every event is."""

from typing import ClassVar

from msgspec import Struct


class Event(Struct, frozen=True, kw_only=True, tag_field="kind", gc=False):
    """Anything that happened."""

    VERSION: ClassVar[int] = 1
    PERSONAL: ClassVar[tuple[str, ...]] = ()
