"""The operator's link: in place of the second factor, never in place of the password."""

import pytest

from tests.storage.races import race
from tests.world import HERE, Organisation
from twofold.core.authenticators import Totp
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import DAY, HOUR, Person, Role
from twofold.core.sessions import HalfCaller, Stage
from twofold.core.tokens import Maker
from twofold.flows import enrol, recovery_link
from twofold.flows.links import LinkTrouble
from twofold.flows.recovery_link import RecoveryLink
from twofold.flows.setup import Refused
from twofold.flows.sign_in import HalfWay, SignedIn
from twofold.flows.verify import Suspended


@pytest.fixture
def olga(acme: Organisation) -> Person:
    """The only owner, enrolled."""
    acme.enrol(acme.owner)
    acme.clock.advance(60)
    return acme.owner


def made(acme: Organisation, person: Person) -> str:
    """The token of a new link."""
    link = acme.call(recovery_link.make, email=person.email)
    assert isinstance(link, RecoveryLink)
    assert link.token not in repr(link)
    return link.token


def fresh(acme: Organisation, person: Person) -> tuple[str, HalfCaller]:
    """A half-finished sign-in with its cookie's token."""
    token = acme.half_token(person)
    half = acme.half_of(token)
    assert half is not None
    return token, half


def test_an_owner_without_a_phone_sets_up_anew(acme: Organisation, olga: Person) -> None:
    """Password, link, set-up: the old phone works until then and not after."""
    old, link = acme.active(olga), made(acme, olga)
    cookie, half = fresh(acme, olga)
    set_up = acme.call(recovery_link.use, half=half, token=link)
    assert not isinstance(set_up, LinkTrouble)
    assert acme.active(olga) == old
    half = acme.half_of(cookie)
    assert half is not None
    pending = acme.call(enrol.begin_demanded, half=half, token=set_up)
    assert isinstance(pending, Totp)
    code = acme.code_of(pending)
    done = acme.call(enrol.save_demanded, half=half, token=set_up, typed=code, place=HERE)
    assert isinstance(done, SignedIn)
    assert acme.active(olga).id == pending.id


def test_it_helps_where_the_authenticator_was_disabled(acme: Organisation, olga: Person) -> None:
    """Nobody outranks an owner, so nobody else can."""
    acme.store.call(lambda tx: tx.authenticators.disable(olga.id, at=acme.now))
    before, after = (acme.code(olga, steps=n) for n in (-1, 0))
    assert isinstance(acme.submit_code(acme.half(olga), before, after), Suspended)
    _, half = fresh(acme, olga)
    assert isinstance(acme.call(recovery_link.use, half=half, token=made(acme, olga)), str)


def test_every_owner_and_the_person_are_told(acme: Organisation, olga: Person) -> None:
    """And the log."""
    second, ben = acme.add("Otto", Role.OWNER), acme.add("Ben")
    acme.enrol(ben)
    made(acme, ben)
    for one in (olga, second, ben):
        (mail,) = acme.mails(one, MailKind.RECOVERY_LINK)
        assert (mail.params["whose"], mail.params["email"]) == (ben.name, ben.email)
    (event,) = acme.events(EventKind.RECOVERY_LINK_MADE)
    assert (event.actor_id, event.subject_id) == (None, ben.id)


def test_it_is_of_its_person_works_once_and_for_an_hour(acme: Organisation, olga: Person) -> None:
    """Somebody else's, a second time, too late, an older one: it opens nothing."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    older, link = made(acme, olga), made(acme, olga)
    use = recovery_link.use
    assert acme.call(use, half=acme.half(ben), token=link) is LinkTrouble.FOREIGN
    assert acme.call(use, half=acme.half(olga), token=older) is LinkTrouble.EXPIRED
    assert acme.call(use, half=acme.half(olga), token="x" * 43) is LinkTrouble.UNKNOWN
    assert isinstance(acme.call(use, half=acme.half(olga), token=link), str)
    assert acme.call(use, half=acme.half(olga), token=link) is LinkTrouble.USED
    late = made(acme, olga)
    acme.clock.advance(HOUR)
    assert acme.call(use, half=acme.half(olga), token=late) is LinkTrouble.EXPIRED


def test_many_at_once_use_it_once(acme: Organisation, olga: Person) -> None:
    """One set-up link comes of it."""
    link, halves = made(acme, olga), [acme.half(olga), acme.half(olga)]
    answers = race(20, lambda n: acme.call(recovery_link.use, half=halves[n % 2], token=link))
    assert sum(not isinstance(answer, LinkTrouble) for answer in answers) == 1


def test_every_maker_gives_its_own_time_and_ends_the_link_of_another(
    acme: Organisation, olga: Person
) -> None:
    """An hour from the console, a day from the help desk; the newest alone works."""
    issue = recovery_link.issue
    for maker, lifetime in ((Maker.CONSOLE, HOUR), (Maker.DESK, DAY)):
        link = acme.call(issue, person=olga, maker=maker)
        assert link.expires_at == acme.now + lifetime
    older, newer = (acme.call(issue, person=olga, maker=maker) for maker in list(Maker)[:2])
    use = recovery_link.use
    assert acme.call(use, half=acme.half(olga), token=older.token) is LinkTrouble.EXPIRED
    assert isinstance(acme.call(use, half=acme.half(olga), token=newer.token), str)


def test_a_proved_set_up_ends_the_link(acme: Organisation, olga: Person) -> None:
    """What it was for is done."""
    link = made(acme, olga)
    caller = acme.caller(olga)
    pending = acme.call(enrol.begin_own, caller=caller)
    assert isinstance(pending, Totp)
    code = acme.code_of(pending)
    assert isinstance(acme.call(enrol.save_own, caller=caller, typed=code, place=HERE), SignedIn)
    assert acme.call(recovery_link.look, token=link) is LinkTrouble.EXPIRED


def test_a_trusted_browser_passes_by_no_link(acme: Organisation) -> None:
    """The sign-in that began at the link stops between password and session, where it opens."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    trusted = acme.known(ben, trust=True)
    assert isinstance(acme.submit_password(ben, place=trusted), SignedIn)
    answer = acme.submit_password(ben, place=trusted, return_to="/recover/abc")
    assert isinstance(answer, HalfWay)
    assert answer.stage is Stage.CODE


def test_nobody_without_an_authenticator_needs_one(acme: Organisation) -> None:
    """Nor anybody who is not there, or may not sign in."""
    ben = acme.add("Ben")
    assert isinstance(acme.call(recovery_link.make, email=ben.email), Refused)
    assert isinstance(acme.call(recovery_link.make, email="nobody@acme.example"), Refused)
