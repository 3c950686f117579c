"""Which of several reasons speaks, and which rule."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.test_policy import ON, person
from twofold.core import case as cases
from twofold.core.attempts import Attempt, AttemptPurpose, Outcome, Source
from twofold.core.authenticators import AuthenticatorState
from twofold.core.case import Case, Standing, best, diagnose, drift_of, requirement_of
from twofold.core.clocks import Drift
from twofold.core.diagnosis import Cause
from twofold.core.evidence import BROKEN, NOT_LOOKED_AT, Device, tries
from twofold.core.locks import Lock, LockKind
from twofold.core.mail import UNREACHED, Mail, MailKind, MailState
from twofold.core.passkeys import Passkey
from twofold.core.people import DAY, HOUR, GuardPolicy, PasskeysFrom, PersonState, Role
from twofold.core.rules import FactorPolicy

NOW = 1_789_000_000
BEN = person(Role.MEMBER, "b")


def device(state: AuthenticatorState = AuthenticatorState.ACTIVE, id_: str = "t1") -> Device:
    """An authenticator that was set up yesterday."""
    ended = NOW - HOUR if state is AuthenticatorState.REPLACED else None
    return Device(id_, state, f"Acme: {id_}", NOW - DAY, NOW - DAY, None, ended, None, None)


def attempt(ago: int, outcome: Outcome = Outcome.WRONG, **other: object) -> Attempt:
    """A code so many seconds ago."""
    values = {
        "purpose": AttemptPurpose.SIGN_IN, "authenticator_id": "t1", "offset": None,
        "known_browser": False, "source": Source("192.0.2.1", "Firefox on Linux"), **other,
    }  # fmt: skip
    return Attempt(f"a{ago}", "a1", "b", outcome=outcome, at=NOW - ago, **values)  # type: ignore[arg-type]


def slow(ago: int, offset: int = -6, *, certain: bool = True) -> Attempt:
    """A code of a slow phone."""
    return attempt(ago, cause=Cause.CLOCK, certain=certain, offset=offset)


def unmatched(ago: int) -> Attempt:
    """A code that fits nothing."""
    return attempt(ago, cause=Cause.NO_MATCH)


def a_case(*attempts: Attempt, devices: Sequence[Device] = (device(),), **other: object) -> Case:
    """The case of an enrolled member whose account demands it, except as given."""
    newest_first = sorted(attempts, key=lambda one: -one.at)
    values = {
        "now": NOW, "person": BEN, "account": ON, "devices": devices,
        "tried": tries(newest_first, devices), "locks": (), "mails": (), "wrong_passwords": (),
        "sessions": 0, "seen_at": None, "signed_in_at": None, "recovery": None, **other,
    }  # fmt: skip
    return Case(**values)  # type: ignore[arg-type]


def reason(*attempts: Attempt) -> Cause | None:
    """The cause of the best supported reason."""
    return best(a_case(*attempts))[0].cause


def test_certain_goes_before_probable_and_often_before_once() -> None:
    """Then the newest."""
    old_entry = attempt(10, cause=Cause.REPLACED, certain=False, offset=0)
    assert reason(slow(300), old_entry) is Cause.CLOCK
    assert reason(slow(300, certain=False), slow(200, certain=False), old_entry) is Cause.CLOCK
    assert reason(slow(300, certain=False), old_entry) is Cause.REPLACED
    assert reason(slow(20), unmatched(10)) is Cause.CLOCK


def test_one_probable_match_among_many_without_is_chance() -> None:
    """Two that agree are not."""
    wild = [unmatched(n) for n in (10, 20, 30)]
    far = attempt(40, cause=Cause.TIME_ZONE, certain=False, offset=-240)
    assert reason(far, *wild) is Cause.NO_MATCH
    assert reason(far, *wild[:2]) is Cause.TIME_ZONE
    again = attempt(50, cause=Cause.TIME_ZONE, certain=True, offset=-240)
    assert reason(far, again, *wild) is Cause.TIME_ZONE


def test_what_was_not_read_explains_least() -> None:
    """A wait, a repeated code, a typing mistake: only where nothing else is there."""
    unread = [
        attempt(1, Outcome.NOT_CHECKED), attempt(2, Outcome.REPEATED),
        attempt(3, Outcome.MALFORMED, detail="too few"), attempt(4, Outcome.RESERVED),
    ]  # fmt: skip
    assert reason(*unread, unmatched(60)) is Cause.NO_MATCH
    assert reason(unread[2]) is Cause.MALFORMED
    assert reason(attempt(1, Outcome.USED, offset=0), unmatched(2)) is Cause.USED


def test_only_what_came_after_the_last_success_and_within_a_day_of_the_newest_counts() -> None:
    """An older trouble is over, or another one."""
    right = attempt(100, Outcome.ACCEPTED, offset=0)
    assert best(a_case(slow(200), right)) == []
    assert reason(slow(200), right, unmatched(50)) is Cause.NO_MATCH
    assert best(a_case(slow(200), signed_in_at=NOW - 60)) == []
    assert reason(slow(2 * DAY), unmatched(50)) is Cause.NO_MATCH


def test_a_group_is_one_device_at_one_place_in_time() -> None:
    """Of two distances each is its own."""
    group = best(a_case(slow(10, -6), slow(20, -7), slow(30, -40)))
    assert [one.attempt.id for one in group] == ["a10", "a20"]


def test_what_was_not_looked_at_and_what_broke_are_said_as_such() -> None:
    """Neither is the person's fault."""
    told = a_case(attempt(1), attempt(2, Outcome.RESERVED)).tried
    assert [one.told for one in told] == [NOT_LOOKED_AT, BROKEN]
    assert "broke on our side" in diagnose(a_case(attempt(2, Outcome.RESERVED))).sentence


