"""Accounts, people and what belongs to them, ready to be stored."""

from twofold.core.attempts import Attempt, AttemptPurpose, Outcome, Source
from twofold.core.authenticators import AuthenticatorState, Totp
from twofold.core.browsers import Browser
from twofold.core.mail import Mail, MailKind, MailState
from twofold.core.people import Account, GuardPolicy, Person, PersonState, Role
from twofold.core.rules import FactorPolicy
from twofold.core.sessions import Session, SignIn, Stage
from twofold.core.tokens import Link, Purpose, digest
from twofold.ports import Store, Tx

NOW = 1_789_000_000
SECRET = b"12345678901234567890"
TOKEN = digest(Purpose.SESSION, "a token")


def account(id_: str = "acme") -> Account:
    """An organisation with two-factor authentication off."""
    return Account(id_, f"{id_} Ltd", id_, FactorPolicy(), None, GuardPolicy(), NOW)


def person(id_: str = "ann", account_id: str = "acme", **other: object) -> Person:
    """An active member; `other` replaces fields."""
    values: dict[str, object] = {
        "id": id_,
        "account_id": account_id,
        "name": id_.capitalize(),
        "email": f"{id_}@example.org",
        "role": Role.MEMBER,
        "state": PersonState.ACTIVE,
        "has_password": True,
        "password_version": 1,
        "must_change_password": False,
        "created_at": NOW,
    }
    return Person(**{**values, **other})  # type: ignore[arg-type]


def totp(
    id_: str = "t1",
    person_id: str = "ann",
    state: AuthenticatorState = AuthenticatorState.PENDING,
    secret: bytes = SECRET,
) -> Totp:
    """An authenticator that accepted no code yet."""
    return Totp(
        id=id_,
        account_id="acme",
        person_id=person_id,
        state=state,
        secret=secret,
        issuer="Acme",
        label="Acme:ann@example.org",
        created_at=NOW,
        begun_in="s1",
        confirmed_at=None if state is AuthenticatorState.PENDING else NOW,
        disabled_at=None,
        last_step=0,
        drift=0,
        last_offset=0,
    )


def attempt(id_: str, at: int = NOW, outcome: Outcome = Outcome.RESERVED) -> Attempt:
    """A submitted code of Ann's."""
    source = Source("192.0.2.1", "Firefox on Linux")
    return Attempt(
        id_, "acme", "ann", AttemptPurpose.SIGN_IN, outcome, at, None, None, False, source
    )


def sign_in(id_: str = "i1", person_id: str = "ann", password_version: int = 1) -> SignIn:
    """A half-finished sign-in of 15 minutes."""
    return SignIn(
        id_, "acme", person_id, Stage.CODE, password_version, "/account", 0, False, NOW, NOW + 900
    )


def session(id_: str = "s1", person_id: str = "ann", factor_at: int | None = NOW) -> Session:
    """A session that has just begun."""
    methods = ("pwd",) if factor_at is None else ("pwd", "otp")
    return Session(
        id=id_,
        account_id="acme",
        person_id=person_id,
        methods=methods,
        password_at=NOW,
        factor_at=factor_at,
        created_at=NOW,
        seen_at=NOW,
        trusted=False,
        browser_id=None,
        browser="Firefox on Linux",
        address="192.0.2.1",
    )


def link(id_: str = "l1", person_id: str | None = "ann", purpose: Purpose = Purpose.ENROL) -> Link:
    """A link that lives an hour."""
    account_id = None if person_id is None else "acme"
    return Link(id_, purpose, account_id, person_id, 1, NOW, NOW + 3600, None)


def mail(id_: str = "m1", person_id: str = "ann", account_id: str = "acme") -> Mail:
    """A mail that is due now."""
    return Mail(
        id=id_,
        account_id=account_id,
        person_id=person_id,
        kind=MailKind.INVITATION,
        to_address=f"{person_id}@example.org",
        params={"token": "a-token-that-opens-something", "hours": 336},
        message_id=f"<{id_}@example.org>",
        state=MailState.QUEUED,
        attempts=0,
        created_at=NOW,
        next_at=NOW,
        sent_at=None,
        last_error="",
    )


def browser(id_: str = "b1", person_id: str = "ann", account_id: str = "acme") -> Browser:
    """A known browser that may not skip the code."""
    return Browser(id_, account_id, person_id, "Firefox on Linux", "192.0.2.1", NOW, NOW, None, "")


def add_ann(tx: Tx) -> None:
    """The account Acme with Ann in it."""
    tx.accounts.add(account())
    tx.people.add(person(), password="$argon2id$ann")


def with_ann(store: Store) -> Store:
    """The store, with Acme and Ann in it."""
    store.call(add_ann)
    return store


def number(value: int) -> bytes:
    """A token digest that differs for each number."""
    return digest(Purpose.SESSION, str(value))
