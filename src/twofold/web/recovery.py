"""Recovery codes: made and shown once, and used in place of the phone."""

from starlette.responses import Response

from twofold.core import passes
from twofold.core.paths import safe_path
from twofold.core.recovery import NotARecoveryCode
from twofold.flows import recovery, recovery_link, second_step
from twofold.flows.links import LinkTrouble
from twofold.flows.recovery import NotEnrolled
from twofold.flows.second_step import CodeRefused
from twofold.flows.sign_in import SignedIn
from twofold.web.access import Ctx, Needs, Page
from twofold.web.cookies import NOTE
from twofold.web.doors import link_gone
from twofold.web.forms import FieldError
from twofold.web.profile import WRONG_RECOVERY_CODE
from twofold.web.sign_in import ended, signed_in

NO_PASS = "That temporary pass did not work. It may have ended; ask the help desk for a new one."  # noqa: S105


async def show(ctx: Ctx) -> Response:
    """GET /profile/recovery-codes: how many are left; the codes themselves are never seen again."""
    if not ctx.me.enrolled:
        return ctx.go("/profile")
    standing = await ctx.world.store.run(recovery.own, person_id=ctx.me.person.id)
    return ctx.render("recovery.html", standing=standing)


async def make(ctx: Ctx) -> Response:
    """POST /profile/recovery-codes: new ones, shown in the answer and nowhere else."""
    made = await ctx.world.store.run(recovery.make, ctx.now, caller=ctx.me, source=ctx.source)
    if isinstance(made, NotEnrolled):
        return ctx.go("/profile")
    return ctx.render(
        "recovery_codes.html",
        codes=made.codes,
        made_at=ctx.now,
        going_to="/profile",
        first=False,
    )


async def stored(ctx: Ctx) -> Response:
    """POST /profile/recovery-codes/stored."""
    await ctx.world.store.run(recovery.stored, ctx.now, caller=ctx.me)
    response = ctx.go(safe_path(ctx.field("going_to"), "/profile"))
    ctx.cookies.drop(response, NOTE)
    return response


async def show_use(ctx: Ctx) -> Response:
    """GET /sign-in/code/recovery: I don't have my phone."""
    return _use_page(ctx, [])


def _use_page(ctx: Ctx, errors: list[FieldError]) -> Response:
    return ctx.render(
        "code_recovery.html",
        422 if errors else 200,
        person_name=ctx.halfway.person.name,
        values={"recovery_code": ctx.field("recovery_code")},
        errors=errors,
    )


async def use(ctx: Ctx) -> Response:
    """POST /sign-in/code/recovery."""
    answer = await ctx.world.store.run(
        second_step.recover,
        ctx.now,
        half=ctx.halfway,
        typed=ctx.field("recovery_code"),
        place=ctx.place,
    )
    match answer:
        case SignedIn():
            return signed_in(ctx, answer)
        case NotARecoveryCode(sentence):
            return _use_page(ctx, [FieldError("recovery_code", sentence)])
        case CodeRefused():
            is_pass = passes.parse(ctx.field("recovery_code")) is not None
            sentence = NO_PASS if is_pass else WRONG_RECOVERY_CODE
            return _use_page(ctx, [FieldError("recovery_code", sentence)])
        case _:
            return ended(ctx, ctx.halfway.person.email)


async def show_link(ctx: Ctx) -> Response:
    """GET /recover/{token}: the link that sets up anew. It is looked at, never used, by a GET."""
    token = ctx.request.path_params["token"]
    found = await ctx.world.store.run(recovery_link.look, ctx.now, token=token)
    if isinstance(found, LinkTrouble):
        return link_gone(ctx, found, "recovery")
    if ctx.half is None:
        return ctx.render(
            "sign_in.html",
            values={"email": found.person.email if found.person else ""},
            next=ctx.request.url.path,
            notice="",
            why="Sign in with your password first. Then you set up your authenticator anew.",
        )
    return ctx.render("recovery_link.html", token=token, person_name=ctx.half.person.name)


async def use_link(ctx: Ctx) -> Response:
    """POST /recover/{token}: on to a new set-up."""
    token = ctx.request.path_params["token"]
    answer = await ctx.world.store.run(recovery_link.use, ctx.now, half=ctx.halfway, token=token)
    if isinstance(answer, LinkTrouble):
        return link_gone(ctx, answer, "recovery", action=("/sign-in/code", "Back to the code"))
    return ctx.go(f"/enrol/{answer}")


PAGES = (
    Page("/recover/{token}", Needs.PUBLIC, get=show_link, goes_on=True),
    Page("/recover/{token}", Needs.HALF, post=use_link),
    Page("/sign-in/code/recovery", Needs.HALF_CODE, get=show_use, post=use),
    Page("/profile/recovery-codes", Needs.SESSION, get=show, post=make, fresh=True),
    Page("/profile/recovery-codes/stored", Needs.SESSION, post=stored),
)
