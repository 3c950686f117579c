"""The people table: what it can be narrowed to, which columns it has, what stands in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from twofold.core.mail import MailKind, MailState
from twofold.core.moments import when_in
from twofold.core.people import DAY, Account, Instant, Person, PersonKind, PersonState, Role
from twofold.core.requirement import ruling
from twofold.core.rollout import Enrolment

SOON = 3 * DAY
"""Seconds before a deadline from which on it counts as near."""
MOST_AT_ONCE = 10_000
"""People whom one act on “all that this filter finds” may reach."""
COUNTED_TO = 500
"""Where the number beside a filter ends: “500+”."""


class Only(StrEnum):
    """The named filters, in the order in which they are shown."""

    EVERYBODY = ""
    NOT_ENROLLED = "not-enrolled"
    ENROLLED = "enrolled"
    OPENED = "opened"
    SOON = "due-soon"
    AHEAD = "will-be-stopped"
    MUST_NOW = "must-now"
    LOCKED = "locked"
    MAIL_TROUBLE = "failed-mail"
    NEVER = "never-signed-in"
    DORMANT = "dormant"
    EXEMPT = "exempt"
    AWAY = "on-leave"
    NO_CODES = "no-recovery-codes"
    ADMINS = "admins"
    ADMINS_WITHOUT = "admins-without"
    SERVICES = "services"
    DISABLED = "disabled"

    @property
    def words(self) -> str:
        """As people read it."""
        return _ONLY_WORDS[self]


_ONLY_WORDS: Mapping[Only, str] = {
    Only.EVERYBODY: "Everybody",
    Only.NOT_ENROLLED: "Not yet",
    Only.ENROLLED: "Use it",
    Only.OPENED: "Opened, not finished",
    Only.SOON: "Deadline in 3 days",
    Only.AHEAD: "Will be stopped at the deadline",
    Only.MUST_NOW: "Must set up now",
    Only.LOCKED: "Locked now",
    Only.MAIL_TROUBLE: "Cannot be reached",
    Only.NEVER: "Never signed in",
    Only.DORMANT: "Not for 90 days",
    Only.EXEMPT: "Exempt",
    Only.AWAY: "On leave",
    Only.NO_CODES: "No recovery codes",
    Only.ADMINS: "Admins",
    Only.ADMINS_WITHOUT: "Admins without it",
    Only.SERVICES: "Service accounts",
    Only.DISABLED: "Disabled",
}


class Column(StrEnum):
    """What may stand beside the name, in this order."""

    ADDRESS = "address"
    ROLE = "role"
    GROUPS = "groups"
    STATE = "state"
    DEADLINE = "deadline"
    TOLD = "told"
    OPENED = "opened"
    STARTED = "started"
    ENROLLED = "enrolled"
    MAIL = "mail"
    CODES = "codes"
    FACTOR = "factor"
    SEEN = "seen"

    @property
    def words(self) -> str:
        """The heading."""
        return _COLUMN_WORDS[self]


_COLUMN_WORDS: Mapping[Column, str] = {
    Column.ADDRESS: "Address",
    Column.ROLE: "Role",
    Column.GROUPS: "Groups",
    Column.STATE: "Two-factor",
    Column.DEADLINE: "Deadline",
    Column.TOLD: "Told",
    Column.OPENED: "Link opened",
    Column.STARTED: "Set-up begun",
    Column.ENROLLED: "Set up on",
    Column.MAIL: "Last mail",
    Column.CODES: "Recovery codes left",
    Column.FACTOR: "Last second step",
    Column.SEEN: "Last sign-in",
}
DEFAULT_COLUMNS = (Column.ADDRESS, Column.ROLE, Column.STATE, Column.MAIL)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for; every part narrows it down further."""

    search: str = ""
    only: Only = Only.EVERYBODY
    role: Role | None = None
    group: str = ""
    """The id of a group."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: the person and everything that a column may show."""

    person: Person
    enrolled: bool
    enrolment: Enrolment | None
    """Of the account's present round."""
    mail_kind: MailKind | None
    mail_state: MailState | None
    mail_at: Instant | None
    enrolled_at: Instant | None
    codes_left: int | None
    """None where no set was made."""
    factor_at: Instant | None
    """The last second step that was accepted."""
    seen_at: Instant | None
    """The last sign-in."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one column: a moment, or words with the mark of a state."""

    words: str = ""
    at: Instant | None = None
    mark: str = ""


