"""Which sessions hear of where they sit.

Revision 0004. Expands only: the new column has a default, so that the former version can still write. Of the
sessions that there are nobody knows any more what they asked for: they hear nothing of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("sessions", sa.Column("hears_of_stations", sa.Boolean(), nullable=False, server_default=sa.false()))
