"""The switch: what it would do to whom, and moving it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from twofold.core.deadlines import morning_of
from twofold.core.languages import language_of
from twofold.core.mail import Mail, MailKind, MailState
from twofold.core.mail_texts import MailText
from twofold.core.moments import day_in, when_in
from twofold.core.people import Instant, Person, Role
from twofold.core.requirement_words import zone_of
from twofold.core.rules import EVERYBODY, Start, Target
from twofold.core.tokens import LINK_LIFETIME, Purpose
from twofold.flows import mail_texts, rehearsal, rollout
from twofold.flows.mail_texts import TooMany
from twofold.flows.rehearsal import Preview
from twofold.flows.rollout import NeedsFactor, SwitchRefused
from twofold.ports import Letter, Rendered
from twofold.web.access import Ctx, Needs, Page
from twofold.web.forms import FieldError
from twofold.web.mail import reflowed
from twofold.web.waves import names_of_groups, options, target_of, targets, whom_words, word_of

PATH = "/account/switch-on"
DAYS = (
    ("0", "None: it holds at once"),
    ("7", "7 days"),
    ("14", "14 days"),
    ("30", "30 days"),
    ("60", "60 days"),
    ("90", "90 days"),
)
DEFAULT_DAYS = "14"
STARTS = (
    (Start.SWITCH.value, "From the day it is switched on"),
    (Start.INVITED.value, "The same, but for whoever is only invited from their first password"),
    (Start.DELIVERED.value, "From when a mail server has taken their mail"),
    (Start.SIGN_IN.value, "From their first sign-in"),
)
NAMED = (
    "must_act", "stopped", "invited", "dormant", "unreachable", "exempt", "admins_not_enrolled",
    "signed_in",
)  # fmt: skip
"""Numbers of the rehearsal that have people behind them."""
SHOWN = 20
"""Names on the page; the rest is a number."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the form says."""

    target: Target
    since: Instant | None
    days: int
    start: Start


async def show_on(ctx: Ctx) -> Response:
    """GET /account/switch-on: what would happen, before it does. The query chooses."""
    values = _values(ctx.request.query_params)
    return await _on_page(ctx, values, [])


def _values(fields: Mapping[str, str]) -> dict[str, str]:
    """What was chosen, and the usual choice for what was not."""
    usual = {"whom": "everybody", "since": "", "days": DEFAULT_DAYS, "start": Start.SWITCH.value}
    return {name: fields.get(name, value)[:80] for name, value in usual.items()}


def _read(ctx: Ctx, values: Mapping[str, str], groups: Mapping[str, str]) -> Choice | FieldError:
    target = target_of(values["whom"])
    if target is None or target not in targets(groups):
        return FieldError("whom", "Choose whom it is asked of.")
    if not (values["days"].isascii() and values["days"].isdigit() and len(values["days"]) < 5):
        return FieldError("days", "Choose how much time people have.")
    if values["start"] not in list(Start):
        return FieldError("start", "Choose what begins somebody’s time.")
    since = None
    if values["since"].strip():
        calendar = ctx.me.account.policy.calendar
        since = morning_of(values["since"], calendar)
        if since is None:
            return FieldError("since", "Write the date as 2026-12-01.")
        if since <= ctx.now and day_in(since, calendar.zone) == day_in(ctx.now, calendar.zone):
            since = None
    return Choice(target, since, int(values["days"]), Start(values["start"]))


async def _on_page(ctx: Ctx, values: dict[str, str], errors: list[FieldError]) -> Response:
    groups = await names_of_groups(ctx)
    choice = _read(ctx, values, groups)
    if isinstance(choice, FieldError):
        errors = errors or [choice]
        choice = Choice(EVERYBODY, None, int(DEFAULT_DAYS), Start.SWITCH)
    shown = await ctx.world.store.run(
        rehearsal.preview,
        ctx.now,
        caller=ctx.me,
        target=choice.target,
        since=choice.since,
        start=choice.start,
        days=choice.days,
    )
    errors = errors or _problems(shown, choice)
    text = await ctx.world.store.run(
        mail_texts.text_for, ctx.me.account, ctx.me.person, MailKind.SWITCHED_ON
    )
    mail = _sample(ctx, shown.rehearsal.due_at if choice.days else None, text)
    found = shown.rehearsal
    return ctx.render(
        "switch_on.html",
        422 if errors and ctx.request.method == "POST" else 200,
        values=values,
        choices=_choices(values, groups),
        found=found,
        names={name: _names(getattr(found, name)) for name in NAMED},
        days=choice.days,
        sentence=_sentence(ctx, choice, found.due_at, found.mails),
        applications=shown.applications,
        tested=await ctx.world.store.run(mail_texts.last_test, ctx.now, caller=ctx.me),
        can_switch=shown.refuse_reason is None and not errors,
        clock_alarm=await ctx.clock_watch.alarm(ctx.now),
        sends=ctx.world.mailer.configured,
        zone=ctx.me.account.policy.calendar.zone,
        mail_subject=mail.subject,
        mail_text=reflowed(mail.text),
        errors=errors,
    )