ROLES: Mapping[Role, str] = {
    Role.MEMBER: "Member",
    Role.HELPDESK: "Help desk",
    Role.ADMIN: "Admin",
    Role.OWNER: "Owner",
}


def cell(
    column: Column, line: Line, account: Account, now: Instant, groups: Mapping[str, str]
) -> Cell:
    """What stands in this column of a line. `groups` are names by id."""
    person, road = line.person, line.enrolment
    match column:
        case Column.ADDRESS:
            return Cell(person.email)
        case Column.ROLE:
            return Cell(ROLES[person.role])
        case Column.GROUPS:
            return Cell(", ".join(sorted(groups[id_] for id_ in person.groups if id_ in groups)))
        case Column.STATE:
            mark, words = state_of(account, line, now)
            return Cell(words, mark=mark)
        case Column.MAIL:
            kind, state = line.mail_kind, line.mail_state
            return Cell(f"{kind.value}: {state.value}" if kind and state else "")
        case Column.CODES:
            return Cell("" if line.codes_left is None else str(line.codes_left))
        case Column.DEADLINE:
            return Cell(at=None if line.enrolled else ruling(account, person, now).due_at)
        case Column.ENROLLED:
            return Cell(at=line.enrolled_at)
        case Column.FACTOR:
            return Cell(at=line.factor_at)
        case Column.SEEN:
            return Cell(at=line.seen_at)
        case Column.TOLD:
            return Cell(at=road.told_at if road else None)
        case Column.OPENED:
            return Cell(at=road.opened_at if road else None)
        case Column.STARTED:
            return Cell(at=road.started_at if road else None)


def state_of(account: Account, line: Line, now: Instant) -> tuple[str, str]:
    """How the person stands: the mark and the words."""
    person = line.person
    if person.state is PersonState.DISABLED:
        return "stopped", "Disabled"
    if person.kind is PersonKind.SERVICE:
        return "info", "A program"
    if line.enrolled:
        return "on", "Uses it"
    found, zone = ruling(account, person, now), account.policy.calendar.zone
    if found.exempt_until is not None:
        return "info", f"Exempt until {when_in(found.exempt_until, zone)}"
    if found.pause is not None and found.required:
        return "wait", f"Paused until {when_in(found.pause.until, zone)}"
    if found.must_enrol(now):
        return "locked", "Must set up now"
    if found.required and found.due_at is not None and found.due_at > now:
        return "wait", f"Has until {when_in(found.due_at, zone)}"
    if person.state is PersonState.INVITED:
        return "off", "Invited"
    return "off", "Not yet"


def columns_of(words: Sequence[str]) -> tuple[Column, ...]:
    """The columns that these words name, each once and in their order; unknown words are none."""
    return tuple(column for column in Column if column.value in words)


def asked_of(given: Mapping[str, str]) -> Asked:
    """What the fields `search`, `only`, `role` and `group` of an address or a form ask for. What
    nobody offers asks for nothing.
    """
    only, role = given.get("only", ""), given.get("role", "")
    return Asked(
        search=given.get("search", "").replace("\0", "").strip()[:200],
        only=Only(only) if only in set(Only) else Only.EVERYBODY,
        role=Role(role) if role in set(Role) else None,
        group=given.get("group", "").replace("\0", "")[:64],
    )


def fields_of(asked: Asked) -> dict[str, str]:
    """The fields that `asked_of` reads, the empty ones left out."""
    fields = {
        "search": asked.search,
        "only": asked.only.value,
        "role": asked.role.value if asked.role else "",
        "group": asked.group,
    }
    return {name: value for name, value in fields.items() if value}
