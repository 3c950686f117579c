"""The judge finds what it is there for: each invariant is broken by hand and has to be told."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.cast import Cast, make_cast
from tests.faults.history import Act, Entry, History, Told
from tests.faults.judge import INVARIANTS, judged
from tests.mail.servers import Received

Break = Callable[[sqlite3.Connection, Cast, History], object]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Cast]:
    """An organisation that nothing has happened to."""
    folder = tmp_path_factory.mktemp("judged")
    cast = make_cast(
        folder,
        f"sqlite:///{folder / 'twofold.db'}",
        enrolled=2,
        newcomers=1,
        forgetful=1,
        suspects=1,
    )
    with contextlib.closing(sqlite3.connect(folder / "twofold.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder, cast


@pytest.fixture
def scene(template: tuple[Path, Cast], tmp_path: Path) -> tuple[Path, Cast, History]:
    """A copy of it, and a history without an entry."""
    for name in ("twofold.db", "keys"):
        (tmp_path / name).write_bytes((template[0] / name).read_bytes())
    (tmp_path / "keys").chmod(0o600)
    return tmp_path, template[1], History()


def verdict(scene: tuple[Path, Cast, History], breaking: Break) -> list[str]:
    """What the judge says after the database or the history was changed."""
    folder, cast, history = scene
    with contextlib.closing(sqlite3.connect(folder / "twofold.db")) as database:
        breaking(database, cast, history)
        database.commit()
    return judged(history, cast, folder, f"sqlite:///{folder / 'twofold.db'}")


def told(act: Act, cast: Cast, told: Told = Told.YES, **more: object) -> Entry:
    """An answer that somebody enrolled got."""
    return Entry(act, cast.enrolled[0].id, told, **more)  # type: ignore[arg-type]


def accepted_again(database: sqlite3.Connection) -> object:
    """An accepted attempt once more, under another id."""
    names = [row[1] for row in database.execute("PRAGMA table_info(attempts)") if row[1] != "id"]
    columns = ", ".join(names)
    return database.execute(
        f"INSERT INTO attempts (id, {columns}) SELECT 'again', {columns} FROM attempts"
        " WHERE outcome = 'accepted' LIMIT 1"
    )


BREAKS: dict[str, list[tuple[str, Break]]] = {
    "I1": [
        ("a step twice", lambda db, _cast, _history: accepted_again(db)),
        (
            "a code that two were told is right",
            lambda _db, cast, history: [
                history.add(told(Act.SIGN_IN, cast, step=9**7, proof="123456")) for _ in range(2)
            ],
        ),
        (
            "a link twice",
            lambda _db, cast, history: [
                history.add(told(Act.LINK, cast, proof="link")) for _ in range(2)
            ],
        ),
        (
            "a recovery code used that nobody proved",
            lambda db, _cast, _history: db.execute(
                "UPDATE recovery_codes SET used_at = 1"
                " WHERE id = (SELECT min(id) FROM recovery_codes)"
            ),
        ),
    ],
    "I2": [
        (
            "a proof at no time",
            lambda db, _cast, _history: db.execute(
                "UPDATE sessions SET factor_at = factor_at + 1 WHERE factor_at IS NOT NULL"
            ),
        ),
        (
            "a method without a proof",
            lambda db, _cast, _history: db.execute("UPDATE sessions SET factor_at = NULL"),
        ),
    ],
    "I3": [
        (
            "a session that is gone",
            lambda _db, cast, history: history.add(told(Act.SIGN_IN, cast, session="token")),
        ),
        (
            "a set-up that is gone",
            lambda db, cast, _history: db.execute(
                "UPDATE authenticators SET state = 'replaced' WHERE person_id = ?",
                (cast.enrolled[0].id,),
            ),
        ),
        (
            "half a set-up",
            lambda db, cast, _history: db.execute(
                "DELETE FROM recovery_codes WHERE person_id = ?", (cast.enrolled[0].id,)
            ),
        ),
        (
            "a used code that is unused again",
            lambda _db, cast, history: history.add(told(Act.VERIFY, cast, step=9**9)),
        ),
        (
            "a recovery code that is unused again",
            lambda _db, cast, history: history.add(told(Act.RECOVER, cast)),
        ),
        (
            "a link that is unused again",
            lambda _db, cast, history: history.add(
                Entry(Act.LINK, cast.forgetful[0].id, Told.YES, proof=cast.forgetful[0].link)
            ),
        ),
    ],
    "I4": [
        (
            "a refusal that is not counted",
            lambda _db, cast, history: history.add(told(Act.WRONG, cast, Told.NO)),
        ),
        (
            "a count that is gone",
            lambda db, cast, _history: db.execute(
                "UPDATE attempts SET outcome = 'wrong', person_id = ?", (cast.suspects[0].id,)
            ),
        ),
    ],
    "I5": [
        (
            "a mail in no state",
            lambda db, _cast, _history: db.execute("UPDATE mails SET state = 'gone'"),
        ),
        (
            "a mail that nobody wrote",
            lambda _db, cast, history: history.add(told(Act.RECOVER, cast)),
        ),
    ],
    "I6": [
        (
            "a secret that does not open",
            lambda db, _cast, _history: db.execute("UPDATE mails SET sealed_params = zeroblob(64)"),
        ),
    ],
    "I7": [
        (
            "an entry that was changed",
            lambda db, _cast, _history: db.execute(
                "UPDATE events SET happened_at = happened_at + 1 WHERE seq = 5"
            ),
        ),
        (
            "an end that was cut off",
            lambda db, _cast, _history: db.execute(
                "DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)"
            ),
        ),
        ("a code that the log knows nothing of", lambda db, _c, _h: accepted_again(db)),
    ],
    "I8": [
        ("an error with a session", lambda _db, _cast, history: history.leaks.append("500")),
    ],
}


def test_nothing_is_found_where_nothing_happened(scene: tuple[Path, Cast, History]) -> None:
    """All hold."""
    assert verdict(scene, lambda *_: None) == []


@pytest.mark.parametrize(
    ("invariant", "breaking"),
    [
        pytest.param(name, breaking, id=f"{name} {says}")
        for name, breaks in BREAKS.items()
        for says, breaking in breaks
    ],
)
def test_each_invariant_is_found_broken(
    scene: tuple[Path, Cast, History], invariant: str, breaking: Break
) -> None:
    """The sentence begins with the invariant."""
    assert invariant in {said.split(" ")[0] for said in verdict(scene, breaking)}


def test_every_invariant_is_broken_here() -> None:
    """None is forgotten when one is added."""
    assert set(BREAKS) == set(INVARIANTS)


def test_mails_that_arrive_are_compared(scene: tuple[Path, Cast, History]) -> None:
    """One that no row stands for, and a row that counts as sent and never came."""
    folder, cast, history = scene
    url = f"sqlite:///{folder / 'twofold.db'}"
    strange = Received("", [], b"Message-ID: <a@b>\r\nTo: x@y\r\n\r\n", [], False, False)
    said = judged(history, cast, folder, url, [strange])
    assert any("nobody wrote" in one for one in said)
    with contextlib.closing(sqlite3.connect(folder / "twofold.db")) as database:
        database.execute("UPDATE mails SET state = 'sent'")
        database.commit()
    said = judged(history, cast, folder, url, [])
    assert any("never arrived" in one for one in said)
