"""Accounts and people: the nouns that every other part speaks about."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from twofold.core.rules import NO_DUTY, Duty, FactorPolicy

Instant = int
"""Seconds since 1970-01-01T00:00:00 UTC: every time in the core, the flows and the tables."""

MINUTE, HOUR, DAY = 60, 3600, 86400


class Role(StrEnum):
    """What a person may do, from least to most."""

    MEMBER = "member"
    HELPDESK = "helpdesk"
    ADMIN = "admin"
    OWNER = "owner"

    @property
    def rank(self) -> int:
        """0 for a member to 3 for an owner; roles compare by it."""
        return _RANKS[self]

    @property
    def is_staff(self) -> bool:
        """The help desk, admins and owners see People, and could open a door for others."""
        return self.rank >= Role.HELPDESK.rank

    @property
    def is_admin(self) -> bool:
        """Admins and owners see Account and Mail too."""
        return self.rank >= Role.ADMIN.rank


_RANKS = {role: rank for rank, role in enumerate(Role)}


class PersonState(StrEnum):
    """Whether somebody may sign in."""

    INVITED = "invited"
    ACTIVE = "active"
    DISABLED = "disabled"


class PersonKind(StrEnum):
    """Who stands behind a row."""

    PERSON = "person"
    SERVICE = "service"
    """A program. It never signs in on pages, so no second factor is asked of it."""


class Profile(StrEnum):
    """How strictly unknown browsers are treated at the code."""

    STANDARD = "standard"
    STRICT = "strict"
    """Always two consecutive codes. The default for admins and help desk."""


class PasskeysFrom(StrEnum):
    """From whom an account takes passkeys alone, because no code is safe from a false page."""

    NOBODY = "nobody"
    ADMINS = "admins"
    STAFF = "staff"
    EVERYBODY = "everybody"

    def covers(self, role: Role) -> bool:
        """Whether people of this role are among them."""
        if self is PasskeysFrom.ADMINS:
            return role.is_admin
        if self is PasskeysFrom.STAFF:
            return role.is_staff
        return self is PasskeysFrom.EVERYBODY


@dataclass(frozen=True, slots=True)
class GuardPolicy:
    """What an admin may choose about guessing; `core/policy.py` knows the bounds."""

    members: Profile = Profile.STANDARD
    """The profile of members. Help desk, admins and owners are always strict unless `staff`."""
    staff: Profile = Profile.STRICT
    """The profile of help desk, admins and owners."""
    pair_after: int = 5
    """Wrong codes in 30 days before unknown browsers need two consecutive codes: 1 to 5."""
    link_after: int = 10
    """The same before they need a mailed link besides: `pair_after` to 10."""
    trust_days: int = 30
    """Days for which a trusted browser may skip the code; 0 for never, at most 30."""
    trust_staff: bool = False
    """Whether help desk, admins and owners may trust a browser too."""
    passkeys_from: PasskeysFrom = PasskeysFrom.NOBODY
    """Whose session opens nothing unless a passkey was proved in it."""
    passkeys_groups: tuple[str, ...] = ()
    """The same for the people of these groups (ids), in their order."""


@dataclass(frozen=True, slots=True)
class Account:
    """One organisation and all its people."""

    id: str
    name: str
    issuer: str
    """The organisation's name as it stands in authenticator apps (rules U6 to U9)."""
    policy: FactorPolicy
    """What it asks of whom about second factors."""
    switched_at: Instant | None
    """When the switch was last moved, on or off."""
    guard: GuardPolicy
    """How guessing is slowed for its people."""
    created_at: Instant
    wait_hours: int = 0
    """How long a delayed recovery takes; 0 for none (`core/waits.py`)."""
    language: str = "en"
    """The language of its mails, for whoever has chosen none."""

    @property
    def requires_factor(self) -> bool:
        """Two-factor authentication is switched on for everybody."""
        return self.policy.requires_of_everybody


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in. Never carries the password hash: see `Credential`."""

    id: str
    account_id: str
    name: str
    email: str
    """As typed, for showing and for mail; `email_key(email)` finds it again."""
    role: Role
    state: PersonState
    has_password: bool
    password_version: int
    """Grows with each new password; half-finished sign-ins and links of older versions are dead."""
    must_change_password: bool
    """The password counts as stolen: nothing is open before a new one is chosen."""
    created_at: Instant
    kind: PersonKind = PersonKind.PERSON
    groups: tuple[str, ...] = ()
    """The ids of the groups that they are in."""
    duty: Duty = NO_DUTY
    """When the second factor that is asked of them is due."""
    zone: str = ""
    """Their time zone by its IANA name; "" for the account's."""
    language: str = ""
    """The language of their mails; "" for the account's."""
    external_id: str = ""
    """What another directory calls them; unique in the account where it is not empty."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What a password is checked against. `encoded` is an Argon2 string, or None."""

    person_id: str
    encoded: str | None
    password_version: int


def email_key(email: str) -> str:
    """The one form under which an address is unique in a deployment.

    NFKC, case-folded and trimmed, so that `Ann@Example.org`, `ann@example.org` and a full-width
    spelling are one person (and one failure counter: the alias attacks of shared budgets).
    """
    folded = unicodedata.normalize("NFKC", email.strip()).casefold()
    return unicodedata.normalize("NFKC", folded)
