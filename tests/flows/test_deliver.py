"""From the outbox to the mail server and back: nothing lost, nothing needlessly sent."""

from dataclasses import replace

import pytest

from tests.conftest import FixedClock
from tests.mail.worlds import GREYLISTED, REFUSED, TAKEN, FakeMailer, world_of
from tests.storage.races import race
from tests.world import Organisation
from twofold.core.mail import GIVE_UP_AFTER, LEASE, ROLLOUT, Mail, MailKind, MailState
from twofold.core.people import DAY, HOUR, Person, PersonState
from twofold.flows import rollout
from twofold.flows.deliver import claim, deliver_due
from twofold.flows.outbox import write_mail
from twofold.ports import Store, World
from twofold.system import SystemRandom


@pytest.fixture
def mailer() -> FakeMailer:
    """A mail server's stand-in that takes everything."""
    return FakeMailer()


@pytest.fixture
def world(store: Store, clock: FixedClock, random: SystemRandom, mailer: FakeMailer) -> World:
    """The world around the store of this test."""
    return world_of(store, clock, random, mailer)


@pytest.fixture
def ann(acme: Organisation) -> Person:
    """A member without any mail."""
    return acme.add("Ann")


def write(acme: Organisation, person: Person, kind: MailKind, **params: str | int) -> str:
    """Queue a mail; its id."""
    return acme.store.call(write_mail, acme.now, person, kind, **params)


def password_link(acme: Organisation, person: Person, *, lives: int = HOUR) -> str:
    """Queue a mail with a link; its id."""
    token, expires_at = "t" * 43, acme.now + lives
    return write(acme, person, MailKind.PASSWORD_LINK, token=token, expires_at=expires_at)


def stored(acme: Organisation, mail_id: str) -> Mail:
    """The mail as it is in the outbox now."""
    mail = acme.store.call(lambda tx: tx.mails.find(acme.account_id, mail_id))
    assert mail is not None
    return mail


def test_a_due_mail_is_sent_once_with_person_and_account(
    world: World, acme: Organisation, mailer: FakeMailer, ann: Person
) -> None:
    """The mailer gets all that a template needs; afterwards the mail is sent and its token gone."""
    mail_id = password_link(acme, ann)
    assert deliver_due(world, limit=10) == 1
    assert deliver_due(world, limit=10) == 0
    (letter,) = mailer.sent
    assert letter.mail.id == mail_id
    assert letter.mail.state is MailState.SENDING
    assert letter.mail.params["token"] == "t" * 43
    assert letter.person == ann
    assert letter.account == acme.account
    after = stored(acme, mail_id)
    assert (after.state, after.attempts, after.sent_at) == (MailState.SENT, 1, acme.now)
    assert "token" not in after.params


