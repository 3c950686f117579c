"""The worker: it goes on, it stops, it cleans up."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.conftest import FixedClock
from tests.mail.reports import postfix
from tests.mail.worlds import GREYLISTED, FakeMailer, world_of
from tests.trouble import bad_morning, ordinary_month
from tests.world import DESK, Organisation, found
from twofold.core.attempts import Attempt, AttemptPurpose, Outcome
from twofold.core.mail import MailKind, MailState
from twofold.core.people import DAY, HOUR
from twofold.data import load_apps
from twofold.flows.outbox import write_mail
from twofold.mail.report_box import Maildir
from twofold.ports import Letter, Store, World
from twofold.system import SystemRandom
from twofold.worker import BATCH, Worker

PATIENCE = 20.0
"""Seconds to wait for what happens in far less."""


@pytest.fixture
def acme(store: Store, clock: FixedClock) -> Organisation:
    """The organisation Acme with its owner Olga."""
    return found(store, clock)


@pytest.fixture
def mailer() -> FakeMailer:
    """A mail server's stand-in that takes everything."""
    return FakeMailer()


@pytest.fixture
def world(acme: Organisation, random: SystemRandom, mailer: FakeMailer) -> World:
    """The world around Acme."""
    return world_of(acme.store, acme.clock, random, mailer)


def write(acme: Organisation, count: int = 1) -> list[str]:
    """Queue mails to Olga; their ids."""
    return [
        acme.call(write_mail, acme.owner, MailKind.CONSOLE_LINK, at=acme.now) for _ in range(count)
    ]


def state_of(acme: Organisation, mail_id: str) -> MailState:
    """What became of a mail."""
    mail = acme.store.call(lambda tx: tx.mails.find(acme.account_id, mail_id))
    assert mail is not None
    return mail.state


def when(happened: threading.Event) -> Callable[[Letter], None]:
    """A mailer's meanwhile that says when a mail is on its way."""
    return lambda _letter: happened.set()


def test_one_tick_sends_a_batch_and_says_whether_more_may_wait(
    world: World, acme: Organisation, mailer: FakeMailer
) -> None:
    """Between batches the worker looks whether to stop."""
    write(acme, BATCH + 3)
    worker = Worker(world)
    assert worker.tick() is True
    assert len(mailer.sent) == BATCH
    assert worker.tick() is False
    assert len(mailer.sent) == BATCH + 3


def test_a_mail_that_cannot_be_sent_now_does_not_make_the_worker_spin(
    world: World, acme: Organisation, mailer: FakeMailer
) -> None:
    """It is not due again for a minute."""
    (mail_id,) = write(acme)
    mailer.answers = [GREYLISTED]
    assert Worker(world).tick() is False
    assert state_of(acme, mail_id) is MailState.QUEUED
    assert len(mailer.sent) == 1


def test_it_cleans_up_at_once_and_then_once_a_minute(world: World, acme: Organisation) -> None:
    """Dead sessions go; a session that dies within the minute waits for the next round."""
    worker = Worker(world)
    acme.caller(acme.owner)
    acme.clock.advance(HOUR + 1)
    worker.tick()
    assert acme.sessions(acme.owner) == 0
    acme.store.call(lambda tx: tx.uploads.add("u", acme.account_id, acme.owner_id, b"x", 0))
    acme.clock.advance(59)
    worker.tick()
    peek = lambda: acme.store.call(  # noqa: E731
        lambda tx: tx.uploads.peek("u", acme.account_id, acme.owner_id)
    )
    assert peek() == b"x"
    acme.clock.advance(1)
    worker.tick()
    assert peek() is None


def codes(acme: Organisation, offset: int, count: int = 6) -> None:
    """So many people's codes were so far from our clock just now."""
    for number in range(count):
        name = f"p{number}"
        person = acme.store.call(
            lambda tx, name=name: tx.people.by_email(f"{name}@acme.example")
        ) or acme.add(name)
        attempt = Attempt(
            id=acme.store.call(lambda tx: tx.random.new_id()),
            account_id=acme.account_id,
            person_id=person.id,
            purpose=AttemptPurpose.SIGN_IN,
            outcome=Outcome.ACCEPTED,
            at=acme.now,
            authenticator_id="t",
            offset=offset,
            known_browser=False,
            source=DESK,
        )
        acme.store.call(lambda tx, one=attempt: tx.attempts.add(one))


def test_a_clock_that_is_off_is_said_once_with_its_size_and_once_when_it_is_right(
    world: World, acme: Organisation
) -> None:
    """And again when the size has changed; in between the log is quiet."""
    worker = Worker(world)
    said = []
    for offset in (0, -3, -3, -5, 0, 0):
        codes(acme, offset)
        with capture_logs() as logs:
            worker.tick()
        said.append([(line["event"], line["log_level"]) for line in logs])
        acme.clock.advance(60)
    off, right = ("our-clock-is-off", "warning"), ("our-clock-is-right-again", "warning")
    assert said == [[], [off], [], [off], [right], []]


def test_the_line_about_the_clock_names_side_and_size(world: World, acme: Organisation) -> None:
    """So that whoever reads the log knows what to look for."""
    codes(acme, -3)
    with capture_logs() as logs:
        Worker(world).tick()
    (line,) = logs
    assert line["people"] == 6
    assert 60 <= line["seconds_ahead"] <= 100
    assert "ahead of most people's phones" in line["says"]


