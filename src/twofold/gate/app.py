"""Forward authentication: the answer to a reverse proxy that asks whether a request may pass, and
the three addresses of a protected site that are ours.

It lies on the road of every request to every protected site, so it is a plain ASGI application of
its own: one look at the headers, one indexed read, one pure decision. Whatever is unexpected is no.

    /gate/nginx            asked by nginx's auth_request: 200, 401 or 403
    /gate/forward          asked by Caddy and Traefik: 200, 303, 401 or 403
    /.twofold/sign-in      on the site: off to Twofold
    /.twofold/callback     on the site: back with a ticket, which becomes the site's cookie
    /.twofold/sign-out     on the site: off to Twofold's own page, where signing out is a button
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from urllib.parse import parse_qs, quote

import structlog
from starlette.types import Receive, Scope, Send

from twofold.core.errors import Overloaded, StorageUnavailable
from twofold.core.hops import is_within, parsed
from twofold.core.sessions import SESSION_LIFETIME, TOUCH_EVERY
from twofold.core.site_urls import host_of, kept_page
from twofold.core.sites import BEGUN_LIFETIME, Verdict, Visit, decide, is_known
from twofold.core.tokens import Purpose, digest
from twofold.flows import sessions, sites
from twofold.gate.answers import (
    NO_SITE,
    NOBODY,
    Answer,
    Passed,
    ask_for_more,
    go,
    identity,
    not_arrived,
    set_cookie,
)
from twofold.gate.question import BEGUN, PASS, TOKEN, Unclear, authority_of, cookie, read_question
from twofold.ports import World

PREFIXES = ("/gate", "/.twofold")
"""What the paths begin with that are not the pages'."""

log = structlog.get_logger("twofold.gate")


class ForwardAuth:
    """Answers for the paths in `paths`, and for everything else beside them with 404."""

    def __init__(self, world: World) -> None:
        """For the deployment of `world`."""
        self._world = world
        self._is_trusted = lru_cache(maxsize=256)(self._is_proxy)
        self.paths: Mapping[str, Callable[[Scope], Awaitable[Answer | Passed]]] = {
            "/gate/nginx": lambda scope: self._check(scope, redirects=False),
            "/gate/forward": lambda scope: self._check(scope, redirects=True),
            "/.twofold/sign-in": self._sign_in,
            "/.twofold/callback": self._callback,
            "/.twofold/sign-out": self._sign_out,
        }

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens inside; a websocket is closed before it opens."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1000})
            return
        try:
            answer: Answer | Passed
            act = self.paths.get(scope["path"])
            if act is None:
                answer = Answer(404, "There is no such address.")
            elif scope["method"] not in ("GET", "HEAD"):
                answer = Answer(405, "This address is only read.", [(b"allow", b"GET, HEAD")])
            else:
                answer = await act(scope)
        except (Overloaded, StorageUnavailable) as error:
            log.warning("a check failed", reason=error.code)
            answer = Answer(503, "Twofold cannot decide now.", [(b"retry-after", b"5")])
        except Exception as error:
            log.exception("a check failed", kind=type(error).__name__)
            answer = Answer(500, "Twofold cannot decide: something failed that should not.")
        await answer.send(send, with_body=scope["method"] != "HEAD")

    async def _check(self, scope: Scope, *, redirects: bool) -> Answer | Passed:
        client = scope.get("client")
        if client is None or not self._is_trusted(client[0]):
            return Answer(403, "This address answers the proxies of TWOFOLD_TRUSTED_PROXIES alone.")
        try:
            asked = read_question(scope["headers"])
        except Unclear as problem:
            return Answer(403, f"Refused: {problem}", NOBODY)
        now = self._world.clock.now()
        token = digest(Purpose.SITE_PASS, asked.token)
        visit = await self._world.store.visit(asked.host, token, now)
        if visit is None or not asked.is_of(visit):
            return Answer(403, "Refused: no protected site lives at this address.", NOBODY)
        rule = visit.site.rule_for(asked.uri)
        verdict = decide(visit.account_id, rule, visit.caller, now)
        if verdict is Verdict.DENIED:
            return Answer(403, "This page is not open to you.", NOBODY)
        if verdict is not Verdict.ALLOWED:
            return ask_for_more(asked, rule, verdict, redirects=redirects)
        session = visit.caller.session if visit.caller else None
        if session is not None and now - session.seen_at >= TOUCH_EVERY:
            await self._world.store.run(sessions.touch, now, session_id=session.id)
        return Passed(identity(visit) if is_known(visit, rule, now) else NOBODY)

    def _is_proxy(self, peer: str) -> bool:
        address = parsed(peer)
        return address is not None and is_within(address, self._world.trusted_proxies)

    async def _sign_in(self, scope: Scope) -> Answer:
        """Off to Twofold; the browser keeps what only it can show afterwards."""
        visit = await self._visited(scope)
        if visit is None:
            return NO_SITE
        origin = visit.site.origin
        begun = cookie(scope["headers"], BEGUN, secure=origin.secure)
        begun = begun or self._world.random.token()
        page = quote(kept_page(_one(scope, "to")), safe="/")
        kept = digest(Purpose.SITE_BEGUN, begun).hex()
        where = f"{self._world.public_url}/sites/enter?site={origin.host}&begun={kept}&to={page}"
        return go(where, [set_cookie(BEGUN, begun, BEGUN_LIFETIME, secure=origin.secure)])

    async def _callback(self, scope: Scope) -> Answer:
        """Back with a ticket, for the browser alone that went off."""
        visit = await self._visited(scope)
        if visit is None:
            return NO_SITE
        origin = visit.site.origin
        ticket, page = _one(scope, "ticket"), kept_page(_one(scope, "to"))
        begun = cookie(scope["headers"], BEGUN, secure=origin.secure)
        if not begun or len(ticket) != TOKEN or scope["method"] != "GET":
            return not_arrived(page)
        now = self._world.clock.now()
        token = await self._world.store.run(
            sites.enter, now, host=origin.host, ticket=ticket, begun=begun
        )
        if token is None:
            return not_arrived(page)
        return go(page, [set_cookie(PASS, token, SESSION_LIFETIME, secure=origin.secure)])

    async def _sign_out(self, scope: Scope) -> Answer:
        if await self._visited(scope) is None:
            return NO_SITE
        return go(f"{self._world.public_url}/sign-out")

    async def _visited(self, scope: Scope) -> Visit | None:
        """The site that the one `Host` header names, exactly as its address is written."""
        authority = authority_of(scope["headers"])
        host = host_of(authority)
        if host is None:
            return None
        visit = await self._world.store.visit(host, b"", self._world.clock.now())
        return visit if visit and visit.site.origin.authority == authority else None


def _one(scope: Scope, name: str) -> str:
    """A value of the query that stands there once, else ""."""
    try:
        found = parse_qs(scope["query_string"].decode("ascii"), max_num_fields=8).get(name, [])
    except ValueError:
        return ""
    return found[0] if len(found) == 1 else ""
