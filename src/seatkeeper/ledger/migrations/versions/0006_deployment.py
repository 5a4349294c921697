"""Runtimes, their applications and transactions; the seats that applications take.

What happened to applications is found by an index, however long the journal.

Revision 0006. Expands only: the former version writes pools without the new column, and no application has a seat of
those. The table of pools is made anew, since SQLite cannot change the constraint that counts its seats.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")

KEPT = (
    "license_id, assignable_seats, concurrent_seats, unrestricted, assigned_users, assigned_stations,"
    " concurrent_assigned, concurrent_in_use, assignable_excess, concurrent_excess, uncovered"
)


def upgrade() -> None:
    """Add the tables and the index, and count the seats of applications."""
    op.create_table(
        "pools_of_three",
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
        sa.Column("assigned_applications", NUMBER, nullable=False, server_default="0"),
        sa.CheckConstraint(
            "unrestricted OR assigned_users + assigned_stations + assigned_applications"
            " <= assignable_seats + assignable_excess",
            name="assigned_within_seats",
        ),
        sa.CheckConstraint(
            "unrestricted OR concurrent_in_use <= concurrent_seats + concurrent_excess",
            name="in_use_within_seats",
        ),
        sa.CheckConstraint(
            "assigned_users >= 0 AND assigned_stations >= 0 AND concurrent_assigned >= 0 AND concurrent_in_use >= 0"
            " AND assignable_excess >= 0 AND concurrent_excess >= 0 AND assigned_applications >= 0",
            name="no_count_below_zero",
        ),
        sa.PrimaryKeyConstraint("license_id"),
    )
    op.execute(f"INSERT INTO pools_of_three ({KEPT}) SELECT {KEPT} FROM pools")  # noqa: S608 - of names above
    op.drop_table("pools")
    op.rename_table("pools_of_three", "pools")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX pools_of_three_pkey RENAME TO pools_pkey")
    op.create_table(
        "runtimes",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("running", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "applications",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("runtime_id", NUMBER, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("category", TEXT, nullable=True),
        sa.Column("license_type", TEXT, nullable=True),
        sa.Column("versions", sa.JSON(), nullable=False),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("runtime_id", "name", name="one_application_of_a_name"),
    )
    op.create_table(
        "transactions",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("runtime_id", NUMBER, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("change", sa.JSON(), nullable=False),
        sa.Column("user_id", NUMBER, nullable=False),
        sa.Column("server", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("created_at", NUMBER, nullable=False),
        sa.Column("updated_at", NUMBER, nullable=False),
        sa.Column("errors", sa.JSON(), nullable=False),
        sa.Column("reserved", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("transactions_of_a_runtime", "transactions", ["runtime_id", "id"])
    unfinished = sa.text("status NOT IN ('SUCCESS', 'FAILURE', 'CANCELED')")
    op.create_index(
        "unfinished_transactions",
        "transactions",
        ["runtime_id", "id"],
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )
    of_deployment = sa.text(
        "kind IN ('application_defined', 'application_removed', 'runtime_defined', 'runtime_removed',"
        " 'transaction_begun')"
    )
    op.create_index("deployment_events", "journal", ["seq"], sqlite_where=of_deployment, postgresql_where=of_deployment)
