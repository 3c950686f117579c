"""Applications that ask over the API: added, given new keys, ended; and who asks with a key.

`admitted` is the one door of the API: the key is looked at in the transaction of the act itself, so
that a key which was ended opens nothing from the commit of that on (promise P1).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar

from twofold.core import applications
from twofold.core.applications import (
    MOST_APPLICATIONS,
    TOUCH_EVERY,
    ApiCaller,
    ApiKey,
    Application,
    Scope,
    key_text,
    name_key,
)
from twofold.core.events import EventKind, words_of
from twofold.core.mail import MailKind
from twofold.core.people import Account, Instant, Person
from twofold.core.tokens import Purpose, digest
from twofold.flows.outbox import write_mail
from twofold.flows.setup import Refused
from twofold.ports import Tx

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NewKey:
    """Shown once: nothing but this value ever holds the key."""

    application: Application
    key: ApiKey
    text: str

    def __repr__(self) -> str:
        """Without the key."""
        return f"NewKey({self.key.id!r})"


@dataclass(frozen=True, slots=True)
class View:
    """An application with its keys, the newest first."""

    application: Application
    keys: Sequence[ApiKey]


@dataclass(frozen=True, slots=True)
class NoKey:
    """There is no such key, or it was ended."""


@dataclass(frozen=True, slots=True)
class NoScope:
    """The application may not do this."""

    scope: Scope


def make(
    tx: Tx,
    now: Instant,
    *,
    account: Account,
    actor: Person | None,
    name: str,
    scopes: tuple[Scope, ...],
) -> NewKey | Refused:
    """A new application with its first key. `actor` is None for the command line."""
    problem = applications.problem(name, scopes)
    if problem is not None:
        return Refused(*problem)
    tx.accounts.lock(account.id)
    alive = [one for one in tx.applications.of_account(account.id) if one.ended_at is None]
    if name_key(name) in {name_key(one.name) for one in alive}:
        return Refused("name", f"There is an application “{name.strip()}” already.")
    if len(alive) >= MOST_APPLICATIONS:
        return Refused("name", f"There are {MOST_APPLICATIONS} applications. End one first.")
    in_order = tuple(one for one in Scope if one in scopes)
    made = Application(tx.random.new_id(), account.id, " ".join(name.split()), in_order, now)
    tx.applications.add(made)
    _tell(tx, now, made, actor, EventKind.APPLICATION_MADE, scopes=" ".join(in_order))
    return _new_key(tx, now, made)


def rotate(
    tx: Tx,
    now: Instant,
    *,
    account: Account,
    actor: Person | None,
    application_id: str,
    overlap: int,
) -> NewKey | Refused | None:
    """A new key; those before it open nothing any more once `overlap` seconds have passed. None if
    the account has no such application, or it is ended.
    """
    problem = applications.overlap_problem(overlap)
    if problem is not None:
        return Refused("overlap", problem)
    found = _held(tx, account, application_id)
    if found is None:
        return None
    made = _new_key(tx, now, found)
    tx.applications.end_keys(found.id, now + overlap, keep=made.key.id)
    _tell(tx, now, found, actor, EventKind.KEY_MADE, key=made.key.id, old_end_at=now + overlap)
    return made


def end_key(
    tx: Tx, now: Instant, *, account: Account, actor: Person | None, key_id: str
) -> Application | None:
    """One key opens nothing any more, at once. None if there is none that still opens anything."""
    tx.accounts.lock(account.id)
    key = next((one for one in tx.applications.keys(account.id) if one.id == key_id), None)
    if key is None or not tx.applications.end_key(account.id, key_id, now):
        return None
    found = tx.applications.find(account.id, key.application_id)
    assert found is not None, "a key belongs to an application"
    _tell(tx, now, found, actor, EventKind.KEY_ENDED, key=key_id)
    return found


def end(
    tx: Tx, now: Instant, *, account: Account, actor: Person | None, application_id: str
) -> Application | None:
    """The application and all its keys, at once and for good. None if there is none to end."""
    found = _held(tx, account, application_id)
    if found is None or not tx.applications.end(found.id, now):
        return None
    tx.applications.end_keys(found.id, now)
    _tell(tx, now, found, actor, EventKind.APPLICATION_ENDED)
    return found


def list_applications(tx: Tx, *, account_id: str) -> Sequence[View]:
    """All of an account, the newest first."""
    keys = tx.applications.keys(account_id)
    return [
        View(one, [key for key in keys if key.application_id == one.id])
        for one in tx.applications.of_account(account_id)
    ]


def admitted(
    tx: Tx,
    now: Instant,
    flow: Callable[Concatenate[Tx, Instant, ApiCaller, P], T],
    key: bytes,
    scope: Scope,
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> T | NoKey | NoScope:
    """Run a flow for whoever has this key, if they may; in one transaction."""
    caller = who(tx, now, key=key)
    if caller is None:
        return NoKey()
    if scope not in caller.application.scopes:
        return NoScope(scope)
    return flow(tx, now, caller, *args, **kwargs)


def who(tx: Tx, now: Instant, *, key: bytes) -> ApiCaller | None:
    """Who asks with this key; None for a key that opens nothing."""
    found = tx.applications.by_key(key)
    if found is None:
        return None
    application, stored = found
    if application.ended_at is not None or not stored.is_alive(now):
        return None
    if stored.last_used_at is None or not 0 <= now - stored.last_used_at < TOUCH_EVERY:
        tx.applications.used(stored.id, now)
    return ApiCaller(application, stored, tx.accounts.get(application.account_id))


def _held(tx: Tx, account: Account, application_id: str) -> Application | None:
    """The application, unless it is ended; the account's row is held."""
    tx.accounts.lock(account.id)
    found = tx.applications.find(account.id, application_id)
    return found if found is not None and found.ended_at is None else None


def _new_key(tx: Tx, now: Instant, application: Application) -> NewKey:
    token = tx.random.token()
    key = ApiKey(tx.random.new_id(), application.account_id, application.id, now)
    tx.applications.add_key(key, digest(Purpose.API_KEY, token))
    return NewKey(application, key, key_text(token))


def _tell(
    tx: Tx,
    now: Instant,
    application: Application,
    actor: Person | None,
    kind: EventKind,
    **data: str | int,
) -> None:
    """The entry in the log, and a mail to every admin: whoever took one over is seen by the
    others.
    """
    tx.events.add(
        application.account_id,
        kind,
        now,
        actor_id=actor.id if actor else None,
        subject_id=None,
        data={"application": application.id, "name": application.name, **data},
    )
    for admin in tx.people.admins(application.account_id):
        write_mail(
            tx,
            now,
            admin,
            MailKind.APPLICATION_CHANGED,
            application=application.name,
            what=words_of(kind),
            by=actor.name if actor else "the operator, on the console",
            at=now,
        )
