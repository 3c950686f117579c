"""Temporary passes: made, and ended. They are used up in `second_step.recover`."""

from dataclasses import dataclass

from twofold.core import desk, passes
from twofold.core.attempts import AttemptPurpose
from twofold.core.desk import Wanted
from twofold.core.passes import Pass
from twofold.core.people import Instant, Person
from twofold.flows import stand_ins
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
