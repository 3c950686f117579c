"""Getting somebody going again: unlock, and set up anew."""

import pytest

from tests.world import HERE, Guesser, Organisation
from twofold.core.authenticators import Totp
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import Person, Role
from twofold.core.throttle import NeedsLink, Single
from twofold.flows import authenticators, enrol, unlock
from twofold.flows.setup import Refused
from twofold.flows.sign_in import HalfWay, SignedIn
from twofold.flows.verify import Suspended

REASON = " He called, I know his voice. "
BOTH = [unlock.unlock, unlock.set_up_again]


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member, enrolled."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    return ben


def someone(acme: Organisation, role: Role, name: str) -> Person:
    """Somebody enrolled with this role."""
    person = acme.add(name, role)
    acme.enrol(person)
    return person


def act(
    acme: Organisation, flow: object, actor: Person, person: Person, reason: str = REASON
) -> object:
    """Press the button."""
    assert callable(flow)
    return acme.call(flow, actor=actor, person_id=person.id, reason=reason)


def test_unlocking_forgets_the_failures_of_both_stages(acme: Organisation, ben: Person) -> None:
    """Waits, pairs, the link, a known browser's misses; the password stays stolen."""
    known = acme.known(ben)
    thief = Guesser(acme, ben)
    owner = Guesser(acme, ben, known, thief.tried)
    for _ in range(10):
        owner.guess()
    thief.climb(10)
    for _ in range(6):
        acme.submit_password(ben, proved=False)
    assert acme.look_up(ben.email).charge is None
    assert act(acme, unlock.unlock, acme.owner, ben) == acme.person(ben.id)
    assert thief.asked() == Single(known=False)
    assert owner.asked() == Single(known=True)
    assert acme.person(ben.id).must_change_password


def test_unlocking_is_told_by_mail_and_event_with_its_reason(
    acme: Organisation, ben: Person
) -> None:
    """Who did it, to whom, why (promise P8)."""
    act(acme, unlock.unlock, acme.owner, ben)
    (mail,) = acme.mails(ben, MailKind.UNLOCKED)
    assert mail.params == {"admin": "Olga", "reason": REASON.strip(), "at": acme.now}
    (event,) = acme.events(EventKind.UNLOCKED)
    assert (event.actor_id, event.subject_id) == (acme.owner_id, ben.id)
    assert event.data == {"reason": REASON.strip()}


def test_unlocking_lets_nobody_in_and_changes_no_factor(acme: Organisation, ben: Person) -> None:
    """No session, no password, no secret; a used code stays used; a disabled one disabled."""
    half, code = acme.half(ben), acme.code(ben)
    assert isinstance(acme.submit_code(half, code), SignedIn)
    before = (acme.active(ben), acme.sessions(ben), acme.person(ben.id))
    act(acme, unlock.unlock, acme.owner, ben)
    assert (acme.active(ben), acme.sessions(ben), acme.person(ben.id)) == before
    assert not isinstance(acme.submit_code(acme.half(ben), code), SignedIn)
    acme.store.call(lambda tx: tx.authenticators.disable(ben.id, at=acme.now))
    act(acme, unlock.unlock, acme.owner, ben)
    acme.clock.advance(30)
    assert acme.submit_code(acme.half(ben), acme.code(ben)) == Suspended()


def test_unlocking_one_person_leaves_the_others(acme: Organisation, ben: Person) -> None:
    """Only that person's counters are dropped."""
    eve = someone(acme, Role.MEMBER, "Eve")
    Guesser(acme, eve).climb(10)
    act(acme, unlock.unlock, acme.owner, ben)
    assert Guesser(acme, eve).asked() == NeedsLink()


def test_setting_up_again_ends_the_authenticator_and_what_it_opened(
    acme: Organisation, ben: Person
) -> None:
    """Sessions, half-finished sign-ins, known browsers and a set-up that was begun."""
    caller = acme.enrol(ben)
    assert isinstance(acme.call(enrol.begin_own, caller=caller), Totp)
    half_token = acme.half_token(ben)
    act(acme, unlock.set_up_again, acme.owner, ben)
    assert acme.store.call(authenticators.own, person_id=ben.id) == []
    assert acme.pending(ben) is None
    assert acme.half_of(half_token) is None
    assert acme.sessions(ben) == 0
    assert acme.store.call(lambda tx: tx.browsers.of(ben.id)) == []
    (mail,) = acme.mails(ben, MailKind.SET_UP_AGAIN)
    assert mail.params["admin"] == "Olga"
    (event,) = acme.events(EventKind.AUTHENTICATOR_RESET)
    assert (event.actor_id, event.subject_id) == (acme.owner_id, ben.id)
    assert event.data["reason"] == REASON.strip()


