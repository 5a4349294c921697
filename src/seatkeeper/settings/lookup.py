"""Where a setting is looked up, and what is told of one that cannot be.

In the command's flags, then in the environment (`SEATKEEPER_<GROUP>_<NAME>`, for example `SEATKEEPER_LISTEN_HTTP`),
then in the settings file, then in its default. The file is TOML: the one that `--config` or `SEATKEEPER_CONFIG` names,
else `seatkeeper.toml` in the working directory if there is one.
"""

import difflib
import math
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from seatkeeper.settings import Names, Settings, SettingsError

DEFAULT_FILE = Path("seatkeeper.toml")
_PREFIX = "SEATKEEPER_"
_FILE_VARIABLE = _PREFIX + "CONFIG"
# Variables of the tests, which a server that they start inherits.
_OF_TESTS = (_PREFIX + "REQUIRE_ALL", _PREFIX + "TEST_")


class Row(NamedTuple):
    """One setting as documentation and help show it. `variable` is its name in the environment."""

    name: str
    default: str
    unit: str
    description: str
    variable: str


def describe() -> Iterator[Row]:
    """Every setting, in the order of their declarations."""
    for name, known in _SETTINGS.items():
        yield Row(name, _shown(known.default), known.meta.extra["unit"], known.meta.description, _variable(name))


def load(
    file: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    flags: Mapping[str, object] | None = None,
) -> Settings:
    """The settings that hold. `flags` maps names such as `listen.http` to values; None stands for "not given".

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
        return Settings(**own, **built)  # type: ignore[arg-type]  # each value was converted to its field's type
    except ValueError as error:  # of settings that do not go together
        raise SettingsError(str(error)) from None


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
    Path | None: "a path",
    Names: "a list of texts",
}


def _shown(value: object) -> str:
    """A value as TOML writes it, as far as settings go; TOML has no word for none."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return f"[{', '.join(_shown(each) for each in value)}]"
    return f'"{value}"' if isinstance(value, str | Path) else str(value)
