"""Every setting: its default, its unit, and what it is for.

A setting is looked up in the command's flags, then in the environment (`SEATKEEPER_<GROUP>_<NAME>`, for example
`SEATKEEPER_LISTEN_PORT`), then in the settings file, then here. The file is TOML: the one that `--config` or
`SEATKEEPER_CONFIG` names, else `seatkeeper.toml` in the working directory if there is one.
"""

import difflib
import math
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct, field

DEFAULT_FILE = Path("seatkeeper.toml")
_PREFIX = "SEATKEEPER_"
_FILE_VARIABLE = _PREFIX + "CONFIG"
# Variables of the tests, which a server that they start inherits.
_OF_TESTS = (_PREFIX + "REQUIRE_ALL", _PREFIX + "TEST_")


class SettingsError(Exception):
    """A setting is unknown or has a value it cannot have. The text says which one, where, and what would be right."""


def _is(
    description: str,
    unit: str = "",
    *,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
) -> Meta:
    bounds = {"ge": ge, "gt": gt, "le": le, "min_length": min_length}
    make: Any = Meta  # its type allows only literal combinations of bounds
    made: Meta = make(
        description=description,
        extra={"unit": unit},
        **{name: bound for name, bound in bounds.items() if bound is not None},
    )
    return made


def _license(property_: str) -> Meta:
    return _is(f"license that {property_} means", min_length=1)


Names = tuple[str, ...]


class ListenSettings(Struct, frozen=True):
    """Where clients connect."""

    host: Annotated[str, _is("address to listen on", min_length=1)] = "127.0.0.1"
    port: Annotated[int, _is("port to listen on; 0 takes any free one", ge=0, le=65535)] = 8018
    trusted_proxies: Annotated[Names, _is("proxies whose X-Forwarded-For and -Proto are believed")] = ()


class IcwsSettings(Struct, frozen=True):
    """The ICWS face."""

    owner: Annotated[str, _is("owner of the licenses that ICWS names by bare name", min_length=1)] = "ININ"
    server_name: Annotated[str, _is("name by which the server calls itself", min_length=1)] = "seatkeeper"
    disclose_unknown: Annotated[bool, _is("tell an unknown license (9) from one not assigned (3)")] = True
    retired: Annotated[Names, _is("resources or features that answer 410")] = ()
    idle_timeout: Annotated[int, _is("without activity a session expires after", "seconds", ge=1)] = 900
    ping_interval: Annotated[float, _is("between heartbeats of an idle event stream", "seconds", gt=0)] = 15.0
    revoke_on_unassign: Annotated[bool, _is("unassigning also ends holds on concurrent seats")] = False


class IcwsLicenseSettings(Struct, frozen=True):
    """Which license of `icws.owner` each of the `licenseProperties` of ICWS means (contract 5.5, 5.6), by name.

    Raises ValueError where two name the same: nobody could say which of them is meant.
    """

    client_access: Annotated[str, _license("`hasClientAccess`")] = "I3_ACCESS_CLIENT"
    media_1: Annotated[str, _license("`mediaLevel` 1")] = "I3_ACCESS_ACD_MEDIA_1"
    media_2: Annotated[str, _license("`mediaLevel` 2")] = "I3_ACCESS_ACD_MEDIA_2"
    media_3: Annotated[str, _license("`mediaLevel` 3")] = "I3_ACCESS_ACD_MEDIA_3_PLUS"
    direct_routed_work_items: Annotated[str, _license("`interactionProcessAutomationType` 1")] = "I3_ACCESS_IPA_USER"
    group_routed_work_items: Annotated[str, _license("`interactionProcessAutomationType` 2")] = "I3_ACCESS_IPA_USER_ACD"
    # The vendor's names of these two are not known; what they are called here is ours.
    process_monitor: Annotated[str, _license("`interactionProcessAutomationType` 3")] = "I3_ACCESS_IPA_MONITOR"
    process_designer: Annotated[str, _license("`interactionProcessAutomationType` 4")] = "I3_ACCESS_IPA_DESIGNER"
    basic_station: Annotated[str, _license("a station's `hasBasicStationLicense`")] = "I3_LICENSE_BASIC_STATION"
    recorder: Annotated[str, _license("a station's `hasRecorderAccess`")] = "I3_ACCESS_RECORDER"

    def __post_init__(self) -> None:
        meant: dict[str, str] = {}
        for property_, license_ in msgspec.structs.asdict(self).items():
            other = meant.setdefault(license_.strip().casefold(), property_)
            if other != property_:
                both = f"icws_licenses.{other} and icws_licenses.{property_}"
                raise ValueError(f"{both} both name {license_}; each must name a license of its own.")


