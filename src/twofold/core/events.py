"""The audit vocabulary: `source:subject:action`, one enum, so that nothing is spelt twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from twofold.core.people import Instant


class EventKind(StrEnum):
    """Everything that leaves a trace."""

    ACCOUNT_CREATED = "account:created"
    ACCOUNT_RENAMED = "account:renamed"
    POLICY_SWITCHED_ON = "policy:switched-on"
    POLICY_SWITCHED_OFF = "policy:switched-off"
    POLICY_REFUSED = "policy:switch-refused"
    PEOPLE_IMPORTED = "people:imported"
    PERSON_ADDED = "person:added"
    PERSON_INVITED = "person:invited"
    PERSON_ROLE_CHANGED = "person:role-changed"
    PERSON_DISABLED = "person:disabled"
    PERSON_ENABLED = "person:enabled"
    PASSWORD_SET = "password:set"  # noqa: S105
    PASSWORD_CHANGED = "password:changed"  # noqa: S105
    PASSWORD_LINK_SENT = "password:link-sent"  # noqa: S105
    PASSWORD_WRONG = "password:wrong"  # noqa: S105
    PASSWORD_PROVED = "password:proved"  # noqa: S105
    SIGN_IN_STARTED = "sign-in:started"
    SIGN_IN_COMPLETED = "sign-in:completed"
    SIGN_IN_CANCELLED = "sign-in:cancelled"
    SESSION_ENDED = "session:ended"
    SESSIONS_ENDED = "sessions:ended"
    ENROL_STARTED = "authenticator:set-up-started"
    ENROL_CANCELLED = "authenticator:set-up-cancelled"
    ENROLLED = "authenticator:added"
    REPLACED = "authenticator:replaced"
    ENROL_LINK_SENT = "authenticator:link-sent"
    CODE_ACCEPTED = "code:accepted"
    CODE_REFUSED = "code:refused"
    LOCKED = "person:locked"
    MAIL_OPENED = "mail:opened"
    CONSOLE_LINK_MADE = "console:link-made"


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of an account's audit log."""

    account_id: str
    seq: int
    """1, 2, 3 … within the account, without gaps."""
    kind: EventKind
    at: Instant
    actor_id: str | None
    """Who did it; None for the console and the system itself."""
    subject_id: str | None
    """Whom it happened to."""
    data: Mapping[str, str | int | bool]
    """Details without secrets."""
