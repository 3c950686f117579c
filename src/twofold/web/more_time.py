"""More time: for one or many at once, leave, and exemptions."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.responses import Response

from twofold.core.deadlines import morning_of
from twofold.core.listing import Line, asked_of, fields_of
from twofold.core.moments import when_in
from twofold.core.people import Instant, Role
from twofold.core.requirement import ruling
from twofold.core.requirement_words import about_person
from twofold.flows import bulk, deadlines, listing, rollout_look
from twofold.flows.deadlines import Outcome, Result
from twofold.flows.setup import Refused
from twofold.web.access import Ctx, Needs, Page
from twofold.web.forms import FieldError

PATH, ONE = "/people/more-time", "/people/{id}/deadline"
WORDS = {
    Outcome.DONE: "Has until then, and was told by mail",
    Outcome.ENROLLED: "Has set it up already; nothing was changed",
    Outcome.NOT_ASKED: "Nothing is asked of them; nothing was changed",
    Outcome.LATER: "Has longer than that already; nothing was changed",
    Outcome.YOURSELF: "Nobody gives themselves more time; ask another admin",
    Outcome.NOBODY: "Nobody here has this address",
    Outcome.NOT_YOURS: "Not there, or above your own role",
}


async def show(ctx: Ctx) -> Response:
    """GET /people/more-time: with the people of a filter of the people table, or those ticked
    there: fields `who`, once for each.
    """
    given, account = ctx.request.query_params, ctx.me.account
    asked, ticked, more = asked_of(given), given.getlist("who"), ""
    lines: Sequence[Line] = []
    if ticked:
        lines = await ctx.world.store.run(
            listing.of_ids, account=account, people=ticked[: bulk.MOST]
        )
    elif fields_of(asked) or given.get("all"):
        lines, more = await ctx.world.store.run(
            listing.stretch, ctx.now, account=account, asked=asked, after="", size=bulk.MOST
        )
    people = "\n".join(line.person.email for line in lines if not line.enrolled)
    return _page(ctx, {"people": people, "until": "", "reason": ""}, [], is_cut=bool(more))


def _page(
    ctx: Ctx,
    values: dict[str, str],
    errors: list[FieldError],
    results: list[tuple[Result, str]] | None = None,
    *,
    is_cut: bool = False,
) -> Response:
    return ctx.render(
        "more_time.html",
        422 if errors else 200,
        values=values,
        most=bulk.MOST if is_cut else 0,
        results=results or [],
        done=sum(result.outcome is Outcome.DONE for result, _ in results or []),
        zone=ctx.me.account.policy.calendar.zone,
        errors=errors,
    )


async def give(ctx: Ctx) -> Response:
    """POST /people/more-time: one line for each says what became of it."""
    values = {name: ctx.field(name) for name in ("people", "until", "reason")}
    until = _morning(ctx)
    if isinstance(until, FieldError):
        return _page(ctx, values, [until])
    done = await ctx.world.store.run(
        deadlines.extend_by_address,
        ctx.now,
        actor=ctx.me.person,
        addresses=list(dict.fromkeys(values["people"].replace(",", " ").split())),
        until=until,
        reason=values["reason"],
    )
    if isinstance(done, Refused):
        return _page(ctx, values, [FieldError(done.field, done.sentence)])
    return _page(ctx, values, [], [(one, WORDS[one.outcome]) for one in done])


def _morning(ctx: Ctx) -> Instant | FieldError:
    """09:00 of the day in the field `until`, in the account's zone."""
    found = morning_of(ctx.field("until"), ctx.me.account.policy.calendar)
    return FieldError("until", "Choose the day until which they have.") if found is None else found


async def show_one(ctx: Ctx) -> Response:
    """GET /people/{id}/deadline."""
    return await _one(ctx, [])


