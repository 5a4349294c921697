"""The tables of the database, as they are after the newest migration.

The inventory's tables are named and keyed as in `licensing.state`; one row of a table is one entity. Names have a
second, folded column in which they are found. Times are integer milliseconds since 1970-01-01T00:00Z; keys are
integers that rise with time, because random ones cost a commit several times over.
"""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData()

# A rowid alias on SQLite, a bigint elsewhere.
Number = BigInteger().with_variant(Integer(), "sqlite")

# Compared and sorted by code points, as SQLite does by itself: what is compared without case has been folded.
Text = String().with_variant(String(collation="C"), "postgresql")

licenses = Table(
    "licenses",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=False),
    Column("owner", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("owner_key", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("applies_to", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("expires", Number),
    Column("grace_until", Number),
    Column("prerequisite", Number),
    Column("display_key", Text, nullable=False, server_default=""),
    Column("details", JSON, nullable=False, server_default="{}"),
    UniqueConstraint("owner_key", "name_key", name="one_license_of_a_name"),
)

owners = Table(
    "owners",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("details", JSON, nullable=False),
    UniqueConstraint("name_key", name="one_owner_of_a_name"),
)

pools = Table(
    "pools",
    metadata,
    Column("license_id", Number, primary_key=True, autoincrement=False),
    Column("assignable_seats", Number, nullable=False),
    Column("concurrent_seats", Number, nullable=False),
    Column("unrestricted", Boolean, nullable=False),
    Column("assigned_users", Number, nullable=False),
    Column("assigned_stations", Number, nullable=False),
    Column("concurrent_assigned", Number, nullable=False),
    Column("concurrent_in_use", Number, nullable=False),
    Column("assignable_excess", Number, nullable=False),
    Column("concurrent_excess", Number, nullable=False),
    Column("uncovered", JSON, nullable=False),
    Column("assigned_applications", Number, nullable=False, server_default="0"),
    CheckConstraint(
        "unrestricted OR assigned_users + assigned_stations + assigned_applications"
        " <= assignable_seats + assignable_excess",
        name="assigned_within_seats",
    ),
    CheckConstraint(
        "unrestricted OR concurrent_in_use <= concurrent_seats + concurrent_excess",
        name="in_use_within_seats",
    ),
    CheckConstraint(
        "assigned_users >= 0 AND assigned_stations >= 0 AND concurrent_assigned >= 0 AND concurrent_in_use >= 0"
        " AND assignable_excess >= 0 AND concurrent_excess >= 0 AND assigned_applications >= 0",
        name="no_count_below_zero",
    ),
)

stations = Table(
    "stations",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("extension", Text, nullable=False),
    Column("display_key", Text, nullable=False, server_default=""),
    UniqueConstraint("name_key", name="one_station_of_a_name"),
)

users = Table(
    "users",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=False),
    Column("login", Text, nullable=False),
    Column("login_key", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("roles", JSON, nullable=False),
    Column("rights", JSON, nullable=False),
    Column("stations", JSON(none_as_null=True)),
    Column("deleted_at", Number),
    Column("view_allocations", JSON(none_as_null=True), server_default="[]"),
    Column("admin_allocations", JSON(none_as_null=True), server_default="[]"),
    Column("display_key", Text, nullable=False, server_default=""),
    Column("user_type", Text, nullable=False, server_default="InternalAssociate"),
    Column("group_id", Number, nullable=False, server_default="0"),
    Column("secondary_groups", JSON, nullable=False, server_default="[]"),
    Index(
        "users_by_display_name",
        "display_key",
        "login_key",
        sqlite_where=text("deleted_at IS NULL"),
        postgresql_where=text("deleted_at IS NULL"),
    ),
    Index(
        "one_living_user_of_a_login",
        "login_key",
        unique=True,
        sqlite_where=text("deleted_at IS NULL"),
        postgresql_where=text("deleted_at IS NULL"),
    ),
)

credentials = Table(
    "credentials",
    metadata,
    Column("user_id", Number, primary_key=True, autoincrement=False),
    Column("password_hash", Text, nullable=False),
)

profiles = Table(
    "profiles",
    metadata,
    Column("holder_kind", Integer, primary_key=True),
    Column("holder_id", Number, primary_key=True),
    Column("owner_key", Text, primary_key=True),
    Column("enabled", Boolean, nullable=False),
    Column("method", Integer, nullable=False),
)

assignments = Table(
    "assignments",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=False),
    Column("license_id", Number, nullable=False, index=True),
    Column("holder_kind", Integer, nullable=False),
    Column("holder_id", Number, nullable=False),
    Column("at", Number, nullable=False),
    UniqueConstraint("holder_kind", "holder_id", "license_id", name="one_assignment_of_a_license"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=False),
    Column("user_id", Number, nullable=False, index=True),
    Column("application", Text, nullable=False),
    Column("machine", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("connected_at", Number, nullable=False),
    Column("hears_of_stations", Boolean, nullable=False, server_default=false()),
    Column("idle_timeout", Number),
)

session_keys = Table(
    "session_keys",
    metadata,
    Column("session_id", Number, primary_key=True, autoincrement=False),
    Column("cookie_digest", LargeBinary, nullable=False),
    Column("csrf_digest", LargeBinary, nullable=False),
)

session_activity = Table(
    "session_activity",
    metadata,
    Column("session_id", Number, primary_key=True, autoincrement=False),
    Column("last_seen", Number, nullable=False),
)

logons = Table(
    "logons",
    metadata,
    Column("session_id", Number, primary_key=True, autoincrement=False),
    Column("id", Number, nullable=False),
    Column("user_id", Number, nullable=False),
    Column("machine", Text, nullable=False),
    Column("setting", Integer, nullable=False),
    Column("station_id", Number),
    Column("remote_number", Text),
)

holds = Table(
    "holds",
    metadata,
    Column("session_id", Number, primary_key=True),
    Column("license_id", Number, primary_key=True),
    Column("user_id", Number, nullable=False),
    Column("ground", Integer, nullable=False),
    Column("assignment_id", Number, nullable=False),
    Column("method", Integer, nullable=False),
    Column("since", Number, nullable=False),
    sqlite_with_rowid=False,
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("session_id", Number, primary_key=True, autoincrement=False),
    Column("user_id", Number, nullable=False),
    Column("owner", Text, nullable=False),
    Column("names", JSON, nullable=False),
)

runtimes = Table(
    "runtimes",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
    Column("running", Boolean, nullable=False),
)

applications = Table(
    "applications",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=False),
    Column("runtime_id", Number, nullable=False),
    Column("name", Text, nullable=False),
    Column("category", Text),
    Column("license_type", Text),
    Column("versions", JSON, nullable=False),
    Column("blocked", Boolean, nullable=False),
    UniqueConstraint("runtime_id", "name", name="one_application_of_a_name"),
)

# A query repeats these words, so that the partial index is seen to have them all.
UNFINISHED_TRANSACTIONS: Final = "status NOT IN ('SUCCESS', 'FAILURE', 'CANCELED')"

# `type` follows from `change`; it has a column of its own to be sorted by.
transactions = Table(
    "transactions",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=False),
    Column("runtime_id", Number, nullable=False),
    Column("type", Text, nullable=False),
    Column("change", JSON, nullable=False),
    Column("user_id", Number, nullable=False),
    Column("server", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", Number, nullable=False),
    Column("updated_at", Number, nullable=False),
    Column("errors", JSON, nullable=False),
    Column("reserved", Number),
    Index("transactions_of_a_runtime", "runtime_id", "id"),
    Index(
        "unfinished_transactions",
        "runtime_id",
        "id",
        sqlite_where=text(UNFINISHED_TRANSACTIONS),
        postgresql_where=text(UNFINISHED_TRANSACTIONS),
    ),
)

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("next", Number, nullable=False),
)

