"""One's own authenticators: each with its name, replaced or removed; and trying a code out."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.responses import Response

from twofold.core import keyuri
from twofold.core.apps import App
from twofold.core.authenticators import Totp
from twofold.core.clocks import drift_sentence, seconds_off
from twofold.core.otp import STEP_SECONDS, Malformed, step_at
from twofold.flows import authenticators, clock
from twofold.flows.authenticators import Practised
from twofold.flows.proofs import Locked, NeedsLink, NeedsPair, Suspended, Typed, Wrong
from twofold.flows.setup import Refused
from twofold.web.access import Ctx, Needs, Page
from twofold.web.cookies import NOTE
from twofold.web.forms import FieldError
from twofold.web.second_step import explained, malformed
from twofold.web.sign_in import locked

UNNAMED = "Authenticator app"
LINK_FIRST = (
    "After many wrong codes in your name none is taken in this browser. Sign out and sign in "
    "again: there we mail you a link first."
)
STOPPED = "Your authenticator is stopped, so no code is taken any more. My Profile says who helps."


@dataclass(frozen=True, slots=True)
class View:
    """An authenticator as its owner sees it."""

    id: str
    name: str
    """The person's own name for it, or the app's, numbered where two would be alike."""
    own_name: str
    entry: str
    app: App | None
    confirmed_at: int | None
    disabled_at: int | None
    used_at: int | None
    clock: str
    """How far its clock is off, in a sentence, or ""."""


async def views(ctx: Ctx) -> list[View]:
    """The caller's active authenticators, the oldest first."""
    own = await ctx.world.store.run(authenticators.own, person_id=ctx.me.person.id)
    return [await _view(ctx, one, own) for one in own]


async def _view(ctx: Ctx, one: Totp, own: Sequence[Totp]) -> View:
    drift = await ctx.world.store.run(clock.of_authenticator, ctx.now, authenticator=one)
    plain = [_plain_name(ctx, other) for other in own]
    name, place = _plain_name(ctx, one), own.index(one)
    number = plain[: place + 1].count(name)
    return View(
        id=one.id,
        name=f"{name} {number}" if plain.count(name) > 1 else name,
        own_name=one.name,
        entry=keyuri.entry_name(one.issuer, one.label),
        app=ctx.world.apps.find(one.app),
        confirmed_at=one.confirmed_at,
        disabled_at=one.disabled_at,
        used_at=(one.last_step - one.last_offset) * STEP_SECONDS if one.was_used else None,
        clock=drift_sentence(drift) if drift else "",
    )


def _plain_name(ctx: Ctx, one: Totp) -> str:
    app = ctx.world.apps.find(one.app)
    return one.name or (app.name if app else UNNAMED)


async def show(ctx: Ctx) -> Response:
    """GET /profile/authenticators/{id}."""
    return await _page(ctx, [])


async def _page(ctx: Ctx, errors: list[FieldError]) -> Response:
    found = next((one for one in await views(ctx) if one.id == _id(ctx)), None)
    if found is None:
        return ctx.error(404)
    return ctx.render(
        "authenticator.html",
        422 if errors else 200,
        one=found,
        replace_url="/profile/set-up?for=" + quote(found.id),
        values={"name": ctx.form.get("name", found.own_name)},
        errors=errors,
    )


def _id(ctx: Ctx) -> str:
    return str(ctx.request.path_params["id"])


async def rename(ctx: Ctx) -> Response:
    """POST /profile/authenticators/{id}."""
    done = await ctx.world.store.run(
        authenticators.rename,
        ctx.now,
        caller=ctx.me,
        authenticator_id=_id(ctx),
        name=ctx.field("name"),
    )
    return await _after(ctx, done)


async def remove(ctx: Ctx) -> Response:
    """POST /profile/authenticators/{id}/remove."""
    done = await ctx.world.store.run(
        authenticators.remove,
        ctx.now,
        caller=ctx.me,
        authenticator_id=_id(ctx),
        source=ctx.source,
    )
    return await _after(ctx, done)


async def _after(ctx: Ctx, done: Totp | Refused | None) -> Response:
    if done is None:
        return ctx.error(404)
    if isinstance(done, Refused):
        return await _page(ctx, [FieldError(done.field, done.sentence)])
    return ctx.go("/profile")


# ---- trying a code out -----------------------------------------------------------------------


async def show_practice(ctx: Ctx) -> Response:
    """GET /profile/practice."""
    return await _practice_page(ctx, [])


async def _practice_page(ctx: Ctx, errors: list[FieldError], *, pair: bool = False) -> Response:
    own = await views(ctx)
    if not own:
        return ctx.go("/profile")
    due = await ctx.world.store.run(
        authenticators.is_check_up_due, ctx.now, person_id=ctx.me.person.id
    )
    return ctx.render(
        "practice.html",
        422 if errors else 200,
        own=own,
        due=due,
        pair=pair,
        values={"code": ctx.field("code"), "next_code": ctx.field("next_code")},
        errors=errors,
    )


async def practise(ctx: Ctx) -> Response:
    """POST /profile/practice: the same check as at a sign-in, and nothing follows from it."""
    answer = await ctx.world.store.run(
        authenticators.practise,
        ctx.now,
        caller=ctx.me,
        typed=Typed(ctx.field("code"), ctx.field("next_code")),
        place=ctx.place,
    )
    match answer:
        case Practised():
            return await _practised(ctx, answer)
        case Locked(until):
            return locked(ctx, until)
        case NeedsLink():
            return await _practice_page(ctx, [FieldError("code", LINK_FIRST)])
        case Suspended():
            return await _practice_page(ctx, [FieldError("code", STOPPED)])
        case NeedsPair():
            sentence = "Enter two codes, one after the other."
            return await _practice_page(ctx, [FieldError("next_code", sentence)], pair=True)
        case Malformed():
            error = malformed(ctx, answer)
            return await _practice_page(ctx, [error], pair="next_code" in ctx.form)
    return await _not_right(ctx, answer.attempt_id if isinstance(answer, Wrong) else "")


async def _practised(ctx: Ctx, done: Practised) -> Response:
    shown = next((one for one in await views(ctx) if one.id == done.authenticator.id), None)
    off = seconds_off(ctx.now, done.step - step_at(ctx.now))
    response = ctx.render("practised.html", one=shown, off=off)
    ctx.cookies.drop(response, NOTE)
    return response


async def _not_right(ctx: Ctx, attempt_id: str) -> Response:
    pair = bool(ctx.field("next_code").strip())
    words = "Those two codes did not work." if pair else "That code did not work."
    sentence = f"{words} Your history says why in a moment, and what to do."
    field = "next_code" if pair else "code"
    page = await _practice_page(ctx, [FieldError(field, sentence)], pair=pair)
    return explained(ctx, page, attempt_id)


async def later(ctx: Ctx) -> Response:
    """POST /profile/practice/later: not now, and do not ask again."""
    await ctx.world.store.run(authenticators.check_up_later, ctx.now, caller=ctx.me)
    response = ctx.go("/")
    ctx.cookies.drop(response, NOTE)
    return response


PAGES = (
    Page("/profile/authenticators/{id}", Needs.SESSION, get=show, post=rename),
    Page("/profile/authenticators/{id}/remove", Needs.SESSION, post=remove, fresh=True),
    Page("/profile/practice", Needs.SESSION, get=show_practice, post=practise),
    Page("/profile/practice/later", Needs.SESSION, post=later),
)
