"""Account: the state in one sentence, the switch, the names."""

from starlette.responses import Response

from twofold.core import keyuri
from twofold.core.mail import Mail, MailKind, MailState
from twofold.core.people import Account, Role
from twofold.core.tokens import LINK_LIFETIME, Purpose
from twofold.flows import rollout, second_admin
from twofold.flows.rollout import NeedsFactor, SwitchRefused
from twofold.ports import Letter, Rendered
from twofold.web.access import Ctx, Needs, Page
from twofold.web.forms import FieldError
from twofold.web.home import sentence
from twofold.web.mail import reflowed


async def show(ctx: Ctx) -> Response:
    """GET /account."""
    return await _page(ctx, [])


async def _page(ctx: Ctx, errors: list[FieldError]) -> Response:
    standing = await ctx.world.store.run(rollout.standing, caller=ctx.me)
    mails = standing.mails
    return ctx.render(
        "account.html",
        422 if errors else 200,
        sentence=sentence(standing),
        clock_alarm=await ctx.clock_watch.alarm(ctx.now),
        requires_factor=standing.account.requires_factor,
        tally=standing.tally,
        can_switch=standing.refuse_reason is None,
        refuse_reason=standing.refuse_reason or "",
        mails={
            "queued": mails.get(MailState.QUEUED, 0) + mails.get(MailState.SENDING, 0),
            "sent": mails.get(MailState.SENT, 0),
            "failed": mails.get(MailState.FAILED, 0),
        }
        if standing.account.switched_at is not None
        else None,
        switched_at=standing.account.switched_at,
        waiting=await ctx.world.store.run(second_admin.waiting_for, ctx.now, actor=ctx.me.person),
        values={name: ctx.field(name) for name in ("name", "issuer")} if errors else {},
        issuer_reason=_issuer_reason(standing.account),
        errors=errors,
    )


def _issuer_reason(account: Account) -> str:
    """Why the organisation's own name cannot stand in authenticator apps, "" if it can."""
    if account.issuer == account.name:
        return ""
    return keyuri.issuer_problem(account.name) or ""


async def show_switch_on(ctx: Ctx) -> Response:
    """GET /account/switch-on: what would happen, before it does."""
    preview = await ctx.world.store.run(rollout.preview, caller=ctx.me)
    if preview.refuse_reason is not None:
        return await _page(ctx, [FieldError("", preview.refuse_reason)])
    mail = _sample(ctx)
    return ctx.render(
        "switch_on.html",
        will_mail=preview.will_mail,
        enrolled=preview.enrolled,
        unreachable=preview.unreachable,
        admins_not_enrolled=preview.admins_not_enrolled,
        mail_subject=mail.subject,
        mail_text=reflowed(mail.text),
    )


def _sample(ctx: Ctx) -> Rendered:
    """The mail as somebody who must act will get it; its link is hidden, and opens nothing."""
    me = ctx.me
    sample = Mail(
        id="preview",
        account_id=me.account.id,
        person_id=me.person.id,
        kind=MailKind.SWITCHED_ON,
        to_address=me.person.email,
        params={
            "token": "preview",
            "expires_at": ctx.now + LINK_LIFETIME[Purpose.ENROL],
            "admin": me.person.name,
        },
        message_id="",
        state=MailState.QUEUED,
        attempts=0,
        created_at=ctx.now,
        next_at=ctx.now,
        sent_at=None,
        last_error="",
    )
    return ctx.world.postbox.render(Letter(sample, me.person, me.account), hide_links=True)


async def switch_on(ctx: Ctx) -> Response:
    """POST /account/switch-on."""
    done = await ctx.world.store.run(rollout.switch_on, ctx.now, caller=ctx.me)
    if isinstance(done, SwitchRefused):
        return await _page(ctx, [FieldError("", done.sentence)])
    return ctx.go("/account")


async def show_switch_off(ctx: Ctx) -> Response:
    """GET /account/switch-off: asks for a fresh factor first."""
    if not ctx.me.account.requires_factor:
        return ctx.go("/account")
    if not ctx.me.session.has_fresh_factor(ctx.now):
        return ctx.go("/confirm?next=/account/switch-off")
    standing = await ctx.world.store.run(rollout.standing, caller=ctx.me)
    return ctx.render("switch_off.html", will_mail=standing.tally.people)


async def switch_off(ctx: Ctx) -> Response:
    """POST /account/switch-off."""
    done = await ctx.world.store.run(rollout.switch_off, ctx.now, caller=ctx.me)
    if isinstance(done, NeedsFactor):
        return ctx.go("/confirm?next=/account/switch-off")
    if isinstance(done, SwitchRefused):
        return await _page(ctx, [FieldError("", done.sentence)])
    return ctx.go("/account")


async def rename(ctx: Ctx) -> Response:
    """POST /account/name."""
    refused = await ctx.world.store.run(
        rollout.rename,
        ctx.now,
        caller=ctx.me,
        name=ctx.field("name"),
        issuer=ctx.field("issuer"),
    )
    if refused is not None:
        return await _page(ctx, [FieldError(refused.field, refused.sentence)])
    return ctx.go("/account")


PAGES = (
    Page("/account", Needs.SESSION, get=show, role=Role.ADMIN),
    Page("/account/name", Needs.SESSION, post=rename, fresh=True, role=Role.ADMIN),
    Page(
        "/account/switch-on",
        Needs.SESSION,
        get=show_switch_on,
        post=switch_on,
        fresh=True,
        role=Role.ADMIN,
    ),
    Page(
        "/account/switch-off",
        Needs.SESSION,
        get=show_switch_off,
        post=switch_off,
        fresh=True,
        role=Role.ADMIN,
    ),
)
