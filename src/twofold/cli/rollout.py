"""`twofold rollout`: look at the rollout, begin it, pause it, give people more time."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import click

from twofold.cli.console import moment, print_object
from twofold.cli.menu import refuse
from twofold.cli.world import open_world, the_account
from twofold.core import progress as numbers
from twofold.core.deadlines import morning_of
from twofold.core.moments import when_in
from twofold.core.people import Account, Instant
from twofold.core.rehearsal import Rehearsal
from twofold.core.rules import EVERYBODY, Target, TargetKind
from twofold.core.sessions import Caller
from twofold.flows import (
    bulk,
    console,
    deadlines,
    listing,
    pauses,
    progress,
    rehearsal,
    reminders,
    rollout_look,
)
from twofold.flows import rollout as flows
from twofold.flows.progress import Picture
from twofold.flows.setup import Refused
from twofold.ports import World

T = TypeVar("T")

account_option = click.option(
    "--account", metavar="NAME", help="Which account, where the deployment has several."
)
by_option = click.option(
    "--by", required=True, metavar="EMAIL", help="The admin who does it; named in mails and log."
)
whom_option = click.option(
    "--whom",
    default="everybody",
    show_default=True,
    metavar="WHOM",
    help="everybody, role:ROLE, or group:NAME.",
)
days_option = click.option(
    "--days", type=int, default=14, show_default=True, help="Days to set up; 0 is at once."
)
since_option = click.option(
    "--since", metavar="YYYY-MM-DD", help="From 09:00 on that day; else now."
)
json_option = click.option("--json", "as_json", is_flag=True, help="As JSON, with stable keys.")


@click.group()
def rollout() -> None:
    """Look at the rollout, begin it, pause it, give people more time."""


@rollout.command()
@json_option
@account_option
def status(as_json: bool, account: str | None) -> None:
    """Say how far everybody is, and how far each wave has told its people.

    Keys of the JSON object: account, people, enrolled, percent, sentence, waves (whom, since, days,
    told, total), pauses (whom, until, reason), report_only, deadlines (at, people), forecast (at,
    low, middle, high).
    """
    with open_world() as world:
        chosen, now = the_account(world, account), world.clock.now()
        seen = world.store.call(progress.look, now, account_id=chosen.id)
        names = world.store.call(rollout_look.group_names, account_id=chosen.id)
        waves = [
            {
                "whom": _words(one.rule.target, dict(names)),
                "since": moment(one.rule.since),
                "days": one.rule.days,
                "told": one.done,
                "total": one.total,
            }
            for one in world.store.call(rollout_look.waves, account_id=chosen.id)
        ]
    if as_json:
        print_object({**_as_object(seen, now, dict(names)), "waves": waves})
        return
    click.echo(_sentence(seen))
    for wave in waves:
        click.echo(
            f"{wave['whom']}: since {wave['since']}, {wave['days']} days, "
            f"told {wave['told']} of {wave['total']}."
        )
    for pause in chosen.policy.pauses:
        if pause.until > now:
            click.echo(f"Paused until {moment(pause.until)}: {pause.reason}")


def _words(target: Target, groups: dict[str, str]) -> str:
    if target.kind is TargetKind.EVERYBODY:
        return "everybody"
    name = groups.get(target.value, target.value)
    return f"{target.kind.value}:{name}"


def _sentence(seen: Picture) -> str:
    facts = seen.facts
    said = f"{numbers.share(facts)} %: {facts.enrolled} of {facts.people} use it."
    if seen.forecast is None:
        return said
    zone = seen.account.policy.calendar.zone
    will = f"By {when_in(seen.forecast.at, zone)} about {seen.forecast.middle}"
    return f"{said} {will}, between {seen.forecast.low} and {seen.forecast.high}."


def _as_object(seen: Picture, now: Instant, groups: dict[str, str]) -> dict[str, object]:
    facts, ahead = seen.facts, seen.forecast
    return {
        "account": seen.account.name,
        "people": facts.people,
        "enrolled": facts.enrolled,
        "percent": numbers.share(facts),
        "sentence": _sentence(seen),
        "report_only": seen.account.policy.report_only,
        "pauses": [
            {
                "whom": _words(one.target, groups),
                "until": moment(one.until),
                "reason": one.reason,
            }
            for one in seen.account.policy.pauses
            if one.until > now
        ],
        "deadlines": [{"at": moment(at), "people": n} for at, n in sorted(facts.ahead.items())],
        "forecast": ahead
        and {
            "at": moment(ahead.at),
            "low": ahead.low,
            "middle": ahead.middle,
            "high": ahead.high,
        },
    }


@rollout.command()
@by_option
@whom_option
@days_option
@since_option
@json_option
@account_option
def preview(
    by: str, whom: str, days: int, since: str | None, as_json: bool, account: str | None
) -> None:
    """Say what switching on would do; changes nothing.

    Keys of the JSON object: refused, mails, enrolled, must_act, stopped, invited,
    unreachable, exempt, admins_not_enrolled (each a list of addresses but the first three),
    service_accounts, due_at.
    """
    with open_world() as world:
        chosen = the_account(world, account)
        seen = world.store.call(
            rehearsal.preview,
            world.clock.now(),
            caller=_caller(world, chosen, by),
            target=_target(world, chosen, whom),
            since=_since(chosen, since),
            days=days,
        )
    refused = seen.refuse_reason or seen.wave_problem
    if as_json:
        print_object(_rehearsed(seen.rehearsal, refused))
    else:
        _say_rehearsed(seen.rehearsal, refused)


def _rehearsed(found: Rehearsal, refused: str | None) -> dict[str, object]:
    lists = ("must_act", "stopped", "invited", "unreachable", "exempt", "admins_not_enrolled")
    return {
        "refused": refused,
        "mails": found.mails,
        "enrolled": found.enrolled,
        **{name: [one.email for one in getattr(found, name)] for name in lists},
        "service_accounts": found.services,
        "due_at": moment(found.due_at) if found.due_at is not None else None,
    }


def _say_rehearsed(found: Rehearsal, refused: str | None) -> None:
    if refused:
        click.echo(f"Not possible: {refused}")
    click.echo(f"{found.mails} get a mail, {found.enrolled} use it already.")
    click.echo(f"{len(found.must_act)} must act, {len(found.stopped)} would be stopped that day.")
    for title, people in (
        ("Cannot be reached", found.unreachable),
        ("Admins without it", found.admins_not_enrolled),
    ):
        for one in people:
            click.echo(f"{title}: {one.name} ({one.email})")


@rollout.command()
@by_option
@whom_option
@days_option
@since_option
@account_option
def start(by: str, whom: str, days: int, since: str | None, account: str | None) -> None:
    """Switch two-factor authentication on, for everybody or some first."""
    done = _act(
        account,
        by,
        lambda world, chosen, caller: world.store.call(
            flows.switch_on,
            world.clock.now(),
            caller=caller,
            target=_target(world, chosen, whom),
            since=_since(chosen, since),
            days=days,
        ),
    )
    if isinstance(done, flows.SwitchRefused):
        refuse(done.sentence)
    click.echo("Switched on. `twofold rollout status` shows how far it is.")


@rollout.command()
@by_option
@whom_option
@click.option("--hours", type=int, required=True, help="1 to 168; it ends by itself.")
@click.option("--reason", required=True, help="People read it.")
@account_option
def pause(by: str, whom: str, hours: int, reason: str, account: str | None) -> None:
    """Stop nobody for some hours."""
    done = _act(
        account,
        by,
        lambda world, chosen, caller: world.store.call(
            pauses.pause,
            world.clock.now(),
            caller=caller,
            target=_target(world, chosen, whom),
            hours=hours,
            reason=reason,
        ),
    )
    if isinstance(done, Refused):
        refuse(done.sentence)
    click.echo(f"Paused until {moment(done.until)}.")


@rollout.command()
@by_option
@click.option("--until", required=True, metavar="YYYY-MM-DD", help="Until 09:00 on that day.")
@click.option("--reason", required=True, help="Kept in the log, and in the mail to each.")
@click.argument("emails", nargs=-1, required=True, metavar="EMAIL...")
@account_option
def extend(by: str, until: str, reason: str, emails: tuple[str, ...], account: str | None) -> None:
    """Give one or many people more time; one line for each says what became of it."""

    def act(world: World, chosen: Account, caller: Caller) -> Sequence[deadlines.Result] | Refused:
        ids = [_person_id(world, chosen, email) for email in emails]
        at = _since(chosen, until)
        assert at is not None, "the option is required"
        return world.store.call(
            deadlines.extend,
            world.clock.now(),
            actor=caller.person,
            people=ids,
            until=at,
            reason=reason,
        )

    done = _act(account, by, act)
    if isinstance(done, Refused):
        refuse(done.sentence)
    _say(done)


@rollout.command()
@by_option
@click.option("--filter", "name", metavar="NAME", help="Whom a saved filter of People finds.")
@click.argument("emails", nargs=-1, metavar="[EMAIL...]")
@account_option
def remind(by: str, name: str | None, emails: tuple[str, ...], account: str | None) -> None:
    """Remind people now, each at most once a day; one line for each says what became of it.

    Only those are written to of whom a second factor is asked and who have none.
    """
    if not emails and name is None:
        refuse("Name people by their addresses, or a saved filter by --filter.")
    with open_world() as world:
        chosen = the_account(world, account)
        caller = _caller(world, chosen, by)
        ids = [_person_id(world, chosen, email) for email in emails]
        for some in [ids, *([] if name is None else _found_by(world, chosen, name))]:
            _say(
                world.store.call(
                    reminders.remind_by_hand, world.clock.now(), actor=caller.person, people=some
                )
            )


def _found_by(world: World, account: Account, name: str) -> Iterator[Sequence[str]]:
    """The ids of whom the saved filter finds, some at a time."""
    asked = world.store.call(listing.saved_filter, account_id=account.id, name=name)
    if asked is None:
        refuse(f"No filter is saved as {name}.")
    now, after, more = world.clock.now(), "", True
    while more:
        some, after = world.store.call(
            listing.ids, now, account=account, asked=asked, after=after, size=bulk.AT_ONCE
        )
        yield some
        more = bool(after)


def _say(results: Sequence[deadlines.Result]) -> None:
    for one in results:
        click.echo(f"{one.name}: {one.outcome.value}")


def _act(account: str | None, by: str, act: Callable[[World, Account, Caller], T]) -> T:
    with open_world() as world:
        chosen = the_account(world, account)
        return act(world, chosen, _caller(world, chosen, by))


def _caller(world: World, account: Account, email: str) -> Caller:
    found = world.store.call(console.as_admin, world.clock.now(), account=account, email=email)
    if isinstance(found, Refused):
        refuse(found.sentence)
    return found


def _person_id(world: World, account: Account, email: str) -> str:
    found = world.store.call(console.person_of, account=account, email=email)
    if isinstance(found, Refused):
        refuse(found.sentence)
    return found.id


def _target(world: World, account: Account, whom: str) -> Target:
    kind, _, value = whom.partition(":")
    if kind == TargetKind.GROUP.value:
        names = world.store.call(rollout_look.group_names, account_id=account.id)
        ids = [id_ for id_, name in names.items() if name.casefold() == value.strip().casefold()]
        if not ids:
            refuse(f"No group is called {value}.")
        return Target(TargetKind.GROUP, ids[0])
    if kind == TargetKind.ROLE.value and value in ("member", "helpdesk", "admin", "owner"):
        return Target(TargetKind.ROLE, value)
    if whom != TargetKind.EVERYBODY.value:
        refuse("Name whom it is about: everybody, role:helpdesk, or group:Sales.")
    return EVERYBODY


def _since(account: Account, text: str | None) -> Instant | None:
    if text is None:
        return None
    found = morning_of(text, account.policy.calendar)
    if found is None:
        refuse(f"“{text}” is no date. Write it as 2026-12-01.")
    return found
