"""My Profile, and proving oneself again before something sensitive."""

from starlette.responses import Response

from twofold.core import passwords
from twofold.core.otp import Malformed
from twofold.core.paths import safe_path
from twofold.core.policy import requirement_sentence
from twofold.flows import enrol, step_up
from twofold.flows import passwords as password_flows
from twofold.flows.sign_in import PasswordRefused
from twofold.flows.step_up import Proved
from twofold.flows.verify import Locked, Wrong
from twofold.web.access import Ctx, Needs, Page
from twofold.web.cookies import SESSION
from twofold.web.doors import password_errors
from twofold.web.forms import FieldError
from twofold.web.sign_in import locked

WRONG_PASSWORD = "That is not your current password."  # noqa: S105
WRONG_CODE = "That code did not work. Wait for a new one and enter it before it changes."


async def show(ctx: Ctx) -> Response:
    """GET /profile."""
    return await _page(ctx, [])


async def _page(ctx: Ctx, errors: list[FieldError]) -> Response:
    me = ctx.me
    own = await ctx.world.store.run(enrol.own, person_id=me.person.id)
    authenticator = (
        {"entry": f"{own.issuer}: {own.label}", "confirmed_at": own.confirmed_at} if own else None
    )
    return ctx.render(
        "profile.html",
        422 if errors else 200,
        person=me.person,
        account=me.account,
        enrolled=me.enrolled,
        authenticator=authenticator,
        requirement_sentence=requirement_sentence(me.account, enrolled=me.enrolled),
        errors=errors,
    )


async def change_password(ctx: Ctx) -> Response:
    """POST /profile/password: the current one and a new one."""
    me, new = ctx.me, ctx.field("password")
    about = (me.person.name, me.person.email, me.account.name)
    errors = password_errors(ctx, new, about)
    if errors:
        return await _page(ctx, errors)
    tried = await ctx.world.store.run(step_up.look_up_own_password, caller=me)
    current = passwords.prepare(ctx.field("current"))
    proved = await ctx.world.hasher.verify(tried.encoded, current)
    encoded = await ctx.world.hasher.hash(passwords.prepare(new)) if proved else ""
    done = await ctx.world.store.run(
        password_flows.change,
        ctx.now,
        caller=me,
        tried=tried,
        proved=proved,
        encoded=encoded,
        source=ctx.source,
    )
    if isinstance(done, PasswordRefused):
        return await _page(ctx, [FieldError("current", WRONG_PASSWORD)])
    if isinstance(done, password_flows.PasswordChanged):
        response = ctx.go("/profile")
        ctx.cookies.set(response, SESSION, done.token)
        return response
    return ctx.go("/sign-in")


async def show_confirm(ctx: Ctx) -> Response:
    """GET /confirm?next=…: asks for a code of the enrolled, for the password of the others."""
    return _confirm_page(ctx, ctx.request.query_params.get("next"), [])


def _confirm_page(ctx: Ctx, following: str | None, errors: list[FieldError]) -> Response:
    return ctx.render(
        "confirm.html",
        422 if errors else 200,
        mode="code" if ctx.me.enrolled else "password",
        action="/confirm",
        next=safe_path(following, "/profile"),
        values={"code": ctx.field("code")},
        errors=errors,
    )


async def confirm(ctx: Ctx) -> Response:
    """POST /confirm."""
    answer = await (_confirm_code(ctx) if ctx.me.enrolled else _confirm_password(ctx))
    if isinstance(answer, Proved):
        response = ctx.go(safe_path(ctx.field("next"), "/profile"))
        ctx.cookies.set(response, SESSION, answer.token)
        return response
    if isinstance(answer, Locked):
        return locked(ctx, answer.until)
    if isinstance(answer, FieldError):
        return _confirm_page(ctx, ctx.field("next"), [answer])
    return ctx.go("/sign-in")


async def _confirm_code(ctx: Ctx) -> Proved | Locked | FieldError | None:
    answer = await ctx.world.store.run(
        step_up.prove_factor, ctx.now, caller=ctx.me, typed=ctx.field("code"), source=ctx.source
    )
    if isinstance(answer, Malformed):
        return FieldError("code", answer.sentence)
    if isinstance(answer, Wrong):
        return FieldError("code", WRONG_CODE)
    return answer if isinstance(answer, Proved | Locked) else None


async def _confirm_password(ctx: Ctx) -> Proved | FieldError | None:
    tried = await ctx.world.store.run(step_up.look_up_own_password, caller=ctx.me)
    proved = await ctx.world.hasher.verify(tried.encoded, passwords.prepare(ctx.field("password")))
    answer = await ctx.world.store.run(
        step_up.settle_own_password,
        ctx.now,
        caller=ctx.me,
        tried=tried,
        proved=proved,
        source=ctx.source,
    )
    if isinstance(answer, PasswordRefused):
        return FieldError("password", WRONG_PASSWORD)
    return answer if isinstance(answer, Proved) else None


PAGES = (
    Page("/profile", Needs.SESSION, get=show),
    Page("/profile/password", Needs.SESSION, post=change_password),
    Page("/confirm", Needs.SESSION, get=show_confirm, post=confirm),
)
