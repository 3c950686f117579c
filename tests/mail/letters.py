"""Letters of every kind, for the tests of the mail adapter and of the delivery."""

from dataclasses import replace

from twofold.core.mail import Mail, MailKind, MailState
from twofold.core.people import Account, GuardPolicy, Person, PersonState, Role
from twofold.core.rules import at_once
from twofold.ports import Letter

PUBLIC_URL = "https://login.acme.example"
TOKEN = "x7Kq0p3vN9yZr1tB5uC8dE2fG4hJ6kLmQwSaPoIiUyT"
NOW = 1795530720
"""Tue 24 Nov 2026, 14:32 UTC."""
EXPIRES_AT = NOW + 14 * 86400

ACCOUNT = Account(
    id="acme", name="Acme Instruments", issuer="Acme", policy=at_once(0),
    switched_at=NOW, guard=GuardPolicy(), created_at=NOW,
)  # fmt: skip
PERSON = Person(
    id="ann", account_id="acme", name="Ann Example", email="ann@acme.example", role=Role.MEMBER,
    state=PersonState.ACTIVE, has_password=True, password_version=1, must_change_password=False,
    created_at=NOW,
)  # fmt: skip

SEEN = {"at": NOW, "browser": "Firefox on Windows"}
FROM = {"browser": "Firefox on Windows", "address": "203.0.113.7"}
LINK = {"token": TOKEN, "expires_at": EXPIRES_AT}
SECOND: dict[str, str | int] = {"second": "ann@home.example", "at": NOW}
ENTRY = {"entry": "Acme: ann@acme.example"}
BEN: dict[str, str | int] = {"whose": "Ben Example", "email": "ben@acme.example"}
WAIT: dict[str, str | int] = {**BEN, "mine": 0, "started_at": NOW, "ends_at": EXPIRES_AT}
GROUNDS = {"proof": "Called back on a known number", "ticket": "HD-4711", "reason": "Lost phone"}
ACTED = {**GROUNDS, "admin": "Olga Admin", "second": "", "at": NOW}
ASKED = {
    **GROUNDS, "admin": "Olga Admin", "whose": "Ben Example", "what": "Temporary pass",
    "at": NOW,
}  # fmt: skip
PARAMS: dict[MailKind, dict[str, str | int]] = {
    MailKind.INVITATION: {**LINK, "inviter": "Olga Admin", "requires_factor": 1},
    MailKind.SWITCHED_ON: {**LINK, "admin": "Olga Admin"},
    MailKind.SWITCHED_ON_ENROLLED: {"admin": "Olga Admin"},
    MailKind.REMINDER: {**LINK, "deadline": "Tue 8 Dec 2026, 09:00 CET", "days_left": 3},
    MailKind.DEADLINE_MOVED: {
        "admin": "Olga Admin",
        "before": "Tue 1 Dec 2026, 09:00 CET",
        "deadline": "Tue 8 Dec 2026, 09:00 CET",
        "reason": "Three weeks at sea",
    },
    MailKind.EXEMPTION_ENDS: {
        "whose": "Ben Example",
        "mine": 0,
        "deadline": "Tue 8 Dec 2026, 09:00 CET",
        "reason": "Works on a ship without a phone",
    },
    MailKind.DIGEST: {
        "group": "Sales",
        "enrolled": 18,
        "total": 20,
        "waiting": 2,
        "more": 0,
        "people": "Ben Example\tTue 8 Dec 2026, 09:00 CET\nEve Example\t",
    },
    MailKind.SWITCHED_OFF: {"admin": "Olga Admin"},
    MailKind.TEXT_TEST: {
        "shown": "switched-on",
        "language": "en",
        "subject": "Set up by {deadline}",
        "body": "Hello {name},\n\n{link}",
        "admin": "Olga Admin",
        "deadline": "Tue 8 Dec 2026, 09:00 CET",
        "days_left": 3,
        "expires_at": EXPIRES_AT,
    },
    MailKind.ENROL_LINK: LINK,
    MailKind.ENROLLED: {**SEEN, **ENTRY},
    MailKind.REPLACED: {**SEEN, **ENTRY},
    MailKind.ADDRESS_CHANGED: {
        "old": "ann@acme.example",
        "new": "ann@new.example",
        "admin": "Olga Admin",
        "at": NOW,
    },  # fmt: skip
    MailKind.EXCHANGE_SET: {"admin": "Olga Admin", "days": "Mon 7 to Wed 9 Dec 2026"},
    MailKind.PASSKEY_ADDED: {**SEEN, "passkey": "YubiKey"},
    MailKind.PASSKEY_RENAMED: {**SEEN, "passkey": "YubiKey", "new_name": "The blue one"},
    MailKind.PASSKEY_REMOVED: {**SEEN, "passkey": "YubiKey"},
    MailKind.PASSKEY_COPIED: {**FROM, "at": NOW, "passkey": "YubiKey"},
    MailKind.AUTHENTICATOR_ADDED: {**SEEN, **ENTRY},
    MailKind.AUTHENTICATOR_REMOVED: {**SEEN, **ENTRY},
    MailKind.RESYNCED: {**SEEN, "off": "3 minutes behind"},
    MailKind.RECOVERY_LINK: {"at": NOW, "whose": "Ben Example", "email": "ben@acme.example"},
    MailKind.RECOVERY_USED: {**SEEN, "left": 9},
    MailKind.RECOVERY_MADE: SEEN,
    MailKind.RECOVERY_ENDED: {"at": NOW},
    MailKind.CODE_FAILURES: {**FROM, "at": NOW},
    MailKind.PASSWORD_STOLEN: {**FROM, "at": NOW},
    MailKind.AUTHENTICATOR_DISABLED: {**FROM, "at": NOW},
    MailKind.ADMIN_ALERT: {
        "whose": "Ben Example",
        "email": "ben@acme.example",
        "at": NOW,
        "address": "203.0.113.7",
    },
    MailKind.BREAKER_ON: {"at": NOW},
    MailKind.APPLICATION_CHANGED: {
        "application": "Shop",
        "what": "Application added",
        "by": "Olga Admin",
        "at": NOW,
    },
    MailKind.BROWSER_LINK: {**LINK, **FROM},
    MailKind.CODE_LINK: {**LINK, **FROM},
    MailKind.UNLOCKED: ACTED,
    MailKind.SET_UP_AGAIN: {**ACTED, **LINK, "stopped": 1},
    MailKind.STOPPED: ACTED,
    MailKind.PASS_MADE: {**ACTED, "expires_at": EXPIRES_AT, "once": 1},
    MailKind.PASS_USED: {**SEEN, "expires_at": EXPIRES_AT, "once": 1},
    MailKind.SIGNED_OUT: ACTED,
    MailKind.HELP_ASKED: {**ASKED, "request": "request-1", "expires_at": EXPIRES_AT},
    MailKind.HELP_WAITS: {**ASKED, "request": "request-1", "expires_at": EXPIRES_AT},
    MailKind.HELP_REFUSED: {**ASKED, "by": "Otto Owner"},
    MailKind.PASSWORD_LINK: LINK,
    MailKind.PASSWORD_CHANGED: SEEN,
    MailKind.CONSOLE_LINK: {"at": NOW},
    MailKind.ADDRESS_LINK: LINK,
    MailKind.ADDRESS_ASKED: SECOND,
    MailKind.ADDRESS_ADDED: SECOND,
    MailKind.ADDRESS_REMOVED: SECOND,
    MailKind.WAIT_LINK: {**LINK, **FROM, "hours": 72},
    MailKind.WAIT_NOTICE: {**WAIT, "token": TOKEN},
    MailKind.WAIT_OPEN: LINK,
    MailKind.WAIT_OVER: {**WAIT, "token": TOKEN},
    MailKind.WAIT_STOPPED: {**BEN, "mine": 0, "at": NOW, "how": "By a complete sign-in"},
}
"""What each kind carries."""
LINKS = {
    MailKind.INVITATION: f"{PUBLIC_URL}/invitation/{TOKEN}",
    MailKind.SWITCHED_ON: f"{PUBLIC_URL}/enrol/{TOKEN}",
    MailKind.REMINDER: f"{PUBLIC_URL}/enrol/{TOKEN}",
    MailKind.ENROL_LINK: f"{PUBLIC_URL}/enrol/{TOKEN}",
    MailKind.PASSWORD_LINK: f"{PUBLIC_URL}/password/{TOKEN}",
    MailKind.BROWSER_LINK: f"{PUBLIC_URL}/sign-in/link/{TOKEN}",
    MailKind.CODE_LINK: f"{PUBLIC_URL}/sign-in/code/link/{TOKEN}",
    MailKind.ADDRESS_LINK: f"{PUBLIC_URL}/address/{TOKEN}",
    MailKind.WAIT_LINK: f"{PUBLIC_URL}/wait/{TOKEN}",
    MailKind.WAIT_NOTICE: f"{PUBLIC_URL}/wait/stop/{TOKEN}",
    MailKind.WAIT_OPEN: f"{PUBLIC_URL}/recover/{TOKEN}",
    MailKind.WAIT_OVER: f"{PUBLIC_URL}/wait/stop/{TOKEN}",
    MailKind.SET_UP_AGAIN: f"{PUBLIC_URL}/recover/{TOKEN}",
}


def letter(
    kind: MailKind = MailKind.SWITCHED_ON,
    *,
    person: Person = PERSON,
    account: Account = ACCOUNT,
    state: MailState = MailState.QUEUED,
    to_address: str | None = None,
    **params: str | int,
) -> Letter:
    """A letter of one kind with all that it carries; `params` replaces single values."""
    mail = Mail(
        id="mail-1",
        account_id=account.id,
        person_id=person.id,
        kind=kind,
        to_address=person.email if to_address is None else to_address,
        params=PARAMS[kind] | params,
        message_id="<mail-1@twofold.mail>",
        state=state,
        attempts=0,
        created_at=NOW,
        next_at=NOW,
        sent_at=None,
        last_error="",
    )
    return Letter(mail, person, account)


def without_token(sent: Letter, state: MailState) -> Letter:
    """The letter as it is stored once its token was dropped."""
    params = {key: value for key, value in sent.mail.params.items() if key != "token"}
    return replace(sent, mail=replace(sent.mail, params=params, state=state))
