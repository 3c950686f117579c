"""What applications do for the people who sign in there: set up, look, remove, recovery codes.

There is no session here. In its place stands the application, which has proved the password; and
where somebody has a factor, an accepted verification of the last five minutes (promise P4). Whoever
is more than a member is left to our own pages: a captured application must not become an admin.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from twofold.core import addresses
from twofold.core.applications import ApiCaller
from twofold.core.attempts import Source
from twofold.core.authenticators import Totp
from twofold.core.people import Instant, Person, PersonState, Role
from twofold.core.requirement import Requirement, may_set_up, requirement, ruling
from twofold.core.roster_cells import FORMULA
from twofold.core.verifications import Verdict as Outcome
from twofold.core.verifications import Verification
from twofold.flows import authenticators, enrol, expansion, people, recovery
from twofold.flows.enrol import NoSetUp, NothingPending
from twofold.flows.proofs import Accepted, Wrong
from twofold.flows.recovery import NewCodes, NotEnrolled
from twofold.flows.setup import Refused
from twofold.ports import Tx


@dataclass(frozen=True, slots=True)
class Nobody:
    """Nobody of this account has this external id, or nothing of theirs has this id."""


@dataclass(frozen=True, slots=True)
class NeedsVerification:
    """The person has a factor: send an accepted verification of the last five minutes."""


@dataclass(frozen=True, slots=True)
class OnOurPages:
    """Not over the API: somebody of the help desk or an admin, or somebody who is disabled."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The address belongs to somebody already, who has another external id or none."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Status:
    """How somebody stands."""

    person: Person
    enrolled: bool
    requirement: Requirement
    due_at: Instant | None
    codes: int
    """Authenticator apps that make codes."""
    passkeys: int
    recovery_codes: int
    """Recovery codes that are left."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The set-up counts; with the first recovery codes, where it made any."""

    authenticator_id: str
    codes: Sequence[str]

    def __repr__(self) -> str:
        """Without the codes."""
        return f"Confirmed({self.authenticator_id!r})"


@dataclass(frozen=True, slots=True)
class NotConfirmed:
    """The code did not count, and why once somebody has looked (`flows/diagnose.py`)."""

    answer: Verification
    attempt_id: str = ""


Hindrance = Nobody | NeedsVerification | OnOurPages


def status(tx: Tx, now: Instant, caller: ApiCaller, *, external_id: str) -> Status | Nobody:
    """How somebody stands; changes nothing."""
    person = tx.people.by_external_id(caller.account.id, external_id)
    if person is None:
        return Nobody()
    enrolled = tx.authenticators.has_factor(person.id)
    store = tx.recovery.standing(person.id)
    return Status(
        person,
        enrolled,
        requirement(caller.account, person, now, enrolled=enrolled),
        ruling(caller.account, person, now).due_at,
        len(tx.authenticators.in_force(person.id)),
        tx.passkeys.count(person.id),
        store.left if store else 0,
    )


def begin(
    tx: Tx,
    now: Instant,
    caller: ApiCaller,
    *,
    external_id: str,
    name: str,
    email: str,
    proof: str,
) -> Totp | Refused | Taken | NoSetUp | Hindrance:
    """Begin a set-up, and add the person if nobody has this external id. Its secret is shown with
    this answer alone: whoever lost it begins again, and what was begun before is dead.
    """
    person = tx.people.by_external_id(caller.account.id, external_id)
    if person is None:
        added = _add(tx, now, caller, external_id, name, email)
        if not isinstance(added, Person):
            return added
        person = added
    held = _held(tx, now, caller, person, proof, set_up=True)
    if not isinstance(held, Person):
        return held
    enrolled = tx.authenticators.has_factor(held.id)
    if not may_set_up(caller.account, held, now, enrolled=enrolled):
        return NoSetUp(f"{caller.account.name} does not use a second step yet.")
    return enrol.begin(
        tx,
        now,
        person=held,
        account=caller.account,
        begun_in=f"{_begun_in(caller)}{tx.random.new_id()}",
        app=None,
        replaces="",
    )


def _begun_in(caller: ApiCaller) -> str:
    """The beginning of where a set-up was begun: no session and no other application has it."""
    return f"application {caller.application.id} "


def _add(
    tx: Tx, now: Instant, caller: ApiCaller, external_id: str, name: str, email: str
) -> Person | Refused | Taken:
    """Somebody new, as a member who was not invited: their password is the application's."""
    if external_id.startswith(FORMULA):
        return Refused("external_id", "It begins like a formula of a spreadsheet. Use another.")
    if (wrong := addresses.name_problem(name)) is not None:
        return Refused("name", wrong)
    if (wrong := addresses.problem(email)) is not None:
        return Refused("email", wrong)
    account = tx.accounts.lock(caller.account.id)
    known = tx.people.by_external_id(account.id, external_id)
    if known is not None:
        return known  # Another request was quicker.
    if tx.people.by_email(email) is not None:
        return Taken(
            "This address belongs to somebody here already. An admin gives them the external id: "
            "import a list of people that has it."
        )
    person = people.new_person(tx, now, account, name, email, Role.MEMBER)
    person = replace(person, external_id=external_id)
    try:
        tx.people.add(person, password=None)
    except ValueError:
        return Taken("This address belongs to somebody here already.")
    people.record_added(tx, now, None, person)
    return expansion.welcome(tx, now, account, person)


