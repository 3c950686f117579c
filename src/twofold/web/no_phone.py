"""I don't have my phone: the ways on that there are, and the first step of the wait.

Whoever sees this has proved the password alone. So the page names ways, and not which of them this
person has; what differs is the account's policy and whom somebody of this role asks.
"""

from starlette.responses import Response

from twofold.core.policy import who_unlocks
from twofold.core.waits import is_offered
from twofold.flows import waits
from twofold.flows.waits import NotOffered
from twofold.web.access import Ctx, Needs, Page

PATH = "/sign-in/code/no-phone"


async def show(ctx: Ctx) -> Response:
    """GET /sign-in/code/no-phone."""
    half = ctx.halfway
    return ctx.render(
        "no_phone.html",
        helper=who_unlocks(half.person.role),
        hours=half.account.wait_hours if is_offered(half.account, half.person.role) else 0,
    )


async def ask(ctx: Ctx) -> Response:
    """POST /sign-in/code/no-phone: one answer, whether or not a link can be mailed."""
    asked = await ctx.world.store.run(waits.ask, ctx.now, half=ctx.halfway, source=ctx.source)
    if isinstance(asked, NotOffered):
        return ctx.go(PATH)
    return ctx.render("wait_asked.html", hours=ctx.halfway.account.wait_hours)


PAGES = (Page(PATH, Needs.HALF_CODE, get=show, post=ask),)
