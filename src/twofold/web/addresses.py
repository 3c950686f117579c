"""Where and how one is written: the second mail address, confirmed by the link mailed there, and
the language.
"""

from starlette.responses import Response

from twofold.core.languages import LANGUAGES
from twofold.flows import addresses, mail_texts
from twofold.flows.links import LinkTrouble
from twofold.flows.setup import Refused
from twofold.web.access import Ctx, Needs, Page
from twofold.web.doors import link_gone
from twofold.web.forms import FieldError

PATH = "/profile/addresses"


async def show(ctx: Ctx) -> Response:
    """GET /profile/addresses."""
    return await _page(ctx, [])


async def _page(ctx: Ctx, errors: list[FieldError]) -> Response:
    second = await ctx.world.store.run(addresses.own, person_id=ctx.me.person.id)
    return ctx.render(
        "addresses.html",
        422 if errors else 200,
        first=ctx.me.person.email,
        second=second,
        values={"second": ctx.field("second")},
        languages=[("", "As your organisation"), *LANGUAGES.items()],
        language=ctx.me.person.language,
        errors=errors,
    )


async def add(ctx: Ctx) -> Response:
    """POST /profile/addresses: mail the link."""
    done = await ctx.world.store.run(
        addresses.ask, ctx.now, caller=ctx.me, email=ctx.field("second")
    )
    if isinstance(done, Refused):
        return await _page(ctx, [FieldError(done.field, done.sentence)])
    return ctx.go(PATH)


async def choose_language(ctx: Ctx) -> Response:
    """POST /profile/addresses/language."""
    language = ctx.field("language")
    if language not in ("", *LANGUAGES):
        return await _page(ctx, [FieldError("language", "Choose one of the list.")])
    await ctx.world.store.run(mail_texts.choose_language, ctx.now, caller=ctx.me, language=language)
    return ctx.go(PATH)


async def remove(ctx: Ctx) -> Response:
    """POST /profile/addresses/remove."""
    await ctx.world.store.run(addresses.remove, ctx.now, caller=ctx.me)
    return ctx.go(PATH)


async def show_link(ctx: Ctx) -> Response:
    """GET /address/{token}: a button; only POST uses the link."""
    token = ctx.request.path_params["token"]
    found = await ctx.world.store.run(addresses.look, ctx.now, token=token)
    if isinstance(found, LinkTrouble):
        return link_gone(ctx, found, "address")
    return ctx.render("address_link.html", token=token, email=found.email)


async def use_link(ctx: Ctx) -> Response:
    """POST /address/{token}."""
    token = ctx.request.path_params["token"]
    found = await ctx.world.store.run(addresses.confirm, ctx.now, token=token)
    if isinstance(found, LinkTrouble):
        return link_gone(ctx, found, "address")
    return ctx.render("address_confirmed.html", email=found.email)


PAGES = (
    Page(PATH, Needs.SESSION, get=show, post=add, fresh=True),
    Page(f"{PATH}/remove", Needs.SESSION, post=remove, fresh=True),
    Page(f"{PATH}/language", Needs.SESSION, post=choose_language),
    Page("/address/{token}", Needs.PUBLIC, get=show_link, post=use_link),
)
