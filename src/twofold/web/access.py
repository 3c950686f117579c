"""Who may open which page: every page declares what it needs, and one gate decides.

A page is a `Page` value; there is no other way to add one, and a `Page` without `needs` does not
exist. The gate finds out who asks, compares, and only then calls the handler (promise P1).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, compile_path
from starlette.types import Receive, Scope, Send

from twofold.core.attempts import Source
from twofold.core.passkeys import RelyingParty, relying_party
from twofold.core.people import Instant, Role
from twofold.core.policy import lacks_passkey, session_suffices
from twofold.core.requirement_words import banner
from twofold.core.sessions import TOUCH_EVERY, Caller, HalfCaller, Stage
from twofold.core.tokens import Purpose, digest
from twofold.explaining import Explainer
from twofold.flows import sessions
from twofold.flows.radar_watch import RadarWatch
from twofold.flows.sign_in import From
from twofold.ports import World
from twofold.web import forms
from twofold.web.browsers import describe
from twofold.web.clock_watch import ClockWatch
from twofold.web.cookies import BROWSER, BROWSER_LINK, SESSION, SIGN_IN, Cookies
from twofold.web.render import Pages
from twofold.web.source import client_address

ONLY = {
    Role.HELPDESK: "Only the help desk and admins can open this page.",
    Role.ADMIN: "Only admins can open this page.",
    Role.OWNER: "Only owners can open this page.",
}
"""What somebody is told whose role is too low for a page, by the least role."""


class Needs(StrEnum):
    """The assurance a page asks for."""

    PUBLIC = "public"
    HALF = "half: any half-finished sign-in"
    HALF_CODE = "half: code awaited"
    HALF_ENROL = "half: set-up awaited"
    SESSION = "session"


STAGES = {
    Needs.HALF: (Stage.CODE, Stage.ENROL),
    Needs.HALF_CODE: (Stage.CODE,),
    Needs.HALF_ENROL: (Stage.ENROL,),
}


@dataclass(frozen=True, slots=True)
class Ctx:
    """One request with everything a handler may use."""

    request: Request
    world: World
    pages: Pages
    cookies: Cookies
    replay: "Replay"
    explainer: Explainer
    clock_watch: ClockWatch
    radar_watch: RadarWatch
    now: Instant
    place: From
    caller: Caller | None
    half: HalfCaller | None
    form: forms.Form
    upload: bytes | None = None
    passkey: str = ""
    """What the browser is asked for a passkey on the page to come, as JSON; "" for nothing."""

    @property
    def party(self) -> RelyingParty | None:
        """Who we are for passkeys; None where the public URL names no host."""
        return relying_party(self.world.public_url)

    @property
    def source(self) -> Source:
        """Address and browser of the request."""
        return self.place.source

    @property
    def me(self) -> Caller:
        """The caller of a page that needs a session."""
        if self.caller is None:
            raise RuntimeError("a page without a session asked for its caller")
        return self.caller

    @property
    def is_fresh(self) -> bool:
        """Whether the caller has proved themselves in the last five minutes, as strongly as they
        can: with the factor, or with the password where there is none.
        """
        session = self.me.session
        if self.me.enrolled:
            return session.has_fresh_factor(self.now)
        return session.has_fresh_password(self.now)

    @property
    def halfway(self) -> HalfCaller:
        """The caller of a page that needs a half-finished sign-in."""
        if self.half is None:
            raise RuntimeError("a page without a sign-in asked for its caller")
        return self.half

    def field(self, name: str) -> str:
        """A form field, "" when it is missing."""
        return self.form.get(name, "")

    def render(self, template: str, status: int = 200, **context: object) -> Response:
        """A page for this caller."""
        bound = self.caller.session.id if self.caller else self.half.sign_in.id if self.half else ""
        context.setdefault("passkey", self.passkey)
        context.setdefault("passkey_here", self.party is not None)
        return self.pages.response(
            template,
            status,
            caller=self.caller,
            half=self.half if self.caller is None else None,
            csrf=forms.form_token(bound) if bound else "",
            note=self.cookies.note(self.request) if self.caller else "",
            due_note=self._due_note(),
            path=self.request.url.path,
            **context,
        )

    def _due_note(self) -> str:
        """Until when the caller has to set up a second step, "" where nothing is asked."""
        if (me := self.caller) is None:
            return ""
        return banner(me.account, me.person, self.now, enrolled=me.enrolled)

    def error(self, status: int, message: str = "") -> Response:
        """An error page in the house's words."""
        return self.pages.error(status, message, caller=self.caller, path=self.request.url.path)

    def go(self, path: str) -> Response:
        """See Other (303), so that a reload repeats nothing."""
        return RedirectResponse(path, 303)


