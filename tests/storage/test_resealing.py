"""From one key to the next: every sealed value, at whatever moment somebody pulls the plug."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.conftest import FixedClock
from tests.flows import keys as passkey_flows
from tests.storage.kills import killed_at
from tests.world import DESK, HERE, Organisation, found
from twofold.core.errors import SealError, StartError
from twofold.core.events import Seal
from twofold.core.people import Person
from twofold.flows import recovery, restore
from twofold.flows.recovery import NewCodes
from twofold.flows.second_step import CodeRefused, recover
from twofold.flows.sign_in import SignedIn
from twofold.storage import build_store, resealing
from twofold.storage.engine import writing_engine
from twofold.storage.migrating import note_keys
from twofold.storage.resealing import BARE, Left, Resealed
from twofold.storage.sealed import COLUMNS
from twofold.storage.sealing import KeyRing, write_keys
from twofold.storage.tables import metadata
from twofold.system import SystemRandom

OLD, NEW = "00000001", "00000002"


class Keys:
    """A key file, and a deployment that follows it."""

    def __init__(self, path: Path, url: str, keyring: KeyRing, random: SystemRandom) -> None:
        """With the old key alone."""
        self.path, self.url, self.random = path, url, random
        self.bytes = {OLD: keyring._keys[OLD], NEW: bytes(range(32))}
        self.write(OLD)
        self.ring = self.loaded()

    def write(self, *ids: str) -> None:
        """Put these keys into the file; the last one seals."""
        write_keys(self.path, {one: self.bytes[one] for one in ids}, self.random)

    def loaded(self, *ids: str) -> KeyRing:
        """A ring that follows the file, as another process has it."""
        return KeyRing({one: self.bytes[one] for one in ids or (OLD,)}, self.random, self.path)

    def reseal(self) -> Resealed:
        """What `twofold keys rotate` does to the database."""
        engine = writing_engine(self.url)
        try:
            note_keys(engine, KeyRing(self.bytes, self.random))
            return resealing.reseal(engine, self.loaded(OLD, NEW))
        finally:
            engine.dispose()

    def left(self, now: int) -> dict[str, Left]:
        """What only each key opens."""
        engine = writing_engine(self.url)
        try:
            with engine.connect() as connection:
                return dict(resealing.left(connection, now))
        finally:
            engine.dispose()

    def forget(self, now: int) -> Left:
        """What `twofold keys retire` does to the database."""
        engine = writing_engine(self.url)
        try:
            return resealing.forget(engine, OLD, now)
        finally:
            engine.dispose()


@pytest.fixture
def keys(tmp_path: Path, database_url: str, keyring: KeyRing, random: SystemRandom) -> Keys:
    """The key file of a deployment on this database."""
    return Keys(tmp_path / "keys", database_url, keyring, random)


@pytest.fixture
def acme(keys: Keys, clock: FixedClock) -> Organisation:
    """An organisation whose process follows the key file, with something in each sealed column."""
    store = build_store(keys.url, keys.ring, keys.random)
    acme = found(store, clock)
    acme.enrol(acme.add("Ben"))
    passkey_flows.with_key(acme, "Kim")
    owner = acme.owner
    store.call(lambda tx: tx.uploads.add("u1", acme.account_id, owner.id, b"a list", acme.now))
    return acme


@pytest.fixture(autouse=True)
def only_old(keys: Keys, database_url: str) -> Iterator[None]:
    """PostgreSQL tests share a database: its list of keys is as it was afterwards."""
    yield
    engine = writing_engine(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM sealing_keys WHERE id = '{NEW}'")  # noqa: S608
    note_keys(engine, KeyRing({OLD: keys.bytes[OLD]}, keys.random))
    engine.dispose()


def test_every_sealed_column_is_known() -> None:
    """By the naming rule of the tables; a new one that is not in the list would be lost."""
    named = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if column.name.startswith("sealed_")
    }
    assert {one.place for one in COLUMNS} == named
    assert len(named) == len(COLUMNS)


def test_a_running_process_follows_the_key_file(keys: Keys) -> None:
    """It opens what it has never seen the key of, seals with the last line, and keeps what it has
    when the file is gone or spoilt.
    """
    running, other = keys.loaded(OLD), keys.loaded(OLD)
    sealed_before = running.seal("a.b", "1", b"y")
    assert sealed_before[1:9] == OLD.encode()
    keys.write(NEW, OLD)
    assert running.seal("a.b", "1", b"x")[1:9] == OLD.encode()
    keys.write(OLD, NEW)
    sealed = running.seal("a.b", "1", b"x")
    assert sealed[1:9] == NEW.encode()
    assert other.open("a.b", "1", sealed) == b"x"
    assert other.is_signed("use", "text", running.sign("use", "text"))
    assert other.digests("use", "text")[0] == running.digests("use", "text")[0]
    keys.write(NEW)
    running.seal("a.b", "1", b"x")
    with pytest.raises(SealError):
        running.open("a.b", "1", sealed_before)
    keys.path.write_text("spoilt")
    assert running.open("a.b", "1", running.seal("a.b", "1", b"z")) == b"z"
    keys.path.unlink()
    assert running.seal("a.b", "1", b"x")[1:9] == NEW.encode()


def test_everything_is_sealed_anew_while_the_process_runs(keys: Keys, acme: Organisation) -> None:
    """Before, half-way and afterwards people sign in; the old key opens nothing any more."""
    ben = next(one for one in people_of(acme) if one.name == "Ben")
    before = keys.left(acme.now)
    assert set(before) == {OLD}
    assert (before[OLD].logs, before[OLD].codes) == (1, 20)
    keys.write(NEW, OLD)
    acme.signed_in(ben)
    keys.write(OLD, NEW)
    acme.signed_in(ben)
    done = keys.reseal()
    assert done.unreadable == []
    after = keys.left(acme.now)
    assert (after[OLD].sealed, after[OLD].logs) == (0, 0)
    assert after[NEW].sealed >= before[OLD].sealed
    assert after[NEW].logs == 1
    acme.signed_in(ben)
    kim = next(one for one in people_of(acme) if one.name == "Kim")
    assert passkey_flows.own(acme, kim)
    assert acme.store.call(lambda tx: tx.uploads.take("u1", acme.account_id, acme.owner_id))
    assert acme.store.call(lambda tx: tx.events.seal(acme.account_id)) is Seal.WHOLE
    assert keys.reseal() == Resealed()
    acme.store.close()


def people_of(acme: Organisation) -> list[Person]:
    """Everybody."""
    rows = acme.store.call(
        lambda tx: tx.people.page(acme.account_id, search="", after="", limit=100, only="")
    )
    return [row.person for row in rows]


def test_a_key_that_recovery_codes_need_stays(keys: Keys, acme: Organisation) -> None:
    """Until their owners have made new ones, or until they are ended and told."""
    ben = next(one for one in people_of(acme) if one.name == "Ben")
    done = acme.call(recovery.make, caller=acme.caller(ben), source=DESK)
    assert isinstance(done, NewCodes)
    keys.write(OLD, NEW)
    keys.reseal()
    typed = acme.temporary_pass(ben)
    assert keys.forget(acme.now).codes == 20
    assert isinstance(use(acme, ben, done.codes[0]), SignedIn)
    assert keys.forget(acme.now).codes == 19
    lost = acme.call(restore.end_hashed_with, key_id=OLD)
    assert lost == 2
    assert keys.left(acme.now)[NEW].passes == 1
    assert isinstance(use(acme, ben, done.codes[1]), CodeRefused)
    assert keys.forget(acme.now).is_nothing
    keys.write(NEW)
    acme.clock.advance(60)
    acme.signed_in(ben)
    assert isinstance(use(acme, ben, typed), SignedIn)
    acme.store.close()
    build_store(keys.url, KeyRing({NEW: keys.bytes[NEW]}, keys.random), keys.random).close()
    with pytest.raises(StartError, match="not in the key file"):
        build_store(keys.url, KeyRing({OLD: keys.bytes[OLD]}, keys.random), keys.random)


def use(acme: Organisation, person: Person, code: str) -> object:
    """Sign in with a recovery code or a pass."""
    return acme.call(recover, half=acme.half(person), typed=code, place=HERE)


def test_hashes_without_a_key_s_id_keep_every_key(keys: Keys, acme: Organisation) -> None:
    """They are of a version that did not write it down, so it may be any of them."""
    acme.store.call(
        lambda tx: tx.recovery._connection.exec_driver_sql(  # type: ignore[attr-defined]
            "UPDATE recovery_codes SET code_hash = substr(code_hash, 10)"
        )
    )
    keys.write(OLD, NEW)
    keys.reseal()
    assert keys.left(acme.now)[BARE].codes == 20
    assert keys.forget(acme.now).codes == 20
    assert acme.call(restore.end_hashed_with, key_id=OLD) == 2
    assert keys.forget(acme.now).is_nothing
    acme.store.close()


def test_a_value_that_no_key_opens_is_named_and_left(keys: Keys, acme: Organisation) -> None:
    """The others are sealed anew; the old key stays, for whatever may come of it."""
    acme.store.call(
        lambda tx: tx.recovery._connection.exec_driver_sql(  # type: ignore[attr-defined]
            "UPDATE uploads SET id = 'u2'"
        )
    )
    keys.write(OLD, NEW)
    assert keys.reseal().unreadable == ["uploads.sealed_content of the row u2"]
    assert keys.left(acme.now)[OLD].sealed == 1
    acme.store.close()


FILES = ("storage/resealing.py",)


def test_a_run_that_is_killed_is_gone_on_with(
    keys: Keys, acme: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At whatever line: everything opens with the two keys, and the next run does the rest."""
    monkeypatch.setattr(resealing, "BATCH", 1)
    acme.store.close()
    keys.write(OLD, NEW)
    total = sum(one.sealed for one in keys.left(acme.now).values())
    died = 0
    for number in range(8):
        died += killed_at(keys.reseal, FILES, 1 + number * 25)
        both = keys.left(acme.now)
        assert sum(one.sealed for one in both.values()) == total
        assert check(keys) == total
    assert died >= 4
    keys.reseal()
    assert keys.left(acme.now)[NEW].sealed == total
    assert check(keys) == total


