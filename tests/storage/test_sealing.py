"""Sealed values and the key file."""

import base64
import stat
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text

from tests.storage.samples import SECRET, mail, person, totp, with_ann
from twofold.core.authenticators import AuthenticatorState
from twofold.core.errors import SealError, StartError
from twofold.ports import Store
from twofold.storage import build_store
from twofold.storage.engine import parse_url
from twofold.storage.sealing import KeyRing, check_against, load_keys
from twofold.storage.tables import metadata
from twofold.system import SystemRandom

PLACE = "authenticators.sealed_secret"
ONE, TWO = b"1" * 32, b"2" * 32


@pytest.fixture
def ring(random: SystemRandom) -> KeyRing:
    """One key."""
    return KeyRing({"aaaaaaaa": ONE}, random)


def test_a_sealed_value_opens_in_its_place(ring: KeyRing) -> None:
    """Whatever its length; and sealing twice gives two texts."""
    for value in (b"", SECRET, bytes(100_000)):
        assert ring.open(PLACE, "t1", ring.seal(PLACE, "t1", value)) == value
    assert ring.seal(PLACE, "t1", SECRET) != ring.seal(PLACE, "t1", SECRET)


def test_a_sealed_value_has_the_form_that_the_module_says(ring: KeyRing) -> None:
    """Version, key id, nonce, then as many bytes as the value has and 16 for the tag."""
    sealed = ring.seal(PLACE, "t1", SECRET)
    assert sealed[:9] == b"\x01aaaaaaaa"
    assert len(sealed) == 9 + 12 + len(SECRET) + 16
    assert SECRET not in sealed


@pytest.mark.parametrize(
    ("place", "row_id"),
    [
        ("authenticators.sealed_secret", "t2"),
        ("authenticators.sealed_other", "t1"),
        ("mails.sealed_secret", "t1"),
        ("authenticators.sealed_secre", "tt1"),
    ],
)
def test_a_sealed_value_opens_nowhere_else(ring: KeyRing, place: str, row_id: str) -> None:
    """Not in another row, column or table, nor where names and ids only add up to the same."""
    with pytest.raises(SealError):
        ring.open(place, row_id, ring.seal(PLACE, "t1", SECRET))


def test_a_changed_byte_does_not_open(ring: KeyRing) -> None:
    """Any byte: version, key id, nonce, text or tag; nor does anything cut short."""
    sealed = ring.seal(PLACE, "t1", SECRET)
    for index in range(len(sealed)):
        changed = bytearray(sealed)
        changed[index] ^= 1
        with pytest.raises(SealError):
            ring.open(PLACE, "t1", bytes(changed))
        with pytest.raises(SealError):
            ring.open(PLACE, "t1", sealed[:index])


def test_the_last_key_seals_and_every_key_opens(random: SystemRandom, ring: KeyRing) -> None:
    """So that a new key can be added while old values are still there."""
    both = KeyRing({"aaaaaaaa": ONE, "bbbbbbbb": TWO}, random)
    assert both.open(PLACE, "t1", ring.seal(PLACE, "t1", SECRET)) == SECRET
    assert both.seal(PLACE, "t1", SECRET)[1:9] == b"bbbbbbbb"
    with pytest.raises(SealError):
        ring.open(PLACE, "t1", both.seal(PLACE, "t1", SECRET))


def test_a_signature_is_known_again_after_a_new_key_and_nothing_else_is(
    random: SystemRandom, ring: KeyRing
) -> None:
    """Of this use and this text, whole, and by a ring that has the key."""
    signature = ring.sign("use", "text")
    both = KeyRing({"aaaaaaaa": ONE, "bbbbbbbb": TWO}, random)
    assert both.is_signed("use", "text", signature)
    assert both.sign("use", "text")[:8] == b"bbbbbbbb"
    assert not ring.is_signed("use", "text", both.sign("use", "text"))
    assert not both.is_signed("other", "text", signature)
    assert not both.is_signed("use", "texts", signature)
    assert not both.is_signed("use", "text", b"bbbbbbbb" + signature[8:])
    assert not any(ring.is_signed("use", "text", signature[:end]) for end in range(40))


def test_a_ring_shows_no_key(ring: KeyRing) -> None:
    """Neither in a traceback nor in a log line."""
    assert repr(ring) == "KeyRing(['aaaaaaaa'])"


def test_check_values_tell_keys_apart(random: SystemRandom, ring: KeyRing) -> None:
    """The right ring passes, another key under the same id or a missing key does not."""
    stored = ring.check_values()
    assert check_against(ring, stored) == {}
    assert check_against(ring, {}) == stored
    with pytest.raises(StartError, match="not the one"):
        check_against(KeyRing({"aaaaaaaa": TWO}, random), stored)
    with pytest.raises(StartError, match="not in the key file"):
        check_against(KeyRing({"bbbbbbbb": TWO}, random), stored)
    assert ONE not in stored["aaaaaaaa"]


