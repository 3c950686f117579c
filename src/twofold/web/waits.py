"""Delayed recovery: begun and stopped from mails, stopped from sessions, allowed by admins."""

from starlette.responses import Response

from twofold.core.people import Role
from twofold.core.waits import LONGEST, SHORTEST, USUAL, Wait
from twofold.flows import waits
from twofold.flows.links import LinkTrouble
from twofold.flows.setup import Refused
from twofold.flows.waits import NotOffered, Runs, StopPage
from twofold.web.access import Ctx, Needs, Page
from twofold.web.doors import link_gone
from twofold.web.forms import FieldError

POLICY = "/account/recovery"


async def show_start(ctx: Ctx) -> Response:
    """GET /wait/{token}: a button; only POST begins the wait."""
    token = ctx.request.path_params["token"]
    found = await ctx.world.store.run(waits.look, ctx.now, token=token)
    if isinstance(found, LinkTrouble):
        return link_gone(ctx, found, "wait")
    hours = found.account.wait_hours if found.account else 0
    return ctx.render("wait_start.html", token=token, hours=hours)


async def start(ctx: Ctx) -> Response:
    """POST /wait/{token}."""
    token = ctx.request.path_params["token"]
    begun = await ctx.world.store.run(waits.start, ctx.now, token=token)
    match begun:
        case Wait():
            return ctx.render("wait_begun.html", wait=begun, is_new=True)
        case Runs(wait):
            return ctx.render("wait_begun.html", wait=wait, is_new=False)
        case NotOffered():
            return ctx.render(
                "gone.html",
                410,
                title="This is not possible now",
                message="Ask an admin of your organisation: they make sure that it is you, and "
                "let you in.",
            )
        case _:
            return link_gone(ctx, begun, "wait")


async def show_stop(ctx: Ctx) -> Response:
    """GET /wait/stop/{token}: a button, for whoever has the mail; no sign-in."""
    token = ctx.request.path_params["token"]
    return _stop_page(ctx, await ctx.world.store.run(waits.look_stop, ctx.now, token=token))


async def stop(ctx: Ctx) -> Response:
    """POST /wait/stop/{token}."""
    token = ctx.request.path_params["token"]
    return _stop_page(ctx, await ctx.world.store.run(waits.stop_by_link, ctx.now, token=token))


def _stop_page(ctx: Ctx, seen: StopPage | LinkTrouble) -> Response:
    if isinstance(seen, LinkTrouble):
        return link_gone(ctx, seen, "stop")
    return ctx.render(
        "wait_stop.html",
        token=ctx.request.path_params["token"],
        name=seen.person.name,
        wait=seen.wait,
        can_stop=seen.can_stop,
    )


async def stop_own(ctx: Ctx) -> Response:
    """POST /profile/stop-recovery."""
    await ctx.world.store.run(waits.stop_own, ctx.now, caller=ctx.me)
    return ctx.go("/")


async def stop_of(ctx: Ctx) -> Response:
    """POST /people/{id}/stop-recovery."""
    person = await ctx.world.store.run(
        waits.stop_of, ctx.now, actor=ctx.me.person, person_id=ctx.request.path_params["id"]
    )
    return ctx.error(404) if person is None else ctx.go(f"/people/{person.id}")


async def show_policy(ctx: Ctx) -> Response:
    """GET /account/recovery."""
    return await _policy_page(ctx, str(ctx.me.account.wait_hours or USUAL), [])


async def _policy_page(ctx: Ctx, hours: str, errors: list[FieldError]) -> Response:
    found = await ctx.world.store.run(waits.running, account_id=ctx.me.account.id)
    return ctx.render(
        "wait_policy.html",
        422 if errors else 200,
        stored=ctx.me.account.wait_hours,
        bounds=(SHORTEST, LONGEST),
        running=[{"wait": wait, "person": person} for wait, person in found],
        values={"hours": hours},
        errors=errors,
    )


async def set_policy(ctx: Ctx) -> Response:
    """POST /account/recovery: fields `allowed` and `hours`."""
    typed = ctx.field("hours").strip()[:40]
    if ctx.field("allowed") != "yes":
        hours = 0
    elif typed.isascii() and typed.isdigit() and 0 < len(typed) <= 6 and int(typed) > 0:
        hours = int(typed)
    else:
        return await _policy_page(ctx, typed, [FieldError("hours", "Enter a whole number.")])
    done = await ctx.world.store.run(waits.set_length, ctx.now, caller=ctx.me, hours=hours)
    if isinstance(done, Refused):
        return await _policy_page(ctx, typed, [FieldError(done.field, done.sentence)])
    return ctx.go(POLICY)


PAGES = (
    Page("/wait/{token}", Needs.PUBLIC, get=show_start, post=start),
    Page("/wait/stop/{token}", Needs.PUBLIC, get=show_stop, post=stop),
    Page("/profile/stop-recovery", Needs.SESSION, post=stop_own),
    Page("/people/{id}/stop-recovery", Needs.SESSION, post=stop_of, role=Role.HELPDESK),
    Page(POLICY, Needs.SESSION, get=show_policy, post=set_policy, role=Role.ADMIN, fresh=True),
)
