"""Account → Applications: who may ask over the API, and the keys, each shown once."""

from starlette.responses import Response

from twofold.core.applications import OVERLAP, Scope
from twofold.core.people import HOUR, Role
from twofold.flows import applications
from twofold.flows.applications import NewKey
from twofold.flows.setup import Refused
from twofold.web.access import Ctx, Needs, Page
from twofold.web.forms import FieldError

PATH = "/account/applications"
GONE = "There is no such application any more. Choose one from the list."
BOX = "scope-"
"""What the name of a scope's box begins with."""


async def show(ctx: Ctx) -> Response:
    """GET /account/applications."""
    return await _page(ctx, [])


async def _page(ctx: Ctx, errors: list[FieldError]) -> Response:
    views = await ctx.world.store.run(applications.list_applications, account_id=ctx.me.account.id)
    return ctx.render(
        "applications.html",
        422 if errors else 200,
        alive=[view for view in views if view.application.ended_at is None],
        ended=[view for view in views if view.application.ended_at is not None],
        now=ctx.now,
        scopes=list(Scope),
        ticked=_scopes(ctx) if errors else (Scope.VERIFY,),
        overlap=OVERLAP // HOUR,
        api_url=f"{ctx.world.public_url}/api/v1",
        values={"name": ctx.field("name")},
        errors=errors,
    )


def _scopes(ctx: Ctx) -> tuple[Scope, ...]:
    return tuple(scope for scope in Scope if ctx.field(BOX + scope.value) == "yes")


async def add(ctx: Ctx) -> Response:
    """POST /account/applications: the page that follows shows the key, this once."""
    made = await ctx.world.store.run(
        applications.make,
        ctx.now,
        account=ctx.me.account,
        actor=ctx.me.person,
        name=ctx.field("name"),
        scopes=_scopes(ctx),
    )
    return await _shown(ctx, made)


async def rotate(ctx: Ctx) -> Response:
    """POST /account/applications/{id}/rotate."""
    hours = ctx.field("hours").strip()
    if not (hours.isascii() and hours.isdigit() and len(hours) <= 6):
        return await _page(ctx, [FieldError("", "Enter the hours as a whole number.")])
    made = await ctx.world.store.run(
        applications.rotate,
        ctx.now,
        account=ctx.me.account,
        actor=ctx.me.person,
        application_id=ctx.request.path_params["id"],
        overlap=int(hours) * HOUR,
    )
    return await _shown(ctx, made)


async def _shown(ctx: Ctx, made: NewKey | Refused | None) -> Response:
    if made is None:
        return ctx.error(404, GONE)
    if isinstance(made, Refused):
        field = "" if made.field == "overlap" else made.field
        return await _page(ctx, [FieldError(field, made.sentence)])
    return ctx.render("application_key.html", application=made.application, key=made.text)


async def end_key(ctx: Ctx) -> Response:
    """POST /account/applications/keys/{id}/end."""
    done = await ctx.world.store.run(
        applications.end_key,
        ctx.now,
        account=ctx.me.account,
        actor=ctx.me.person,
        key_id=ctx.request.path_params["id"],
    )
    return ctx.error(404, GONE) if done is None else ctx.go(PATH)


async def end(ctx: Ctx) -> Response:
    """POST /account/applications/{id}/end."""
    done = await ctx.world.store.run(
        applications.end,
        ctx.now,
        account=ctx.me.account,
        actor=ctx.me.person,
        application_id=ctx.request.path_params["id"],
    )
    return ctx.error(404, GONE) if done is None else ctx.go(PATH)


PAGES = (
    Page(PATH, Needs.SESSION, get=show, post=add, role=Role.ADMIN, fresh=True),
    Page(
        f"{PATH}/keys/{{id}}/end",
        Needs.SESSION,
        post=end_key,
        role=Role.ADMIN,
        fresh=True,
        back=PATH,
    ),
    Page(
        f"{PATH}/{{id}}/rotate", Needs.SESSION, post=rotate, role=Role.ADMIN, fresh=True, back=PATH
    ),
    Page(f"{PATH}/{{id}}/end", Needs.SESSION, post=end, role=Role.ADMIN, fresh=True, back=PATH),
)
