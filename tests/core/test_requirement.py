"""What the policy means for one person: the strictest rule, and everything that softens it."""

from dataclasses import replace

import pytest

from tests.core.test_policy import NOW, OFF, ON, person
from twofold.core.people import DAY, Account, Person, PersonKind, Role
from twofold.core.requirement import Requirement, coming, requirement, ruling
from twofold.core.requirement_words import about_person, to_person
from twofold.core.rules import (
    EVERYBODY,
    Duty,
    FactorPolicy,
    Pause,
    Rule,
    Stance,
    Target,
    TargetKind,
)

BEN = person(Role.MEMBER)
SALES, ADMINS = Target(TargetKind.GROUP, "sales"), Target(TargetKind.ROLE, "admin")


def rule(
    target: Target = EVERYBODY,
    stance: Stance = Stance.REQUIRED,
    *,
    since: int = NOW - DAY,
    days: int = 14,
) -> Rule:
    """A rule that has applied for a day."""
    return Rule(f"{target.value or 'all'}", target, stance, since, days=days)


def asking(*rules: Rule, **other: object) -> Account:
    """An account in its first round."""
    policy = replace(FactorPolicy(rules=rules, round=1), **other)  # type: ignore[arg-type]
    return replace(OFF, policy=policy)


def due(at: int, **other: int) -> Person:
    """Ben, whose time is over at this moment."""
    return replace(BEN, duty=replace(Duty(NOW - DAY, at, round=1), **other))


@pytest.mark.parametrize(
    ("account", "enrolled", "wanted"),
    [
        (OFF, False, Requirement.NONE),
        (OFF, True, Requirement.NONE),
        (ON, True, Requirement.NONE),
        (ON, False, Requirement.MUST_ENROL),
    ],
)
def test_only_whoever_lacks_a_demanded_factor_must_enrol(
    account: Account, enrolled: bool, wanted: Requirement
) -> None:
    """All four cases of a switch that bites at once."""
    assert requirement(account, BEN, NOW, enrolled=enrolled) is wanted


@pytest.mark.parametrize(
    ("rules", "groups", "role", "stance"),
    [
        ((), (), Role.MEMBER, Stance.OPTIONAL),
        ((rule(stance=Stance.OFF),), (), Role.MEMBER, Stance.OFF),
        ((rule(stance=Stance.OFF), rule(SALES)), ("sales",), Role.MEMBER, Stance.REQUIRED),
        ((rule(stance=Stance.OFF), rule(SALES)), ("other",), Role.MEMBER, Stance.OFF),
        ((rule(), rule(SALES, Stance.OFF)), ("sales",), Role.MEMBER, Stance.REQUIRED),
        ((rule(ADMINS),), (), Role.ADMIN, Stance.REQUIRED),
        ((rule(ADMINS),), (), Role.OWNER, Stance.OPTIONAL),
        ((rule(since=NOW + 1),), (), Role.MEMBER, Stance.OPTIONAL),
        ((rule(since=NOW),), (), Role.MEMBER, Stance.REQUIRED),
    ],
)
def test_the_strictest_rule_that_applies_by_now_wins(
    rules: tuple[Rule, ...], groups: tuple[str, ...], role: Role, stance: Stance
) -> None:
    """Whatever their order, and only for whom they cover."""
    somebody = replace(person(role), groups=groups)
    for order in (rules, tuple(reversed(rules))):
        assert ruling(asking(*order), somebody, NOW).stance is stance


def test_nobody_is_stopped_before_their_stated_deadline() -> None:
    """To the second; and not at all as long as their time has not begun."""
    account = asking(rule())
    for at, wanted in ((NOW + 1, Requirement.REMIND), (NOW, Requirement.MUST_ENROL)):
        assert requirement(account, due(at), NOW, enrolled=False) is wanted
    assert requirement(account, BEN, NOW, enrolled=False) is Requirement.REMIND
    assert "has not begun" in to_person(account, BEN, NOW, enrolled=False)


def test_a_deadline_of_an_earlier_round_is_void() -> None:
    """Switched off and on again, everybody gets the new days."""
    old = replace(BEN, duty=Duty(NOW - 90 * DAY, NOW - 60 * DAY, round=0))
    assert requirement(asking(rule()), old, NOW, enrolled=False) is Requirement.REMIND
    bites = requirement(asking(rule(days=0)), old, NOW, enrolled=False)
    assert bites is Requirement.MUST_ENROL


