"""The pages that only the demonstration has: who is who, and what is on their phones.

They show passwords and codes to whoever asks, so they are served on this computer alone, and no
other application than that of the demonstration has them.
"""

from base64 import b32decode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from starlette.responses import Response

from twofold.core.errors import TwofoldError
from twofold.core.moments import when_in
from twofold.core.otp import step_at
from twofold.core.people import Instant, Person, email_key
from twofold.core.sessions import Stage
from twofold.core.throttle import Pair, Single
from twofold.demo.build import Built
from twofold.demo.cast import Part, of_part
from twofold.demo.dates import CALENDAR
from twofold.demo.history import ORGANISATION
from twofold.demo.phones import Entry, Holder
from twofold.flows import second_step
from twofold.ports import Store, Tx
from twofold.web.access import Ctx, Needs, Page
from twofold.web.forms import FieldError
from twofold.web.render import Over

TEMPLATES = Path(__file__).parent / "templates"
FOUND = 12
"""People whom one search shows."""


@dataclass(slots=True)
class Heads:
    """How many people there are, for the strip over every page."""

    store: Store
    account_id: str
    last: int = 0

    def count(self) -> int:
        """Everybody who is no program; the last known number while the store does not answer."""
        try:
            tally = self.store.read(lambda tx: tx.people.tally(self.account_id))
        except TwofoldError:
            return self.last
        self.last = tally.people + tally.disabled
        return self.last


def over(heads: Heads) -> Over:
    """The strip."""
    return Over(TEMPLATES, "demo_strip.html", {"people": heads.count})


SHOWN = (
    ("on", "An admin", Part.ADMIN),
    ("on", "The help desk", Part.HELPDESK),
    ("on", "A member with a second step", Part.TWO_APPS),
    ("off", "A member who has not begun", Part.WILL_BE_STOPPED),
    ("locked", "A member who is locked out", Part.LOCKED),
)
"""Whom to begin with: the kind of their mark, what they are, and their part."""


def showcase(built: Built) -> list[tuple[str, str, Holder]]:
    """The same with who it is."""
    return [(kind, what, next(of_part(built.members, part)).holder) for kind, what, part in SHOWN]


@dataclass(frozen=True, slots=True)
class DemoPages:
    """Their handlers."""

    built: Built
    kept: bool
    """The data folder stays when the demonstration is stopped."""

    @property
    def pages(self) -> tuple[Page, ...]:
        """To be served beside all others."""
        return (
            Page("/demo", Needs.PUBLIC, get=self.who_is_who, goes_on=True),
            Page("/demo/phone", Needs.PUBLIC, get=self.phone, post=self.add, goes_on=True),
        )

    async def who_is_who(self, ctx: Ctx) -> Response:
        """GET /demo."""
        search = ctx.request.query_params.get("search", "")[:100]
        return ctx.render(
            "demo.html",
            showcase=showcase(self.built),
            search=search,
            found=self._found(search),
            organisation=ORGANISATION,
            deadline=when_in(self.built.due, CALENDAR.zone),
            kept=self.kept,
        )

    def _found(self, search: str) -> list[Holder]:
        wanted = email_key(search)
        if not wanted:
            return []
        all_of_them = (
            one for one in self.built.phones if wanted in email_key(one.name + one.email)
        )
        return [one for one, _ in zip(all_of_them, range(FOUND), strict=False)]

    async def phone(self, ctx: Ctx) -> Response:
        """GET /demo/phone: of the person in `who`, else of whoever this browser is."""
        me = _me(ctx)
        email = ctx.request.query_params.get("who", me.email if me else "")
        return await self._phone(ctx, email, [])

    async def add(self, ctx: Ctx) -> Response:
        """POST /demo/phone: the key of a set-up page is typed into the phone of `who`."""
        holder = self.built.phones.of(ctx.field("who"))
        secret = _secret_of(ctx.field("key"))
        if holder is None or secret is None:
            wrong = FieldError("key", "That is no key of a set-up page. Copy all 32 characters.")
            return await self._phone(ctx, ctx.field("who"), [wrong])
        holder.entries.append(Entry(f"{ORGANISATION}: {holder.email}", secret))
        return ctx.go(f"/demo/phone?{urlencode({'who': holder.email})}")

    async def _phone(self, ctx: Ctx, email: str, errors: list[FieldError]) -> Response:
        half = ctx.half.person if ctx.half else None
        holder = self.built.phones.of(email)
        if holder is None:
            return ctx.go("/demo")
        used = await ctx.world.store.run(_used_steps, email=holder.email)
        shown = [_shown(one, ctx.now, used) for one in holder.entries]
        is_new = bool(shown) and not shown[-1]["is_used"]
        return ctx.render(
            "demo_phone.html",
            422 if errors else 200,
            holder=holder,
            shown=shown,
            ready=await self._ready(ctx, holder) if is_new and _is(half, holder) else None,
            waits=bool(shown) and not is_new,
            is_half=_is(half, holder),
            is_in=half is None and _is(_me(ctx), holder),
            values={"key": ctx.field("key")},
            errors=errors,
        )

    async def _ready(self, ctx: Ctx, holder: Holder) -> dict[str, str] | None:
        """What the form of the second step takes now, or None where it takes no code."""
        if ctx.halfway.sign_in.stage is not Stage.CODE or not holder.entries:
            return None
        page = await ctx.world.store.run(
            second_step.code_page, ctx.now, half=ctx.halfway, place=ctx.place
        )
        entry = holder.entries[-1]
        match page.answer:
            case Pair():
                before, code = entry.code(ctx.now, steps=-1), entry.code(ctx.now)
                return {"code": before, "next_code": code}
            case Single():
                return {"code": entry.code(ctx.now), "next_code": ""}
        return None


def _me(ctx: Ctx) -> Person | None:
    """Who this browser is, halfway or wholly signed in."""
    who = ctx.half or ctx.caller
    return who.person if who is not None else None


def _secret_of(key: str) -> bytes | None:
    """The 20 bytes of a key as a set-up page shows it, or None."""
    try:
        secret = b32decode("".join(key.split()).upper())
    except ValueError:
        return None
    return secret if len(secret) == 20 else None


def _is(person: Person | None, holder: Holder) -> bool:
    return person is not None and email_key(person.email) == email_key(holder.email)


def _used_steps(tx: Tx, *, email: str) -> dict[bytes, int]:
    """By secret the last step of which a code was accepted: each code works once."""
    person = tx.people.by_email(email)
    active = tx.authenticators.in_force(person.id) if person is not None else ()
    return {one.secret: one.last_step for one in active}


def _shown(entry: Entry, now: Instant, used: Mapping[bytes, int]) -> dict[str, object]:
    return {
        "is_used": used.get(entry.secret, 0) >= step_at(entry.shown_at(now)),
        "name": entry.name,
        "code": entry.code(now),
        "before": entry.code(now, steps=-1),
        "left": entry.left(now),
        "off": entry.shown_at(now) - now,
    }
