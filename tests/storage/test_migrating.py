"""Migrations: both databases get the tables that `tables.py` says, and only forward."""

from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table, create_engine, inspect, text

from tests.conftest import FixedClock
from tests.storage.races import race
from tests.storage.samples import NOW, account, totp
from tests.world import ENCODED, Organisation
from twofold.core.authenticators import Totp
from twofold.core.errors import StartError
from twofold.core.people import GuardPolicy
from twofold.core.tokens import Purpose, digest
from twofold.flows import enrol
from twofold.flows.second_step import CodeRefused
from twofold.flows.sign_in import SignedIn
from twofold.storage import build_store, head_revision
from twofold.storage.engine import parse_url
from twofold.storage.migrating import check_keys, config_for
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


def add_row(connection: Connection, table: str, **values: object) -> None:
    """Insert into the table as it is in the database now, not as this version knows it."""
    reflected = Table(table, MetaData(), autoload_with=connection)
    connection.execute(reflected.insert(), values)


def fill_the_first_tables(connection: Connection, ring: KeyRing) -> None:
    """What the first version wrote: an account, an enrolled member, and what she has open."""
    owned = {"account_id": "acme", "person_id": "ann"}
    place = {"address": "192.0.2.1", "browser": "Firefox on Linux"}
    add_row(
        connection, "accounts", id="acme", name="Acme", issuer="Acme", requires_factor=False,
        switched_at=None, created_at=NOW,
    )  # fmt: skip
    add_row(connection, "event_heads", account_id="acme", seq=0, hash=bytes(32))
    add_row(
        connection, "people", id="ann", account_id="acme", name="Ann", email="ann@acme.example",
        email_key="ann@acme.example", search_text="ann", role="member", state="active",
        password=ENCODED, password_version=1, created_at=NOW,
    )  # fmt: skip
    for id_, state in (("t1", "active"), ("t2", "pending")):
        add_row(
            connection, "authenticators", **owned, id=id_, state=state,
            sealed_secret=ring.seal("authenticators.sealed_secret", id_, totp().secret),
            issuer="Acme", label="ann@acme.example", created_at=NOW, confirmed_at=NOW,
            ended_at=None, last_step=0, drift=0, last_offset=0,
        )  # fmt: skip
    add_row(
        connection, "attempts", **owned, **place, id="a1", purpose="sign-in", outcome="wrong",
        tried_at=NOW, authenticator_id="t1", step_offset=None,
    )  # fmt: skip
    add_row(
        connection, "sign_ins", **owned, id="i1", token_hash=digest(Purpose.SIGN_IN, "half"),
        stage="code", password_version=1, return_to="/", failures=0, created_at=NOW,
        expires_at=NOW + 600,
    )  # fmt: skip
    add_row(
        connection, "sessions", **owned, **place, id="s1", methods="pwd otp", password_at=NOW,
        token_hash=digest(Purpose.SESSION, "whole"), factor_at=NOW, created_at=NOW, seen_at=NOW,
    )  # fmt: skip


def test_a_database_of_the_first_version_is_upgraded_with_its_rows(
    bare_url: str, keyring: KeyRing, random: SystemRandom, clock: FixedClock
) -> None:
    """Sessions and half-finished sign-ins go on, codes work, and the guard counts from nothing."""
    engine = create_engine(parse_url(bare_url))
    with engine.begin() as connection:
        command.upgrade(config_for(connection), "0001")
        check_keys(connection, keyring)
    with engine.begin() as connection:
        fill_the_first_tables(connection, keyring)
    engine.dispose()
    store = build_store(bare_url, keyring, random)
    acme = Organisation(store, clock, "acme", "ann")
    assert acme.account.guard == GuardPolicy()
    assert not acme.owner.must_change_password
    assert not acme.attempts(acme.owner)[0].known_browser
    caller, half = acme.caller_of("whole"), acme.half_of("half")
    assert caller is not None
    assert half is not None
    assert (caller.session.trusted, caller.session.browser_id) == (False, None)
    assert not half.sign_in.link_open
    assert acme.active(acme.owner).app == ""
    begun = acme.call(enrol.begin_own, caller=caller)
    assert isinstance(begun, Totp)
    assert begun.id != "t2"
    assert isinstance(acme.submit_code(half, acme.wrong(acme.active(acme.owner))), CodeRefused)
    assert isinstance(acme.submit_code(half, acme.code(acme.owner)), SignedIn)
    assert [browser.name for browser in store.call(lambda tx: tx.browsers.of("ann"))] == [
        "Firefox on Linux"
    ]
    store.close()
