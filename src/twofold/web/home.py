"""The first page after sign-in, and what machines ask."""

from starlette.responses import PlainTextResponse, Response

from twofold.core.authenticators import is_stopped
from twofold.core.notes import check_up_due
from twofold.core.people import Role
from twofold.core.recovery import RecoveryStanding
from twofold.core.requirement import may_set_up
from twofold.flows import authenticators, recovery, restore, rollout, second_admin, waits
from twofold.web import radar
from twofold.web.access import Ctx, Needs, Page


async def show(ctx: Ctx) -> Response:
    """GET /: the sign-in form when signed out, otherwise what is done and what comes next."""
    if ctx.half is not None:
        return ctx.go("/sign-in")
    me = ctx.me
    own = await ctx.world.store.run(authenticators.own, person_id=me.person.id)
    stopped = is_stopped(own)
    checklist = [_own_factor(ctx, stopped=stopped)]
    if me.enrolled and not stopped:
        checklist.append(
            _own_recovery(await ctx.world.store.run(recovery.own, person_id=me.person.id))
        )
    if check_up_due(own, ctx.now):
        checklist.append(CHECK_UP)
    clock_alarm = ""
    if me.person.role.is_admin:
        clock_alarm = await ctx.clock_watch.alarm(ctx.now)
        standing = await ctx.world.store.run(rollout.standing, caller=me)
        checklist += _admin_list(ctx, standing)
    held = await ctx.world.store.run(restore.standing) if me.person.role.is_admin else None
    requests = 0
    if me.person.role.is_admin:
        requests = await ctx.world.store.run(second_admin.waiting_for, ctx.now, actor=me.person)
    sees_radar = me.person.role.is_staff
    running = (
        await ctx.world.store.run(waits.running, account_id=me.account.id) if sees_radar else ()
    )
    return ctx.render(
        "home.html",
        checklist=checklist,
        clock_alarm=clock_alarm,
        held=held,
        own_wait=await ctx.world.store.run(waits.latest, person_id=me.person.id),
        waiting=[person for _, person in running],
        requests=requests,
        sees_radar=sees_radar,
        incident=await radar.notice(ctx) if sees_radar else "",
    )


def _item(title: str, state: str, *, done: bool, url: str, action: str) -> dict[str, object]:
    return {"title": title, "state": state, "done": done, "url": url, "action": action}


CHECK_UP = _item(
    "Does your authenticator still work?",
    "One of yours has not been used since it was set up. Try a code now, while you are signed in.",
    done=False,
    url="/profile/practice",
    action="Try a code",
)


def _own_factor(ctx: Ctx, *, stopped: bool) -> dict[str, object]:
    if stopped:
        state, action = "Stopped: no code of it counts.", "See what to do"
    elif ctx.me.enrolled:
        state, action = "On. Your sign-in takes two steps.", "Look at it"
    elif not may_set_up(ctx.me.account, ctx.me.person, ctx.now, enrolled=False):
        state, action = "Not used here yet.", "Open My Profile"
    else:
        state, action = "Not set up yet. It takes about two minutes.", "Set up"
    return _item(
        "Your own two-factor authentication",
        state,
        done=ctx.me.enrolled and not stopped,
        url="/profile",
        action=action,
    )


def _own_recovery(standing: RecoveryStanding | None) -> dict[str, object]:
    done = standing is not None and standing.stored_at is not None and not standing.is_few
    if standing is None:
        state = "You have none yet. They get you in when your phone is lost."
    elif standing.is_few:
        state = f"Only {standing.left} left. Make new ones."
    elif standing.stored_at is None:
        state = "Made, but you have not said that they are stored."
    else:
        state = f"{standing.left} left."
    return _item(
        "Your recovery codes",
        state,
        done=done,
        url="/profile/recovery-codes",
        action="Look at them" if done else "Get them" if standing is None else "Open",
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
    Page("/healthz", Needs.PUBLIC, get=health),
    Page("/readyz", Needs.PUBLIC, get=ready),
)
