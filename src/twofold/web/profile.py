"""My Profile, and proving oneself again before something sensitive."""

from collections.abc import Sequence

from starlette.responses import Response

from twofold.core import passwords, throttle
from twofold.core.authenticators import MOST_TOTP
from twofold.core.moments import clock as clock_words
from twofold.core.otp import Malformed
from twofold.core.paths import safe_path
from twofold.core.policy import who_unlocks
from twofold.core.recovery import NotARecoveryCode
from twofold.core.requirement import may_set_up
from twofold.core.requirement_words import to_person
from twofold.flows import addresses, exchange, recovery, sessions, step_up
from twofold.flows import passkeys as passkey_flows
from twofold.flows import passwords as password_flows
from twofold.flows.proofs import Locked, NeedsLink, NeedsPair, Suspended, Typed, Wrong
from twofold.flows.sign_in import PasswordRefused
from twofold.flows.step_up import Proved
from twofold.web import passkeys
from twofold.web.access import Ctx, Needs, Page
from twofold.web.authenticators import views
from twofold.web.confirming import (
    asks_for_code,
    confirm_page,
    no_code_helps,
    proof_asked,
    takes_codes,
)
from twofold.web.cookies import SESSION
from twofold.web.doors import password_errors
from twofold.web.forms import FieldError, Form
from twofold.web.second_step import explained, malformed
from twofold.web.sign_in import locked

WRONG_PASSWORD = "That is not your current password."  # noqa: S105
WRONG_CODE = "That code did not work. Wait for a new one and enter it before it changes."
WRONG_RECOVERY_CODE = "That recovery code did not work. Each works once; enter another one."
WRONG_PAIR = "Those two codes did not work. Start again with the code that your app shows now."


async def show(ctx: Ctx) -> Response:
    """GET /profile."""
    return await _page(ctx, [])


async def _page(ctx: Ctx, errors: list[FieldError]) -> Response:
    me = ctx.me
    own = await views(ctx)
    standing = await ctx.world.store.run(recovery.own, person_id=me.person.id)
    stopped = bool(own) and all(one.disabled_at is not None for one in own)
    return ctx.render(
        "profile.html",
        422 if errors else 200,
        person=me.person,
        second=await ctx.world.store.run(addresses.own, person_id=me.person.id),
        account=me.account,
        enrolled=me.enrolled,
        authenticators=own,
        stopped=stopped,
        has_room=len(own) < MOST_TOTP,
        recovery=standing,
        passkeys=await ctx.world.store.run(passkey_flows.own, person_id=me.person.id),
        can_add_passkey=ctx.party is not None,
        can_set_up=not stopped or me.session.may_set_up(ctx.now),
        is_offered=may_set_up(me.account, me.person, ctx.now, enrolled=me.enrolled),
        helper=who_unlocks(me.person.role),
        requirement_sentence=to_person(me.account, me.person, ctx.now, enrolled=me.enrolled),
        pass_until=me.session.ends_at,
        exchange_until=await ctx.world.store.run(exchange.running, ctx.now, person=me.person),
        errors=errors,
    )


async def change_password(ctx: Ctx) -> Response:
    """POST /profile/password: the current one and a new one."""
    me, new = ctx.me, ctx.field("password")
    about = (me.person.name, me.person.email, me.account.name)
    errors = password_errors(ctx, new, about)
    if errors:
        return await _page(ctx, errors)
    current = passwords.prepare(ctx.field("current"))
    with ctx.world.hasher.seat() as seat:
        tried = await ctx.world.store.run(
            step_up.look_up_own_password, ctx.now, caller=me, place=ctx.place
        )
        proved = await seat.verify(tried.encoded, current)
        encoded = await seat.hash(passwords.prepare(new)) if proved else ""
    done = await ctx.world.store.run(
        password_flows.change,
        ctx.now,
        caller=me,
        tried=tried,
        proved=proved,
        encoded=encoded,
        place=ctx.place,
    )
    if isinstance(done, PasswordRefused):
        return await _page(ctx, [FieldError("current", WRONG_PASSWORD)])
    if isinstance(done, password_flows.PasswordChanged):
        response = ctx.go("/profile")
        ctx.cookies.set(response, SESSION, done.token)
        return response
    return ctx.go("/sign-in")