# What the audit trail and the history of applications tell: one event or two a change. A query repeats these words, so
# that the partial index is seen to have them all.
DEPLOYMENT_EVENTS: Final = (
    "kind IN ('application_defined', 'application_removed', 'runtime_defined', 'runtime_removed', 'transaction_begun')"
)

journal = Table(
    "journal",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=False),
    Column("at", Number, nullable=False),
    Column("batch", Number, nullable=False),
    Column("kind", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    # Who and where, kept apart from `data`: the chain covers their digest, so that a pseudonym can replace them.
    Column("personal", LargeBinary),
    Column("personal_salt", LargeBinary),
    Column("personal_digest", LargeBinary),
    Column("idempotency_key", Text, nullable=True),
    Column("hash", LargeBinary, nullable=False),
    Index(
        "one_event_of_an_idempotency_key",
        "idempotency_key",
        unique=True,
        sqlite_where=text("idempotency_key IS NOT NULL"),
        postgresql_where=text("idempotency_key IS NOT NULL"),
    ),
    Index(
        "denied_events",
        "seq",
        sqlite_where=text("kind = 'denied'"),
        postgresql_where=text("kind = 'denied'"),
    ),
    Index(
        "seats_changed_events",
        "seq",
        sqlite_where=text("kind = 'seats_changed'"),
        postgresql_where=text("kind = 'seats_changed'"),
    ),
    Index(
        "deployment_events",
        "seq",
        sqlite_where=text(DEPLOYMENT_EVENTS),
        postgresql_where=text(DEPLOYMENT_EVENTS),
    ),
)

