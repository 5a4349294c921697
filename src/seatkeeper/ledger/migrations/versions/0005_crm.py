"""Owners, what a license document says of a license, users' types and groups, and sessions' own time-outs.

How a license's seats changed is found by an index, however long the journal.

Revision 0005. Expands only: every new column has a default, so that the former version can still write.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the table, the columns and the index."""
    op.create_table(
        "owners",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("name_key", TEXT, nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.UniqueConstraint("name_key", name="one_owner_of_a_name"),
    )
    op.add_column("licenses", sa.Column("details", sa.JSON(), nullable=False, server_default="{}"))
    internal = "InternalAssociate"
    op.add_column("users", sa.Column("user_type", TEXT, nullable=False, server_default=internal))
    op.add_column("users", sa.Column("group_id", NUMBER, nullable=False, server_default="0"))
    op.add_column("users", sa.Column("secondary_groups", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("sessions", sa.Column("idle_timeout", NUMBER))
    seats_changed = sa.text("kind = 'seats_changed'")
    op.create_index(
        "seats_changed_events", "journal", ["seq"], sqlite_where=seats_changed, postgresql_where=seats_changed
    )