async def show_new_password(ctx: Ctx) -> Response:
    """GET /new-password: the old one counts as stolen, so nothing else is open."""
    if not ctx.me.person.must_change_password:
        return ctx.go("/")
    return ctx.render("new_password.html", email=ctx.me.person.email)


async def set_new_password(ctx: Ctx) -> Response:
    """POST /new-password."""
    me, new = ctx.me, ctx.field("password")
    if not me.person.must_change_password:
        return ctx.go("/")
    about = (me.person.name, me.person.email, me.account.name)
    errors = password_errors(ctx, new, about) or await _still_the_old_one(ctx, new)
    if errors:
        return ctx.render("new_password.html", 422, email=me.person.email, errors=errors)
    done = await ctx.world.store.run(
        password_flows.replace_stolen,
        ctx.now,
        caller=me,
        encoded=await ctx.world.hasher.hash(passwords.prepare(new)),
        place=ctx.place,
    )
    if isinstance(done, password_flows.PasswordChanged):
        response = ctx.go("/")
        ctx.cookies.set(response, SESSION, done.token)
        return response
    await ctx.world.store.run(sessions.end, ctx.now, caller=me)
    # Without an authenticator the stolen password is all that was proved, and a temporary pass
    # changes none: the mailbox decides.
    proves = me.enrolled and not me.session.is_by_pass
    response = ctx.go("/sign-in" if proves else "/forgot-password")
    ctx.cookies.drop(response, SESSION)
    return response


async def _still_the_old_one(ctx: Ctx, new: str) -> list[FieldError]:
    encoded = await ctx.world.store.run(password_flows.own_hash, caller=ctx.me)
    if encoded and await ctx.world.hasher.verify(encoded, passwords.prepare(new)):
        return [FieldError("password", "That is the old password. Choose another one.")]
    return []


HELD = "held."
"""Before the names of fields that travel through the confirm page."""


async def show_confirm(ctx: Ctx) -> Response:
    """GET /confirm?next=…: asks for a code of the enrolled, for the password of the others."""
    following = safe_path(ctx.request.query_params.get("next"), "/profile")
    return await _ask(ctx, following=following)


async def _ask(
    ctx: Ctx,
    *,
    following: str,
    held_path: str = "",
    held: Form | None = None,
    errors: Sequence[FieldError] = (),
) -> Response:
    """The confirm page, for a passkey, one code or two; or the page that says why none helps."""
    pair, codes, why = False, True, ""
    if asks_for_code(ctx, "" if held_path else following):
        ctx, answer = await proof_asked(ctx)
        if isinstance(answer, throttle.Wait) and not ctx.passkey:
            return locked(ctx, answer.until)
        if isinstance(answer, throttle.NeedsLink | throttle.Disabled) and not ctx.passkey:
            return no_code_helps(ctx, answer, held_path=held_path, errors=errors)
        codes, why = takes_codes(answer)
        if isinstance(answer, throttle.Wait):
            codes, why = False, f"No code is taken before {clock_words(answer.until)}."
        pair = isinstance(answer, throttle.Pair)
    return confirm_page(
        ctx,
        pair=pair,
        codes=codes,
        why=why,
        following=following,
        held_path=held_path,
        held=held,
        errors=errors,
    )


