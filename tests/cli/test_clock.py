"""`twofold clock repair`."""

import json
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.storage.samples import SECRET, totp
from tests.timeservers import TimeServer, time_server
from twofold.bootstrap import open_world
from twofold.core.authenticators import AuthenticatorState
from twofold.core.otp import step_at
from twofold.settings import load

YEAR = 365 * 86400


@pytest.fixture
def shut_out(account: Run, tmp_path: Path) -> Run:
    """Ann's last used step lies a year ahead: the machine's clock stood there and was put back."""
    with open_world(load({"TWOFOLD_DATA_DIR": str(tmp_path / "data")})) as world:

        def plant(tx: object) -> None:
            ann = tx.people.any_owner()  # type: ignore[attr-defined]
            made = totp("t1", ann.id, AuthenticatorState.ACTIVE, SECRET)
            fields = {name: getattr(made, name) for name in made.__slots__}
            fields |= {"account_id": ann.account_id, "last_step": step_at(now() + YEAR)}
            tx.authenticators.add(type(made)(**fields))  # type: ignore[attr-defined]

        world.store.call(plant)
    return account


def now() -> int:
    """By the machine's clock, which the command reads."""
    return int(time.time())


def last_step(tmp_path: Path) -> int:
    """Ann's last used step."""
    with open_world(load({"TWOFOLD_DATA_DIR": str(tmp_path / "data")})) as world:
        found = world.store.call(lambda tx: tx.authenticators.used_beyond(0))
    return found[0].last_step


def test_a_step_of_the_future_is_listed_and_brought_back(shut_out: Run, tmp_path: Path) -> None:
    """Once; a second run finds nothing, and the log tells of the first."""
    dry = shut_out("clock", "repair", "--dry-run")
    assert dry.status == 0
    assert "ann@example.org  365 days" in dry.out
    assert "Nothing was changed." in dry.out
    assert last_step(tmp_path) > step_at(now() + YEAR // 2)
    done = shut_out("clock", "repair")
    assert (done.status, done.err) == (0, "")
    assert "ann@example.org  365 days" in done.out
    assert "Brought back: authenticators 1, limits 0, mails 0." in done.out
    assert abs(last_step(tmp_path) - step_at(now())) <= 2
    again = shut_out("clock", "repair")
    assert "Brought back: authenticators 0, limits 0, mails 0." in again.out
    assert "ann@example.org" not in again.out
    assert "Brought back from a wrong clock" in shut_out("audit", "list").out
    assert shut_out("audit", "verify").status == 0


def test_by_a_clock_that_is_behind_nothing_is_brought_back(
    shut_out: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Everything would seem to lie in the future; the time server knows better."""
    before = last_step(tmp_path)
    with time_server(TimeServer(off=3600)) as server:
        monkeypatch.setenv("TWOFOLD_NTP_SERVER", server)
        ran = shut_out("clock", "repair")
    assert ran.status == 1
    assert ran.sentence == f"Our clock is about 60 minutes behind {server}. Set it first."
    assert last_step(tmp_path) == before
    with time_server(TimeServer()) as server:
        monkeypatch.setenv("TWOFOLD_NTP_SERVER", server)
        assert shut_out("clock", "repair").status == 0
    assert last_step(tmp_path) < before


def test_scripts_get_json_alone_on_standard_output(shut_out: Run) -> None:
    """The summary goes to stderr then."""
    ran = shut_out("clock", "repair", "--dry-run", "--json")
    (row,) = json.loads(ran.out)
    assert set(row) == {"account", "person", "name", "email", "seconds_ahead"}
    assert (row["account"], row["email"]) == ("Acme", "ann@example.org")
    assert abs(row["seconds_ahead"] - YEAR) <= 60
    assert ran.err.startswith("By this clock it is 20")
