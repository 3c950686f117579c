"""People: one person with what is wrong, adding one. The table is in `people_table.py`."""

from starlette.responses import Response

from twofold.core import locks
from twofold.core.case import diagnose, drift_of, requirement_of
from twofold.core.evidence import PARAMETERS
from twofold.core.people import Person, PersonKind, Role
from twofold.core.policy import who_unlocks
from twofold.flows import groups, people, troubleshoot
from twofold.flows.setup import Refused
from twofold.web.access import Ctx, Needs, Page
from twofold.web.forms import FieldError

SHOWN = 8
"""Attempts on the page of a person; all that are kept stand in the person's own history."""


async def show_one(ctx: Ctx) -> Response:
    """GET /people/{id}."""
    return await _person_page(ctx, [])


async def _person_page(ctx: Ctx, errors: list[FieldError], notice: str = "") -> Response:
    dossier = await ctx.world.store.run(
        troubleshoot.look,
        ctx.now,
        actor=ctx.me.person,
        person_id=ctx.request.path_params["id"],
    )
    if dossier is None:
        return ctx.error(404)
    case = dossier.case
    known = await ctx.world.store.run(groups.of_account, account_id=ctx.me.account.id)
    return ctx.render(
        "person.html",
        422 if errors else 200,
        person=case.person,
        case=case,
        found=diagnose(case),
        requirement=requirement_of(case),
        locks=[
            {"sentence": locks.sentence(lock, ctx.now), "ended_by": locks.ended_by(lock)}
            for lock in case.locks
        ],
        drift=drift_of(case),
        evidence=case.tried[:SHOWN],
        parameters=PARAMETERS,
        apps=ctx.world.apps,
        dossier=dossier,
        inside=[one for one in known if one.id in case.person.groups],
        outside=[one for one in known if one.id not in case.person.groups],
        helper=who_unlocks(case.person.role),
        is_me=case.person.id == ctx.me.person.id,
        notice=notice,
        errors=errors,
    )


async def show_add(ctx: Ctx) -> Response:
    """GET /people/add."""
    return _add_page(ctx, [])


def _add_page(ctx: Ctx, errors: list[FieldError]) -> Response:
    values = {name: ctx.field(name) for name in ("name", "email")}
    values["role"] = ctx.field("role") or Role.MEMBER.value
    values["kind"] = ctx.field("kind")
    return ctx.render("person_add.html", 422 if errors else 200, values=values, errors=errors)


async def add(ctx: Ctx) -> Response:
    """POST /people/add."""
    role = _role(ctx)
    if role is None:
        return _add_page(ctx, [FieldError("role", "Choose one of the roles in the list.")])
    done = await ctx.world.store.run(
        people.add,
        ctx.now,
        account=ctx.me.account,
        actor=ctx.me.person,
        name=ctx.field("name"),
        email=ctx.field("email"),
        role=role,
        kind=PersonKind.SERVICE if ctx.field("kind") == "service" else PersonKind.PERSON,
    )
    if isinstance(done, Refused):
        return _add_page(ctx, [FieldError(done.field, done.sentence)])
    return ctx.go(f"/people/{done.id}")


def _role(ctx: Ctx) -> Role | None:
    try:
        return Role(ctx.field("role") or Role.MEMBER.value)
    except ValueError:
        return None


async def invite(ctx: Ctx) -> Response:
    """POST /people/{id}/invite."""
    done = await ctx.world.store.run(
        people.invite_again,
        ctx.now,
        actor=ctx.me.person,
        person_id=ctx.request.path_params["id"],
    )
    return await _after(ctx, done)


async def set_role(ctx: Ctx) -> Response:
    """POST /people/{id}/role."""
    role = _role(ctx)
    if role is None:
        return await _person_page(ctx, [FieldError("role", "Choose one of the roles in the list.")])
    done = await ctx.world.store.run(
        people.set_role,
        ctx.now,
        actor=ctx.me.person,
        person_id=ctx.request.path_params["id"],
        role=role,
    )
    return await _after(ctx, done)


async def enter(ctx: Ctx) -> Response:
    """POST /people/{id}/enter: into a group."""
    return await _place(ctx, ctx.field("group"), inside=True)


async def leave(ctx: Ctx) -> Response:
    """POST /people/{id}/leave: out of the group that the button stands beside."""
    return await _place(ctx, ctx.field("row"), inside=False)


async def _place(ctx: Ctx, group_id: str, *, inside: bool) -> Response:
    done = await ctx.world.store.run(
        groups.place,
        ctx.now,
        caller=ctx.me,
        person_id=ctx.request.path_params["id"],
        group_id=group_id,
        inside=inside,
    )
    return await _after(ctx, done)


async def disable(ctx: Ctx) -> Response:
    """POST /people/{id}/disable."""
    return await _set_disabled(ctx, disabled=True)


async def enable(ctx: Ctx) -> Response:
    """POST /people/{id}/enable."""
    return await _set_disabled(ctx, disabled=False)


async def _set_disabled(ctx: Ctx, *, disabled: bool) -> Response:
    done = await ctx.world.store.run(
        people.set_disabled,
        ctx.now,
        actor=ctx.me.person,
        person_id=ctx.request.path_params["id"],
        disabled=disabled,
    )
    return await _after(ctx, done)


async def _after(ctx: Ctx, done: Person | Refused | None) -> Response:
    """Back to the person's page, with the sentence where the act was refused."""
    if done is None:
        return ctx.error(404)
    if isinstance(done, Refused):
        return await _person_page(ctx, [FieldError(done.field, done.sentence)])
    return ctx.go(f"/people/{done.id}")


PAGES = (
    Page("/people/add", Needs.SESSION, get=show_add, post=add, fresh=True, role=Role.ADMIN),
    Page("/people/{id}", Needs.SESSION, get=show_one, role=Role.HELPDESK),
    Page("/people/{id}/invite", Needs.SESSION, post=invite, fresh=True, role=Role.ADMIN),
    Page("/people/{id}/role", Needs.SESSION, post=set_role, fresh=True, role=Role.ADMIN),
    Page("/people/{id}/enter", Needs.SESSION, post=enter, fresh=True, role=Role.ADMIN),
    Page("/people/{id}/leave", Needs.SESSION, post=leave, fresh=True, role=Role.ADMIN),
    Page("/people/{id}/disable", Needs.SESSION, post=disable, fresh=True, role=Role.ADMIN),
    Page("/people/{id}/enable", Needs.SESSION, post=enable, fresh=True, role=Role.ADMIN),
)
