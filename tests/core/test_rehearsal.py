"""What switching on would do, judged for each person."""

from dataclasses import replace

from tests.core.test_policy import NOW, OFF, person
from twofold.core.people import DAY, Account, Person, PersonKind, PersonState, Role
from twofold.core.rehearsal import Rehearsal, rehearse
from twofold.core.rules import EVERYBODY, Duty, Rule, Stance, Target, TargetKind


def somebody(id_: str, role: Role = Role.MEMBER, **other: object) -> Person:
    """A person with this id as their name."""
    return replace(person(role, id_), name=id_, **other)  # type: ignore[arg-type]


CROWD = [
    (somebody("owner", Role.OWNER), True),
    (somebody("admin", Role.ADMIN), False),
    (somebody("done"), True),
    (somebody("must"), False),
    (somebody("new", state=PersonState.INVITED), False),
    (somebody("seller", groups=("sales",)), False),
    (somebody("free", duty=Duty(exempt_until=NOW + 90 * DAY)), False),
    (somebody("robot", kind=PersonKind.SERVICE), False),
]


def judged(rule: Rule, account: Account = OFF) -> Rehearsal:
    """The crowd under this rule; one cannot be reached, one is signed in."""
    return rehearse(
        account,
        CROWD,
        rule,
        unreachable={"new"},
        signed_in={"must", "done"},
        dormant={"seller", "done", "free"},
        begins_itself=True,
    )


def names(people: object) -> list[str]:
    """Their names."""
    return [one.name for one in people]  # type: ignore[attr-defined]


def test_everybody_falls_into_one_of_the_groups() -> None:
    """Enrolled, must act, or exempt; programs stand beside."""
    found = judged(Rule("r", EVERYBODY, Stance.REQUIRED, NOW, days=14))
    assert len(found.covered) == 7
    assert found.mails == 6  # Nothing is written to whoever is exempt.
    assert found.enrolled == 2
    assert names(found.must_act) == ["admin", "must", "new", "seller"]
    assert names(found.exempt) == ["free"]
    assert found.enrolled + len(found.must_act) + len(found.exempt) == len(found.covered)
    assert found.services == 1
    assert names(found.invited) == names(found.unreachable) == ["new"]
    assert names(found.signed_in) == ["must"]
    assert names(found.dormant) == ["seller"]
    assert (names(found.admins_not_enrolled), found.admins_enrolled) == (["admin"], 1)


def test_only_without_days_somebody_is_stopped_at_once() -> None:
    """Those who must act."""
    at_once = judged(Rule("r", EVERYBODY, Stance.REQUIRED, NOW, days=0))
    assert at_once.stopped == at_once.must_act
    assert judged(Rule("r", EVERYBODY, Stance.REQUIRED, NOW, days=1)).stopped == []


def test_a_wave_concerns_its_people_alone() -> None:
    """A group, or a role."""
    sales = judged(Rule("r", Target(TargetKind.GROUP, "sales"), Stance.REQUIRED, NOW, days=7))
    assert names(sales.covered) == ["seller"]
    admins = judged(Rule("r", Target(TargetKind.ROLE, "admin"), Stance.REQUIRED, NOW, days=7))
    assert names(admins.must_act) == ["admin"]


def test_the_peak_is_a_number_of_calls() -> None:
    """Nobody calls where nobody must act; somebody may where somebody must."""
    found = judged(Rule("r", EVERYBODY, Stance.REQUIRED, NOW, days=7))
    assert found.peak_calls == 1
    assert replace(found, must_act=[]).peak_calls == 0
    assert replace(found, must_act=[CROWD[3][0]] * 1000).peak_calls == 20
