"""A mailed link for a browser that has to wait with the password."""

from starlette.responses import Response

from twofold.core import addresses
from twofold.flows import browsers
from twofold.web.access import Ctx, Needs, Page
from twofold.web.cookies import BROWSER_LINK
from twofold.web.forms import FieldError

GONE = "It works once, within fifteen minutes. Look for the newest mail, or ask for a new link."


async def show(ctx: Ctx) -> Response:
    """GET /sign-in/link."""
    return ctx.render("browser_link.html", values={"email": ""})


async def ask(ctx: Ctx) -> Response:
    """POST /sign-in/link: one answer for known and unknown addresses."""
    email = ctx.field("email").strip()
    problem = addresses.problem(email)
    if problem:
        return ctx.render(
            "browser_link.html",
            422,
            values={"email": email},
            errors=[FieldError("email", problem)],
        )
    await ctx.world.store.run(browsers.ask_for_link, ctx.now, email=email, source=ctx.source)
    return ctx.render("browser_link_sent.html", email=email)


async def show_link(ctx: Ctx) -> Response:
    """GET /sign-in/link/{token}: a button; only POST uses the link."""
    person = await ctx.world.store.run(
        browsers.look_at_link,
        ctx.now,
        token=ctx.request.path_params["token"],
    )
    if person is None:
        return _gone(ctx)
    return ctx.render("browser_link_open.html", token=ctx.request.path_params["token"])


async def open_link(ctx: Ctx) -> Response:
    """POST /sign-in/link/{token}."""
    cookie = ctx.world.random.token()
    person = await ctx.world.store.run(
        browsers.open_link, ctx.now, token=ctx.request.path_params["token"], cookie=cookie
    )
    if person is None:
        return _gone(ctx)
    response = ctx.render(
        "sign_in.html",
        values={"email": person.email},
        next="/",
        notice="This browser may try again now, for fifteen minutes.",
        why="",
    )
    ctx.cookies.set(response, BROWSER_LINK, cookie)
    return response


def _gone(ctx: Ctx) -> Response:
    return ctx.render(
        "gone.html",
        410,
        title="This link does not work",
        message=GONE,
        action_url="/sign-in/link",
        action_text="Ask for a new link",
    )


PAGES = (
    Page("/sign-in/link", Needs.PUBLIC, get=show, post=ask),
    Page("/sign-in/link/{token}", Needs.PUBLIC, get=show_link, post=open_link),
)
