"""What helps an admin past the second step: asked for by one, confirmed by another."""

import pytest

from tests.storage.races import race
from tests.world import GROUNDS, HERE, Organisation
from twofold.core.desk import Act
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import DAY, Person, Role
from twofold.flows import desk, people, second_admin, second_step
from twofold.flows.desk import Refusals
from twofold.flows.desk_acts import Done
from twofold.flows.second_admin import Asked, Dropped, TooLate
from twofold.flows.setup import Refused
from twofold.flows.sign_in import SignedIn

BOTH = [Act.PASS, Act.INVITE]


@pytest.fixture
def adam(acme: Organisation) -> Person:
    """An admin, enrolled."""
    adam = acme.add("Adam", Role.ADMIN)
    acme.enrol(adam)
    return adam


@pytest.fixture
def otto(acme: Organisation) -> Person:
    """Another owner."""
    return acme.add("Otto", Role.OWNER)


def asked(acme: Organisation, person: Person, act: Act = Act.INVITE) -> str:
    """The id of a request of the owner's for this person."""
    answer = acme.help(person, act)
    assert isinstance(answer, Asked), answer
    return answer.request.id


def decide(acme: Organisation, actor: Person, request_id: str, *, confirm: bool = True) -> object:
    """Press the button."""
    return acme.call(second_admin.decide, actor=actor, request_id=request_id, confirm=confirm)


@pytest.mark.parametrize("act", BOTH)
def test_nothing_happens_before_a_second_admin_confirms(
    acme: Organisation, adam: Person, otto: Person, act: Act
) -> None:
    """The person is told at once, and so is everybody who could confirm; the log has it."""
    amy, hana = acme.add("Amy", Role.ADMIN), acme.add("Hana", Role.HELPDESK)
    before = acme.active(adam)
    id_ = asked(acme, adam, act)
    assert acme.active(adam) == before
    assert acme.store.call(lambda tx: tx.passes.newest(adam.id)) is None
    assert acme.mails(adam, MailKind.SET_UP_AGAIN) == []
    (mail,) = acme.mails(adam, MailKind.HELP_ASKED)
    assert (mail.params["admin"], mail.params["request"]) == ("Olga", id_)
    assert GROUNDS.data.items() <= mail.params.items()
    waiting = [len(acme.mails(one, MailKind.HELP_WAITS)) for one in (otto, amy, hana, acme.owner)]
    assert waiting == [1, 1, 0, 0]
    (event,) = acme.events(EventKind.HELP_ASKED)
    assert (event.actor_id, event.subject_id) == (acme.owner_id, adam.id)
    assert acme.call(second_admin.waiting_for, actor=otto) == 1
    assert acme.call(second_admin.waiting_for, actor=acme.owner) == 0


def test_a_pass_is_shown_to_whoever_confirms_and_names_both(
    acme: Organisation, adam: Person, otto: Person
) -> None:
    """The owner who asked never sees it; Adam reads both names."""
    done = decide(acme, otto, asked(acme, adam, Act.PASS))
    assert isinstance(done, Done)
    assert done.new_pass is not None
    (mail,) = acme.mails(adam, MailKind.PASS_MADE)
    assert (mail.params["admin"], mail.params["second"]) == ("Olga", "Otto")
    (event,) = acme.events(EventKind.PASS_MADE)
    assert (event.actor_id, event.data["asked by"]) == (otto.id, "Olga")
    used = acme.call(
        second_step.recover, half=acme.half(adam), typed=done.new_pass.code, place=HERE
    )
    assert isinstance(used, SignedIn)


def test_a_confirmed_invitation_leads_to_the_set_up(
    acme: Organisation, adam: Person, otto: Person
) -> None:
    """As for anybody."""
    old = acme.active(adam)
    assert isinstance(decide(acme, otto, asked(acme, adam)), Done)
    acme.set_up_by_invitation(adam)
    assert acme.active(adam).id != old.id


@pytest.mark.parametrize("act", BOTH)
def test_with_nobody_else_it_is_refused(acme: Organisation, adam: Person, act: Act) -> None:
    """An invited or disabled admin is nobody who could confirm."""
    acme.add("Ivy", Role.ADMIN, invited=True)
    dan = acme.add("Dan", Role.ADMIN)
    acme.call(people.set_disabled, actor=acme.owner, person_id=dan.id, disabled=True)
    before = acme.events()
    answer = acme.help(adam, act)
    assert isinstance(answer, Refusals)
    assert "no other admin" in answer.problems[0].sentence
    assert acme.events() == before
    page = acme.call(desk.look, actor=acme.owner, person_id=adam.id, act=act)
    assert page is not None
    assert page.second_admins == []


