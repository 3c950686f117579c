"""Protected sites: naming them, looking at what would happen, and the way of a session to them."""

from collections.abc import Mapping
from dataclasses import dataclass

from twofold.core.events import EventKind
from twofold.core.people import Account, Instant
from twofold.core.sessions import Caller
from twofold.core.site_preview import Outlook, outlook, site_at
from twofold.core.site_text import Wrong, read_sites, write_sites
from twofold.core.sites import TICKET_LIFETIME, Site, SiteRule, Sites, Verdict, decide
from twofold.core.tokens import Purpose, digest
from twofold.flows.outbox import record
from twofold.flows.setup import Refused
from twofold.ports import Tx

NAMED = 200
"""Characters of host names that an entry of the log holds."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The protected sites of an account."""

    sites: Sites
    names: Mapping[str, str]
    """The account's groups: name by id."""

    @property
    def text(self) -> str:
        """As an admin writes them."""
        return write_sites(self.sites, self.names)


def list_sites(tx: Tx, *, account_id: str) -> Listed:
    """The sites of the account and the words of its groups."""
    names = {group.id: group.name for group in tx.groups.of_account(account_id)}
    return Listed(tx.protected.of_account(account_id), names)


def read_text(tx: Tx, *, account_id: str, text: str, own_host: str) -> Listed | Wrong:
    """The sites in a text, or the first thing that is wrong in it; changes nothing."""
    names = {group.id: group.name for group in tx.groups.of_account(account_id)}
    by_name = {name: id_ for id_, name in names.items()}
    found = read_sites(text, by_name, own_host=own_host)
    return found if isinstance(found, Wrong) else Listed(found, names)


@dataclass(frozen=True, slots=True)
class SitesSet:
    """Saved; whether anything changed."""

    listed: Listed
    changed: bool


def set_sites(
    tx: Tx, now: Instant, *, caller: Caller, text: str, own_host: str
) -> SitesSet | Wrong:
    """Protect these sites by these rules from the next request on, and no others."""
    account = tx.accounts.lock(caller.account.id)
    asked = read_text(tx, account_id=account.id, text=text, own_host=own_host)
    if isinstance(asked, Wrong):
        return asked
    before = {site.origin: site for site in tx.protected.of_account(account.id)}
    after = {site.origin: site for site in asked.sites}
    if before == after:
        return SitesSet(asked, changed=False)
    taken = tx.protected.replace(account.id, asked.sites)
    if taken is not None:
        return Wrong(0, f"{taken} is protected by another account of this server.")
    changes = {
        "added": [one for one in after if one not in before],
        "removed": [one for one in before if one not in after],
        "changed": [one for one in after if one in before and before[one] != after[one]],
    }
    said = {name: ", ".join(map(str, found))[:NAMED] for name, found in changes.items() if found}
    record(tx, now, EventKind.SITES_CHANGED, caller.person, actor_id=caller.person.id, **said)
    return SitesSet(asked, changed=True)


def preview(
    tx: Tx, now: Instant, *, account: Account, sites: Sites, url: str, email: str
) -> Outlook | Refused:
    """What would happen to a person at an address; changes nothing."""
    found = site_at(sites, url)
    if found is None:
        return Refused("url", "No site of the list lives at this address.")
    person = tx.people.by_email(email)
    if person is None or person.account_id != account.id:
        return Refused("email", f"Nobody of {account.name} has this address.")
    enrolled = tx.authenticators.has_factor(person.id)
    return outlook(*found, account, person, now, enrolled=enrolled)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules say about a caller who wants to go to a page of a site."""

    site: Site
    rule: SiteRule | None
    verdict: Verdict
    ticket: str = ""
    """Where it is allowed: what hands the session over, once."""


def hand_over(
    tx: Tx, now: Instant, *, caller: Caller, host: str, page: str, begun: bytes
) -> Judged | None:
    """A ticket for the site, where the rules let the caller see the page; None for a site that
    nobody protects. `begun` is the digest of what the browser keeps that went off from there.
    """
    found = tx.protected.visit(host, b"", now)
    if found is None:
        return None
    rule = found.site.rule_for(page)
    verdict = decide(found.account_id, rule, caller, now)
    if verdict is not Verdict.ALLOWED or caller.account.id != found.account_id:
        return Judged(found.site, rule, Verdict.DENIED if verdict is Verdict.ALLOWED else verdict)
    token = tx.random.token()
    tx.protected.add_ticket(
        digest(Purpose.SITE_TICKET, token),
        session_id=caller.session.id,
        host=host,
        begun=begun,
        expires_at=now + TICKET_LIFETIME,
    )
    return Judged(found.site, rule, verdict, token)


def enter(tx: Tx, now: Instant, *, host: str, ticket: str, begun: str) -> str | None:
    """The token of a pass for this site in exchange for a ticket; None if it is none, of another
    site, of another browser, used or too old, or its session has ended.
    """
    session_id = tx.protected.take_ticket(
        digest(Purpose.SITE_TICKET, ticket),
        host=host,
        begun=digest(Purpose.SITE_BEGUN, begun),
        now=now,
    )
    caller = tx.protected.owner_of(session_id) if session_id is not None else None
    if caller is None:
        return None
    token = tx.random.token()
    tx.protected.add_pass(
        digest(Purpose.SITE_PASS, token), session_id=caller.session.id, host=host, at=now
    )
    record(tx, now, EventKind.SITE_ENTERED, caller.person, actor_id=caller.person.id, site=host)
    return token
