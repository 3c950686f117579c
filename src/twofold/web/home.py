"""The first page after sign-in, the help page, and what machines ask."""

from starlette.responses import PlainTextResponse, Response

from twofold.core.people import Role
from twofold.flows import rollout
from twofold.web.access import Ctx, Needs, Page


async def show(ctx: Ctx) -> Response:
    """GET /: the sign-in form when signed out, otherwise what is done and what comes next."""
    if ctx.half is not None:
        return ctx.go("/sign-in")
    me = ctx.me
    checklist = [_own_factor(ctx)]
    clock_alarm = ""
    if me.person.role.is_admin:
        clock_alarm = await ctx.clock_watch.alarm(ctx.now)
        standing = await ctx.world.store.run(rollout.standing, caller=me)
        checklist += _admin_list(ctx, standing)
    return ctx.render("home.html", checklist=checklist, clock_alarm=clock_alarm)


def _item(title: str, state: str, *, done: bool, url: str, action: str) -> dict[str, object]:
    return {"title": title, "state": state, "done": done, "url": url, "action": action}


def _own_factor(ctx: Ctx) -> dict[str, object]:
    if ctx.me.enrolled:
        state, action = "On. Your sign-in takes your password and a code.", "Look at it"
    else:
        state, action = "Not set up yet. It takes about two minutes.", "Set up"
    return _item(
        "Your own two-factor authentication",
        state,
        done=ctx.me.enrolled,
        url="/profile",
        action=action,
    )


def _admin_list(ctx: Ctx, standing: rollout.Standing) -> list[dict[str, object]]:
    people, on = standing.tally.people, standing.account.requires_factor
    sends = ctx.world.mailer.configured
    return [
        _item(
            "Mail",
            "A mail server is set." if sends else "No mail server is set: mails wait here.",
            done=sends,
            url="/mail",
            action="Open the outbox",
        ),
        _item(
            "People",
            "Only you so far." if people < 2 else f"{people} people are in.",
            done=people > 1,
            url="/people" if people > 1 else "/people/import",
            action="See everybody" if people > 1 else "Add people",
        ),
        _item(
            "Two-factor authentication for everybody",
            sentence(standing),
            done=on,
            url="/account",
            action="Open the switch",
        ),
    ]


def sentence(standing: rollout.Standing) -> str:
    """The account's state in one line."""
    tally = standing.tally
    state = "on" if standing.account.requires_factor else "off"
    verb = "person uses it" if tally.people == 1 else "people use it"
    return f"Two-factor authentication is {state}. {tally.enrolled} of {tally.people} {verb}."


async def show_help(ctx: Ctx) -> Response:
    """GET /help: why codes are refused, and what to do; for everybody, signed in or not."""
    return ctx.render("help.html", server_time=ctx.now)


async def health(ctx: Ctx) -> Response:
    """GET /healthz: the process answers."""
    return PlainTextResponse("ok\n")


async def ready(ctx: Ctx) -> Response:
    """GET /readyz: the database answers, and is of this version. A clock that seems to be off is
    said in a word, without its size, and never with a status that would take us out of service.
    """
    if not await ctx.world.store.ready():
        return PlainTextResponse("the database does not answer\n", 503)
    seen = await ctx.clock_watch.look(ctx.now)
    return PlainTextResponse("ready, clock-suspect\n" if seen.is_off else "ready\n")


PAGES = (
    Page("/", Needs.SESSION, get=show, role=Role.MEMBER),
    Page("/help", Needs.PUBLIC, get=show_help),
    Page("/healthz", Needs.PUBLIC, get=health),
    Page("/readyz", Needs.PUBLIC, get=ready),
)