@pytest.mark.parametrize("act", [Act.UNLOCK, Act.SIGN_OUT])
def test_what_stands_in_for_no_factor_needs_no_second_admin(
    acme: Organisation, adam: Person, act: Act
) -> None:
    """An owner unlocks an admin alone."""
    assert isinstance(acme.help(adam, act), Done)


def test_neither_who_asked_nor_whom_it_is_about_confirms_it(
    acme: Organisation, adam: Person, otto: Person
) -> None:
    """Nor the help desk, nor anybody of another account."""
    hana, id_ = acme.add("Hana", Role.HELPDESK), asked(acme, adam)
    for actor in (acme.owner, adam, hana):
        assert isinstance(decide(acme, actor, id_), Refused)
    assert acme.mails(adam, MailKind.SET_UP_AGAIN) == []
    assert isinstance(decide(acme, otto, id_), Done)


def test_of_another_organisation_there_is_no_request(
    acme: Organisation, bolt: Organisation, adam: Person, otto: Person
) -> None:
    """To look at or to decide."""
    id_ = asked(acme, adam)
    assert decide(bolt, bolt.owner, id_) is None
    assert bolt.call(second_admin.look, actor=bolt.owner, request_id=id_) is None
    assert bolt.call(second_admin.matters, actor=bolt.owner) == []
    assert isinstance(decide(acme, otto, id_), Done)


@pytest.mark.parametrize("who", ["adam", "olga", "otto"])
def test_each_of_them_may_refuse_it_and_both_are_told(
    acme: Organisation, adam: Person, otto: Person, who: str
) -> None:
    """Also whom it is about: it was not them who called. Then nothing is done any more."""
    id_ = asked(acme, adam, Act.PASS)
    actor = {"adam": adam, "olga": acme.owner, "otto": otto}[who]
    assert isinstance(decide(acme, actor, id_, confirm=False), Dropped)
    for one in (adam, acme.owner):
        (mail,) = acme.mails(one, MailKind.HELP_REFUSED)
        assert mail.params["by"] == actor.name
    assert decide(acme, otto, id_) == TooLate()
    assert acme.events(EventKind.PASS_MADE) == []
    (event,) = acme.events(EventKind.HELP_REFUSED)
    assert event.actor_id == actor.id


def test_a_request_ends_after_a_day(acme: Organisation, adam: Person, otto: Person) -> None:
    """To the second; then it may be asked for anew."""
    id_ = asked(acme, adam)
    again = acme.help(adam, Act.INVITE)
    assert isinstance(again, Refusals)
    acme.clock.advance(DAY)
    assert decide(acme, otto, id_) == TooLate()
    assert acme.call(second_admin.waiting_for, actor=otto) == 0
    id_ = asked(acme, adam)
    acme.clock.advance(DAY - 1)
    assert isinstance(decide(acme, otto, id_), Done)


def test_whoever_asked_must_still_be_allowed_to(
    acme: Organisation, adam: Person, otto: Person
) -> None:
    """Demoted or disabled meanwhile; or the person may not sign in any more."""
    ruth, amy = acme.add("Ruth", Role.OWNER), acme.add("Amy", Role.ADMIN)
    answer = acme.help(adam, Act.INVITE, actor=ruth)
    assert isinstance(answer, Asked)
    acme.call(people.set_role, actor=otto, person_id=ruth.id, role=Role.ADMIN)
    refused = decide(acme, amy, answer.request.id)
    assert isinstance(refused, Refused)
    assert "Ruth" in refused.sentence
    acme.call(people.set_disabled, actor=otto, person_id=adam.id, disabled=True)
    acme.call(people.set_role, actor=otto, person_id=ruth.id, role=Role.OWNER)
    refused = decide(acme, amy, answer.request.id)
    assert isinstance(refused, Refused)
    assert "may not sign in" in refused.sentence


def test_two_confirms_at_once_act_once(acme: Organisation, adam: Person, otto: Person) -> None:
    """One conditional update decides."""
    amy, id_ = acme.add("Amy", Role.ADMIN), asked(acme, adam, Act.PASS)
    actors = [otto, amy]
    answers = race(10, lambda n: decide(acme, actors[n % 2], id_, confirm=n % 5 > 0))
    assert sum(isinstance(one, Done | Dropped) for one in answers) == 1
    made = acme.events(EventKind.PASS_MADE)
    assert len(made) == sum(isinstance(one, Done) for one in answers)
