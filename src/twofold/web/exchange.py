"""Days on which a group exchanges its phones: set by an admin; and the question to each person."""

from starlette.responses import Response

from twofold.core.paths import safe_path
from twofold.core.people import Role
from twofold.flows import exchange, groups
from twofold.web.access import Ctx, Needs, Page
from twofold.web.authenticators import views
from twofold.web.groups import after


async def show(ctx: Ctx) -> Response:
    """GET /profile/new-phone: the first page of a sign-in on these days."""
    following = safe_path(ctx.request.query_params.get("next"), "/")
    until = await ctx.world.store.run(exchange.running, ctx.now, person=ctx.me.person)
    own = [one for one in await views(ctx) if one.disabled_at is None]
    if until is None or not own:
        return ctx.go("/profile")
    return ctx.render("new_phone.html", own=own, until=until, following=following)


async def set_days(ctx: Ctx) -> Response:
    """POST /groups/{id}/exchange."""
    done = await ctx.world.store.run(
        groups.set_exchange,
        ctx.now,
        caller=ctx.me,
        group_id=ctx.request.path_params["id"],
        first=ctx.field("first").strip(),
        last=ctx.field("last").strip(),
    )
    return await after(ctx, done)


PAGES = (
    Page(exchange.PAGE, Needs.SESSION, get=show),
    Page("/groups/{id}/exchange", Needs.SESSION, post=set_days, role=Role.ADMIN, fresh=True),
)
