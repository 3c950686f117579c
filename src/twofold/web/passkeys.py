"""Passkeys: signing in with one, and one's own."""

import json
from urllib.parse import quote

from starlette.responses import JSONResponse, Response

from twofold.core.passkeys import Trouble
from twofold.core.paths import safe_path
from twofold.core.policy import lacks_passkey
from twofold.flows import passkey_proofs, passkeys, sessions
from twofold.flows.ceremonies import PasskeyRefused
from twofold.flows.enrol import NeedsProof, NoSetUp
from twofold.flows.passkeys import Offer, TooMany
from twofold.flows.setup import Refused
from twofold.flows.sign_in import SignedIn
from twofold.flows.step_up import Proved
from twofold.web.access import Ctx, Needs, Page
from twofold.web.cookies import PASSKEY
from twofold.web.forms import FieldError
from twofold.web.sign_in import signed_in

FIELD = "passkey"
"""The form field that carries what the browser answered."""
ADD = "/profile/passkeys/add"
NOT_SIGNED_IN = (
    "That passkey did not sign you in. Try again and unlock it with your finger, face or PIN. "
    "Or sign in with your password first."
)
NOT_PROVED = "That passkey was not accepted. Try again."
NOT_MADE = {
    Trouble.TAKEN: "That passkey is set up already.",
    Trouble.TOO_MANY: "You have ten passkeys already. Remove one first.",
    Trouble.CHALLENGE: "That took longer than five minutes. Try again.",
}


# ---- signing in ----------------------------------------------------------------------------


async def ask(ctx: Ctx) -> Response:
    """POST /sign-in/passkey/options: what the browser is asked, as JSON; the same for everybody.

    By POST, because it writes a row; the cookie binds what is asked to this browser.
    """
    cookie = ctx.cookies.read(ctx.request, PASSKEY) or ctx.world.random.token()
    party = ctx.party
    if party is None:
        return ctx.error(404)
    options = await ctx.world.store.run(
        passkey_proofs.ask_whole, ctx.now, party=party, cookie=cookie, place=ctx.place
    )
    if options is None:
        return ctx.error(429)
    response = JSONResponse(json.loads(options))
    ctx.cookies.set(response, PASSKEY, cookie)
    return response


async def sign_in(ctx: Ctx) -> Response:
    """POST /sign-in/passkey: the whole sign-in."""
    cookie, party = ctx.cookies.read(ctx.request, PASSKEY), ctx.party
    return_to = safe_path(ctx.field("next"), "/")
    if cookie is None or party is None:
        return _again(ctx, return_to)
    answer = await ctx.world.store.run(
        passkey_proofs.sign_in,
        ctx.now,
        party=party,
        cookie=cookie,
        sent=ctx.field(FIELD),
        return_to=return_to,
        place=ctx.place,
    )
    if isinstance(answer, PasskeyRefused):
        return _again(ctx, return_to)
    if ctx.caller is not None:
        # As after a password: the session that this browser had is given up, not left behind.
        await ctx.world.store.run(sessions.end, ctx.now, caller=ctx.caller)
    response = signed_in(ctx, answer)
    ctx.cookies.drop(response, PASSKEY)
    return response


def _again(ctx: Ctx, return_to: str) -> Response:
    return ctx.render(
        "sign_in.html",
        422,
        values={"email": ""},
        next=return_to,
        notice="",
        why="",
        errors=[FieldError(FIELD, NOT_SIGNED_IN)],
    )


async def confirm(ctx: Ctx) -> Proved | FieldError | None:
    """A passkey on the confirm page."""
    if (party := ctx.party) is None:
        return FieldError(FIELD, NOT_PROVED)
    answer = await ctx.world.store.run(
        passkey_proofs.prove_fresh,
        ctx.now,
        caller=ctx.me,
        party=party,
        sent=ctx.field(FIELD),
        place=ctx.place,
    )
    if isinstance(answer, PasskeyRefused):
        return FieldError(FIELD, NOT_PROVED)
    return answer if isinstance(answer, Proved) else None


# ---- one's own -----------------------------------------------------------------------------


async def show_add(ctx: Ctx) -> Response:
    """GET /profile/passkeys/add."""
    return await _add_page(ctx, [])


