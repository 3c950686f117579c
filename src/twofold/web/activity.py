"""Activity: what happened in the account, newest first, filtered, and as a file."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from urllib.parse import urlencode

from starlette.responses import Response, StreamingResponse

from twofold.core.events import Group, words_of
from twofold.core.people import DAY, Instant, Person, Role
from twofold.flows import audit
from twofold.flows.audit import Entry, Filter
from twofold.web.access import Ctx, Needs, Page
from twofold.web.files import as_csv, as_json
from twofold.web.forms import FieldError

FIELDS = ("group", "person", "from", "to")
MAX_TYPED = 200
END_OF_TIME = 253_402_300_799
"""The last second that ISO 8601 writes with four digits of the year."""
COLUMNS = (
    "seq", "at", "kind", "what", "actor_id", "actor", "actor_email",
    "subject_id", "subject", "subject_email", "data",
)  # fmt: skip
"""The columns of the CSV file; the keys of the JSON objects."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INTERNAL = frozenset({"authenticator"})
"""Details that say something to a program only."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the filter form says, as typed and as understood."""

    typed: Mapping[str, str]
    only: Filter
    errors: list[FieldError]

    @property
    def query(self) -> str:
        """The filter as a query string, for links to more of the same."""
        return urlencode({name: value for name, value in self.typed.items() if value})


async def show(ctx: Ctx) -> Response:
    """GET /account/activity: fields `group`, `person`, `from`, `to`, `before`."""
    return await _page(ctx, await _asked(ctx, ctx.request.query_params))


async def _page(ctx: Ctx, asked: Asked) -> Response:
    before = _number(ctx.request.query_params.get("before", ""))
    entries, next_before = [], 0
    if not asked.errors:
        found = await ctx.world.store.run(
            audit.list_entries, account_id=ctx.me.account.id, only=asked.only, before=before
        )
        entries, next_before = [_row(entry) for entry in found.entries], found.next_before
    return ctx.render(
        "activity.html",
        422 if asked.errors else 200,
        rows=entries,
        groups=[("", "Everything"), *((group.value, group.words) for group in Group)],
        values=asked.typed,
        filtered=bool(asked.query),
        query=asked.query,
        before=before,
        next_before=next_before,
        errors=asked.errors,
    )


def _row(entry: Entry) -> dict[str, object]:
    event = entry.event
    return {
        "seq": event.seq,
        "at": event.at,
        "what": words_of(event.kind),
        "actor": _who(entry.actor, event.actor_id),
        "subject": _who(entry.subject, event.subject_id),
        "alone": event.actor_id == event.subject_id or event.subject_id is None,
        "details": [
            (name.replace("_", " "), _said(value))
            for name, value in event.data.items()
            if name not in _INTERNAL and value != ""
        ],
    }


def _who(person: Person | None, id_: str | None) -> dict[str, str]:
    """A name with the page of the person; an id that names nobody stands for itself."""
    if person is not None:
        return {"name": person.name, "id": person.id}
    return {"name": id_ or "", "id": ""}


def _said(value: str | int | bool) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


async def _asked(ctx: Ctx, given: Mapping[str, str]) -> Asked:
    typed = {name: given.get(name, "").strip()[:MAX_TYPED] for name in FIELDS}
    errors: list[FieldError] = []
    person_id = await _person(ctx, typed["person"], errors) if typed["person"] else None
    since, last = _day("from", typed, errors), _day("to", typed, errors)
    if since is not None and last is not None and last < since:
        errors.append(FieldError("to", "The last day is before the first."))
    group = next((one for one in Group if one.value == typed["group"]), None)
    if group is None:
        typed["group"] = ""
    until = None if last is None else min(last + DAY, END_OF_TIME)
    return Asked(typed, Filter(group, person_id, since, until), errors)


async def _person(ctx: Ctx, typed: str, errors: list[FieldError]) -> str | None:
    if "\0" in typed:
        errors.append(FieldError("person", "Nobody here has this name or address."))
        return None
    found = await ctx.world.store.run(audit.whom, account_id=ctx.me.account.id, typed=typed)
    if isinstance(found, Person):
        return found.id
    errors.append(FieldError("person", found.sentence))
    return None


def _day(name: str, typed: Mapping[str, str], errors: list[FieldError]) -> Instant | None:
    """The first second of a day in UTC."""
    if not typed[name]:
        return None
    try:
        if not _DAY.fullmatch(typed[name]):
            raise ValueError
        day = date.fromisoformat(typed[name])
    except ValueError:
        errors.append(FieldError(name, "Enter a day as year, month and day: 2026-11-24."))
        return None
    return int(datetime.combine(day, time(), UTC).timestamp())


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


# ---- as a file -----------------------------------------------------------------------------


async def export_csv(ctx: Ctx) -> Response:
    """POST /account/activity.csv: the entries that the same filter shows, all of them.

    A form and not a link: the export is an entry of its own, and no page of somebody else may
    cause one by naming an address.
    """
    return await _export(ctx, "csv", "text/csv")


async def export_json(ctx: Ctx) -> Response:
    """POST /account/activity.json: the same as an array of objects."""
    return await _export(ctx, "json", "application/json")


async def _export(ctx: Ctx, form: str, media_type: str) -> Response:
    asked = await _asked(ctx, ctx.form)
    if asked.errors:
        return await _page(ctx, asked)
    before = await ctx.world.store.run(
        audit.begin_export, ctx.now, caller=ctx.me, only=asked.only, form=form
    )
    stretches = _stretches(ctx, asked.only, before)
    return StreamingResponse(
        as_csv(COLUMNS, stretches) if form == "csv" else as_json(stretches),
        media_type=f"{media_type}; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="activity.{form}"'},
    )


async def _stretches(ctx: Ctx, only: Filter, before: int) -> AsyncIterator[list[dict[str, object]]]:
    """All entries before a number, a stretch in each transaction. Numbers have no gaps, so there
    are at most `before / STRETCH` stretches.
    """
    for _ in range(before // audit.STRETCH + 1):
        page = await ctx.world.store.run(
            audit.list_entries,
            account_id=ctx.me.account.id,
            only=only,
            before=before,
            size=audit.STRETCH,
        )
        yield [audit.plain(entry) for entry in page.entries]
        if not page.next_before:
            return
        before = page.next_before


PAGES = (
    Page("/account/activity", Needs.SESSION, get=show, role=Role.ADMIN),
    Page("/account/activity.csv", Needs.SESSION, post=export_csv, role=Role.ADMIN),
    Page("/account/activity.json", Needs.SESSION, post=export_json, role=Role.ADMIN),
)
