"""How runtimes, applications and transactions stand in the database: the part of `rows` for these."""

from typing import Final

import msgspec

from seatkeeper.ledger import tables
from seatkeeper.ledger.mapping import Mapping, Row, as_json, only
from seatkeeper.licensing.deployment import (
    Application,
    ApplicationVersion,
    Category,
    Change,
    Configuration,
    LicenseType,
    Runtime,
    Transaction,
    TransactionError,
    TransactionStatus,
)


def _application(row: Row) -> tuple[int, Application]:
    number, runtime_id, name, category, license_type, versions, blocked = row
    configuration = None if category is None else Configuration(Category(category), LicenseType(license_type))
    known = msgspec.json.decode(versions, type=tuple[ApplicationVersion, ...])
    return number, Application(number, runtime_id, name, configuration, known, bool(blocked))


def _configured(configuration: Configuration | None) -> Row:
    if configuration is None:
        return None, None
    return str(configuration.category), str(configuration.license_type)


def _transaction(row: Row) -> tuple[int, Transaction]:
    number, runtime_id, _, change, user_id, server, status, created_at, updated_at, errors, reserved = row
    return number, Transaction(
        id=number,
        runtime_id=runtime_id,
        change=msgspec.json.decode(change, type=Change),
        user_id=user_id,
        server=server,
        status=TransactionStatus(status),
        created_at=created_at,
        updated_at=updated_at,
        errors=msgspec.json.decode(errors, type=tuple[TransactionError, ...]),
        reserved=reserved,
    )


DEPLOYMENT_MAPPINGS: Final[dict[str, Mapping]] = {
    "runtimes": Mapping(
        tables.runtimes,
        ("id",),
        lambda _key, x: (x.id, x.name, x.running),
        only,
        lambda row: (row[0], Runtime(row[0], row[1], bool(row[2]))),
    ),
    "applications": Mapping(
        tables.applications,
        ("id",),
        lambda _key, x: (
            x.id,
            x.runtime_id,
            x.name,
            *_configured(x.configuration),
            as_json(x.versions),
            x.blocked,
        ),
        only,
        _application,
    ),
    "transactions": Mapping(
        tables.transactions,
        ("id",),
        lambda _key, x: (
            x.id,
            x.runtime_id,
            str(x.type),
            msgspec.json.encode(x.change).decode(),
            x.user_id,
            x.server,
            str(x.status),
            x.created_at,
            x.updated_at,
            as_json(x.errors),
            x.reserved,
        ),
        only,
        _transaction,
    ),
}