def no_set_up(ctx: Ctx, refused: NoSetUp) -> Response:
    """Why nothing can be set up at this moment, and the way back."""
    return ctx.render(
        "gone.html",
        409,
        title="That cannot be set up now",
        message=refused.sentence,
        action_url="/profile",
        action_text="My Profile",
    )


async def _add_page(ctx: Ctx, errors: list[FieldError]) -> Response:
    if (party := ctx.party) is None:
        return ctx.error(404, "Passkeys need a host name; this site is reached by an address.")
    offer = await ctx.world.store.run(
        passkeys.begin, ctx.now, caller=ctx.me, party=party, place=ctx.place
    )
    if isinstance(offer, NeedsProof):
        following = "/" if offer.what == "passkey" else ADD
        return ctx.go("/confirm?next=" + quote(following, safe="/"))
    if isinstance(offer, NoSetUp):
        return no_set_up(ctx, offer)
    return ctx.render(
        "passkey_add.html",
        422 if errors else 200,
        passkey=offer.options if isinstance(offer, Offer) else "",
        full=isinstance(offer, TooMany) and offer.is_full,
        demanded=lacks_passkey(ctx.me.account, ctx.me.person, ctx.me.session.methods),
        values={"name": ctx.field("name")},
        errors=errors,
    )


async def add(ctx: Ctx) -> Response:
    """POST /profile/passkeys/add."""
    if (party := ctx.party) is None:
        return ctx.error(404)
    answer = await ctx.world.store.run(
        passkeys.save,
        ctx.now,
        caller=ctx.me,
        party=party,
        sent=ctx.field(FIELD),
        name=ctx.field("name"),
        place=ctx.place,
    )
    if isinstance(answer, SignedIn):
        return signed_in(ctx, answer)
    if isinstance(answer, NeedsProof):
        return ctx.go("/confirm?next=" + quote(ADD, safe="/"))
    if isinstance(answer, PasskeyRefused):
        return await _add_page(ctx, [not_made(answer)])
    return ctx.go("/sign-in")


def not_made(refused: PasskeyRefused) -> FieldError:
    """Why a passkey was not set up. Its owner is here, so the reason gives nothing away."""
    return FieldError(FIELD, NOT_MADE.get(refused.trouble, "That did not work. Try again."))


async def show_one(ctx: Ctx) -> Response:
    """GET /profile/passkeys/{id}."""
    return await _one_page(ctx, [])


async def _one_page(ctx: Ctx, errors: list[FieldError]) -> Response:
    mine = await ctx.world.store.run(passkeys.own, person_id=ctx.me.person.id)
    one = next((one for one in mine if one.id == ctx.request.path_params["id"]), None)
    if one is None:
        return ctx.error(404)
    name = ctx.form.get("name", one.name)
    status = 422 if errors else 200
    return ctx.render("passkey.html", status, one=one, values={"name": name}, errors=errors)


async def rename(ctx: Ctx) -> Response:
    """POST /profile/passkeys/{id}/rename."""
    done = await ctx.world.store.run(
        passkeys.rename,
        ctx.now,
        caller=ctx.me,
        passkey_id=ctx.request.path_params["id"],
        name=ctx.field("name"),
        place=ctx.place,
    )
    return await _done(ctx, done)


async def remove(ctx: Ctx) -> Response:
    """POST /profile/passkeys/{id}/remove."""
    done = await ctx.world.store.run(
        passkeys.remove,
        ctx.now,
        caller=ctx.me,
        passkey_id=ctx.request.path_params["id"],
        place=ctx.place,
    )
    return await _done(ctx, done)


async def _done(ctx: Ctx, done: object) -> Response:
    if done is None:
        return ctx.error(404)
    if isinstance(done, Refused):
        return await _one_page(ctx, [FieldError(done.field, done.sentence)])
    return ctx.go("/profile")


ONE = "/profile/passkeys/{id}"
PAGES = (
    Page("/sign-in/passkey/options", Needs.PUBLIC, post=ask),
    Page("/sign-in/passkey", Needs.PUBLIC, post=sign_in),
    Page(ADD, Needs.SESSION, get=show_add, post=add, open_without_passkey=True),
    Page(ONE, Needs.SESSION, get=show_one),
    Page(f"{ONE}/rename", Needs.SESSION, post=rename, fresh=True),
    Page(f"{ONE}/remove", Needs.SESSION, post=remove, fresh=True),
)
