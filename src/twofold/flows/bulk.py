"""One act on many people at once: whom it is about, what would become of each, and help for one
of them. Reminders are written by `reminders.remind_by_hand`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from twofold.core import desk as core_desk
from twofold.core.desk import Act, Grounds, Wanted
from twofold.core.locks import LockKind
from twofold.core.mail import MailState
from twofold.core.people import Account, Instant, Person, PersonState
from twofold.core.policy import may_help, needs_second_admin
from twofold.flows import desk, listing, reminders
from twofold.flows.deadlines import Outcome, Result
from twofold.flows.desk_acts import Done
from twofold.flows.setup import Refused
from twofold.ports import Tx

MOST = 500
"""People whom one act takes. The others of a filter are the next act's."""
AT_ONCE = 50
"""People whom one transaction writes to."""
STAYS = (LockKind.NO_ENTRY, LockKind.AUTHENTICATOR)
"""What unlocking does not open."""
LOST = (MailState.FAILED, MailState.BOUNCED)


class BulkAct(StrEnum):
    """What can be done with many at once and is foreseen on a page of its own."""

    REMIND = "remind"
    UNLOCK = "unlock"
    SET_UP = "set-up-again"

    @property
    def desk_act(self) -> Act | None:
        """The act of the help desk that it is for each of them."""
        return {BulkAct.UNLOCK: Act.UNLOCK, BulkAct.SET_UP: Act.INVITE}.get(self)


@dataclass(frozen=True, slots=True)
class Prospect:
    """What would become of one of them."""

    person: Person
    outcome: Outcome
    """`DONE` for whoever the act would reach."""
    mail_lost: bool
    """The last mail to them did not arrive."""


def foresee(
    tx: Tx, now: Instant, *, actor: Person, act: BulkAct, people: Sequence[str]
) -> Sequence[Prospect]:
    """What the act would do to each of these people (ids), in the order of their addresses. Ids
    of nobody of the account are left out. Changes nothing.
    """
    account = tx.accounts.get(actor.account_id)
    return [
        Prospect(
            line.person,
            _may(tx, now, account, actor, line.person, act),
            line.mail_state in LOST,
        )
        for line in tx.people_table.lines(account, list(dict.fromkeys(people)))
    ]


def _may(
    tx: Tx, now: Instant, account: Account, actor: Person, person: Person, act: BulkAct
) -> Outcome:
    helping = act.desk_act
    if helping is None:
        return reminders.may_remind(tx, now, account, actor, person)
    if not may_help(actor, person):
        return Outcome.NOT_BELOW
    if needs_second_admin(helping, person):
        return Outcome.SECOND_ADMIN
    if act is BulkAct.UNLOCK:
        shut = [one for one in listing.shut_by(tx, now, account, person) if one not in STAYS]
        return Outcome.DONE if shut else Outcome.NOT_LOCKED
    if person.state is not PersonState.ACTIVE:
        return Outcome.DISABLED
    has_factor = tx.authenticators.has_factor(person.id)
    return Outcome.DONE if has_factor else Outcome.NO_FACTOR


def grounds_problems(tx: Tx, *, actor: Person, grounds: Grounds) -> Sequence[Refused]:
    """What is missing in the grounds on which all of them are helped."""
    proofs = desk.accepted_proofs(tx, account_id=actor.account_id)
    return [Refused(*problem) for problem in core_desk.problems(grounds, proofs)]


def help_one(
    tx: Tx, now: Instant, *, actor: Person, act: BulkAct, person_id: str, grounds: Grounds
) -> Result:
    """Unlock one of them, or mail the link that sets up anew. Each in a transaction of its own:
    many at once would hold the rows of many while others wait for them.
    """
    person = tx.people.find(actor.account_id, person_id)
    helping = act.desk_act
    if person is None or helping is None:
        return Result(person_id, "", Outcome.NOT_YOURS)
    outcome = _may(tx, now, tx.accounts.get(actor.account_id), actor, person, act)
    if outcome is Outcome.DONE:
        done = desk.help_somebody(
            tx, now, actor=actor, person_id=person_id, wanted=Wanted(helping), grounds=grounds
        )
        outcome = Outcome.DONE if isinstance(done, Done) else Outcome.NOT_BELOW
    return Result(person.id, person.name, outcome)
