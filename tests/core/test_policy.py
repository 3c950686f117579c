"""Who may do what."""

from dataclasses import replace

import pytest

from twofold.core.desk import Act
from twofold.core.people import (
    DAY,
    Account,
    GuardPolicy,
    PasskeysFrom,
    Person,
    PersonState,
    Profile,
    Role,
)
from twofold.core.policy import (
    demands_passkey,
    guard_problem,
    lacks_passkey,
    may_confirm,
    may_give_role,
    may_help,
    may_manage,
    may_refuse,
    needs_second_admin,
    numbers_of,
    profile_of,
    session_suffices,
    trust_seconds,
    who_unlocks,
    why_no_demand,
    why_no_switch,
    why_not_enter,
    why_not_remove,
)
from twofold.core.requirement_words import to_person
from twofold.core.rules import FactorPolicy, Rule, Stance, Target, TargetKind, at_once

NOW = 1_790_000_000
OFF = Account("a1", "Acme", "Acme", FactorPolicy(), None, GuardPolicy(), 0)
ON = replace(OFF, policy=at_once(0))


def person(role: Role, id_: str = "p1", account_id: str = "a1") -> Person:
    """Somebody with this role."""
    return Person(
        id_, account_id, "Ann", "ann@acme.example", role, PersonState.ACTIVE, True, 1, False, 0
    )


def test_the_switch_moves_for_an_enrolled_admin_and_once() -> None:
    """An admin without a factor would lock themselves out (promise P10)."""
    assert why_no_switch(requires_factor=False, actor_enrolled=True) is None
    refused = why_no_switch(requires_factor=False, actor_enrolled=False)
    assert refused is not None
    assert "Set up your own" in refused
    for enrolled in (False, True):
        again = why_no_switch(requires_factor=True, actor_enrolled=enrolled)
        assert again == "Two-factor authentication is on already."


@pytest.mark.parametrize("actor", list(Role))
@pytest.mark.parametrize("role", list(Role))
def test_roles_are_given_by_admins_up_to_their_own(actor: Role, role: Role) -> None:
    """A member and the help desk give none."""
    admins = (Role.ADMIN, Role.OWNER)
    wanted = actor in admins and (actor is Role.OWNER or role is not Role.OWNER)
    assert may_give_role(actor, role) is wanted


@pytest.mark.parametrize("actor", list(Role))
@pytest.mark.parametrize("subject", list(Role))
def test_people_are_managed_by_admins_of_their_account(actor: Role, subject: Role) -> None:
    """Nobody of higher rank, nobody elsewhere."""
    admins = (Role.ADMIN, Role.OWNER)
    wanted = actor in admins and (actor is Role.OWNER or subject is not Role.OWNER)
    assert may_manage(person(actor), person(subject, "p2")) is wanted
    assert not may_manage(person(actor), person(subject, "p2", "a2"))


@pytest.mark.parametrize(
    ("account", "enrolled", "methods", "enough"),
    [
        (OFF, False, ("pwd",), True),
        (OFF, True, ("pwd",), False),
        (ON, False, ("pwd",), False),
        (ON, True, ("pwd",), False),
        (OFF, False, ("pwd", "otp"), True),
        (OFF, True, ("pwd", "otp"), True),
        (ON, False, ("pwd", "otp"), True),
        (ON, True, ("pwd", "otp"), True),
    ],
)
def test_a_session_without_a_factor_opens_nothing_where_one_is_due(
    account: Account, enrolled: bool, methods: tuple[str, ...], enough: bool
) -> None:
    """Due by policy, or because the person has one."""
    assert (
        session_suffices(
            account, person(Role.MEMBER), NOW, enrolled=enrolled, methods=methods, trusted=False
        )
        is enough
    )


@pytest.mark.parametrize("role", list(Role))
def test_a_trusted_session_is_enough_only_where_trust_is_allowed(role: Role) -> None:
    """By default members may trust a browser, and nobody who can open doors for others."""
    enough = session_suffices(ON, person(role), NOW, enrolled=True, methods=("pwd",), trusted=True)
    assert enough is (role is Role.MEMBER)
    never = replace(ON, guard=GuardPolicy(trust_days=0))
    assert not session_suffices(
        never, person(role), NOW, enrolled=True, methods=("pwd",), trusted=True
    )


