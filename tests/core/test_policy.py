"""Who must have a second factor, and who may do what."""

from dataclasses import replace

import pytest

from twofold.core.people import Account, Person, PersonState, Role
from twofold.core.policy import (
    Requirement,
    may_give_role,
    may_manage,
    requirement,
    requirement_sentence,
    session_suffices,
    why_no_switch,
)

OFF = Account("a1", "Acme", "Acme", False, None, 0)
ON = replace(OFF, requires_factor=True)


def person(role: Role, id_: str = "p1", account_id: str = "a1") -> Person:
    """Somebody with this role."""
    return Person(id_, account_id, "Ann", "ann@acme.example", role, PersonState.ACTIVE, True, 1, 0)


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
    """All four cases."""
    assert requirement(account, enrolled=enrolled) is wanted


def test_the_sentence_says_what_the_policy_asks() -> None:
    """Three cases, each with the organisation's name."""
    off = {requirement_sentence(OFF, enrolled=enrolled) for enrolled in (False, True)}
    done, due = (requirement_sentence(ON, enrolled=enrolled) for enrolled in (True, False))
    assert off == {"Acme does not ask for a second step. You may use one all the same."}
    assert done == "Acme asks everybody for a second step, and yours is set up."
    assert due == "Acme asks everybody for a second step. Set yours up now."


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
    assert session_suffices(account, enrolled=enrolled, methods=methods) is enough
