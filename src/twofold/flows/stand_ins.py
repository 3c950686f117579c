"""What stands in for a factor at the sign-in: a recovery code, or a temporary pass.

Both are typed on one page and told apart by their length; both cost what a wrong code costs. Only
`verify.prove_code` asks here.
"""

from collections.abc import Sequence

from twofold.core import passes, recovery
from twofold.core.attempts import AttemptPurpose
from twofold.core.people import Instant, Person
from twofold.core.recovery import NotARecoveryCode
from twofold.ports import Tx

STAND_INS = (AttemptPurpose.RECOVERY, AttemptPurpose.PASS)


def purpose_of(typed: str) -> AttemptPurpose:
    """Which of the two has the form of what was typed; a recovery code for neither."""
    is_pass = passes.parse(typed) is not None
    return AttemptPurpose.PASS if is_pass else AttemptPurpose.RECOVERY


def read(purpose: AttemptPurpose, typed: str) -> str | NotARecoveryCode:
    """What was typed in the one form that is hashed, or why it has not the form of one."""
    if purpose is AttemptPurpose.PASS and (code := passes.parse(typed)) is not None:
        return code
    return recovery.parse(typed)


def digests(tx: Tx, purpose: AttemptPurpose, person: Person, code: str) -> Sequence[str]:
    """Under what it may be stored, by whichever key; the first is what is stored today."""
    return tx.keyed_digests(purpose.value, f"{person.id}:{code}")


def use(
    tx: Tx, now: Instant, purpose: AttemptPurpose, person: Person, digests: Sequence[str]
) -> bool:
    """Use it, by one conditional update whose row count decides (promise P2)."""
    if purpose is AttemptPurpose.PASS:
        return tx.passes.use(person.id, digests, at=now)
    return tx.recovery.use(person.id, digests, at=now)


def is_spent(tx: Tx, purpose: AttemptPurpose, person: Person, digests: Sequence[str]) -> bool:
    """Whether it was right once: somebody who types it again is no guesser."""
    if purpose is AttemptPurpose.PASS:
        return tx.passes.is_known(person.id, digests)
    return tx.recovery.is_spent(person.id, digests)
