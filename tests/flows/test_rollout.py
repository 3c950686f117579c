"""The switch: what it would do, and what it does."""

from collections import Counter

import pytest

from tests.storage.races import race
from tests.world import Organisation
from twofold.core.authenticators import Totp
from twofold.core.deadlines import due_after
from twofold.core.events import EventKind
from twofold.core.mail import MailKind, MailState
from twofold.core.people import Person, Role
from twofold.core.rules import EVERYBODY
from twofold.core.sessions import FRESH
from twofold.core.tokens import Purpose
from twofold.flows import enrol, links, people, rehearsal, rollout
from twofold.flows.rollout import NeedsFactor, Switched, SwitchRefused
from twofold.flows.setup import Refused


def seed(acme: Organisation) -> None:
    """Twelve people of every kind beside the owner."""
    for number in range(5):
        acme.add(f"M{number}")
    for number in range(3):
        acme.enrol(acme.add(f"E{number}", Role.ADMIN if number == 0 else Role.MEMBER))
    for number in range(2):
        acme.add(f"I{number}", invited=True)
    acme.add("Adi", Role.ADMIN)
    gone = acme.add("Gone")
    acme.enrol(gone)
    acme.call(people.set_disabled, actor=acme.owner, person_id=gone.id, disabled=True)
    failed = acme.mails(person_of(acme, "I0"))[0]
    acme.store.call(lambda tx: tx.mails.fail(failed.id, attempts=1, error="No such mailbox."))


def person_of(acme: Organisation, name: str) -> Person:
    """Somebody by name."""
    found = acme.store.call(lambda tx: tx.people.by_email(f"{name.lower()}@acme.example"))
    assert found is not None
    return acme.person(found.id)


def test_the_switch_refuses_until_the_actor_is_enrolled(acme: Organisation) -> None:
    """It says why, does nothing, and leaves a trace (promise P10)."""
    caller = acme.caller(acme.owner)
    answer = acme.call(rollout.switch_on, caller=caller)
    assert isinstance(answer, SwitchRefused)
    assert "Set up your own" in answer.sentence
    assert not acme.account.requires_factor
    assert acme.mails(acme.owner) == []
    (event,) = acme.events(EventKind.POLICY_REFUSED)
    assert event.data == {"why": answer.sentence}
    shown = acme.call(rehearsal.preview, caller=caller, target=EVERYBODY)
    assert shown.refuse_reason == answer.sentence
    assert acme.store.call(rollout.standing, caller=caller).refuse_reason == answer.sentence


def test_a_set_up_that_is_pending_does_not_move_the_switch(acme: Organisation) -> None:
    """Only a proved authenticator counts."""
    caller = acme.caller(acme.owner)
    assert isinstance(acme.call(enrol.begin_own, caller=caller), Totp)
    assert isinstance(acme.call(rollout.switch_on, caller=caller), SwitchRefused)


def test_the_preview_is_what_the_rows_say(acme: Organisation) -> None:
    """Every number equals a count over the people themselves; looking changes nothing."""
    seed(acme)
    caller = acme.enrol(acme.owner)
    before = acme.events()
    looked = acme.call(rehearsal.preview, caller=caller, target=EVERYBODY)
    shown = looked.rehearsal
    rows = [
        row
        for row in acme.store.call(people.everybody, account_id=acme.account_id)
        if row.person.state.value != "disabled"
    ]
    assert shown.mails == len(rows) == 12
    assert shown.enrolled == sum(row.enrolled for row in rows) == 4
    not_enrolled = {row.person.name for row in rows if not row.enrolled}
    assert {one.name for one in shown.must_act} == not_enrolled
    assert {one.name for one in shown.stopped} == not_enrolled
    assert [one.name for one in shown.invited] == ["I0", "I1"]
    assert [one.name for one in shown.unreachable] == ["I0"]
    assert [one.name for one in shown.admins_not_enrolled] == ["Adi"]
    assert shown.admins_enrolled == 2
    assert looked.refuse_reason is None
    assert looked.wave_problem is None
    with_days = acme.call(rehearsal.preview, caller=caller, target=EVERYBODY, days=14).rehearsal
    assert with_days.stopped == []
    assert with_days.due_at == due_after(acme.now, 14, acme.account.policy.calendar)
    assert acme.events() == before


def test_the_standing_counts_the_same(acme: Organisation) -> None:
    """The page's tally, and no mails before the switch was ever moved."""
    seed(acme)
    stands = acme.store.call(rollout.standing, caller=acme.enrol(acme.owner))
    assert (stands.tally.people, stands.tally.enrolled) == (12, 4)
    assert (stands.tally.admins_enrolled, stands.tally.disabled) == (2, 1)
    assert stands.tally.unreachable == 1
    assert stands.mails == {}


def test_switching_on_writes_everybody_one_mail_in_the_right_text(acme: Organisation) -> None:
    """Who must act, who need not, who is only invited; nobody disabled."""
    seed(acme)
    caller = acme.enrol(acme.owner)
    acme.clock.advance(60)
    assert acme.call(rollout.switch_on, caller=caller) == Switched(12)
    assert acme.account.requires_factor
    assert acme.account.switched_at == acme.now
    rows = acme.store.call(people.everybody, account_id=acme.account_id)
    fresh = {
        row.person.name: [m.kind for m in acme.mails(row.person) if m.created_at == acme.now]
        for row in rows
    }
    assert fresh == {
        **{f"M{n}": [MailKind.SWITCHED_ON] for n in range(5)},
        **{f"E{n}": [MailKind.SWITCHED_ON_ENROLLED] for n in range(3)},
        **{f"I{n}": [MailKind.INVITATION] for n in range(2)},
        "Adi": [MailKind.SWITCHED_ON],
        "Olga": [MailKind.SWITCHED_ON_ENROLLED],
        "Gone": [],
    }
    stands = acme.store.call(rollout.standing, caller=caller)
    assert stands.mails[MailState.QUEUED] == 12


