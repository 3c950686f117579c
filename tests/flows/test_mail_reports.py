"""A report marks the one mail that came back, and nothing else."""

from collections.abc import Iterator

import pytest

from tests.conftest import FixedClock
from tests.mail.reports import postfix
from tests.mail.worlds import FakeMailer, world_of
from tests.storage.races import race
from tests.world import Organisation
from twofold.core.events import EventKind
from twofold.core.mail import Mail, MailKind, MailState
from twofold.core.mail_reports import Action, Report
from twofold.core.people import DAY, MINUTE, Person
from twofold.flows import mail_reports, rollout
from twofold.flows.deliver import deliver_due, settle
from twofold.flows.mail_reports import Fate
from twofold.flows.outbox import write_mail
from twofold.ports import Delivery, Store, World
from twofold.system import SystemRandom


@pytest.fixture
def ann(acme: Organisation) -> Person:
    """A member without any mail."""
    return acme.add("Ann")


@pytest.fixture
def world(store: Store, clock: FixedClock, random: SystemRandom) -> World:
    """The world around the store of this test, with a mail server that takes everything."""
    return world_of(store, clock, random, FakeMailer())


def sent(
    world: World, acme: Organisation, person: Person, kind: MailKind = MailKind.CONSOLE_LINK
) -> Mail:
    """A mail that a server took."""
    mail_id = acme.call(write_mail, person, kind, at=acme.now)
    deliver_due(world, limit=100)
    return stored(acme, mail_id)


def stored(acme: Organisation, mail_id: str) -> Mail:
    """The mail as it is in the outbox now."""
    mail = acme.store.call(lambda tx: tx.mails.find(acme.account_id, mail_id))
    assert mail is not None
    return mail


def about(
    mail: Mail | None = None,
    action: Action = Action.FAILED,
    status: str = "5.1.1",
    *,
    recipient: str = "",
    taken_at: int | None = None,
) -> Report:
    """A report about a mail."""
    message_id = mail.message_id if mail else ""
    return Report(message_id, recipient, action, status, "550 5.1.1 nobody here", taken_at)


def take(acme: Organisation, report: Report) -> Fate:
    """What becomes of it."""
    fate: Fate = acme.call(mail_reports.take, report=report)
    return fate


def events(acme: Organisation) -> list[object]:
    """The details of all that came back."""
    return [
        dict(event.data)
        for event in acme.store.call(lambda tx: tx.events.of(acme.account_id, limit=100))
        if event.kind is EventKind.MAIL_BOUNCED
    ]


def test_a_mail_that_came_back_is_marked_with_the_reason_and_an_event(
    world: World, acme: Organisation, ann: Person
) -> None:
    """Once; the second report of the same says nothing new."""
    mail = sent(world, acme, ann)
    assert take(acme, about(mail)) is Fate.BOUNCED
    after = stored(acme, mail.id)
    assert (after.state, after.last_error) == (MailState.BOUNCED, "550 5.1.1 nobody here")
    assert after.sent_at == mail.sent_at
    told = {"kind": "recovery-link", "status": "5.1.1", "known_by": "message-id"}
    assert events(acme) == [told]
    assert take(acme, about(mail)) is Fate.KNOWN
    assert take(acme, about(mail, Action.DELAYED, "4.4.1")) is Fate.KNOWN
    assert events(acme) == [told]


def test_it_counts_where_failed_mails_do(world: World, acme: Organisation, ann: Person) -> None:
    """In the list of people, in the tally, and on the account's page."""
    acme.switch_on()
    deliver_due(world, limit=100)
    (mail,) = acme.mails(ann, MailKind.SWITCHED_ON)
    take(acme, about(mail))
    lists = acme.store.call(
        lambda tx: tx.people.page(acme.account_id, search="", after="", limit=9, only="failed-mail")
    )
    assert [row.person.id for row in lists] == [ann.id]
    stands = acme.store.call(rollout.standing, caller=acme.caller(acme.owner))
    assert stands.tally.unreachable == 1
    assert stands.mails[MailState.BOUNCED] == 1


