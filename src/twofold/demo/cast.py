"""Who is in the organisation, and what will happen to each: a plan out of chance with a seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from twofold.core.attempts import Source
from twofold.core.people import Role
from twofold.demo import names
from twofold.demo.keys import SoftwareKey
from twofold.demo.phones import Holder, Phones
from twofold.flows.sign_in import From

FEWEST, MOST, USUAL = 60, 2000, 240
"""People of a demonstration."""
OFFICE = "198.51.100.7"
"""Where everybody comes from who is at work; an address of RFC 5737, as all of them are."""
PROGRAM = ("Payroll export", f"payroll-export@{names.DOMAIN}")
"""The service account, which is nobody."""


class Part(StrEnum):
    """What happens to somebody. The words are for whoever reads the plan."""

    OWNER = "founds it all"
    ADMIN = "admin"
    HELPDESK = "help desk"

    PIONEER = "sets up before anybody asks"
    AT_ONCE = "sets up when the mail comes"
    STEADY = "sets up on some day"
    LATELY = "has set up a few hours ago"
    TWO_APPS = "has two apps"
    PASSKEY = "has a passkey beside the app"
    ONLY_PASSKEY = "has a passkey and nothing else"
    RECOVERED = "has used a recovery code"
    PASS = "left the phone at home today"  # noqa: S105 - a part, not a password
    WAITING = "has lost the phone and waits"
    LOCKED = "somebody guesses their codes"
    SHUT_OUT = "somebody guesses their password"
    STOLEN = "had the phone stolen"
    DRIFTING = "has a phone whose clock runs ahead"
    BEHIND = "has a phone whose clock stands minutes behind"
    OLD_ENTRY = "types codes of an old entry"
    TWICE = "types the same code twice"
    MISTYPES = "mistypes"
    SUSPENDED = "has left"
    DORMANT = "was not here for months"

    WILL_BE_STOPPED = "has not begun"
    OPENED = "has opened the link and not finished"
    EXTENDED = "has more time than the others"
    EXEMPT = "is exempt for a while"
    EXEMPT_SOON = "is exempt for a few days more"
    AWAY = "is on leave"
    BOUNCED = "has a mailbox that is gone"
    REFUSED = "has a mailbox that is full"
    NEVER = "has never followed the invitation"
    MUST_NOW = "is stopped already"


ENROLLED = frozenset(Part) - {
    Part.WILL_BE_STOPPED, Part.OPENED, Part.EXTENDED, Part.EXEMPT, Part.EXEMPT_SOON, Part.AWAY,
    Part.BOUNCED, Part.REFUSED, Part.NEVER, Part.MUST_NOW, Part.DORMANT,
}  # fmt: skip
"""The parts of those who have a second factor when it opens."""

_ALWAYS = (
    (Part.OWNER, 1), (Part.ADMIN, 3), (Part.HELPDESK, 4), (Part.TWO_APPS, 3), (Part.PASSKEY, 3),
    (Part.ONLY_PASSKEY, 1), (Part.RECOVERED, 2), (Part.PASS, 1), (Part.WAITING, 1),
    (Part.LOCKED, 1), (Part.SHUT_OUT, 1), (Part.STOLEN, 1), (Part.DRIFTING, 2), (Part.BEHIND, 2),
    (Part.OLD_ENTRY, 1), (Part.TWICE, 2), (Part.MISTYPES, 2), (Part.SUSPENDED, 2),
    (Part.DORMANT, 2), (Part.OPENED, 3), (Part.EXTENDED, 2), (Part.EXEMPT, 1),
    (Part.EXEMPT_SOON, 1), (Part.AWAY, 2), (Part.BOUNCED, 2), (Part.REFUSED, 1), (Part.NEVER, 3),
    (Part.MUST_NOW, 2), (Part.WILL_BE_STOPPED, 6),
)  # fmt: skip
"""Who is there in the smallest organisation."""
_CROWD = {
    Part.PIONEER: 12, Part.AT_ONCE: 27, Part.STEADY: 40, Part.LATELY: 5, Part.OPENED: 4,
    Part.NEVER: 2, Part.WILL_BE_STOPPED: 10,
}  # fmt: skip
"""Shares of all the others, in percent."""
GROUPS = ("Finance", "Engineering", "Warehouse", "Sales", "Care", "Office", "Field service")
FINANCE = "Finance"
_LANGUAGES = ("", "", "", "", "de")
_APPS = (
    "google-authenticator-android", "google-authenticator-ios", "microsoft-authenticator-android",
    "microsoft-authenticator-ios", "aegis-android", "twofas-ios", "bitwarden-authenticator-ios", "",
)  # fmt: skip
_BROWSERS = (
    "Firefox on Windows", "Chrome on Windows", "Edge on Windows", "Safari on macOS",
    "Chrome on Android", "Safari on iPhone", "Firefox on Linux",
)  # fmt: skip


@dataclass(slots=True)
class Member:
    """One person of the plan, and what they carry with them while it is played."""

    part: Part
    role: Role
    group: str
    holder: Holder
    language: str
    app: str
    """The authenticator app that they say they use, an id of `core.apps`."""
    browser: str
    """What their browser calls itself."""
    address: str
    trusts: bool
    """Whether they let their browser be trusted."""
    encoded: str = field(default="", repr=False)
    key: SoftwareKey | None = field(default=None, repr=False)
    """Their passkey."""
    cookie: str | None = field(default=None, repr=False)
    """Of the browser that they always use."""

    @property
    def email(self) -> str:
        """Their address for mail."""
        return self.holder.email

    @property
    def place(self) -> From:
        """Where they usually sign in."""
        return From(Source(self.address, self.browser), browser_token=self.cookie)


def cast(chance: Random, phones: Phones, people: int) -> list[Member]:
    """So many people. The same seed gives the same names and parts; passwords are always new."""
    parts = [part for part, number in _ALWAYS for _ in range(number)]
    parts += chance.choices(list(_CROWD), list(_CROWD.values()), k=max(0, people - len(parts)))
    named = names.people(chance)
    return [_member(chance, phones, part, *next(named)) for part in parts]


def _member(chance: Random, phones: Phones, part: Part, name: str, email: str) -> Member:
    roles = {Part.OWNER: Role.OWNER, Part.ADMIN: Role.ADMIN, Part.HELPDESK: Role.HELPDESK}
    role = roles.get(part, Role.MEMBER)
    group = "Office" if role.is_staff else chance.choice(GROUPS[1:])
    if part is Part.MUST_NOW or (part in (Part.PIONEER, Part.STEADY) and chance.random() < 0.12):
        group = FINANCE
    home = f"203.0.113.{chance.randrange(1, 255)}"
    return Member(
        part=part,
        role=role,
        group=group,
        holder=phones.give(name, email),
        language=chance.choice(_LANGUAGES),
        app=chance.choice(_APPS),
        browser=chance.choice(_BROWSERS),
        address=OFFICE if chance.random() < 0.6 else home,
        trusts=part in _CROWD and chance.random() < 0.4,
    )


def roster(members: Sequence[Member]) -> bytes:
    """The people as the CSV file that is imported, with the one program."""
    lines = ["name,email,role,groups,language,kind"]
    lines += [
        f"{one.holder.name},{one.email},{one.role.value},{one.group},{one.language},person"
        for one in members
    ]
    lines.append(",".join((*PROGRAM, "member", "", "", "service")))
    return "\n".join(lines).encode()


def of_part(members: Sequence[Member], *parts: Part) -> Iterator[Member]:
    """Whoever has one of these parts."""
    return (one for one in members if one.part in parts)