Replay = Callable[[Ctx, str, str, forms.Form], Awaitable[Response]]
Handler = Callable[[Ctx], Awaitable[Response]]
AskForProof = Callable[["Page", Ctx], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Page:
    """One path with its handlers and what it needs."""

    path: str
    needs: Needs
    get: Handler | None = None
    post: Handler | None = None
    role: Role = Role.MEMBER
    """The least role; only for pages that need a session."""
    fresh: bool = False
    """Sending its form needs a proof of the last five minutes: of the factor, or of the password
    by somebody without one (promise P4)."""
    holds: bool = True
    """What was typed may travel through the confirm page; never so where it is a password."""
    back: str = "/"
    """Where to go on after the proof when the form does not travel."""
    open_while_stolen: bool = False
    """Open also while the person's password counts as stolen and must be changed first."""
    open_without_passkey: bool = False
    """Open also to somebody from whom passkeys alone are taken and who has proved none yet."""
    upload: bool = False
    """The form carries a file and may be large."""
    machine: bool = False
    """For a program that is no browser: no cookie is read, and its handler reads the body, which
    is no form and carries no token of a form. Only for public pages."""
    goes_on: bool = False
    """A public page that goes on with a half-finished sign-in. To all others such a visitor is a
    stranger: the password alone must not tell whose it is (CVE-2021-41179)."""

    def match(self, path: str) -> dict[str, str] | None:
        """The parameters of `path` if it is this page's, or None."""
        found = compile_path(self.path)[0].match(path)
        return found.groupdict() if found else None


@dataclass(frozen=True, slots=True)
class Gate:
    """Turns pages into routes that ask before they open."""

    world: World
    pages: Pages
    cookies: Cookies
    all_pages: tuple[Page, ...]
    explainer: Explainer
    clock_watch: ClockWatch
    radar_watch: RadarWatch
    ask_for_proof: AskForProof
    """The confirm page in place of a form that was sent without a fresh proof."""

    def route(self, page: Page) -> Route:
        """A Starlette route; `route.endpoint` runs the gate, then the page's handler."""
        methods = [m for m, h in (("GET", page.get), ("POST", page.post)) if h]

        async def endpoint(request: Request) -> Response:
            return await self._open(page, request)

        endpoint.__name__ = page.path
        return Route(page.path, endpoint, methods=methods)

    async def nowhere(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The answer to a path that is no page, in the frame of whoever asks."""
        ctx = await self._context(Request(scope, receive))
        await ctx.error(404)(scope, receive, send)

    async def _open(self, page: Page, request: Request) -> Response:
        ctx = await self._context(request, with_cookies=not page.machine)
        if page.needs is Needs.PUBLIC and not page.goes_on:
            ctx = replace(ctx, half=None)
        refused = self._refuse(page, ctx)
        if refused is not None:
            return refused
        if request.method != "POST":
            if page.get is None:
                return ctx.error(405)
            return await page.get(ctx)
        if page.post is None:
            return ctx.error(405)
        if not page.machine:
            ctx = await self._with_form(page, ctx)
        if page.fresh and not ctx.is_fresh:
            return await self.ask_for_proof(page, ctx)
        return await page.post(ctx)

    async def replay(self, ctx: Ctx, token: str, path: str, form: forms.Form) -> Response:
        """Send a form that was held back, now that its sender has proved themselves.

        `token` is that of the renewed session. Only a page that asked for the proof is sent to,
        and it is asked anew whether this caller may open it.
        """
        caller = await self.world.store.caller(digest(Purpose.SESSION, token), ctx.now)
        for page in self.all_pages:
            params = page.match(path)
            if params is None or page.post is None or not (page.fresh and page.holds):
                continue
            scope = {**ctx.request.scope, "path": path, "path_params": params}
            ctx = replace(ctx, request=Request(scope), caller=caller, half=None, form=form)
            refused = self._refuse(page, ctx)
            response = refused if refused is not None else await page.post(ctx)
            break
        else:
            response = ctx.go("/")
        if "set-cookie" not in response.headers:
            self.cookies.set(response, SESSION, token)
        return response

    async def _context(self, request: Request, *, with_cookies: bool = True) -> Ctx:
        now = self.world.clock.now()
        caller = await self._caller(request, now) if with_cookies else None
        token = self.cookies.read(request, SIGN_IN) if with_cookies and not caller else None
        half = (
            await self.world.store.half_caller(digest(Purpose.SIGN_IN, token), now)
            if token
            else None
        )
        return Ctx(
            request=request,
            world=self.world,
            pages=self.pages,
            cookies=self.cookies,
            replay=self.replay,
            explainer=self.explainer,
            clock_watch=self.clock_watch,
            radar_watch=self.radar_watch,
            now=now,
            place=From(
                source=Source(
                    address=client_address(
                        request.client.host if request.client else "",
                        request.headers.getlist("x-forwarded-for"),
                        self.world.trusted_proxies,
                    ),
                    browser=describe(request.headers.get("user-agent", "")),
                ),
                browser_token=self.cookies.read(request, BROWSER),
                link_token=self.cookies.read(request, BROWSER_LINK),
            ),
            caller=caller,
            half=half,
            form={},
        )

    async def _caller(self, request: Request, now: Instant) -> Caller | None:
        token = self.cookies.read(request, SESSION)
        if token is None:
            return None
        caller = await self.world.store.caller(digest(Purpose.SESSION, token), now)
        if caller is None or not session_suffices(
            caller.account,
            caller.person,
            now,
            enrolled=caller.enrolled,
            methods=caller.session.methods,
            trusted=caller.session.trusted,
        ):
            return None
        if now - caller.session.seen_at >= TOUCH_EVERY:
            await self.world.store.run(sessions.touch, now, session_id=caller.session.id)
        return caller

    def _refuse(self, page: Page, ctx: Ctx) -> Response | None:
        """The answer for somebody who may not open the page, or None for the others."""
        if page.needs is Needs.PUBLIC:
            return None
        if page.needs is Needs.SESSION:
            if ctx.caller is None:
                return self._sign_in_first(ctx)
            if ctx.caller.person.must_change_password and not page.open_while_stolen:
                return ctx.go("/new-password")
            if self._lacks_passkey(page, ctx.caller):
                return ctx.go("/profile/passkeys/add")
            if ctx.caller.person.role.rank < page.role.rank:
                return ctx.error(403, ONLY[page.role])
            return None
        if ctx.half is not None and ctx.half.sign_in.stage in STAGES[page.needs]:
            return None
        return self._sign_in_first(ctx)

    def _lacks_passkey(self, page: Page, caller: Caller) -> bool:
        """Whether nothing but the way to a passkey is open to this session yet."""
        if page.open_without_passkey or page.open_while_stolen:
            return False
        return lacks_passkey(caller.account, caller.person, caller.session.methods)

    def _sign_in_first(self, ctx: Ctx) -> Response:
        """Lead somebody on to what is missing: the code, the set-up, or the whole sign-in."""
        if ctx.half is not None:
            return ctx.go("/sign-in/code" if ctx.half.sign_in.stage is Stage.CODE else "/set-up")
        if ctx.caller is not None:
            return ctx.go("/")
        if ctx.request.method == "POST":
            return ctx.error(
                401, "You are signed out, so nothing was changed. Sign in and send it again."
            )
        asked = ctx.request.url.path
        if ctx.request.url.query:
            asked += "?" + ctx.request.url.query
        return ctx.go("/sign-in" if asked == "/" else "/sign-in?next=" + quote(asked, safe="/"))

    async def _with_form(self, page: Page, ctx: Ctx) -> Ctx:
        if page.upload:
            form, upload = await forms.read_upload(ctx.request)
        else:
            form, upload = await forms.read_form(ctx.request), None
        if ctx.caller is not None:
            forms.check_token(form, ctx.caller.session.id)
        elif ctx.half is not None and page.needs is not Needs.PUBLIC:
            forms.check_token(form, ctx.half.sign_in.id)
        return replace(ctx, form=form, upload=upload)
