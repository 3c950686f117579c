"""Pages that one-time links open: first admin, invitation, new password; and asking for one."""

from starlette.responses import Response

from twofold.core import addresses, keyuri, passwords
from twofold.core.tokens import Purpose
from twofold.flows import links, progress, setup
from twofold.flows import passwords as password_flows
from twofold.flows.links import LinkTrouble, OpenLink
from twofold.flows.setup import Refused
from twofold.web.access import Ctx, Needs, Page
from twofold.web.forms import FieldError
from twofold.web.sign_in import signed_in

TROUBLES = {
    LinkTrouble.UNKNOWN: (
        "This link does not work",
        "It may have been cut short. Copy the whole link from the mail and open it again.",
    ),
    LinkTrouble.USED: (
        "This link has been used",
        "It works once, and a newer link replaces an older one. Look for the newest mail.",
    ),
    LinkTrouble.EXPIRED: (
        "This link has expired",
        "It was sent some time ago and does not open anything any more.",
    ),
    LinkTrouble.FOREIGN: (
        "This link is for somebody else",
        "It still works for them. Open the link from your own mail, or sign in as that person.",
    ),
}


def link_gone(
    ctx: Ctx,
    trouble: LinkTrouble,
    what: str,
    action: tuple[str, str] = ("/sign-in", "Go to sign in"),
) -> Response:
    """The page for a link that opens nothing, with the way on. 410, or 404 for an unknown one."""
    title, message = TROUBLES[trouble]
    if what == "invitation" and trouble is not LinkTrouble.UNKNOWN:
        message += " If you have no password yet, ask an admin to invite you again."
    if what == "wait" and trouble is not LinkTrouble.UNKNOWN:
        message += " Sign in with your password, and ask again under “I don’t have my phone”."
    if what == "address" and trouble is not LinkTrouble.UNKNOWN:
        message += " My Profile shows whether the address is confirmed, and sends a new link."
    if what == "set-up" and trouble is not LinkTrouble.UNKNOWN:
        message += " Sign in and ask for a new one: the page offers it."
    if what == "first-admin":
        message = "Ask the operator of this server for a new one: they run “twofold admin-link”."
    status = 404 if trouble is LinkTrouble.UNKNOWN else 410
    return ctx.render(
        "gone.html",
        status,
        title=title,
        message=message,
        action_url=action[0],
        action_text=action[1],
    )


def password_errors(ctx: Ctx, password: str, about: tuple[str, ...]) -> list[FieldError]:
    """What is wrong with a new password, as field errors."""
    problem = passwords.problem(password, common=ctx.world.common_passwords, about=about)
    return [FieldError("password", problem)] if problem else []


async def show_first_admin(ctx: Ctx) -> Response:
    """GET /first-admin/{token}."""
    token = ctx.request.path_params["token"]
    found = await ctx.world.store.run(links.look, ctx.now, purpose=Purpose.FIRST_ADMIN, token=token)
    if isinstance(found, LinkTrouble):
        return link_gone(ctx, found, "first-admin")
    return _first_admin_page(ctx, token, [])


def _first_admin_page(ctx: Ctx, token: str, errors: list[FieldError]) -> Response:
    organisation = ctx.field("organisation") or "Your organisation"
    return ctx.render(
        "first_admin.html",
        422 if errors else 200,
        token=token,
        values={name: ctx.field(name) for name in ("name", "email", "organisation")},
        preview={
            "issuer": keyuri.suggest_issuer(organisation),
            "account": ctx.field("email") or "you@example.org",
        },
        errors=errors,
    )


async def use_first_admin(ctx: Ctx) -> Response:
    """POST /first-admin/{token}."""
    token = ctx.request.path_params["token"]
    fields = {name: ctx.field(name) for name in ("name", "email", "organisation")}
    errors = _first_admin_errors(ctx, fields)
    if errors:
        return _first_admin_page(ctx, token, errors)
    encoded = await ctx.world.hasher.hash(passwords.prepare(ctx.field("password")))
    made = await ctx.world.store.run(
        setup.found_by_link, ctx.now, token=token, encoded=encoded, place=ctx.place, **fields
    )
    if isinstance(made, LinkTrouble):
        return link_gone(ctx, made, "first-admin")
    if isinstance(made, Refused):
        return _first_admin_page(ctx, token, [FieldError(made.field, made.sentence)])
    return signed_in(ctx, made)


