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
    POLICY_TAKEN_BACK = "policy:taken-back"
    POLICY_PAUSED = "policy:paused"
    POLICY_RESUMED = "policy:resumed"
    REPORT_ONLY = "policy:report-only-changed"
    STANCE_CHANGED = "policy:offer-changed"
    CALENDAR_CHANGED = "policy:calendar-changed"
    DAYS_CHANGED = "policy:days-changed"
    DEADLINE_MOVED = "person:deadline-moved"
    LEAVE_SET = "person:leave-set"
    EXEMPTED = "person:exempted"
    EXEMPTION_ENDED = "person:exemption-ended"
    NEAR_STOP = "sign-in:would-be-stopped"
    POLICY_REFUSED = "policy:switch-refused"
    PEOPLE_IMPORTED = "people:imported"
    PEOPLE_EXPORTED = "people:exported"
    REMINDED = "person:reminded"
    PERSON_ADDED = "person:added"
    PERSON_INVITED = "person:invited"
    PERSON_ROLE_CHANGED = "person:role-changed"
    PERSON_CHANGED = "person:changed"
    PERSON_DISABLED = "person:disabled"
    PERSON_ENABLED = "person:enabled"
    GROUP_CREATED = "group:created"
    GROUP_RENAMED = "group:renamed"
    GROUP_DELETED = "group:deleted"
    GROUP_LEAD_SET = "group:lead-set"
    GROUP_ENTERED = "group:person-added"
    GROUP_LEFT = "group:person-removed"
    GROUP_EXCHANGE_SET = "group:exchange-set"
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
    AUTHENTICATOR_ADDED = "authenticator:one-more"
    AUTHENTICATOR_RENAMED = "authenticator:renamed"
    AUTHENTICATOR_REMOVED = "authenticator:removed"
    ENROL_LINK_SENT = "authenticator:link-sent"
    PASSKEY_ADDED = "passkey:added"
    PASSKEY_RENAMED = "passkey:renamed"
    PASSKEY_REMOVED = "passkey:removed"
    PASSKEY_USED = "passkey:accepted"
    PASSKEY_REFUSED = "passkey:refused"
    PASSKEY_COPIED = "passkey:possibly-copied"
    CODE_ACCEPTED = "code:accepted"
    CODE_REFUSED = "code:refused"
    RESYNCED = "code:clock-matched"
    RECOVERY_MADE = "recovery:codes-made"
    RECOVERY_STORED = "recovery:codes-stored"
    RECOVERY_USED = "recovery:code-used"
    RECOVERY_ENDED = "recovery:codes-ended"
    CLOCK_REPAIRED = "authenticator:clock-repaired"
    PAIR_MODE = "person:pair-mode"
    PASSWORD_STOLEN = "password:counts-as-stolen"  # noqa: S105
    AUTHENTICATOR_DISABLED = "authenticator:disabled"
    AUTHENTICATOR_RESET = "authenticator:reset"
    BREAKER_ON = "site:breaker-on"
    SPRAY = "site:password-spray"
    FLOOD = "site:password-flood"
    UNLOCKED = "person:unlocked"
    PASS_MADE = "desk:pass-made"  # noqa: S105
    PASS_USED = "desk:pass-used"  # noqa: S105
    SET_UP_INVITED = "desk:set-up-invited"
    SIGNED_OUT = "desk:sessions-ended"
    HELP_ASKED = "desk:asked"
    HELP_CONFIRMED = "desk:confirmed"
    HELP_REFUSED = "desk:refused"
    PROOFS_CHANGED = "policy:proofs-changed"
    BROWSER_LINK_SENT = "browser:link-sent"
    BROWSER_LINK_USED = "browser:link-used"
    BROWSER_TRUSTED = "browser:trusted"
    BROWSER_ENDED = "browser:ended"
    GUARD_CHANGED = "policy:guard-changed"
    SITES_CHANGED = "policy:sites-changed"
    SITE_ENTERED = "session:site-entered"
    LANGUAGE_CHOSEN = "person:language-chosen"
    MAIL_LANGUAGE_SET = "policy:mail-language-changed"
    MAIL_TEXT_CHANGED = "policy:mail-text-changed"
    APPLICATION_MADE = "application:made"
    APPLICATION_ENDED = "application:ended"
    KEY_MADE = "application:key-made"
    KEY_ENDED = "application:key-ended"
    EXPORTED = "audit:exported"
    LOG_SEALED = "audit:sealed"
    MAIL_OPENED = "mail:opened"
    MAIL_BOUNCED = "mail:bounced"
    MAIL_RELEASED = "mail:released"
    RESTORED = "site:restored"
    CONSOLE_LINK_MADE = "console:link-made"
    RECOVERY_LINK_MADE = "console:recovery-link-made"
    RECOVERY_LINK_USED = "recovery:link-used"
    ADDRESS_ASKED = "address:asked"
    ADDRESS_CONFIRMED = "address:confirmed"
    ADDRESS_REMOVED = "address:removed"
    WAIT_POLICY_SET = "policy:wait-changed"
    WAIT_ASKED = "recovery:wait-asked"
    WAIT_STARTED = "recovery:wait-started"
    WAIT_STOPPED = "recovery:wait-stopped"
    WAIT_OPENED = "recovery:wait-opened"
    WAIT_USED = "recovery:wait-used"
    WAIT_EXPIRED = "recovery:wait-expired"


