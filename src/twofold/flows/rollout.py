"""The switch, moved. What moving it would do is in `rehearsal.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from twofold.core import addresses, keyuri
from twofold.core.events import EventKind
from twofold.core.mail import MailKind, MailState
from twofold.core.people import Account, Instant, Person
from twofold.core.policy import why_no_switch, why_no_wave
from twofold.core.requirement import ruling
from twofold.core.rollout import BATCH, FIRST_BATCH, HOLD, Expansion, ExpansionState, Work
from twofold.core.rules import EVERYBODY, Rule, Stance, Start, Target
from twofold.core.sessions import Caller
from twofold.flows import expansion as expansion_flow
from twofold.flows import rollout_look
from twofold.flows.outbox import record, write_mail
from twofold.flows.setup import Refused
from twofold.ports import Tally, Tx


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands, for its page."""

    account: Account
    tally: Tally
    refuse_reason: str | None
    """Why the switch does not move for this caller, or None."""
    mails: Mapping[MailState, int]
    """Mails written since the switch was last moved, by state."""
    days: int = 0
    """How long everybody has; 0 where nothing is asked of everybody, or at once."""
    can_take_back: bool = False
    """The switch for everybody can be undone: none of its mails has left."""


@dataclass(frozen=True, slots=True)
class Switched:
    """The switch was moved; how many mails were queued."""

    mails: int


@dataclass(frozen=True, slots=True)
class SwitchRefused:
    """The switch did not move; `sentence` says why."""

    sentence: str


@dataclass(frozen=True, slots=True)
class NeedsFactor:
    """Not without a second factor proved in the last five minutes."""


def standing(tx: Tx, *, caller: Caller) -> Standing:
    """The account page's facts."""
    account = tx.accounts.get(caller.account.id)
    rule = account.policy.demand_of(EVERYBODY)
    return Standing(
        account=account,
        tally=tx.people.tally(account.id),
        refuse_reason=why_no_switch(
            requires_factor=account.requires_factor, actor_enrolled=caller.enrolled
        ),
        mails=tx.mails.counts(account.id, since=account.switched_at or 0)
        if account.switched_at is not None
        else {},
        days=rule.days if rule is not None else 0,
        can_take_back=rule is not None and rollout_look.can_take_back(tx, account, rule),
    )


def switch_on(
    tx: Tx,
    now: Instant,
    *,
    caller: Caller,
    target: Target = EVERYBODY,
    since: Instant | None = None,
    start: Start = Start.SWITCH,
    days: int = 0,
) -> Switched | SwitchRefused:
    """Demand a second factor from everybody, or from the people of `target`: from `since` on (now
    where it is None), with `days` to get ready; 0 is at once. Policy, event and the first batch of
    people are one transaction; the rest follows. Refuses until the actor is enrolled (P10).
    """
    account = tx.accounts.lock(caller.account.id)
    reason = why_no_switch(
        requires_factor=account.policy.demand_of(target) is not None,
        actor_enrolled=tx.authenticators.has_factor(caller.person.id),
    ) or why_no_wave(now, since=since, days=days)
    if reason is not None:
        note(tx, now, EventKind.POLICY_REFUSED, caller, why=reason)
        return SwitchRefused(reason)
    rule = Rule(tx.random.new_id(), target, Stance.REQUIRED, max(since or now, now), start, days)
    policy = account.policy.with_rule(rule)
    if not account.policy.demands:
        policy = replace(policy, round=policy.round + 1)
    tx.accounts.set_policy(account.id, policy, switched_at=now)
    bites = days == 0 and rule.since <= now and target == EVERYBODY
    ended = tx.sessions.end_unproven(account.id) if bites else 0
    mails = expand(tx, now, account, rule, caller.person, Work.BEGIN)
    moved = {"since": rule.since, "days": days, "mails": mails, "sessions_ended": ended}
    note(tx, now, EventKind.POLICY_SWITCHED_ON, caller, target, **moved)
    return Switched(mails)


def note(
    tx: Tx,
    now: Instant,
    kind: EventKind,
    caller: Caller,
    target: Target | None = None,
    **data: str | int | bool,
) -> None:
    """An entry about the policy, with the people whom the act was about."""
    whom = {} if target is None else {"whom": target.value or target.kind.value}
    record(tx, now, kind, caller.person, actor_id=caller.person.id, **whom, **data)


def expand(tx: Tx, now: Instant, account: Account, rule: Rule, actor: Person, work: Work) -> int:
    """Write down the work and do its first batch, if it has started; how many mails that wrote.
    Where people have days, the first mails wait a moment, so that a mistake can be taken back.
    """
    expansion = Expansion(
        id=tx.random.new_id(),
        account_id=account.id,
        rule_id=rule.id,
        work=work,
        state=ExpansionState.WAITING,
        by_id=actor.id,
        starts_at=max(rule.since, now),
        mails_at=max(rule.since, now) + (HOLD if rule.days else 0),
        after="",
        total=tx.expansions.count(account.id, rule.target),
        done=0,
        mails=0,
        created_at=now,
    )
    tx.expansions.add(expansion)
    if expansion.starts_at > now:
        return 0
    limit = BATCH if expansion.total < BATCH else FIRST_BATCH
    return expansion_flow.advance(tx, now, expansion, limit=limit).mails


def switch_off(
    tx: Tx, now: Instant, *, caller: Caller, target: Target = EVERYBODY
) -> Switched | SwitchRefused | NeedsFactor:
    """Stop demanding a second factor from the people of `target`, and tell those of whom no other
    rule demands it. Whoever is enrolled stays enrolled and goes on signing in with two steps.
    """
    if not caller.session.has_fresh_factor(now):
        return NeedsFactor()
    account = tx.accounts.lock(caller.account.id)
    if account.policy.demand_of(target) is None:
        return SwitchRefused("Two-factor authentication is off already.")
    account = replace(account, policy=account.policy.without(target))
    tx.accounts.set_policy(account.id, account.policy, switched_at=now)
    told = 0
    for person, _ in tx.people.all_active(account.id):
        free = not ruling(account, person, now).required
        if free and target.covers(person.role.value, person.groups):
            write_mail(tx, now, person, MailKind.SWITCHED_OFF, admin=caller.person.name)
            told += 1
    ask_anew(tx, now, account, caller.person)
    note(tx, now, EventKind.POLICY_SWITCHED_OFF, caller, target, mails=told)
    return Switched(told)


def ask_anew(tx: Tx, now: Instant, account: Account, actor: Person) -> None:
    """A rule is gone: everybody of whom something is still asked has the time that the other
    rules give them, and no other. `account` is as it is now.
    """
    for rule in account.policy.demands:
        expand(tx, now, account, rule, actor, Work.ANEW)


def rename(tx: Tx, now: Instant, *, caller: Caller, name: str, issuer: str) -> Refused | None:
    """Change the organisation's name and the name of new entries in authenticator apps. Entries
    that people have already keep their old name.
    """
    problem = addresses.name_problem(name)
    if problem:
        return Refused("name", problem)
    problem = keyuri.issuer_problem(issuer)
    if problem:
        return Refused("issuer", problem)
    tx.accounts.rename(caller.account.id, name=name.strip(), issuer=issuer)
    record(tx, now, EventKind.ACCOUNT_RENAMED, caller.person, actor_id=caller.person.id, name=name)
    return None