def test_under_the_policy_somebody_set_up_again_reaches_only_the_set_up(
    acme: Organisation, ben: Person
) -> None:
    """The password alone opens no session, and the mailed link is needed as for anybody."""
    acme.switch_on()
    act(acme, unlock.set_up_again, acme.owner, ben)
    answer = acme.submit_password(ben)
    assert isinstance(answer, HalfWay)
    half = acme.half_of(answer.token)
    assert half is not None
    refused = acme.call(enrol.begin_demanded, half=half, token="no such link")
    assert refused == enrol.LinkRefused()


def test_a_disabled_authenticator_is_got_over_by_setting_up_again(
    acme: Organisation, ben: Person
) -> None:
    """The old fifty misses do not disable the new one as well."""
    thief = Guesser(acme, ben)
    thief.climb(10)
    acme.store.call(
        lambda tx: tx.counters.save(
            f"code:person:{ben.id}", str([[acme.now] * 50, 0, 0, []]), acme.now
        )
    )
    acme.store.call(lambda tx: tx.authenticators.disable(ben.id, at=acme.now))
    assert acme.submit_code(acme.half(ben), acme.code(ben)) == Suspended()
    act(acme, unlock.set_up_again, acme.owner, ben)
    acme.enrol(acme.person(ben.id))
    assert isinstance(acme.submit_right(acme.half(ben)), SignedIn)


def test_somebody_without_an_authenticator_has_none_to_end(acme: Organisation) -> None:
    """One sentence, and nothing is written."""
    eve = acme.add("Eve")
    before = acme.events()
    refused = act(acme, unlock.set_up_again, acme.owner, eve)
    assert isinstance(refused, Refused)
    assert (acme.events(), acme.mails(eve)) == (before, [])


@pytest.mark.parametrize("flow", BOTH)
@pytest.mark.parametrize("actor", list(Role))
@pytest.mark.parametrize("role", list(Role))
def test_only_staff_and_only_for_a_lower_rank(
    acme: Organisation, flow: object, actor: Role, role: Role
) -> None:
    """Not for peers, not for oneself: one captured account must not open the next one's. The help
    desk unlocks; ending an authenticator takes an admin.
    """
    person, acting = someone(acme, role, "Pat"), acme.add("Eve", actor)
    answer = act(acme, flow, acting, person)
    least = Role.HELPDESK if flow is unlock.unlock else Role.ADMIN
    if actor.rank >= least.rank and role.rank < actor.rank:
        assert isinstance(answer, Person)
        kinds = (EventKind.UNLOCKED, EventKind.AUTHENTICATOR_RESET)
        assert [len(acme.events(kind)) for kind in kinds].count(1) == 1
        return
    assert isinstance(answer, Refused)
    assert acme.active(person).disabled_at is None
    assert acme.events(EventKind.UNLOCKED) == acme.events(EventKind.AUTHENTICATOR_RESET) == []


@pytest.mark.parametrize("flow", BOTH)
def test_nobody_unlocks_themselves(acme: Organisation, flow: object) -> None:
    """Also an owner needs somebody else, or the console."""
    acme.enrol(acme.owner)
    assert isinstance(act(acme, flow, acme.owner, acme.owner), Refused)


@pytest.mark.parametrize("flow", BOTH)
@pytest.mark.parametrize("reason", ["", "  ", "ok", " x\t "])
def test_a_reason_is_asked_for(acme: Organisation, ben: Person, flow: object, reason: str) -> None:
    """Without one nothing happens."""
    before = acme.events()
    refused = act(acme, flow, acme.owner, ben, reason)
    assert isinstance(refused, Refused)
    assert refused.field == "reason"
    assert acme.events() == before
    assert acme.active(ben).disabled_at is None


@pytest.mark.parametrize("flow", BOTH)
def test_people_of_another_organisation_do_not_exist(
    acme: Organisation, bolt: Organisation, flow: object
) -> None:
    """An owner of one account finds nobody of the other, whatever id is sent."""
    zoe = bolt.add("Zoe")
    bolt.enrol(zoe)
    assert act(acme, flow, acme.owner, zoe) is None
    assert bolt.mails(zoe, MailKind.UNLOCKED) == []
    assert isinstance(bolt.submit_right(bolt.half(zoe), place=HERE), SignedIn)