def _problems(shown: Preview, choice: Choice) -> list[FieldError]:
    """Why it cannot be switched on so, the first reason alone."""
    if shown.wave_problem is not None:
        return [FieldError("since" if choice.since else "days", shown.wave_problem)]
    return [] if shown.refuse_reason is None else [FieldError("", shown.refuse_reason)]


def _choices(values: Mapping[str, str], groups: Mapping[str, str]) -> dict[str, object]:
    """What the form offers; days that are none of the usual ones stand there as they were typed."""
    return {
        "whom": options(groups),
        "days": DAYS if values["days"] in dict(DAYS) else ((values["days"],) * 2, *DAYS),
        "start": STARTS,
    }


def _names(people: list[Person]) -> dict[str, Any]:
    return {"all": len(people), "shown": people[:SHOWN], "left": max(0, len(people) - SHOWN)}


def _sentence(ctx: Ctx, choice: Choice, due_at: Instant | None, mails: int) -> str:
    """What the button would do, in one line."""
    zone = ctx.me.account.policy.calendar.zone
    since = "now" if choice.since is None else when_in(choice.since, zone)
    begin = f"From {since}"
    told = f"{mails} {'person gets' if mails == 1 else 'people get'} a mail."
    if not choice.days:
        return f"{begin} on. {told}"
    if due_at is None:
        return f"{begin}, with {choice.days} days for each. {told}"
    return f"{begin}, to be set up by {when_in(due_at, zone)}. {told}"


def _sample(ctx: Ctx, due_at: Instant | None, text: MailText | None) -> Rendered:
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
            "deadline": when_in(due_at, zone_of(me.account, me.person)) if due_at else "",
        },
        message_id="",
        state=MailState.QUEUED,
        attempts=0,
        created_at=ctx.now,
        next_at=ctx.now,
        sent_at=None,
        last_error="",
    )
    return ctx.world.postbox.render(Letter(sample, me.person, me.account, text), hide_links=True)


async def switch_on(ctx: Ctx) -> Response:
    """POST /account/switch-on."""
    values = _values(ctx.form)
    choice = _read(ctx, values, await names_of_groups(ctx))
    if isinstance(choice, FieldError):
        return await _on_page(ctx, values, [choice])
    done = await ctx.world.store.run(
        rollout.switch_on,
        ctx.now,
        caller=ctx.me,
        target=choice.target,
        since=choice.since,
        start=choice.start,
        days=choice.days,
    )
    if isinstance(done, SwitchRefused):
        return await _on_page(ctx, values, [FieldError("", done.sentence)])
    return ctx.go("/account")


async def send_test(ctx: Ctx) -> Response:
    """POST /account/switch-on/test: the mail of the page, to the admin who looks at it."""
    values, kind = _values(ctx.form), MailKind.SWITCHED_ON
    language = language_of(ctx.me.account, ctx.me.person)
    own = await ctx.world.store.run(mail_texts.text_for, ctx.me.account, ctx.me.person, kind)
    done = await ctx.world.store.run(
        mail_texts.send_test,
        ctx.now,
        caller=ctx.me,
        kind=kind,
        language=language,
        text=own or ctx.world.postbox.beginning(kind, language),
    )
    if isinstance(done, TooMany):
        many = f"You have sent yourself {mail_texts.TESTS_PER_HOUR} tests in the last hour."
        return await _on_page(ctx, values, [FieldError("", f"{many} Send the next one later.")])
    return ctx.go(f"{PATH}?{urlencode(values)}#test")


async def show_off(ctx: Ctx) -> Response:
    """GET /account/switch-off: asks for a fresh factor first."""
    target = target_of(ctx.request.query_params.get("whom", "everybody")) or EVERYBODY
    rule = ctx.me.account.policy.rule_for(target)
    if rule is None:
        return ctx.go("/account")
    if not ctx.me.session.has_fresh_factor(ctx.now):
        return ctx.go(f"/confirm?next=/account/switch-off%3Fwhom%3D{word_of(target)}")
    standing = await ctx.world.store.run(rollout.standing, caller=ctx.me)
    return ctx.render(
        "switch_off.html",
        will_mail=standing.tally.people,
        whom=word_of(target),
        words=whom_words(target, await names_of_groups(ctx)),
    )


async def switch_off(ctx: Ctx) -> Response:
    """POST /account/switch-off."""
    target = target_of(ctx.field("whom") or "everybody") or EVERYBODY
    done = await ctx.world.store.run(rollout.switch_off, ctx.now, caller=ctx.me, target=target)
    if isinstance(done, NeedsFactor):
        return ctx.go("/confirm?next=/account/switch-off")
    return ctx.go("/account")


PAGES = (
    Page(PATH, Needs.SESSION, get=show_on, post=switch_on, fresh=True, role=Role.ADMIN),
    Page(f"{PATH}/test", Needs.SESSION, post=send_test, role=Role.ADMIN),
    Page(
        "/account/switch-off",
        Needs.SESSION,
        get=show_off,
        post=switch_off,
        fresh=True,
        role=Role.ADMIN,
    ),
)
