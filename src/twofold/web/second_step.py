"""Pages of the second step: one code, two consecutive ones, a wait, a mailed link."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from starlette.responses import Response

from twofold.core import otp, throttle
from twofold.core.moments import clock
from twofold.core.otp import Malformed
from twofold.core.policy import who_unlocks
from twofold.flows import browsers, passkey_proofs, second_step
from twofold.flows.links import LinkTrouble
from twofold.flows.proofs import Locked, NeedsLink, NeedsPair, Suspended, Typed
from twofold.flows.second_step import CodeAnswer, CodePage, CodeRefused
from twofold.flows.sign_in import SignedIn, SignInEnded
from twofold.web import passkeys
from twofold.web.access import Ctx, Needs, Page
from twofold.web.confirming import takes_codes
from twofold.web.forms import FieldError
from twofold.web.sign_in import ended, locked, signed_in


async def show(ctx: Ctx) -> Response:
    """GET /sign-in/code."""
    return await _page(ctx, 200, failures=0, errors=[])


async def _page(ctx: Ctx, status: int, *, failures: int, errors: list[FieldError]) -> Response:
    asked = await ctx.world.store.run(
        second_step.code_page, ctx.now, half=ctx.halfway, place=ctx.place
    )
    ctx = await _with_passkey(ctx)
    if ctx.passkey or not asked.has_codes:
        codes, why = _takes_codes(asked)
        if not codes:
            return _passkey_page(ctx, asked, status, why, errors)
    if asked.disabled or isinstance(asked.answer, throttle.Disabled):
        return _stopped(ctx)
    if isinstance(asked.answer, throttle.Wait):
        return locked(ctx, asked.answer.until)
    if isinstance(asked.answer, throttle.NeedsLink):
        return _link_page(ctx, sent=False)
    return _code_form(ctx, asked, status, failures, errors)


async def _with_passkey(ctx: Ctx) -> Ctx:
    """With what the browser is asked for a passkey, if the person has one."""
    if (party := ctx.party) is None:
        return ctx
    options = await ctx.world.store.run(
        passkey_proofs.ask_second_step, ctx.now, half=ctx.halfway, party=party, place=ctx.place
    )
    return replace(ctx, passkey=options or "")


def _takes_codes(asked: CodePage) -> tuple[bool, str]:
    """Whether somebody with a passkey may enter codes too, and why not."""
    if not asked.has_codes:
        return False, ""
    if asked.disabled:
        return takes_codes(throttle.Disabled())
    if isinstance(asked.answer, throttle.Wait):
        return False, f"No code is taken before {clock(asked.answer.until)}."
    return takes_codes(asked.answer)


def _passkey_page(
    ctx: Ctx, asked: CodePage, status: int, why: str, errors: list[FieldError]
) -> Response:
    return ctx.render(
        "code_passkey.html",
        status,
        person_name=ctx.halfway.person.name,
        why=why,
        send_link=asked.has_codes and isinstance(asked.answer, throttle.NeedsLink),
        may_trust=asked.may_trust,
        trust_days=ctx.halfway.account.guard.trust_days,
        errors=errors,
    )


def _code_form(
    ctx: Ctx, asked: CodePage, status: int, failures: int, errors: list[FieldError]
) -> Response:
    return ctx.render(
        "code.html",
        status,
        person_name=ctx.halfway.person.name,
        entries=asked.entries,
        pair=isinstance(asked.answer, throttle.Pair),
        may_trust=asked.may_trust,
        trust_days=ctx.halfway.account.guard.trust_days,
        failed=failures > 0,
        server_time=ctx.now if failures > 1 else None,
        values={"code": ctx.field("code"), "next_code": ctx.field("next_code")},
        errors=errors,
    )


async def submit(ctx: Ctx) -> Response:
    """POST /sign-in/code: a code, two, or a passkey."""
    if ctx.field(passkeys.FIELD):
        return await _submit_passkey(ctx)
    answer = await ctx.world.store.run(
        second_step.submit_code,
        ctx.now,
        half=ctx.halfway,
        typed=Typed(ctx.field("code"), ctx.field("next_code")),
        trust=ctx.field("trust") == "yes",
        place=ctx.place,
    )
    failures = answer.failures if isinstance(answer, CodeRefused) else 0
    return await _answered(
        ctx, answer, lambda error: _page(ctx, 422, failures=failures, errors=[error])
    )


async def _submit_passkey(ctx: Ctx) -> Response:
    refused = FieldError(passkeys.FIELD, "That passkey was not accepted. Try again.")
    if (party := ctx.party) is None:
        return await _page(ctx, 422, failures=0, errors=[refused])
    answer = await ctx.world.store.run(
        passkey_proofs.submit_second_step,
        ctx.now,
        half=ctx.halfway,
        party=party,
        sent=ctx.field(passkeys.FIELD),
        trust=ctx.field("trust") == "yes",
        place=ctx.place,
    )
    if isinstance(answer, SignedIn):
        return signed_in(ctx, answer)
    if isinstance(answer, SignInEnded):
        return ended(ctx, ctx.halfway.person.email)
    return await _page(ctx, 422, failures=0, errors=[refused])


async def _answered(
    ctx: Ctx, answer: CodeAnswer, page_with: Callable[[FieldError], Awaitable[Response]]
) -> Response:
    """What follows a code, or two; `page_with` shows the form again with a sentence."""
    match answer:
        case SignedIn():
            return signed_in(ctx, answer)
        case Locked(until):
            return locked(ctx, until)
        case Malformed():
            return await page_with(malformed(ctx, answer))
        case CodeRefused():
            return explained(ctx, await page_with(_refused(ctx)), answer.attempt_id)
        case NeedsPair():
            return await page_with(FieldError("next_code", "Enter two codes, one after the other."))
        case NeedsLink():
            return _link_page(ctx, sent=False)
        case Suspended():
            return await _page(ctx, 403, failures=0, errors=[])
        case SignInEnded():
            response = ended(ctx, ctx.halfway.person.email)
            return explained(ctx, response, answer.attempt_id)


def explained(ctx: Ctx, response: Response, attempt_id: str) -> Response:
    """The answer, after which it is looked for why the code was refused."""
    return ctx.explainer.after(response, attempt_id, ctx.field("code"), ctx.field("next_code"))


async def show_resync(ctx: Ctx) -> Response:
    """GET /sign-in/code/refused: my codes are refused."""
    return await _resync_page(ctx, 200, [])


async def _resync_page(ctx: Ctx, status: int, errors: list[FieldError]) -> Response:
    """Two consecutive codes; or the wait, the link or the end that holds for every code now."""
    asked = await ctx.world.store.run(
        second_step.code_page, ctx.now, half=ctx.halfway, place=ctx.place
    )
    if asked.disabled or not isinstance(asked.answer, throttle.Single | throttle.Pair):
        return await _page(ctx, status, failures=0, errors=[])
    return ctx.render(
        "code_resync.html",
        status,
        entries=asked.entries,
        server_time=ctx.now,
        values={"code": ctx.field("code"), "next_code": ctx.field("next_code")},
        errors=errors,
    )


async def resync(ctx: Ctx) -> Response:
    """POST /sign-in/code/refused."""
    answer = await ctx.world.store.run(
        second_step.resync,
        ctx.now,
        half=ctx.halfway,
        typed=Typed(ctx.field("code"), ctx.field("next_code")),
        place=ctx.place,
    )
    return await _answered(ctx, answer, lambda error: _resync_page(ctx, 422, [error]))


def malformed(ctx: Ctx, answer: Malformed) -> FieldError:
    """The sentence beside the code that it is about: the first one that is not six digits."""
    is_first = isinstance(otp.parse_code(ctx.field("code")), Malformed)
    return FieldError("code" if is_first else "next_code", answer.sentence)


def _refused(ctx: Ctx) -> FieldError:
    """One sentence for the code, or for the pair as a whole: never which half was right."""
    if ctx.field("next_code").strip():
        return FieldError("next_code", "Those two codes did not work.")
    return FieldError("code", "That code did not work.")


def _stopped(ctx: Ctx) -> Response:
    """No code helps any more; who does."""
    person = ctx.halfway.person
    return ctx.render(
        "code_stopped.html", 403, person_name=person.name, helper=who_unlocks(person.role)
    )


def _link_page(ctx: Ctx, *, sent: bool, refused: bool = False) -> Response:
    return ctx.render(
        "code_link.html",
        200 if sent else 403,
        person_name=ctx.halfway.person.name,
        sent=sent,
        refused=refused,
    )


async def send_link(ctx: Ctx) -> Response:
    """POST /sign-in/code/send-link."""
    sent = await ctx.world.store.run(
        browsers.send_code_link, ctx.now, half=ctx.halfway, source=ctx.source
    )
    return _link_page(ctx, sent=sent, refused=not sent)


async def show_link(ctx: Ctx) -> Response:
    """GET /sign-in/code/link/{token}: a button, in the browser of the sign-in."""
    token = ctx.request.path_params["token"]
    trouble = await _link_trouble(ctx, token)
    if trouble is not None:
        return await _link_gone(ctx, trouble)
    return ctx.render("code_link_open.html", token=token)


async def open_link(ctx: Ctx) -> Response:
    """POST /sign-in/code/link/{token}."""
    token = ctx.request.path_params["token"]
    opened = await ctx.world.store.run(
        browsers.open_code_link, ctx.now, half=ctx.halfway, token=token
    )
    if not opened:
        return await _link_gone(ctx, await _link_trouble(ctx, token) or LinkTrouble.USED)
    return ctx.go("/sign-in/code")


async def _link_trouble(ctx: Ctx, token: str) -> LinkTrouble | None:
    return await ctx.world.store.run(
        browsers.code_link_trouble, ctx.now, half=ctx.halfway, token=token
    )


LINK_TROUBLES = {
    LinkTrouble.UNKNOWN: (
        "This link does not work",
        "It may have been cut short. Copy the whole link from the mail, or ask for a new one.",
    ),
    LinkTrouble.USED: (
        "This link has been used already",
        "Each link works once. Ask for a new one.",
    ),
    LinkTrouble.EXPIRED: (
        "This link is too old",
        "It worked for 15 minutes. Ask for a new one.",
    ),
    LinkTrouble.FOREIGN: (
        "This link was sent for another sign-in",
        "It belongs to somebody else, and it still works for them. Ask for one of your own.",
    ),
}


async def _link_gone(ctx: Ctx, trouble: LinkTrouble) -> Response:
    """Why the link opens nothing, and a button for a new one; 410, whatever the reason. Where
    this sign-in needs no link, because another one has opened it, the way goes on to the code.
    """
    title, message = LINK_TROUBLES[trouble]
    asked = await ctx.world.store.run(
        second_step.code_page, ctx.now, half=ctx.halfway, place=ctx.place
    )
    return ctx.render(
        "code_link_gone.html",
        410,
        person_name=ctx.halfway.person.name,
        title=title,
        message=message,
        needs_link=isinstance(asked.answer, throttle.NeedsLink),
    )


PAGES = (
    Page("/sign-in/code", Needs.HALF_CODE, get=show, post=submit),
    Page("/sign-in/code/refused", Needs.HALF_CODE, get=show_resync, post=resync),
    Page("/sign-in/code/send-link", Needs.HALF_CODE, post=send_link),
    Page("/sign-in/code/link/{token}", Needs.HALF_CODE, get=show_link, post=open_link),
)
