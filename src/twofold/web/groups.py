"""Groups: the list, one group with its people, and who is put in or taken out."""

from starlette.responses import Response

from twofold.core.groups import Group, day_in
from twofold.core.people import Person, Role
from twofold.flows import groups
from twofold.flows.groups import Entered
from twofold.flows.setup import Refused
from twofold.web.access import Ctx, Needs, Page
from twofold.web.forms import FieldError

PATH = "/groups"
ONE = f"{PATH}/{{id}}"
GONE = "This group is gone. Choose another one from the list."
TYPED = ("name", "lead", "people", "first", "last")
"""Fields of the page of a group."""


async def show(ctx: Ctx) -> Response:
    """GET /groups."""
    return await _list(ctx, [])


async def _list(ctx: Ctx, errors: list[FieldError]) -> Response:
    rows = await ctx.world.store.run(groups.list_groups, account_id=ctx.me.account.id)
    return ctx.render(
        "groups.html",
        422 if errors else 200,
        rows=rows,
        values={"name": ctx.field("name")},
        errors=errors,
    )


async def create(ctx: Ctx) -> Response:
    """POST /groups."""
    made = await ctx.world.store.run(groups.create, ctx.now, caller=ctx.me, name=ctx.field("name"))
    if isinstance(made, Refused):
        return await _list(ctx, [FieldError(made.field, made.sentence)])
    return ctx.go(f"{PATH}/{made.id}")


async def show_one(ctx: Ctx) -> Response:
    """GET /groups/{id}."""
    return await _page(ctx, [])


async def _page(ctx: Ctx, errors: list[FieldError], notice: str = "") -> Response:
    after = ctx.request.query_params.get("after", "")[:300]
    view = await ctx.world.store.run(
        groups.look,
        account_id=ctx.me.account.id,
        group_id=ctx.request.path_params["id"],
        after=after,
    )
    if view is None:
        return ctx.error(404, GONE)
    group, zone = view.row.group, ctx.me.account.policy.calendar.zone
    last = None if group.exchange_until_at is None else group.exchange_until_at - 1
    return ctx.render(
        "group.html",
        422 if errors else 200,
        group=group,
        row=view.row,
        view=view,
        after=after,
        zone=zone,
        days=[day_in(at, zone) for at in (group.exchange_from_at, last) if at is not None],
        is_over=group.exchange_until_at is not None and group.exchange_until_at <= ctx.now,
        notice=notice,
        values={name: ctx.field(name) for name in TYPED if name in ctx.form} if errors else {},
        errors=errors,
    )


async def after(ctx: Ctx, done: Group | Refused | None) -> Response:
    """Back to the group's page, with the sentence where the act was refused."""
    if done is None:
        return ctx.error(404, GONE)
    if isinstance(done, Refused):
        return await _page(ctx, [FieldError(done.field, done.sentence)])
    return ctx.go(f"{PATH}/{done.id}")


async def rename(ctx: Ctx) -> Response:
    """POST /groups/{id}/name."""
    done = await ctx.world.store.run(
        groups.rename,
        ctx.now,
        caller=ctx.me,
        group_id=ctx.request.path_params["id"],
        name=ctx.field("name"),
    )
    return await after(ctx, done)


async def set_lead(ctx: Ctx) -> Response:
    """POST /groups/{id}/lead."""
    done = await ctx.world.store.run(
        groups.set_lead,
        ctx.now,
        caller=ctx.me,
        group_id=ctx.request.path_params["id"],
        email=ctx.field("lead"),
    )
    return await after(ctx, done)


async def enter(ctx: Ctx) -> Response:
    """POST /groups/{id}/people: a list of addresses."""
    done = await ctx.world.store.run(
        groups.enter,
        ctx.now,
        caller=ctx.me,
        group_id=ctx.request.path_params["id"],
        text=ctx.field("people"),
    )
    if isinstance(done, Entered):
        return await _page(ctx, [], _entered(done))
    return await after(ctx, done)


def _entered(done: Entered) -> str:
    came = "1 person was put in." if done.added == 1 else f"{done.added} people were put in."
    if not done.already:
        return came
    was = "1 was in it already." if done.already == 1 else f"{done.already} were in it already."
    return f"{came} {was}"


async def leave(ctx: Ctx) -> Response:
    """POST /groups/{id}/leave: one person, named by the button beside them."""
    group_id = ctx.request.path_params["id"]
    done = await _placed(ctx, group_id, ctx.field("row"), inside=False)
    if done is None:
        return ctx.error(404, GONE)
    if isinstance(done, Refused):
        return await _page(ctx, [FieldError("", done.sentence)])
    return ctx.go(f"{PATH}/{group_id}")


async def show_delete(ctx: Ctx) -> Response:
    """GET /groups/{id}/delete: what will happen."""
    view = await ctx.world.store.run(
        groups.look, account_id=ctx.me.account.id, group_id=ctx.request.path_params["id"]
    )
    if view is None:
        return ctx.error(404, GONE)
    return ctx.render("group_delete.html", view=view, group=view.row.group)


async def delete(ctx: Ctx) -> Response:
    """POST /groups/{id}/delete."""
    done = await ctx.world.store.run(
        groups.delete, ctx.now, caller=ctx.me, group_id=ctx.request.path_params["id"]
    )
    if isinstance(done, Group):
        return ctx.go(PATH)
    return await after(ctx, done)


async def _placed(
    ctx: Ctx, group_id: str, person_id: str, *, inside: bool
) -> Person | Refused | None:
    return await ctx.world.store.run(
        groups.place,
        ctx.now,
        caller=ctx.me,
        person_id=person_id,
        group_id=group_id,
        inside=inside,
    )


PAGES = (
    Page(PATH, Needs.SESSION, get=show, post=create, role=Role.ADMIN, fresh=True),
    Page(ONE, Needs.SESSION, get=show_one, role=Role.ADMIN),
    Page(f"{ONE}/name", Needs.SESSION, post=rename, role=Role.ADMIN, fresh=True),
    Page(f"{ONE}/lead", Needs.SESSION, post=set_lead, role=Role.ADMIN, fresh=True),
    Page(f"{ONE}/people", Needs.SESSION, post=enter, role=Role.ADMIN, fresh=True),
    Page(f"{ONE}/leave", Needs.SESSION, post=leave, role=Role.ADMIN, fresh=True),
    Page(
        f"{ONE}/delete",
        Needs.SESSION,
        get=show_delete,
        post=delete,
        role=Role.ADMIN,
        fresh=True,
    ),
)
