"""Who must have a second factor, and who may do what. Pure questions with worded answers."""

from enum import StrEnum

from twofold.core.people import Account, Person, Role


class Requirement(StrEnum):
    """What the account's policy means for one person at one moment."""

    NONE = "none"
    MUST_ENROL = "must enrol now"


def requirement(account: Account, *, enrolled: bool) -> Requirement:
    """What the policy asks of a person before the next session."""
    if account.requires_factor and not enrolled:
        return Requirement.MUST_ENROL
    return Requirement.NONE


def requirement_sentence(account: Account, *, enrolled: bool) -> str:
    """The same in words, for the person's own profile."""
    if not account.requires_factor:
        return f"{account.name} does not ask for a second step. You may use one all the same."
    if enrolled:
        return f"{account.name} asks everybody for a second step, and yours is set up."
    return f"{account.name} asks everybody for a second step. Set yours up now."


def why_no_switch(*, requires_factor: bool, actor_enrolled: bool) -> str | None:
    """Why the acting admin cannot switch two-factor authentication on, or None if they can.

    An admin without a factor of their own would lock themselves out with everybody else
    (promise P10).
    """
    if requires_factor:
        return "Two-factor authentication is on already."
    if not actor_enrolled:
        return (
            "Set up your own two-factor authentication first. "
            "Otherwise the switch would stop you too."
        )
    return None


def may_give_role(actor: Role, role: Role) -> bool:
    """Whether `actor` may make somebody `role`: admins up to their own rank, nobody else."""
    return actor.is_admin and role.rank <= actor.rank


def may_manage(actor: Person, subject: Person) -> bool:
    """Whether `actor` may change `subject`: an admin, one's own account, nobody of higher rank."""
    return (
        actor.role.is_admin
        and actor.account_id == subject.account_id
        and subject.role.rank <= actor.role.rank
    )


def session_suffices(account: Account, *, enrolled: bool, methods: tuple[str, ...]) -> bool:
    """Whether an open session is enough for this account's pages.

    Whoever has an authenticator, or must have one, needs a session that a factor opened. A
    session from before that change opens nothing any more, on the very next request.
    """
    return "otp" in methods or not (enrolled or account.requires_factor)
