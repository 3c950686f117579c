"""Importing people: paste or upload, see every row, then the button."""

from starlette.responses import Response

from twofold.core.people import Role
from twofold.core.roster import Roster, parse
from twofold.core.roster_plan import Action, Plan
from twofold.flows import roster
from twofold.web.access import Ctx, Needs, Page
from twofold.web.forms import FieldError

SHOWN = 500
"""Rows of a preview on one page; problems come first, so none is hidden by the cut."""
SHOWN_OUT = 100
"""People who are not in the file, on the same page."""
ORDER = (Action.PROBLEM, Action.CHANGE, Action.ADD, Action.SAME)
LEAVE, SUSPEND = "leave", "suspend"
"""What becomes of whoever is not in the file."""


async def show(ctx: Ctx) -> Response:
    """GET /people/import."""
    return _form_page(ctx, [])


def _form_page(ctx: Ctx, errors: list[FieldError]) -> Response:
    return ctx.render(
        "people_import.html",
        422 if errors else 200,
        values={"text": ctx.field("text")},
        errors=errors,
    )


async def preview(ctx: Ctx) -> Response:
    """POST /people/import: nothing happens yet."""
    field, content = _content(ctx)
    if not content.strip():
        return _form_page(
            ctx, [FieldError("text", "Paste a list, or choose a file with one person a line.")]
        )
    parsed = parse(content)
    if not isinstance(parsed, Roster):
        return _form_page(ctx, [FieldError(field, parsed.sentence)])
    kept = await ctx.world.store.run(
        roster.keep,
        ctx.now,
        account=ctx.me.account,
        actor=ctx.me.person,
        content=content,
        roster=parsed,
    )
    return _preview_page(ctx, kept.upload_id, kept.plan)


def _content(ctx: Ctx) -> tuple[str, bytes]:
    """The file if one was chosen, otherwise what was pasted."""
    if ctx.upload:
        return "file", ctx.upload
    return "text", ctx.field("text").encode()


def _preview_page(ctx: Ctx, upload_id: str, plan: Plan, status: int = 200) -> Response:
    ordered = sorted(plan.rows, key=lambda row: ORDER.index(row.action))
    return ctx.render(
        "people_preview.html",
        status,
        upload_id=upload_id,
        rows=ordered[:SHOWN],
        rows_left=max(0, len(plan.rows) - SHOWN),
        plan=plan,
        out=plan.left_out[:SHOWN_OUT],
        out_left=max(0, len(plan.left_out) - SHOWN_OUT),
        values={"out": ctx.field("out") or LEAVE},
    )


async def apply(ctx: Ctx) -> Response:
    """POST /people/import/{id}: all rows or none."""
    upload_id = ctx.request.path_params["id"]
    content = await ctx.world.store.run(roster.kept, actor=ctx.me.person, upload_id=upload_id)
    parsed = parse(content) if content is not None else None
    if not isinstance(parsed, Roster):
        return _form_page(
            ctx, [FieldError("", "That list is not here any more. Paste or choose it once more.")]
        )
    plan = await ctx.world.store.run(
        roster.apply,
        ctx.now,
        account=ctx.me.account,
        actor=ctx.me.person,
        roster=parsed,
        suspend=ctx.field("out") == SUSPEND,
    )
    if plan.problems:
        return _preview_page(ctx, upload_id, plan, 422)
    await ctx.world.store.run(roster.drop, actor=ctx.me.person, upload_id=upload_id)
    return ctx.go("/people")


PAGES = (
    Page(
        "/people/import",
        Needs.SESSION,
        get=show,
        post=preview,
        role=Role.ADMIN,
        upload=True,
    ),
    Page("/people/import/{id}", Needs.SESSION, post=apply, fresh=True, role=Role.ADMIN),
)
