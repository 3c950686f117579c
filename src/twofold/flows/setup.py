"""Making an account with its first owner: from the printed link or from the command line."""

from dataclasses import dataclass

from twofold.core import addresses, keyuri
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import Account, GuardPolicy, Instant, Person, PersonState, Role
from twofold.core.rules import FactorPolicy
from twofold.core.tokens import Purpose
from twofold.flows import links
from twofold.flows.links import LinkTrouble, OpenLink
from twofold.flows.outbox import record, write_mail
from twofold.flows.sign_in import From, SignedIn, finish
from twofold.ports import Tx


@dataclass(frozen=True, slots=True)
class Refused:
    """A field cannot be used; `sentence` says what to do."""

    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Founded:
    """An account with its owner."""

    account: Account
    owner: Person


@dataclass(frozen=True, slots=True)
class ConsoleLink:
    """A link made on the console. `owner` is None for a first-admin link."""

    token: str
    expires_at: Instant
    owner: Person | None


def needs_first_admin(tx: Tx) -> bool:
    """Whether the deployment has no account yet."""
    return tx.accounts.count() == 0


def first_admin_link(tx: Tx, now: Instant) -> ConsoleLink:
    """A new first-admin link; all earlier ones are dead."""
    token, expires_at = links.mint(tx, now, Purpose.FIRST_ADMIN, None)
    return ConsoleLink(token, expires_at, None)


def console_link(tx: Tx, now: Instant, *, email: str | None) -> ConsoleLink | Refused:
    """What `admin-link` prints: a first-admin link while nobody is there, afterwards a link that
    sets a new password for an owner or admin. It never signs in and never touches a second
    factor; the person is told by mail.
    """
    if needs_first_admin(tx):
        return first_admin_link(tx, now)
    person = tx.people.by_email(email) if email else tx.people.any_owner()
    if person is None or not person.role.is_admin or person.state is PersonState.DISABLED:
        return Refused("email", "No active owner or admin has this address.")
    token, expires_at = links.mint(tx, now, Purpose.PASSWORD, person)
    write_mail(tx, now, person, MailKind.CONSOLE_LINK, at=now)
    record(tx, now, EventKind.CONSOLE_LINK_MADE, person, actor_id=None)
    return ConsoleLink(token, expires_at, person)


def name_problems(*, name: str, email: str, organisation: str) -> list[Refused]:
    """Every field that cannot be used, each with its first problem."""
    checks = (
        ("name", addresses.name_problem(name)),
        ("email", addresses.problem(email)),
        ("organisation", addresses.name_problem(organisation)),
    )
    return [Refused(field, sentence) for field, sentence in checks if sentence]


def check_names(*, name: str, email: str, organisation: str) -> Refused | None:
    """The first field that cannot be used, or None."""
    problems = name_problems(name=name, email=email, organisation=organisation)
    return problems[0] if problems else None


def found(
    tx: Tx, now: Instant, *, name: str, email: str, organisation: str, encoded: str
) -> Founded | Refused:
    """Make an account and its owner. `encoded` is the Argon2 string of the owner's password."""
    if (refused := check_names(name=name, email=email, organisation=organisation)) is not None:
        return refused
    if tx.people.by_email(email) is not None:
        return Refused("email", f"{email.strip()} belongs to somebody here already.")
    return _make(tx, now, name=name, email=email, organisation=organisation, encoded=encoded)


def _make(
    tx: Tx, now: Instant, *, name: str, email: str, organisation: str, encoded: str
) -> Founded:
    account = Account(
        id=tx.random.new_id(),
        name=organisation.strip(),
        issuer=keyuri.suggest_issuer(organisation),
        policy=FactorPolicy(),
        switched_at=None,
        guard=GuardPolicy(),
        created_at=now,
    )
    owner = Person(
        id=tx.random.new_id(),
        account_id=account.id,
        name=name.strip(),
        email=email.strip(),
        role=Role.OWNER,
        state=PersonState.ACTIVE,
        has_password=True,
        password_version=1,
        must_change_password=False,
        created_at=now,
    )
    tx.accounts.add(account)
    tx.people.add(owner, password=encoded)
    record(tx, now, EventKind.ACCOUNT_CREATED, owner, actor_id=None, name=account.name)
    record(tx, now, EventKind.PERSON_ADDED, owner, actor_id=None, role=owner.role.value)
    return Founded(account, owner)


def found_by_link(
    tx: Tx,
    now: Instant,
    *,
    token: str,
    name: str,
    email: str,
    organisation: str,
    encoded: str,
    place: From,
) -> SignedIn | Refused | LinkTrouble:
    """The same from the printed link, which is used up only when the account was made. The
    owner, who has just chosen a password, goes on in a session of theirs.
    """
    opened = links.look(tx, now, purpose=Purpose.FIRST_ADMIN, token=token)
    if not isinstance(opened, OpenLink):
        return opened
    if not needs_first_admin(tx):
        return LinkTrouble.USED
    if (refused := check_names(name=name, email=email, organisation=organisation)) is not None:
        return refused
    # First the link, then the account: of two presses at once the second finds it used.
    if not tx.links.use(opened.link.id, now):
        return LinkTrouble.USED
    made = _make(tx, now, name=name, email=email, organisation=organisation, encoded=encoded)
    return finish(tx, now, made.owner, made.account, "/", place, methods=("pwd",))
