"""Reading the properties of a body, so that all mistakes in them are found and not only the first (contract 5.5)."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, NamedTuple, TypeVar

from msgspec import UNSET, Struct

from seatkeeper.icws.errors import faulty
from seatkeeper.icws.shapes import MAX_TEXT
from seatkeeper.licensing.sentences import Fact, Sentence, say

T = TypeVar("T")


class ErrorType(IntEnum):
    """What is wrong with a property: those of the vendor's `validationErrorType` that occur here."""

    EXISTING_INSTANCE_ID = 2
    REQUIRED_VALUE = 4
    STRING_LENGTH = 6
    VALID_VALUES = 9
    COLLECTION_COUNT = 10
    VALID_FORMAT = 13
    PROPERTY_NOT_APPLICABLE = 31


class ValidationError(Struct, rename="camel"):
    """One property that cannot be set so: `property_value` is the value as text, or a sketch of it."""

    validation_error_type: ErrorType
    property_name: str
    property_value: str


class Mistake(NamedTuple):
    """What is wrong with a property: as the wire has it, and in one sentence."""

    error: ValidationError
    said: Sentence


class Unfit(Exception):
    """A value that a property cannot have. `must` completes the sentence that begins with the property's name."""

    def __init__(self, kind: ErrorType, must: str, /, **facts: Fact) -> None:
        self.must = Sentence(must, facts)
        super().__init__(str(self.must))
        self.kind = kind


def mistake(kind: ErrorType, name: str, value: object, said: Sentence) -> Mistake:
    """A mistake in a property."""
    return Mistake(ValidationError(kind, name, _sketch(value)), said)


def flag(value: object) -> bool:
    """A boolean. Raises Unfit."""
    if not isinstance(value, bool):
        raise Unfit(ErrorType.VALID_FORMAT, "must be true or false")
    return value


def number(highest: int) -> Callable[[object], int]:
    """A reader of the numbers from 0 to `highest`, which raises Unfit."""

    def read_number(value: object) -> int:
        kind = ErrorType.VALID_FORMAT
        if isinstance(value, int) and not isinstance(value, bool):
            if 0 <= value <= highest:
                return value
            kind = ErrorType.VALID_VALUES
        raise Unfit(kind, "must be a whole number from 0 to {highest}", highest=highest)

    return read_number


class Members:
    """The members of an object in a body. One that is absent, null or cannot be read is told as None.

    `given` is the object as decoded; None and UNSET are one without members. What cannot be read is added to
    `mistakes`.
    """

    def __init__(self, name: str, given: object) -> None:
        self.mistakes: list[Mistake] = []
        self._name = name
        self._given: dict[str, Any] = given if isinstance(given, dict) else {}
        if not isinstance(given, dict) and given is not None and given is not UNSET:
            self.mistakes.append(mistake(ErrorType.VALID_FORMAT, name, given, faulty(name, say("must be an object"))))

    def read(self, member: str, reader: Callable[[object], T]) -> T | None:
        """What `reader`, which raises Unfit, makes of a member."""
        value = self._given.get(member)
        return None if value is None else self._read(f"{self._name}.{member}", value, reader)

    def read_ids(self, member: str, *, most: int) -> list[str] | None:
        """The ids of a list of at most `most` configurationIds, of which nothing else is looked at."""

        def items(value: object) -> list[Any]:
            if not isinstance(value, list):
                raise Unfit(ErrorType.VALID_FORMAT, "must be a list of objects, each with its id")
            if len(value) > most:
                raise Unfit(
                    ErrorType.COLLECTION_COUNT,
                    "must not list more than {most}, but lists {count}",
                    most=most,
                    count=len(value),
                )
            return value

        listed = self.read(member, items)
        if listed is None:
            return None
        ids = (
            self._read(f"{self._name}.{member}[{index}].id", item.get("id") if isinstance(item, dict) else None, _id)
            for index, item in enumerate(listed)
        )
        return [id_ for id_ in ids if id_ is not None]

    def _read(self, name: str, value: object, reader: Callable[[object], T]) -> T | None:
        try:
            return reader(value)
        except Unfit as unfit:
            self.mistakes.append(mistake(unfit.kind, name, value, faulty(name, unfit.must)))
            return None


def _id(value: object) -> str:
    if value is None:
        raise Unfit(ErrorType.REQUIRED_VALUE, "is required")
    if not isinstance(value, str):
        raise Unfit(ErrorType.VALID_FORMAT, "must be a text")
    if len(value) > MAX_TEXT:
        raise Unfit(ErrorType.STRING_LENGTH, "must not be longer than {most} characters", most=MAX_TEXT)
    return value


def _sketch(value: object) -> str:
    """A value as text, however large it is."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    if isinstance(value, list):
        return "[...]"
    if isinstance(value, dict):
        return "{...}"
    return str(value)[:MAX_TEXT]
