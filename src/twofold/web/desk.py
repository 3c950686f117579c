"""Helping somebody: one page per act, and the page that says what comes next."""

from collections.abc import Awaitable, Callable

from starlette.responses import Response

from twofold.core import passes
from twofold.core.desk import PASS_HOURS, Act, Wanted, grounds_of
from twofold.core.people import Role
from twofold.flows import desk
from twofold.flows.desk import DeskPage, Refusals
from twofold.flows.desk_acts import Done
from twofold.flows.second_admin import Asked
from twofold.web.access import Ctx, Needs, Page
from twofold.web.forms import FieldError

FIELDS = ("proof", "ticket", "reason", "times", "hours", "phone")
LONGEST = 400
"""Characters that are shown again of what was entered."""
ONCE, OFTEN = "once", "often"
HERE, STOLEN = "here", "stolen"


def _show(act: Act) -> Callable[[Ctx], Awaitable[Response]]:
    async def show(ctx: Ctx) -> Response:
        """GET /people/{id}/desk/…: what will happen, to whom, and the form."""
        return await _act_page(ctx, act, [])

    return show


async def _act_page(ctx: Ctx, act: Act, errors: list[FieldError]) -> Response:
    page = await ctx.world.store.run(
        desk.look,
        ctx.now,
        actor=ctx.me.person,
        person_id=ctx.request.path_params["id"],
        act=act,
    )
    if page is None:
        return ctx.error(404)
    if page.refused:
        return ctx.error(403, page.refused)
    return ctx.render(
        "desk.html",
        422 if errors else 200,
        act=act,
        page=page,
        person=page.person,
        alone=_is_alone(page),
        hours=PASS_HOURS,
        values={name: ctx.field(name)[:LONGEST] for name in FIELDS},
        errors=errors,
    )


def _is_alone(page: DeskPage) -> bool:
    """Whether a second admin is needed, and there is none."""
    return page.second_admins is not None and not page.second_admins


def _do(act: Act) -> Callable[[Ctx], Awaitable[Response]]:
    async def do(ctx: Ctx) -> Response:
        """POST /people/{id}/desk/…: it is done, or waits for a second admin."""
        answer = await ctx.world.store.run(
            desk.help_somebody,
            ctx.now,
            actor=ctx.me.person,
            person_id=ctx.request.path_params["id"],
            wanted=_wanted(ctx, act),
            grounds=grounds_of(ctx.field("proof"), ctx.field("ticket"), ctx.field("reason")),
        )
        match answer:
            case Done():
                return done_page(ctx, answer)
            case Asked():
                return ctx.render("desk_asked.html", asked=answer, person=answer.person)
            case Refusals(problems):
                errors = [FieldError(one.field, one.sentence) for one in problems]
                return await _act_page(ctx, act, errors)
            case _:
                return ctx.error(404)

    return do


def _wanted(ctx: Ctx, act: Act) -> Wanted:
    """What was chosen. A number of hours that cannot be read is refused as one not offered."""
    hours = ctx.field("hours") or str(Wanted(act).hours)
    return Wanted(
        act,
        once=ctx.field("times") != OFTEN,
        hours=int(hours) if hours.isascii() and hours.isdigit() and len(hours) < 4 else 0,
        stolen=ctx.field("phone") == STOLEN,
    )


def done_page(ctx: Ctx, done: Done) -> Response:
    """What was done, and what the person does next, in words to read out. A temporary pass
    stands in this answer and nowhere else.
    """
    code = done.new_pass.code if done.new_pass else ""
    return ctx.render(
        "desk_done.html",
        act=done.wanted.act,
        wanted=done.wanted,
        person=done.person,
        code=code,
        spelled=passes.spelled(code),
        ends_at=done.ends_at,
    )


PAGES = tuple(
    Page(
        f"/people/{{id}}/desk/{act.value}",
        Needs.SESSION,
        get=_show(act),
        post=_do(act),
        fresh=True,
        role=Role.HELPDESK,
    )
    for act in Act
)
