"""The repositories of a transaction, one Protocol per noun."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from twofold.core.events import Event, EventKind, Seal
from twofold.core.mail import MailKind, MailState
from twofold.core.people import (
    Account,
    Credential,
    GuardPolicy,
    Instant,
    Person,
    PersonState,
    Role,
)
from twofold.core.rules import Duty, FactorPolicy
from twofold.core.sessions import Caller, HalfCaller, Session, SignIn, Stage
from twofold.core.tokens import Link, Purpose


class Accounts(Protocol):
    """Organisations."""

    def add(self, account: Account) -> None: ...
    def get(self, account_id: str) -> Account: ...
    def lock(self, account_id: str) -> Account:
        """The account, its row locked until the transaction ends."""
        ...

    def set_policy(
        self, account_id: str, policy: FactorPolicy, *, switched_at: Instant | None
    ) -> None:
        """Ask this from now on. The caller holds the account's row."""
        ...

    def rename(self, account_id: str, *, name: str, issuer: str) -> None: ...
    def set_guard(self, account_id: str, guard: GuardPolicy) -> None: ...
    def set_wait_hours(self, account_id: str, hours: int) -> None: ...
    def set_language(self, account_id: str, language: str) -> None: ...
    def count(self) -> int: ...
    def all(self) -> Sequence[Account]:
        """Every account of the deployment, oldest first; for the command line."""
        ...


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A line of the people table: the person and what one wants to see beside the name."""

    person: Person
    enrolled: bool
    last_mail_kind: MailKind | None
    last_mail_state: MailState | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts over the people of an account; disabled people are left out of all but `disabled`."""

    people: int
    enrolled: int
    admins_enrolled: int
    disabled: int
    """People who may not sign in, not part of `people`."""
    unreachable: int
    """People whose latest mail failed for good or came back."""


class People(Protocol):
    """The people of all accounts. Every look-up by id names the account: foreign ids are None."""

    def add(self, person: Person, *, password: str | None) -> None:
        """Insert; `password` is an Argon2 string. Raises `ValueError` if the address is taken."""
        ...

    def find(self, account_id: str, person_id: str) -> Person | None: ...
    def by_email(self, email: str) -> Person | None:
        """By `core.people.email_key(email)`, over the whole deployment."""
        ...

    def by_external_id(self, account_id: str, external_id: str) -> Person | None:
        """Whom another directory calls so, in this account."""
        ...

    def stand_in(self) -> None:
        """Read somebody, whoever it is, and tell nothing: for nobody the same work as for
        somebody, rows and all (mechanism 72).
        """
        ...

    def hold(self, person_id: str) -> None:
        """The same lock as that of `lock`, for whoever has the person already."""
        ...

    def lock(self, person_id: str) -> Person:
        """The person, the row locked until the transaction ends: what changes factors, counts
        failures or moves a sign-in comes through here first. Raises `NotFound`.
        """
        ...

    def credential(self, person_id: str) -> Credential: ...
    def set_password(self, person_id: str, encoded: str, *, expected_version: int) -> bool:
        """Store a new password, raise the version, make an invited person active.
        False if the version was not the expected one.
        """
        ...

    def rehash(self, person_id: str, encoded: str, *, expected_version: int) -> None:
        """The same password under newer Argon2 settings; the version stays."""
        ...

    def mark_stolen(self, person_id: str, at: Instant) -> None:
        """The password counts as stolen until `set_password` stores a new one."""
        ...

    def set_state(self, person_id: str, state: PersonState) -> None: ...
    def set_role(self, person_id: str, role: Role) -> None: ...
    def set_details(
        self, person_id: str, *, name: str, language: str, zone: str, external_id: str
    ) -> None:
        """What a directory says about somebody; the caller holds the row."""
        ...

    def set_email(self, person_id: str, email: str) -> None:
        """Another address, which nobody has. The caller holds the row."""
        ...

    def set_language(self, person_id: str, language: str) -> None:
        """Write to them in another language; "" for the account's."""
        ...

    def set_duty(self, person_id: str, duty: Duty) -> None:
        """When the second factor that is asked of them is due. The caller holds the row."""
        ...

    def seen(self, person_id: str, at: Instant) -> None:
        """Note that the person has signed in."""
        ...

    def keys(self, account_id: str) -> Mapping[str, Person]:
        """All people of an account by `email_key`, for an import's preview."""
        ...

    def taken(self, keys: Sequence[str]) -> set[str]:
        """Which of these `email_key`s exist anywhere in the deployment."""
        ...

    def page(
        self, account_id: str, *, search: str, after: str, limit: int, only: str
    ) -> Sequence[PersonRow]:
        """Rows in the order of `email_key`, those after the key `after`; `search` matches name
        or address; `only` is "" or "enrolled", "not-enrolled", "failed-mail", "disabled".
        """
        ...

    def all_active(self, account_id: str) -> Sequence[tuple[Person, bool]]:
        """Everybody who may sign in or is invited, with whether they are enrolled."""
        ...

    def admins(self, account_id: str) -> Sequence[Person]: ...
    def tally(self, account_id: str) -> Tally: ...
    def roles(self, account_id: str) -> Mapping[Role, int]:
        """How many people of each role there are, the disabled left out; no role without people."""
        ...

    def any_owner(self) -> Person | None:
        """The oldest active owner of the deployment, for the console's recovery link."""
        ...


