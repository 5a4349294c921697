"""A TOML inventory as rows, for going through it in steps: a JSON line each, a kind after the other.

A row may only name what stands above it or is there already, so a license comes after the one that it requires, and a
user plan after what comes with it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from seatkeeper.cli.documents import Chunk, Format, Source, chunks_of
from seatkeeper.cli.failure import ExitCode, Failure

_KINDS: Final = {
    "owners": "owner",
    "licenses": "license",
    "runtimes": "runtime",
    "applications": "application",
    "stations": "station",
    "users": "user",
}


class TomlRows:
    """The entries of a TOML file. All of them are in memory: TOML cannot be read in part."""

    format: Final = Format.JSONL

    def __init__(self, source: Source, owner: str) -> None:
        """Read the file. Failure where it is wrong; `owner` is the configured license owner."""
        # Here because `--help` is to be answered without them.
        from msgspec.json import encode  # noqa: PLC0415 - see above

        self.name = source.name
        document = _read(source, owner)
        self._places: list[str] = []
        self._rows: list[bytes] = []
        for key, kind in _KINDS.items():
            placed = list(enumerate(document.get(key, ()), 1))
            for number, table in _in_order(placed, owner) if key == "licenses" else placed:
                self._places.append(f"{key}[{number}] {_quoted(table)}")
                self._rows.append(encode({"entry": kind, **table}) + b"\n")

    def chunks(self, rows: int, limit: int) -> Iterator[Chunk]:
        """The rows, at most so many and in at most `limit` bytes."""
        return chunks_of(b"", iter(self._rows), rows, limit)

    def size(self) -> int:
        """How many bytes all rows are."""
        return sum(map(len, self._rows))

    def place_of(self, line: int) -> str:
        """Where in the file stands what is sent as this line."""
        return self._places[line - 1]


def _read(source: Source, owner: str) -> Mapping[str, Any]:
    from seatkeeper.inventory.file import parsed, read_document  # noqa: PLC0415 - see the package: heavy imports wait
    from seatkeeper.inventory.problems import InvalidInventory, Problem  # noqa: PLC0415 - as above

    with source.opened() as file:
        content = file.read()
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise Failure(ExitCode.REFUSED, f"{source.name}: is not UTF-8; save the file as UTF-8.") from None
    document = parsed(text)
    problems = [document] if isinstance(document, Problem) else read_document(document, owner)[1]
    if isinstance(document, Problem) or problems:
        raise Failure(ExitCode.REFUSED, str(InvalidInventory(source.name, problems)))
    return document


def _in_order(placed: Sequence[tuple[int, dict[str, Any]]], owner: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Licenses with their numbers, each after those that it needs; the first of a circle after the others of it."""
    from seatkeeper.inventory.names import license_name  # noqa: PLC0415 - see the package: heavy imports wait
    from seatkeeper.inventory.order import needed_first  # noqa: PLC0415 - as above
    from seatkeeper.licensing.entities import LicenseDetails, LicenseKey, LicenseName  # noqa: PLC0415 - as above
    from seatkeeper.licensing.plans import implied_names  # noqa: PLC0415 - as above

    found: dict[LicenseKey, tuple[int, dict[str, Any]]] = {}
    needs: dict[LicenseKey, list[LicenseKey]] = {}
    for number, table in placed:
        name = LicenseName(table.get("owner", owner), table["name"])
        required = table.get("prerequisite")
        # Where the file does not say whether it is a plan, what is stored may.
        plan = LicenseDetails(extra_flags=table.get("extra_flags", 1), extra_info=table.get("extra_info", ""))
        found[name.key] = (number, table)
        needs[name.key] = [license_name(required, owner).key] if required else []
        needs[name.key] += (LicenseName(name.owner, each).key for each in implied_names(plan))
    return (found[key] for key in needed_first(needs))


def _quoted(table: Mapping[str, Any]) -> str:
    from seatkeeper.inventory.problems import quoted  # noqa: PLC0415 - see the package: heavy imports wait

    name: str = table["login"] if "login" in table else table["name"]
    return quoted(name)
