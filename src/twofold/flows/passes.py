"""Temporary passes: made, and ended. They are used up in `verify.prove_code`."""

from dataclasses import dataclass

from twofold.core import desk, passes
from twofold.core.attempts import AttemptPurpose, Source
from twofold.core.desk import Wanted
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.passes import Pass
from twofold.core.people import Instant, Person
from twofold.flows import stand_ins
from twofold.flows.outbox import record, write_mail
from twofold.ports import Tx


@dataclass(frozen=True, slots=True)
class NewPass:
    """Shown once, to whoever made it: nothing but this value ever holds the code."""

    code: str
    expires_at: Instant

    def __repr__(self) -> str:
        """Without the code."""
        return f"NewPass(expires_at={self.expires_at})"


def make(tx: Tx, now: Instant, *, person: Person, wanted: Wanted, made_by: str) -> NewPass:
    """A new pass; earlier ones are dead, and so is what they opened. The caller holds the
    person's lock, writes the event and the mail.
    """
    end_all(tx, now, person)
    code = passes.code_of(tx.random.secret()[: passes.BYTES])
    expires_at = now + desk.pass_lifetime(wanted)
    made = Pass(
        id=tx.random.new_id(),
        account_id=person.account_id,
        person_id=person.id,
        created_at=now,
        expires_at=expires_at,
        once=wanted.once,
        used_at=None,
        ended_at=None,
        made_by=made_by,
    )
    bare = code.replace("-", "")
    tx.passes.add(made, stand_ins.digests(tx, AttemptPurpose.PASS, person, bare)[0])
    return NewPass(code, expires_at)


def end_all(tx: Tx, now: Instant, person: Person) -> None:
    """No pass of the person's works any more, nor any session that one opened."""
    tx.passes.end_all(person.id, at=now)
    tx.sessions.end_by_pass(person.id)


def tell_used(tx: Tx, now: Instant, *, person: Person, source: Source) -> Instant:
    """The owner hears that their pass was used (promise P8); until when it is good."""
    given = tx.passes.newest(person.id)
    assert given is not None, "a temporary pass vanished inside its own transaction"
    until = given.expires_at
    record(tx, now, EventKind.PASS_USED, person, actor_id=person.id, until=until)
    write_mail(
        tx,
        now,
        person,
        MailKind.PASS_USED,
        at=now,
        browser=source.browser,
        expires_at=until,
        once=int(given.once),
    )
    return until
