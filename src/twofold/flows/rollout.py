"""The switch: what moving it would do, and moving it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from twofold.core import addresses, keyuri
from twofold.core.events import EventKind
from twofold.core.mail import MailKind, MailState
from twofold.core.people import Account, Instant, Person
from twofold.core.policy import why_no_switch, why_no_wave
from twofold.core.rollout import HOLD, Expansion, ExpansionState, Work
from twofold.core.rules import EVERYBODY, Rule, Stance, Start, Target
from twofold.core.sessions import Caller
from twofold.flows import expansion as expansion_flow
from twofold.flows.outbox import record, write_mail
from twofold.flows.people import NO_LIMIT
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


@dataclass(frozen=True, slots=True)
class Preview:
    """What switching on would do."""

    will_mail: int
    enrolled: int
    unreachable: tuple[str, ...]
    admins_not_enrolled: tuple[str, ...]
    refuse_reason: str | None


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
    return Standing(
        account=account,
        tally=tx.people.tally(account.id),
        refuse_reason=why_no_switch(
            requires_factor=account.requires_factor, actor_enrolled=caller.enrolled
        ),
        mails=tx.mails.counts(account.id, since=account.switched_at or 0)
        if account.switched_at is not None
        else {},
    )


def preview(tx: Tx, *, caller: Caller) -> Preview:
    """Counts and names behind the switch; changes nothing."""
    everybody = tx.people.all_active(caller.account.id)
    unreachable = tx.people.page(
        caller.account.id, search="", after="", limit=NO_LIMIT, only="failed-mail"
    )
    return Preview(
        will_mail=len(everybody),
        enrolled=sum(enrolled for _, enrolled in everybody),
        unreachable=tuple(row.person.name for row in unreachable),
        admins_not_enrolled=tuple(
            person.name for person, enrolled in everybody if person.role.is_admin and not enrolled
        ),
        refuse_reason=why_no_switch(
            requires_factor=caller.account.requires_factor, actor_enrolled=caller.enrolled
        ),
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
    enrolled = tx.authenticators.has_factor(caller.person.id)
    reason = why_no_switch(
        requires_factor=_is_required(account, target), actor_enrolled=enrolled
    ) or why_no_wave(now, since=since, days=days)
    if reason is not None:
        record(
            tx, now, EventKind.POLICY_REFUSED, caller.person, actor_id=caller.person.id, why=reason
        )
        return SwitchRefused(reason)
    rule = Rule(tx.random.new_id(), target, Stance.REQUIRED, max(since or now, now), start, days)
    policy = account.policy.with_rule(rule)
    if not any(one.stance is Stance.REQUIRED for one in account.policy.rules):
        policy = replace(policy, round=policy.round + 1)
    tx.accounts.set_policy(account.id, policy, switched_at=now)
    bites = days == 0 and rule.since <= now and target == EVERYBODY
    ended = tx.sessions.end_unproven(account.id) if bites else 0
    mails = expand(tx, now, account, rule, caller.person, Work.BEGIN)
    record(
        tx,
        now,
        EventKind.POLICY_SWITCHED_ON,
        caller.person,
        actor_id=caller.person.id,
        whom=target.value or target.kind.value,
        since=rule.since,
        days=days,
        mails=mails,
        sessions_ended=ended,
    )
    return Switched(mails)


def _is_required(account: Account, target: Target) -> bool:
    rule = account.policy.rule_for(target)
    return rule is not None and rule.stance is Stance.REQUIRED


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
    return expansion_flow.advance(tx, now, expansion).mails


def switch_off(tx: Tx, now: Instant, *, caller: Caller) -> Switched | SwitchRefused | NeedsFactor:
    """Stop demanding a second factor, and tell everybody. Whoever is enrolled stays enrolled and
    goes on signing in with two steps.
    """
    if not caller.session.has_fresh_factor(now):
        return NeedsFactor()
    account = tx.accounts.lock(caller.account.id)
    if not account.requires_factor:
        return SwitchRefused("Two-factor authentication is off already.")
    tx.accounts.set_policy(account.id, account.policy.without(EVERYBODY), switched_at=now)
    everybody = tx.people.all_active(account.id)
    for person, _ in everybody:
        write_mail(tx, now, person, MailKind.SWITCHED_OFF, admin=caller.person.name)
    record(
        tx,
        now,
        EventKind.POLICY_SWITCHED_OFF,
        caller.person,
        actor_id=caller.person.id,
        mails=len(everybody),
    )
    return Switched(len(everybody))


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
