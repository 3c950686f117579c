"""How far everybody is: the picture that an admin keeps open."""

from collections import Counter, defaultdict
from datetime import UTC, datetime

from starlette.responses import Response

from twofold.core import progress as numbers
from twofold.core.clocks import about
from twofold.core.moments import when_in
from twofold.core.people import DAY, Instant, Role
from twofold.core.progress import Facts, Mark
from twofold.core.rollout import LAST, START
from twofold.flows import progress
from twofold.flows.progress import Picture
from twofold.web import charts
from twofold.web.access import Ctx, Needs, Page
from twofold.web.charts import Bar, Flag

PATH = "/account/progress"
LONGEST = 120
"""Days that the line goes back at most."""
CODE_DAYS = 14
FLAGGED = 5
"""Deadlines that stand on the line: those of the most people."""
CAUSES = {
    "used": "Used already",
    "clock": "Phone clock off",
    "time zone": "Time zone wrong",
    "replaced": "Code of a replaced set-up",
    "other authenticator": "Code of another entry",
    "unconfirmed": "Set-up was not saved",
    "parameters": "App computes otherwise",
    "not in a row": "Two codes not in a row",
    "malformed": "Not six digits",
    "not checked": "Had to wait",
    "not-checked": "Had to wait",
    "repeated": "The same code again",
    "no match": "Matches nothing",
    "wrong": "Matches nothing",
}
NOTICES = {START: "first mail", LAST: "mail of the last morning"}


async def show(ctx: Ctx) -> Response:
    """GET /account/progress."""
    seen = await ctx.world.store.run(progress.look, ctx.now, account_id=ctx.me.account.id)
    facts = seen.facts
    return ctx.render(
        "progress.html",
        sentence=_sentence(seen),
        facts=facts,
        left=facts.people - facts.enrolled,
        waiting=seen.waiting,
        line=_line(seen, ctx.now),
        funnel=_funnel(facts),
        typical=[about(seconds) for seconds in numbers.typical(facts.durations) or ()],
        refusals=_refusals(facts, ctx.now),
        drift=_drift(facts),
        deadlines=[(when_in(at, _zone(seen)), n) for at, n in sorted(facts.ahead.items())],
        looked_at=when_in(ctx.now, _zone(seen)),
    )


def _zone(seen: Picture) -> str:
    return seen.account.policy.calendar.zone


def _sentence(seen: Picture) -> str:
    """How it stands and how it will, in one line."""
    facts = seen.facts
    stands = f"{numbers.share(facts)} %: {facts.enrolled} of {facts.people}."
    if seen.forecast is None:
        return stands
    will = seen.forecast.middle * 100 // max(facts.people, 1)
    by = when_in(seen.forecast.at, _zone(seen))
    return f"{stands} At this pace {will} % by {by}."


def _day(day: int) -> str:
    return f"{datetime.fromtimestamp(day * DAY, UTC):%-d %b}"


