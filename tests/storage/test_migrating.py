"""Migrations: both databases get the tables that `tables.py` says, and only forward."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from tests.storage.races import race
from tests.storage.samples import account
from twofold.core.errors import StartError
from twofold.storage import build_store, head_revision
from twofold.storage.engine import parse_url
from twofold.storage.sealing import KeyRing
from twofold.storage.tables import metadata
from twofold.system import SystemRandom


def test_the_migrations_make_the_tables(database_url: str) -> None:
    """Columns, types, keys, indexes and their names."""
    engine = create_engine(parse_url(database_url))
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == head_revision()
    engine.dispose()


def test_constraints_have_the_names_of_the_rule(database_url: str) -> None:
    """So that a later migration can name what it changes, on both databases."""
    engine = create_engine(parse_url(database_url))
    found = inspect(engine)
    names = {found.get_pk_constraint(table)["name"] for table in metadata.tables}
    assert names == {f"pk_{table}" for table in metadata.tables}
    foreign: Any = [key["name"] for key in found.get_foreign_keys("mails")]
    assert set(foreign) == {"fk_mails_account_id_accounts", "fk_mails_person_id_people"}
    unique: Any = [key["name"] for key in found.get_unique_constraints("people")]
    assert unique == ["uq_people_email_key"]
    engine.dispose()


def test_a_migrated_database_opens_again(
    database_url: str, keyring: KeyRing, random: SystemRandom
) -> None:
    """Nothing is done twice and nothing is lost."""
    store = build_store(database_url, keyring, random)
    store.call(lambda tx: tx.accounts.add(account()))
    store.close()
    again = build_store(database_url, keyring, random)
    assert again.call(lambda tx: tx.accounts.count()) == 1
    again.close()


@pytest.fixture(params=["sqlite", "postgres"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Any) -> str:
    """A database without tables, once for each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'bare.db'}"
    url: str = request.getfixturevalue("bare_postgres_url")
    return url


def test_a_database_of_a_newer_version_is_refused(
    bare_url: str, keyring: KeyRing, random: SystemRandom
) -> None:
    """And left as it is."""
    build_store(bare_url, keyring, random).close()
    engine = create_engine(parse_url(bare_url))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StartError, match="newer version"):
        build_store(bare_url, keyring, random)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT * FROM alembic_version")).scalar_one() == "9999"
    engine.dispose()


def test_a_migration_that_fails_leaves_nothing(
    bare_url: str, keyring: KeyRing, random: SystemRandom
) -> None:
    """All of it is one transaction; a table in the way makes it fail half-way."""
    engine = create_engine(parse_url(bare_url))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE uploads (id integer)"))
    with pytest.raises(StartError, match="uploads"):
        build_store(bare_url, keyring, random)
    assert inspect(engine).get_table_names() == ["uploads"]
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE uploads"))
    engine.dispose()
    build_store(bare_url, keyring, random).close()


def test_four_first_starts_at_once_migrate_once(
    bare_url: str, keyring: KeyRing, random: SystemRandom
) -> None:
    """The lock makes the others wait and find everything done."""
    stores = race(4, lambda _: build_store(bare_url, keyring, random))
    stores[0].call(lambda tx: tx.accounts.add(account()))
    assert [store.call(lambda tx: tx.accounts.count()) for store in stores] == [1] * 4
    for store in stores:
        store.close()
