"""A second mail address: told like the first, opens nothing, and comes and goes in the open."""

import pytest

from tests.flows.way_back_changes import SECOND, asked, two_addresses
from tests.storage.races import race
from tests.world import DESK, Organisation
from twofold.core.addresses import SecondAddress
from twofold.core.desk import Act
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import HOUR, MINUTE, Person, PersonState
from twofold.flows import addresses, browsers, passwords, people, recovery
from twofold.flows.links import LinkTrouble
from twofold.flows.setup import Refused


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member with an authenticator."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    return ben


def written(acme: Organisation, person: Person, kind: MailKind) -> list[str]:
    """To which addresses mails of one kind were written, oldest first."""
    return [mail.to_address for mail in reversed(acme.mails(person, kind))]


def second(acme: Organisation, person: Person) -> SecondAddress | None:
    """The person's second address as it is stored."""
    return acme.store.call(lambda tx: addresses.own(tx, person_id=person.id))


def test_it_counts_once_the_link_that_was_mailed_there_is_used(
    acme: Organisation, ben: Person
) -> None:
    """The link goes there and nowhere else; the first address is told before and after."""
    token = asked(acme, ben)
    assert written(acme, ben, MailKind.ADDRESS_LINK) == [SECOND]
    assert written(acme, ben, MailKind.ADDRESS_ASKED) == [ben.email]
    waiting = acme.call(addresses.look, token=token)
    assert isinstance(waiting, SecondAddress)
    assert (waiting.email, waiting.confirmed_at) == (SECOND, None)
    assert isinstance(acme.call(addresses.confirm, token=token), SecondAddress)
    assert written(acme, ben, MailKind.ADDRESS_ADDED) == [SECOND, ben.email]
    confirmed = second(acme, ben)
    assert confirmed is not None
    assert confirmed.confirmed_at == acme.now
    for again in (addresses.look, addresses.confirm):
        assert acme.call(again, token=token) is LinkTrouble.USED


def test_every_mail_without_a_token_goes_to_both(acme: Organisation, ben: Person) -> None:
    """A new set of recovery codes, a lock that an admin took away, a new password, the end of the
    authenticator: each is told at both addresses, under a Message-ID of its own.
    """
    two_addresses(acme, ben)
    acme.call(recovery.make, caller=acme.caller(ben), source=DESK)
    acme.help(ben, Act.UNLOCK)
    acme.help(ben, Act.INVITE, stolen=True)
    for kind in (MailKind.RECOVERY_MADE, MailKind.UNLOCKED, MailKind.STOPPED):
        assert written(acme, ben, kind) == [SECOND, ben.email]
    ids = [mail.message_id for mail in acme.mails(ben)]
    assert len(set(ids)) == len(ids)


def test_a_mail_with_a_token_goes_to_the_first_alone(acme: Organisation, ben: Person) -> None:
    """Whatever opens something: a new password, a browser, the code, the set-up."""
    two_addresses(acme, ben)
    acme.call(passwords.request_link, email=ben.email)
    acme.call(browsers.ask_for_link, email=ben.email, source=DESK)
    acme.call(browsers.send_code_link, half=acme.half(ben), source=DESK)
    for kind in (MailKind.PASSWORD_LINK, MailKind.BROWSER_LINK, MailKind.CODE_LINK):
        assert written(acme, ben, kind) == [ben.email]
    token = acme.token(ben, MailKind.PASSWORD_LINK)
    with_token = [mail for mail in acme.mails(ben) if mail.to_address == SECOND]
    assert [mail.kind for mail in with_token if mail.params.get("token")] == [MailKind.ADDRESS_LINK]
    assert token not in str(with_token)


def test_nothing_is_told_to_an_address_that_nobody_confirmed(
    acme: Organisation, ben: Person
) -> None:
    """It may be a stranger's."""
    asked(acme, ben)
    acme.help(ben, Act.UNLOCK)
    assert written(acme, ben, MailKind.UNLOCKED) == [ben.email]


def test_removing_it_is_told_to_both_and_ends_its_link(acme: Organisation, ben: Person) -> None:
    """The old one too, so that whoever removes it cannot do so unseen."""
    two_addresses(acme, ben)
    assert acme.call(addresses.remove, caller=acme.caller(ben))
    assert written(acme, ben, MailKind.ADDRESS_REMOVED) == [SECOND, ben.email]
    assert second(acme, ben) is None
    assert not acme.call(addresses.remove, caller=acme.caller(ben))
    token = asked(acme, ben)
    assert acme.call(addresses.remove, caller=acme.caller(ben))
    assert acme.call(addresses.confirm, token=token) is LinkTrouble.EXPIRED
    assert written(acme, ben, MailKind.ADDRESS_REMOVED)[2:] == [ben.email]