def test_a_delay_is_noted_and_the_mail_stays_sent(
    world: World, acme: Organisation, ann: Person
) -> None:
    """It may still arrive; no event, nobody is unreachable."""
    mail = sent(world, acme, ann)
    assert take(acme, about(mail, Action.DELAYED, "4.4.1")) is Fate.DELAYED
    after = stored(acme, mail.id)
    assert after.state is MailState.SENT
    assert after.last_error == "Delayed on its way: 550 5.1.1 nobody here"
    assert events(acme) == []
    assert take(acme, about(mail)) is Fate.BOUNCED


@pytest.mark.parametrize("action", [Action.DELIVERED, Action.RELAYED, Action.EXPANDED])
def test_good_news_changes_nothing(
    world: World, acme: Organisation, ann: Person, action: Action
) -> None:
    """We did not doubt it."""
    mail = sent(world, acme, ann)
    assert take(acme, about(mail, action, "2.0.0")) is Fate.NO_TROUBLE
    assert stored(acme, mail.id) == mail


def test_a_mail_that_was_not_sent_cannot_come_back(acme: Organisation, ann: Person) -> None:
    """Neither one that waits nor one that failed."""
    waiting = stored(acme, acme.call(write_mail, ann, MailKind.CONSOLE_LINK, at=acme.now))
    assert take(acme, about(waiting)) is Fate.NOT_OURS
    acme.store.call(lambda tx: tx.mails.fail(waiting.id, attempts=1, error="550 no"))
    failed = stored(acme, waiting.id)
    assert take(acme, about(failed)) is Fate.NOT_OURS
    assert take(acme, about(failed, Action.DELAYED)) is Fate.NOT_OURS
    assert stored(acme, waiting.id) == failed
    assert events(acme) == []


def test_a_report_of_a_server_that_is_faster_than_our_note_is_asked_for_again(
    world: World, acme: Organisation, ann: Person
) -> None:
    """It took the mail, and we have not written that down yet."""
    acme.call(write_mail, ann, MailKind.CONSOLE_LINK, at=acme.now)
    (mail,) = acme.store.call(lambda tx: tx.mails.claim(acme.now, limit=1))
    assert take(acme, about(mail)) is Fate.EARLY
    acme.call(settle, mail, Delivery(ok=True, final=False, detail="250 OK"))
    assert take(acme, about(mail)) is Fate.BOUNCED


def test_a_worker_that_comes_back_late_does_not_unmark_it(
    world: World, acme: Organisation, ann: Person
) -> None:
    """Two had sent the mail; one of them was stuck meanwhile."""
    mail = sent(world, acme, ann)
    take(acme, about(mail))
    acme.call(settle, mail, Delivery(ok=True, final=False, detail="250 OK"))
    acme.call(settle, mail, Delivery(ok=False, final=False, detail="451 later"))
    assert stored(acme, mail.id).state is MailState.BOUNCED


def test_after_thirty_days_no_report_is_taken(
    world: World, acme: Organisation, ann: Person
) -> None:
    """A mail server gives up after five."""
    old, young = sent(world, acme, ann), sent(world, acme, ann)
    acme.clock.advance(30 * DAY)
    assert take(acme, about(young)) is Fate.BOUNCED
    acme.clock.advance(1)
    assert take(acme, about(old)) is Fate.NOT_OURS
    assert take(acme, about(old, Action.DELAYED)) is Fate.NOT_OURS
    assert stored(acme, old.id) == old


def test_an_id_that_no_mail_has_marks_nothing(
    world: World, acme: Organisation, ann: Person
) -> None:
    """And the address is not tried in its place: a server that returns an id means that one."""
    mail = sent(world, acme, ann)
    forged = Report(
        "<0199c8d2-3f10-7abc-8123-456789abcdef@twofold.mail>",
        ann.email, Action.FAILED, "5.1.1", "550", acme.now,
    )  # fmt: skip
    assert take(acme, forged) is Fate.NOT_OURS
    assert stored(acme, mail.id) == mail