def test_a_lock_speaks_where_the_codes_explain_little() -> None:
    """And a cause that explains much speaks before the lock; the caller hears when to try again."""
    wait = Lock(LockKind.CODE_WAIT, NOW + 720, 4)
    weak = diagnose(a_case(unmatched(10), locks=(wait,)))
    assert weak.sentence == "Locked until 00:38 UTC (in 12 minutes) after 4 wrong codes."
    assert weak.also[0].startswith("The codes fit none")
    strong = diagnose(a_case(slow(10), locks=(wait,)))
    assert strong.sentence.startswith("The codes come from a phone")
    for found in (weak, strong):
        assert "You can try again at" in found.say


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (LockKind.PAIR, "two codes, one after the other"),
        (LockKind.PAIR_BREAKER, "two codes, one after the other"),
        (LockKind.CODE_LINK, "a link in your mailbox"),
    ],
)
def test_the_caller_hears_what_the_next_try_asks_for(kind: LockKind, said: str) -> None:
    """Not only when."""
    assert said in diagnose(a_case(unmatched(9), locks=(Lock(kind, NOW + 9, 5),))).say


def test_a_password_that_is_refused_is_told_apart_from_a_code() -> None:
    """Only when it is newer than the last right one; with the wait where there is one."""
    wrong = (NOW - 5, NOW - 60)
    found = diagnose(a_case(slow(300), wrong_passwords=wrong))
    assert found.sentence.startswith("The password is refused (2 times, last today ")
    assert diagnose(a_case(slow(1), wrong_passwords=wrong)).support == ("a1",)
    wait = Lock(LockKind.PASSWORD_WAIT, NOW + 600, 8)
    assert "You can try again at" in diagnose(a_case(wrong_passwords=wrong, locks=(wait,))).say
    assert "once" in diagnose(a_case(wrong_passwords=wrong[:1])).sentence


def mail(kind: MailKind, state: MailState, error: str = "") -> Mail:
    """A mail of yesterday."""
    sent = NOW - DAY if state is MailState.SENT else None
    return Mail("m1", "a1", "b", kind, "b@acme.example", {}, "<m1>", state, 1, NOW - DAY, NOW,
                sent, error)  # fmt: skip


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (MailState.QUEUED, "waits to be sent"), (MailState.SENDING, "waits to be sent"),
        (MailState.SENT, "was sent yesterday"), (MailState.FAILED, "failed: 550 nobody here."),
        (MailState.BOUNCED, "came back: 550 nobody here."),
    ],
)  # fmt: skip
def test_whoever_never_began_is_told_with_the_fate_of_the_mail(state: MailState, said: str) -> None:
    """Invited, or asked to set up."""
    error = "550 nobody here." if state in UNREACHED else ""
    invited = replace(BEN, state=PersonState.INVITED, has_password=False)
    for who, kind, start in (
        (invited, MailKind.INVITATION, "Never signed in: no password yet."),
        (BEN, MailKind.SWITCHED_ON, "Never set up."),
        (BEN, MailKind.REMINDER, "Never set up."),
    ):
        found = diagnose(a_case(person=who, devices=(), mails=(mail(kind, state, error),)))
        assert found.standing is Standing.OPEN
        assert found.sentence.startswith(start)
        assert said in found.sentence
        assert found.also == ()


def test_a_failed_mail_is_said_beside_another_trouble() -> None:
    """Whoever waits for a link does not get it."""
    failed = mail(MailKind.CODE_LINK, MailState.FAILED, "550 nobody here.")
    found = diagnose(a_case(slow(5), mails=(failed,)))
    assert found.also == ("The last mail to b@acme.example failed: 550 nobody here.",)