@pytest.mark.parametrize(
    ("account", "somebody", "words"),
    [
        (asking(rule()), due(NOW - 1, exempt_until=NOW + DAY), "exempt until"),
        (
            asking(rule(), pauses=(Pause(EVERYBODY, NOW - 5, NOW + 5, "Stocktaking.", "Olga"),)),
            due(NOW - 1),
            "Stocktaking",
        ),
        (asking(rule(), report_only=True), due(NOW - 1), "Nobody is stopped yet"),
    ],
)
def test_what_softens_the_demand_says_so(account: Account, somebody: Person, words: str) -> None:
    """An exemption, a pause and report-only mode stop nobody, and end by themselves."""
    assert requirement(account, somebody, NOW, enrolled=False) is not Requirement.MUST_ENROL
    assert words in to_person(account, somebody, NOW, enrolled=False)
    later = ruling(account, somebody, NOW + 2 * DAY).must_enrol(NOW + 2 * DAY)
    assert later is not account.policy.report_only


def test_a_pause_holds_for_its_people_only() -> None:
    """From its beginning until its end."""
    pause = Pause(SALES, NOW, NOW + 60, "Fair in Hanover.", "Olga")
    account = asking(rule(), pauses=(pause,))
    seller = replace(due(NOW - 1), groups=("sales",))
    assert not ruling(account, seller, NOW).must_enrol(NOW)
    assert ruling(account, seller, NOW + 60).must_enrol(NOW + 60)
    assert ruling(account, due(NOW - 1), NOW).must_enrol(NOW)


def test_nothing_is_asked_of_a_service_account() -> None:
    """It never signs in on pages."""
    robot = replace(due(NOW - 1), kind=PersonKind.SERVICE)
    assert requirement(asking(rule()), robot, NOW, enrolled=False) is Requirement.NONE
    assert "service account" in about_person(asking(rule()), robot, NOW, enrolled=False)


def test_leave_moves_a_demand_that_bites_at_once() -> None:
    """Nobody comes back from leave to a closed door."""
    away = replace(BEN, duty=Duty(away_until=NOW + DAY))
    account = asking(rule(days=0))
    assert not ruling(account, away, NOW).must_enrol(NOW)
    assert ruling(account, away, NOW + DAY).must_enrol(NOW + DAY)


def test_a_rule_ahead_is_said_before_it_applies() -> None:
    """With its date; not to somebody of whom it is asked already."""
    account = asking(rule(since=NOW + DAY))
    assert coming(account, BEN, NOW) == account.policy.rules[0]
    assert " from " in to_person(account, BEN, NOW, enrolled=False)
    assert " from " in about_person(account, BEN, NOW, enrolled=False)
    assert coming(asking(rule(SALES, since=NOW + DAY)), BEN, NOW) is None
    assert coming(account, BEN, NOW + DAY) is None


def test_the_sentence_says_what_the_policy_asks_and_from_when() -> None:
    """To the person, in their own zone where they have one."""
    off = {to_person(OFF, BEN, NOW, enrolled=enrolled) for enrolled in (False, True)}
    assert off == {"Acme does not ask for a second step. You may use one all the same."}
    done, must = (to_person(ON, BEN, NOW, enrolled=enrolled) for enrolled in (True, False))
    assert done == "Acme asks everybody for a second step, and yours is set up."
    assert must == "Acme asks everybody for a second step. Set yours up now."
    soon = due(1_796_720_400)
    said = to_person(asking(rule()), soon, NOW, enrolled=False)
    assert said.endswith("Set yours up by Tue 8 Dec 2026, 09:00 UTC.")
    said = to_person(asking(rule()), replace(soon, zone="Asia/Tokyo"), NOW, enrolled=False)
    assert said.endswith("18:00 JST.")
    off = asking(rule(stance=Stance.OFF))
    assert to_person(off, BEN, NOW, enrolled=False) == "Acme does not use a second step yet."


@pytest.mark.parametrize(
    ("account", "somebody", "enrolled", "words"),
    [
        (OFF, BEN, False, "None: "),
        (OFF, BEN, True, "has one all the same."),
        (asking(rule()), BEN, True, "Met: Acme asks everybody"),
        (asking(rule()), BEN, False, "The time has not begun: "),
        (asking(rule()), due(NOW + DAY), False, "Has until "),
        (asking(rule()), due(NOW), False, "Must set up now: "),
        (asking(rule(), report_only=True), due(NOW), False, "Would be stopped"),
        (asking(rule()), due(NOW, exempt_until=NOW + 9), False, "Exempt until "),
        (
            asking(rule(), pauses=(Pause(EVERYBODY, 0, NOW + 9, "x", "Olga"),)),
            due(NOW),
            False,
            "Paused until ",
        ),
    ],
)
def test_the_help_desk_reads_the_same_in_other_words(
    account: Account, somebody: Person, enrolled: bool, words: str
) -> None:
    """What applies, from when, why."""
    assert words in about_person(account, somebody, NOW, enrolled=enrolled)


def test_a_group_is_named_where_its_name_is_known() -> None:
    """To the person it is their group."""
    seller = replace(due(NOW), groups=("sales",))
    account = asking(rule(SALES))
    said = about_person(account, seller, NOW, enrolled=False, groups={"sales": "Sales"})
    assert "the group Sales" in said
    assert "asks your group for a second step" in to_person(account, seller, NOW, enrolled=False)