class IdentitySettings(Struct, frozen=True):
    """Log-ons."""

    hashing_threads: Annotated[int, _is("passwords hashed at once, 19 MiB each", "threads", ge=1, le=256)] = 2
    remember_credentials: Annotated[float, _is("a verified password is not hashed for", "seconds", ge=0)] = 300.0
    remembered_credentials: Annotated[int, _is("verified passwords remembered", "credentials", ge=1)] = 20_000
    free_attempts: Annotated[int, _is("failures of a user at an address not slowed", "attempts", ge=1)] = 5
    free_attempts_user: Annotated[int, _is("failures of a user not slowed", "attempts", ge=1)] = 20
    free_attempts_address: Annotated[int, _is("failures of an address not slowed", "attempts", ge=1)] = 100
    first_delay: Annotated[float, _is("first delay; each further doubles it", "seconds", ge=0, le=10)] = 0.5
    longest_delay: Annotated[float, _is("longest delay of a log-on", "seconds", ge=0, le=20)] = 8.0
    forget_attempts: Annotated[float, _is("without a failure, the former are forgotten in", "seconds", gt=0)] = 900.0


class LedgerSettings(Struct, frozen=True):
    """The ledger's bounds (rules L2, L7)."""

    queue: Annotated[int, _is("that may wait; more are answered 503", "commands", ge=1)] = 10_000
    batch: Annotated[int, _is("under one commit at most", "commands", ge=1)] = 512
    batch_milliseconds: Annotated[int, _is("spent deciding one batch at most", "milliseconds", ge=1)] = 50
    cached_users: Annotated[int, _is("kept in memory between batches", "users", ge=1)] = 200_000
    keep_ended: Annotated[int, _is("an ended session can still be asked for", "seconds", ge=0)] = 600


class InventorySettings(Struct, frozen=True):
    """Applying inventories."""

    changes_at_once: Annotated[int, _is("of one plan at most; more are applied in steps", "changes", ge=1)] = 10_000
    step: Annotated[int, _is("of a file under one commit, in steps", "rows", ge=1, le=100_000)] = 1_000


class LimitsSettings(Struct, frozen=True):
    """What one request may take."""

    body: Annotated[int, _is("longest request body; longer ones get 413", "bytes", ge=1024)] = 1024 * 1024
    headers: Annotated[
        int, _is("longest request line and headers; longer ones get 431", "bytes", ge=1024, le=1024 * 1024)
    ] = 32 * 1024
    request_seconds: Annotated[float, _is("longest time, event streams exempt", "seconds", gt=0)] = 30.0
    inventory_body: Annotated[int, _is("longest inventory in one request", "bytes", ge=1024)] = 16 * 1024 * 1024
    inventory_seconds: Annotated[float, _is("longest time for an inventory", "seconds", gt=0)] = 300.0


class LogSettings(Struct, frozen=True):
    """The server's log, on standard error."""

    format: Annotated[Literal["console", "json"], _is("for people, or one JSON object a line")] = "console"
    level: Annotated[Literal["debug", "info", "warning", "error"], _is("least weight of what is logged")] = "info"


class Settings(Struct, frozen=True):
    """All settings."""

    data: Annotated[Path, _is("data directory; made if it does not exist")] = Path("data")
    listen: ListenSettings = field(default_factory=ListenSettings)
    icws: IcwsSettings = field(default_factory=IcwsSettings)
    icws_licenses: IcwsLicenseSettings = field(default_factory=IcwsLicenseSettings)
    identity: IdentitySettings = field(default_factory=IdentitySettings)
    ledger: LedgerSettings = field(default_factory=LedgerSettings)
    inventory: InventorySettings = field(default_factory=InventorySettings)
    limits: LimitsSettings = field(default_factory=LimitsSettings)
    log: LogSettings = field(default_factory=LogSettings)


class Row(NamedTuple):
    """One setting as documentation and help show it. `variable` is its name in the environment."""

    name: str
    default: str
    unit: str
    description: str
    variable: str


def describe() -> Iterator[Row]:
    """Every setting, in the order of this module."""
    for name, known in _SETTINGS.items():
        yield Row(name, _shown(known.default), known.meta.extra["unit"], known.meta.description, _variable(name))


def load(
    file: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    flags: Mapping[str, object] | None = None,
) -> Settings:
    """The settings that hold. `flags` maps names such as `listen.port` to values; None stands for "not given".

    `file` None: the file that `SEATKEEPER_CONFIG` names, else `seatkeeper.toml` if it exists. Raises SettingsError.
    """
    values: dict[str, object] = {}
    for given in (*_from_file(file, environ), *_from_environ(environ), *_from_flags(flags or {})):
        values[given.name] = _converted(given)
    groups: dict[str, dict[str, object]] = {}
    for name, value in values.items():
        group, _, key = name.rpartition(".")
        groups.setdefault(group, {})[key] = value
    own = groups.pop("", {})
    try:
        built = {group: _GROUPS[group](**given) for group, given in groups.items()}
    except ValueError as error:  # of settings that do not go together
        raise SettingsError(str(error)) from None
    return Settings(**own, **built)  # type: ignore[arg-type]  # each value was converted to its field's type