def _first_admin_errors(ctx: Ctx, fields: dict[str, str]) -> list[FieldError]:
    errors = [FieldError(one.field, one.sentence) for one in setup.name_problems(**fields)]
    about = (fields["name"], fields["email"], fields["organisation"])
    return errors + password_errors(ctx, ctx.field("password"), about)


def _to_sign_in(ctx: Ctx, email: str, notice: str, next_path: str = "/") -> Response:
    """The sign-in page with the address filled in. A new password never signs in by itself."""
    return ctx.render(
        "sign_in.html", values={"email": email}, next=next_path, notice=notice, why=""
    )


def _set_page(ctx: Ctx, found: OpenLink, template: str, errors: list[FieldError]) -> Response:
    return ctx.render(
        template,
        422 if errors else 200,
        token=ctx.request.path_params["token"],
        person_name=found.person.name if found.person else "",
        organisation=found.account.name if found.account else "",
        email=found.person.email if found.person else "",
        errors=errors,
    )


async def _show(ctx: Ctx, purpose: Purpose, template: str) -> Response:
    found = await ctx.world.store.run(
        links.look, ctx.now, purpose=purpose, token=ctx.request.path_params["token"]
    )
    if isinstance(found, LinkTrouble):
        return link_gone(ctx, found, purpose.value)
    return _set_page(ctx, found, template, [])


async def _use(ctx: Ctx, purpose: Purpose, template: str) -> Response:
    token = ctx.request.path_params["token"]
    found = await ctx.world.store.run(links.look, ctx.now, purpose=purpose, token=token)
    if isinstance(found, LinkTrouble):
        return link_gone(ctx, found, purpose.value)
    about = (found.person.name, found.person.email) if found.person else ()
    if found.account:
        about = (*about, found.account.name)
    errors = password_errors(ctx, ctx.field("password"), about)
    if errors:
        return _set_page(ctx, found, template, errors)
    encoded = await ctx.world.hasher.hash(passwords.prepare(ctx.field("password")))
    done = await ctx.world.store.run(
        password_flows.set_by_link,
        ctx.now,
        purpose=purpose,
        token=token,
        encoded=encoded,
        source=ctx.source,
    )
    if isinstance(done, LinkTrouble):
        return link_gone(ctx, done, purpose.value)
    next_path = f"/enrol/{done.enrol_token}" if done.enrol_token else "/"
    return _to_sign_in(ctx, done.person.email, "Your password is set. Sign in with it.", next_path)


async def show_invitation(ctx: Ctx) -> Response:
    """GET /invitation/{token}: shows a button; only POST uses the link."""
    await ctx.world.store.run(
        progress.opened,
        ctx.now,
        purpose=Purpose.INVITATION,
        token=ctx.request.path_params["token"],
    )
    return await _show(ctx, Purpose.INVITATION, "invitation.html")


async def use_invitation(ctx: Ctx) -> Response:
    """POST /invitation/{token}."""
    return await _use(ctx, Purpose.INVITATION, "invitation.html")


async def show_password(ctx: Ctx) -> Response:
    """GET /password/{token}."""
    return await _show(ctx, Purpose.PASSWORD, "password.html")


async def use_password(ctx: Ctx) -> Response:
    """POST /password/{token}."""
    return await _use(ctx, Purpose.PASSWORD, "password.html")


async def show_forgot(ctx: Ctx) -> Response:
    """GET /forgot-password."""
    return ctx.render("forgot.html", values={"email": ""})


async def send_password_link(ctx: Ctx) -> Response:
    """POST /forgot-password: one answer for known and unknown addresses."""
    email = ctx.field("email").strip()
    problem = addresses.problem(email)
    if problem:
        return ctx.render(
            "forgot.html",
            422,
            values={"email": email},
            errors=[FieldError("email", problem)],
        )
    await ctx.world.store.run(password_flows.request_link, ctx.now, email=email)
    return ctx.render("sent.html", email=email)


PAGES = (
    Page("/first-admin/{token}", Needs.PUBLIC, get=show_first_admin, post=use_first_admin),
    Page("/invitation/{token}", Needs.PUBLIC, get=show_invitation, post=use_invitation),
    Page("/password/{token}", Needs.PUBLIC, get=show_password, post=use_password),
    Page("/forgot-password", Needs.PUBLIC, get=show_forgot, post=send_password_link),
)
