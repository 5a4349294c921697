"""The representations of the wire (contract 2, 4), read and written.

What comes in: every member is optional and of any type in its shape, and is checked here by hand, because the answer
must name the member that is missing or wrong (contract 1.4) and a decoder's error is text. Unknown members are
ignored. A body is read as JSON whatever its Content-Type says (contract 1.6).
"""

import re
from typing import Annotated, Any, Final, Literal, TypeVar
from uuid import UUID

from msgspec import UNSET, DecodeError, Meta, MsgspecError, Struct, UnsetType
from msgspec.json import Decoder

from seatkeeper.icws.errors import invalid, malformed, missing
from seatkeeper.licensing.commands import Stage, StageFailureAction
from seatkeeper.licensing.entities import LicenseName
from seatkeeper.licensing.verdicts import Status

S = TypeVar("S")

NotAnObject = list[Any] | str | int | float | bool | None
NotAList = dict[str, Any] | str | int | float | bool | None

MAX_NAMES: Final = 1000
"""License names in one request, all stages together. Ours: there are fewer licenses, and one request must not hold
up everybody else's."""

MAX_TEXT: Final = 256
"""Characters of a name that is kept: license, stage, application, station, remote number. Ours."""

_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # all that Unicode has, and ever will
_GUID: Final = re.compile(r"(\{)?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?(1)\})")


class LicenseList(Struct, rename="camel"):
    """`licenseList`, of licenses and of the subscription to them (contract 3.5, 4)."""

    license_list: object = UNSET


class StageOperation(Struct, rename="camel"):
    """One stage (contract 4.1)."""

    stage_name: object = UNSET
    stage_failure_action: object = UNSET
    license_list: object = UNSET


class StageOperations(Struct, rename="camel"):
    """`licenseStageOperations` (contract 4.1)."""

    license_stage_operation_list: list[StageOperation | NotAnObject] | NotAList | UnsetType = UNSET


class _RightStage(Struct, rename="camel"):
    """A stage as it should be. Reading all at once what is right takes half the time of checking it by hand."""

    stage_name: Annotated[str, Meta(max_length=MAX_TEXT)]
    stage_failure_action: Literal[0, 1]
    license_list: Annotated[list[Annotated[str, Meta(max_length=MAX_TEXT)]], Meta(min_length=1, max_length=MAX_NAMES)]


class _RightStages(Struct, rename="camel"):
    license_stage_operation_list: Annotated[list[_RightStage], Meta(min_length=1)]


_FAILURE_ACTIONS: Final = (StageFailureAction.CONTINUE, StageFailureAction.ABORT)
_right_stages: Final = Decoder(_RightStages)
license_list: Final[Decoder[LicenseList | NotAnObject]] = Decoder(LicenseList | NotAnObject)
stage_operations: Final[Decoder[StageOperations | NotAnObject]] = Decoder(StageOperations | NotAnObject)


def read(decoder: Decoder[S | NotAnObject], body: bytes) -> S:
    """The object in a body. Raises `Failure` 400 where there is none."""
    if not body.strip():
        raise malformed("The body is empty; a JSON object is expected.")
    try:
        value = decoder.decode(body)
    except DecodeError as error:
        raise malformed("The body cannot be read: {error}.", error=str(error)) from None
    except UnicodeDecodeError as error:
        raise malformed(
            "The body is not UTF-8: {error} at byte {place}.", error=error.reason, place=error.start
        ) from None
    except RecursionError:
        raise malformed("The body is nested too deeply.") from None
    if value is None or isinstance(value, (list, str, int, float)):
        raise malformed("The body must be a JSON object.")
    return value


def text(value: object, name: str, place: str = "", *, limit: int = MAX_TEXT) -> str:
    """A required string of at most `limit` characters."""
    if value is UNSET:
        raise missing(name, place)
    if not isinstance(value, str):
        raise invalid(name, "must be a string", place)
    if len(value) > limit:
        raise invalid(name, "must not be longer than {most} characters", place, most=limit)
    return value


def shown_text(value: object, name: str) -> str:
    """A required string that operators are shown, so without control characters, which could garble a terminal."""
    shown = text(value, name)
    if _CONTROL_CHARACTER.search(shown) is not None:
        raise invalid(name, "must not contain control characters")
    return shown


def name_text(value: object, name: str) -> str:
    """A required string that operators are shown and that is not blank."""
    named = shown_text(value, name)
    if not named.strip():
        raise invalid(name, "must not be blank")
    return named


def optional_text(value: object, name: str) -> str | None:
    """A string that operators are shown and that may be absent or null."""
    return None if value is UNSET or value is None else shown_text(value, name)


