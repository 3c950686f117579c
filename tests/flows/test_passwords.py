"""Setting a password: forgotten, invited, changed. Never a sign-in, never the second factor."""

import pytest

from tests.storage.races import race
from tests.world import DESK, ENCODED, HERE, Organisation
from twofold.core.authenticators import Totp
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import MINUTE, Credential, Person, PersonState
from twofold.core.sessions import Caller
from twofold.core.tokens import Purpose
from twofold.flows import enrol, links, passwords, people, sessions, step_up
from twofold.flows.links import LinkTrouble
from twofold.flows.passwords import PasswordChanged, PasswordSet
from twofold.flows.sign_in import HalfWay, PasswordRefused, SignedIn, SignInEnded
from twofold.flows.step_up import OwnPasswordTry

NEW = ENCODED.replace("c2FsdHNhbHQ", "b3RoZXJzYWx0")


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member with a password."""
    return acme.add("Ben")


def set_by_link(
    acme: Organisation, token: str, purpose: Purpose = Purpose.PASSWORD
) -> PasswordSet | LinkTrouble:
    """Send the form behind the link."""
    return acme.call(passwords.set_by_link, purpose=purpose, token=token, encoded=NEW, source=DESK)


def forget(acme: Organisation, person: Person) -> str:
    """Ask for a link; its token."""
    acme.call(passwords.request_link, email=person.email)
    return acme.token(person, MailKind.PASSWORD_LINK)


def own_try(acme: Organisation, caller: Caller) -> OwnPasswordTry:
    """The caller's own password, to be proved again."""
    return acme.call(step_up.look_up_own_password, caller=caller, place=HERE)


def stored(acme: Organisation, person: Person) -> Credential:
    """The password as it is stored now."""
    return acme.store.call(lambda tx: tx.people.credential(person.id))


def change(
    acme: Organisation, person: Person, *, proved: bool = True
) -> PasswordChanged | PasswordRefused | SignInEnded:
    """A new password from the person's own profile."""
    caller = acme.caller(person)
    return acme.call(
        passwords.change,
        caller=caller,
        tried=own_try(acme, caller),
        proved=proved,
        encoded=NEW,
        place=HERE,
    )


def test_asking_for_a_link_answers_nobody(acme: Organisation, ben: Person) -> None:
    """Known, unknown and disabled: the same answer; mail goes to the known one alone."""
    eve = acme.add("Eve")
    acme.call(people.set_disabled, actor=acme.owner, person_id=eve.id, disabled=True)
    for email in ("BEN@acme.example", "nobody@acme.example", eve.email):
        acme.call(passwords.request_link, email=email)
    assert [mail.kind for mail in acme.mails(ben)] == [MailKind.PASSWORD_LINK]
    assert acme.mails(eve) == []
    (event,) = acme.events(EventKind.PASSWORD_LINK_SENT)
    assert (event.actor_id, event.subject_id) == (None, ben.id)


def test_links_are_mailed_three_times_in_fifteen_minutes(acme: Organisation, ben: Person) -> None:
    """More presses, also at once, send nothing (mail bombing)."""
    race(10, lambda _: acme.call(passwords.request_link, email=ben.email))
    assert len(acme.mails(ben, MailKind.PASSWORD_LINK)) == 3
    acme.clock.advance(15 * MINUTE + 1)
    acme.call(passwords.request_link, email=ben.email)
    assert len(acme.mails(ben, MailKind.PASSWORD_LINK)) == 4


def test_a_new_password_by_link_signs_nobody_in(acme: Organisation, ben: Person) -> None:
    """All sessions and half-finished sign-ins end; the factor is still asked for."""
    acme.enrol(ben)
    factor, half_token = acme.active(ben), acme.half_token(ben)
    answer = set_by_link(acme, forget(acme, ben))
    assert answer == PasswordSet(ben, "")
    assert acme.sessions(ben) == 0
    assert acme.half_of(half_token) is None
    assert acme.active(ben) == factor
    assert (stored(acme, ben).encoded, stored(acme, ben).password_version) == (NEW, 2)
    assert isinstance(acme.submit_password(ben), HalfWay)


def test_a_new_password_by_link_is_told(acme: Organisation, ben: Person) -> None:
    """By mail, and in the log with the kind of link."""
    set_by_link(acme, forget(acme, ben))
    (mail,) = acme.mails(ben, MailKind.PASSWORD_CHANGED)
    assert mail.params == {"at": acme.now, "browser": DESK.browser}
    (event,) = acme.events(EventKind.PASSWORD_SET)
    assert event.data == {"by": "password"}


def test_a_password_link_is_used_once(acme: Organisation, ben: Person) -> None:
    """Of ten presses at once one sets the password."""
    token = forget(acme, ben)
    answers = race(10, lambda _: set_by_link(acme, token))
    assert sum(isinstance(answer, PasswordSet) for answer in answers) == 1
    assert answers.count(LinkTrouble.USED) == 9
    assert stored(acme, ben).password_version == 2