def test_a_new_key_file_is_for_its_owner_alone(tmp_path: Path, random: SystemRandom) -> None:
    """Mode 0600, one line, nothing else left in the folder, and read again the next time."""
    path = tmp_path / "keys"
    first = load_keys(path, random, database_exists=False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_text().splitlines()) == 1
    assert list(tmp_path.iterdir()) == [path]
    again = load_keys(path, random, database_exists=True)
    assert again.check_values() == first.check_values()


def test_no_key_is_made_beside_a_database(tmp_path: Path, random: SystemRandom) -> None:
    """A new key could open nothing; the file stays missing."""
    with pytest.raises(StartError, match="missing"):
        load_keys(tmp_path / "keys", random, database_exists=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_key_file_that_others_can_read_is_refused(
    tmp_path: Path, random: SystemRandom, mode: int
) -> None:
    """And the message says what to type."""
    path = tmp_path / "keys"
    load_keys(path, random, database_exists=False)
    path.chmod(mode)
    with pytest.raises(StartError, match=f"chmod 600 {path}"):
        load_keys(path, random, database_exists=True)


@pytest.mark.parametrize(
    "content",
    ["", "\n", "aaaaaaaa", "aaaaaaaa short", f"AAAAAAAA {base64.b64encode(ONE).decode()}",
     f"aaaaaaaa {base64.b64encode(ONE[:31]).decode()}", "aaaaaaaa ???", "a\x00b c"],
)  # fmt: skip
def test_a_file_that_is_no_key_file_is_refused(
    tmp_path: Path, random: SystemRandom, content: str
) -> None:
    """Without showing what stands in it."""
    path = tmp_path / "keys"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(StartError) as caught:
        load_keys(path, random, database_exists=True)
    assert base64.b64encode(ONE).decode()[:10] not in str(caught.value)


def store_secrets(store: Store) -> None:
    """A secret, a link's token and an upload."""
    with_ann(store)
    store.call(lambda tx: tx.authenticators.add(totp()))
    store.call(lambda tx: tx.mails.add(mail()))
    store.call(lambda tx: tx.uploads.add("u1", "acme", "ann", b"Ann Other,ann@example.com", 1))


SECRETS = (SECRET, b"a-token-that-opens-something", b"Ann Other")


def test_secrets_are_not_in_the_database_file(
    sqlite_url: str, keyring: KeyRing, random: SystemRandom
) -> None:
    """While it is open and after; what is not secret is there, so the search does search."""
    path = Path(parse_url(sqlite_url).database or "")
    store = build_store(sqlite_url, keyring, random)
    store_secrets(store)
    content = b"".join(part.read_bytes() for part in path.parent.glob("twofold.db*"))
    store.close()
    content += path.read_bytes()
    assert b"ann@example.org" in content
    assert not [secret for secret in SECRETS if secret in content]


def test_secrets_are_not_in_the_rows(store: Store, database_url: str) -> None:
    """On both databases, in no column of any table."""
    store_secrets(store)
    engine = create_engine(parse_url(database_url))
    with engine.connect() as connection:
        values = [
            value if isinstance(value, bytes) else str(value).encode()
            for table in metadata.sorted_tables
            for row in connection.execute(select(table))
            for value in row
        ]
    engine.dispose()
    content = b"|".join(values)
    assert b"ann@example.org" in content
    assert not [secret for secret in SECRETS if secret in content]


def test_a_secret_copied_to_another_row_does_not_open(store: Store, database_url: str) -> None:
    """Whoever can write to the database cannot give a person a secret that they know."""
    with_ann(store)
    store.call(lambda tx: tx.people.add(person("eve"), password="$e"))
    store.call(lambda tx: tx.authenticators.add(totp("t1", state=AuthenticatorState.ACTIVE)))
    evil = totp("t2", "eve", AuthenticatorState.ACTIVE, b"known to Eve, 20 byt")
    store.call(lambda tx: tx.authenticators.add(evil))
    engine = create_engine(parse_url(database_url))
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE authenticators SET sealed_secret ="
                " (SELECT sealed_secret FROM authenticators WHERE id = 't2') WHERE id = 't1'"
            )
        )
    engine.dispose()
    with pytest.raises(SealError):
        store.call(lambda tx: tx.authenticators.in_force("ann")[-1])
    assert store.call(lambda tx: tx.authenticators.in_force("eve")[-1]) == evil