def check(keys: Keys) -> int:
    """How many sealed values open."""
    ring, opened = KeyRing(keys.bytes, keys.random), 0
    engine = writing_engine(keys.url)
    with engine.connect() as connection:
        for one in COLUMNS:
            for id_, sealed, *also in connection.execute(
                select(one.table.c.id, one.column, *one.also)
            ):
                ring.open(one.place, one.name_of(id_, *also), bytes(sealed))
                opened += 1
    engine.dispose()
    return opened


def test_people_go_on_working_meanwhile(keys: Keys, acme: Organisation) -> None:
    """Set-ups and mails are written all the while; nothing is lost, nothing comes back."""
    stop = threading.Event()
    made: list[str] = []

    def work() -> None:
        number = 0
        while not stop.is_set():
            acme.add(f"P{number}", invited=True)
            made.append(f"p{number}@acme.example")
            number += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for order in ((NEW, OLD), (OLD, NEW)):
            keys.write(*order)
        keys.reseal()
    finally:
        stop.set()
        thread.join()
    keys.reseal()
    assert keys.left(acme.now)[OLD].sealed == 0
    rows = acme.store.call(lambda tx: tx.mails.page(acme.account_id, before="", limit=1000))
    assert {mail.to_address for mail, _ in rows} >= set(made)
    assert all(mail.params["token"] for mail, _ in rows if mail.to_address in made)
    assert made
    acme.store.close()
