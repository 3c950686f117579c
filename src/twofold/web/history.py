"""My Profile, History: one's own codes, each refused one with its reason and what to do."""

from starlette.responses import Response

from twofold.flows import troubleshoot
from twofold.web.access import Ctx, Needs, Page


async def show(ctx: Ctx) -> Response:
    """GET /profile/history."""
    tried = await ctx.world.store.run(troubleshoot.history, ctx.now, person_id=ctx.me.person.id)
    return ctx.render("history.html", tried=tried, most=troubleshoot.LOOKED_AT)


PAGES = (Page("/profile/history", Needs.SESSION, get=show),)