def test_each_mail_leads_where_it_says(acme: Organisation) -> None:
    """A set-up link for who must act, an invitation that speaks of the policy, no link at all."""
    ben, eve, gil = acme.add("Ben"), acme.add("Eve"), acme.add("Gil", invited=True)
    acme.enrol(eve)
    old = acme.token(gil, MailKind.INVITATION)
    acme.switch_on()
    to_set_up = acme.token(ben, MailKind.SWITCHED_ON)
    for purpose, token in (
        (Purpose.ENROL, to_set_up),
        (Purpose.INVITATION, acme.token(gil, MailKind.INVITATION)),
        (Purpose.INVITATION, old),
    ):
        assert isinstance(acme.call(links.look, purpose=purpose, token=token), links.OpenLink)
    assert acme.mails(gil, MailKind.INVITATION)[0].params["requires_factor"] == 1
    (news,) = acme.mails(eve, MailKind.SWITCHED_ON_ENROLLED)
    assert news.params == {"admin": "Olga"}


def test_switching_on_ends_unproven_sessions_only(acme: Organisation, bolt: Organisation) -> None:
    """Those that a factor opened go on, and so does every other account."""
    ben, eve = acme.add("Ben"), acme.add("Eve")
    acme.caller(ben)
    acme.enrol(eve)
    bolt.caller(bolt.owner)
    caller = acme.switch_on()
    assert (acme.sessions(ben), acme.sessions(eve), acme.sessions(acme.owner)) == (0, 1, 1)
    assert bolt.sessions(bolt.owner) == 1
    assert not bolt.account.requires_factor
    (event,) = acme.events(EventKind.POLICY_SWITCHED_ON)
    assert event.data == {
        "whom": "everybody",
        "since": acme.now,
        "days": 0,
        "mails": 3,
        "sessions_ended": 1,
    }
    assert event.actor_id == caller.person.id


def test_two_presses_at_once_switch_on_once(acme: Organisation) -> None:
    """One set of mails, one event; the others are told that it is on already."""
    ben = acme.add("Ben")
    caller = acme.enrol(acme.owner)
    answers = race(6, lambda _: acme.call(rollout.switch_on, caller=caller))
    assert answers.count(Switched(2)) == 1
    assert sum(isinstance(answer, SwitchRefused) for answer in answers) == 5
    assert len(acme.mails(ben)) == 1
    assert len(acme.events(EventKind.POLICY_SWITCHED_ON)) == 1


def test_switching_off_needs_a_fresh_factor(acme: Organisation) -> None:
    """Five minutes after the last code the switch asks for one."""
    caller = acme.switch_on()
    acme.clock.advance(FRESH)
    assert acme.call(rollout.switch_off, caller=caller) == NeedsFactor()
    assert acme.account.requires_factor


def test_switching_off_tells_everybody_and_keeps_factors(acme: Organisation) -> None:
    """Whoever is enrolled goes on with two steps; the switch moves once."""
    ben, eve = acme.add("Ben"), acme.add("Eve")
    acme.enrol(eve)
    caller = acme.switch_on()
    acme.clock.advance(10)
    answers = race(4, lambda _: acme.call(rollout.switch_off, caller=caller))
    assert answers.count(Switched(3)) == 1
    assert sum(isinstance(answer, SwitchRefused) for answer in answers) == 3
    assert (acme.account.requires_factor, acme.account.switched_at) == (False, acme.now)
    kinds = Counter(mail.kind for one in (ben, eve, acme.owner) for mail in acme.mails(one))
    assert kinds[MailKind.SWITCHED_OFF] == 3
    assert acme.mails(ben, MailKind.SWITCHED_OFF)[0].params == {"admin": "Olga"}
    assert acme.active(eve).person_id == eve.id
    assert len(acme.events(EventKind.POLICY_SWITCHED_OFF)) == 1


def test_renaming_keeps_the_entries_that_people_have(acme: Organisation) -> None:
    """New set-ups get the new name."""
    caller = acme.enrol(acme.owner)
    ben = acme.add("Ben")
    assert acme.call(rollout.rename, caller=caller, name=" Acme Ltd ", issuer="Acme Ltd") is None
    assert (acme.account.name, acme.account.issuer) == ("Acme Ltd", "Acme Ltd")
    assert acme.active(acme.owner).issuer == "Acme"
    pending = acme.call(enrol.begin_own, caller=acme.caller(ben))
    assert isinstance(pending, Totp)
    assert pending.issuer == "Acme Ltd"
    assert len(acme.events(EventKind.ACCOUNT_RENAMED)) == 1


@pytest.mark.parametrize(
    ("name", "issuer", "field"), [("", "Acme", "name"), ("A", "A:b", "issuer")]
)
def test_a_name_that_apps_cannot_show_is_refused(
    acme: Organisation, name: str, issuer: str, field: str
) -> None:
    """One sentence for the field at fault; nothing changes."""
    caller = acme.caller(acme.owner)
    refused = acme.call(rollout.rename, caller=caller, name=name, issuer=issuer)
    assert isinstance(refused, Refused)
    assert refused.field == field
    assert acme.account.name == "Acme"
    assert acme.events(EventKind.ACCOUNT_RENAMED) == []