async def _one(ctx: Ctx, errors: list[FieldError]) -> Response:
    account = ctx.me.account
    looked = await ctx.world.store.run(
        rollout_look.person, account_id=account.id, person_id=ctx.request.path_params["id"]
    )
    if looked is None:
        return ctx.error(404)
    groups = await ctx.world.store.run(rollout_look.group_names, account_id=account.id)
    person, zone = looked.person, account.policy.calendar.zone
    found, duty = ruling(account, person, ctx.now), person.duty
    return ctx.render(
        "deadline.html",
        422 if errors else 200,
        person=person,
        applies=about_person(
            account, person, ctx.now, enrolled=looked.enrolled, groups=dict(groups)
        ),
        due=when_in(found.due_at, zone) if found.due_at is not None else "",
        away=_ahead(duty.away_until, ctx.now, zone),
        exempt=_ahead(duty.exempt_until, ctx.now, zone),
        exemptions=looked.exemptions,
        enrolled=looked.enrolled,
        required=found.required,
        zone=zone,
        values={name: ctx.field(name) for name in ("until", "reason")} if errors else {},
        errors=errors,
    )


def _ahead(at: Instant | None, now: Instant, zone: str) -> str:
    """A moment that is still to come in words, "" for any other."""
    return when_in(at, zone) if at is not None and at > now else ""


async def extend_one(ctx: Ctx) -> Response:
    """POST /people/{id}/deadline/extend."""
    until = _morning(ctx)
    if isinstance(until, FieldError):
        return await _one(ctx, [until])
    done = await ctx.world.store.run(
        deadlines.extend,
        ctx.now,
        actor=ctx.me.person,
        people=[ctx.request.path_params["id"]],
        until=until,
        reason=ctx.field("reason"),
    )
    if isinstance(done, Refused):
        return await _one(ctx, [FieldError(done.field, done.sentence)])
    if done[0].outcome is not Outcome.DONE:
        return await _one(ctx, [FieldError("until", WORDS[done[0].outcome] + ".")])
    return _back(ctx)


async def set_leave(ctx: Ctx) -> Response:
    """POST /people/{id}/deadline/leave; without a day the leave is over."""
    until: Instant | FieldError | None = _morning(ctx) if ctx.field("until").strip() else None
    if isinstance(until, FieldError):
        return await _one(ctx, [until])
    return await _do(ctx, deadlines.set_leave, until=until)


async def exempt(ctx: Ctx) -> Response:
    """POST /people/{id}/deadline/exempt."""
    until = _morning(ctx)
    if isinstance(until, FieldError):
        return await _one(ctx, [until])
    return await _do(ctx, deadlines.exempt, until=until, reason=ctx.field("reason"))


async def end_exemption(ctx: Ctx) -> Response:
    """POST /people/{id}/deadline/end-exemption."""
    return await _do(ctx, deadlines.end_exemption)


async def _do(ctx: Ctx, act: Callable[..., object], **chosen: object) -> Response:
    """One act on the person of the page, and back to it with what was refused."""
    person_id = ctx.request.path_params["id"]
    done = await ctx.world.store.run(
        act, ctx.now, actor=ctx.me.person, person_id=person_id, **chosen
    )
    if done is None:
        return ctx.error(404)
    if isinstance(done, Refused):
        return await _one(ctx, [FieldError(done.field, done.sentence)])
    return _back(ctx)


def _back(ctx: Ctx) -> Response:
    return ctx.go(ONE.replace("{id}", ctx.request.path_params["id"]))


ACTS: dict[str, Callable[[Ctx], Awaitable[Response]]] = {
    "extend": extend_one,
    "leave": set_leave,
    "exempt": exempt,
    "end-exemption": end_exemption,
}
PAGES = (
    Page(PATH, Needs.SESSION, get=show, post=give, role=Role.ADMIN, fresh=True),
    Page(ONE, Needs.SESSION, get=show_one, role=Role.ADMIN),
    *(
        Page(f"{ONE}/{name}", Needs.SESSION, post=act, role=Role.ADMIN, fresh=True)
        for name, act in ACTS.items()
    ),
)
