"""Compare: somebody beside somebody else, or beside the people for whom it works."""

from starlette.responses import Response

from twofold.core.case import diagnose
from twofold.core.people import Role
from twofold.flows import compare, people
from twofold.flows.compare import Comparison
from twofold.web.access import Ctx, Needs, Page


async def show(ctx: Ctx) -> Response:
    """GET /people/{id}/compare?with=…: an id, nothing, or with `search` a name or address."""
    person_id, asked = ctx.request.path_params["id"], ctx.request.query_params
    search, other_id = asked.get("search", "").strip()[:200], asked.get("with", "").strip()[:200]
    choices: list[dict[str, str]] = []
    if search and not other_id:
        page = await ctx.world.store.run(
            people.list_people, account_id=ctx.me.account.id, search=search
        )
        hit = people.only_hit(page, search)
        if hit is not None and hit.id != person_id:
            return ctx.go(f"/people/{person_id}/compare?with={hit.id}")
        choices = [
            {"id": row.person.id, "name": row.person.name, "email": row.person.email}
            for row in page.rows
            if row.person.id != person_id
        ]
    found = await _compared(ctx, person_id, other_id)
    if found is None:
        return ctx.error(404)
    return ctx.render(
        "compare.html",
        person=found.case.person,
        other=found.other,
        people=found.people,
        bounded=found.bounded,
        differing=[row for row in found.rows if row.differs],
        alike=[row for row in found.rows if not row.differs],
        diagnosis=diagnose(found.case),
        search=search,
        choices=choices,
    )


async def _compared(ctx: Ctx, person_id: str, other_id: str) -> Comparison | None:
    if not other_id:
        return await ctx.world.store.run(
            compare.with_others,
            ctx.now,
            actor=ctx.me.person,
            person_id=person_id,
            apps=ctx.world.apps,
        )
    return await ctx.world.store.run(
        compare.with_person,
        ctx.now,
        actor=ctx.me.person,
        person_id=person_id,
        other_id=other_id,
        apps=ctx.world.apps,
    )


PAGES = (Page("/people/{id}/compare", Needs.SESSION, get=show, role=Role.HELPDESK),)
