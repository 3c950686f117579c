"""Waves: what is asked of whom since when, and pausing, changing or taking it back."""

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from twofold.core.moments import when_in
from twofold.core.people import Instant, Role
from twofold.core.requirement_words import WHO
from twofold.core.rules import EVERYBODY, Calendar, Pause, Stance, Start, Target, TargetKind
from twofold.flows import pauses, rollout_look
from twofold.flows.rollout import SwitchRefused
from twofold.flows.rollout_look import WaveLook
from twofold.flows.setup import Refused
from twofold.web.access import Ctx, Needs, Page
from twofold.web.forms import FieldError

PATH = "/account/waves"
TYPED = ("pause_whom", "offer_whom", "hours", "reason", "zone", "quiet_days", "days")
WORK_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


async def names_of_groups(ctx: Ctx) -> Mapping[str, str]:
    """The names of the account's groups by their ids."""
    return await ctx.world.store.run(rollout_look.group_names, account_id=ctx.me.account.id)


def targets(groups: Mapping[str, str]) -> Sequence[Target]:
    """Everybody whom something can be asked of: everybody, each role, each group (names by id)."""
    roles = [Target(TargetKind.ROLE, role.value) for role in Role]
    return [EVERYBODY, *roles, *(Target(TargetKind.GROUP, id_) for id_ in groups)]


def options(groups: Mapping[str, str]) -> list[tuple[str, str]]:
    """The same for a choice in a form."""
    return [(word_of(one), whom_words(one, groups)) for one in targets(groups)]


def target_of(word: str) -> Target | None:
    """The target that a form names, or None if it names none."""
    kind, _, value = word.partition(":")
    if kind not in list(TargetKind) or bool(value) is (kind == TargetKind.EVERYBODY):
        return None
    return Target(TargetKind(kind), value)


def word_of(target: Target) -> str:
    """A target as a form names it."""
    return f"{target.kind.value}:{target.value}" if target.value else target.kind.value


def whom_words(target: Target, groups: Mapping[str, str]) -> str:
    """“Everybody”, “Every admin”, “The group Sales”."""
    if target.kind is TargetKind.EVERYBODY:
        return "Everybody"
    if target.kind is TargetKind.ROLE:
        words = WHO[target.value]
        return words[0].upper() + words[1:]
    return f"The group {groups.get(target.value, 'that was deleted')}"


async def show(ctx: Ctx) -> Response:
    """GET /account/waves."""
    return await _page(ctx, [])


async def _page(ctx: Ctx, errors: list[FieldError]) -> Response:
    account, store = ctx.me.account, ctx.world.store
    groups, zone = await names_of_groups(ctx), account.policy.calendar.zone
    looked = await store.run(rollout_look.waves, account_id=account.id)
    return ctx.render(
        "waves.html",
        422 if errors else 200,
        waves=[_wave(one, groups, zone, ctx.now) for one in looked],
        offers=[
            (whom_words(rule.target, groups), rule.stance.value)
            for rule in account.policy.rules
            if rule.stance is not Stance.REQUIRED
        ],
        pauses=[_pause(one, groups, zone) for one in account.policy.pauses if one.until > ctx.now],
        choices=options(groups),
        report_only=account.policy.report_only,
        near_stops=await store.run(rollout_look.near_stops, account_id=account.id),
        calendar=account.policy.calendar,
        work_days=list(enumerate(WORK_DAYS)),
        now_there=when_in(ctx.now, zone),
        values={name: ctx.field(name) for name in TYPED} if errors else {},
        errors=errors,
    )


def _wave(one: WaveLook, groups: Mapping[str, str], zone: str, now: Instant) -> dict[str, object]:
    return {
        "word": word_of(one.rule.target),
        "whom": whom_words(one.rule.target, groups),
        "rule": one.rule,
        "since": when_in(one.rule.since, zone),
        "begun": one.rule.since <= now,
        "total": one.total,
        "done": one.done,
        "can_take_back": one.can_take_back,
        "leaves_at": when_in(one.mails_at, zone) if one.mails_at > now else "",
    }


def _pause(one: Pause, groups: Mapping[str, str], zone: str) -> dict[str, object]:
    return {
        "word": word_of(one.target),
        "whom": whom_words(one.target, groups),
        "until": when_in(one.until, zone),
        "reason": one.reason,
        "by": one.by,
    }


