"""A mail as a row of the outbox, and when it is tried again."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from twofold.core.people import DAY, HOUR, MINUTE, Instant


class MailKind(StrEnum):
    """Every kind of mail the product sends. Each has one template folder of the same name."""

    INVITATION = "invitation"
    TEXT_TEST = "mail-text-test"
    """To an admin: how a text reads that they write for a mail of the rollout."""
    SWITCHED_ON = "switched-on"
    """Two-factor authentication was switched on and this person must set it up."""
    SWITCHED_ON_ENROLLED = "switched-on-enrolled"
    """The same news for somebody who is enrolled already: nothing to do."""
    REMINDER = "reminder"
    """Of the set-up that is due, with a link."""
    DEADLINE_MOVED = "deadline-moved"
    """The person has longer than they were told, or shorter."""
    EXEMPTION_ENDS = "exemption-ends"
    """To the person and to whoever approved it, a week before."""
    DIGEST = "group-digest"
    """To the lead of a group, once a week: how far the group is, and who is not there yet."""
    SWITCHED_OFF = "switched-off"
    ENROL_LINK = "enrol-link"
    """A new one-time link for the set-up, asked for on the page."""
    ENROLLED = "enrolled"
    REPLACED = "replaced"
    """The authenticator was replaced by a new one."""
    EXCHANGE_SET = "exchange-set"
    """Their group exchanges its phones on these days."""
    PASSKEY_ADDED = "passkey-added"
    PASSKEY_RENAMED = "passkey-renamed"
    PASSKEY_REMOVED = "passkey-removed"
    PASSKEY_COPIED = "passkey-copied"
    """Its counter went back: somebody else may have the same key."""
    AUTHENTICATOR_ADDED = "authenticator-added"
    """One more was set up beside what there was."""
    AUTHENTICATOR_REMOVED = "authenticator-removed"
    RESYNCED = "resynced"
    """Two consecutive codes moved the clock that codes are taken at."""
    RECOVERY_LINK = "recovery-set-up"
    """To every owner and the person: an operator made a link on the console that sets up anew."""
    RECOVERY_USED = "recovery-used"
    RECOVERY_MADE = "recovery-made"
    RECOVERY_ENDED = "recovery-ended"
    """A restored backup does not know which of them were used, or their key is retired."""
    CODE_FAILURES = "code-failures"
    """Right password, wrong codes: somebody has the password."""
    PASSWORD_STOLEN = "password-stolen"  # noqa: S105
    """So many that the password counts as stolen."""
    AUTHENTICATOR_DISABLED = "authenticator-disabled"
    ADMIN_ALERT = "admin-alert"
    """To the admins, about somebody's stolen password or disabled authenticator."""
    BREAKER_ON = "breaker-on"
    """To the admins: the whole site sees too many wrong codes."""
    APPLICATION_CHANGED = "application-changed"
    """To the admins: an application was added or ended, or has a new key."""
    BROWSER_LINK = "browser-link"
    CODE_LINK = "code-link"
    UNLOCKED = "unlocked"
    """Somebody of the help desk or an admin unlocked the person."""
    SET_UP_AGAIN = "set-up-again"
    """Somebody of them invited the person to set up again: the link."""
    STOPPED = "authenticator-stopped"
    """What the person had set up was stopped, because it was said to be stolen."""
    PASS_MADE = "temporary-pass-made"  # noqa: S105
    """Somebody of them made a temporary pass for the person; never the pass itself."""
    PASS_USED = "temporary-pass-used"  # noqa: S105
    SIGNED_OUT = "signed-out"
    """Somebody of them ended everything that the person had open."""
    HELP_ASKED = "help-asked"
    """To an admin: somebody asked for help in their name, and a second admin is to confirm it."""
    HELP_WAITS = "help-waits"
    """To the other admins: that waits for one of them."""
    HELP_REFUSED = "help-refused"
    PASSWORD_LINK = "password-link"  # noqa: S105 - the name of a mail kind
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - the name of a mail kind
    CONSOLE_LINK = "recovery-link"
    """An operator made a link on the console for this person's password."""

    ADDRESS_LINK = "address-link"
    """To a second address, to prove that it is the person's."""
    ADDRESS_ASKED = "address-asked"
    """Somebody with the person's session and proof asked for that."""
    ADDRESS_ADDED = "address-added"
    ADDRESS_REMOVED = "address-removed"
    ADDRESS_CHANGED = "address-changed"
    """To the old first address and the new one: an admin changed it."""
    WAIT_LINK = "wait-link"
    """Begins a delayed recovery."""
    WAIT_NOTICE = "wait-notice"
    """To the person and every admin, at once and daily: it runs, and how to stop it."""
    WAIT_OPEN = "wait-open"
    """The link that sets up anew, once nobody has stopped it."""
    WAIT_OVER = "wait-over"
    """To the same as the notices: that link was mailed, and how to stop it."""
    WAIT_STOPPED = "wait-stopped"


