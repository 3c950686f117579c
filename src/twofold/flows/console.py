"""What the command line asks about the whole deployment; no page ever does."""

from collections.abc import Sequence

from twofold.core.mail import Mail
from twofold.core.people import Account, Instant, Person, PersonState
from twofold.core.sessions import Caller, Session
from twofold.flows.people import NO_LIMIT
from twofold.flows.setup import Refused
from twofold.ports import PersonRow, Tx

_STRETCH = 500
"""Mails read at a time."""


def choose_account(tx: Tx, *, name: str | None) -> Account | Refused:
    """The account of that name, or the only one there is."""
    accounts = tx.accounts.all()
    if not accounts:
        return Refused("account", "There is no account yet: make one with `twofold setup`.")
    if name is None and len(accounts) == 1:
        return accounts[0]
    names = ", ".join(account.name for account in accounts)
    if name is None:
        return Refused("account", f"There are several accounts, choose with --account: {names}.")
    found = [account for account in accounts if account.name.casefold() == name.strip().casefold()]
    if len(found) > 1:
        return Refused("account", f"Several accounts are called {name}.")
    return found[0] if found else Refused("account", f"No account is called {name}: {names}.")


def person_of(tx: Tx, *, account: Account, email: str) -> Person | Refused:
    """The person of the account with this address."""
    found = tx.people.by_email(email)
    if found is None or found.account_id != account.id:
        return Refused("email", f"Nobody of {account.name} has the address {email}.")
    return found


def as_admin(tx: Tx, now: Instant, *, account: Account, email: str) -> Caller | Refused:
    """An admin in whose name somebody with the console acts. There is no session: nothing is
    stored, and what asks for a fresh factor is not done this way.
    """
    person = person_of(tx, account=account, email=email)
    if isinstance(person, Refused):
        return person
    if not person.role.is_admin or person.state is not PersonState.ACTIVE:
        return Refused("by", f"{person.name} is no admin of {account.name}.")
    session = Session(
        id="",
        account_id=account.id,
        person_id=person.id,
        methods=(),
        password_at=0,
        factor_at=None,
        created_at=now,
        seen_at=now,
        trusted=False,
        browser_id=None,
        browser="console",
        address="",
    )
    enrolled = tx.authenticators.has_factor(person.id)
    return Caller(session, person, tx.accounts.get(account.id), enrolled)


def list_people(tx: Tx, *, account: str | None) -> list[tuple[Account, PersonRow]] | Refused:
    """Everybody of one account, or of all, in the order of accounts and addresses."""
    chosen = _accounts(tx, account)
    if isinstance(chosen, Refused):
        return chosen
    return [
        (one, row)
        for one in chosen
        for row in tx.people.page(one.id, search="", after="", limit=NO_LIMIT, only="")
    ]


def list_mails(tx: Tx, *, account: str | None) -> list[tuple[Account, Mail, Person]] | Refused:
    """The outbox of one account, or of all, newest first within each."""
    chosen = _accounts(tx, account)
    if isinstance(chosen, Refused):
        return chosen
    return [(one, mail, person) for one in chosen for mail, person in _all_mails(tx, one.id)]


def _accounts(tx: Tx, name: str | None) -> Sequence[Account] | Refused:
    if name is None:
        return tx.accounts.all()
    chosen = choose_account(tx, name=name)
    return chosen if isinstance(chosen, Refused) else [chosen]


def _all_mails(tx: Tx, account_id: str) -> list[tuple[Mail, Person]]:
    rows: list[tuple[Mail, Person]] = []
    before = ""
    while stretch := tx.mails.page(account_id, before=before, limit=_STRETCH):
        rows.extend(stretch)
        before = stretch[-1][0].id
    return rows