def test_without_an_id_address_and_time_must_fit_one_mail_alone(
    world: World, acme: Organisation, ann: Person
) -> None:
    """Within a quarter of an hour; of two that fit, none is taken for the other."""
    mail = sent(world, acme, ann)
    where = ann.email.upper()
    assert take(acme, about(recipient=where)) is Fate.NOT_OURS
    late = about(recipient=where, taken_at=acme.now + 15 * MINUTE + 1)
    assert take(acme, late) is Fate.NOT_OURS
    stranger = about(recipient="nobody@acme.example", taken_at=acme.now)
    assert take(acme, stranger) is Fate.NOT_OURS
    near = about(recipient=where, taken_at=acme.now + 15 * MINUTE)
    assert take(acme, near) is Fate.BOUNCED
    assert stored(acme, mail.id).state is MailState.BOUNCED
    assert [event["known_by"] for event in events(acme)] == ["address and time"]  # type: ignore[index]
    acme.clock.advance(DAY)
    twins = [sent(world, acme, ann) for _ in range(2)]
    assert take(acme, about(recipient=where, taken_at=acme.now)) is Fate.NOT_OURS
    assert {stored(acme, twin.id).state for twin in twins} == {MailState.SENT}


def test_nothing_that_is_only_guessed_touches_a_mail_on_which_a_recovery_hangs(
    world: World, acme: Organisation, ann: Person
) -> None:
    """Whoever knows an address could otherwise end the recovery of its owner; the id is known to
    the receiver and the servers on the way alone.
    """
    params: dict[str, str | int] = {
        "whose": "Ann", "email": ann.email, "mine": 1, "started_at": acme.now,
        "ends_at": acme.now + DAY, "token": "t" * 43,
    }  # fmt: skip
    mail_id = acme.call(write_mail, ann, MailKind.WAIT_NOTICE, **params)
    deliver_due(world, limit=100)
    notice = stored(acme, mail_id)
    assert take(acme, about(recipient=ann.email, taken_at=acme.now)) is Fate.NOT_OURS
    assert stored(acme, mail_id) == notice
    assert take(acme, about(notice)) is Fate.BOUNCED


def test_many_reports_at_once_make_one_event(world: World, acme: Organisation, ann: Person) -> None:
    """Several workers read the same box."""
    mail = sent(world, acme, ann)
    fates = race(8, lambda _: take(acme, about(mail)))
    assert sorted(fate.name for fate in fates) == ["BOUNCED", *["KNOWN"] * 7]
    assert len(events(acme)) == 1


class Box:
    """Messages in memory; what is done is remembered."""

    def __init__(self, *messages: bytes) -> None:
        self._messages = messages
        self.gone: list[str] = []

    def messages(self) -> Iterator[tuple[str, bytes]]:
        """By number."""
        for number, raw in enumerate(self._messages):
            yield str(number), raw

    def done(self, name: str) -> None:
        """Take it down."""
        self.gone.append(name)


def test_a_box_is_read_message_by_message(world: World, acme: Organisation, ann: Person) -> None:
    """What was dealt with goes; what comes too early stays for the next look."""
    mail = sent(world, acme, ann)
    acme.call(write_mail, ann, MailKind.CONSOLE_LINK, at=acme.now)
    (flying,) = acme.store.call(lambda tx: tx.mails.claim(acme.now, limit=1))
    box = Box(
        b"Subject: Out of office\n\nAway.\n",
        postfix(mail.message_id),
        postfix(flying.message_id),
        postfix(mail.message_id),
        postfix("<4711@elsewhere.example>", recipient="x@elsewhere.example"),
    )
    assert mail_reports.read_box(world, box) == {
        Fate.NO_REPORT: 1, Fate.BOUNCED: 1, Fate.EARLY: 1, Fate.KNOWN: 1, Fate.NOT_OURS: 1,
    }  # fmt: skip
    assert box.gone == ["0", "1", "3", "4"]


def test_a_box_is_read_no_further_than_asked(world: World) -> None:
    """The worker has other things to do."""
    box = Box(*[b"Subject: x\n\n"] * 5)
    assert mail_reports.read_box(world, box, limit=2) == {Fate.NO_REPORT: 2}
    assert box.gone == ["0", "1"]


def test_a_fault_in_one_message_holds_up_no_other(
    world: World, acme: Organisation, ann: Person
) -> None:
    """It stays in the box."""
    mail = sent(world, acme, ann)
    box = Box(None, postfix(mail.message_id))  # type: ignore[arg-type]
    assert mail_reports.read_box(world, box) == {Fate.FAULT: 1, Fate.BOUNCED: 1}
    assert box.gone == ["1"]