def _held(
    tx: Tx, now: Instant, caller: ApiCaller, person: Person, proof: str, *, set_up: bool = False
) -> Person | NeedsVerification | OnOurPages:
    """The person, the row locked, if the application may change their factors now."""
    held = tx.people.lock(person.id)
    if held.role is not Role.MEMBER:
        return OnOurPages("The help desk and admins change their second factors on our pages.")
    if held.state is PersonState.DISABLED:
        return OnOurPages("The person is disabled.")
    if not tx.authenticators.has_factor(held.id):
        return held
    kept = tx.verifications.find(caller.application.id, proof) if proof else None
    if kept is None or not kept.proves(held.id, now, set_up=set_up):
        return NeedsVerification()
    return held


def confirm(
    tx: Tx, now: Instant, caller: ApiCaller, *, external_id: str, set_up_id: str, typed: str
) -> Confirmed | NotConfirmed | Nobody:
    """A code of the pending set-up makes it count; the owner is told (promise P8)."""
    person = tx.people.by_external_id(caller.account.id, external_id)
    if person is None:
        return Nobody()
    person = tx.people.lock(person.id)
    pending = tx.authenticators.pending(person.id)
    if pending is None or not _is_of(caller, pending, set_up_id):
        return Nobody()
    source = Source("", caller.application.name)
    proof = enrol.prove_pending(tx, now, person, caller.account, typed, source, pending.begun_in)
    if isinstance(proof, NothingPending):
        return Nobody()
    if not isinstance(proof, Accepted):
        until = enrol.waits_until(tx, now, person=person, account=caller.account)
        attempt_id = proof.attempt_id if isinstance(proof, Wrong) else ""
        return NotConfirmed(Verification(Outcome.REFUSED, until=until), attempt_id)
    codes = enrol.make_it_count(tx, now, person, proof, source, keep_session="")
    return Confirmed(proof.authenticator_id, codes)


def cancel(tx: Tx, now: Instant, caller: ApiCaller, *, external_id: str, set_up_id: str) -> bool:
    """Discard a pending set-up of this application with its secret; false if there is none."""
    person = tx.people.by_external_id(caller.account.id, external_id)
    if person is None:
        return False
    tx.people.hold(person.id)
    pending = tx.authenticators.pending(person.id)
    if pending is None or not _is_of(caller, pending, set_up_id):
        return False
    enrol.cancel(tx, now, person=person)
    return True


def _is_of(caller: ApiCaller, pending: Totp, set_up_id: str) -> bool:
    return pending.id == set_up_id and pending.begun_in.startswith(_begun_in(caller))


def own(tx: Tx, _now: Instant, caller: ApiCaller, *, external_id: str) -> Sequence[Totp] | Nobody:
    """The person's authenticators, the oldest first; their secrets are for nobody's eyes."""
    person = tx.people.by_external_id(caller.account.id, external_id)
    return Nobody() if person is None else tx.authenticators.in_force(person.id)


def remove(
    tx: Tx,
    now: Instant,
    caller: ApiCaller,
    *,
    external_id: str,
    authenticator_id: str,
    proof: str,
) -> Totp | Refused | Hindrance:
    """End one of the person's; the last one stays where the policy asks for it."""
    person = tx.people.by_external_id(caller.account.id, external_id)
    if person is None:
        return Nobody()
    tx.accounts.lock(caller.account.id)  # Before the person.
    held = _held(tx, now, caller, person, proof)
    if not isinstance(held, Person):
        return held
    done = authenticators.take_off(
        tx,
        now,
        account_id=caller.account.id,
        person_id=held.id,
        authenticator_id=authenticator_id,
        source=Source("", caller.application.name),
        keep_session="",
    )
    return Nobody() if done is None else done


def make_codes(
    tx: Tx, now: Instant, caller: ApiCaller, *, external_id: str, proof: str
) -> NewCodes | NotEnrolled | Hindrance:
    """Ten new recovery codes, shown with this answer alone; all earlier ones are dead."""
    person = tx.people.by_external_id(caller.account.id, external_id)
    if person is None:
        return Nobody()
    held = _held(tx, now, caller, person, proof)
    if not isinstance(held, Person):
        return held
    source = Source("", caller.application.name)
    return recovery.make_for(tx, now, person_id=held.id, source=source)
