"""The journal: on the disk before the commit, and read with whatever a power cut left."""

import os
import resource
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MORNING, FixedClock
from tests.world import DESK, found
from twofold.core.epoch import DECIDES
from twofold.core.errors import BackupError, StorageUnavailable
from twofold.core.events import Event, EventKind
from twofold.flows import recovery
from twofold.flows.recovery import NewCodes
from twofold.ports import Store
from twofold.storage import build_store
from twofold.storage.journal import Journal, known, read_journal
from twofold.storage.sealing import KeyRing
from twofold.system import SystemRandom


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal is."""
    return tmp_path / "journal"


def event(kind: EventKind, at: int = MORNING) -> Event:
    """Something that happened to Ann."""
    return Event("acme", 1, kind, at, None, "ann", {"detail": "is not kept"})


def test_lines_are_kept_for_their_owner_alone(path: Path) -> None:
    """The first says since when; what decides nothing about who may come in is not there."""
    journal = Journal(path)
    journal.spent("code-1")
    journal.ended("ann", MORNING)
    journal.done(event(EventKind.PERSON_DISABLED))
    journal.done(event(EventKind.SIGN_IN_COMPLETED))
    first, *rest = read_journal(path)
    assert first["begun_at"] > 0
    assert rest == [
        {"spent": "code-1"},
        {"ended": "ann", "made_at": MORNING},
        {"done": "person:disabled", "at": MORNING, "account": "acme", "subject": "ann"},
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert EventKind.SIGN_IN_COMPLETED not in DECIDES


def test_a_torn_line_did_not_happen_and_hides_none(path: Path) -> None:
    """The process died in the middle of it; the next one writes on a line of its own."""
    Journal(path).spent("code-1")
    with path.open("ab") as file:
        file.write(b'{"spent": "co')
    Journal(path).spent("code-2")
    assert [line.get("spent") for line in read_journal(path)[1:]] == ["code-1", "code-2"]


def test_what_cannot_be_written_down_is_not_done(path: Path) -> None:
    """A full disk, and a folder in the way: the caller is told, and the flow fails."""
    journal = Journal(path)
    journal.spent("code-1")
    size = path.stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 5, before[1]))
    try:
        with pytest.raises(StorageUnavailable):
            journal.spent("code-2")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    journal.spent("code-3")
    assert [line.get("spent") for line in read_journal(path)[1:]] == ["code-1", "code-3"]
    path.unlink()
    path.mkdir()
    with pytest.raises(StorageUnavailable):
        journal.spent("code-4")
    with pytest.raises(BackupError, match="cannot be written"):
        journal.backup("b")


def test_the_journal_is_whole_if_it_saw_the_backup(tmp_path: Path, path: Path) -> None:
    """Alone on one host; with several hosts all have to be named and to have begun before."""
    journal = Journal(path)
    later = read_begun(tmp_path / "later")
    journal.backup("b1")
    now = later + 1
    assert known([path], "b1", now, all_named=True).is_whole
    assert not known([path], "b1", now, all_named=False).is_whole
    assert not known([path], "b2", now, all_named=True).is_whole
    assert not known([], "b1", now, all_named=True).is_whole
    assert known([path, tmp_path / "later"], "b1", now, all_named=True).is_whole
    assert not known([path, tmp_path / "later"], "b1", later - 1, all_named=True).is_whole


def read_begun(path: Path) -> int:
    """A second host's journal; since when."""
    Journal(path).spent("code-9")
    begun: int = read_journal(path)[0]["begun_at"]
    return begun


def test_facts_of_several_journals_are_put_together(tmp_path: Path, path: Path) -> None:
    """Used codes of all time; of the acts those since the backup, by their moments."""
    one, two = Journal(path), Journal(tmp_path / "two")
    one.spent("code-1")
    two.spent("code-2")
    one.ended("ann", 5)
    two.ended("ann", 9)
    one.done(event(EventKind.PERSON_DISABLED, MORNING - 1))
    one.done(event(EventKind.PERSON_DISABLED, MORNING + 9))
    two.done(event(EventKind.PASSWORD_CHANGED, MORNING))
    found = known([path, tmp_path / "two"], "b", MORNING, all_named=True)
    assert sorted(found.spent) == ["code-1", "code-2"]
    assert found.ended == {"ann": 9}
    assert [(one.kind, one.at) for one in found.since] == [
        (EventKind.PASSWORD_CHANGED, MORNING),
        (EventKind.PERSON_DISABLED, MORNING + 9),
    ]


def test_another_file_is_no_journal(tmp_path: Path) -> None:
    """Nor is none."""
    (tmp_path / "letter").write_text("Dear Ann\n")
    with pytest.raises(BackupError, match="is not a journal"):
        known([tmp_path / "letter"], "b", MORNING, all_named=True)
    with pytest.raises(BackupError, match="no such file"):
        known([tmp_path / "gone"], "b", MORNING, all_named=True)


class Watched(Journal):
    """A journal that says whether the database knew already."""

    def __init__(self, path: Path, store: list[Store]) -> None:
        """`store` holds the store, once it is there."""
        super().__init__(path)
        self.store, self.unused_in_database = store, -1

    def spent(self, code_id: str) -> None:
        """Look at what is committed at this moment, then write."""
        read: Any = self.store[0].read
        standing = read(lambda tx: tx.recovery.standing(tx.people.by_email("ben@acme.example").id))
        self.unused_in_database = standing.left
        super().spent(code_id)


def test_a_used_recovery_code_is_written_down_before_the_commit(
    database_url: str, keyring: KeyRing, random: SystemRandom, clock: FixedClock, path: Path
) -> None:
    """And a set that is replaced, with the moment it was made."""
    stores: list[Store] = []
    journal = Watched(path, stores)
    store = build_store(database_url, keyring, random, journal=journal)
    stores.append(store)
    acme = found(store, clock)
    ben = acme.add("Ben")
    caller = acme.enrol(ben)
    codes = acme.call(recovery.make, caller=caller, source=DESK)
    assert isinstance(codes, NewCodes)
    made_at = acme.now
    used = store.call(
        lambda tx: tx.recovery.use(
            ben.id,
            tx.keyed_digests("recovery", f"{ben.id}:{codes.codes[0].replace('-', '')}"),
            at=acme.now,
        )
    )
    assert used
    assert journal.unused_in_database == 10
    acme.call(recovery.make, caller=caller, source=DESK)
    store.close()
    lines = read_journal(path)
    assert sum("spent" in line for line in lines) == 1
    assert {"ended": ben.id, "made_at": made_at} in lines
    text = path.read_text()
    assert not any(code in text or code.replace("-", "") in text for code in codes.codes)
    assert os.path.getsize(path) < 4000
