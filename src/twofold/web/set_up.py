"""The set-up page, on its two roads: from My Profile, and from the mailed link under the policy."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote, urlencode

from markupsafe import Markup
from starlette.responses import Response

from twofold.core import keyuri
from twofold.core.authenticators import EVERY, Totp
from twofold.core.diagnosis import Cause
from twofold.core.otp import Malformed
from twofold.core.people import MINUTE
from twofold.core.sessions import Caller, HalfCaller, Stage
from twofold.core.tokens import Purpose
from twofold.core.verdict_words import About, tell
from twofold.flows import authenticators, enrol, enrol_link, links, passkeys, progress
from twofold.flows.ceremonies import PasskeyRefused
from twofold.flows.enrol import LinkRefused, NeedsProof, NoSetUp, NothingPending
from twofold.flows.links import LinkTrouble
from twofold.flows.passkeys import Offer
from twofold.flows.proofs import Locked, Wrong
from twofold.flows.sign_in import SignedIn
from twofold.qr import qr_svg
from twofold.web.access import Ctx, Needs, Page
from twofold.web.apps import asked, picker
from twofold.web.doors import link_gone
from twofold.web.forms import FieldError
from twofold.web.passkeys import FIELD, no_set_up, not_made
from twofold.web.sign_in import ended, locked, signed_in

EIGHT = 8
SHOWS_EIGHT = (
    " If that is what the app shows, its entry has other settings: delete it and scan again."
)
OWN = "/profile/set-up"
ANOTHER = "another"
"""In the address of a set-up: one more, beside what there is."""
WRONG = (
    "That code is not from the entry that you just scanned, or its time has passed. "
    "Wait for the next code and enter it. If that fails too, switch automatic time on "
    "in the settings of your phone."
)


def _page(
    ctx: Ctx,
    pending: Totp,
    *,
    base: str,
    action: str,
    cancel_url: str,
    own: Sequence[Totp],
    errors: list[FieldError],
) -> Response:
    """The page at `base`, whose *Save* posts to `action`; `own` is what the person has already."""
    replaced = [one for one in own if pending.replaces in (EVERY, one.id)]
    choice = asked(ctx)
    app = ctx.world.apps.find(pending.app)
    uri = keyuri.key_uri(pending.secret, pending.issuer, pending.label)
    return ctx.render(
        "setup.html",
        422 if errors else choice.status,
        action=action,
        cancel_url=cancel_url,
        # The SVG is drawn by us from a URI whose text never reaches the markup.
        qr_svg=Markup(qr_svg(uri)),  # noqa: S704
        key=keyuri.key_text(pending.secret),
        uri=uri,
        entry={"issuer": pending.issuer, "label": pending.label},
        values={"code": ctx.field("code")},
        replaced=[keyuri.entry_name(one.issuer, one.label) for one in replaced],
        beside=len(own) - len(replaced),
        app=app,
        picker=picker(ctx.world.apps, base, app, unknown=choice.unknown),
        errors=errors,
    )


async def _refusal(ctx: Ctx, answer: Malformed | Wrong, pending: Totp) -> list[FieldError]:
    """Why, as far as it can be found out. Whoever sees this page has the secret before them, so
    there is nothing that the reason could give away.
    """
    if isinstance(answer, Malformed):
        hint = SHOWS_EIGHT if answer.digits == EIGHT else ""
        return [FieldError("code", answer.sentence + hint)]
    verdict = await ctx.explainer.explain(answer.attempt_id, ctx.field("code"))
    if verdict is None or verdict.cause is Cause.NO_MATCH:
        return [FieldError("code", WRONG)]
    entry = keyuri.entry_name(pending.issuer, pending.label)
    told = tell(verdict, About(ctx.now, entry=entry))
    return [FieldError("code", f"{told.own} {told.remedy}")]


async def _wait_begun(ctx: Ctx, answer: object, who: Caller | HalfCaller) -> Response | None:
    """The lock page with the wrong code that begins the wait, and not only with the next one."""
    if not isinstance(answer, Wrong):
        return None
    until = await ctx.world.store.run(
        enrol.waits_until, ctx.now, person=who.person, account=who.account
    )
    return None if until is None else locked(ctx, until)


async def show_own(ctx: Ctx) -> Response:
    """GET /profile/set-up."""
    pending = await ctx.world.store.run(
        enrol.begin_own, ctx.now, caller=ctx.me, app=asked(ctx).choice, replaces=_goal(ctx)
    )
    if isinstance(pending, NeedsProof):
        return ctx.go("/confirm?next=" + quote(_own_url(ctx), safe="/"))
    if isinstance(pending, NoSetUp):
        return no_set_up(ctx, pending)
    return await _own_page(ctx, pending, [])


def _goal(ctx: Ctx) -> str | None:
    """What the set-up is for: one more, in place of another one, or what was begun already."""
    wanted = ctx.request.query_params.get("for")
    return "" if wanted == ANOTHER else wanted


def _own_url(ctx: Ctx) -> str:
    """The page with what was chosen on the way to it."""
    asked_for = ctx.request.query_params
    kept = {name: asked_for[name] for name in ("for", "app") if name in asked_for}
    return f"{OWN}?{urlencode(kept)}" if kept else OWN


async def _own_page(ctx: Ctx, pending: Totp, errors: list[FieldError]) -> Response:
    return _page(
        ctx,
        pending,
        base=OWN,
        action="/profile/set-up/save",
        cancel_url="/profile/set-up/cancel",
        own=await ctx.world.store.run(authenticators.own, person_id=ctx.me.person.id),
        errors=errors,
    )


async def start_own(ctx: Ctx) -> Response:
    """POST /profile/set-up: the buttons *Set up*, *Add another* and *Replace*."""
    return ctx.go(_own_url(ctx))


async def save_own(ctx: Ctx) -> Response:
    """POST /profile/set-up/save."""
    answer = await ctx.world.store.run(
        enrol.save_own, ctx.now, caller=ctx.me, typed=ctx.field("code"), place=ctx.place
    )
    if isinstance(answer, SignedIn):
        return signed_in(ctx, answer)
    if isinstance(answer, NeedsProof):
        return ctx.go("/confirm?next=/profile/set-up")
    if isinstance(answer, Locked):
        return locked(ctx, answer.until)
    if (wait := await _wait_begun(ctx, answer, ctx.me)) is not None:
        return wait
    if isinstance(answer, Malformed | Wrong):
        pending = await ctx.world.store.run(enrol.begin_own, ctx.now, caller=ctx.me)
        if not isinstance(pending, Totp):
            return ctx.go("/confirm?next=/profile/set-up")
        return await _own_page(ctx, pending, await _refusal(ctx, answer, pending))
    if isinstance(answer, NothingPending):
        return ctx.go("/profile")
    return ctx.go("/sign-in")


async def cancel_own(ctx: Ctx) -> Response:
    """POST /profile/set-up/cancel."""
    await ctx.world.store.run(enrol.cancel, ctx.now, person=ctx.me.person)
    return ctx.go("/profile")


async def show_wait(ctx: Ctx) -> Response:
    """GET /set-up: signed in with the password, the mailed link not opened yet."""
    wait = await ctx.world.store.run(enrol_link.wait_for_link, ctx.now, half=ctx.halfway)
    return _wait_page(ctx, wait, [])


def _wait_page(ctx: Ctx, wait: enrol_link.SetUpWait, errors: list[FieldError]) -> Response:
    return ctx.render(
        "setup_wait.html",
        email_masked=_masked(ctx.halfway.person.email),
        sent_at=wait.sent_at,
        can_send=wait.can_send,
        next_send_at=(wait.sent_at or ctx.now) + 15 * MINUTE if wait.sent_recently else None,
        errors=errors,
    )


def _masked(email: str) -> str:
    """`ann@example.org` → `a••@example.org`: enough to know which mailbox."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}••@{domain}"