def test_two_links_of_one_version_set_one_password(acme: Organisation, ben: Person) -> None:
    """An invitation and a password link used at the same moment: the second is dead."""
    first, second = (
        acme.call(links.mint, purpose, ben)[0] for purpose in (Purpose.INVITATION, Purpose.PASSWORD)
    )
    pairs = [(first, Purpose.INVITATION), (second, Purpose.PASSWORD)]
    answers = race(2, lambda n: set_by_link(acme, *pairs[n]))
    assert sum(isinstance(answer, PasswordSet) for answer in answers) == 1
    assert LinkTrouble.USED in answers
    assert stored(acme, ben).password_version == 2


def test_a_link_without_a_person_sets_no_password(acme: Organisation) -> None:
    """The first-admin link belongs to nobody."""
    token, _ = acme.call(links.mint, Purpose.FIRST_ADMIN, None)
    assert set_by_link(acme, token, Purpose.FIRST_ADMIN) is LinkTrouble.UNKNOWN
    assert stored(acme, acme.owner).password_version == 1


def test_an_invitation_makes_the_person_active(acme: Organisation) -> None:
    """While nothing is demanded it leads to the sign-in page, and no mail is written."""
    gil = acme.add("Gil", invited=True)
    token = acme.token(gil, MailKind.INVITATION)
    assert set_by_link(acme, token, Purpose.INVITATION) == PasswordSet(gil, "")
    now = acme.person(gil.id)
    assert (now.state, now.has_password, now.password_version) == (PersonState.ACTIVE, True, 1)
    assert acme.mails(gil, MailKind.PASSWORD_CHANGED) == []
    assert isinstance(acme.submit_password(gil), SignedIn)


def test_an_invitation_under_the_policy_leads_to_the_set_up(acme: Organisation) -> None:
    """The mailbox was proved a moment ago: the set-up link is handed on, not mailed again."""
    acme.switch_on()
    gil = acme.add("Gil", invited=True)
    answer = set_by_link(acme, acme.token(gil, MailKind.INVITATION), Purpose.INVITATION)
    assert isinstance(answer, PasswordSet)
    pending = acme.call(enrol.begin_demanded, half=acme.half(gil), token=answer.enrol_token)
    assert isinstance(pending, Totp)


def test_a_forgotten_password_under_the_policy_leads_to_no_set_up(acme: Organisation) -> None:
    """A mailbox alone must not be enough to bind a factor in one go."""
    ben = acme.add("Ben")
    acme.switch_on()
    answer = set_by_link(acme, forget(acme, ben))
    assert isinstance(answer, PasswordSet)
    assert (answer.person.id, answer.enrol_token) == (ben.id, "")


def test_a_pending_set_up_of_the_old_password_is_not_shown(acme: Organisation, ben: Person) -> None:
    """Whoever had the old password may have begun it."""
    seen = acme.call(enrol.begin_own, caller=acme.caller(ben))
    acme.clock.advance(1)
    set_by_link(acme, forget(acme, ben))
    fresh = acme.call(enrol.begin_own, caller=acme.caller(ben))
    assert isinstance(seen, Totp)
    assert isinstance(fresh, Totp)
    assert fresh.secret != seen.secret


def test_a_password_is_changed_from_the_profile(acme: Organisation, ben: Person) -> None:
    """Other sessions and half-finished sign-ins end; this one goes on under a new token."""
    other = acme.caller(ben)
    answer = change(acme, ben)
    assert isinstance(answer, PasswordChanged)
    caller = acme.caller_of(answer.token)
    assert caller is not None
    assert caller.session.password_at == acme.now
    assert caller.session.id != other.session.id
    assert acme.sessions(ben) == 1
    assert stored(acme, ben).encoded == NEW
    assert len(acme.mails(ben, MailKind.PASSWORD_CHANGED)) == 1
    assert len(acme.events(EventKind.PASSWORD_CHANGED)) == 1


def test_a_wrong_current_password_changes_nothing(acme: Organisation, ben: Person) -> None:
    """It is refused and written down."""
    before = stored(acme, ben)
    assert change(acme, ben, proved=False) == PasswordRefused()
    assert stored(acme, ben) == before
    assert len(acme.events(EventKind.PASSWORD_WRONG)) == 1
    assert acme.mails(ben) == []


@pytest.mark.parametrize(
    ("meanwhile", "refusal"),
    [("session ended", SignInEnded()), ("password changed", PasswordRefused())],
)
def test_a_change_that_was_overtaken_does_nothing(
    acme: Organisation, ben: Person, meanwhile: str, refusal: object
) -> None:
    """The session must be alive, and the proved password still the person's."""
    caller = acme.caller(ben)
    tried = own_try(acme, caller)
    if meanwhile == "session ended":
        acme.call(sessions.end, caller=caller)
    else:
        acme.store.call(lambda tx: tx.people.set_password(ben.id, "$new", expected_version=1))
    before = stored(acme, ben)
    answer = acme.call(
        passwords.change, caller=caller, tried=tried, proved=True, encoded=NEW, place=HERE
    )
    assert answer == refusal
    assert stored(acme, ben) == before
    assert acme.mails(ben) == []
