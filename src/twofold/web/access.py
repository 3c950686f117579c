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
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from twofold.core.attempts import Source
from twofold.core.people import Instant, Role
from twofold.core.policy import session_suffices
from twofold.core.sessions import Caller, HalfCaller, Stage
from twofold.core.tokens import Purpose, digest
from twofold.flows import sessions
from twofold.ports import World
from twofold.web import forms
from twofold.web.browsers import describe
from twofold.web.cookies import SESSION, SIGN_IN, Cookies
from twofold.web.render import Pages

TOUCH_EVERY = 60
"""Seconds between two writes of a session's last use."""


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
    now: Instant
    source: Source
    caller: Caller | None
    half: HalfCaller | None
    form: forms.Form
    upload: bytes | None = None

    @property
    def me(self) -> Caller:
        """The caller of a page that needs a session."""
        if self.caller is None:
            raise RuntimeError("a page without a session asked for its caller")
        return self.caller

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
        return self.pages.response(
            template,
            status,
            caller=self.caller,
            half=self.half if self.caller is None else None,
            csrf=forms.form_token(bound) if bound else "",
            path=self.request.url.path,
            **context,
        )

    def error(self, status: int, message: str = "") -> Response:
        """An error page in the house's words."""
        return self.pages.error(status, message, caller=self.caller, path=self.request.url.path)

    def go(self, path: str) -> Response:
        """See Other (303), so that a reload repeats nothing."""
        return RedirectResponse(path, 303)


Handler = Callable[[Ctx], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Page:
    """One path with its handlers and what it needs."""

    path: str
    needs: Needs
    get: Handler | None = None
    post: Handler | None = None
    role: Role = Role.MEMBER
    """The least role; only for pages that need a session."""
    upload: bool = False
    """The form carries a file and may be large."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Turns pages into routes that ask before they open."""

    world: World
    pages: Pages
    cookies: Cookies

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
        ctx = await self._context(request)
        refused = self._refuse(page, ctx)
        if refused is not None:
            return refused
        if request.method != "POST":
            if page.get is None:
                return ctx.error(405)
            return await page.get(ctx)
        if page.post is None:
            return ctx.error(405)
        return await page.post(await self._with_form(page, ctx))

    async def _context(self, request: Request) -> Ctx:
        now = self.world.clock.now()
        caller = await self._caller(request, now)
        token = None if caller else self.cookies.read(request, SIGN_IN)
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
            now=now,
            source=Source(
                address=request.client.host if request.client else "",
                browser=describe(request.headers.get("user-agent", "")),
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
            caller.account, enrolled=caller.enrolled, methods=caller.session.methods
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
            if ctx.caller.person.role.rank < page.role.rank:
                return ctx.error(403, "Only admins can open this page.")
            return None
        if ctx.half is not None and ctx.half.sign_in.stage in STAGES[page.needs]:
            return None
        return self._sign_in_first(ctx)

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