async def send_link(ctx: Ctx) -> Response:
    """POST /set-up/send-link."""
    await ctx.world.store.run(enrol_link.send_link, ctx.now, half=ctx.halfway)
    return ctx.go("/set-up")


async def show_demanded(ctx: Ctx) -> Response:
    """GET /enrol/{token}: the mailed link. It is looked at, never used, by a GET."""
    token = ctx.request.path_params["token"]
    if ctx.half is not None and ctx.half.sign_in.stage is Stage.ENROL:
        pending = await ctx.world.store.run(
            enrol.begin_demanded, ctx.now, half=ctx.half, token=token, app=asked(ctx).choice
        )
        if isinstance(pending, Totp):
            return await _demanded_page(ctx, token, pending, [])
        return await _link_refused(ctx, token)
    await ctx.world.store.run(progress.opened, ctx.now, purpose=Purpose.ENROL, token=token)
    if ctx.caller is not None:
        # Signed in already: the way on is their own set-up, which asks for its own proof.
        return ctx.go("/profile" if ctx.caller.enrolled else OWN)
    found = await ctx.world.store.run(links.look, ctx.now, purpose=Purpose.ENROL, token=token)
    if isinstance(found, LinkTrouble):
        return link_gone(ctx, found, "set-up")
    return ctx.render(
        "sign_in.html",
        values={"email": found.person.email if found.person else ""},
        next=ctx.request.url.path,
        notice="",
        why="Sign in with your password first. Then you set up your authenticator app.",
    )


