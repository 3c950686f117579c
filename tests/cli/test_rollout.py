"""`twofold rollout`: looked at, begun, paused and extended from the console."""

import json
import os

import pytest

from tests.cli.conftest import PASSWORD, Run
from twofold import bootstrap
from twofold.cli.world import open_world
from twofold.core.listing import Asked, Only
from twofold.core.people import Person
from twofold.flows import audit, bulk, console, enrol, listing
from twofold.flows.setup import Refused
from twofold.ports import Tx
from twofold.settings import load


@pytest.fixture
def acme(account: Run) -> Run:
    """An owner with a second factor, a member and a help-desk person without one."""
    for name, role in (("Ben", "member"), ("Dora", "helpdesk")):
        done = account(
            "people", "add", "--name", name, "--email", f"{name.lower()}@example.org",
            "--role", role, "--password-stdin", stdin=PASSWORD.encode(),
        )  # fmt: skip
        assert done.status == 0
    give_factor("ann@example.org")
    return account


def give_factor(email: str) -> None:
    """Set up an authenticator for somebody, by the flow of the page."""
    with bootstrap.open_world(load(os.environ)) as world:
        now = world.clock.now()

        def act(tx: Tx) -> None:
            person = tx.people.by_email(email)
            assert isinstance(person, Person)
            account = tx.accounts.get(person.account_id)
            pending = enrol.begin(
                tx, now, person=person, account=account, begun_in="console", app=None
            )
            assert not isinstance(pending, enrol.NoSetUp)
            assert tx.authenticators.activate(pending.id, at=now)

        world.store.call(act)


def status(run: Run) -> dict[str, object]:
    """What a script reads."""
    shown = run("rollout", "status", "--json")
    assert (shown.status, shown.err) == (0, "")
    found: dict[str, object] = json.loads(shown.out)
    return found


def test_a_wave_is_previewed_and_begun(acme: Run) -> None:
    """With its people and its date; the status says how far it is."""
    by = ("--by", "ann@example.org")
    shown = json.loads(acme("rollout", "preview", *by, "--days", "30", "--json").out)
    assert (shown["mails"], shown["enrolled"], shown["refused"]) == (3, 1, None)
    assert shown["must_act"] == ["ben@example.org", "dora@example.org"]
    assert shown["stopped"] == []
    assert status(acme)["waves"] == []
    assert acme("rollout", "start", *by, "--days", "30").out.startswith("Switched on.")
    seen = status(acme)
    assert (seen["people"], seen["enrolled"], seen["percent"]) == (3, 1, 33)
    (wave,) = seen["waves"]  # type: ignore[misc]
    assert (wave["whom"], wave["days"], wave["told"], wave["total"]) == ("everybody", 30, 3, 3)
    assert "33 %: 1 of 3 use it." in acme("rollout", "status").out


def test_some_first_by_role(acme: Run) -> None:
    """The help desk is the pilot."""
    done = acme("rollout", "start", "--by", "ann@example.org", "--whom", "role:helpdesk")
    assert done.status == 0
    (wave,) = status(acme)["waves"]  # type: ignore[misc]
    assert (wave["whom"], wave["total"]) == ("role:helpdesk", 1)


def test_it_is_paused_and_people_get_more_time(acme: Run) -> None:
    """One line for each."""
    by = ("--by", "ann@example.org")
    acme("rollout", "start", *by)
    paused = acme("rollout", "pause", *by, "--hours", "2", "--reason", "Fire alarm")
    assert paused.out.startswith("Paused until ")
    (pause,) = status(acme)["pauses"]  # type: ignore[misc]
    assert pause["reason"] == "Fire alarm"
    ahead = status(acme)["deadlines"]
    assert [one["people"] for one in ahead] == [2]  # type: ignore[attr-defined]
    until = "2027-03-01"
    done = acme(
        "rollout", "extend", *by, "--until", until, "--reason", "At sea", "ben@example.org",
        "ann@example.org",
    )  # fmt: skip
    assert sorted(done.out.splitlines()) == ["Ann Owner: yourself", "Ben: done"]
    reminded = acme("rollout", "remind", *by, "ben@example.org", "dora@example.org")
    assert sorted(reminded.out.splitlines()) == ["Ben: paused", "Dora: paused"]


def test_people_are_reminded_by_name_and_by_a_saved_filter(
    acme: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few in each transaction, each person once a day."""
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    by = ("--by", "ann@example.org")
    acme("rollout", "start", *by)
    assert acme("rollout", "remind", *by, "ben@example.org").out == "Ben: done\n"
    with open_world() as world:
        (account,) = world.store.call(audit.accounts)
        ann = world.store.call(console.as_admin, 0, account=account, email="ann@example.org")
        assert not isinstance(ann, Refused)
        asked = Asked(only=Only.NOT_ENROLLED)
        world.store.call(listing.save_filter, 0, caller=ann, name="Not yet here", asked=asked)
    done = acme("rollout", "remind", *by, "--filter", "not  yet here")
    assert done.out.splitlines() == ["Ben: reminded today", "Dora: done"]
    assert acme("rollout", "remind", *by, "--filter", "Nobody").status != 0
    assert acme("rollout", "remind", *by).status != 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("start", "--by", "ben@example.org"), "Ben is no admin of Acme."),
        (("start", "--by", "zoe@example.org"), "Nobody of Acme has the address"),
        (("start", "--by", "ann@example.org", "--whom", "sales"), "Name whom it is about"),
        (("start", "--by", "ann@example.org", "--whom", "group:X"), "No group is called X."),
        (("start", "--by", "ann@example.org", "--since", "soon"), "is no date"),
        (("start", "--by", "ann@example.org", "--days", "900"), "Choose 0 to 180 days"),
        (
            ("pause", "--by", "ann@example.org", "--hours", "0", "--reason", "x y z"),
            "Choose 1 to 168 hours.",
        ),
    ],
)
def test_what_cannot_be_done_says_why(acme: Run, arguments: tuple[str, ...], words: str) -> None:
    """In one sentence."""
    assert words in acme("rollout", *arguments).sentence


def test_an_admin_without_a_factor_cannot_switch_on(account: Run) -> None:
    """Nor from the console (promise P10)."""
    refused = account("rollout", "start", "--by", "ann@example.org").sentence
    assert refused.startswith("Set up your own two-factor authentication first.")