def _line(seen: Picture, now: Instant) -> dict[str, object]:
    """Enrolled over time, from a little before the switch on, with marks and the forecast."""
    facts, today = seen.facts, now // DAY
    begin = min((mark.day for mark in facts.marks), default=today - 14) - 2
    first = max(min(begin, today - 7), today - LONGEST)
    rows = numbers.line(facts, first, today)
    end = max(today + 1, seen.forecast.at // DAY + 1 if seen.forecast else today + 1)
    flags = [flag for flag in _flags(seen) if first <= flag.x <= end]
    ahead = seen.forecast
    spread = max(1, (end - first) // 6)
    chart = charts.steps(
        [(first, rows[0][1]), *((day + 1, number) for day, number in rows)],
        label=f"Enrolled people from {_day(first)} to {_day(today)}",
        until=end,
        top=facts.people,
        ticks=[(day, _day(day)) for day in range(first, end + 1, spread)],
        flags=flags,
        band=(today + 1, facts.enrolled, ahead.low, ahead.middle, ahead.high) if ahead else None,
    )
    return {
        "chart": chart,
        "rows": [(_day(day), number) for day, number in rows],
        "marks": [(_day(int(flag.x)), flag.words) for flag in flags],
        "ahead": ahead,
        "ahead_at": when_in(ahead.at, _zone(seen)) if ahead else "",
        "summary": f"{rows[0][1]} on {_day(first)}, {rows[-1][1]} today.",
    }


def _flags(seen: Picture) -> list[Flag]:
    """One flag for each day on which something happened, and for the deadlines ahead."""
    by_day: dict[int, list[Mark]] = defaultdict(list)
    for mark in seen.facts.marks:
        by_day[mark.day].append(mark)
    for at, number in Counter(seen.facts.ahead).most_common(FLAGGED):
        by_day[at // DAY].append(Mark(at // DAY, "deadline", number))
    return [
        Flag(day + 0.5, ", ".join(_words(mark) for mark in sorted(marks, key=_rank)), _kind(marks))
        for day, marks in sorted(by_day.items())
    ]


def _rank(mark: Mark) -> tuple[bool, str]:
    return mark.kind != "switch", mark.kind


def _kind(marks: list[Mark]) -> str:
    kinds = {mark.kind for mark in marks}
    return next((kind for kind in ("switch", "deadline") if kind in kinds), "mail")


def _words(mark: Mark) -> str:
    if mark.kind == "switch":
        return "Switched on"
    if mark.kind == "deadline":
        who = "person" if mark.number == 1 else "people"
        return f"Deadline of {mark.number} {who}"
    what = NOTICES.get(mark.kind, "reminder")
    return f"{mark.number} × {what}"


def _funnel(facts: Facts) -> dict[str, object]:
    rows = [
        ("Had to act", facts.funnel.asked),
        ("Told by mail", facts.funnel.told),
        ("Opened the link", facts.funnel.opened),
        ("Began the set-up", facts.funnel.started),
        ("Set up", facts.funnel.finished),
    ]
    chart = charts.bars([Bar(*row) for row in rows], label="From the mail to the set-up")
    return {"chart": chart, "rows": rows}


def _refusals(facts: Facts, now: Instant) -> dict[str, object]:
    """Codes that were not accepted, by day and by cause."""
    today = now // DAY
    days = range(today - CODE_DAYS + 1, today + 1)
    by_day: Counter[int] = Counter()
    by_cause: Counter[str] = Counter()
    for (day, why), number in facts.refusals.items():
        if day in days:
            by_day[day] += number
            by_cause[CAUSES.get(why, why)] += number
    return {
        "total": by_day.total(),
        "chart": charts.columns(
            [Bar(_day(day), by_day[day]) for day in days],
            label=f"Codes not accepted on each of the last {CODE_DAYS} days",
        ),
        "causes": charts.bars(
            [Bar(*row) for row in by_cause.most_common()], label="The same by cause"
        ),
        "days": [(_day(day), by_day[day]) for day in days if by_day[day]],
        "by_cause": by_cause.most_common(),
    }


def _drift(facts: Facts) -> dict[str, object]:
    """Accepted codes by how far the phone's clock was off, in seconds."""
    steps = range(min(-3, min(facts.drifts, default=0)), max(3, max(facts.drifts, default=0)) + 1)
    rows = [(f"{step * 30:+d} s" if step else "0 s", facts.drifts.get(step, 0)) for step in steps]
    total = sum(facts.drifts.values())
    right = facts.drifts.get(0, 0)
    return {
        "total": total,
        "in_step": right * 100 // total if total else 0,
        "rows": rows,
        "chart": charts.columns(
            [Bar(*row) for row in rows], label="Accepted codes by how far the phone was off"
        ),
    }


PAGES = (Page(PATH, Needs.SESSION, get=show, role=Role.ADMIN),)