def test_no_news_of_the_clock_is_no_good_news(world: World, acme: Organisation) -> None:
    """A day without codes does not mean that it was put right."""
    worker = Worker(world)
    codes(acme, -3)
    worker.tick()
    acme.clock.advance(2 * DAY)
    with capture_logs() as logs:
        worker.tick()
    assert logs == []


def test_it_reads_the_reports_once_a_minute_and_says_once_that_it_cannot(
    world: World, acme: Organisation, tmp_path: Path
) -> None:
    """A mail that came back is marked; a box that is not there is said in the log, and read as soon
    as it is.
    """
    (mail_id,) = write(acme)
    worker = Worker(replace(world, reports=Maildir(tmp_path / "box")))
    with capture_logs() as logs:
        worker.tick()
        acme.clock.advance(60)
        worker.tick()
    assert [(log["event"], log["why"]) for log in logs] == [
        ("mail-reports-not-readable", "No such file or directory")
    ]
    for part in ("new", "cur"):
        (tmp_path / "box" / part).mkdir(parents=True)
    (tmp_path / "box/new/1").write_bytes(postfix(f"<{mail_id}@twofold.mail>"))
    worker.tick()
    assert state_of(acme, mail_id) is MailState.SENT
    acme.clock.advance(60)
    with capture_logs() as logs:
        worker.tick()
        acme.clock.advance(60)
        worker.tick()
    assert state_of(acme, mail_id) is MailState.BOUNCED
    assert [(log["event"], log["bounced"]) for log in logs] == [("mail-reports", 1)]


def test_started_it_sends_what_is_due_and_stops_when_told(
    world: World, acme: Organisation, mailer: FakeMailer
) -> None:
    """Stopping waits for the mail at hand and no longer."""
    (mail_id,) = write(acme)
    on_its_way = threading.Event()
    mailer.meanwhile = when(on_its_way)
    worker = Worker(world)
    worker.start()
    assert on_its_way.wait(PATIENCE)
    assert worker.stop(PATIENCE)
    assert state_of(acme, mail_id) is MailState.SENT


def test_stopping_ends_before_the_next_mail(
    world: World, acme: Organisation, mailer: FakeMailer
) -> None:
    """A long outbox does not hold up the end of the process."""
    write(acme, 5)
    on_its_way, go_on = threading.Event(), threading.Event()

    def hold(_letter: Letter) -> None:
        on_its_way.set()
        assert go_on.wait(PATIENCE)

    mailer.meanwhile = hold
    worker = Worker(world)
    worker.start()
    assert on_its_way.wait(PATIENCE)
    assert not worker.stop(0.05)
    go_on.set()
    assert worker.stop(PATIENCE)
    assert len(mailer.sent) == 1


def test_waking_it_makes_it_look_again(
    world: World, acme: Organisation, mailer: FakeMailer
) -> None:
    """Whatever the pause is, a wake-up ends it."""
    first, second = threading.Event(), threading.Event()
    mailer.meanwhile = when(first)
    write(acme)
    worker = Worker(world)
    worker.start()
    assert first.wait(PATIENCE)
    mailer.meanwhile = when(second)
    write(acme)
    worker.wake()
    assert second.wait(PATIENCE)
    assert worker.stop(PATIENCE)
    assert len(mailer.sent) == 2


def test_an_error_is_logged_and_the_worker_goes_on(
    world: World, acme: Organisation, mailer: FakeMailer
) -> None:
    """A database that is away for a moment does not end the sending of mail for good."""
    write(acme)
    broken, again = threading.Event(), threading.Event()
    mailer.meanwhile = when(again)

    class Faulty(FixedClock):
        def now(self) -> int:
            if not broken.is_set():
                broken.set()
                raise RuntimeError("the clock stands still")
            return acme.clock.now()

    worker = Worker(replace(world, clock=Faulty()))
    with capture_logs() as logs:
        worker.start()
        assert again.wait(PATIENCE)
        assert worker.stop(PATIENCE)
    assert [line["event"] for line in logs] == ["worker-tick-failed"]
    assert [line["log_level"] for line in logs] == ["error"]


def test_a_worker_that_was_never_started_can_be_stopped(world: World) -> None:
    """Whoever tidies up need not know."""
    assert Worker(world).stop(0)


def test_an_incident_is_in_the_log_when_it_begins_and_when_it_is_over(
    world: World, acme: Organisation, clock: FixedClock
) -> None:
    """One line each, however often the worker looks; nothing on ordinary days."""
    people = ordinary_month(acme)
    worker = Worker(replace(world, apps=load_apps()))
    with capture_logs() as logs:
        worker.tick()
        assert logs == []
        bad_morning(acme, people)
        for _ in range(5):
            clock.advance(60)
            worker.tick()
        begun = logs[:]
        clock.advance(HOUR)
        worker.tick()
        worker.tick()
    assert [(line["event"], line["people"]) for line in begun] == [("incident-begins", 30)]
    assert begun[0]["says"].endswith("UTC, mostly Microsoft Authenticator on Android")
    assert begun[0]["cause"] == "Other settings in the app"
    assert [line["event"] for line in logs[1:]] == ["incident-is-over"]
    assert logs[1]["says"].startswith("From ")