def test_the_log_names_the_address_each_time(acme: Organisation, ben: Person) -> None:
    """Whoever looks for a break-in must see which address was there, also when it is gone."""
    two_addresses(acme, ben)
    acme.call(addresses.remove, caller=acme.caller(ben))
    kinds = (EventKind.ADDRESS_ASKED, EventKind.ADDRESS_CONFIRMED, EventKind.ADDRESS_REMOVED)
    for kind, actor in zip(kinds, (ben.id, None, ben.id), strict=True):
        (event,) = acme.events(kind)
        assert (event.subject_id, event.actor_id) == (ben.id, actor)
        assert event.data == {"second": SECOND}


def test_only_the_newest_address_that_was_entered_can_be_confirmed(
    acme: Organisation, ben: Person
) -> None:
    """A mistyped one is forgotten, and its link with it."""
    older = asked(acme, ben, "ann@homr.example")
    newer = asked(acme, ben)
    assert acme.call(addresses.confirm, token=older) is LinkTrouble.EXPIRED
    assert isinstance(acme.call(addresses.confirm, token=newer), SecondAddress)
    confirmed = second(acme, ben)
    assert confirmed is not None
    assert confirmed.email == SECOND


@pytest.mark.parametrize(
    "typed", ["", "no address", "BEN@acme.example ", "ａnn @x", "a@b.c, d@e.f"]
)
def test_what_cannot_be_a_second_address_is_refused(
    acme: Organisation, ben: Person, typed: str
) -> None:
    """Malformed, or the first one in any spelling; nothing is kept and nothing is mailed."""
    refused = acme.call(addresses.ask, caller=acme.caller(ben), email=typed)
    assert isinstance(refused, Refused)
    assert refused.field == "second"
    assert second(acme, ben) is None
    assert written(acme, ben, MailKind.ADDRESS_LINK) == []


def test_a_confirmed_one_is_not_replaced_but_removed_first(acme: Organisation, ben: Person) -> None:
    """So that the old one hears of it before a new one is there."""
    two_addresses(acme, ben)
    refused = acme.call(addresses.ask, caller=acme.caller(ben), email="new@home.example")
    assert isinstance(refused, Refused)
    assert "Remove it first" in refused.sentence


def test_two_people_may_have_the_same_one(acme: Organisation, ben: Person) -> None:
    """A family's mailbox; nobody is found or signed in by it."""
    ann = acme.add("Ann")
    for person in (ann, ben):
        two_addresses(acme, person, "family@home.example")
    found = acme.store.call(lambda tx: tx.people.by_email("family@home.example"))
    assert found is None
    assert acme.look_up("family@home.example").person_id is None


def test_links_to_strangers_are_few(acme: Organisation, ben: Person) -> None:
    """Somebody with a session cannot fill a stranger's mailbox."""
    for number in range(3):
        asked(acme, ben, f"stranger{number}@home.example")
    refused = acme.call(addresses.ask, caller=acme.caller(ben), email=SECOND)
    assert isinstance(refused, Refused)
    acme.clock.advance(15 * MINUTE + 1)
    asked(acme, ben)


def test_its_link_ends_after_an_hour_and_with_the_password(acme: Organisation, ben: Person) -> None:
    """And with its person."""
    token = asked(acme, ben)
    acme.clock.advance(HOUR)
    assert acme.call(addresses.confirm, token=token) is LinkTrouble.EXPIRED
    token = asked(acme, ben)
    acme.store.call(lambda tx: tx.people.set_password(ben.id, "x", expected_version=1))
    assert acme.call(addresses.confirm, token=token) is LinkTrouble.USED
    token = asked(acme, acme.person(ben.id))
    acme.call(people.set_disabled, actor=acme.owner, person_id=ben.id, disabled=True)
    assert acme.person(ben.id).state is PersonState.DISABLED
    assert acme.call(addresses.look, token=token) is LinkTrouble.UNKNOWN


def test_many_at_once_confirm_it_once_and_remove_it_once(acme: Organisation, ben: Person) -> None:
    """One event of each kind, one mail to each address."""
    token, caller = asked(acme, ben), acme.caller(ben)
    answers = race(12, lambda _: acme.call(addresses.confirm, token=token))
    assert sum(isinstance(answer, SecondAddress) for answer in answers) == 1
    assert sorted(written(acme, ben, MailKind.ADDRESS_ADDED)) == sorted([SECOND, ben.email])
    removed = race(12, lambda _: acme.call(addresses.remove, caller=caller))
    assert removed.count(True) == 1
    assert len(acme.events(EventKind.ADDRESS_REMOVED)) == 1
