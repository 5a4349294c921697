"""Reading an inventory written in JSON Lines, which say all that TOML can: one object a line."""

import json
from collections import Counter
from typing import Any, Final, NoReturn

from seatkeeper.inventory.problems import Problem, quoted
from seatkeeper.inventory.rows import SHAPES, Rows
from seatkeeper.inventory.shapes import Inventory, Kind

ABOUT: Final = "entry"
"""The key that tells what a line is about: one of `Kind`. (`kind` is a key of licenses.)"""


def read_jsonl(text: str, owner: str, first_line: int) -> tuple[Inventory, list[Problem]]:
    """What the lines say, and what is wrong with them; empty lines say nothing.

    The key `entry` of a line tells what it is about; the others are those of `shapes`.
    """
    rows = Rows(owner)
    for number, line in enumerate(text.split("\n"), first_line):
        if rows.given_up:
            break
        if not line or line.isspace():
            continue
        try:
            table = _object(line)
        except _NotUnderstood as fault:
            rows.problem(number, "", str(fault))
            continue
        kind = table.pop(ABOUT, None)
        if isinstance(kind, str) and kind in SHAPES:
            rows.add(Kind(kind), table, number)
        else:
            rows.problem(number, ABOUT, f"must be one of {', '.join(map(quoted, Kind))}")
    return rows.inventory()


class _NotUnderstood(Exception):
    """A line that is not a JSON object. The message tells the reason, not what stands there."""


def _object(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line, object_pairs_hook=_once_each, parse_constant=_no_number)
        if "\\u" in line:
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise _NotUnderstood(f"is not valid JSON: {error.msg}, at character {error.colno}") from None
    except UnicodeEncodeError:
        raise _NotUnderstood("has half a surrogate pair (\\ud800 to \\udfff) without the other half") from None
    except (ValueError, RecursionError):
        raise _NotUnderstood("is not valid JSON: it nests too deeply or has a huge number") from None
    if not isinstance(value, dict):
        raise _NotUnderstood('is not a JSON object, as in {"entry": "user", "login": "agent01"}')
    return value


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise _NotUnderstood(f"has the key {quoted(twice)} twice; keep one of the two")
    return table


def _no_number(name: str) -> NoReturn:
    raise _NotUnderstood(f"is not valid JSON: {name} is not a number")
