"""What stands in the way of a start, each told in one sentence."""

import stat
from pathlib import Path

import pytest

from tests.conftest import PostgresUrl
from tests.storage.samples import account, totp, with_ann
from twofold.core.errors import StartError
from twofold.storage import open_storage
from twofold.storage.engine import network_file_system, parse_url
from twofold.storage.startup import refuse_network_folder
from twofold.system import SystemRandom


def address(folder: Path) -> str:
    """The default database of a data folder."""
    return f"sqlite:///{folder / 'twofold.db'}"


def test_a_first_start_makes_everything_for_its_owner_alone(
    tmp_path: Path, random: SystemRandom
) -> None:
    """Folder, keys and database; a second start finds what the first one stored."""
    folder = tmp_path / "new" / "data"
    store = with_ann(open_storage(address(folder), folder, random))
    store.call(lambda tx: tx.authenticators.add(totp()))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert set(modes) == {
        "keys", "twofold.db", "twofold.db-wal", "twofold.db-shm", "twofold.db.lock"
    }  # fmt: skip
    assert set(modes.values()) == {0o600}
    store.close()
    again = open_storage(address(folder), folder, random)
    assert again.call(lambda tx: tx.authenticators.pending("ann")) == totp()
    again.close()


def test_a_first_start_on_postgres_makes_tables_and_keys(
    tmp_path: Path, random: SystemRandom, bare_postgres_url: str
) -> None:
    """And then the key file has to stay."""
    store = open_storage(bare_postgres_url, tmp_path, random)
    store.call(lambda tx: tx.accounts.add(account()))
    store.close()
    (tmp_path / "keys").rename(tmp_path / "elsewhere")
    with pytest.raises(StartError, match="missing"):
        open_storage(bare_postgres_url, tmp_path, random)
    (tmp_path / "elsewhere").rename(tmp_path / "keys")
    again = open_storage(bare_postgres_url, tmp_path, random)
    assert again.call(lambda tx: tx.accounts.count()) == 1
    again.close()


def test_a_missing_key_file_is_never_replaced(tmp_path: Path, random: SystemRandom) -> None:
    """F26: a new key beside an existing database would hide that the old one is needed."""
    open_storage(address(tmp_path), tmp_path, random).close()
    (tmp_path / "keys").unlink()
    with pytest.raises(StartError, match="missing"):
        open_storage(address(tmp_path), tmp_path, random)
    assert not (tmp_path / "keys").exists()


def test_the_key_of_another_database_is_refused(tmp_path: Path, random: SystemRandom) -> None:
    """F26: by another id, and by the same id with another key."""
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        open_storage(address(folder), folder, random).close()
    line = (one / "keys").read_text()
    other = (two / "keys").read_text()
    for wrong in (other, f"{line.split()[0]} {other.split()[1]}\n"):
        (one / "keys").write_text(wrong)
        with pytest.raises(StartError, match="belongs to this database"):
            open_storage(address(one), one, random)
    (one / "keys").write_text(line)
    open_storage(address(one), one, random).close()


def test_a_second_key_may_be_added(tmp_path: Path, random: SystemRandom) -> None:
    """From then on the database asks for both."""
    store = with_ann(open_storage(address(tmp_path), tmp_path, random))
    store.call(lambda tx: tx.authenticators.add(totp()))
    store.close()
    other = tmp_path / "other"
    open_storage(address(other), other, random).close()
    old = (tmp_path / "keys").read_text()
    (tmp_path / "keys").write_text(old + (other / "keys").read_text())
    store = open_storage(address(tmp_path), tmp_path, random)
    assert store.call(lambda tx: tx.authenticators.pending("ann")) == totp()
    store.close()
    (tmp_path / "keys").write_text(old)
    with pytest.raises(StartError, match="not in the key file"):
        open_storage(address(tmp_path), tmp_path, random)


def test_a_folder_that_cannot_be_written_to_is_refused(
    tmp_path: Path, random: SystemRandom
) -> None:
    """A file in its place, and a place where nobody can make folders."""
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "data", Path("/proc/twofold")):
        with pytest.raises(StartError, match=f"{folder} cannot be written to"):
            open_storage(address(folder), folder, random)


@pytest.mark.parametrize("place", [0, 100, 4096, 8192])
def test_a_damaged_file_is_refused(tmp_path: Path, random: SystemRandom, place: int) -> None:
    """In its header or further in; the file is left as it is."""
    open_storage(address(tmp_path), tmp_path, random).close()
    path = tmp_path / "twofold.db"
    content = bytearray(path.read_bytes())
    content[place : place + 4096] = b"\x5a" * 4096
    path.write_bytes(content)
    with pytest.raises(StartError, match="damaged"):
        open_storage(address(tmp_path), tmp_path, random)
    assert path.read_bytes() == content


def test_a_file_of_another_kind_is_refused(tmp_path: Path, random: SystemRandom) -> None:
    """And not written over."""
    open_storage(address(tmp_path), tmp_path, random).close()
    (tmp_path / "twofold.db").write_text("This is a letter, not a database.\n" * 500)
    with pytest.raises(StartError, match="damaged"):
        open_storage(address(tmp_path), tmp_path, random)


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/export /srv/shared nfs4 rw 0 0
//host/share /srv/my\\040share cifs rw 0 0
/dev/sdb1 /srv/shared/local ext4 rw 0 0
me@host: /home/me/far fuse.sshfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib/twofold", None),
        ("/srv/shared", "nfs4"),
        ("/srv/shared/data", "nfs4"),
        ("/srv/sharedness", None),
        ("/srv/shared/local/data", None),
        ("/srv/my share/data", "cifs"),
        ("/home/me/far/data", "fuse.sshfs"),
    ],
)
def test_a_network_file_system_is_recognised(folder: str, kind: str | None) -> None:
    """By the innermost mount that the folder lies under."""
    assert network_file_system(Path(folder), MOUNTS) == kind


def test_a_network_folder_is_refused() -> None:
    """With its kind and what to do instead; this machine's own folder is not."""
    with pytest.raises(StartError, match="nfs4"):
        refuse_network_folder(Path("/srv/shared/data"), MOUNTS)
    refuse_network_folder(Path(__file__).parent)


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("sqlite:///data/twofold.db", "sqlite"),
        ("postgres://h/d", "postgresql+psycopg"),
        ("postgresql://h/d", "postgresql+psycopg"),
        ("postgresql+psycopg://h/d", "postgresql+psycopg"),
    ],
)
def test_two_kinds_of_address_are_known(given: str, driver: str) -> None:
    """PostgreSQL under each of its usual names."""
    assert parse_url(given).drivername == driver


@pytest.mark.parametrize(
    "given", ["", "twofold.db", "mysql://h/d", "sqlite://", "sqlite:///:memory:", "sqlite+x:///a"]
)
def test_other_addresses_are_refused(given: str) -> None:
    """A database in memory would lose what was acknowledged."""
    with pytest.raises(StartError):
        parse_url(given)


def test_a_database_that_is_not_there_is_one_sentence(
    tmp_path: Path, random: SystemRandom, postgres: PostgresUrl
) -> None:
    """In the server's first words."""
    with pytest.raises(StartError, match="does not exist"):
        open_storage(postgres.of("no_such_database"), tmp_path, random)
