"""Protected sites, and the tickets and passes with which a session reaches them."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
)

from twofold.core.people import Instant, PersonState
from twofold.core.rules import Target, TargetKind
from twofold.core.sessions import Caller
from twofold.core.site_urls import Origin
from twofold.core.sites import Assurance, Site, SiteRule, Sites, Visit
from twofold.storage import sessions as rows
from twofold.storage.accounts import ACCOUNT
from twofold.storage.people_rows import ENROLLED, PERSON
from twofold.storage.rollout_tables import groups, memberships
from twofold.storage.site_tables import site_passes, site_tickets, sites
from twofold.storage.statements import Statement
from twofold.storage.tables import accounts, fixed, people, sessions

BETWEEN = "\n"
"""Between the names of groups in one column; no name holds it."""


def _names(joined: ColumnElement[str]) -> ScalarSelect[str]:
    return (
        select(joined)
        .select_from(groups.join(memberships, memberships.c.group_id == groups.c.id))
        .where(memberships.c.person_id == people.c.id)
        .scalar_subquery()
    )


def _visit(names: ScalarSelect[str]) -> Select[Any]:
    """The site of a host, with whoever shows a living pass for it."""
    shown = and_(site_passes.c.token_hash == bindparam("token"), site_passes.c.host == sites.c.host)
    alive = and_(
        sessions.c.id == site_passes.c.session_id,
        sessions.c.created_at > bindparam("created_after"),
        sessions.c.seen_at > bindparam("seen_after"),
        or_(sessions.c.ends_at.is_(None), sessions.c.ends_at > bindparam("now")),
    )
    active = and_(people.c.id == sessions.c.person_id, people.c.state == fixed(PersonState.ACTIVE))
    return (
        select(sites.c.account_id, sites.c.site, names, *rows.SESSION, *PERSON, *ACCOUNT, ENROLLED)
        .select_from(
            sites.outerjoin(site_passes, shown)
            .outerjoin(sessions, alive)
            .outerjoin(people, active)
            .outerjoin(accounts, accounts.c.id == people.c.account_id)
        )
        .where(sites.c.host == bindparam("host"))
    )


VISIT = Statement(
    _visit(_names(func.group_concat(groups.c.name, literal_column("char(10)")))),
    postgres=_visit(_names(func.string_agg(groups.c.name, literal_column("chr(10)")))),
)
OF_ACCOUNT = (
    select(sites.c.site).where(sites.c.account_id == bindparam("account_id")).order_by(sites.c.host)
)
TAKEN = select(sites.c.host).where(
    sites.c.account_id != bindparam("account_id"),
    sites.c.host.in_(bindparam("hosts", expanding=True)),
)
CLEAR = delete(sites).where(sites.c.account_id == bindparam("of_account"))
END_PASSES = delete(site_passes).where(site_passes.c.host == bindparam("of_host"))
TAKE = (
    delete(site_tickets)
    .where(
        site_tickets.c.token_hash == bindparam("token"),
        site_tickets.c.host == bindparam("host"),
        site_tickets.c.begun_hash == bindparam("begun"),
        site_tickets.c.expires_at > bindparam("now"),
    )
    .returning(site_tickets.c.session_id)
)
OWNER = (
    select(*rows.SESSION, *PERSON, *ACCOUNT, ENROLLED)
    .select_from(
        sessions.join(people, people.c.id == sessions.c.person_id).join(
            accounts, accounts.c.id == sessions.c.account_id
        )
    )
    .where(sessions.c.id == bindparam("session_id"))
)
PURGE = delete(site_tickets).where(site_tickets.c.expires_at < bindparam("before"))
_SESSION_AT = 3


class ProtectedSites:
    """See `ports.ProtectedSites`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection

    def of_account(self, account_id: str) -> Sites:
        """By host name."""
        found = self._connection.execute(OF_ACCOUNT, {"account_id": account_id}).scalars()
        return tuple(site_of(text) for text in found)

    def replace(self, account_id: str, protected: Sites) -> str | None:
        """All at once; what another account has stops it."""
        hosts = [site.origin.host for site in protected]
        values = {"account_id": account_id, "hosts": hosts}
        taken: str | None = self._connection.execute(TAKEN, values).scalars().first()
        if taken is not None:
            return taken
        gone = {site.origin.host for site in self.of_account(account_id)} - set(hosts)
        self._connection.execute(CLEAR, {"of_account": account_id})
        for host in sorted(gone):
            self._connection.execute(END_PASSES, {"of_host": host})
        if protected:
            self._connection.execute(
                insert(sites),
                [
                    {"host": one.origin.host, "account_id": account_id, "site": text_of(one)}
                    for one in protected
                ],
            )
        return None

    def visit(self, host: str, token: bytes, now: Instant) -> Visit | None:
        """By the host, with whoever shows a pass for it."""
        row = VISIT.one(self._connection, look_up(host, token, now))
        return None if row is None else visit_of(row)

    def add_ticket(
        self, token: bytes, *, session_id: str, host: str, begun: bytes, expires_at: Instant
    ) -> None:
        """Insert."""
        values = {
            "token_hash": token,
            "session_id": session_id,
            "host": host,
            "begun_hash": begun,
            "expires_at": expires_at,
        }
        self._connection.execute(insert(site_tickets), values)

    def take_ticket(self, token: bytes, *, host: str, begun: bytes, now: Instant) -> str | None:
        """One conditional delete decides (promise P2)."""
        values = {"token": token, "host": host, "begun": begun, "now": now}
        return self._connection.execute(TAKE, values).scalar_one_or_none()

    def add_pass(self, token: bytes, *, session_id: str, host: str, at: Instant) -> None:
        """Insert."""
        values = {"token_hash": token, "session_id": session_id, "host": host, "made_at": at}
        self._connection.execute(insert(site_passes), values)

    def owner_of(self, session_id: str) -> Caller | None:
        """By the session's id."""
        row = self._connection.execute(OWNER, {"session_id": session_id}).one_or_none()
        return None if row is None else rows.caller_of(row)

    def purge(self, expired_before: Instant) -> int:
        """Delete; how many."""
        return self._connection.execute(PURGE, {"before": expired_before}).rowcount


