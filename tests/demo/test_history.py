"""The history that was played: everybody is there, in every state, and the product agrees."""

import inspect
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from tests.conftest import FixedClock
from tests.demo.conftest import Stage
from twofold import demonstration, worker
from twofold.core.events import EventKind
from twofold.core.listing import Asked, Only
from twofold.core.locks import LockKind
from twofold.core.mail import MailKind, MailState
from twofold.core.people import DAY, HOUR, Instant
from twofold.core.requirement import ruling
from twofold.demo.build import Built
from twofold.demo.cast import ENROLLED, FEWEST, Part, cast
from twofold.demo.dates import AHEAD, Dates, dates
from twofold.demo.phones import Phones
from twofold.demo.player import CHORES
from twofold.flows import listing, troubleshoot
from twofold.ports import World

SUNDAY_NIGHT, MONDAY_MORNING, FRIDAY_EVENING = 1_795_908_600, 1_795_940_940, 1_795_802_400
NEW_YEAR = 1_798_761_600
"""29 Nov 2026 23:30, 30 Nov 08:29, 27 Nov 18:00 and 1 Jan 2027 00:00 UTC."""


def found(world: World, built: Built, only: Only, now: Instant | None = None) -> set[str]:
    """The addresses of whom a filter of the people table finds."""
    account = world.store.call(lambda tx: tx.accounts.get(built.account_id))
    lines, _ = world.store.call(
        listing.stretch,
        now or world.clock.now(),
        account=account,
        asked=Asked(only=only),
        after="",
        size=1000,
    )
    return {line.person.email for line in lines}


def of(built: Built, *parts: Part) -> set[str]:
    """The addresses of whoever has one of these parts."""
    return {one.email for one in built.members if one.part in parts}


def test_so_many_people_are_there_as_were_asked_for_and_one_program(stage: Stage) -> None:
    """No more and no fewer."""
    assert len(found(stage.world, stage.built, Only.EVERYBODY)) == FEWEST + 1
    assert len(found(stage.world, stage.built, Only.SERVICES)) == 1
    assert len(stage.built.members) == len(set(of(stage.built, *Part))) == FEWEST


@pytest.mark.parametrize("only", [one for one in Only if one is not Only.ADMINS_WITHOUT])
def test_every_filter_of_the_people_table_finds_somebody(stage: Stage, only: Only) -> None:
    """All but the one that a product used well leaves empty."""
    assert found(stage.world, stage.built, only)


def test_whoever_has_a_second_factor_is_whoever_the_plan_says(stage: Stage) -> None:
    """And nobody else: the flows let nobody in by another way."""
    enrolled = found(stage.world, stage.built, Only.ENROLLED)
    suspended = of(stage.built, Part.SUSPENDED)
    assert enrolled - suspended == of(stage.built, *ENROLLED) - suspended


def test_people_are_in_the_state_that_the_plan_says(stage: Stage) -> None:
    """By the filters that name it."""
    built = stage.built
    for only, parts in (
        (Only.DISABLED, (Part.SUSPENDED,)),
        (Only.DORMANT, (Part.DORMANT,)),
        (Only.EXEMPT, (Part.EXEMPT, Part.EXEMPT_SOON)),
        (Only.AWAY, (Part.AWAY,)),
        (Only.MUST_NOW, (Part.MUST_NOW,)),
        (Only.LOCKED, (Part.LOCKED, Part.SHUT_OUT, Part.STOLEN)),
        (Only.MAIL_TROUBLE, (Part.BOUNCED, Part.REFUSED)),
    ):
        assert found(stage.world, built, only) == of(built, *parts), only
    assert of(built, Part.OPENED) <= found(stage.world, built, Only.OPENED)
    assert of(built, Part.NEVER, Part.REFUSED) <= found(stage.world, built, Only.NEVER)
    assert of(built, Part.WILL_BE_STOPPED, Part.OPENED, Part.EXTENDED) <= found(
        stage.world, built, Only.AHEAD
    )


def kinds_of_locks(stage: Stage, part: Part, now: Instant) -> set[LockKind]:
    """What is in the way of somebody of this part."""
    email = stage.holder(part).email
    person = stage.world.store.call(lambda tx: tx.people.by_email(email))
    assert person is not None
    dossier = stage.world.store.call(troubleshoot.look, now, actor=person, person_id=person.id)
    assert dossier is not None
    return {lock.kind for lock in dossier.case.locks}


def test_people_are_locked_right_now(stage: Stage) -> None:
    """At the code, at the password and at the authenticator, when it opens; the wait at the
    password lasts for a quarter of an hour from then.
    """
    now = stage.built.opened
    assert LockKind.CODE_LINK in kinds_of_locks(stage, Part.LOCKED, now)
    assert LockKind.STOLEN in kinds_of_locks(stage, Part.LOCKED, now)
    assert LockKind.AUTHENTICATOR in kinds_of_locks(stage, Part.STOLEN, now)
    for later, is_locked in ((0, True), (14 * 60, True), (15 * 60, False)):
        kinds = kinds_of_locks(stage, Part.SHUT_OUT, now + later)
        assert (LockKind.PASSWORD_WAIT in kinds) is is_locked, later