def test_trust_means_nothing_for_somebody_without_a_factor() -> None:
    """There is no code to skip."""
    assert not session_suffices(
        ON, person(Role.MEMBER), NOW, enrolled=False, methods=("pwd",), trusted=True
    )


def test_staff_are_strict_and_may_not_trust_unless_it_was_chosen() -> None:
    """Help desk, admins and owners; the choice is the account's."""
    lax = replace(ON, guard=GuardPolicy(staff=Profile.STANDARD, trust_staff=True, trust_days=7))
    for role in Role:
        is_member = role is Role.MEMBER
        assert profile_of(ON, role) is (Profile.STANDARD if is_member else Profile.STRICT)
        assert trust_seconds(ON, person(role)) == (30 * DAY if is_member else 0)
        assert profile_of(lax, role) is Profile.STANDARD
        assert trust_seconds(lax, person(role)) == 7 * DAY


@pytest.mark.parametrize(
    ("guard", "field"),
    [
        (GuardPolicy(), None),
        (GuardPolicy(pair_after=1, link_after=1, trust_days=0), None),
        (GuardPolicy(pair_after=0), "pair_after"),
        (GuardPolicy(pair_after=6), "pair_after"),
        (GuardPolicy(link_after=4), "link_after"),
        (GuardPolicy(link_after=11), "link_after"),
        (GuardPolicy(trust_days=-1), "trust_days"),
        (GuardPolicy(trust_days=31), "trust_days"),
    ],
)
def test_choices_that_break_the_promise_are_refused(guard: GuardPolicy, field: str | None) -> None:
    """Five single codes at most, a link by the tenth, thirty days of trust (promise P9)."""
    problem = guard_problem(guard)
    assert (problem[0] if problem else None) == field


def test_the_limits_of_an_account_follow_its_choice() -> None:
    """Everything else stays as the ladder says."""
    numbers = numbers_of(replace(ON, guard=GuardPolicy(pair_after=2, link_after=3)))
    assert (numbers.pair_after, numbers.link_after_codes) == (2, 3)
    assert numbers.disable_after == 50


def test_nobody_helps_their_peers_themselves_or_people_of_other_accounts() -> None:
    """The help desk and admins, and only people of lower rank."""
    for actor in Role:
        for subject in Role:
            two = person(actor, "a"), person(subject, "b")
            assert may_help(*two) is (actor is not Role.MEMBER and subject.rank < actor.rank)
    stranger = person(Role.MEMBER, "b", account_id="a2")
    assert not may_help(person(Role.OWNER, "a"), stranger)


def test_what_helps_an_admin_past_the_second_step_needs_a_second_admin() -> None:
    """Unlocking and signing out stand in for nothing."""
    for role in Role:
        needed = {act for act in Act if needs_second_admin(act, person(role, "b"))}
        assert needed == ({Act.PASS, Act.INVITE} if role.is_admin else set())


def test_a_second_admin_is_neither_who_asked_nor_whom_it_is_about() -> None:
    """An admin or owner of the account; to refuse it any of them will do."""
    subject = person(Role.ADMIN, "b")
    for role in Role:
        other = person(role, "c")
        assert may_confirm(other, asked_by="a", subject=subject) is role.is_admin
        assert may_refuse(other, subject) is role.is_admin
    for one in ("a", "b"):
        assert not may_confirm(person(Role.OWNER, one), asked_by="a", subject=subject)
        assert may_refuse(person(Role.OWNER, one), subject)
    stranger = person(Role.OWNER, "c", account_id="a2")
    assert not may_confirm(stranger, asked_by="a", subject=subject)
    assert not may_refuse(stranger, subject)


def test_whoever_is_named_may_help_and_is_the_least_who_may() -> None:
    """Nobody is sent to somebody who is not allowed to help."""
    named = {
        "the help desk or an admin": Role.HELPDESK,
        "an admin": Role.ADMIN,
        "an owner": Role.OWNER,
    }
    for role in Role:
        subject = person(role, "b")
        helpers = [one for one in Role if may_help(person(one, "a"), subject)]
        if not helpers:
            assert who_unlocks(role) == "the operator of this server"
        else:
            assert named[who_unlocks(role)] is min(helpers, key=lambda other: other.rank)


