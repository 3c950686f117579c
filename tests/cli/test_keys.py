"""`twofold keys`, beside a service that is never started again."""

import json
import re
import time
from pathlib import Path

import httpx2
import pytest

from tests.cli.conftest import PASSWORD, Run
from tests.cli.test_serve import START, port, serving
from tests.storage.samples import SECRET, totp
from twofold.bootstrap import open_world
from twofold.core.authenticators import AuthenticatorState
from twofold.core.otp import code_at, step_at
from twofold.ports import Tx
from twofold.settings import load

__all__ = ["port"]


@pytest.fixture
def enrolled(account: Run, tmp_path: Path) -> Run:
    """Ann with an authenticator."""
    with open_world(load({"TWOFOLD_DATA_DIR": str(tmp_path / "data")})) as world:

        def plant(tx: Tx) -> None:
            ann = tx.people.any_owner()
            assert ann is not None
            made = totp("t1", ann.id, AuthenticatorState.ACTIVE, SECRET)
            fields = {name: getattr(made, name) for name in made.__slots__}
            tx.authenticators.add(type(made)(**{**fields, "account_id": ann.account_id}))

        world.store.call(plant)
    return account


def sign_in(port: int) -> None:
    """Ann signs in with password and two codes in a new browser: nothing is refused."""
    address, now = f"http://localhost:{port}", step_at(int(time.time()))
    with httpx2.Client(timeout=START) as browser:
        form = {"email": "ann@example.org", "password": PASSWORD}
        assert browser.post(f"{address}/sign-in", data=form).status_code == 303
        page = browser.get(f"{address}/sign-in/code").text
        found = re.search(r'name="csrf" value="([^"]+)"', page)
        assert found is not None
        form = {"csrf": found[1], "code": code_at(SECRET, now)}
        if 'name="next_code"' in page:
            form |= {"code": code_at(SECRET, now - 1), "next_code": code_at(SECRET, now)}
        answer = browser.post(f"{address}/sign-in/code", data=form)
        assert answer.status_code == 303, answer.text
        assert browser.get(f"{address}/profile").status_code == 200


def listed(run: Run) -> dict[str, dict[str, object]]:
    """The keys by their ids."""
    return {row["id"]: row for row in json.loads(run("keys", "list", "--json").out)}


def test_from_one_key_to_the_next_beside_a_running_service(
    enrolled: Run, port: int, tmp_path: Path
) -> None:
    """Added, made the one that seals, the old one retired: what the service seals is sealed with
    the right key, and Ann signs in by a secret whose key the service did not start with.
    """
    run = enrolled
    (old,) = listed(run)
    with serving(port, last="clock:"):
        made = run("keys", "add")
        assert made.status == 0
        new = next(id_ for id_ in listed(run) if id_ != old)
        assert f"twofold keys rotate {new}" in made.out
        assert listed(run)[old]["seals"] is True
        assert run("keys", "retire", old).sentence.startswith(
            f"The key {old} is the one that seals"
        )
        done = run("keys", "rotate", new)
        assert (done.status, done.err) == (0, "")
        assert (listed(run)[old]["sealed"], listed(run)[old]["logs"]) == (0, 0)
        forgot = {"email": "ann@example.org"}
        before = listed(run)[new]["sealed"]
        answer = httpx2.post(f"http://localhost:{port}/forgot-password", data=forgot, timeout=START)
        assert answer.status_code in (200, 303)
        assert listed(run)[new]["sealed"] == int(str(before)) + 1
        assert listed(run)[old]["sealed"] == 0
        gone = run("keys", "retire", old)
        assert (gone.status, gone.err) == (0, "")
        assert list(listed(run)) == [new]
        sign_in(port)
        assert listed(run)[new]["logs"] == 1
    assert run("audit", "verify").status == 0
    retired = tmp_path / "data" / "retired-keys"
    assert retired.read_text().startswith(old)
    assert retired.stat().st_mode & 0o777 == 0o600


def test_an_old_backup_restores_with_the_retired_key(enrolled: Run, tmp_path: Path) -> None:
    """It is put back in front of the ring; the key that seals stays the new one."""
    run, file = enrolled, str(tmp_path / "b")
    (old,) = listed(run)
    assert run("backup", file).status == 0
    run("keys", "add")
    new = next(id_ for id_ in listed(run) if id_ != old)
    run("keys", "rotate", new)
    assert run("keys", "retire", old).status == 0
    assert "--keys" in run("restore", file, "--replace").sentence
    retired = str(tmp_path / "data" / "retired-keys")
    assert run("restore", file, "--replace", "--keys", retired).status == 0
    assert list(listed(run)) == [old, new]
    assert listed(run)[old]["sealed"] == 1
    assert listed(run)[new]["seals"] is True


def test_a_key_that_is_not_there_is_one_sentence(account: Run) -> None:
    """With those that are."""
    (own,) = listed(account)
    for command in ("rotate", "retire"):
        sentence = account("keys", command, "ffffffff").sentence
        assert sentence == f"The key file has no key ffffffff: it has {own}."
    shown = account("keys", "list")
    assert own in shown.out
