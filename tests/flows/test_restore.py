"""A new epoch: what was open before a restore is shut, and mail waits until somebody has looked."""

import pytest

from tests.flows import waiting
from tests.world import DESK, From, Organisation
from twofold.core.authenticators import Totp
from twofold.core.epoch import Done, Known
from twofold.core.events import EventKind
from twofold.core.mail import MailKind, MailState
from twofold.core.otp import step_at
from twofold.core.people import Person
from twofold.core.tokens import Purpose
from twofold.core.waits import StopReason, WaitState
from twofold.flows import deliver, enrol, links, recovery, restore
from twofold.flows.deliver import Claimed
from twofold.flows.links import LinkTrouble
from twofold.flows.recovery import NewCodes
from twofold.flows.restore import Epoch, Released
from twofold.flows.second_step import CodeRefused, recover
from twofold.flows.sign_in import HalfWay, SignedIn

WHOLE = Known(is_whole=True)


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member with an authenticator and recovery codes."""
    return waiting.enrolled(acme)


def codes_of(acme: Organisation, person: Person) -> list[str]:
    """A new set of recovery codes."""
    done = acme.call(recovery.make, caller=acme.caller(person), source=DESK)
    assert isinstance(done, NewCodes)
    return list(done.codes)


def left(acme: Organisation, person: Person) -> int:
    """How many recovery codes are left."""
    standing = acme.store.call(lambda tx: recovery.own(tx, person_id=person.id))
    return standing.left if standing else 0


def restored(acme: Organisation, known: Known = WHOLE) -> Epoch:
    """The database is one that was just restored."""
    return acme.call(restore.begin_epoch, made_at=acme.now - 3600, known=known)


def look(acme: Organisation, token: str) -> object:
    """What an invitation's link leads to."""
    return acme.call(links.look, purpose=Purpose.INVITATION, token=token)


def test_what_browsers_and_mailboxes_held_opens_nothing(acme: Organisation, ben: Person) -> None:
    """Sessions, half-finished sign-ins, known and trusted browsers, links, set-ups, passes."""
    session = acme.signed_in(ben)
    trusted = acme.known(ben, trust=True)
    caller = acme.caller(ben)
    assert isinstance(acme.call(enrol.begin_own, caller=caller), Totp)
    invited = acme.add("Ida", invited=True)
    invitation = acme.token(invited, MailKind.INVITATION)
    typed = acme.temporary_pass(ben)
    half = acme.half_token(ben)
    waiting.allow(acme)
    wait = waiting.begun(acme, waiting.enrolled(acme, "Wil"))
    ended = restored(acme).ended
    assert acme.caller_of(session.token) is None
    assert acme.half_of(half) is None
    assert isinstance(acme.submit_password(ben, place=trusted), HalfWay)
    assert acme.pending(ben) is None
    assert isinstance(look(acme, invitation), LinkTrouble)
    again = acme.half(ben)
    assert isinstance(acme.call(recover, half=again, typed=typed, place=From(DESK)), CodeRefused)
    stopped = waiting.standing(acme, acme.person(wait.person_id))
    assert (stopped.state, stopped.stopped_by) == (WaitState.STOPPED, StopReason.RESTORED)
    assert ended.sessions >= 3
    assert ended.browsers >= 1
    assert (ended.set_ups, ended.passes, ended.waits) == (1, 1, 1)
    assert ended.sign_ins >= 1
    assert ended.links >= 2


def test_no_code_that_was_shown_before_is_taken(acme: Organisation, ben: Person) -> None:
    """Neither the one of now nor the next, which may have been taken early; the one after is."""
    acme.clock.advance(3600)
    shown = [acme.code(ben, steps=number) for number in (-1, 0, 1)]
    fresh = acme.code(ben, steps=2)
    restored(acme)
    assert acme.active(ben).last_step == step_at(acme.now) + 1
    for code in shown:
        assert isinstance(acme.submit_code(acme.half(ben), code), CodeRefused)
    acme.clock.advance(60)
    assert isinstance(acme.submit_code(acme.half(ben), fresh), SignedIn)


def test_whose_clock_was_followed_since_waits_longer(acme: Organisation, ben: Person) -> None:
    """The backup does not know how far their phone is off by now."""
    seen = Done(acme.now, EventKind.RESYNCED, acme.account_id, ben.id)
    epoch = restored(acme, Known(is_whole=True, since=[seen]))
    assert acme.active(ben).last_step > step_at(acme.now) + 20
    assert [(one.kind, one.whom, one.account) for one in epoch.undone] == [
        (EventKind.RESYNCED, ben.email, "Acme")
    ]


def test_a_later_step_is_not_taken_back(acme: Organisation, ben: Person) -> None:
    """The clock stood ahead when the backup was made: that is for `twofold clock repair`."""
    acme.signed_in(ben)
    before = acme.active(ben).last_step
    acme.clock.moment -= 86_400
    restored(acme)
    assert acme.active(ben).last_step == before


