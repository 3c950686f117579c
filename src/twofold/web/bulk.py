"""One act on many people of the table: first what will become of each, then a button, then what
became of each.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from starlette.responses import Response

from twofold.core.desk import grounds_of
from twofold.core.listing import asked_of, fields_of
from twofold.core.people import Role
from twofold.flows import bulk, desk, listing, reminders
from twofold.flows.bulk import BulkAct, Prospect
from twofold.flows.deadlines import Outcome, Result
from twofold.web.access import Ctx, Needs, Page
from twofold.web.forms import FieldError
from twofold.web.more_time import PATH as MORE_TIME
from twofold.web.people_table import columns_for

PATH = "/people/act"
GROUNDS = ("proof", "ticket", "reason")
EXPORT = "export"
WILL = {
    BulkAct.REMIND: "Will be reminded",
    BulkAct.UNLOCK: "Will be unlocked, and told by mail",
    BulkAct.SET_UP: "Will get the link by mail",
}
DONE = {
    BulkAct.REMIND: "Reminded",
    BulkAct.UNLOCK: "Unlocked, and told by mail",
    BulkAct.SET_UP: "The link is on its way by mail",
}
WHY_NOT = {
    Outcome.DONE: "Left out",
    Outcome.ENROLLED: "Has set it up already",
    Outcome.NOT_ASKED: "Nothing is asked of them",
    Outcome.EXEMPT: "Exempt at present",
    Outcome.PAUSED: "Paused at present",
    Outcome.DISABLED: "May not sign in at present",
    Outcome.TODAY: "Was reminded by hand today",
    Outcome.NOT_LOCKED: "Nothing shuts them out",
    Outcome.NO_FACTOR: "Has nothing set up yet",
    Outcome.SECOND_ADMIN: "An admin: a second admin confirms it, on their own page",
    Outcome.NOT_BELOW: "Not of a lower role than your own",
    Outcome.NOT_YOURS: "Not there, or above your own role",
}


async def show(ctx: Ctx) -> Response:
    """GET /people/act: what will become of each. Fields `act`; `who`, once for each who is ticked,
    or `all` and the fields of the filter, from the key `after` on.
    """
    given = ctx.request.query_params
    word, ticked = given.get("act", ""), given.getlist("who")[: bulk.MOST]
    fields = fields_of(asked_of(given))
    if word == MORE_TIME.rpartition("/")[2]:
        chosen = fields | {"all": "1"} if given.get("all") else {"who": ticked}
        return ctx.go(f"{MORE_TIME}?{urlencode(chosen, doseq=True)}")
    if word not in {*BulkAct, EXPORT}:
        return ctx.error(404)
    next_after, people = "", ticked
    if given.get("all"):
        people, next_after = await _found(ctx, given)
    if word == EXPORT:
        return await _export_page(ctx, people, fields if given.get("all") else None)
    return await _preview(ctx, BulkAct(word), people, fields, next_after, [])


async def _found(ctx: Ctx, given: Mapping[str, str]) -> tuple[list[str], str]:
    """Whom the filter finds, as many as one act takes, and where the next act begins."""
    people, next_after = await ctx.world.store.run(
        listing.ids,
        ctx.now,
        account=ctx.me.account,
        asked=asked_of(given),
        after=given.get("after", "").replace("\0", "")[:300],
        size=bulk.MOST,
    )
    return list(people), next_after


async def _preview(
    ctx: Ctx,
    act: BulkAct,
    people: Sequence[str],
    fields: Mapping[str, str],
    next_after: str,
    errors: list[FieldError],
) -> Response:
    found: Sequence[Prospect] = await ctx.world.store.run(
        bulk.foresee, ctx.now, actor=ctx.me.person, act=act, people=people
    )
    proofs = await ctx.world.store.run(desk.accepted_proofs, account_id=ctx.me.account.id)
    reached = [one for one in found if one.outcome is Outcome.DONE]
    return ctx.render(
        "bulk.html",
        422 if errors else 200,
        act=act,
        found=[(one, WILL[act] if one in reached else WHY_NOT[one.outcome]) for one in found],
        count=len(reached),
        reached=" ".join(one.person.id for one in reached),
        others=" ".join(one.person.id for one in found if one not in reached),
        fields=fields,
        query=urlencode(fields),
        next_after=next_after,
        most=bulk.MOST,
        proofs=proofs,
        values={name: ctx.field(name)[:400] for name in GROUNDS},
        errors=errors,
    )


async def _export_page(
    ctx: Ctx, people: Sequence[str], fields: Mapping[str, str] | None
) -> Response:
    """Whom the file will hold: those ticked, or all whom the filter finds."""
    return ctx.render(
        "bulk_export.html",
        count=len(people),
        is_all=fields is not None,
        fields=fields or {},
        people="" if fields is not None else " ".join(people),
        columns=columns_for(ctx),
    )


async def act_on_them(ctx: Ctx) -> Response:
    """POST /people/act: fields `act`, `people` and `others` (ids), those of the filter, `after`,
    and the grounds where somebody is helped. One line for each says what became of it.
    """
    word = ctx.field("act")
    if word not in set(BulkAct):
        return ctx.error(404)
    act = BulkAct(word)
    people, others = ctx.field("people").split(), ctx.field("others").split()
    fields, after = fields_of(asked_of(ctx.form)), ctx.field("after")
    if act.desk_act is not None and (problems := await _problems(ctx)):
        return await _preview(ctx, act, people + others, fields, after, problems)
    done = await _do(ctx, act, people[: bulk.MOST])
    left: Sequence[Prospect] = await ctx.world.store.run(
        bulk.foresee, ctx.now, actor=ctx.me.person, act=act, people=others[: bulk.MOST]
    )
    following = fields | {"act": act.value, "all": "1", "after": after}
    return ctx.render(
        "bulk_done.html",
        act=act,
        results=[*((one, _became(act, one)) for one in done), *map(_left_out, left)],
        count=sum(one.outcome is Outcome.DONE for one in done),
        query=urlencode(fields),
        next=f"{PATH}?{urlencode(following)}" if after else "",
        most=bulk.MOST,
    )


async def _problems(ctx: Ctx) -> list[FieldError]:
    grounds = grounds_of(*(ctx.field(name) for name in GROUNDS))
    found = await ctx.world.store.run(bulk.grounds_problems, actor=ctx.me.person, grounds=grounds)
    return [FieldError(one.field, one.sentence) for one in found]


async def _do(ctx: Ctx, act: BulkAct, people: Sequence[str]) -> list[Result]:
    """Some in each transaction. After a crash in the middle the same act passes over those whom
    it has reached.
    """
    run, actor, done = ctx.world.store.run, ctx.me.person, list[Result]()
    if act is BulkAct.REMIND:
        for start in range(0, len(people), bulk.AT_ONCE):
            some = people[start : start + bulk.AT_ONCE]
            done += await run(reminders.remind_by_hand, ctx.now, actor=actor, people=some)
        return done
    grounds = grounds_of(*(ctx.field(name) for name in GROUNDS))
    for person_id in dict.fromkeys(people):
        done.append(
            await run(
                bulk.help_one, ctx.now, actor=actor, act=act, person_id=person_id, grounds=grounds
            )
        )
    return done


def _became(act: BulkAct, result: Result) -> str:
    return DONE[act] if result.outcome is Outcome.DONE else WHY_NOT[result.outcome]


def _left_out(one: Prospect) -> tuple[Result, str]:
    person = one.person
    outcome = Outcome.NOT_ASKED if one.outcome is Outcome.DONE else one.outcome
    return Result(person.id, person.name, outcome), WHY_NOT[one.outcome]


PAGES = (Page(PATH, Needs.SESSION, get=show, post=act_on_them, role=Role.ADMIN, fresh=True),)