def test_no_more_than_the_limit_are_sent_in_one_call(
    world: World, acme: Organisation, mailer: FakeMailer, ann: Person
) -> None:
    """The caller decides how long a pass may be."""
    for _ in range(5):
        write(acme, ann, MailKind.CONSOLE_LINK, at=acme.now)
    assert [deliver_due(world, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert len({letter.mail.id for letter in mailer.sent}) == 5


def test_without_a_mail_server_mails_wait_untouched(
    world: World, acme: Organisation, mailer: FakeMailer, ann: Person
) -> None:
    """A first look needs none; nothing is claimed, not even what has expired."""
    mail_id = password_link(acme, ann, lives=10)
    mailer.configured = False
    acme.clock.advance(60)
    assert deliver_due(world, limit=10) == 0
    assert stored(acme, mail_id).state is MailState.QUEUED
    assert mailer.sent == []


def test_a_passing_failure_is_tried_again_after_growing_waits(
    world: World, acme: Organisation, mailer: FakeMailer, ann: Person
) -> None:
    """1, 5, 15, 30 minutes, then hourly; the reason stands beside the mail meanwhile."""
    mail_id = write(acme, ann, MailKind.CONSOLE_LINK, at=acme.now)
    mailer.answers = [GREYLISTED] * 6
    waits = []
    for attempts in range(1, 7):
        assert deliver_due(world, limit=10) == 1
        mail = stored(acme, mail_id)
        assert (mail.state, mail.attempts) == (MailState.QUEUED, attempts)
        assert mail.last_error == GREYLISTED.detail
        waits.append(mail.next_at - acme.now)
        acme.clock.advance(mail.next_at - acme.now - 1)
        assert deliver_due(world, limit=10) == 0
        acme.clock.advance(1)
    assert waits == [60, 300, 900, 1800, 3600, 3600]
    assert deliver_due(world, limit=10) == 1
    after = stored(acme, mail_id)
    assert (after.state, after.attempts, after.last_error) == (MailState.SENT, 7, "")
    assert {letter.mail.message_id for letter in mailer.sent} == {after.message_id}


def test_a_final_failure_is_shown_and_not_tried_again_and_holds_up_nobody(
    world: World, acme: Organisation, mailer: FakeMailer, ann: Person
) -> None:
    """A 5xx for one person; the others get their mails."""
    bob = acme.add("Bob")
    refused = write(acme, ann, MailKind.CONSOLE_LINK, at=acme.now)
    taken = write(acme, bob, MailKind.CONSOLE_LINK, at=acme.now)
    mailer.answers = [REFUSED]
    assert deliver_due(world, limit=10) == 2
    acme.clock.advance(30 * DAY)
    assert deliver_due(world, limit=10) == 0
    after = stored(acme, refused)
    assert (after.state, after.attempts) == (MailState.FAILED, 1)
    assert after.last_error == REFUSED.detail
    assert stored(acme, taken).state is MailState.SENT


def test_a_mail_that_no_server_takes_is_given_up_after_four_days(
    world: World, acme: Organisation, mailer: FakeMailer, ann: Person
) -> None:
    """It has failed visibly; the sentence says that it was given up and why."""
    mail_id = write(acme, ann, MailKind.CONSOLE_LINK, at=acme.now)
    mailer.answers = [GREYLISTED, GREYLISTED]
    deliver_due(world, limit=10)
    acme.clock.advance(GIVE_UP_AFTER)
    assert deliver_due(world, limit=10) == 1
    after = stored(acme, mail_id)
    assert after.state is MailState.FAILED
    assert after.last_error == f"Given up after 2 tries. {GREYLISTED.detail}"


def test_a_fault_of_ours_in_one_mail_holds_up_nobody(
    world: World, acme: Organisation, mailer: FakeMailer, ann: Person
) -> None:
    """It becomes a failure beside that mail, without the text of the fault, and is tried again."""
    broken = write(acme, ann, MailKind.CONSOLE_LINK, at=acme.now)
    whole = write(acme, ann, MailKind.CONSOLE_LINK, at=acme.now)
    mailer.answers = [ValueError("https://login.acme.example/enrol/token")]
    assert deliver_due(world, limit=10) == 2
    after = stored(acme, broken)
    assert after.state is MailState.QUEUED
    assert after.last_error == "Twofold could not send this mail: ValueError."
    assert stored(acme, whole).state is MailState.SENT


def test_a_link_that_expired_before_sending_fails_the_mail_in_words(
    world: World, acme: Organisation, mailer: FakeMailer, ann: Person
) -> None:
    """A dead link helps nobody; the moment of its end is already too late."""
    dead = password_link(acme, ann, lives=60)
    alive = password_link(acme, ann, lives=61)
    acme.clock.advance(60)
    assert deliver_due(world, limit=10) == 2
    after = stored(acme, dead)
    assert (after.state, after.attempts) == (MailState.FAILED, 0)
    assert after.last_error == "Its link had expired before a mail server took it."
    assert stored(acme, alive).state is MailState.SENT
    assert [letter.mail.id for letter in mailer.sent] == [alive]


@pytest.mark.parametrize("kind", [MailKind.SWITCHED_ON, MailKind.ENROL_LINK])
def test_a_person_who_enrolled_meanwhile_is_not_asked_to_set_up(
    world: World, acme: Organisation, mailer: FakeMailer, ann: Person, kind: MailKind
) -> None:
    """The mail is not needed any more; all other mails still go out."""
    acme.switch_on()
    params = {"token": "t" * 43, "expires_at": acme.now + DAY}
    if kind is MailKind.SWITCHED_ON:
        params["admin"] = "Olga"
    set_up = write(acme, acme.owner, kind, **params)
    assert deliver_due(world, limit=100) > 1
    after = stored(acme, set_up)
    assert after.state is MailState.FAILED
    assert after.last_error == (
        "Not needed any more: the person has set up two-factor authentication."
    )
    told = {letter.mail.kind for letter in mailer.sent if letter.person.id == acme.owner_id}
    assert told == {MailKind.ENROLLED, MailKind.SWITCHED_ON_ENROLLED}
    asked = [letter.person.id for letter in mailer.sent if letter.mail.kind is MailKind.SWITCHED_ON]
    assert asked == [ann.id]


def test_news_of_a_switch_that_was_moved_again_is_not_sent(
    world: World, acme: Organisation, mailer: FakeMailer, ann: Person
) -> None:
    """Who was offline meanwhile reads only what holds now."""
    caller = acme.switch_on()
    switched_on = acme.mails(ann, MailKind.SWITCHED_ON)[0]
    acme.call(rollout.switch_off, caller=caller)
    deliver_due(world, limit=100)
    after = stored(acme, switched_on.id)
    assert after.state is MailState.FAILED
    assert after.last_error == "Not needed any more: the switch was moved again."
    told = [letter.mail.kind for letter in mailer.sent if letter.person.id == ann.id]
    assert told == [MailKind.SWITCHED_OFF]


def test_somebody_who_may_not_sign_in_any_more_gets_no_invitation_but_is_still_told(
    world: World, acme: Organisation, mailer: FakeMailer
) -> None:
    """An invitation would not work for them; what happened to their sign-in they still hear."""
    bob = acme.add("Bob", invited=True)
    changed = write(acme, bob, MailKind.PASSWORD_CHANGED, at=acme.now, browser="Firefox")
    acme.store.call(lambda tx: tx.people.set_state(bob.id, PersonState.DISABLED))
    deliver_due(world, limit=10)
    invitation = acme.mails(bob, MailKind.INVITATION)[0]
    assert invitation.state is MailState.FAILED
    assert invitation.last_error == "Not needed any more: the person may not sign in."
    assert [letter.mail.id for letter in mailer.sent] == [changed]


def test_a_worker_that_dies_between_sending_and_settling_loses_nothing(
    world: World, acme: Organisation, mailer: FakeMailer, ann: Person
) -> None:
    """The lease runs out and the mail goes again, under the same Message-ID (RFC 1047)."""
    mail_id = password_link(acme, ann)
    mailer.answers = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        deliver_due(world, limit=10)
    assert stored(acme, mail_id).state is MailState.SENDING
    acme.clock.advance(LEASE - 1)
    assert deliver_due(world, limit=10) == 0
    acme.clock.advance(1)
    assert deliver_due(world, limit=10) == 1
    assert stored(acme, mail_id).state is MailState.SENT
    first, second = mailer.sent
    assert first.mail.message_id == second.mail.message_id
    assert first.mail.params == second.mail.params


def test_a_worker_that_comes_back_late_does_not_undo_what_another_finished(
    world: World, acme: Organisation, mailer: FakeMailer, ann: Person
) -> None:
    """Its lease ran out while it was stuck; the mail stays sent."""
    mail_id = write(acme, ann, MailKind.CONSOLE_LINK, at=acme.now)

    def another_worker(_letter: object) -> None:
        mailer.meanwhile = lambda _again: None
        acme.clock.advance(LEASE)
        assert deliver_due(world, limit=1) == 1

    mailer.meanwhile = another_worker
    # Answers are taken in turn once the mail is on its way: the other worker's comes first.
    mailer.answers = [TAKEN, GREYLISTED]
    assert deliver_due(world, limit=1) == 1
    after = stored(acme, mail_id)
    assert (after.state, after.last_error) == (MailState.SENT, "")


def test_a_claimed_mail_is_not_claimed_by_anybody_else(acme: Organisation, ann: Person) -> None:
    """One sender for each attempt, until the lease ends."""
    ids = {write(acme, ann, MailKind.CONSOLE_LINK, at=acme.now) for _ in range(3)}
    first = acme.call(claim, 2)
    second = acme.call(claim, 2)
    third = acme.call(claim, 2)
    assert len(first.letters) == 2
    assert len(second.letters) == 1
    assert third.letters == ()
    assert {letter.mail.id for letter in first.letters + second.letters} == ids


def test_urgent_mails_go_before_those_to_everybody(
    world: World, acme: Organisation, mailer: FakeMailer, ann: Person
) -> None:
    """An alarm that was written last is sent first."""
    for _ in range(3):
        write(acme, ann, MailKind.SWITCHED_ON_ENROLLED, admin="Olga")
    acme.switch_on()
    acme.clock.advance(1)
    link = password_link(acme, ann)
    assert deliver_due(world, limit=1) == 1
    assert mailer.sent[0].mail.kind is MailKind.ENROLLED
    assert deliver_due(world, limit=1) == 1
    assert mailer.sent[1].mail.id == link
    claimed = acme.call(claim, 2)
    assert {letter.mail.kind for letter in claimed.letters} <= ROLLOUT


def test_no_more_leave_in_a_minute_than_the_limit(
    world: World, acme: Organisation, mailer: FakeMailer, ann: Person
) -> None:
    """Whatever the server answers; a minute later the next ones go."""
    for _ in range(7):
        write(acme, ann, MailKind.CONSOLE_LINK, at=acme.now)
    mailer.answers = [REFUSED, GREYLISTED]
    slow = replace(world, mails_per_minute=3)
    assert deliver_due(slow, limit=100) == 3
    assert deliver_due(slow, limit=100) == 0
    acme.clock.advance(59)
    assert deliver_due(slow, limit=100) == 0
    acme.clock.advance(1)
    assert deliver_due(slow, limit=100) == 3
    acme.clock.advance(60)
    assert deliver_due(slow, limit=100) == 2
    assert len(mailer.sent) == 8
    assert len({letter.mail.id for letter in mailer.sent}) == 7


def test_at_the_limit_what_is_urgent_takes_what_is_left(
    world: World, acme: Organisation, mailer: FakeMailer, ann: Person
) -> None:
    """A rollout to many does not hold up a link that somebody waits for."""
    acme.switch_on()
    deliver_due(world, limit=100)
    for _ in range(5):
        write(acme, acme.owner, MailKind.SWITCHED_ON_ENROLLED, admin="Olga")
    mailer.sent.clear()
    slow = replace(world, mails_per_minute=2)
    assert deliver_due(slow, limit=100) == 2
    link = password_link(acme, ann)
    acme.clock.advance(60)
    assert deliver_due(slow, limit=100) == 2
    assert mailer.sent[2].mail.id == link


def test_a_mail_that_is_dropped_takes_no_place(
    world: World, acme: Organisation, mailer: FakeMailer, ann: Person
) -> None:
    """No server saw it."""
    for _ in range(4):
        password_link(acme, ann, lives=60)
    acme.clock.advance(60)
    alive = password_link(acme, ann)
    slow = replace(world, mails_per_minute=1)
    assert deliver_due(slow, limit=100) == 5
    assert [letter.mail.id for letter in mailer.sent] == [alive]


def test_many_workers_together_keep_the_limit(
    world: World, acme: Organisation, mailer: FakeMailer, ann: Person
) -> None:
    """They share nothing but the database."""
    for _ in range(40):
        write(acme, ann, MailKind.CONSOLE_LINK, at=acme.now)
    slow = replace(world, mails_per_minute=10)
    done = race(8, lambda _: deliver_due(slow, limit=100))
    assert sum(done) == 10
    assert len({letter.mail.id for letter in mailer.sent}) == 10
