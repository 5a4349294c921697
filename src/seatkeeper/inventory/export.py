"""Writing the whole inventory as a file, in an order that lets two exports be compared line by line."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import chain, starmap
from typing import Final

import msgspec
import tomli_w

from seatkeeper.inventory.file import TABLES_OF
from seatkeeper.inventory.jsonl import ABOUT
from seatkeeper.inventory.order import needed_first
from seatkeeper.inventory.shapes import Kind
from seatkeeper.inventory.tables import Table, Tables, application_table, owner_table, runtime_table
from seatkeeper.licensing.entities import License, LicenseName, Pool
from seatkeeper.licensing.plans import implied_names
from seatkeeper.queries.export import WholeInventory


class Format(StrEnum):
    """How an export is written."""

    TOML = "toml"
    JSONL = "jsonl"


_HEAD: Final = """\
# The whole inventory, with the hashes of all passwords: keep it as secret as the database itself.
# Bare names of licenses, enabled and method are those of the configured license owner (icws.owner).
"""


def export(inventory: WholeInventory, written_as: Format, owner: str) -> Iterator[bytes]:
    """The inventory in UTF-8, a part at a time.

    `owner` is the configured license owner. A license stands below the one that it requires, and a user plan below what
    comes with it; apart from that, entries are in the order of names.
    """
    first_applications = next(inventory.application_pages, [])
    first_page = next(inventory.account_pages, [])
    tables = Tables([license_ for license_, _ in inventory.licenses], inventory.stations, owner)
    if written_as is Format.TOML:
        counts = {
            Kind.OWNER: len(inventory.owners),
            Kind.LICENSE: len(inventory.licenses),
            Kind.RUNTIME: len(inventory.runtimes),
            Kind.APPLICATION: len(first_applications),
            Kind.STATION: len(inventory.stations),
            Kind.USER: len(first_page),
        }
        # That there are none is said too, so that whoever prunes by this file comes to none.
        none = [f"{TABLES_OF[kind]} = []\n" for kind, count in counts.items() if count == 0]
        yield "".join([_HEAD, *none]).encode()
    yield _written(written_as, Kind.OWNER, map(owner_table, inventory.owners))
    licenses = _needed_first(inventory.licenses)
    yield _written(written_as, Kind.LICENSE, (tables.license(*each) for each in licenses))
    yield _written(written_as, Kind.RUNTIME, map(runtime_table, inventory.runtimes))
    for applications in chain([first_applications], inventory.application_pages):
        yield _written(written_as, Kind.APPLICATION, starmap(application_table, applications))
    for stations in inventory.station_pages:
        yield _written(written_as, Kind.STATION, map(tables.station, stations))
    for accounts in chain([first_page], inventory.account_pages):
        yield _written(written_as, Kind.USER, map(tables.user, accounts))


def _needed_first(licenses: list[tuple[License, Pool]]) -> Iterator[tuple[License, Pool]]:
    """Each license below what it needs, so that a file can be applied from above to below."""
    keys = {license_.id: license_.key for license_, _ in licenses}
    entries = {entry[0].key: entry for entry in licenses}
    needs = {
        key: [
            *(() if license_.prerequisite is None else [keys[license_.prerequisite]]),
            *(LicenseName(license_.owner, name).key for name in implied_names(license_.details)),
        ]
        for key, (license_, _) in entries.items()
    }
    return (entries[key] for key in needed_first(needs))


def _written(written_as: Format, kind: Kind, tables: Iterable[Table]) -> bytes:
    if written_as is Format.JSONL:
        return b"".join(msgspec.json.encode({ABOUT: kind.value, **table}) + b"\n" for table in tables)
    return "".join(_toml(TABLES_OF[kind], table) for table in tables).encode()


def _toml(name: str, table: Table) -> str:
    """One entry in TOML, and an empty line before it. What it has below it is written as its own, whatever its size."""
    header, _, rest = tomli_w.dumps({name: table}).partition("\n")
    return f"\n[{header}]\n{rest}"