class Seal(StrEnum):
    """How the newest entry of a log is sealed with a key that is not in the database."""

    WHOLE = "whole"
    MISSING = "missing"
    """It was written by a version without seals, or the seal was taken off."""
    BROKEN = "broken"
    """Somebody without the key has written here."""


class Group(StrEnum):
    """What somebody looks for in the log; every kind belongs to exactly one group."""

    SIGN_INS = "sign-ins"
    CODES = "codes"
    PASSWORDS = "passwords"
    AUTHENTICATORS = "authenticators"
    BROWSERS = "browsers"
    PEOPLE = "people"
    DESK = "desk"
    POLICY = "policy"
    RECORDS = "records"

    @property
    def words(self) -> str:
        """The group as people read it."""
        return _GROUP_WORDS[self]

    @property
    def kinds(self) -> tuple[EventKind, ...]:
        """The kinds of the group."""
        return tuple(kind for kind, (group, _) in _KINDS.items() if group is self)


_GROUP_WORDS: Mapping[Group, str] = {
    Group.SIGN_INS: "Sign-ins and sessions",
    Group.CODES: "Codes",
    Group.PASSWORDS: "Passwords",
    Group.AUTHENTICATORS: "Authenticators",
    Group.BROWSERS: "Browsers",
    Group.PEOPLE: "People",
    Group.DESK: "Help desk",
    Group.POLICY: "Policy and alarms",
    Group.RECORDS: "Mail, log and console",
}

