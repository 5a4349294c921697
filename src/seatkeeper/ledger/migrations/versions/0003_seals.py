"""Seals of the journal with their snapshots, and an index of its denials.

Revision 0003. Expands only: the former version knows nothing of the new tables, and can use a database in which nothing
was sealed and nobody forgotten.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the tables and the index."""
    op.create_table(
        "seals",
        sa.Column("position", NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("archive", TEXT, nullable=False),
        sa.Column("archive_digest", sa.LargeBinary(), nullable=False),
        sa.Column("snapshot_digest", sa.LargeBinary(), nullable=False),
        sa.Column("event", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_table(
        "snapshot_rows",
        sa.Column("position", NUMBER, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", NUMBER, nullable=True),
        sa.Column("personal", sa.LargeBinary(), nullable=True),
        sa.Column("personal_salt", sa.LargeBinary(), nullable=True),
        sa.Column("personal_digest", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("position", "number"),
        sqlite_with_rowid=False,
    )
    denied = sa.text("kind = 'denied'")
    op.create_index("denied_events", "journal", ["seq"], sqlite_where=denied, postgresql_where=denied)
