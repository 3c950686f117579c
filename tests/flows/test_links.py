"""One-time links: made, looked at, used once."""

import pytest

from tests.storage.races import race
from tests.world import ENCODED, HERE, Organisation
from twofold.core.people import Person
from twofold.core.tokens import LINK_LIFETIME, Purpose
from twofold.flows import links, passwords, step_up
from twofold.flows.links import LinkTrouble, OpenLink

FOR_PEOPLE = [Purpose.INVITATION, Purpose.ENROL, Purpose.PASSWORD]


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """Somebody with a password."""
    return acme.add("Ben")


def look(acme: Organisation, purpose: Purpose, token: str) -> OpenLink | LinkTrouble:
    """What GET shows."""
    return acme.call(links.look, purpose=purpose, token=token)


def use(acme: Organisation, purpose: Purpose, token: str) -> OpenLink | LinkTrouble:
    """What POST does."""
    return acme.call(links.use, purpose=purpose, token=token)


@pytest.mark.parametrize("purpose", FOR_PEOPLE)
def test_looking_does_not_use(acme: Organisation, ben: Person, purpose: Purpose) -> None:
    """A mail scanner may open a link as often as it likes (promise P2)."""
    token, expires_at = acme.call(links.mint, purpose, ben)
    assert expires_at == acme.now + LINK_LIFETIME[purpose]
    for _ in range(3):
        opened = look(acme, purpose, token)
        assert isinstance(opened, OpenLink)
        assert (opened.person, opened.account) == (ben, acme.account)
    assert isinstance(use(acme, purpose, token), OpenLink)
    assert use(acme, purpose, token) is LinkTrouble.USED
    assert look(acme, purpose, token) is LinkTrouble.USED


@pytest.mark.parametrize("purpose", FOR_PEOPLE)
def test_a_link_opens_nothing_of_another_purpose(
    acme: Organisation, ben: Person, purpose: Purpose
) -> None:
    """No kind can stand in for another."""
    token, _ = acme.call(links.mint, purpose, ben)
    for other in set(LINK_LIFETIME) - {purpose}:
        assert use(acme, other, token) is LinkTrouble.UNKNOWN
    assert isinstance(use(acme, purpose, token), OpenLink)


def test_fifty_threads_use_a_link_once(acme: Organisation, ben: Person) -> None:
    """Exactly one gets it, the others read that it is used."""
    token, _ = acme.call(links.mint, Purpose.PASSWORD, ben)
    answers = race(50, lambda _: use(acme, Purpose.PASSWORD, token))
    assert sum(isinstance(answer, OpenLink) for answer in answers) == 1
    assert answers.count(LinkTrouble.USED) == 49


def test_a_new_link_kills_the_old_one_of_its_kind(acme: Organisation, ben: Person) -> None:
    """Other kinds and other people's links live on."""
    eve = acme.add("Eve")
    old, _ = acme.call(links.mint, Purpose.PASSWORD, ben)
    enrol, _ = acme.call(links.mint, Purpose.ENROL, ben)
    hers, _ = acme.call(links.mint, Purpose.PASSWORD, eve)
    new, _ = acme.call(links.mint, Purpose.PASSWORD, ben)
    assert use(acme, Purpose.PASSWORD, old) is LinkTrouble.EXPIRED
    for purpose, token in (
        (Purpose.PASSWORD, new),
        (Purpose.ENROL, enrol),
        (Purpose.PASSWORD, hers),
    ):
        assert isinstance(look(acme, purpose, token), OpenLink)


def test_a_link_may_be_added_beside_the_others(acme: Organisation, ben: Person) -> None:
    """Any of the mails that somebody has works, where we wrote the second one unasked."""
    old, _ = acme.call(links.mint, Purpose.ENROL, ben)
    new, _ = acme.call(links.mint, Purpose.ENROL, ben, replace=False)
    assert isinstance(look(acme, Purpose.ENROL, old), OpenLink)
    assert isinstance(look(acme, Purpose.ENROL, new), OpenLink)


def test_a_link_ends_at_its_second(acme: Organisation, ben: Person) -> None:
    """The last second counts, the next one does not."""
    token, _ = acme.call(links.mint, Purpose.PASSWORD, ben)
    acme.clock.advance(LINK_LIFETIME[Purpose.PASSWORD] - 1)
    assert isinstance(look(acme, Purpose.PASSWORD, token), OpenLink)
    acme.clock.advance(1)
    assert use(acme, Purpose.PASSWORD, token) is LinkTrouble.EXPIRED


def test_another_password_kills_every_link(acme: Organisation, ben: Person) -> None:
    """Links remember the password version under which they were made."""
    tokens = {purpose: acme.call(links.mint, purpose, ben)[0] for purpose in FOR_PEOPLE}
    caller = acme.caller(ben)
    changed = acme.call(
        passwords.change,
        caller=caller,
        tried=acme.call(step_up.look_up_own_password, caller=caller, place=HERE),
        proved=True,
        encoded=ENCODED,
        place=HERE,
    )
    assert isinstance(changed, passwords.PasswordChanged)
    assert [use(acme, *one) for one in tokens.items()] == [LinkTrouble.USED] * 3


def test_what_is_no_token_is_unknown(acme: Organisation) -> None:
    """Empty, long, strange: one answer."""
    for token in ("", "x" * 10_000, "\u202e", "A" * 43):
        assert look(acme, Purpose.PASSWORD, token) is LinkTrouble.UNKNOWN
