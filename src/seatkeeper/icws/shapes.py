"""The representations of the wire (contract 2, 4), read and written.

What comes in: every member is optional and of any type in its shape, and is checked here by hand, because the answer
must name the member that is missing or wrong (contract 1.4) and a decoder's error is text. Unknown members are
ignored. A body is read as JSON whatever its Content-Type says (contract 1.6).
"""

import unicodedata
from typing import Any, Final, TypeVar

from msgspec import UNSET, DecodeError, Struct, UnsetType, field
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

CONNECTION_TYPES: Final = "urn:inin.com:connection:"


class LogOn(Struct, rename="camel"):
    """`icAuthConnectionRequestSettings`, and enough of its sisters to tell them apart (contract 2.1)."""

    type: object = field(name="__type", default=UNSET)
    application_name: object = UNSET
    user_id: object = field(name="userID", default=UNSET)
    password: object = UNSET


class StationSettings(Struct, rename="camel"):
    """The four station settings together (contract 2.4)."""

    type: object = field(name="__type", default=UNSET)
    workstation: object = UNSET
    remote_number: object = UNSET


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


log_on: Final[Decoder[LogOn | NotAnObject]] = Decoder(LogOn | NotAnObject)
station_settings: Final[Decoder[StationSettings | NotAnObject]] = Decoder(StationSettings | NotAnObject)
license_list: Final[Decoder[LicenseList | NotAnObject]] = Decoder(LicenseList | NotAnObject)
stage_operations: Final[Decoder[StageOperations | NotAnObject]] = Decoder(StageOperations | NotAnObject)


def read(decoder: Decoder[S | NotAnObject], body: bytes) -> S:
    """The object in a body. Raises `Failure` 400 where there is none."""
    if not body.strip():
        raise malformed("The body is empty; a JSON object is expected.")
    try:
        value = decoder.decode(body)
    except DecodeError as error:
        raise malformed(f"The body cannot be read: {error}.") from None
    except UnicodeDecodeError as error:
        raise malformed(f"The body is not UTF-8: {error.reason} at byte {error.start}.") from None
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
        raise invalid(name, f"must not be longer than {limit} characters", place)
    return value


def shown_text(value: object, name: str) -> str:
    """A required string that operators are shown, so without control characters, which could garble a terminal."""
    shown = text(value, name)
    if any(unicodedata.category(character) == "Cc" for character in shown):
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


def variant(value: object) -> str:
    """The required `__type` of a connection representation, without the part that all share (contract 1.2)."""
    return text(value, "__type").removeprefix(CONNECTION_TYPES)


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
            raise invalid("licenseList", f"must hold only strings of at most {MAX_TEXT} characters", place)
    return value


def read_names(body: bytes) -> tuple[str, ...]:
    """The names of a body that is a license list."""
    return tuple(names(read(license_list, body).license_list))


def read_licenses(body: bytes, owner: str) -> tuple[LicenseName, ...]:
    """The licenses of a body that is a license list; ICWS names those of one owner by bare name."""
    return tuple([LicenseName(owner, name) for name in names(read(license_list, body).license_list)])


def read_stages(body: bytes, owner: str) -> tuple[Stage, ...]:
    """The stages of a body that is `licenseStageOperations`; all three members of a stage are required."""
    operations = read(stage_operations, body).license_stage_operation_list
    if operations is UNSET:
        raise missing("licenseStageOperationList")
    if not isinstance(operations, list) or not operations:
        raise invalid("licenseStageOperationList", "must be a list of one or more stages")
    stages = tuple([_stage(operation, index, owner) for index, operation in enumerate(operations)])
    if sum(len(stage.licenses) for stage in stages) > MAX_NAMES:
        raise _too_many("")
    return stages


def _stage(operation: StageOperation | NotAnObject, index: int, owner: str) -> Stage:
    place = f"licenseStageOperationList[{index}]."
    if not isinstance(operation, StageOperation):
        raise invalid("licenseStageOperationList", f"must hold only objects, but [{index}] is none")
    return Stage(
        name=text(operation.stage_name, "stageName", place),
        on_failure=_failure_action(operation.stage_failure_action, place),
        licenses=tuple([LicenseName(owner, name) for name in names(operation.license_list, place)]),
    )


def _failure_action(value: object, place: str) -> StageFailureAction:
    if value is UNSET:
        raise missing("stageFailureAction", place)
    if value == 0 and type(value) is int:
        return StageFailureAction.CONTINUE
    if value == 1 and type(value) is int:
        return StageFailureAction.ABORT
    raise invalid("stageFailureAction", "must be 0 (continue) or 1 (abort)", place)


def _too_many(place: str) -> Exception:
    return invalid("licenseList", f"must not name more than {MAX_NAMES} licenses in one request", place)


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


class FeatureInfo(Struct, rename="camel"):
    """One feature and its version, a number (contract 1.8)."""

    feature_id: str
    version: int


class FeatureInfoList(Struct, rename="camel"):
    """The features when asked for on their own; a log-on carries them bare (contract 2.1, 2.2)."""

    feature_info_list: list[FeatureInfo]


class VersionInfo(Struct, rename="camel"):
    """The server's version, all in strings (contract 2.2)."""

    major_version: str
    minor_version: str
    su: str
    build: str
    product_id: str
    codebase_id: str
    product_release_display_string: str
    product_patch_display_string: str


class ServerTime(Struct, rename="camel"):
    """The server's time, compact (contract 1.2)."""

    server_utc_time: str


class ConnectionResponse(Struct, rename="camel"):
    """A new session (contract 2.1). `version`, `features` and `serverTimeInfo` only where included."""

    csrf_token: str
    session_id: str
    user_id: str = field(name="userID")
    user_display_name: str
    ic_server: str
    alternate_host_list: tuple[str, ...] = ()
    version: VersionInfo | UnsetType = UNSET
    features: list[FeatureInfo] | UnsetType = UNSET
    server_time_info: ServerTime | UnsetType = UNSET


class ConnectionState(Struct, rename="camel"):
    """Whether a session is up (contract 2.3)."""

    connection_state: int
    reason: str | UnsetType = UNSET
    should_reconnect: bool | UnsetType = UNSET


class StationInformation(Struct, rename="camel"):
    """Where a session sits (contract 2.4)."""

    id: str
    extension: str
    station_setting: int
    remote_number: str | UnsetType = UNSET
