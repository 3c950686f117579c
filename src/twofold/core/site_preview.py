"""What the rules of protected sites would do with one person at one address: asked of the function
that decides, with a session of each shape that there can be.
"""

from dataclasses import dataclass

from twofold.core.people import HOUR, MINUTE, Account, Instant, Person, PersonState
from twofold.core.sessions import PASS, Caller, Session
from twofold.core.site_urls import host_of
from twofold.core.sites import Site, SiteRule, Sites, Verdict, decide

SHAPES: tuple[tuple[str, tuple[str, ...], int, bool], ...] = (
    ("With the password alone", ("pwd",), 0, False),
    ("In a trusted browser, without a code", ("pwd",), 0, True),
    ("With a temporary pass", ("pwd", PASS), 0, False),
    ("With a code, just now", ("pwd", "otp"), 0, False),
    ("With a code, 55 minutes ago", ("pwd", "otp"), 55 * MINUTE, False),
    ("With a passkey, just now", ("pwd", "hwk"), 0, False),
    ("With a passkey, 55 minutes ago", ("pwd", "hwk"), 55 * MINUTE, False),
)
"""How somebody may be signed in: the words, the methods, how long ago, whether the code was
skipped."""
WORDS = {
    Verdict.ALLOWED: "Opens.",
    Verdict.SIGN_IN: "Asked to sign in.",
    Verdict.PROVE: "Asked for a stronger or fresher proof.",
    Verdict.DENIED: "Stays shut.",
}


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would happen."""

    site: Site
    rule: SiteRule | None
    """None where no rule decides, or the address is ambiguous: it stays shut."""
    rows: tuple[tuple[str, Verdict], ...]
    """How somebody is signed in, and what becomes of it."""


def site_at(sites: Sites, url: str) -> tuple[Site, str] | None:
    """The site of an address and the target behind it; None where no site lives there."""
    scheme, _, rest = url.strip().partition("://")
    authority, slash, path = rest.partition("/")
    host = host_of(authority)
    for site in sites:
        if site.origin.host == host and site.origin.scheme == scheme.lower():
            is_there = authority.lower() == site.origin.authority
            return (site, slash + path or "/") if is_there else None
    return None


def outlook(
    site: Site, target: str, account: Account, person: Person, now: Instant, *, enrolled: bool
) -> Outlook:
    """What happens to the person at this target of the site, for each way of being signed in."""
    rule = site.rule_for(target)
    rows = [("Not signed in", decide(account.id, rule, None, now))]
    for words, methods, ago, trusted in SHAPES:
        caller = None
        if person.state is PersonState.ACTIVE:
            session = _session(person, methods, now - ago, now, trusted=trusted)
            caller = Caller(session, person, account, enrolled)
        rows.append((words, decide(account.id, rule, caller, now)))
    return Outlook(site, rule, tuple(rows))


def _session(
    person: Person, methods: tuple[str, ...], at: Instant, now: Instant, *, trusted: bool
) -> Session:
    proved = len(methods) > 1 and PASS not in methods
    return Session(
        id="",
        account_id=person.account_id,
        person_id=person.id,
        methods=methods,
        password_at=at,
        factor_at=at if proved else None,
        created_at=at,
        seen_at=now,
        trusted=trusted,
        browser_id=None,
        browser="",
        address="",
        ends_at=now + HOUR if PASS in methods else None,
    )
