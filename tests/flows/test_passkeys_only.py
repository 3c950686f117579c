"""An account that takes nothing but passkeys from some of its people."""

from dataclasses import replace

import pytest

from tests.flows.group_changes import made, put_in
from tests.flows.keys import PARTY, asked, asked_whole, give, new_key, own, sign_in, submit
from tests.world import DESK, HERE, Organisation
from twofold.core.events import EventKind
from twofold.core.passkeys import Passkey
from twofold.core.people import GuardPolicy, PasskeysFrom, Person, Role
from twofold.core.policy import lacks_passkey
from twofold.core.sessions import Caller
from twofold.flows import groups, guard_policy, passkeys, recovery, second_step, step_up
from twofold.flows.enrol import NeedsProof
from twofold.flows.guard_policy import GuardSet
from twofold.flows.passkeys import Offer
from twofold.flows.proofs import Suspended, Typed
from twofold.flows.setup import Refused
from twofold.flows.sign_in import SignedIn


def demand(acme: Organisation, whom: PasskeysFrom = PasskeysFrom.STAFF) -> Caller:
    """Take passkeys only; the owner has one, and an app beside it."""
    acme.enrol(acme.owner)
    _, caller = give(acme, acme.caller(acme.owner))
    done = acme.call(guard_policy.set_guard, caller=caller, guard=GuardPolicy(passkeys_from=whom))
    assert done == GuardSet(changed=True)
    return caller


def lacks(acme: Organisation, caller: Caller) -> bool:
    """Whether nothing but the way to a passkey is open to this session."""
    return lacks_passkey(acme.account, caller.person, caller.session.methods)


@pytest.fixture
def ada(acme: Organisation) -> Person:
    """An admin with an app."""
    ada = acme.add("Ada", Role.ADMIN)
    acme.enrol(ada)
    return ada


def test_it_is_refused_until_the_acting_admin_has_a_passkey(acme: Organisation) -> None:
    """Promise P10: an admin cannot shut themselves out with everybody else."""
    caller = acme.enrol(acme.owner)
    guard = GuardPolicy(passkeys_from=PasskeysFrom.ADMINS)
    refused = acme.call(guard_policy.set_guard, caller=caller, guard=guard)
    assert isinstance(refused, Refused)
    assert refused.field == "passkeys_from"
    assert acme.account.guard.passkeys_from is PasskeysFrom.NOBODY
    demand(acme)
    assert acme.account.guard.passkeys_from is PasskeysFrom.STAFF
    assert acme.events(EventKind.GUARD_CHANGED)[0].data["passkeys_from"] == "nobody → staff"


def test_a_session_by_code_opens_nothing_until_a_passkey_is_set_up(
    acme: Organisation, ada: Person
) -> None:
    """Whoever has none signs in with what they have, and sets one up with that proof."""
    demand(acme)
    caller = acme.caller(ada)
    assert lacks(acme, caller)
    _, caller = give(acme, caller)
    assert not lacks(acme, caller)
    ben = acme.caller(acme.add("Ben"))
    assert not lacks(acme, ben)


def test_with_a_passkey_no_code_is_taken_any_more(acme: Organisation, ada: Person) -> None:
    """Neither at the sign-in nor as a fresh proof, and it is not even looked at."""
    demand(acme)
    key, caller = give(acme, acme.caller(ada))
    acme.clock.advance(301)
    half = acme.half(ada)
    attempts = len(acme.attempts(ada))
    pair = Typed(acme.code(ada, steps=-1), acme.code(ada))
    assert acme.submit_code(half, pair.first, pair.second) == Suspended()
    assert acme.call(second_step.resync, half=half, typed=pair, place=HERE) == Suspended()
    assert acme.call(step_up.prove_factor, caller=caller, typed=pair, place=HERE) == Suspended()
    assert acme.call(step_up.code_answer, caller=caller, place=HERE) == step_up.NoCodes()
    assert not acme.call(second_step.code_page, half=half, place=HERE).has_codes
    assert len(acme.attempts(ada)) == attempts
    assert isinstance(submit(acme, half, key.get(asked(acme, half))), SignedIn)


def test_a_session_by_code_from_before_adds_no_further_passkey(
    acme: Organisation, ada: Person
) -> None:
    """A code typed into a false page must not become a passkey of somebody else's."""
    give(acme, acme.caller(ada))
    by_code = acme.caller(ada)
    offer = acme.call(passkeys.begin, caller=by_code, party=PARTY, place=HERE)
    assert isinstance(offer, Offer)
    demand(acme)
    renewed = replace(by_code, account=acme.account)
    for answer in (
        acme.call(passkeys.begin, caller=renewed, party=PARTY, place=HERE),
        acme.call(
            passkeys.save,
            caller=renewed,
            party=PARTY,
            sent=new_key().create(offer.options),
            name="",
            place=HERE,
        ),
    ):
        assert answer == NeedsProof("passkey")
    assert len(own(acme, ada)) == 1


