"""What waits for a second admin, and the proofs of identity that the help desk accepts."""

from starlette.responses import Response

from twofold.core.people import Role
from twofold.flows import desk, second_admin
from twofold.flows.desk_acts import Done
from twofold.flows.second_admin import Dropped
from twofold.flows.setup import Refused
from twofold.web.access import Ctx, Needs, Page
from twofold.web.desk import done_page
from twofold.web.forms import FieldError

REQUESTS, PROOFS = "/account/requests", "/account/proofs"


async def show_all(ctx: Ctx) -> Response:
    """GET /account/requests."""
    matters = await ctx.world.store.run(second_admin.matters, ctx.now, actor=ctx.me.person)
    return ctx.render(
        "desk_requests.html",
        waiting=[one for one in matters if one.is_open],
        over=[one for one in matters if not one.is_open],
    )


async def show(ctx: Ctx) -> Response:
    """GET /account/requests/{id}."""
    return await _request_page(ctx, [])


async def _request_page(ctx: Ctx, errors: list[FieldError]) -> Response:
    matter = await ctx.world.store.run(
        second_admin.look,
        ctx.now,
        actor=ctx.me.person,
        request_id=ctx.request.path_params["id"],
    )
    if matter is None:
        return ctx.error(404)
    return ctx.render("desk_request.html", 422 if errors else 200, matter=matter, errors=errors)


async def confirm(ctx: Ctx) -> Response:
    """POST /account/requests/{id}/confirm: it is done now."""
    return await _decide(ctx, confirm=True)


async def refuse(ctx: Ctx) -> Response:
    """POST /account/requests/{id}/refuse."""
    return await _decide(ctx, confirm=False)


async def _decide(ctx: Ctx, *, confirm: bool) -> Response:
    answer = await ctx.world.store.run(
        second_admin.decide,
        ctx.now,
        actor=ctx.me.person,
        request_id=ctx.request.path_params["id"],
        confirm=confirm,
    )
    match answer:
        case Done():
            return done_page(ctx, answer)
        case Dropped():
            return ctx.go(f"{REQUESTS}/{ctx.request.path_params['id']}")
        case Refused(_, sentence):
            return await _request_page(ctx, [FieldError("", sentence)])
        case None:
            return ctx.error(404)
        case _:
            sentence = "Somebody else has decided this already, or its time is over."
            return await _request_page(ctx, [FieldError("", sentence)])


async def show_proofs(ctx: Ctx) -> Response:
    """GET /account/proofs."""
    proofs = await ctx.world.store.run(desk.accepted_proofs, account_id=ctx.me.account.id)
    return ctx.render("desk_proofs.html", values={"proofs": "\n".join(proofs)})


async def save_proofs(ctx: Ctx) -> Response:
    """POST /account/proofs."""
    text = ctx.field("proofs")
    answer = await ctx.world.store.run(desk.set_proofs, ctx.now, caller=ctx.me, text=text)
    if isinstance(answer, Refused):
        errors = [FieldError(answer.field, answer.sentence)]
        return ctx.render("desk_proofs.html", 422, values={"proofs": text[:4000]}, errors=errors)
    return ctx.go(PROOFS)


PAGES = (
    Page(REQUESTS, Needs.SESSION, get=show_all, role=Role.ADMIN),
    Page(f"{REQUESTS}/{{id}}", Needs.SESSION, get=show, role=Role.ADMIN),
    Page(f"{REQUESTS}/{{id}}/confirm", Needs.SESSION, post=confirm, fresh=True, role=Role.ADMIN),
    Page(f"{REQUESTS}/{{id}}/refuse", Needs.SESSION, post=refuse, fresh=True, role=Role.ADMIN),
    Page(PROOFS, Needs.SESSION, get=show_proofs, post=save_proofs, fresh=True, role=Role.ADMIN),
)
