"""What a restore ends, and what it knows of the time that the backup does not know.

A database of yesterday believes in yesterday. So a restore begins a new epoch: nothing that a
browser, a mailbox or a note still holds of the time before opens anything, and what was used up
since the backup stays used up, as far as the journal beside the database tells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from twofold.core.events import EventKind
from twofold.core.people import Instant

DECIDES = frozenset(
    {
        EventKind.PERSON_DISABLED,
        EventKind.PERSON_ENABLED,
        EventKind.PERSON_ROLE_CHANGED,
        EventKind.PASSWORD_SET,
        EventKind.PASSWORD_CHANGED,
        EventKind.PASSWORD_STOLEN,
        EventKind.ENROLLED,
        EventKind.REPLACED,
        EventKind.AUTHENTICATOR_ADDED,
        EventKind.AUTHENTICATOR_REMOVED,
        EventKind.AUTHENTICATOR_DISABLED,
        EventKind.AUTHENTICATOR_RESET,
        EventKind.RESYNCED,
        EventKind.PASSKEY_ADDED,
        EventKind.PASSKEY_REMOVED,
        EventKind.PASSKEY_COPIED,
        EventKind.RECOVERY_MADE,
        EventKind.RECOVERY_USED,
        EventKind.EXEMPTED,
        EventKind.EXEMPTION_ENDED,
        EventKind.POLICY_SWITCHED_ON,
        EventKind.POLICY_SWITCHED_OFF,
        EventKind.POLICY_TAKEN_BACK,
        EventKind.GUARD_CHANGED,
        EventKind.APPLICATION_ENDED,
        EventKind.KEY_MADE,
        EventKind.KEY_ENDED,
    }
)
"""What decides who may come in, and with what: a restore undoes it, so somebody has to look."""


@dataclass(frozen=True, slots=True)
class Done:
    """Something of `DECIDES` that a restore has undone."""

    at: Instant
    kind: EventKind
    account_id: str
    subject_id: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """What the journal says."""

    is_whole: bool
    """Whether it covers all the time since the backup; if not, anything may have been used."""
    spent: Sequence[str] = ()
    """Ids of recovery codes that were used, whenever."""
    ended: Mapping[str, Instant] = field(default_factory=dict)
    """By person the newest moment of which a set of recovery codes was replaced or ended."""
    since: Sequence[Done] = ()
    """What was done since the backup, oldest first."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How much of each kind ended with the old epoch."""

    sessions: int
    sign_ins: int
    browsers: int
    links: int
    set_ups: int
    passes: int
    waits: int
    requests: int
    uploads: int
    challenges: int


@dataclass(frozen=True, slots=True)
class Restore:
    """That a backup was restored here."""

    id: str
    restored_at: Instant
    made_at: Instant
    """When the backup was made."""
    journal_was_whole: bool
    released_at: Instant | None
    """When the outbox was set free again."""
