"""The confirm page: a fresh proof before something sensitive, and what helps where none can be
given.
"""

from collections.abc import Sequence
from dataclasses import replace

from starlette.responses import Response

from twofold.core import throttle
from twofold.core.paths import safe_path
from twofold.core.policy import who_unlocks
from twofold.flows import passkey_proofs, step_up
from twofold.web import forms
from twofold.web.access import Ctx, Page

SET_UPS = ("/profile/set-up", "/profile/passkeys/add")
"""Where a session of a temporary pass may go on to after the password alone."""


def asks_for_code(ctx: Ctx, following: str) -> bool:
    """Whether the fresh proof is one of a factor. Somebody without one has the password alone,
    and so has a session of a temporary pass, whose one way on is the set-up.
    """
    sets_up = following.partition("?")[0] in SET_UPS
    return ctx.me.enrolled and not (sets_up and ctx.me.session.is_by_pass)


def confirm_page(
    ctx: Ctx,
    *,
    pair: bool = False,
    codes: bool = True,
    why: str = "",
    following: str = "/",
    held_path: str = "",
    held: forms.Form | None = None,
    errors: Sequence[forms.FieldError] = (),
) -> Response:
    """Ask for a fresh proof. What was typed in the form before travels along, and is sent on
    after it, so that nothing is lost.
    """
    return ctx.render(
        "confirm.html",
        422 if errors else 200,
        mode="code" if asks_for_code(ctx, "" if held_path else following) else "password",
        pair=pair,
        codes=codes,
        why=why,
        action="/confirm",
        next=following,
        held_path=held_path,
        held={name: value for name, value in (held or {}).items() if name != "csrf"},
        values={name: ctx.field(name) for name in ("code", "next_code", "recovery_code")}
        if held_path == ""
        else {},
        errors=list(errors),
    )


def no_code_helps(
    ctx: Ctx,
    answer: throttle.NeedsLink | throttle.Disabled,
    *,
    held_path: str = "",
    errors: Sequence[forms.FieldError] = (),
) -> Response:
    """In place of the confirm page: no code of an app proves anything here, and what helps
    instead. A mailed link opens a sign-in, never a session, so that road begins at the sign-in.
    """
    return ctx.render(
        "confirm_stuck.html",
        403,
        stopped=isinstance(answer, throttle.Disabled),
        helper=who_unlocks(ctx.me.person.role),
        held=held_path != "",
        values={"recovery_code": ctx.field("recovery_code")},
        errors=list(errors),
    )


async def ask_for_proof(page: Page, ctx: Ctx) -> Response:
    """The confirm page in place of a form that was sent without a fresh proof."""
    pair, codes, why = False, True, ""
    if ctx.me.enrolled:
        ctx, answer = await proof_asked(ctx)
        if isinstance(answer, throttle.NeedsLink | throttle.Disabled) and not ctx.passkey:
            return no_code_helps(ctx, answer, held_path=ctx.request.url.path)
        codes, why = takes_codes(answer)
        pair = isinstance(answer, throttle.Pair)
    if not page.holds:
        following = safe_path(page.back, "/")
        return confirm_page(ctx, pair=pair, codes=codes, why=why, following=following)
    path = ctx.request.url.path
    return confirm_page(ctx, pair=pair, codes=codes, why=why, held_path=path, held=ctx.form)


Asked = throttle.Answer | step_up.NoCodes


async def proof_asked(ctx: Ctx) -> tuple[Ctx, Asked]:
    """What an enrolled caller may prove themselves with: what holds for codes, and with the
    request what the browser is asked for a passkey, if there is one.
    """
    answer = await ctx.world.store.run(step_up.code_answer, ctx.now, caller=ctx.me, place=ctx.place)
    if (party := ctx.party) is not None:
        options = await ctx.world.store.run(
            passkey_proofs.ask_fresh, ctx.now, caller=ctx.me, party=party, place=ctx.place
        )
        ctx = replace(ctx, passkey=options or "")
    return ctx, answer


def takes_codes(answer: Asked) -> tuple[bool, str]:
    """Whether a page that takes passkeys asks for codes too, and why not."""
    match answer:
        case throttle.NeedsLink():
            return False, "For codes, a link in your mailbox comes first."
        case throttle.Disabled():
            return False, "Your authenticator app is stopped."
        case step_up.NoCodes():
            return False, ""
    return True, ""
