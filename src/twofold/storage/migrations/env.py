"""How Alembic runs the migrations: inside the transaction that `migrating.py` opened."""

from alembic import context

from twofold.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    transaction_per_migration=False,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
