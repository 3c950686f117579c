"""Where you are signed in: own sessions and known browsers, ended one by one or all at once."""

from starlette.responses import Response

from twofold.flows import sessions
from twofold.web.access import Ctx, Needs, Page
from twofold.web.forms import row_token


async def show(ctx: Ctx) -> Response:
    """GET /profile/places."""
    me = ctx.me
    found = await ctx.world.store.run(sessions.places, person_id=me.person.id)
    return ctx.render(
        "places.html",
        sessions=[
            {
                "token": row_token(me.session.id, session.id),
                "browser": session.browser,
                "address": session.address,
                "created_at": session.created_at,
                "seen_at": session.seen_at,
                "methods": session.methods,
                "trusted": session.trusted,
                "ends_at": session.ends_at,
                "is_this": session.id == me.session.id,
            }
            for session in found.sessions
        ],
        browsers=[
            {
                "token": row_token(me.session.id, browser.id),
                "browser": browser.name,
                "address": browser.address,
                "created_at": browser.created_at,
                "seen_at": browser.seen_at,
                "trusted_until": browser.trusted_until
                if browser.trusted_until and browser.trusted_until > ctx.now
                else None,
                "is_this": browser.id == me.session.browser_id,
            }
            for browser in found.browsers
        ],
    )


async def end_session(ctx: Ctx) -> Response:
    """POST /profile/places/end-session: field `row`."""
    found = await ctx.world.store.run(sessions.places, person_id=ctx.me.person.id)
    for session in found.sessions:
        if row_token(ctx.me.session.id, session.id) == ctx.field("row"):
            await ctx.world.store.run(
                sessions.end_one, ctx.now, caller=ctx.me, session_id=session.id
            )
            return ctx.go("/profile/places")
    return ctx.error(404)


async def end_browser(ctx: Ctx) -> Response:
    """POST /profile/places/end-browser: field `row`."""
    found = await ctx.world.store.run(sessions.places, person_id=ctx.me.person.id)
    for browser in found.browsers:
        if row_token(ctx.me.session.id, browser.id) == ctx.field("row"):
            await ctx.world.store.run(
                sessions.end_browser, ctx.now, caller=ctx.me, browser_id=browser.id
            )
            return ctx.go("/profile/places")
    return ctx.error(404)


async def end_all(ctx: Ctx) -> Response:
    """POST /profile/places/end-all: everything but this session."""
    await ctx.world.store.run(sessions.end_everywhere_else, ctx.now, caller=ctx.me)
    return ctx.go("/profile/places")


PAGES = (
    Page("/profile/places", Needs.SESSION, get=show),
    Page("/profile/places/end-session", Needs.SESSION, post=end_session),
    Page("/profile/places/end-browser", Needs.SESSION, post=end_browser),
    Page("/profile/places/end-all", Needs.SESSION, post=end_all),
)