def test_stolen_disabled_and_kept_out_have_their_own_sentence() -> None:
    """With what is not to be done."""
    for kind, standing, start in (
        (LockKind.STOLEN, Standing.TROUBLE, "The password counts as stolen"),
        (LockKind.AUTHENTICATOR, Standing.SHUT, "The authenticator is stopped"),
        (LockKind.NO_ENTRY, Standing.SHUT, "May not sign in"),
    ):
        found = diagnose(a_case(locks=(Lock(kind),)))
        assert (found.standing, found.sentence[: len(start)]) == (standing, start)
        assert found.avoid
    off = diagnose(a_case(slow(5), locks=(Lock(LockKind.AUTHENTICATOR, since=NOW),)))
    assert "3 minutes behind" in off.also[0]
    assert off.support == ("a5",)


def test_when_nothing_is_wrong_that_is_said() -> None:
    """With the last sign-in, or that there was none."""
    works = diagnose(a_case(signed_in_at=NOW - 60))
    assert works.sentence.startswith("Everything works: last sign-in today ")
    free = replace(ON, policy=FactorPolicy())
    alone = diagnose(a_case(signed_in_at=NOW - 60, devices=(), account=free))
    assert "no second step is set up" in alone.sentence
    assert diagnose(a_case()).standing is Standing.OPEN


def test_the_requirement_is_said_with_its_reason() -> None:
    """Must, met, none, and what the role asks for besides."""
    free = replace(ON, policy=FactorPolicy())
    staff = person(Role.HELPDESK, "b")
    assert requirement_of(a_case(devices=())).startswith("Must set up now: ")
    assert requirement_of(a_case()).startswith("Met: ")
    assert "two codes in a row" in requirement_of(a_case(person=staff))
    assert requirement_of(a_case(account=free)).endswith("has one all the same.")
    assert requirement_of(a_case(account=free, devices=())).endswith("has none.")


def test_the_clock_is_read_from_refused_codes_where_these_say_so() -> None:
    """Else from the accepted ones; unknown where there are none."""
    assert drift_of(a_case(slow(5))) == cases.best(a_case(slow(5)))[0].off
    known = replace(device(), clock=Drift(12, None, 1))
    assert drift_of(a_case(unmatched(5), devices=(known,))) == 12
    assert drift_of(a_case(devices=())) is None


causes = st.sampled_from([cause for cause in Cause if cause is not Cause.PARAMETERS])


@given(
    st.lists(st.tuples(st.integers(0, DAY), st.sampled_from(Outcome), causes, st.booleans()),
             max_size=12)
)  # fmt: skip
def test_every_history_has_an_answer(history: list[tuple[int, Outcome, Cause, bool]]) -> None:
    """Whatever happened: a sentence, words for the caller, and support from the history."""
    attempts = [
        attempt(ago, outcome, cause=cause if outcome is Outcome.WRONG else None,
                certain=certain, offset=-6)
        for ago, outcome, cause, certain in history
    ]  # fmt: skip
    found = diagnose(a_case(*attempts))
    assert found.sentence.endswith(".")
    assert found.say
    assert set(found.support) <= {one.id for one in attempts}


KEY = Passkey(
    "k1", "a1", "b", b"id", b"key", 0, "", "Blue key", (), False, False, NOW - DAY, NOW - 60
)


def test_somebody_with_passkeys_only_has_a_second_step() -> None:
    """Nobody is told that they never set up, or that the password alone is enough."""
    case = a_case(devices=(), passkeys=(KEY,), signed_in_at=NOW - 60)
    assert diagnose(case).sentence.startswith("Everything works")
    assert "password alone" not in diagnose(case).sentence
    assert requirement_of(case).startswith("Met: ")
    free = replace(ON, policy=FactorPolicy())
    assert requirement_of(replace(case, account=free)).endswith("has one all the same.")


def test_a_passkey_is_named_where_the_app_is_stopped() -> None:
    """It is the way in that is left."""
    shut = Lock(LockKind.AUTHENTICATOR, since=NOW - 60)
    say = "You can sign in with your passkey."
    assert say in diagnose(a_case(locks=(shut,), passkeys=(KEY,))).say
    assert say not in diagnose(a_case(locks=(shut,))).say


def test_who_must_use_a_passkey_is_told_to_the_help_desk() -> None:
    """And whether they have one."""
    only = replace(ON, guard=GuardPolicy(passkeys_from=PasskeysFrom.EVERYBODY))
    assert requirement_of(a_case(account=only, passkeys=(KEY,))) == (
        "A passkey: Acme takes nothing else from this person."
    )
    assert requirement_of(a_case(account=only)).endswith("must set one up at the next sign-in.")
