"""What a switch would do, looked at before it is moved; changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.core.deadlines import begins_by_itself
from twofold.core.listing import Asked, Only
from twofold.core.people import Instant
from twofold.core.policy import why_no_switch, why_no_wave
from twofold.core.rehearsal import Rehearsal, rehearse
from twofold.core.rules import Rule, Stance, Start, Target
from twofold.core.sessions import SESSION_IDLE, Caller
from twofold.flows.people import NO_LIMIT
from twofold.ports import Tx


@dataclass(frozen=True, slots=True)
class Preview:
    """What switching on would do, and whether it can be done."""

    rehearsal: Rehearsal
    refuse_reason: str | None
    wave_problem: str | None
    """What is wrong with the date or the days, or None."""
    applications: Sequence[str]
    """The names of those that ask for people's codes over the API, with a key that works."""


def preview(
    tx: Tx,
    now: Instant,
    *,
    caller: Caller,
    target: Target,
    since: Instant | None = None,
    start: Start = Start.SWITCH,
    days: int = 0,
) -> Preview:
    """Counts and names behind a switch for `target`, as `rollout.switch_on` would move it."""
    account = caller.account
    rule = Rule("preview", target, Stance.REQUIRED, max(since or now, now), start, days)
    failed = tx.people.page(account.id, search="", after="", limit=NO_LIMIT, only="failed-mail")
    asleep = tx.people_table.keys(account, now, Asked(only=Only.DORMANT), after="", limit=NO_LIMIT)
    held = account.policy.rule_for(target)
    return Preview(
        rehearse(
            account,
            tx.people.all_active(account.id),
            rule,
            unreachable={row.person.id for row in failed},
            signed_in=tx.sessions.open_people(account.id, now - SESSION_IDLE),
            dormant={id_ for id_, _ in asleep},
            begins_itself=begins_by_itself(rule, has_password=True),
        ),
        why_no_switch(
            requires_factor=held is not None and held.stance is Stance.REQUIRED,
            actor_enrolled=caller.enrolled,
        ),
        why_no_wave(now, since=since, days=days),
        _asking(tx, now, account.id),
    )


def _asking(tx: Tx, now: Instant, account_id: str) -> Sequence[str]:
    alive = {key.application_id for key in tx.applications.keys(account_id) if key.is_alive(now)}
    found = tx.applications.of_account(account_id)
    return sorted(one.name for one in found if one.id in alive and one.ended_at is None)