def look_up(host: str, token: bytes, now: Instant) -> dict[str, Any]:
    """The parameters of `VISIT`."""
    return {"host": host, **rows.look_up(token, now)}


def visit_of(row: Sequence[Any]) -> Visit:
    """What `VISIT` found; without an active person there is no caller."""
    return _visit_of(tuple(row))


@lru_cache(maxsize=2048)
def _visit_of(row: tuple[Any, ...]) -> Visit:
    """Made once for as long as the database says the very same: nothing is remembered but how to
    read it.
    """
    account_id, text, names, *rest = row
    person_at = len(rows.SESSION)
    known = rest[0] is not None and rest[person_at] is not None
    return Visit(
        site_of(text),
        account_id,
        rows.caller_of(rest) if known else None,
        tuple(sorted(names.split(BETWEEN))) if known and names else (),
    )


def text_of(site: Site) -> str:
    """The text that `site_of` reads."""
    origin = site.origin
    return json.dumps(
        {
            "secure": origin.secure,
            "host": origin.host,
            "port": origin.port,
            "rules": [
                [
                    rule.path,
                    rule.exact,
                    rule.assurance.value,
                    [[one.kind.value, one.value] for one in rule.only],
                    rule.fresh,
                ]
                for rule in site.rules
            ],
        }
    )


@lru_cache(maxsize=1024)
def site_of(text: str) -> Site:
    """The site in a stored text, made ready once for as long as it stays the same."""
    stored = json.loads(text)
    return Site(
        Origin(stored["secure"], stored["host"], stored["port"]),
        tuple(
            SiteRule(
                path,
                exact,
                Assurance(asks),
                tuple(Target(TargetKind(kind), value) for kind, value in only),
                fresh,
            )
            for path, exact, asks, only, fresh in stored["rules"]
        ),
    )