_KINDS: Mapping[EventKind, tuple[Group, str]] = {
    EventKind.ACCOUNT_CREATED: (Group.POLICY, "Account made"),
    EventKind.ACCOUNT_RENAMED: (Group.POLICY, "Names of the account changed"),
    EventKind.POLICY_SWITCHED_ON: (Group.POLICY, "Two-factor switched on"),
    EventKind.POLICY_TAKEN_BACK: (Group.POLICY, "Switch taken back before a mail left"),
    EventKind.POLICY_PAUSED: (Group.POLICY, "Two-factor demand paused"),
    EventKind.POLICY_RESUMED: (Group.POLICY, "Two-factor demand resumed"),
    EventKind.REPORT_ONLY: (Group.POLICY, "Report-only mode changed"),
    EventKind.STANCE_CHANGED: (Group.POLICY, "Two-factor offered or not"),
    EventKind.CALENDAR_CHANGED: (Group.POLICY, "Calendar changed"),
    EventKind.DAYS_CHANGED: (Group.POLICY, "Days to set up changed"),
    EventKind.DEADLINE_MOVED: (Group.PEOPLE, "Deadline moved"),
    EventKind.LEAVE_SET: (Group.PEOPLE, "Leave set"),
    EventKind.EXEMPTED: (Group.PEOPLE, "Exemption given"),
    EventKind.EXEMPTION_ENDED: (Group.PEOPLE, "Exemption ended"),
    EventKind.NEAR_STOP: (Group.SIGN_INS, "Would have been stopped, nobody is yet"),
    EventKind.POLICY_SWITCHED_OFF: (Group.POLICY, "Two-factor switched off"),
    EventKind.POLICY_REFUSED: (Group.POLICY, "Switching on refused"),
    EventKind.GUARD_CHANGED: (Group.POLICY, "Settings against guessing changed"),
    EventKind.SITES_CHANGED: (Group.POLICY, "Protected sites changed"),
    EventKind.SITE_ENTERED: (Group.SIGN_INS, "Protected site entered"),
    EventKind.LANGUAGE_CHOSEN: (Group.PEOPLE, "Language of own mails chosen"),
    EventKind.MAIL_LANGUAGE_SET: (Group.POLICY, "Language of mails changed"),
    EventKind.MAIL_TEXT_CHANGED: (Group.POLICY, "Text of a mail changed"),
    EventKind.BREAKER_ON: (Group.POLICY, "Too many wrong codes on the whole site"),
    EventKind.SPRAY: (Group.POLICY, "One source tried many people's passwords"),
    EventKind.FLOOD: (Group.POLICY, "Too many wrong passwords on the whole site"),
    EventKind.PEOPLE_IMPORTED: (Group.PEOPLE, "List of people imported"),
    EventKind.PEOPLE_EXPORTED: (Group.PEOPLE, "List of people exported"),
    EventKind.REMINDED: (Group.PEOPLE, "Reminded by hand"),
    EventKind.PERSON_ADDED: (Group.PEOPLE, "Person added"),
    EventKind.PERSON_INVITED: (Group.PEOPLE, "Invitation sent"),
    EventKind.PERSON_ROLE_CHANGED: (Group.PEOPLE, "Role changed"),
    EventKind.PERSON_CHANGED: (Group.PEOPLE, "Details of a person changed"),
    EventKind.PERSON_DISABLED: (Group.PEOPLE, "Person disabled"),
    EventKind.PERSON_ENABLED: (Group.PEOPLE, "Person enabled"),
    EventKind.GROUP_CREATED: (Group.PEOPLE, "Group made"),
    EventKind.GROUP_RENAMED: (Group.PEOPLE, "Group renamed"),
    EventKind.GROUP_DELETED: (Group.PEOPLE, "Group deleted"),
    EventKind.GROUP_LEAD_SET: (Group.PEOPLE, "Lead of a group named"),
    EventKind.GROUP_ENTERED: (Group.PEOPLE, "Person put into a group"),
    EventKind.GROUP_LEFT: (Group.PEOPLE, "Person taken out of a group"),
    EventKind.GROUP_EXCHANGE_SET: (Group.PEOPLE, "Days for new phones of a group set"),
    EventKind.UNLOCKED: (Group.DESK, "Person unlocked"),
    EventKind.PASS_MADE: (Group.DESK, "Temporary pass made"),
    EventKind.PASS_USED: (Group.DESK, "Temporary pass used"),
    EventKind.SET_UP_INVITED: (Group.DESK, "Invited to set up again"),
    EventKind.SIGNED_OUT: (Group.DESK, "Everything open ended"),
    EventKind.HELP_ASKED: (Group.DESK, "Help for an admin asked for"),
    EventKind.HELP_CONFIRMED: (Group.DESK, "Help for an admin confirmed"),
    EventKind.HELP_REFUSED: (Group.DESK, "Help for an admin refused"),
    EventKind.PROOFS_CHANGED: (Group.POLICY, "Proofs of identity changed"),
    EventKind.PASSWORD_SET: (Group.PASSWORDS, "Password set from a mailed link"),
    EventKind.PASSWORD_CHANGED: (Group.PASSWORDS, "Password changed"),
    EventKind.PASSWORD_LINK_SENT: (Group.PASSWORDS, "Link for a new password sent"),
    EventKind.PASSWORD_WRONG: (Group.PASSWORDS, "Wrong password"),
    EventKind.PASSWORD_PROVED: (Group.PASSWORDS, "Password confirmed again"),
    EventKind.PASSWORD_STOLEN: (Group.PASSWORDS, "Password counts as stolen"),
    EventKind.SIGN_IN_STARTED: (Group.SIGN_INS, "Right password, second step awaited"),
    EventKind.SIGN_IN_COMPLETED: (Group.SIGN_INS, "Signed in"),
    EventKind.SIGN_IN_CANCELLED: (Group.SIGN_INS, "Sign-in given up"),
    EventKind.SESSION_ENDED: (Group.SIGN_INS, "Session ended"),
    EventKind.SESSIONS_ENDED: (Group.SIGN_INS, "Other sessions ended"),
    EventKind.ENROL_STARTED: (Group.AUTHENTICATORS, "Set-up begun"),
    EventKind.ENROL_CANCELLED: (Group.AUTHENTICATORS, "Set-up given up"),
    EventKind.ENROLLED: (Group.AUTHENTICATORS, "Authenticator set up"),
    EventKind.REPLACED: (Group.AUTHENTICATORS, "Authenticator replaced"),
    EventKind.AUTHENTICATOR_ADDED: (Group.AUTHENTICATORS, "One more authenticator set up"),
    EventKind.AUTHENTICATOR_RENAMED: (Group.AUTHENTICATORS, "Authenticator renamed"),
    EventKind.AUTHENTICATOR_REMOVED: (Group.AUTHENTICATORS, "Authenticator removed"),
    EventKind.ENROL_LINK_SENT: (Group.AUTHENTICATORS, "Link to set up sent"),
    EventKind.PASSKEY_ADDED: (Group.AUTHENTICATORS, "Passkey set up"),
    EventKind.PASSKEY_RENAMED: (Group.AUTHENTICATORS, "Passkey renamed"),
    EventKind.PASSKEY_REMOVED: (Group.AUTHENTICATORS, "Passkey removed"),
    EventKind.PASSKEY_USED: (Group.CODES, "Passkey accepted"),
    EventKind.PASSKEY_REFUSED: (Group.CODES, "Passkey refused"),
    EventKind.PASSKEY_COPIED: (Group.AUTHENTICATORS, "Passkey may have been copied"),
    EventKind.AUTHENTICATOR_DISABLED: (Group.AUTHENTICATORS, "Authenticator disabled"),
    EventKind.AUTHENTICATOR_RESET: (
        Group.AUTHENTICATORS,
        "Authenticator stopped, said to be stolen",
    ),
    EventKind.CLOCK_REPAIRED: (Group.AUTHENTICATORS, "Brought back from a wrong clock"),
    EventKind.CODE_ACCEPTED: (Group.CODES, "Code accepted"),
    EventKind.CODE_REFUSED: (Group.CODES, "Code refused"),
    EventKind.RESYNCED: (Group.CODES, "Clock matched anew by two codes"),
    EventKind.RECOVERY_MADE: (Group.AUTHENTICATORS, "Recovery codes made"),
    EventKind.RECOVERY_STORED: (Group.AUTHENTICATORS, "Recovery codes stored, says the person"),
    EventKind.RECOVERY_USED: (Group.CODES, "Recovery code used"),
    EventKind.RECOVERY_ENDED: (Group.AUTHENTICATORS, "Recovery codes ended by the operator"),
    EventKind.PAIR_MODE: (Group.CODES, "Two codes needed after wrong ones"),
    EventKind.BROWSER_LINK_SENT: (Group.BROWSERS, "Link to open a browser sent"),
    EventKind.BROWSER_LINK_USED: (Group.BROWSERS, "Browser opened by a mailed link"),
    EventKind.BROWSER_TRUSTED: (Group.BROWSERS, "Browser trusted"),
    EventKind.BROWSER_ENDED: (Group.BROWSERS, "Browser forgotten"),
    EventKind.APPLICATION_MADE: (Group.POLICY, "Application added"),
    EventKind.APPLICATION_ENDED: (Group.POLICY, "Application ended"),
    EventKind.KEY_MADE: (Group.POLICY, "New key for an application"),
    EventKind.KEY_ENDED: (Group.POLICY, "Key of an application ended"),
    EventKind.EXPORTED: (Group.RECORDS, "Activity exported"),
    EventKind.LOG_SEALED: (Group.RECORDS, "Log without a seal sealed as it stood"),
    EventKind.MAIL_OPENED: (Group.RECORDS, "Mail with a working link read"),
    EventKind.MAIL_BOUNCED: (Group.RECORDS, "Mail came back"),
    EventKind.MAIL_RELEASED: (Group.RECORDS, "Mail set free after a restore"),
    EventKind.RESTORED: (Group.RECORDS, "Backup restored"),
    EventKind.RECOVERY_LINK_MADE: (Group.RECORDS, "Recovery link made on the console"),
    EventKind.RECOVERY_LINK_USED: (Group.AUTHENTICATORS, "Recovery link used to set up anew"),
    EventKind.WAIT_POLICY_SET: (Group.POLICY, "Delayed recovery changed"),
    EventKind.WAIT_ASKED: (Group.AUTHENTICATORS, "Link for a delayed recovery sent"),
    EventKind.WAIT_STARTED: (Group.AUTHENTICATORS, "Delayed recovery begun"),
    EventKind.WAIT_STOPPED: (Group.AUTHENTICATORS, "Delayed recovery stopped"),
    EventKind.WAIT_OPENED: (Group.AUTHENTICATORS, "Delayed recovery over, link mailed"),
    EventKind.WAIT_USED: (Group.AUTHENTICATORS, "Delayed recovery used to set up anew"),
    EventKind.WAIT_EXPIRED: (Group.AUTHENTICATORS, "Delayed recovery not used in time"),
    EventKind.ADDRESS_ASKED: (Group.PEOPLE, "Second mail address asked for"),
    EventKind.ADDRESS_CONFIRMED: (Group.PEOPLE, "Second mail address confirmed"),
    EventKind.ADDRESS_REMOVED: (Group.PEOPLE, "Second mail address removed"),
    EventKind.CONSOLE_LINK_MADE: (Group.RECORDS, "Password link made on the console"),
}


def words_of(kind: EventKind) -> str:
    """What happened, as people read it."""
    return _KINDS[kind][1]


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of an account's audit log."""

    account_id: str
    seq: int
    """1, 2, 3 … within the account, without gaps."""
    kind: EventKind
    at: Instant
    actor_id: str | None
    """Who did it; None for the console, the system itself, and whoever did not prove it."""
    subject_id: str | None
    """Whom it happened to."""
    data: Mapping[str, str | int | bool]
    """Details without secrets."""
