"""The people table: filters, columns, filters with a name, and the same as a file."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

from starlette.responses import Response, StreamingResponse

from twofold.core.listing import (
    COUNTED_TO,
    DEFAULT_COLUMNS,
    MOST_AT_ONCE,
    ROLES,
    Asked,
    Column,
    Line,
    Only,
    asked_of,
    cell,
    columns_of,
    fields_of,
)
from twofold.core.people import Account, Instant, Role
from twofold.flows import bulk, listing
from twofold.flows.setup import Refused
from twofold.web.access import Ctx, Needs, Page
from twofold.web.cookies import COLUMNS
from twofold.web.files import as_csv, as_json
from twofold.web.forms import FieldError

LETTERS = dict(zip(Column, "argsdtobemcfl", strict=True))
"""Columns as the cookie holds them."""
FIRST = (
    Only.EVERYBODY, Only.NOT_ENROLLED, Only.ENROLLED, Only.SOON, Only.MUST_NOW,
    Only.MAIL_TROUBLE, Only.DISABLED,
)  # fmt: skip
"""The filters that are always in sight."""


async def show(ctx: Ctx) -> Response:
    """GET /people: the table; a search that means one person leads straight to them. Fields
    `search`, `only`, `role`, `group`, `after`, and `columns` once for each column.
    """
    return await _page(ctx, asked_of(ctx.request.query_params), [])


async def _page(ctx: Ctx, asked: Asked, errors: list[FieldError]) -> Response:
    given = ctx.request.query_params
    after = given.get("after", "").replace("\0", "")[:300]
    account = ctx.me.account
    found = await ctx.world.store.run(
        listing.show, ctx.now, account=account, asked=asked, after=after
    )
    searched = fields_of(asked).keys() == {"search"}
    hit = listing.only_hit(found, asked.search) if searched and not after else None
    if hit is not None and not errors:
        return ctx.go(f"/people/{hit.id}")
    columns, fields = columns_for(ctx), fields_of(asked)
    response = ctx.render(
        "people.html",
        422 if errors else 200,
        columns=columns,
        all_columns=list(Column),
        rows=[_row(line, columns, account, ctx.now, found.groups) for line in found.lines],
        asked=asked,
        fields=fields,
        query=urlencode(fields),
        first=[_chip(asked, only, found) for only in FIRST],
        more=[_chip(asked, only, found) for only in Only if only not in FIRST],
        more_open=asked.only not in FIRST,
        saved=[(f"/people?{one.query}", one) for one in found.saved],
        roles=[("", "Any role"), *((role.value, words) for role, words in ROLES.items())],
        groups=[("", "Any group"), *found.groups.items()],
        found=found.found,
        most=bulk.MOST,
        found_words=number_words(found.found, MOST_AT_ONCE),
        after=after,
        next_after=found.next_after,
        tally=found.tally,
        values={"name": ctx.field("name")},
        errors=errors,
    )
    if given.getlist("columns"):
        ctx.cookies.set(response, COLUMNS, "".join(LETTERS[column] for column in columns) or "-")
    return response


def columns_for(ctx: Ctx) -> Sequence[Column]:
    """What the address names, else what was chosen before, else the usual ones."""
    named = ctx.request.query_params.getlist("columns")
    if named:
        return columns_of(named)
    kept = ctx.cookies.read(ctx.request, COLUMNS)
    if kept is None:
        return DEFAULT_COLUMNS
    return [column for column, letter in LETTERS.items() if letter in kept]


def _chip(asked: Asked, only: Only, found: listing.Listing) -> tuple[str, str, str, bool]:
    fields = fields_of(asked) | {"only": only.value}
    count = found.counts.get(only)
    words = "" if count is None else number_words(count, COUNTED_TO)
    return f"/people?{urlencode(fields)}", only.words, words, only is asked.only


def number_words(count: int, most: int) -> str:
    """A number that was counted to `most` + 1 at most: “12”, “500+”."""
    return f"{most}+" if count > most else str(count)


def _row(
    line: Line, columns: Sequence[Column], account: Account, now: Instant, groups: Mapping[str, str]
) -> dict[str, object]:
    return {
        "id": line.person.id,
        "name": line.person.name,
        "email": line.person.email,
        "line": line,
        "cells": [(column, cell(column, line, account, now, groups)) for column in columns],
    }


# ---- filters with a name ---------------------------------------------------------------------


async def save_filter(ctx: Ctx) -> Response:
    """POST /account/filters: fields `name` and those of the filter."""
    asked = asked_of(ctx.form)
    done = await ctx.world.store.run(
        listing.save_filter, ctx.now, caller=ctx.me, name=ctx.field("name"), asked=asked
    )
    if isinstance(done, Refused):
        return await _page(ctx, asked, [FieldError(done.field, done.sentence)])
    return ctx.go(f"/people?{done.query}")


async def delete_filter(ctx: Ctx) -> Response:
    """POST /account/filters/delete: field `row`, the id of the filter."""
    await ctx.world.store.run(listing.delete_filter, caller=ctx.me, filter_id=ctx.field("row"))
    return ctx.go("/people")


# ---- as a file -------------------------------------------------------------------------------


async def export_csv(ctx: Ctx) -> Response:
    """POST /people.csv: whom the filter finds, in the columns that are shown."""
    return await _export(ctx, "csv", "text/csv")


async def export_json(ctx: Ctx) -> Response:
    """POST /people.json: the same as an array of objects."""
    return await _export(ctx, "json", "application/json")


async def _export(ctx: Ctx, form: str, media_type: str) -> Response:
    asked, ticked = asked_of(ctx.form), ctx.field("people").split()
    columns = columns_of(ctx.field("columns").split())
    groups = await ctx.world.store.run(
        listing.begin_export,
        ctx.now,
        caller=ctx.me,
        asked=asked,
        ticked=len(ticked),
        columns=" ".join(columns),
        form=form,
    )
    stretches = (
        _ticked(ctx, ticked, columns, groups) if ticked else _stretches(ctx, asked, columns, groups)
    )
    names = ("name", *(column.value for column in columns))
    return StreamingResponse(
        as_csv(names, stretches) if form == "csv" else as_json(stretches),
        media_type=f"{media_type}; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="people.{form}"'},
    )


async def _ticked(
    ctx: Ctx, people: Sequence[str], columns: Sequence[Column], groups: Mapping[str, str]
) -> AsyncIterator[list[dict[str, object]]]:
    """Those who were chosen one by one."""
    account = ctx.me.account
    lines = await ctx.world.store.run(listing.of_ids, account=account, people=people)
    yield [_entry(line, columns, account, ctx.now, groups) for line in lines]


async def _stretches(
    ctx: Ctx, asked: Asked, columns: Sequence[Column], groups: Mapping[str, str]
) -> AsyncIterator[list[dict[str, object]]]:
    """Everybody whom the filter finds, a stretch in each transaction. Keys only grow, so it ends
    where the people end.
    """
    account, after = ctx.me.account, ""
    while True:
        lines, after = await ctx.world.store.run(
            listing.stretch,
            ctx.now,
            account=account,
            asked=asked,
            after=after,
            size=listing.STRETCH,
        )
        yield [_entry(line, columns, account, ctx.now, groups) for line in lines]
        if not after:
            return


def _entry(
    line: Line, columns: Sequence[Column], account: Account, now: Instant, groups: Mapping[str, str]
) -> dict[str, object]:
    cells = {column.value: _plain(column, line, account, now, groups) for column in columns}
    return {"name": line.person.name, **cells}


def _plain(
    column: Column, line: Line, account: Account, now: Instant, groups: Mapping[str, str]
) -> str:
    found = cell(column, line, account, now, groups)
    if found.at is None:
        return found.words
    return datetime.fromtimestamp(found.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


PAGES = (
    Page("/people", Needs.SESSION, get=show, role=Role.HELPDESK),
    Page("/people.csv", Needs.SESSION, post=export_csv, role=Role.ADMIN),
    Page("/people.json", Needs.SESSION, post=export_json, role=Role.ADMIN),
    Page("/account/filters", Needs.SESSION, post=save_filter, role=Role.ADMIN),
    Page("/account/filters/delete", Needs.SESSION, post=delete_filter, role=Role.ADMIN),
)
