"""Prerequisites, rights on allocations, and display names as they are compared.

Revision 0002. Expands only: every new column has a default, so that the former version can still write.
"""

import sqlalchemy as sa
from alembic import op

from seatkeeper.licensing.entities import fold

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns and fill in the display names."""
    op.add_column("licenses", sa.Column("prerequisite", NUMBER))
    op.add_column("users", sa.Column("view_allocations", sa.JSON(), server_default="[]"))
    op.add_column("users", sa.Column("admin_allocations", sa.JSON(), server_default="[]"))
    for name in ("licenses", "stations", "users"):
        op.add_column(name, sa.Column("display_key", TEXT, nullable=False, server_default=""))
        _fill_in(name)
    living = sa.text("deleted_at IS NULL")
    columns = ["display_key", "login_key"]
    op.create_index("users_by_display_name", "users", columns, sqlite_where=living, postgresql_where=living)


def _fill_in(name: str) -> None:
    table = sa.table(name, sa.column("id", NUMBER), sa.column("display_name"), sa.column("display_key"))
    connection = op.get_bind()
    keys = [
        {"number": number, "key": fold(display_name)}
        for number, display_name in connection.execute(sa.select(table.c.id, table.c.display_name))
    ]
    if keys:
        change = sa.update(table).where(table.c.id == sa.bindparam("number")).values(display_key=sa.bindparam("key"))
        connection.execute(change, keys)
