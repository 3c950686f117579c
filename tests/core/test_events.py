"""The audit vocabulary."""

import re

from twofold.core.events import EventKind, Group, words_of


def test_every_word_says_what_happened_to_what() -> None:
    """`subject:action`, lower case, spelt once."""
    words = [kind.value for kind in EventKind]
    assert [word for word in words if not re.fullmatch(r"[a-z-]+(:[a-z-]+){1,2}", word)] == []
    assert len(set(words)) == len(words)


def test_words_are_kept_for_ever() -> None:
    """They are stored, and read by others' log tools: a renamed one would break both."""
    assert {kind.name: kind.value for kind in EventKind} == {
        "ACCOUNT_CREATED": "account:created",
        "ACCOUNT_RENAMED": "account:renamed",
        "POLICY_SWITCHED_ON": "policy:switched-on",
        "POLICY_TAKEN_BACK": "policy:taken-back",
        "POLICY_PAUSED": "policy:paused",
        "POLICY_RESUMED": "policy:resumed",
        "REPORT_ONLY": "policy:report-only-changed",
        "STANCE_CHANGED": "policy:offer-changed",
        "CALENDAR_CHANGED": "policy:calendar-changed",
        "DAYS_CHANGED": "policy:days-changed",
        "DEADLINE_MOVED": "person:deadline-moved",
        "LEAVE_SET": "person:leave-set",
        "EXEMPTED": "person:exempted",
        "EXEMPTION_ENDED": "person:exemption-ended",
        "NEAR_STOP": "sign-in:would-be-stopped",
        "POLICY_SWITCHED_OFF": "policy:switched-off",
        "POLICY_REFUSED": "policy:switch-refused",
        "PEOPLE_IMPORTED": "people:imported",
        "PEOPLE_EXPORTED": "people:exported",
        "REMINDED": "person:reminded",
        "PERSON_ADDED": "person:added",
        "PERSON_INVITED": "person:invited",
        "PERSON_ROLE_CHANGED": "person:role-changed",
        "PERSON_CHANGED": "person:changed",
        "PERSON_DISABLED": "person:disabled",
        "PERSON_ENABLED": "person:enabled",
        "GROUP_CREATED": "group:created",
        "GROUP_RENAMED": "group:renamed",
        "GROUP_DELETED": "group:deleted",
        "GROUP_LEAD_SET": "group:lead-set",
        "GROUP_ENTERED": "group:person-added",
        "GROUP_LEFT": "group:person-removed",
        "GROUP_EXCHANGE_SET": "group:exchange-set",
        "PASSWORD_SET": "password:set",
        "PASSWORD_CHANGED": "password:changed",
        "PASSWORD_LINK_SENT": "password:link-sent",
        "PASSWORD_WRONG": "password:wrong",
        "PASSWORD_PROVED": "password:proved",
        "SIGN_IN_STARTED": "sign-in:started",
        "SIGN_IN_COMPLETED": "sign-in:completed",
        "SIGN_IN_CANCELLED": "sign-in:cancelled",
        "SESSION_ENDED": "session:ended",
        "SESSIONS_ENDED": "sessions:ended",
        "ENROL_STARTED": "authenticator:set-up-started",
        "ENROL_CANCELLED": "authenticator:set-up-cancelled",
        "ENROLLED": "authenticator:added",
        "REPLACED": "authenticator:replaced",
        "AUTHENTICATOR_ADDED": "authenticator:one-more",
        "AUTHENTICATOR_RENAMED": "authenticator:renamed",
        "AUTHENTICATOR_REMOVED": "authenticator:removed",
        "ENROL_LINK_SENT": "authenticator:link-sent",
        "PASSKEY_ADDED": "passkey:added",
        "PASSKEY_RENAMED": "passkey:renamed",
        "PASSKEY_REMOVED": "passkey:removed",
        "PASSKEY_USED": "passkey:accepted",
        "PASSKEY_REFUSED": "passkey:refused",
        "PASSKEY_COPIED": "passkey:possibly-copied",
        "CODE_ACCEPTED": "code:accepted",
        "CODE_REFUSED": "code:refused",
        "RESYNCED": "code:clock-matched",
        "CLOCK_REPAIRED": "authenticator:clock-repaired",
        "RECOVERY_MADE": "recovery:codes-made",
        "RECOVERY_STORED": "recovery:codes-stored",
        "RECOVERY_ENDED": "recovery:codes-ended",
        "RECOVERY_USED": "recovery:code-used",
        "PAIR_MODE": "person:pair-mode",
        "PASSWORD_STOLEN": "password:counts-as-stolen",
        "AUTHENTICATOR_DISABLED": "authenticator:disabled",
        "AUTHENTICATOR_RESET": "authenticator:reset",
        "BREAKER_ON": "site:breaker-on",
        "SPRAY": "site:password-spray",
        "FLOOD": "site:password-flood",
        "PASS_MADE": "desk:pass-made",
        "PASS_USED": "desk:pass-used",
        "SET_UP_INVITED": "desk:set-up-invited",
        "SIGNED_OUT": "desk:sessions-ended",
        "HELP_ASKED": "desk:asked",
        "HELP_CONFIRMED": "desk:confirmed",
        "HELP_REFUSED": "desk:refused",
        "PROOFS_CHANGED": "policy:proofs-changed",
        "UNLOCKED": "person:unlocked",
        "BROWSER_LINK_SENT": "browser:link-sent",
        "BROWSER_LINK_USED": "browser:link-used",
        "BROWSER_TRUSTED": "browser:trusted",
        "BROWSER_ENDED": "browser:ended",
        "GUARD_CHANGED": "policy:guard-changed",
        "SITES_CHANGED": "policy:sites-changed",
        "SITE_ENTERED": "session:site-entered",
        "LANGUAGE_CHOSEN": "person:language-chosen",
        "MAIL_LANGUAGE_SET": "policy:mail-language-changed",
        "MAIL_TEXT_CHANGED": "policy:mail-text-changed",
        "APPLICATION_MADE": "application:made",
        "APPLICATION_ENDED": "application:ended",
        "KEY_MADE": "application:key-made",
        "KEY_ENDED": "application:key-ended",
        "EXPORTED": "audit:exported",
        "LOG_SEALED": "audit:sealed",
        "MAIL_OPENED": "mail:opened",
        "MAIL_BOUNCED": "mail:bounced",
        "MAIL_RELEASED": "mail:released",
        "RESTORED": "site:restored",
        "CONSOLE_LINK_MADE": "console:link-made",
        "RECOVERY_LINK_MADE": "console:recovery-link-made",
        "RECOVERY_LINK_USED": "recovery:link-used",
        "ADDRESS_ASKED": "address:asked",
        "ADDRESS_CONFIRMED": "address:confirmed",
        "ADDRESS_REMOVED": "address:removed",
        "WAIT_POLICY_SET": "policy:wait-changed",
        "WAIT_ASKED": "recovery:wait-asked",
        "WAIT_STARTED": "recovery:wait-started",
        "WAIT_STOPPED": "recovery:wait-stopped",
        "WAIT_OPENED": "recovery:wait-opened",
        "WAIT_USED": "recovery:wait-used",
        "WAIT_EXPIRED": "recovery:wait-expired",
    }


def test_every_kind_has_words_of_its_own_and_one_group() -> None:
    """What people read is a sentence's beginning, and says one thing."""
    words = [words_of(kind) for kind in EventKind]
    assert len(set(words)) == len(words)
    assert [text for text in words if not re.fullmatch(r"[A-Z][a-z' -]+(, [a-z ]+)?", text)] == []
    assert sorted(kind for group in Group for kind in group.kinds) == sorted(EventKind)


def test_every_group_has_kinds_and_words() -> None:
    """A filter that shows nothing would be a trap."""
    assert all(group.kinds and group.words for group in Group)
    assert len({group.words for group in Group}) == len(Group)
