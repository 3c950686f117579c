"""Account: the state in one sentence, the way to the switch, the names."""

from starlette.responses import Response

from twofold.core import keyuri
from twofold.core.mail import UNREACHED, MailState
from twofold.core.people import Account, Role
from twofold.flows import rollout, second_admin
from twofold.web.access import Ctx, Needs, Page
from twofold.web.forms import FieldError
from twofold.web.home import sentence


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
            "failed": sum(mails.get(state, 0) for state in UNREACHED),
        }
        if standing.account.switched_at is not None
        else None,
        switched_at=standing.account.switched_at,
        days=standing.days,
        can_take_back=standing.can_take_back,
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
)