async def _demanded_page(ctx: Ctx, token: str, pending: Totp, errors: list[FieldError]) -> Response:
    """With an entry in the app already where the operator's link led here."""
    own = await ctx.world.store.run(authenticators.own, person_id=pending.person_id)
    ctx = await _with_passkey(ctx, token)
    return _page(
        ctx,
        pending,
        base=f"/enrol/{token}",
        action=f"/enrol/{token}",
        cancel_url="/set-up/cancel",
        own=own,
        errors=errors,
    )


async def _with_passkey(ctx: Ctx, token: str) -> Ctx:
    """With what the browser is asked to make, for whoever would rather have a passkey."""
    if (party := ctx.party) is None:
        return ctx
    offer = await ctx.world.store.run(
        passkeys.begin_demanded,
        ctx.now,
        half=ctx.halfway,
        token=token,
        party=party,
        place=ctx.place,
    )
    return replace(ctx, passkey=offer.options) if isinstance(offer, Offer) else ctx


async def _save_passkey(ctx: Ctx, token: str) -> Response:
    """The passkey that was made in place of an app."""
    if (party := ctx.party) is None:
        return ctx.go(f"/enrol/{token}")
    answer = await ctx.world.store.run(
        passkeys.save_demanded,
        ctx.now,
        half=ctx.halfway,
        token=token,
        party=party,
        sent=ctx.field(FIELD),
        place=ctx.place,
    )
    if isinstance(answer, SignedIn):
        return signed_in(ctx, answer)
    if isinstance(answer, PasskeyRefused):
        pending = await ctx.world.store.run(
            enrol.begin_demanded, ctx.now, half=ctx.halfway, token=token
        )
        if isinstance(pending, Totp):
            return await _demanded_page(ctx, token, pending, [not_made(answer)])
    if isinstance(answer, LinkRefused):
        return await _link_refused(ctx, token)
    return ended(ctx, ctx.halfway.person.email)


async def _link_refused(ctx: Ctx, token: str) -> Response:
    """A link that does not open this person's set-up: say which, offer to send a new one."""
    found = await ctx.world.store.run(links.look, ctx.now, purpose=Purpose.ENROL, token=token)
    if isinstance(found, LinkTrouble):
        return link_gone(ctx, found, "set-up", action=("/set-up", "Get a new link"))
    return ctx.render(
        "gone.html",
        403,
        title="This link is for somebody else",
        message=f"You are signing in as {ctx.halfway.person.name}. Open the link from your own "
        "mail, or cancel and sign in as the person whom this mail was sent to.",
        action_url="/set-up",
        action_text="My own set-up",
    )


async def save_demanded(ctx: Ctx) -> Response:
    """POST /enrol/{token}: a code of the app, or a passkey."""
    token = ctx.request.path_params["token"]
    if ctx.field(FIELD):
        return await _save_passkey(ctx, token)
    answer = await ctx.world.store.run(
        enrol.save_demanded,
        ctx.now,
        half=ctx.halfway,
        token=token,
        typed=ctx.field("code"),
        place=ctx.place,
    )
    if isinstance(answer, SignedIn):
        return signed_in(ctx, answer)
    if isinstance(answer, Locked):
        return locked(ctx, answer.until)
    if (wait := await _wait_begun(ctx, answer, ctx.halfway)) is not None:
        return wait
    if isinstance(answer, Malformed | Wrong):
        pending = await ctx.world.store.run(
            enrol.begin_demanded, ctx.now, half=ctx.halfway, token=token
        )
        if isinstance(pending, Totp):
            return await _demanded_page(ctx, token, pending, await _refusal(ctx, answer, pending))
    if isinstance(answer, LinkRefused):
        return await _link_refused(ctx, token)
    if isinstance(answer, NothingPending):
        return ctx.go(f"/enrol/{token}")
    return ended(ctx, ctx.halfway.person.email)


async def cancel_demanded(ctx: Ctx) -> Response:
    """POST /set-up/cancel."""
    await ctx.world.store.run(enrol.cancel, ctx.now, person=ctx.halfway.person)
    return ctx.go("/set-up")


PAGES = (
    Page("/profile/set-up", Needs.SESSION, get=show_own, post=start_own),
    Page("/profile/set-up/save", Needs.SESSION, post=save_own),
    Page("/profile/set-up/cancel", Needs.SESSION, post=cancel_own),
    Page("/set-up", Needs.HALF_ENROL, get=show_wait),
    Page("/set-up/send-link", Needs.HALF_ENROL, post=send_link),
    Page("/set-up/cancel", Needs.HALF_ENROL, post=cancel_demanded),
    Page("/enrol/{token}", Needs.PUBLIC, get=show_demanded, goes_on=True),
    Page("/enrol/{token}", Needs.HALF_ENROL, post=save_demanded),
)
