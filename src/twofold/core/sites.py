"""Protected sites: which page of which site asks for what, and what that means for one person.

A site says rule by rule what it needs; the most specific rule decides, and no rule means no. What
somebody's session is worth is asked of the same functions as on the pages of Twofold itself.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from twofold.core.people import MINUTE, Instant, Person, PersonKind, Role
from twofold.core.policy import lacks_passkey, session_suffices
from twofold.core.rules import Target, TargetKind
from twofold.core.sessions import PASSKEYS, SECOND_FACTORS, Caller, Session
from twofold.core.site_urls import Origin, plain_path, readings

MAX_SITES, MAX_RULES, MAX_FRESH = 100, 200, 24 * 60
"""Sites of an account, rules of a site, and minutes for which a proof may count as fresh."""
TICKET_LIFETIME = 30
"""Seconds from Twofold's page to the site's."""
BEGUN_LIFETIME = 60 * MINUTE
"""Seconds for which a browser remembers that it went off to sign in: as long as that may take."""


class Assurance(StrEnum):
    """What a page asks of the session, from least to most."""

    PUBLIC = "public"
    SESSION = "session"
    FACTOR = "second factor"
    """One was proved in this very session; a trusted browser or a temporary pass is none."""
    PASSKEY = "phishing-resistant"
    """A passkey was proved in this session."""


@dataclass(frozen=True, slots=True)
class SiteRule:
    """What one path, or everything under it, asks for."""

    path: str
    """Decoded, beginning with a slash and without one at its end, or "/" alone."""
    exact: bool
    """This path alone, and nothing under it."""
    assurance: Assurance
    only: tuple[Target, ...] = ()
    """Open to these alone, if any are named: to a group, or to a role and those above it."""
    fresh: int = 0
    """Minutes within which the last proof must lie; 0 for any time."""

    def covers(self, person: Person) -> bool:
        """Whether the rule is open to this person at all."""
        return not self.only or any(_is_among(person, one) for one in self.only)


def _is_among(person: Person, target: Target) -> bool:
    if target.kind is TargetKind.ROLE:
        return person.role.rank >= Role(target.value).rank
    return target.covers(person.role.value, person.groups)


@dataclass(frozen=True, slots=True)
class Site:
    """One protected site with its rules, made ready for look-ups once."""

    origin: Origin
    rules: tuple[SiteRule, ...]
    _found: "_Paths" = field(init=False, repr=False, compare=False)
    _folded: "_Paths" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = _Paths(
            {rule.path: rule for rule in self.rules if rule.exact},
            {rule.path: rule for rule in self.rules if not rule.exact},
        )
        object.__setattr__(self, "_found", found)
        object.__setattr__(self, "_folded", found.folded())

    def rule_for(self, uri: str) -> SiteRule | None:
        """The rule that decides about a request's target; None where there is none, where the
        target is ambiguous, and where another server could read it under another rule.
        """
        path = plain_path(uri)
        if path is None:
            return None
        rule = self._found.most_specific(path)
        for reading in readings(path):
            if self._folded.most_specific(reading) is not rule:
                return None
        return rule


@dataclass(frozen=True, slots=True)
class _Paths:
    """Rules by their paths: for these alone, and for everything under them."""

    exact: dict[str, SiteRule]
    under: dict[str, SiteRule]

    def folded(self) -> "_Paths":
        """The same in lower case."""
        return _Paths(
            *({p.lower(): r for p, r in rules.items()} for rules in (self.exact, self.under))
        )

    def most_specific(self, path: str) -> SiteRule | None:
        """The rule for this very path, else the one for the longest path above it."""
        found = self.exact.get(path) or self.under.get(path)
        while found is None and path != "/":
            path = path[: path.rfind("/")] or "/"
            found = self.under.get(path)
        return found


Sites = tuple[Site, ...]
"""All protected sites of an account: the one value that an admin changes."""


class Verdict(StrEnum):
    """What is to happen with a request."""

    ALLOWED = "allowed"
    SIGN_IN = "sign in"
    """There is no session that opens anything yet."""
    PROVE = "prove"
    """There is one; a factor, a stronger one, or a fresher proof is missing."""
    DENIED = "denied"


def decide(account_id: str, rule: SiteRule | None, caller: Caller | None, now: Instant) -> Verdict:
    """What becomes of a request for a page of the account under this rule."""
    if rule is None:
        return Verdict.DENIED
    if rule.assurance is Assurance.PUBLIC:
        return Verdict.ALLOWED
    if caller is None or not opens_pages(caller, now):
        return Verdict.SIGN_IN
    if caller.account.id != account_id or not rule.covers(caller.person):
        return Verdict.DENIED
    return Verdict.ALLOWED if _suffices(rule, caller.session, now) else Verdict.PROVE


def is_known(visit: "Visit", rule: SiteRule | None, now: Instant) -> bool:
    """Whether the site of a request that is allowed may be told who asks. Where the page is not
    public, that was decided already.
    """
    if visit.caller is None or visit.caller.account.id != visit.account_id:
        return False
    is_public = rule is None or rule.assurance is Assurance.PUBLIC
    return not is_public or opens_pages(visit.caller, now)


def opens_pages(caller: Caller, now: Instant) -> bool:
    """Whether the session would open Twofold's own pages: not before a demanded set-up, a new
    password in place of a stolen one, or a demanded passkey.
    """
    return (
        caller.person.kind is PersonKind.PERSON
        and session_suffices(
            caller.account,
            caller.person,
            now,
            enrolled=caller.enrolled,
            methods=caller.session.methods,
            trusted=caller.session.trusted,
        )
        and not caller.person.must_change_password
        and not lacks_passkey(caller.account, caller.person, caller.session.methods)
    )


def _suffices(rule: SiteRule, session: Session, now: Instant) -> bool:
    methods = session.methods
    if rule.assurance is Assurance.FACTOR and SECOND_FACTORS.isdisjoint(methods):
        return False
    if rule.assurance is Assurance.PASSKEY and PASSKEYS.isdisjoint(methods):
        return False
    if not rule.fresh:
        return True
    proved_at = session.factor_at or 0
    if rule.assurance is Assurance.SESSION:
        proved_at = max(proved_at, session.password_at)
    return 0 <= now - proved_at <= rule.fresh * MINUTE


@dataclass(frozen=True, slots=True)
class Visit:
    """What one look-up finds about a request to a protected site."""

    site: Site
    account_id: str
    caller: Caller | None
    """Whose pass the browser showed, if its session is alive."""
    groups: tuple[str, ...] = ()
    """The names of the caller's groups."""