def test_a_recovery_code_leads_to_a_new_passkey(acme: Organisation, ada: Person) -> None:
    """For whoever has lost theirs: one sign-in, and nothing but the set-up is open."""
    demand(acme)
    _, caller = give(acme, acme.caller(ada))
    made = acme.call(recovery.make, caller=caller, source=DESK)
    assert isinstance(made, recovery.NewCodes)
    half = acme.half(ada)
    done = acme.call(second_step.recover, half=half, typed=made.codes[0], place=HERE)
    assert isinstance(done, SignedIn)
    recovered = acme.caller_of(done.token)
    assert recovered is not None
    assert lacks(acme, recovered)
    _, renewed = give(acme, recovered)
    assert not lacks(acme, renewed)


def test_a_browser_is_not_trusted_in_place_of_a_passkey(acme: Organisation) -> None:
    """Trust from before ends, and none is offered."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    trusted = acme.known(ben, trust=True)
    demand(acme, PasskeysFrom.EVERYBODY)
    assert not isinstance(acme.submit_password(ben, place=trusted), SignedIn)


def test_the_last_passkey_stays_while_nothing_else_is_taken(
    acme: Organisation, ada: Person
) -> None:
    """An app beside it does not help."""
    demand(acme)
    _, caller = give(acme, acme.caller(ada))
    caller = replace(caller, account=acme.account)

    def remove() -> object:
        one = own(acme, ada)[0].id
        return acme.call(passkeys.remove, caller=caller, passkey_id=one, place=HERE)

    refused = remove()
    assert isinstance(refused, Refused)
    assert "takes passkeys only from you" in refused.sentence
    give(acme, caller)
    assert isinstance(remove(), Passkey)


def test_the_whole_sign_in_by_passkey_is_enough(acme: Organisation, ada: Person) -> None:
    """It needs no password either."""
    demand(acme)
    key, _ = give(acme, acme.caller(ada))
    done = sign_in(acme, key.get(asked_whole(acme)))
    assert isinstance(done, SignedIn)
    caller = acme.caller_of(done.token)
    assert caller is not None
    assert not lacks(acme, caller)


def test_they_are_taken_from_a_group_alone(acme: Organisation) -> None:
    """Its people are stopped until they have one, whoever they are; others and leavers go on."""
    group, ben, eve = made(acme), acme.add("Ben"), acme.add("Eve")
    caller = acme.enrol(acme.owner)
    guard = GuardPolicy(passkeys_groups=(group.id,))
    done = acme.call(guard_policy.set_guard, caller=caller, guard=guard)
    assert done == GuardSet(changed=True)
    assert acme.account.guard == guard
    entry = acme.events(EventKind.GUARD_CHANGED)[0]
    assert entry.data["passkeys_groups"] == "none → Sales"
    for person in (ben, eve):
        acme.enrol(person)
    put_in(acme, group, ben)
    assert lacks(acme, acme.caller(acme.person(ben.id)))
    assert not lacks(acme, acme.caller(eve))
    caller = acme.caller(acme.owner)
    refused = acme.call(groups.delete, caller=caller, group_id=group.id)
    assert isinstance(refused, Refused)
    assert "passkey" in refused.sentence
    acme.call(groups.place, caller=caller, person_id=ben.id, group_id=group.id, inside=False)
    assert not lacks(acme, acme.caller(acme.person(ben.id)))


def test_an_admin_in_the_group_needs_one_first(acme: Organisation, bolt: Organisation) -> None:
    """Be it that the group is named, or that they come into it (promise P10); a group of another
    account cannot be named.
    """
    group, other = made(acme), made(acme, "Other")
    caller = acme.enrol(acme.owner)
    put_in(acme, group, acme.owner)
    for ids in ((group.id,), (made(bolt).id,)):
        guard = GuardPolicy(passkeys_groups=ids)
        refused = acme.call(guard_policy.set_guard, caller=caller, guard=guard)
        assert isinstance(refused, Refused)
        assert refused.field == "passkeys_groups"
    guard = GuardPolicy(passkeys_groups=(other.id,))
    assert acme.call(guard_policy.set_guard, caller=caller, guard=guard) == GuardSet(changed=True)
    put_in(acme, other, acme.owner)
    assert acme.owner.groups == (group.id,)
    give(acme, acme.caller(acme.owner))
    put_in(acme, other, acme.owner)
    assert set(acme.owner.groups) == {group.id, other.id}
