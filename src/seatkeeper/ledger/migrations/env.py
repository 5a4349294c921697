"""Run by Alembic: hands it the connection that `seatkeeper.ledger.schema` opened."""

from alembic import context

from seatkeeper.ledger.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=False)
context.run_migrations()