def test_a_deadline_is_a_few_days_ahead_and_some_have_more_time(stage: Stage) -> None:
    """Most at the one, whoever was given more a week later."""
    store, built = stage.world.store, stage.built
    account = store.call(lambda tx: tx.accounts.get(built.account_id))

    def due(email: str) -> Instant | None:
        person = store.call(lambda tx: tx.people.by_email(email))
        assert person is not None
        return ruling(account, person, built.opened).due_at

    assert built.opened + AHEAD <= built.due <= built.opened + 6 * DAY
    assert {due(email) for email in of(built, Part.WILL_BE_STOPPED)} == {built.due}
    assert {due(email) for email in of(built, Part.EXTENDED)} == {built.due + 7 * DAY}


def test_the_log_is_whole_and_in_the_order_of_time(stage: Stage) -> None:
    """Months of it, sealed entry by entry as ever."""
    store, account_id = stage.world.store, stage.built.account_id
    assert store.call(lambda tx: tx.events.verify(account_id)) is None
    entries = store.call(lambda tx: tx.events.of(account_id, limit=10**6))
    moments = [entry.at for entry in reversed(entries)]
    assert moments == sorted(moments)
    assert stage.built.opened - moments[0] > 110 * DAY
    kinds = Counter(entry.kind for entry in entries)
    for kind in (
        EventKind.POLICY_SWITCHED_ON, EventKind.PEOPLE_IMPORTED, EventKind.ENROLLED,
        EventKind.PASSKEY_ADDED, EventKind.RECOVERY_USED, EventKind.PASS_MADE, EventKind.PASS_USED,
        EventKind.WAIT_STARTED, EventKind.DEADLINE_MOVED, EventKind.EXEMPTED, EventKind.LEAVE_SET,
        EventKind.MAIL_BOUNCED, EventKind.REPLACED, EventKind.AUTHENTICATOR_ADDED,
    ):  # fmt: skip
        assert kinds[kind], kind


def test_the_mails_of_the_history_went_into_mailboxes_in_memory(stage: Stage) -> None:
    """Sent, failed and come back; nothing is left that would be sent now, and all were written
    and sent before it opened.
    """
    store, account_id = stage.world.store, stage.built.account_id
    rows = store.call(lambda tx: tx.mails.page(account_id, before="", limit=10**6))
    states = Counter(mail.state for mail, _ in rows)
    assert states[MailState.SENT] > 4 * FEWEST
    assert states[MailState.BOUNCED]
    assert states[MailState.FAILED]
    assert set(states) == {MailState.SENT, MailState.BOUNCED, MailState.FAILED}
    for mail, _ in rows:
        assert mail.sent_at is None or mail.created_at <= mail.sent_at <= stage.built.opened
    reminded = {person.email for mail, person in rows if mail.kind is MailKind.REMINDER}
    assert of(stage.built, Part.WILL_BE_STOPPED) <= reminded


def test_the_history_does_what_the_worker_does() -> None:
    """Every flow that the worker goes on with: none is forgotten when one more comes."""
    goes_on = re.findall(r"_go_on\((\w+)\.(\w+),", inspect.getsource(worker))
    played = [(flow.__module__.rpartition(".")[2], flow.__name__) for flow in CHORES]
    assert len(goes_on) > 3
    assert sorted(goes_on) == sorted(played)


def test_codes_were_refused_for_many_reasons(stage: Stage) -> None:
    """So that the pages have something to explain."""
    causes = set()
    for member in stage.built.members:
        person = stage.world.store.call(lambda tx, one=member: tx.people.by_email(one.email))
        tried = stage.world.store.call(lambda tx, one=person: tx.attempts.of(one.id, limit=100))
        causes |= {attempt.cause.value for attempt in tried if attempt.cause is not None}
    assert {"clock", "replaced", "malformed", "no match"} <= causes


@pytest.mark.parametrize("moment", [SUNDAY_NIGHT, MONDAY_MORNING, FRIDAY_EVENING, NEW_YEAR])
def test_a_history_plays_whenever_it_opens(moment: Instant, tmp_path: Path) -> None:
    """On every day of the week, at every hour; and everybody is locked then who should be."""
    with demonstration.open_world(tmp_path / "data", 8000) as real:
        world = replace(real, clock=FixedClock(moment))
        built = demonstration.make(world, people=FEWEST, seed=moment)
        assert found(world, built, Only.LOCKED, moment) == of(
            built, Part.LOCKED, Part.SHUT_OUT, Part.STOLEN
        )
        assert of(built, Part.WILL_BE_STOPPED) <= found(world, built, Only.AHEAD, moment)
        assert found(world, built, Only.MUST_NOW, moment) == of(built, Part.MUST_NOW)


def test_a_deadline_lies_ahead_on_every_day_of_a_year() -> None:
    """Two days at least, six at most, whatever weekday it is."""
    for day in range(366):
        for hour in (0, 7, 9, 16, 23):
            when = dates(MONDAY_MORNING + day * DAY + hour * HOUR)
            assert when.opens + AHEAD <= when.due <= when.opens + 6 * DAY
            assert when.began < when.helpdesk < when.finance < when.switched < when.opens
            assert isinstance(when, Dates)


def test_the_same_seed_gives_the_same_people_with_new_passwords() -> None:
    """And another seed gives others."""

    def names(seed: int) -> list[tuple[str, str, Part]]:
        made = cast(Random(seed), Phones(), 200)
        return [(one.holder.name, one.email, one.part) for one in made]

    def passwords() -> set[str]:
        return {one.holder.password for one in cast(Random(1), Phones(), 200)}

    assert names(1) == names(1) != names(2)
    assert len(passwords()) == 200
    assert passwords().isdisjoint(passwords())
