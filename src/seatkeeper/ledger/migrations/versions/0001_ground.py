"""The ground: inventory, sessions, holds and the journal.

Revision 0001, the first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "assignments",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("license_id", NUMBER, nullable=False),
        sa.Column("holder_kind", sa.Integer(), nullable=False),
        sa.Column("holder_id", NUMBER, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("holder_kind", "holder_id", "license_id", name="one_assignment_of_a_license"),
    )
    op.create_index(op.f("ix_assignments_license_id"), "assignments", ["license_id"], unique=False)
    op.create_table(
        "counters",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("next", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "credentials",
        sa.Column("user_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("password_hash", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_table(
        "denial_repeats",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("repeats", NUMBER, nullable=False),
        sa.Column("last_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "holds",
        sa.Column("session_id", NUMBER, nullable=False),
        sa.Column("license_id", NUMBER, nullable=False),
        sa.Column("user_id", NUMBER, nullable=False),
        sa.Column("ground", sa.Integer(), nullable=False),
        sa.Column("assignment_id", NUMBER, nullable=False),
        sa.Column("method", sa.Integer(), nullable=False),
        sa.Column("since", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "license_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "journal",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("batch", NUMBER, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("personal", sa.LargeBinary(), nullable=True),
        sa.Column("personal_salt", sa.LargeBinary(), nullable=True),
        sa.Column("personal_digest", sa.LargeBinary(), nullable=True),
        sa.Column("idempotency_key", TEXT, nullable=True),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index(
        "one_event_of_an_idempotency_key",
        "journal",
        ["idempotency_key"],
        unique=True,
        sqlite_where=sa.text("idempotency_key IS NOT NULL"),
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_table(
        "licenses",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("owner_key", TEXT, nullable=False),
        sa.Column("name_key", TEXT, nullable=False),
        sa.Column("display_name", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("applies_to", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("expires", NUMBER, nullable=True),
        sa.Column("grace_until", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("owner_key", "name_key", name="one_license_of_a_name"),
    )
    op.create_table(
        "logons",
        sa.Column("session_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("user_id", NUMBER, nullable=False),
        sa.Column("machine", TEXT, nullable=False),
        sa.Column("setting", sa.Integer(), nullable=False),
        sa.Column("station_id", NUMBER, nullable=True),
        sa.Column("remote_number", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("session_id"),
    )
    op.create_table(
        "pools",
        sa.Column("license_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("assignable_seats", NUMBER, nullable=False),
        sa.Column("concurrent_seats", NUMBER, nullable=False),
        sa.Column("unrestricted", sa.Boolean(), nullable=False),
        sa.Column("assigned_users", NUMBER, nullable=False),
        sa.Column("assigned_stations", NUMBER, nullable=False),
        sa.Column("concurrent_assigned", NUMBER, nullable=False),
        sa.Column("concurrent_in_use", NUMBER, nullable=False),
        sa.Column("assignable_excess", NUMBER, nullable=False),
        sa.Column("concurrent_excess", NUMBER, nullable=False),
        sa.Column("uncovered", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "assigned_users >= 0 AND assigned_stations >= 0 AND concurrent_assigned >= 0 AND concurrent_in_use >= 0"
            " AND assignable_excess >= 0 AND concurrent_excess >= 0",
            name="no_count_below_zero",
        ),
        sa.CheckConstraint(
            "unrestricted OR assigned_users + assigned_stations <= assignable_seats + assignable_excess",
            name="assigned_within_seats",
        ),
        sa.CheckConstraint(
            "unrestricted OR concurrent_in_use <= concurrent_seats + concurrent_excess", name="in_use_within_seats"
        ),
        sa.PrimaryKeyConstraint("license_id"),
    )
    op.create_table(
        "profiles",
        sa.Column("holder_kind", sa.Integer(), nullable=False),
        sa.Column("holder_id", NUMBER, nullable=False),
        sa.Column("owner_key", TEXT, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("method", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("holder_kind", "holder_id", "owner_key"),
    )
    op.create_table(
        "session_activity",
        sa.Column("session_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("last_seen", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("session_id"),
    )
    op.create_table(
        "session_keys",
        sa.Column("session_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("cookie_digest", sa.LargeBinary(), nullable=False),
        sa.Column("csrf_digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("session_id"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("user_id", NUMBER, nullable=False),
        sa.Column("application", TEXT, nullable=False),
        sa.Column("machine", TEXT, nullable=False),
        sa.Column("language", TEXT, nullable=False),
        sa.Column("connected_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "stations",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("name_key", TEXT, nullable=False),
        sa.Column("display_name", TEXT, nullable=False),
        sa.Column("extension", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name_key", name="one_station_of_a_name"),
    )
    op.create_table(
        "subscriptions",
        sa.Column("session_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("user_id", NUMBER, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("session_id"),
    )
    op.create_table(
        "users",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("login", TEXT, nullable=False),
        sa.Column("login_key", TEXT, nullable=False),
        sa.Column("display_name", TEXT, nullable=False),
        sa.Column("language", TEXT, nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("rights", sa.JSON(), nullable=False),
        sa.Column("stations", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("deleted_at", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_living_user_of_a_login",
        "users",
        ["login_key"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
