"""Making an account: from the printed link, from the command line; links from the console."""

import pytest

from tests.conftest import FixedClock
from tests.storage.races import race
from tests.world import DESK, ENCODED, HERE, Organisation
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import MINUTE, PersonState, Role
from twofold.core.tokens import Purpose, digest
from twofold.flows import links, passwords, people, setup
from twofold.flows.links import LinkTrouble
from twofold.flows.setup import ConsoleLink, Founded, Refused
from twofold.flows.sign_in import SignedIn
from twofold.ports import Store


def found_by_link(
    store: Store, clock: FixedClock, token: str, **other: str
) -> SignedIn | Refused | LinkTrouble:
    """Send the form behind the printed link."""
    form = {"name": "Olga", "email": "olga@acme.example", "organisation": "Acme"} | other
    return store.call(
        setup.found_by_link, clock.now(), token=token, encoded=ENCODED, place=HERE, **form
    )


def first_link(store: Store, clock: FixedClock) -> str:
    """The printed link's token."""
    link = store.call(setup.console_link, clock.now(), email=None)
    assert isinstance(link, ConsoleLink)
    assert (link.owner, link.expires_at) == (None, clock.now() + 30 * MINUTE)
    return link.token


def test_the_printed_link_makes_an_account_and_a_session(store: Store, clock: FixedClock) -> None:
    """The owner goes on without signing in again; the link is used."""
    token = first_link(store, clock)
    assert store.call(setup.needs_first_admin)
    answer = found_by_link(store, clock, token, name=" Olga ", organisation=" Acme ")
    assert isinstance(answer, SignedIn)
    caller = store.call(
        lambda tx: tx.sessions.by_token(digest(Purpose.SESSION, answer.token), clock.now())
    )
    assert caller is not None
    assert (caller.person.name, caller.person.role) == ("Olga", Role.OWNER)
    assert caller.person.state is PersonState.ACTIVE
    assert (caller.account.name, caller.account.issuer) == ("Acme", "Acme")
    assert not caller.account.requires_factor
    kinds = [
        event.kind for event in store.call(lambda tx: tx.events.of(caller.account.id, limit=9))
    ]
    assert kinds == [
        EventKind.SIGN_IN_COMPLETED,
        EventKind.PERSON_ADDED,
        EventKind.ACCOUNT_CREATED,
    ]
    assert not store.call(setup.needs_first_admin)
    assert found_by_link(store, clock, token, email="eve@acme.example") is LinkTrouble.USED


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("email", "olga"), ("organisation", " "), ("organisation", "\u202e")],
)
def test_a_field_that_cannot_be_used_leaves_the_link_alive(
    store: Store, clock: FixedClock, field: str, value: str
) -> None:
    """The first field at fault is named; the form can be sent again."""
    token = first_link(store, clock)
    refused = found_by_link(store, clock, token, **{field: value})
    assert isinstance(refused, Refused)
    assert refused.field == field
    assert store.call(setup.needs_first_admin)
    assert isinstance(found_by_link(store, clock, token), SignedIn)


def test_the_printed_link_dies_by_time_by_a_newer_one_and_by_an_account(
    store: Store, clock: FixedClock
) -> None:
    """Half an hour; one link at a time; and never beside an account that exists."""
    first = first_link(store, clock)
    second = first_link(store, clock)
    assert found_by_link(store, clock, first) is LinkTrouble.EXPIRED
    clock.advance(30 * MINUTE)
    assert found_by_link(store, clock, second) is LinkTrouble.EXPIRED
    assert found_by_link(store, clock, "nonsense") is LinkTrouble.UNKNOWN
    third = first_link(store, clock)
    made = store.call(
        setup.found,
        clock.now(),
        name="Kim",
        email="kim@acme.example",
        organisation="Acme",
        encoded=ENCODED,
    )
    assert isinstance(made, Founded)
    assert found_by_link(store, clock, third) is LinkTrouble.USED


def test_one_link_pressed_at_once_makes_one_account(store: Store, clock: FixedClock) -> None:
    """Twelve presses, with different addresses: eleven read that the link is used."""
    token = first_link(store, clock)
    answers = race(12, lambda n: found_by_link(store, clock, token, email=f"olga{n}@acme.example"))
    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert answers.count(LinkTrouble.USED) == 11
    assert store.call(lambda tx: tx.accounts.count()) == 1


def test_setup_may_run_again_with_another_address(acme: Organisation) -> None:
    """A second account; an address exists once in the deployment, in any spelling."""
    form = {"name": "Kim", "organisation": "Bolt", "encoded": ENCODED}
    refused = acme.call(setup.found, email="OLGA@acme.example", **form)
    assert isinstance(refused, Refused)
    assert refused.field == "email"
    assert isinstance(acme.call(setup.found, email="", **form), Refused)
    assert acme.store.call(lambda tx: tx.accounts.count()) == 1
    assert isinstance(acme.call(setup.found, email="kim@bolt.example", **form), Founded)
    assert acme.store.call(lambda tx: tx.accounts.count()) == 2


def test_the_console_makes_a_password_link_for_an_owner(acme: Organisation) -> None:
    """It sets a password and nothing else; the owner is told, without the token (promise P8)."""
    link = acme.call(setup.console_link, email=None)
    assert isinstance(link, ConsoleLink)
    assert link.owner == acme.owner
    (mail,) = acme.mails(acme.owner, MailKind.CONSOLE_LINK)
    assert link.token not in map(str, mail.params.values())
    (event,) = acme.events(EventKind.CONSOLE_LINK_MADE)
    assert (event.actor_id, event.subject_id) == (None, acme.owner_id)
    opened = acme.call(links.look, purpose=Purpose.PASSWORD, token=link.token)
    assert isinstance(opened, links.OpenLink)
    before = acme.sessions(acme.owner)
    assert isinstance(
        acme.call(
            passwords.set_by_link,
            purpose=Purpose.PASSWORD,
            token=link.token,
            encoded=ENCODED,
            source=DESK,
        ),
        passwords.PasswordSet,
    )
    assert acme.sessions(acme.owner) == before == 0


def test_the_console_refuses_whoever_is_no_active_admin(acme: Organisation) -> None:
    """Members, unknown addresses and disabled admins get no link; an admin does."""
    acme.add("Ben")
    eve = acme.add("Eve", Role.ADMIN)
    for email in ("ben@acme.example", "nobody@acme.example"):
        assert isinstance(acme.call(setup.console_link, email=email), Refused)
    made = acme.call(setup.console_link, email="EVE@acme.example")
    assert isinstance(made, ConsoleLink)
    assert made.owner == eve
    acme.call(people.set_disabled, actor=acme.owner, person_id=eve.id, disabled=True)
    assert isinstance(acme.call(setup.console_link, email=eve.email), Refused)