class _Known(NamedTuple):
    type: Any
    meta: Any
    default: object


def _known(struct: type[Struct], prefix: str = "") -> Iterator[tuple[str, _Known]]:
    for each in msgspec.structs.fields(struct):
        if isinstance(each.type, type) and issubclass(each.type, Struct):
            yield from _known(each.type, f"{each.name}.")
        else:
            yield prefix + each.name, _Known(each.type, each.type.__metadata__[0], each.default)


_SETTINGS = dict(_known(Settings))
_GROUPS: dict[str, Any] = {
    each.name: each.type for each in msgspec.structs.fields(Settings) if each.name not in _SETTINGS
}


def _variable(name: str) -> str:
    return _PREFIX + name.replace(".", "_").upper()


_VARIABLES = {_variable(name): name for name in _SETTINGS}


class _Given(NamedTuple):
    """A value as somebody gave it. `text`: it comes from a place where everything is text."""

    name: str
    value: object
    place: str
    text: bool = False


def _from_file(file: Path | None, environ: Mapping[str, str]) -> Iterator[_Given]:
    named = file or (Path(environ[_FILE_VARIABLE]) if environ.get(_FILE_VARIABLE) else None)
    path = named or DEFAULT_FILE
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if named is None:
            return
        raise SettingsError(f"There is no settings file {path}.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error}.") from error
    for key, value in content.items():
        if key not in _GROUPS:
            yield _Given(key, value, str(path))
        elif isinstance(value, dict):
            yield from (_Given(f"{key}.{name}", each, str(path)) for name, each in value.items())
        else:
            raise SettingsError(f"{path}: {key} is a group of settings. Write [{key}], and its settings below.")


def _from_environ(environ: Mapping[str, str]) -> Iterator[_Given]:
    for variable, text in environ.items():
        if not variable.startswith(_PREFIX) or variable == _FILE_VARIABLE or variable.startswith(_OF_TESTS):
            continue
        if variable not in _VARIABLES:
            nearest = _nearest(variable, (*_VARIABLES, _FILE_VARIABLE))
            raise SettingsError(f"The environment variable {variable} is no setting. The nearest is {nearest}.")
        name = _VARIABLES[variable]
        yield _Given(name, _parted(name, text), f"the environment variable {variable}", text=True)


def _from_flags(flags: Mapping[str, object]) -> Iterator[_Given]:
    for name, value in flags.items():
        if value is not None:
            parted = _parted(name, value) if isinstance(value, str) else value
            yield _Given(name, parted, "the command line", text=isinstance(value, str))


def _parted(name: str, text: str) -> object:
    """A list is written with commas where there is no TOML to write it in."""
    if name in _SETTINGS and isinstance(_SETTINGS[name].default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _converted(given: _Given) -> object:
    name, value, place, text = given
    known = _SETTINGS.get(name)
    if known is None:
        nearest = _nearest(name, (*_SETTINGS, *_GROUPS))
        raise SettingsError(f"{place}: {name} is no setting. The nearest is {nearest}.")
    try:
        converted = msgspec.convert(value, known.type, strict=not text, dec_hook=_path)
    except msgspec.ValidationError:
        converted = None
    if converted is None or (isinstance(converted, float) and not math.isfinite(converted)):
        shown = f'"{value}"' if isinstance(value, str) else _shown(value)
        raise SettingsError(f"{place}: {name} must be {_expected(known)}, not {shown}.")
    return converted


def _path(wanted: type, value: object) -> object:
    if wanted is Path and isinstance(value, str | Path) and str(value):
        return Path(value)
    raise TypeError("not a path")


def _nearest(name: str, names: Iterable[str]) -> str:
    return difflib.get_close_matches(name, names, 1, 0)[0]


def _expected(known: _Known) -> str:
    base, meta = known.type.__origin__, known.meta
    if base in _NAMES_OF_TYPES:
        said = _NAMES_OF_TYPES[base]
    else:
        said = "one of " + ", ".join(f'"{choice}"' for choice in base.__args__)
    bounds = [f"{word} {bound}" for word, bound in (("at least", meta.ge), ("above", meta.gt), ("at most", meta.le))
              if bound is not None]  # fmt: skip
    unit = f" ({meta.extra['unit']})" if meta.extra["unit"] else ""
    return ", ".join([said + unit, *bounds])


_NAMES_OF_TYPES = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text that is not empty",
    Path: "a path",
    Names: "a list of texts",
}


def _shown(value: object) -> str:
    """A value as TOML writes it, as far as settings go."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return f"[{', '.join(_shown(each) for each in value)}]"
    return f'"{value}"' if isinstance(value, str | Path) else str(value)
