"""What an admin does to the demand as a whole: pause it, only report, set its days and calendar."""

from dataclasses import dataclass, replace

from twofold.core.deadlines import calendar_problem
from twofold.core.events import EventKind
from twofold.core.people import HOUR, Account, Instant
from twofold.core.policy import MAX_PAUSE_HOURS, why_no_wave
from twofold.core.rollout import ExpansionState, Work
from twofold.core.rules import Calendar, FactorPolicy, Pause, Rule, Stance, Start, Target
from twofold.core.sessions import Caller
from twofold.flows.rollout import Switched, SwitchRefused, ask_anew, expand, note
from twofold.flows.setup import Refused
from twofold.ports import Tx


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A wave is taken back; how many mails never left."""

    mails: int


def pause(
    tx: Tx, now: Instant, *, caller: Caller, target: Target, hours: int, reason: str
) -> Pause | Refused:
    """Stop nobody among these people for so many hours. Ends by itself."""
    if not 1 <= hours <= MAX_PAUSE_HOURS:
        return Refused("hours", f"Choose 1 to {MAX_PAUSE_HOURS} hours.")
    if not 3 <= len(reason.strip()) <= 200:
        return Refused("reason", "Say why, in 3 to 200 letters: people read it.")
    account = tx.accounts.lock(caller.account.id)
    begun = Pause(target, now, now + hours * HOUR, reason.strip(), caller.person.name)
    others = tuple(one for one in account.policy.pauses if one.target != target and one.until > now)
    _store(tx, account, replace(account.policy, pauses=(*others, begun)))
    note(tx, now, EventKind.POLICY_PAUSED, caller, target, until=begun.until, reason=begun.reason)
    return begun


def resume(tx: Tx, now: Instant, *, caller: Caller, target: Target) -> bool:
    """End the pause of these people now; whether one ran."""
    account = tx.accounts.lock(caller.account.id)
    left = tuple(one for one in account.policy.pauses if one.target != target)
    if left == account.policy.pauses:
        return False
    _store(tx, account, replace(account.policy, pauses=left))
    note(tx, now, EventKind.POLICY_RESUMED, caller, target)
    return True


def set_report_only(tx: Tx, now: Instant, *, caller: Caller, on: bool) -> None:
    """Stop nobody and note who would have been, or stop people again."""
    account = tx.accounts.lock(caller.account.id)
    if account.policy.report_only == on:
        return
    _store(tx, account, replace(account.policy, report_only=on))
    note(tx, now, EventKind.REPORT_ONLY, caller, on=on)


def set_calendar(tx: Tx, now: Instant, *, caller: Caller, calendar: Calendar) -> Refused | None:
    """When the organisation works. Deadlines that were told stay; new ones keep to it."""
    problem = calendar_problem(calendar)
    if problem is not None:
        return Refused(*problem)
    account = tx.accounts.lock(caller.account.id)
    calendar = replace(calendar, quiet_days=tuple(sorted(set(calendar.quiet_days))))
    _store(tx, account, replace(account.policy, calendar=calendar))
    note(
        tx,
        now,
        EventKind.CALENDAR_CHANGED,
        caller,
        zone=calendar.zone,
        quiet_days=len(calendar.quiet_days),
    )
    return None


def change_days(
    tx: Tx, now: Instant, *, caller: Caller, target: Target, days: int, start: Start
) -> Switched | SwitchRefused:
    """Give the people of a rule other days. Everybody's date is computed anew and told, or, where
    nothing changes, nobody's.
    """
    account = tx.accounts.lock(caller.account.id)
    rule = account.policy.demand_of(target)
    if rule is None:
        return SwitchRefused("Nothing is asked of these people, so there are no days to change.")
    reason = why_no_wave(now, since=None, days=days)
    if reason is None and days == 0:
        reason = "Choose 1 day at least: nobody is stopped from one moment to the next."
    if reason is not None:
        return SwitchRefused(reason)
    changed = replace(rule, days=days, start=start)
    if changed == rule:
        return Switched(0)
    _store(tx, account, account.policy.with_rule(changed))
    mails = expand(tx, now, account, changed, caller.person, Work.ANEW)
    note(tx, now, EventKind.DAYS_CHANGED, caller, target, old=rule.days, new=days)
    return Switched(mails)


def take_back(tx: Tx, now: Instant, *, caller: Caller, target: Target) -> TakenBack | SwitchRefused:
    """Undo a switch as if it had not been, as long as none of its mails has left."""
    account = tx.accounts.lock(caller.account.id)
    rule = account.policy.demand_of(target)
    if rule is None:
        return SwitchRefused("There is nothing to take back.")
    works = tx.expansions.of_rule(account.id, rule.id)
    since = min((work.created_at for work in works), default=now)
    policy = account.policy
    if tx.expansions.mails_left(account.id, target, round_=policy.round, since=since):
        return SwitchRefused(
            "The first mail has left, so it cannot be taken back any more. "
            "You can switch it off: everybody is told of that too."
        )
    failed = tx.expansions.take_back(
        account.id, target, round_=policy.round, since=since, error="Taken back before it left."
    )
    for work in works:
        if work.state is ExpansionState.WAITING:
            tx.expansions.moved(replace(work, state=ExpansionState.UNDONE, finished_at=now))
    left = policy.without(target)
    if not left.demands:
        left = replace(left, round=policy.round + 1)  # What stands on people's rows is void.
    _store(tx, account, left)
    ask_anew(tx, now, replace(account, policy=left), caller.person)
    note(tx, now, EventKind.POLICY_TAKEN_BACK, caller, target, mails=failed)
    return TakenBack(failed)


def set_stance(
    tx: Tx, now: Instant, *, caller: Caller, target: Target, offered: bool
) -> SwitchRefused | None:
    """Offer a second factor to these people, or not. What is required is moved by the switch."""
    account = tx.accounts.lock(caller.account.id)
    if account.policy.demand_of(target) is not None:
        return SwitchRefused("A second step is required of these people. Switch that off first.")
    stance = Stance.OPTIONAL if offered else Stance.OFF
    policy = account.policy.with_rule(Rule(tx.random.new_id(), target, stance, now))
    _store(tx, account, policy)
    note(tx, now, EventKind.STANCE_CHANGED, caller, target, stance=stance.value)
    return None


def _store(tx: Tx, account: Account, policy: FactorPolicy) -> None:
    tx.accounts.set_policy(account.id, policy, switched_at=account.switched_at)