def test_used_recovery_codes_stay_used(acme: Organisation, ben: Person) -> None:
    """By the journal; the others still work, and nobody is written to."""
    ten = codes_of(acme, ben)
    used = acme.store.call(
        lambda tx: tx.keyed_digests("recovery", f"{ben.id}:{ten[0].replace('-', '')}")
    )
    query = f"SELECT id FROM recovery_codes WHERE code_hash = '{used[0]}'"  # noqa: S608
    spent = acme.store.call(
        lambda tx: tx.recovery._connection.exec_driver_sql(query).scalar_one()  # type: ignore[attr-defined]
    )
    epoch = restored(acme, Known(is_whole=True, spent=[spent, "not in the backup"]))
    assert (epoch.codes_kept_used, epoch.without_codes) == (1, [])
    assert left(acme, ben) == 9
    assert isinstance(use(acme, ben, ten[0]), CodeRefused)
    assert isinstance(use(acme, ben, ten[1]), SignedIn)
    assert acme.mails(ben, MailKind.RECOVERY_ENDED) == []


def use(acme: Organisation, person: Person, code: str) -> object:
    """Sign in with a recovery code."""
    return acme.call(recover, half=acme.half(person), typed=code, place=From(DESK))


def test_a_set_that_was_replaced_since_is_dead(acme: Organisation, ben: Person) -> None:
    """Those of the backup were thrown away by their owner; a set that was made later is not."""
    codes_of(acme, ben)
    made_at = acme.now
    epoch = restored(acme, Known(is_whole=True, ended={ben.id: made_at - 1}))
    assert (left(acme, ben), epoch.without_codes) == (10, [])
    epoch = restored(acme, Known(is_whole=True, ended={ben.id: made_at}))
    assert (left(acme, ben), [one.id for one in epoch.without_codes]) == (0, [ben.id])
    assert len(acme.mails(ben, MailKind.RECOVERY_ENDED)) == 1


def test_without_a_journal_all_recovery_codes_end(acme: Organisation, ben: Person) -> None:
    """Each owner is told, once; passkeys and apps are as they were."""
    codes_of(acme, ben)
    epoch = restored(acme, Known(is_whole=False))
    assert left(acme, ben) == 0
    assert [one.id for one in epoch.without_codes] == [ben.id]
    assert len(acme.mails(ben, MailKind.RECOVERY_ENDED)) == 1
    assert len(acme.events(EventKind.RECOVERY_ENDED)) == 1
    assert not epoch.journal_was_whole
    assert restored(acme, Known(is_whole=False)).without_codes == []
    assert acme.active(ben)


def test_every_account_has_it_in_its_log(acme: Organisation, bolt: Organisation) -> None:
    """With the moment of the backup, and whether the journal was whole."""
    epoch = restored(acme)
    for one in (acme, bolt):
        (event,) = one.events(EventKind.RESTORED)
        assert event.data == {"backup_of": epoch.made_at, "journal": True}


def test_people_and_accounts_that_the_backup_does_not_know_are_named_by_their_ids(
    acme: Organisation,
) -> None:
    """There is nothing better."""
    since = [
        Done(acme.now, EventKind.PERSON_DISABLED, "another", "somebody"),
        Done(acme.now, EventKind.POLICY_SWITCHED_ON, acme.account_id, None),
    ]
    epoch = restored(acme, Known(is_whole=True, since=since))
    assert [(one.account, one.whom) for one in epoch.undone] == [
        ("another", "somebody"),
        ("Acme", ""),
    ]


def claimed(acme: Organisation) -> Claimed:
    """What a worker gets."""
    return acme.call(deliver.claim, limit=100)


def test_no_mail_leaves_before_the_release(acme: Organisation, ben: Person) -> None:
    """Then those with links of before are never sent, and the others are."""
    ida = acme.add("Ida", invited=True)
    acme.temporary_pass(ben)
    acme.clock.advance(10)
    restored(acme)
    assert acme.store.call(restore.standing) is not None
    acme.clock.advance(10)
    assert claimed(acme) == Claimed((), 0)
    late = acme.add("Lea", invited=True)
    assert claimed(acme) == Claimed((), 0)
    before = acme.store.call(lambda tx: tx.mails.waiting())
    done = acme.call(restore.release, drop=False)
    assert isinstance(done, Released)
    assert done.dead >= 1
    assert done.leave == before - done.dead
    assert acme.mails(ida)[0].state is MailState.FAILED
    assert "opens nothing any more" in acme.mails(ida)[0].last_error
    sent = {letter.mail.id for letter in claimed(acme).letters}
    assert acme.mails(ben, MailKind.PASS_MADE)[0].id in sent
    assert acme.mails(late)[0].id in sent
    assert acme.store.call(restore.standing) is None
    assert acme.call(restore.release, drop=False) is None
    (event,) = acme.events(EventKind.MAIL_RELEASED)
    assert event.data == {"dead": done.dead, "dropped": 0}


def test_old_mail_can_be_dropped_altogether(acme: Organisation, ben: Person) -> None:
    """It may all have been sent already; what was written since the restore leaves."""
    codes_of(acme, ben)
    acme.temporary_pass(ben)
    acme.clock.advance(10)
    restored(acme, Known(is_whole=False))
    done = acme.call(restore.release, drop=True)
    assert isinstance(done, Released)
    assert done.dropped >= 1
    kinds = {letter.mail.kind for letter in claimed(acme).letters}
    assert kinds == {MailKind.RECOVERY_ENDED}