def flag(value: object, name: str) -> bool:
    """A boolean that may be absent or null, which is as false."""
    if value is UNSET or value is None:
        return False
    if not isinstance(value, bool):
        raise invalid(name, "must be true or false")
    return value


def guid(value: object, name: str) -> UUID:
    """A required GUID: hexadecimal digits in five groups, in braces or not."""
    spelled = text(value, name)
    if _GUID.fullmatch(spelled) is None:
        raise invalid(name, "must be a GUID such as {example}", example="0f8fad5b-d9cb-469f-a165-70867728950e")
    return UUID(spelled)


def names(value: object, place: str = "") -> list[str]:
    """A required `licenseList`: one or more strings, in order and as spelled. A name nobody knows is no error."""
    if value is UNSET:
        raise missing("licenseList", place)
    if not isinstance(value, list) or not value:
        raise invalid("licenseList", "must be a list of one or more license names", place)
    if len(value) > MAX_NAMES:
        raise _too_many(place)
    for name in value:
        if not isinstance(name, str) or len(name) > MAX_TEXT:
            raise invalid("licenseList", "must hold only strings of at most {most} characters", place, most=MAX_TEXT)
    return value


def read_names(body: bytes) -> tuple[str, ...]:
    """The names of a body that is a license list."""
    return tuple(names(read(license_list, body).license_list))


def read_licenses(body: bytes, owner: str) -> tuple[LicenseName, ...]:
    """The licenses of a body that is a license list; ICWS names those of one owner by bare name."""
    return tuple([LicenseName(owner, name) for name in names(read(license_list, body).license_list)])


def read_stages(body: bytes, owner: str) -> tuple[Stage, ...]:
    """The stages of a body that is `licenseStageOperations`; all three members of a stage are required."""
    try:
        right = _right_stages.decode(body).license_stage_operation_list
    except (MsgspecError, UnicodeDecodeError, RecursionError):  # what is wrong with it is found out by hand
        stages = _stages_by_hand(body, owner)
    else:
        stages = tuple(
            [
                Stage(
                    name=stage.stage_name,
                    on_failure=_FAILURE_ACTIONS[stage.stage_failure_action],
                    licenses=tuple([LicenseName(owner, name) for name in stage.license_list]),
                )
                for stage in right
            ]
        )
    if sum([len(stage.licenses) for stage in stages]) > MAX_NAMES:
        raise _too_many("")
    return stages


def _stages_by_hand(body: bytes, owner: str) -> tuple[Stage, ...]:
    operations = read(stage_operations, body).license_stage_operation_list
    if operations is UNSET:
        raise missing("licenseStageOperationList")
    if not isinstance(operations, list) or not operations:
        raise invalid("licenseStageOperationList", "must be a list of one or more stages")
    return tuple([_stage(operation, index, owner) for index, operation in enumerate(operations)])


def _stage(operation: StageOperation | NotAnObject, index: int, owner: str) -> Stage:
    place = f"licenseStageOperationList[{index}]."
    if not isinstance(operation, StageOperation):
        raise invalid("licenseStageOperationList", "must hold only objects, but {item} is none", item=f"[{index}]")
    return Stage(
        name=text(operation.stage_name, "stageName", place),
        on_failure=_failure_action(operation.stage_failure_action, place),
        licenses=tuple([LicenseName(owner, name) for name in names(operation.license_list, place)]),
    )


def _failure_action(value: object, place: str) -> StageFailureAction:
    if value is UNSET:
        raise missing("stageFailureAction", place)
    if type(value) is int and value in {0, 1}:
        return _FAILURE_ACTIONS[value]
    raise invalid("stageFailureAction", "must be 0 (continue) or 1 (abort)", place)


def _too_many(place: str) -> Exception:
    return invalid("licenseList", "must not name more than {most} licenses in one request", place, most=MAX_NAMES)


class LicenseOperationResult(Struct, rename="camel"):
    """What came of one license; all members are required and not null (contract 4.1)."""

    license_name: str
    is_available: bool
    license_status: Status
    error_details: str


class LicenseOperationResults(Struct, rename="camel"):
    """What came of a list of licenses."""

    license_operation_result_list: list[LicenseOperationResult]


class LicenseStageResult(Struct, rename="camel"):
    """What came of one stage; the member is `result`, singular, and holds an array (contract 4.1)."""

    stage_name: str
    result: list[LicenseOperationResult]


class LicenseStageOperationResults(Struct, rename="camel"):
    """What came of the stages that were tried."""

    license_stage_operation_result_list: list[LicenseStageResult]