@pytest.mark.parametrize(
    ("account", "role", "others", "admins", "words"),
    [
        (ON, Role.MEMBER, 1, 0, None),
        (OFF, Role.MEMBER, 0, 0, None),
        (ON, Role.MEMBER, 0, 5, "asks you"),
        (OFF, Role.ADMIN, 0, 0, "the only admin"),
        (OFF, Role.OWNER, 0, 0, "the only admin"),
        (OFF, Role.ADMIN, 0, 1, None),
        (OFF, Role.OWNER, 2, 0, None),
    ],
)
def test_the_last_factor_stays_where_it_is_needed(
    account: Account, role: Role, others: int, admins: int, words: str | None
) -> None:
    """By the policy, or because no other admin is enrolled (promise P10)."""
    why = why_not_remove(account, person(role), NOW, others=others, other_admins_enrolled=admins)
    assert (why is None) if words is None else (why is not None and words in why)


@pytest.mark.parametrize(
    ("whom", "roles"),
    [
        (PasskeysFrom.NOBODY, set()),
        (PasskeysFrom.ADMINS, {Role.ADMIN, Role.OWNER}),
        (PasskeysFrom.STAFF, {Role.HELPDESK, Role.ADMIN, Role.OWNER}),
        (PasskeysFrom.EVERYBODY, set(Role)),
    ],
)
def test_passkeys_alone_are_taken_from_whom_the_account_says(
    whom: PasskeysFrom, roles: set[Role]
) -> None:
    """Their codes open nothing, no browser is trusted in their place, and each is told so."""
    account = replace(ON, guard=GuardPolicy(passkeys_from=whom, trust_staff=True))
    for role in Role:
        covered = role in roles
        assert demands_passkey(account, person(role)) is covered
        assert lacks_passkey(account, person(role), ("pwd", "otp")) is covered
        assert lacks_passkey(account, person(role), ("pwd", "recovery")) is covered
        for methods in (("pwd", "hwk"), ("swk", "user", "mfa"), ("pwd", "otp", "swk")):
            assert not lacks_passkey(account, person(role), methods)
        assert (trust_seconds(account, person(role)) == 0) is covered
        said = to_person(account, person(role), NOW, enrolled=True)
        assert ("takes passkeys only from you" in said) is covered


def test_passkeys_alone_are_taken_from_groups_whatever_the_role() -> None:
    """Being in one of them is enough; others go on as before."""
    account = replace(ON, guard=GuardPolicy(passkeys_groups=("berlin", "sales"), trust_staff=True))
    for role in Role:
        for groups, covered in ((("sales",), True), (("paris",), False), ((), False)):
            who = replace(person(role), groups=groups)
            assert demands_passkey(account, who) is covered
            assert lacks_passkey(account, who, ("pwd", "otp")) is covered
            assert not lacks_passkey(account, who, ("pwd", "hwk"))
            assert (trust_seconds(account, who) == 0) is covered


def test_an_admin_does_not_enter_a_group_that_would_stop_them() -> None:
    """Neither without a second factor nor without a passkey (promise P10)."""
    rule = Rule("r", Target(TargetKind.GROUP, "sales"), Stance.REQUIRED, NOW)
    asked = replace(ON, policy=FactorPolicy(rules=(rule,), round=1))
    keys = replace(asked, policy=FactorPolicy(), guard=GuardPolicy(passkeys_groups=("sales",)))
    who = replace(person(Role.ADMIN), groups=("sales",))
    for account, enrolled, has_passkey, word in (
        (asked, False, False, "two-factor"),
        (asked, True, False, None),
        (keys, True, False, "passkey"),
        (keys, True, True, None),
    ):
        why = why_not_enter(account, who, NOW, enrolled=enrolled, has_passkey=has_passkey)
        assert (why is None) if word is None else (why is not None and word in why)


def test_an_admin_without_a_passkey_asks_nobody_for_one() -> None:
    """They would shut themselves out (promise P10)."""
    admin = replace(person(Role.ADMIN), groups=("sales",))
    for wanted in PasskeysFrom:
        guard = GuardPolicy(passkeys_from=wanted)
        refused = why_no_demand(guard, admin, actor_has_passkey=False) is not None
        assert refused is (wanted is not PasskeysFrom.NOBODY)
        assert why_no_demand(guard, admin, actor_has_passkey=True) is None
    for groups, covers in ((("sales",), True), (("berlin",), False)):
        guard = GuardPolicy(passkeys_groups=groups)
        refused = why_no_demand(guard, admin, actor_has_passkey=False) is not None
        assert refused is covers
