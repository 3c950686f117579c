"""Importing people: paste or upload, see every row, then the button."""

from starlette.responses import Response

from twofold.core import roster
from twofold.core.people import Role
from twofold.core.roster import Action, Plan, Roster
from twofold.flows import people
from twofold.web.access import Ctx, Needs, Page
from twofold.web.forms import FieldError

SHOWN = 500
"""Rows of a preview on one page; problems come first, so none is hidden by the cut."""
ACTIONS = {Action.ADD: "add", Action.SAME: "known", Action.DIFFERS: "known"}


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
    parsed = roster.parse(content)
    if not isinstance(parsed, Roster):
        return _form_page(ctx, [FieldError(field, parsed.sentence)])
    kept = await ctx.world.store.run(
        people.keep_upload, ctx.now, actor=ctx.me.person, content=content, roster=parsed
    )
    return _preview_page(ctx, kept.upload_id, kept.plan)


def _content(ctx: Ctx) -> tuple[str, bytes]:
    """The file if one was chosen, otherwise what was pasted."""
    if ctx.upload:
        return "file", ctx.upload
    return "text", ctx.field("text").encode()


def _preview_page(ctx: Ctx, upload_id: str, plan: Plan, status: int = 200) -> Response:
    ordered = sorted(plan.rows, key=lambda row: row.action is not Action.PROBLEM)
    rows = [
        {
            "line": row.row.line,
            "name": row.row.name,
            "email": row.row.email,
            "role": row.row.shown_role,
            "action": ACTIONS.get(row.action, "problem"),
            "problem": row.note if row.action is Action.PROBLEM else "",
            "note": row.note,
        }
        for row in ordered[:SHOWN]
    ]
    return ctx.render(
        "people_preview.html",
        status,
        upload_id=upload_id,
        rows=rows,
        rows_left=max(0, len(plan.rows) - SHOWN),
        counts={
            "add": plan.added,
            "known": len(plan.rows) - plan.added - plan.problems,
            "problems": plan.problems,
        },
    )


async def apply(ctx: Ctx) -> Response:
    """POST /people/import/{id}: all rows or none."""
    upload_id = ctx.request.path_params["id"]
    content = await ctx.world.store.run(
        people.kept_upload, actor=ctx.me.person, upload_id=upload_id
    )
    parsed = roster.parse(content) if content is not None else None
    if not isinstance(parsed, Roster):
        return _form_page(
            ctx, [FieldError("", "That list is not here any more. Paste or choose it once more.")]
        )
    plan = await ctx.world.store.run(
        people.apply_import,
        ctx.now,
        account=ctx.me.account,
        actor=ctx.me.person,
        roster=parsed,
    )
    if plan.problems:
        return _preview_page(ctx, upload_id, plan, 422)
    await ctx.world.store.run(people.drop_upload, actor=ctx.me.person, upload_id=upload_id)
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