async def pause(ctx: Ctx) -> Response:
    """POST /account/waves/pause."""
    target, hours = target_of(ctx.field("pause_whom")), ctx.field("hours").strip()
    if target is None or target not in targets(await names_of_groups(ctx)):
        return await _page(ctx, [FieldError("pause_whom", "Choose whom it is paused for.")])
    if not (hours.isascii() and hours.isdigit() and len(hours) < 5):
        return await _page(ctx, [FieldError("hours", "Enter a whole number of hours.")])
    done = await ctx.world.store.run(
        pauses.pause,
        ctx.now,
        caller=ctx.me,
        target=target,
        hours=int(hours),
        reason=ctx.field("reason"),
    )
    if isinstance(done, Refused):
        return await _page(ctx, [FieldError(done.field, done.sentence)])
    return ctx.go(PATH)


async def resume(ctx: Ctx) -> Response:
    """POST /account/waves/resume."""
    target = target_of(ctx.field("whom"))
    if target is not None:
        await ctx.world.store.run(pauses.resume, ctx.now, caller=ctx.me, target=target)
    return ctx.go(PATH)


async def take_back(ctx: Ctx) -> Response:
    """POST /account/waves/take-back."""
    target = target_of(ctx.field("whom")) or EVERYBODY
    done = await ctx.world.store.run(pauses.take_back, ctx.now, caller=ctx.me, target=target)
    if isinstance(done, SwitchRefused):
        return await _page(ctx, [FieldError("", done.sentence)])
    return ctx.go(PATH)


async def change_days(ctx: Ctx) -> Response:
    """POST /account/waves/days."""
    target, days = target_of(ctx.field("whom")) or EVERYBODY, ctx.field("days").strip()
    field = "days-" + word_of(target).replace(":", "-")
    if not (days.isascii() and days.isdigit() and len(days) < 5):
        return await _page(ctx, [FieldError(field, "Enter a whole number of days.")])
    rule = ctx.me.account.policy.rule_for(target)
    done = await ctx.world.store.run(
        pauses.change_days,
        ctx.now,
        caller=ctx.me,
        target=target,
        days=int(days),
        start=rule.start if rule is not None else Start.SWITCH,
    )
    if isinstance(done, SwitchRefused):
        return await _page(ctx, [FieldError(field, done.sentence)])
    return ctx.go(PATH)


async def report_only(ctx: Ctx) -> Response:
    """POST /account/waves/report-only."""
    on = ctx.field("on") == "yes"
    await ctx.world.store.run(pauses.set_report_only, ctx.now, caller=ctx.me, on=on)
    return ctx.go(PATH)


async def offer(ctx: Ctx) -> Response:
    """POST /account/waves/offer."""
    target = target_of(ctx.field("offer_whom"))
    if target is None or target not in targets(await names_of_groups(ctx)):
        return await _page(ctx, [FieldError("offer_whom", "Choose whom it is offered to.")])
    done = await ctx.world.store.run(
        pauses.set_stance,
        ctx.now,
        caller=ctx.me,
        target=target,
        offered=ctx.field("offered") == "yes",
    )
    if isinstance(done, SwitchRefused):
        return await _page(ctx, [FieldError("offer_whom", done.sentence)])
    return ctx.go(PATH)


async def calendar(ctx: Ctx) -> Response:
    """POST /account/waves/calendar."""
    days = ctx.field("quiet_days").replace(",", " ").split()
    wanted = Calendar(
        zone=ctx.field("zone").strip(),
        work_days=tuple(n for n in range(7) if ctx.field(f"day-{n}") == "yes"),
        quiet_days=tuple(days),
    )
    done = await ctx.world.store.run(pauses.set_calendar, ctx.now, caller=ctx.me, calendar=wanted)
    if isinstance(done, Refused):
        return await _page(ctx, [FieldError(done.field, done.sentence)])
    return ctx.go(PATH)


PAGES = (
    Page(PATH, Needs.SESSION, get=show, role=Role.ADMIN),
    *(
        Page(f"{PATH}/{name}", Needs.SESSION, post=act, role=Role.ADMIN, fresh=True, back=PATH)
        for name, act in (
            ("pause", pause),
            ("resume", resume),
            ("take-back", take_back),
            ("days", change_days),
            ("report-only", report_only),
            ("offer", offer),
            ("calendar", calendar),
        )
    ),
)
