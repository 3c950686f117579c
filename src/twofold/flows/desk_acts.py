"""What is done for somebody, once it is settled that it may be done: one function per act.

Nothing here lets anybody in by itself, or shows or sets a password or a secret of an
authenticator. Whom it is done for is told in the same transaction, with name and grounds of the
helper (promise P8), so that whoever never called finds out.
"""

from dataclasses import dataclass

from twofold.core.desk import Act, Grounds, Wanted
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import Instant, Person
from twofold.core.tokens import Maker
from twofold.core.waits import StopReason
from twofold.flows import passes, recovery_link, sessions, wait_stops
from twofold.flows.outbox import record, write_mail
from twofold.flows.passes import NewPass
from twofold.ports import Tx


@dataclass(frozen=True, slots=True)
class By:
    """Who does it, and who asked for it where that is somebody else."""

    actor: Person
    asked_by: Person | None = None

    @property
    def told(self) -> dict[str, str]:
        """For the person's mail: who helps, and who confirmed it, or ""."""
        if self.asked_by is None:
            return {"admin": self.actor.name, "second": ""}
        return {"admin": self.asked_by.name, "second": self.actor.name}

    @property
    def data(self) -> dict[str, str]:
        """For the log, whose entry names the actor anyway."""
        return {} if self.asked_by is None else {"asked by": self.asked_by.name}


@dataclass(frozen=True, slots=True)
class Done:
    """It was done, and the person was told."""

    person: Person
    wanted: Wanted
    new_pass: NewPass | None = None
    ends_at: Instant | None = None
    """When what the person got ends: the mailed link, the pass."""


def perform(
    tx: Tx, now: Instant, *, by: By, person: Person, wanted: Wanted, grounds: Grounds
) -> Done:
    """Do it. The caller has asked whether it may be done, and holds the person's lock."""
    act = {
        Act.UNLOCK: _unlock,
        Act.PASS: _give_pass,
        Act.INVITE: _invite,
        Act.SIGN_OUT: _sign_out,
    }[wanted.act]
    return act(tx, now, by, person, wanted, grounds)


def _unlock(tx: Tx, now: Instant, by: By, person: Person, wanted: Wanted, grounds: Grounds) -> Done:
    """Forget the failures at the password and at the code. A stolen password stays stolen, and a
    stopped authenticator stopped.
    """
    keys = [f"{stage}:person:{person.id}" for stage in ("pw", "code")]
    keys += [f"code:row:{person.id}", f"code:enrol:{person.id}"]
    for browser in tx.browsers.of(person.id):
        keys += [f"pw:browser:{browser.id}", f"code:browser:{browser.id}"]
    tx.counters.drop(keys)
    _log(tx, now, EventKind.UNLOCKED, by, person, grounds)
    _tell(tx, now, MailKind.UNLOCKED, by, person, grounds)
    return Done(person, wanted)


def _give_pass(
    tx: Tx, now: Instant, by: By, person: Person, wanted: Wanted, grounds: Grounds
) -> Done:
    """One code in place of the phone. Two-factor authentication stays on, and the phone works."""
    made = passes.make(tx, now, person=person, wanted=wanted, made_by=by.actor.id)
    _log(tx, now, EventKind.PASS_MADE, by, person, grounds, once=wanted.once, until=made.expires_at)
    _tell(
        tx, now, MailKind.PASS_MADE, by, person, grounds,
        once=int(wanted.once), expires_at=made.expires_at,
    )  # fmt: skip
    return Done(person, wanted, made, made.expires_at)


def _invite(tx: Tx, now: Instant, by: By, person: Person, wanted: Wanted, grounds: Grounds) -> Done:
    """Mail the link that sets up anew. What is set up works until the new one is proved; where it
    is said to be stolen it stops at once, with everything that trusts it. It still binds: the
    password alone opens nothing.
    """
    if wanted.stolen:
        _stop_everything(tx, now, person)
        # Whoever has the phone may have the mailbox on it: what they began ends too.
        wait_stops.stop(tx, now, person, StopReason.STAFF, actor_id=by.actor.id)
        _log(tx, now, EventKind.AUTHENTICATOR_RESET, by, person, grounds)
        _tell(tx, now, MailKind.STOPPED, by, person, grounds)
    link = recovery_link.issue(tx, now, person, maker=Maker.DESK)
    _log(tx, now, EventKind.SET_UP_INVITED, by, person, grounds, stolen=wanted.stolen)
    _tell(
        tx, now, MailKind.SET_UP_AGAIN, by, person, grounds,
        token=link.token, expires_at=link.expires_at, stopped=int(wanted.stolen),
    )  # fmt: skip
    return Done(person, wanted, None, link.expires_at)


def _stop_everything(tx: Tx, now: Instant, person: Person) -> None:
    tx.authenticators.disable(person.id, at=now)
    tx.passkeys.remove_all(person.id)
    if not tx.authenticators.has_factor(person.id):
        # Nothing but passkeys was there: the password, which they stood beside, opens no more
        # until the mailbox has proved whose it is.
        tx.people.mark_stolen(person.id, now)
    tx.authenticators.discard_pending(person.id)
    tx.recovery.end_all(person.id)
    _end_what_is_open(tx, now, person)


def _end_what_is_open(tx: Tx, now: Instant, person: Person) -> None:
    passes.end_all(tx, now, person)
    sessions.end_others(tx, now, person)
    tx.browsers.end_all(person.id)


def _sign_out(
    tx: Tx, now: Instant, by: By, person: Person, wanted: Wanted, grounds: Grounds
) -> Done:
    """End sessions, half-finished sign-ins, trust, and temporary passes."""
    _end_what_is_open(tx, now, person)
    _log(tx, now, EventKind.SIGNED_OUT, by, person, grounds)
    _tell(tx, now, MailKind.SIGNED_OUT, by, person, grounds)
    return Done(person, wanted)


def _log(
    tx: Tx,
    now: Instant,
    kind: EventKind,
    by: By,
    person: Person,
    grounds: Grounds,
    **more: str | int | bool,
) -> None:
    data = {**grounds.data, **by.data, **more}
    record(tx, now, kind, person, actor_id=by.actor.id, **data)


def _tell(
    tx: Tx,
    now: Instant,
    kind: MailKind,
    by: By,
    person: Person,
    grounds: Grounds,
    **more: str | int,
) -> None:
    write_mail(tx, now, person, kind, at=now, **grounds.data, **by.told, **more)
