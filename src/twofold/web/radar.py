"""Incident radar: whose codes are refused more than usual, since when, and probably why."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from starlette.responses import Response

from twofold.core.people import HOUR, Instant, Role
from twofold.core.radar import Incident, Row
from twofold.core.radar_groups import Dimension, HourCount
from twofold.core.radar_words import (
    QUIET,
    cause_sentence,
    headline,
    likely_cause,
    name_of,
    size,
)
from twofold.flows.radar import RadarPage, Told
from twofold.web.access import Ctx, Needs, Page

PATH = "/account/radar"
SHOWN: dict[str, tuple[Dimension, str]] = {
    "app": (Dimension.APP, "App"),
    "device": (Dimension.DEVICE, "Device of the app"),
    "browser": (Dimension.BROWSER, "Browser"),
    "system": (Dimension.SYSTEM, "System of the browser"),
    "cause": (Dimension.CAUSE, "Cause"),
}
"""What the table may be about: in the address, in the core, and in words."""
HEIGHT = 100
"""Of the chart, in its own units; an hour is `STEP` wide, its bar `BAR`."""
STEP, BAR = 10, 8

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour of the chart."""

    at: Instant
    x: int
    y: float
    height: float
    marked: bool
    """Whether an incident lies in it."""
    refused: int
    tried: int


async def show(ctx: Ctx) -> Response:
    """GET /account/radar: field `by`, what the table is about."""
    asked = ctx.request.query_params.get("by", "")
    by = asked if asked in SHOWN else "app"
    seen = await asyncio.to_thread(ctx.radar_watch.page, ctx.now, ctx.me.account.id, SHOWN[by][0])
    incidents = [one.incident for one in seen.told]
    return ctx.render(
        "radar.html",
        sentence=_sentence(seen, ctx.now),
        kind="failed" if any(one.goes_on(ctx.now) for one in incidents) else "on",
        told=[_told(one, ctx.now) for one in seen.told],
        seen=seen,
        rows=[_row(row, incidents) for row in seen.rows],
        by=by,
        choices=[(key, words) for key, (_, words) in SHOWN.items()],
        bars=bars(seen.hours, incidents),
        height=HEIGHT,
        step=STEP,
        bar=BAR,
        chart_words=chart_words(seen.hours),
        most=max((hour.refused for hour in seen.hours), default=0),
    )


def _sentence(seen: RadarPage, now: Instant) -> str:
    if seen.told:
        return headline(seen.told[0].incident, now) + "."
    return f"{QUIET}."


def _told(one: Told, now: Instant) -> dict[str, object]:
    incident = one.incident
    return {
        "title": headline(incident, now),
        "goes_on": incident.goes_on(now),
        "size": size(incident),
        "cause": cause_sentence(incident),
        "remedy": likely_cause(incident.cause).remedy,
        "people": one.people,
        "more": one.more,
        "count": len(incident.people),
    }


def _row(row: Row, incidents: list[Incident]) -> dict[str, object]:
    return {
        "name": name_of(row.group),
        "refused": row.refused,
        "tried": row.tried,
        "expected": "under 1" if row.expected < 1 else f"{row.expected:.0f}",
        "stands_out": any(one.group == row.group for one in incidents),
    }


def bars(hours: Sequence[HourCount], incidents: list[Incident]) -> list[Bar]:
    """The chart: one bar for each hour, the highest as high as the chart."""
    most = max((hour.refused for hour in hours), default=0) or 1
    return [
        Bar(
            at=hour.at,
            x=number * STEP + (STEP - BAR) // 2,
            y=round(HEIGHT - HEIGHT * hour.refused / most, 1),
            height=round(HEIGHT * hour.refused / most, 1),
            marked=any(one.began < hour.at + HOUR and one.last >= hour.at for one in incidents),
            refused=hour.refused,
            tried=hour.tried,
        )
        for number, hour in enumerate(hours)
    ]


@dataclass(frozen=True, slots=True)
class ChartWords:
    """The chart in words: the hour with most, and all of them together."""

    most: int
    at: Instant
    hours: int
    """Hours in which anybody was refused."""


def chart_words(hours: Sequence[HourCount]) -> ChartWords:
    """What the chart shows to the eye."""
    top = max(hours, key=lambda hour: hour.refused)
    return ChartWords(top.refused, top.at, sum(hour.refused > 0 for hour in hours))


async def notice(ctx: Ctx) -> str:
    """What stands out now, for the home page of admins and help desk; "" for nothing. A look that
    fails is logged, and the page stands without it.
    """
    try:
        seen = await asyncio.to_thread(ctx.radar_watch.incidents, ctx.now, ctx.me.account.id)
    except Exception as problem:
        _log.warning("the radar was not looked at", problem=type(problem).__name__)
        return ""
    return next((headline(one, ctx.now) for one in seen if one.goes_on(ctx.now)), "")


PAGES = (Page(PATH, Needs.SESSION, get=show, role=Role.HELPDESK),)