async def confirm(ctx: Ctx) -> Response:
    """POST /confirm."""
    held = {
        name.removeprefix(HELD): value for name, value in ctx.form.items() if name.startswith(HELD)
    }
    held_path = safe_path(ctx.field("held_path"), "")
    following = safe_path(ctx.field("next"), "/profile")
    attempt_id, answer = await _proof(ctx, "" if held_path else following)
    if isinstance(answer, Proved):
        if held_path:
            return await ctx.replay(ctx, answer.token, held_path, held)
        response = ctx.go(following)
        ctx.cookies.set(response, SESSION, answer.token)
        return response
    if isinstance(answer, Locked):
        return locked(ctx, answer.until)
    if isinstance(answer, FieldError | NeedsLink | Suspended):
        errors = [answer] if isinstance(answer, FieldError) else []
        response = await _ask(
            ctx, following=following, held_path=held_path, held=held, errors=errors
        )
        return explained(ctx, response, attempt_id)
    return ctx.go("/sign-in")


async def _proof(
    ctx: Ctx, following: str
) -> tuple[str, Proved | Locked | NeedsLink | Suspended | FieldError | None]:
    """What was brought as a proof: password, passkey, recovery code, or a code of the app."""
    if not asks_for_code(ctx, following):
        return await _confirm_password(ctx)
    if ctx.field(passkeys.FIELD):
        return "", await passkeys.confirm(ctx)
    if ctx.field("recovery_code").strip():
        return "", await _confirm_recovery_code(ctx)
    return await _confirm_code(ctx)


async def _confirm_recovery_code(ctx: Ctx) -> Proved | FieldError | None:
    answer = await ctx.world.store.run(
        step_up.prove_with_recovery_code,
        ctx.now,
        caller=ctx.me,
        typed=ctx.field("recovery_code"),
        place=ctx.place,
    )
    if isinstance(answer, NotARecoveryCode):
        return FieldError("recovery_code", answer.sentence)
    if isinstance(answer, Wrong):
        return FieldError("recovery_code", WRONG_RECOVERY_CODE)
    return answer if isinstance(answer, Proved) else None


async def _confirm_code(
    ctx: Ctx,
) -> tuple[str, Proved | Locked | NeedsLink | Suspended | FieldError | None]:
    """The attempt that is to be explained, and the answer."""
    answer = await ctx.world.store.run(
        step_up.prove_factor,
        ctx.now,
        caller=ctx.me,
        typed=Typed(ctx.field("code"), ctx.field("next_code")),
        place=ctx.place,
    )
    match answer:
        case Malformed():
            return "", malformed(ctx, answer)
        case Wrong(attempt_id) if ctx.field("next_code").strip():
            return attempt_id, FieldError("next_code", WRONG_PAIR)
        case Wrong(attempt_id):
            return attempt_id, FieldError("code", WRONG_CODE)
        case NeedsPair():
            return "", FieldError("next_code", "Enter two codes, one after the other.")
        case Proved() | Locked() | NeedsLink() | Suspended():
            return "", answer
        case _:
            return "", None


async def _confirm_password(ctx: Ctx) -> tuple[str, Proved | FieldError | None]:
    with ctx.world.hasher.seat() as seat:
        tried = await ctx.world.store.run(
            step_up.look_up_own_password, ctx.now, caller=ctx.me, place=ctx.place
        )
        proved = await seat.verify(tried.encoded, passwords.prepare(ctx.field("password")))
    answer = await ctx.world.store.run(
        step_up.settle_own_password,
        ctx.now,
        caller=ctx.me,
        tried=tried,
        proved=proved,
        place=ctx.place,
    )
    if isinstance(answer, PasswordRefused):
        return "", FieldError("password", WRONG_PASSWORD)
    return "", answer if isinstance(answer, Proved) else None


PAGES = (
    Page(
        "/new-password",
        Needs.SESSION,
        get=show_new_password,
        post=set_new_password,
        open_while_stolen=True,
    ),
    Page("/profile", Needs.SESSION, get=show),
    Page(
        "/profile/password",
        Needs.SESSION,
        post=change_password,
        fresh=True,
        holds=False,
        back="/profile",
    ),
    Page("/confirm", Needs.SESSION, get=show_confirm, post=confirm, open_without_passkey=True),
)
