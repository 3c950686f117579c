"""Days for new phones: set, told, and asked for once at a complete sign-in."""

import pytest

from tests.flows.group_changes import made, put_in
from tests.flows.keys import give
from tests.world import Organisation
from twofold.core.events import EventKind
from twofold.core.groups import Group, day_in
from twofold.core.mail import MailKind
from twofold.core.people import DAY, Person
from twofold.flows import exchange, groups, people
from twofold.flows.setup import Refused

ASKED = "/profile/new-phone?next=/"


def plan(acme: Organisation, group: Group, *, first: int = 1, last: int = 2) -> object:
    """The days so many days from now, in UTC."""
    days = [day_in(acme.now + number * DAY, "UTC") for number in (first, last)]
    return acme.call(
        groups.set_exchange,
        caller=acme.caller(acme.owner),
        group_id=group.id,
        first=days[0],
        last=days[1],
    )


@pytest.fixture
def sales(acme: Organisation) -> Group:
    """A group."""
    return made(acme)


@pytest.fixture
def ben(acme: Organisation, sales: Group) -> Person:
    """Somebody in it, with a phone."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    put_in(acme, sales, ben)
    return acme.person(ben.id)


def test_everybody_in_the_group_is_told_once(acme: Organisation, sales: Group, ben: Person) -> None:
    """Not the disabled and not the others; the same days again are no news, other days are."""
    eve, zoe = acme.add("Eve"), acme.add("Zoe")
    put_in(acme, sales, eve)
    acme.call(people.set_disabled, actor=acme.owner, person_id=eve.id, disabled=True)
    for _ in range(2):
        assert isinstance(plan(acme, sales), Group)
    for person, number in ((ben, 1), (eve, 0), (zoe, 0)):
        kinds = [mail.kind for mail in acme.mails(person)]
        assert kinds.count(MailKind.EXCHANGE_SET) == number
    (event,) = acme.events(EventKind.GROUP_EXCHANGE_SET)
    assert event.data["told"] == 1
    plan(acme, sales, last=3)
    kinds = [mail.kind for mail in acme.mails(ben)]
    assert kinds.count(MailKind.EXCHANGE_SET) == 2


def test_a_complete_sign_in_asks_once_in_the_days(
    acme: Organisation, sales: Group, ben: Person
) -> None:
    """Neither before nor after them, and not a second time; new days ask anew."""
    plan(acme, sales)
    assert acme.signed_in(ben).return_to == "/"
    acme.clock.advance(DAY)
    assert acme.signed_in(ben).return_to == ASKED
    assert acme.call(exchange.running, person=ben) is not None
    assert acme.signed_in(ben).return_to == "/"
    acme.clock.advance(3 * DAY)
    assert acme.call(exchange.running, person=ben) is None
    plan(acme, sales)
    acme.clock.advance(DAY)
    assert acme.signed_in(ben).return_to == ASKED


def test_only_a_sign_in_with_a_factor_asks_and_only_for_an_older_phone(
    acme: Organisation, sales: Group, ben: Person
) -> None:
    """Somebody without one has nothing to exchange, as has whoever set it up on these days;
    neither a trusted browser nor a passkey alone proves an old phone.
    """
    ada, eve, kim = acme.add("Ada"), acme.add("Eve"), acme.add("Kim")
    give(acme, acme.caller(kim))
    put_in(acme, sales, ada, eve, kim)
    trusted = acme.known(ben, trust=True)
    plan(acme, sales)
    acme.clock.advance(DAY)
    assert acme.signed_in(acme.person(ada.id)).return_to == "/"
    acme.enrol(eve)
    assert acme.signed_in(acme.person(eve.id)).return_to == "/"
    assert acme.signed_in(ben, place=trusted).return_to == "/"
    assert acme.signed_in(ben).return_to == ASKED
    put_in(acme, sales, acme.add("Zoe"))


def test_whoever_leaves_the_group_is_not_asked(
    acme: Organisation, sales: Group, ben: Person
) -> None:
    """The days are the group's."""
    plan(acme, sales)
    acme.clock.advance(DAY)
    caller = acme.caller(acme.owner)
    acme.call(groups.place, caller=caller, person_id=ben.id, group_id=sales.id, inside=False)
    assert acme.signed_in(ben).return_to == "/"
    assert acme.call(exchange.running, person=acme.person(ben.id)) is None


def test_days_are_taken_back_without_a_mail(acme: Organisation, sales: Group, ben: Person) -> None:
    """By two empty dates."""
    plan(acme, sales)
    caller = acme.caller(acme.owner)
    ended = acme.call(groups.set_exchange, caller=caller, group_id=sales.id, first="", last="")
    assert isinstance(ended, Group)
    assert ended.exchange_from_at is None
    acme.clock.advance(DAY)
    assert acme.signed_in(ben).return_to == "/"
    kinds = [mail.kind for mail in acme.mails(ben)]
    assert kinds.count(MailKind.EXCHANGE_SET) == 1


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [(-3, -2, "last"), (2, 1, "last"), (1, 32, "last")],
    ids=["over", "turned round", "too many"],
)
def test_days_that_cannot_be_used_are_refused(
    acme: Organisation, sales: Group, first: int, last: int, field: str
) -> None:
    """With the field at fault."""
    refused = plan(acme, sales, first=first, last=last)
    assert isinstance(refused, Refused)
    assert refused.field == field


def test_a_group_of_another_account_is_none(acme: Organisation, bolt: Organisation) -> None:
    """Its days are set by its own admins."""
    assert plan(acme, made(bolt)) is None
