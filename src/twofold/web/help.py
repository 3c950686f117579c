"""Help with codes: six reasons, each with a picture, in the words of one's app and device."""

from starlette.responses import Response

from twofold.web.access import Ctx, Needs, Page
from twofold.web.apps import asked, picker

PATH = "/help"


async def show(ctx: Ctx) -> Response:
    """GET /help: why codes are refused, and what to do; for everybody, signed in or not."""
    choice = asked(ctx)
    return ctx.render(
        "help.html",
        choice.status,
        server_time=ctx.now,
        app=choice.app,
        picker=picker(ctx.world.apps, PATH, choice.app, unknown=choice.unknown),
        devices=ctx.world.apps.devices,
    )


PAGES = (Page(PATH, Needs.PUBLIC, get=show),)
