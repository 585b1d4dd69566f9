"""Alembic runs this on every upgrade; the connection and its transaction are the caller's."""

from alembic import context

from slo_service.store.sql.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite can, as long as the driver does not commit on its own
)
with context.begin_transaction():
    context.run_migrations()