class SignIns(Protocol):
    """Half-finished sign-ins."""

    def add(self, sign_in: SignIn, token: bytes) -> None: ...
    def by_token(self, token: bytes, now: Instant) -> HalfCaller | None:
        """Alive, of a person who may sign in, with the password version it was made under."""
        ...

    def expired_return(self, token: bytes) -> str | None:
        """The address of the person whose sign-in with this token ran out, else None: the page
        then says why and keeps the name (WCAG 3.3.7).
        """
        ...

    def add_failure(self, sign_in_id: str) -> int:
        """Count one wrong code in this sign-in; the new count."""
        ...

    def finish(self, sign_in_id: str) -> bool:
        """Consume it: true for exactly one caller."""
        ...

    def open_link(self, sign_in_id: str) -> bool:
        """A link mailed for this sign-in was opened in its browser; false if it is over."""
        ...

    def set_stage(self, sign_in_id: str, stage: Stage) -> None: ...
    def end_all(self, person_id: str) -> int: ...
    def purge(self, before: Instant) -> int: ...


class Sessions(Protocol):
    """Complete sessions."""

    def add(self, session: Session, token: bytes) -> None: ...
    def by_token(self, token: bytes, now: Instant) -> Caller | None:
        """Alive, of an active person. One indexed read; the hot path of every page."""
        ...

    def touch(self, session_id: str, at: Instant) -> None: ...
    def renew(
        self,
        session_id: str,
        token: bytes,
        *,
        methods: tuple[str, ...],
        password_at: Instant,
        factor_at: Instant | None,
        ends_at: Instant | None,
    ) -> bool:
        """A new id for the same session at a change of assurance; the old token is dead."""
        ...

    def end(self, session_id: str) -> bool: ...
    def end_all(self, person_id: str, *, keep: str = "") -> int:
        """End the person's sessions, all but the one with the id `keep`; how many."""
        ...

    def end_by_pass(self, person_id: str) -> int:
        """End the person's sessions that a temporary pass opened; how many."""
        ...

    def open_people(self, account_id: str, seen_after: Instant) -> set[str]:
        """The ids of the people of the account with a session used since then."""
        ...

    def end_unproven(self, account_id: str) -> int:
        """End every session of the account that no second factor opened; how many."""
        ...

    def of(self, person_id: str) -> Sequence[Session]: ...
    def purge(self, created_before: Instant, seen_before: Instant) -> int: ...


class Links(Protocol):
    """One-time links."""

    def add(self, link: Link, token: bytes) -> None: ...
    def find(self, purpose: Purpose, token: bytes) -> Link | None:
        """The link, used and expired ones too (the page says which)."""
        ...

    def use(self, link_id: str, now: Instant) -> bool:
        """Consume it: true for exactly one caller, and only while it is alive (promise P2)."""
        ...

    def end_all(self, person_id: str, purpose: Purpose) -> int:
        """Kill the person's unused links of one purpose; how many."""
        ...

    def end_purpose(self, purpose: Purpose) -> int:
        """Kill every unused link of one purpose; how many."""
        ...


class Events(Protocol):
    """The audit log."""

    def add(
        self,
        account_id: str,
        kind: EventKind,
        at: Instant,
        *,
        actor_id: str | None,
        subject_id: str | None,
        data: Mapping[str, str | int | bool],
    ) -> None:
        """Append the account's next entry in this transaction."""
        ...

    def of(self, account_id: str, *, limit: int) -> Sequence[Event]: ...
    def page(
        self,
        account_id: str,
        *,
        before: int,
        limit: int,
        kinds: Sequence[EventKind] = (),
        person_id: str | None = None,
        since: Instant | None = None,
        until: Instant | None = None,
    ) -> Sequence[Event]:
        """Newest first, those before the number `before` (0 for the newest). Only of `kinds`
        (none for all), done by or to `person_id`, at or after `since` and before `until`.
        """
        ...

    def verify(self, account_id: str) -> int | None:
        """The number of the first entry that is changed, missing or too many; None if the chain
        holds from the first entry to the newest.
        """
        ...

    def seal(self, account_id: str) -> Seal:
        """How the newest entry is sealed, with a key that whoever has only the database lacks."""
        ...

    def moment(self, account_id: str, seq: int) -> Instant | None:
        """When the entry with this number says that it happened; None if there is none."""
        ...


class Uploads(Protocol):
    """CSV files between preview and import, sealed at rest, gone after an hour."""

    def add(
        self, upload_id: str, account_id: str, person_id: str, content: bytes, at: Instant
    ) -> None: ...
    def take(self, upload_id: str, account_id: str, person_id: str) -> bytes | None:
        """The content, deleted with the taking; None if it is not there or not theirs."""
        ...

    def peek(self, upload_id: str, account_id: str, person_id: str) -> bytes | None: ...
    def purge(self, before: Instant) -> int: ...
