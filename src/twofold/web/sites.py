"""Protected sites: the page where an admin names them, and the way of a session to one of them."""

from urllib.parse import quote, urlsplit

from starlette.responses import Response

from twofold.core.people import Role
from twofold.core.site_preview import WORDS, Outlook
from twofold.core.site_text import Wrong, asked_words, shown_path
from twofold.core.site_urls import host_of, kept_page
from twofold.core.sites import Assurance, Verdict
from twofold.flows import sites
from twofold.flows.setup import Refused
from twofold.flows.sites import Judged, Listed
from twofold.web.access import Ctx, Needs, Page
from twofold.web.confirming import confirm_page, proof_asked
from twofold.web.forms import FieldError

PATH, ENTER = "/account/sites", "/sites/enter"
DIGEST = 64
"""Hexadecimal digits of what names the browser that went off."""
NOT_A_FORM = ("none", "cross-site", "same-site")
"""What a browser says (W3C Fetch Metadata) where no form of ours led here."""


async def show(ctx: Ctx) -> Response:
    """GET /account/sites: what is stored."""
    listed = await ctx.world.store.run(sites.list_sites, account_id=ctx.me.account.id)
    return _page(ctx, {"sites": listed.text}, [])


async def save(ctx: Ctx) -> Response:
    """POST /account/sites."""
    done = await ctx.world.store.run(
        sites.set_sites, ctx.now, caller=ctx.me, text=ctx.field("sites"), own_host=_own_host(ctx)
    )
    if isinstance(done, Wrong):
        return _page(ctx, _typed(ctx), [FieldError("sites", str(done))])
    return ctx.go(PATH)


async def try_out(ctx: Ctx) -> Response:
    """POST /account/sites/try: what these rules would do with one person; saves nothing."""
    store, account = ctx.world.store, ctx.me.account
    text = ctx.field("sites")
    listed = await store.run(
        sites.read_text, account_id=account.id, text=text, own_host=_own_host(ctx)
    )
    if isinstance(listed, Wrong):
        return _page(ctx, _typed(ctx), [FieldError("sites", str(listed))])
    seen = await store.run(
        sites.preview,
        ctx.now,
        account=account,
        sites=listed.sites,
        url=ctx.field("url"),
        email=ctx.field("email"),
    )
    if isinstance(seen, Refused):
        return _page(ctx, _typed(ctx), [FieldError(seen.field, seen.sentence)])
    return _page(ctx, _typed(ctx), [], _shown(seen, listed))


def _shown(seen: Outlook, listed: Listed) -> dict[str, object]:
    said = "No rule decides about this address, or servers could read it in two ways."
    if seen.rule is not None:
        only = "this page alone" if seen.rule.exact else "and everything under it"
        asks = asked_words(seen.rule, listed.names)
        said = f"The rule for {shown_path(seen.rule)}, {only}, decides: {asks}."
    return {"rule": said, "rows": [(how, WORDS[verdict]) for how, verdict in seen.rows]}


def _own_host(ctx: Ctx) -> str:
    return urlsplit(ctx.world.public_url).hostname or ""


def _typed(ctx: Ctx) -> dict[str, str]:
    return {name: ctx.field(name) for name in ("sites", "url", "email")}


def _page(
    ctx: Ctx,
    values: dict[str, str],
    errors: list[FieldError],
    outlook: dict[str, object] | None = None,
) -> Response:
    return ctx.render(
        "sites.html",
        422 if errors else 200,
        values=values,
        errors=errors,
        outlook=outlook,
        proxies=bool(ctx.world.trusted_proxies),
    )


async def enter(ctx: Ctx) -> Response:
    """GET /sites/enter: on to the protected site, with a ticket that works once in the browser
    that came from there; or to the proof that is missing.
    """
    asked = ctx.request.query_params
    host, begun = host_of(asked.get("site", "")), asked.get("begun", "")
    page = kept_page(asked.get("to"))
    if host is None or len(begun) != DIGEST or not set(begun) <= set("0123456789abcdef"):
        return ctx.error(400, "This address is not whole. Begin again at the page you want to see.")
    judged = await ctx.world.store.run(
        sites.hand_over, ctx.now, caller=ctx.me, host=host, page=page, begun=bytes.fromhex(begun)
    )
    if judged is None:
        return ctx.error(404)
    if judged.verdict is Verdict.ALLOWED:
        return _on(ctx, judged, page)
    if judged.verdict is Verdict.PROVE:
        return await _proof(ctx, judged)
    return ctx.error(
        403, f"This page of {host} is not open to you, {ctx.me.person.name}. Ask your admin."
    )


def _on(ctx: Ctx, judged: Judged, page: str) -> Response:
    where = (
        f"{judged.site.origin}/.twofold/callback?ticket={judged.ticket}&to={quote(page, safe='/')}"
    )
    if ctx.request.headers.get("sec-fetch-site", "") in NOT_A_FORM:
        return ctx.go(where)
    # Browsers hold redirects after a form to the form-action of our policy, which is ourselves.
    response = ctx.render("site_enter.html", where=where, site=str(judged.site.origin))
    response.headers["refresh"] = f"0; url={where}"
    return response


async def _proof(ctx: Ctx, judged: Judged) -> Response:
    """What is missing: a second step at all, a passkey, or a fresher proof."""
    here = f"{ctx.request.url.path}?{ctx.request.url.query}"
    asks = judged.rule.assurance if judged.rule else Assurance.SESSION
    site = str(judged.site.origin)
    if asks is Assurance.PASSKEY:
        ctx, _ = await proof_asked(ctx)
        if not ctx.passkey:
            return ctx.render("site_more.html", 403, site=site, needs="passkey")
        why = f"{judged.site.origin.host} takes nothing but a passkey."
        return confirm_page(ctx, codes=False, why=why, following=here)
    if asks is Assurance.FACTOR and not ctx.me.enrolled:
        return ctx.render("site_more.html", 403, site=site, needs="factor")
    return ctx.go("/confirm?next=" + quote(here, safe="/"))


PAGES = (
    Page(PATH, Needs.SESSION, get=show, post=save, role=Role.ADMIN, fresh=True),
    Page(f"{PATH}/try", Needs.SESSION, post=try_out, role=Role.ADMIN),
    Page(ENTER, Needs.SESSION, get=enter),
)
