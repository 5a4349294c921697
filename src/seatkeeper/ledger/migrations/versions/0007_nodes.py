"""Several nodes: how far each session has been told, which have ended a while ago, and which code may be beside this.

Revision 0007. Expands only: the former version knows nothing of the new tables and needs nothing of them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the tables. The code of the former revision goes on beside this one."""
    op.create_table(
        "deliveries",
        sa.Column("session_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("position", NUMBER, nullable=False),
        sa.Column("reader", NUMBER),
        sa.Column("streamed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("session_id"),
    )
    op.create_table(
        "ended_sessions",
        sa.Column("session_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("user_id", NUMBER, nullable=False),
        sa.Column("cookie_digest", sa.LargeBinary(), nullable=False),
        sa.Column("csrf_digest", sa.LargeBinary(), nullable=False),
        sa.Column("language", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("session_id"),
    )
    op.create_index(op.f("ix_ended_sessions_at"), "ended_sessions", ["at"])
    op.create_table(
        "auth_tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", NUMBER, nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.Column("until", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index(op.f("ix_auth_tokens_session_id"), "auth_tokens", ["session_id"])
    op.create_index(op.f("ix_auth_tokens_until"), "auth_tokens", ["until"])
    oldest = op.create_table(
        "oldest_code", sa.Column("revision", TEXT, nullable=False), sa.PrimaryKeyConstraint("revision")
    )
    op.bulk_insert(oldest, [{"revision": "0006"}])
