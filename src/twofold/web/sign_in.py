"""Pages of the sign-in: password, code, cancel, sign out."""

from dataclasses import replace

from starlette.responses import Response

from twofold.core import passwords
from twofold.core.paths import safe_path, sets_up_anew
from twofold.core.sessions import Stage
from twofold.core.tokens import Purpose, digest
from twofold.flows import sessions, sign_in
from twofold.flows.sign_in import HalfWay, PasswordRefused, SignedIn
from twofold.web.access import Ctx, Needs, Page
from twofold.web.cookies import BROWSER, NOTE, SESSION, SIGN_IN
from twofold.web.forms import FieldError

MAX_PASSWORD = 1024
"""Bytes; longer ones are refused before any hashing (a hashing denial of service)."""


async def show(ctx: Ctx) -> Response:
    """GET /sign-in."""
    if ctx.caller is not None:
        return ctx.go("/")
    token = ctx.cookies.read(ctx.request, SIGN_IN)
    if token is not None and not await _is_alive(ctx, token):
        email = await ctx.world.store.run(sign_in.whose_expired, token=token)
        if email is not None:
            return ended(ctx, email)
    asked = safe_path(ctx.request.query_params.get("next"), "/")
    return ctx.render("sign_in.html", values={"email": ""}, next=asked, notice="", why="")


async def _is_alive(ctx: Ctx, token: str) -> bool:
    half = await ctx.world.store.half_caller(digest(Purpose.SIGN_IN, token), ctx.now)
    return half is not None


async def submit(ctx: Ctx) -> Response:
    """POST /sign-in."""
    email, password = ctx.field("email"), ctx.field("password")
    return_to = safe_path(ctx.field("next"), "/")
    if not email.strip() or not password:
        return _again(ctx, return_to, _missing(email, password), 422)
    if len(password.encode()) > MAX_PASSWORD or len(email) > MAX_PASSWORD:
        return _again(ctx, return_to, [FieldError("", WRONG)], 422)
    world = ctx.world
    with world.hasher.seat() as seat:
        tried = await world.store.run(
            sign_in.look_up_password, ctx.now, email=email, place=ctx.place
        )
        proved = await seat.verify(tried.encoded, passwords.prepare(password))
        rehashed = None
        if proved and tried.encoded and world.hasher.needs_rehash(tried.encoded):
            rehashed = await seat.hash(passwords.prepare(password))
    answer = await world.store.run(
        sign_in.settle_password,
        ctx.now,
        tried=tried,
        proved=proved,
        rehashed=rehashed,
        return_to=return_to,
        place=ctx.place,
    )
    if isinstance(answer, PasswordRefused):
        return _again(ctx, return_to, [FieldError("", WRONG)], 422)
    if ctx.caller is not None:
        # The session that this browser had is given up, not left behind (OWASP ASVS 7.2.4).
        await world.store.run(sessions.end, ctx.now, caller=ctx.caller)
    if isinstance(answer, HalfWay):
        following = "/sign-in/code" if answer.stage is Stage.CODE else "/set-up"
        demanded = answer.stage is Stage.ENROL and return_to.startswith("/enrol/")
        if demanded or sets_up_anew(return_to):
            following = return_to
        response = ctx.go(following)
        ctx.cookies.set(response, SIGN_IN, answer.token)
        ctx.cookies.drop(response, SESSION)
        return response
    # Within somebody's days the password opens a session; the link that brought them goes on.
    return signed_in(ctx, answer, link=return_to if return_to.startswith("/enrol/") else "")


WRONG = "That address and password do not fit together. Check both and try again."


def _missing(email: str, password: str) -> list[FieldError]:
    errors = []
    if not email.strip():
        errors.append(FieldError("email", "Enter your e-mail address."))
    if not password:
        errors.append(FieldError("password", "Enter your password."))
    return errors


def _again(ctx: Ctx, return_to: str, errors: list[FieldError], status: int) -> Response:
    return ctx.render(
        "sign_in.html",
        status,
        values={"email": ctx.field("email")},
        next=return_to,
        notice="",
        why="",
        errors=errors,
    )


def signed_in(ctx: Ctx, done: SignedIn, *, link: str = "") -> Response:
    """Hand over the session's cookie and go where the sign-in was going: with the first recovery
    codes by way of a page that shows them once. They are in this answer and nowhere else. `link`
    is the path of a mailed link that has yet to do its work.
    """
    going_to = link or _after(done.return_to)
    response = _codes_page(ctx, done, going_to) if done.codes else ctx.go(going_to)
    ctx.cookies.set(response, SESSION, done.token)
    ctx.cookies.set(response, BROWSER, done.browser_token)
    ctx.cookies.drop(response, SIGN_IN)
    if done.note is not None:
        ctx.cookies.set(response, NOTE, done.note.value)
    return response


def _codes_page(ctx: Ctx, done: SignedIn, going_to: str) -> Response:
    return replace(ctx, caller=done.caller, half=None).render(
        "recovery_codes.html", codes=done.codes, made_at=ctx.now, going_to=going_to, first=True
    )


def _after(return_to: str) -> str:
    """A mailed set-up link has done its work when the sign-in is over."""
    is_link = return_to.startswith("/enrol/") or sets_up_anew(return_to)
    return "/" if is_link else return_to


def locked(ctx: Ctx, until: int) -> Response:
    """The lock page: until when, in clock time and in minutes."""
    person = ctx.half.person if ctx.half else ctx.me.person
    return ctx.render(
        "locked.html",
        429,
        until=until,
        seconds=until - ctx.now,
        minutes=max(1, -(-(until - ctx.now) // 60)),
        person_name=person.name,
    )


def ended(ctx: Ctx, email: str) -> Response:
    """A half-finished sign-in that ran out: back to the password, the address kept. Whoever it
    was is signed out, so the head of the page names nobody.
    """
    response = replace(ctx, half=None).render(
        "sign_in.html",
        401,
        values={"email": email},
        next="/",
        notice="That sign-in has ended: it took too long, or too many codes did not work. "
        "Start again with your password.",
        why="",
    )
    ctx.cookies.drop(response, SIGN_IN)
    return response


async def cancel(ctx: Ctx) -> Response:
    """POST /sign-in/cancel."""
    await ctx.world.store.run(sign_in.cancel, ctx.now, half=ctx.halfway)
    response = ctx.go("/sign-in")
    ctx.cookies.drop(response, SIGN_IN)
    return response


async def show_sign_out(ctx: Ctx) -> Response:
    """GET /sign-out: a button, because a link must not sign anybody out."""
    return ctx.render("sign_out.html")


async def sign_out(ctx: Ctx) -> Response:
    """POST /sign-out."""
    await ctx.world.store.run(sessions.end, ctx.now, caller=ctx.me)
    response = ctx.go("/sign-in")
    ctx.cookies.drop(response, SESSION)
    ctx.cookies.drop(response, NOTE)
    response.headers["clear-site-data"] = '"cache"'
    return response


PAGES = (
    Page("/sign-in", Needs.PUBLIC, get=show, post=submit),
    Page("/sign-in/cancel", Needs.HALF, post=cancel),
    Page("/sign-out", Needs.SESSION, get=show_sign_out, post=sign_out, open_while_stolen=True),
)
