"""What stands in the way, until when."""

from dataclasses import replace

import pytest

from tests.core.test_policy import ON, person
from twofold.core import locks
from twofold.core.locks import Counted, Lock, LockKind
from twofold.core.people import DAY, HOUR, PersonState, Profile, Role
from twofold.core.policy import numbers_of
from twofold.core.throttle import MONTH, SP800_63B4_LADDER, State

NOW = 1_789_000_000
BEN = person(Role.MEMBER, "b")
NOTHING = Counted()


def failed(count: int, *, apart: int = 60, last: int = 10) -> State:
    """So many failures, the newest `last` seconds ago."""
    return State(failures=tuple(NOW - last - apart * n for n in reversed(range(count))))


def found(
    counted: Counted = NOTHING, *, profile: Profile = Profile.STANDARD, **other: object
) -> list[Lock]:
    """The locks of a member, except as given."""
    what = {"person": BEN, "disabled_at": None, **other}
    return list(
        locks.locks_of(NOW, SP800_63B4_LADDER, profile=profile, counted=counted, **what)  # type: ignore[arg-type]
    )


def kinds(*given: Lock) -> list[LockKind]:
    """Their kinds."""
    return [one.kind for one in given]


def test_nothing_is_in_the_way_of_somebody_who_never_failed() -> None:
    """Also of staff, who are always asked for two codes."""
    assert found() == []
    assert found(profile=Profile.STRICT) == []


@pytest.mark.parametrize(
    ("count", "kind"),
    [
        (1, None), (2, None), (3, LockKind.CODE_WAIT), (4, LockKind.CODE_WAIT),
        (5, LockKind.PAIR), (9, LockKind.PAIR), (10, LockKind.CODE_LINK), (49, LockKind.CODE_LINK),
        (50, LockKind.AUTHENTICATOR),
    ],
)  # fmt: skip
def test_wrong_codes_climb_the_ladder(count: int, kind: LockKind | None) -> None:
    """One lock at a time, with the count that it stands on."""
    got = found(Counted(codes=failed(count)))
    assert kinds(*got) == ([kind] if kind else [])
    assert all(one.count == count for one in got)


def test_each_lock_ends_when_it_says() -> None:
    """A second before it stands, at its end it is gone."""
    for counted in (
        Counted(codes=failed(3)), Counted(codes=failed(7)), Counted(codes=failed(12)),
        Counted(passwords=failed(8, last=2)), Counted(passwords=failed(100, apart=1)),
        Counted(set_up=failed(10)),
    ):  # fmt: skip
        (lock,) = found(counted)
        assert lock.until is not None
        for at, stands in ((lock.until - 1, True), (lock.until, False)):
            now = locks.locks_of(
                at, SP800_63B4_LADDER, person=BEN, disabled_at=None, profile=Profile.STANDARD,
                counted=counted,
            )  # fmt: skip
            assert (lock.kind in kinds(*now)) is stands, (lock, at)


def test_used_codes_slow_and_are_counted_for_a_day() -> None:
    """As the guard does."""
    (lock,) = found(Counted(codes=State(used=tuple(NOW - n for n in range(1, 6)))))
    assert (lock.kind, lock.count) == (LockKind.PAIR, 5)


def test_the_breaker_of_the_site_is_named_as_such() -> None:
    """Unlock does not end it; staff are asked for two codes anyway."""
    site = Counted(site=State(until=NOW + HOUR))
    (lock,) = found(site)
    assert (lock.kind, lock.until, lock.unlock_helps) == (LockKind.PAIR_BREAKER, NOW + HOUR, False)
    assert found(site, profile=Profile.STRICT) == []


def test_the_hardest_comes_first() -> None:
    """A person who is kept out, with everything else besides."""
    out = replace(BEN, state=PersonState.DISABLED, must_change_password=True)
    counted = Counted(
        passwords=failed(6), codes=failed(50), set_up=failed(10),
        browsers=[("Firefox", State(until=NOW + 60), State())],
    )  # fmt: skip
    got = found(counted, person=out, disabled_at=NOW - DAY)
    assert kinds(*got) == [
        LockKind.NO_ENTRY, LockKind.AUTHENTICATOR, LockKind.SET_UP_WAIT, LockKind.STOLEN,
        LockKind.BROWSER,
    ]  # fmt: skip
    assert got[1].since == NOW - DAY


def test_a_known_browser_without_tries_counts_as_new() -> None:
    """By its passwords until a moment, by its codes until they are old."""
    fallen = ("Firefox", State(until=NOW + 900), State())
    empty = ("Safari", State(), failed(10))
    fine = ("Edge", failed(3), failed(9))
    got = found(Counted(browsers=[fallen, empty, fine]))
    assert [(one.where, one.until, one.count) for one in got] == [
        ("Firefox", NOW + 900, 0), ("Safari", None, 10),
    ]  # fmt: skip


def test_the_limits_of_the_account_count() -> None:
    """An account that asks for two codes after the second."""
    tight = numbers_of(replace(ON, guard=replace(ON.guard, pair_after=2, link_after=3)))
    got = locks.locks_of(
        NOW, tight, person=BEN, disabled_at=None, profile=Profile.STANDARD,
        counted=Counted(codes=failed(2)),
    )  # fmt: skip
    assert kinds(*got) == [LockKind.PAIR]
    assert got[0].until == NOW - 70 + MONTH


@pytest.mark.parametrize("kind", list(LockKind))
def test_every_lock_is_said_and_what_ends_it(kind: LockKind) -> None:
    """A sentence with the end in it where there is one; nothing is left out."""
    lock = Lock(kind, NOW + 720, 7, where="Firefox on Linux")
    said = locks.sentence(lock, NOW)
    assert said.endswith(".")
    timeless = (LockKind.NO_ENTRY, LockKind.AUTHENTICATOR, LockKind.STOLEN)
    assert ("in 12 minutes" in said) is (kind not in timeless)
    assert locks.ended_by(lock).endswith(".")
    assert ("Unlock" in locks.ended_by(lock)) is lock.unlock_helps
    assert locks.sentence(replace(lock, until=None), NOW)