TO_EVERY_ADDRESS = frozenset({MailKind.WAIT_NOTICE, MailKind.WAIT_OVER})
"""Mails with a token that opens nothing: it only stops something, so it goes wherever the person
may read it."""

ROLLOUT = frozenset(
    {
        MailKind.INVITATION,
        MailKind.SWITCHED_ON,
        MailKind.SWITCHED_ON_ENROLLED,
        MailKind.REMINDER,
        MailKind.DEADLINE_MOVED,
        MailKind.DIGEST,
        MailKind.SWITCHED_OFF,
    }
)
"""Mails that go to many at once."""


class Urgency(IntEnum):
    """Which mails go first, where not all can go at once."""

    FIRST = 0
    """Alarms, and links that somebody waits for."""
    IN_TURN = 1
    """To many at once; an hour more does no harm."""


def urgency(kind: MailKind) -> Urgency:
    """How urgent a mail of this kind is."""
    return Urgency.IN_TURN if kind in ROLLOUT else Urgency.FIRST


DECIDING = frozenset({MailKind.WAIT_NOTICE})
"""Mails on whose arrival something turns: a report that only guesses which mail it is about must
not touch them."""


class MailState(StrEnum):
    """Queued until sent, or failed for good where an admin can see it (promise P7)."""

    QUEUED = "queued"
    SENDING = "sending"
    """Leased by a worker; falls back to queued when the lease runs out."""
    SENT = "sent"
    FAILED = "failed"
    """No mail server took it."""
    BOUNCED = "bounced"
    """It was sent, and a mail server on the way reported that it will not arrive."""


UNREACHED = frozenset({MailState.FAILED, MailState.BOUNCED})
"""The person has not got it and will not."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one person. Address copied when written, text rendered when sent."""

    id: str
    account_id: str
    person_id: str
    kind: MailKind
    to_address: str
    params: Mapping[str, str | int]
    """What the template needs beyond person and account; may hold a link's token, so it is
    sealed at rest and emptied of the token once the mail is sent."""
    message_id: str
    """The one Message-ID of this mail for ever, so that a mail sent twice is seen as one."""
    state: MailState
    attempts: int
    created_at: Instant
    next_at: Instant
    """Not tried before this moment; while `SENDING`, the end of the lease."""
    sent_at: Instant | None
    last_error: str
    """One sentence about the last failure, in the server's words, or empty. Of a sent mail: about
    a delay that a server reported."""


def lost(mail: Mail) -> str:
    """How an `UNREACHED` mail did not arrive, in the server's words."""
    return f"{'came back' if mail.state is MailState.BOUNCED else 'failed'}: {mail.last_error}"


RETRY_AFTER = (MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE)
"""Seconds to wait after the first failures; from then on an hour."""
GIVE_UP_AFTER = 4 * DAY
"""Seconds after which a mail that never left is failed for good (RFC 5321 section 4.5.4.1)."""
LEASE = 5 * MINUTE
"""Seconds for which a worker owns a mail that it is sending; longer than all SMTP timeouts."""


def next_try(attempts: int, created_at: Instant, now: Instant) -> Instant | None:
    """When to try again after the `attempts`-th failure (1 is the first), or None to give up."""
    if now - created_at >= GIVE_UP_AFTER:
        return None
    wait = RETRY_AFTER[attempts - 1] if attempts <= len(RETRY_AFTER) else HOUR
    return now + wait