# One row a seal: what was archived, up to and with which event. The last one's snapshot is in `snapshot_rows`.
seals = Table(
    "seals",
    metadata,
    Column("position", Number, primary_key=True, autoincrement=False),
    Column("at", Number, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("archive", Text, nullable=False),
    Column("archive_digest", LargeBinary, nullable=False),
    Column("snapshot_digest", LargeBinary, nullable=False),
    Column("event", Number, nullable=False),
)

# The state at a position: one entity a row, with what is personal apart as in the journal. Rows of a position that was
# not sealed are what a sealing that was cut off left behind.
snapshot_rows = Table(
    "snapshot_rows",
    metadata,
    Column("position", Number, primary_key=True),
    Column("number", Number, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    Column("user_id", Number),
    Column("personal", LargeBinary),
    Column("personal_salt", LargeBinary),
    Column("personal_digest", LargeBinary),
    sqlite_with_rowid=False,
)

denial_repeats = Table(
    "denial_repeats",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=False),
    Column("repeats", Number, nullable=False),
    Column("last_at", Number, nullable=False),
)

# Where several nodes use the database: up to which event the client of a session has been told, by any of them.
# `reader`: the node with its open event stream. `streamed`: a stream took messages that may not have arrived.
deliveries = Table(
    "deliveries",
    metadata,
    Column("session_id", Number, primary_key=True, autoincrement=False),
    Column("position", Number, nullable=False),
    Column("reader", Number),
    Column("streamed", Boolean, nullable=False),
)

# Likewise: sessions that ended a while ago, so that whichever node their clients ask can tell them why.
ended_sessions = Table(
    "ended_sessions",
    metadata,
    Column("session_id", Number, primary_key=True, autoincrement=False),
    Column("user_id", Number, nullable=False),
    Column("cookie_digest", LargeBinary, nullable=False),
    Column("csrf_digest", LargeBinary, nullable=False),
    Column("language", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Number, nullable=False, index=True),
    Column("told", Boolean, nullable=False),
)

# Likewise: tokens for another log-on (contract 2.3), by their digests. Outside the journal, and dead in seconds.
auth_tokens = Table(
    "auth_tokens",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("session_id", Number, nullable=False, index=True),
    Column("seed", LargeBinary, nullable=False),
    Column("until", Number, nullable=False, index=True),
)

# One row: the oldest revision whose code may still use the database (rule L13).
oldest_code = Table("oldest_code", metadata, Column("revision", Text, primary_key=True))
