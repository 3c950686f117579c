"""What the help desk does: for whom, on what grounds, and what comes of it."""

from dataclasses import replace

import pytest

from tests.flows import keys, waiting
from tests.world import GROUNDS, HERE, Guesser, Organisation
from twofold.core.authenticators import Totp
from twofold.core.desk import DEFAULT_PROOFS, Act, Grounds
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import DAY, Person, Role
from twofold.core.throttle import NeedsLink, Single
from twofold.core.waits import StopReason
from twofold.flows import desk, enrol, people
from twofold.flows.desk import Refusals
from twofold.flows.desk_acts import Done
from twofold.flows.setup import Refused
from twofold.flows.sign_in import HalfWay, SignedIn
from twofold.flows.verify import Suspended

TOLD = {"admin": "Olga", "second": "", **GROUNDS.data}
KINDS = {
    Act.UNLOCK: (EventKind.UNLOCKED, MailKind.UNLOCKED),
    Act.PASS: (EventKind.PASS_MADE, MailKind.PASS_MADE),
    Act.INVITE: (EventKind.SET_UP_INVITED, MailKind.SET_UP_AGAIN),
    Act.SIGN_OUT: (EventKind.SIGNED_OUT, MailKind.SIGNED_OUT),
}


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


def fields_of(answer: object) -> list[str]:
    """Which fields a refusal is about."""
    assert isinstance(answer, Refusals)
    return [problem.field for problem in answer.problems]


@pytest.mark.parametrize("act", list(Act))
def test_every_act_is_told_by_mail_and_event_with_its_grounds(
    acme: Organisation, ben: Person, act: Act
) -> None:
    """Who did it, to whom, how they knew the caller, ticket and reason (promise P8)."""
    assert isinstance(acme.help(ben, act), Done)
    event_kind, mail_kind = KINDS[act]
    (mail,) = acme.mails(ben, mail_kind)
    assert TOLD.items() <= mail.params.items()
    assert mail.params["at"] == acme.now
    (event,) = acme.events(event_kind)
    assert (event.actor_id, event.subject_id) == (acme.owner_id, ben.id)
    assert GROUNDS.data.items() <= event.data.items()


@pytest.mark.parametrize("act", list(Act))
@pytest.mark.parametrize("actor", list(Role))
@pytest.mark.parametrize("role", list(Role))
def test_only_staff_and_only_for_a_lower_rank(
    acme: Organisation, act: Act, actor: Role, role: Role
) -> None:
    """Not for peers, not for oneself: one captured account must not open the next one's."""
    person, acting = someone(acme, role, "Pat"), acme.add("Eve", actor)
    before = acme.events()
    answer = acme.help(person, act, actor=acting)
    if actor.is_staff and role.rank < actor.rank:
        assert not isinstance(answer, Refusals)
        return
    assert fields_of(answer) == [""]
    assert acme.events() == before
    assert acme.active(person).disabled_at is None


@pytest.mark.parametrize("act", list(Act))
def test_nobody_helps_themselves(acme: Organisation, act: Act) -> None:
    """Also an owner needs somebody else, or the console."""
    acme.enrol(acme.owner)
    assert fields_of(acme.help(acme.owner, act)) == [""]


@pytest.mark.parametrize("act", list(Act))
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"proof": ""}, "proof"),
        ({"proof": "Knew the birthday"}, "proof"),
        ({"ticket": ""}, "ticket"),
        ({"ticket": "x" * 61}, "ticket"),
        ({"reason": "ok"}, "reason"),
        ({"reason": "x" * 301}, "reason"),
    ],
)
def test_without_proof_ticket_and_reason_nothing_happens(
    acme: Organisation, ben: Person, act: Act, change: dict[str, str], field: str
) -> None:
    """The field is named, and nothing is written."""
    before = (acme.events(), acme.mails(ben), acme.active(ben))
    assert fields_of(acme.help(ben, act, grounds=replace(GROUNDS, **change))) == [field]
    assert (acme.events(), acme.mails(ben), acme.active(ben)) == before


def test_all_that_is_missing_is_said_at_once(acme: Organisation, ben: Person) -> None:
    """Not one field after the other."""
    answer = acme.help(ben, Act.PASS, grounds=Grounds("", "", ""), hours=9)
    assert fields_of(answer) == ["proof", "ticket", "reason", "hours"]


@pytest.mark.parametrize("act", list(Act))
def test_people_of_another_organisation_do_not_exist(
    acme: Organisation, bolt: Organisation, act: Act
) -> None:
    """An owner of one account finds nobody of the other, whatever id is sent."""
    zoe = bolt.add("Zoe")
    bolt.enrol(zoe)
    before = bolt.mails(zoe)
    assert acme.help(zoe, act) is None
    assert acme.call(desk.look, actor=acme.owner, person_id=zoe.id, act=act) is None
    assert bolt.mails(zoe) == before
    assert isinstance(bolt.submit_right(bolt.half(zoe), place=HERE), SignedIn)


def test_a_helper_who_was_disabled_a_moment_ago_has_no_say(acme: Organisation, ben: Person) -> None:
    """What counts is who they are now, not when the page was opened."""
    hana = acme.add("Hana", Role.HELPDESK)
    acme.call(people.set_disabled, actor=acme.owner, person_id=hana.id, disabled=True)
    assert fields_of(acme.help(ben, Act.UNLOCK, actor=hana)) == [""]


@pytest.mark.parametrize("act", [Act.PASS, Act.INVITE])
def test_nothing_stands_in_for_what_is_not_there(acme: Organisation, act: Act) -> None:
    """Somebody without a second factor, or who may not sign in."""
    eve, ben = acme.add("Eve"), someone(acme, Role.MEMBER, "Ben")
    assert fields_of(acme.help(eve, act)) == [""]
    acme.call(people.set_disabled, actor=acme.owner, person_id=ben.id, disabled=True)
    assert fields_of(acme.help(ben, act)) == [""]
    page = acme.call(desk.look, actor=acme.owner, person_id=ben.id, act=act)
    assert page is not None
    assert "may not sign in" in page.refused


# ---- unlock --------------------------------------------------------------------------------


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
    assert isinstance(acme.help(ben, Act.UNLOCK), Done)
    assert thief.asked() == Single(known=False)
    assert owner.asked() == Single(known=True)
    assert acme.person(ben.id).must_change_password


def test_unlocking_lets_nobody_in_and_changes_no_factor(acme: Organisation, ben: Person) -> None:
    """No session, no password, no secret; a used code stays used; a disabled one disabled."""
    half, code = acme.half(ben), acme.code(ben)
    assert isinstance(acme.submit_code(half, code), SignedIn)
    before = (acme.active(ben), acme.sessions(ben), acme.person(ben.id))
    acme.help(ben, Act.UNLOCK)
    assert (acme.active(ben), acme.sessions(ben), acme.person(ben.id)) == before
    assert not isinstance(acme.submit_code(acme.half(ben), code), SignedIn)
    acme.store.call(lambda tx: tx.authenticators.disable(ben.id, at=acme.now))
    acme.help(ben, Act.UNLOCK)
    acme.clock.advance(30)
    assert acme.submit_code(acme.half(ben), acme.code(ben)) == Suspended()


def test_unlocking_one_person_leaves_the_others(acme: Organisation, ben: Person) -> None:
    """Only that person's counters are dropped."""
    eve = someone(acme, Role.MEMBER, "Eve")
    Guesser(acme, eve).climb(10)
    acme.help(ben, Act.UNLOCK)
    assert Guesser(acme, eve).asked() == NeedsLink()


# ---- invited to set up again ---------------------------------------------------------------


def test_the_old_one_works_until_the_new_one_is_proved(acme: Organisation, ben: Person) -> None:
    """A lost phone that turns up again is no harm; the link lives a day."""
    old = acme.active(ben)
    acme.help(ben, Act.INVITE)
    assert isinstance(acme.submit_right(acme.half(ben)), SignedIn)
    (mail,) = acme.mails(ben, MailKind.SET_UP_AGAIN)
    assert (mail.params["expires_at"], mail.params["stopped"]) == (acme.now + DAY, 0)
    acme.set_up_by_invitation(ben)
    assert acme.active(ben).id != old.id
    assert acme.events(EventKind.AUTHENTICATOR_RESET) == []


def test_what_is_said_to_be_stolen_stops_at_once_with_what_it_opened(
    acme: Organisation, ben: Person
) -> None:
    """Sessions, half-finished sign-ins, known browsers, a set-up that was begun. It still binds:
    the password alone opens nothing, also where no second step is asked for.
    """
    caller = acme.enrol(ben)
    assert isinstance(acme.call(enrol.begin_own, caller=caller), Totp)
    half_token = acme.half_token(ben)
    acme.help(ben, Act.INVITE, stolen=True)
    assert acme.pending(ben) is None
    assert acme.half_of(half_token) is None
    assert acme.sessions(ben) == 0
    assert acme.store.call(lambda tx: tx.browsers.of(ben.id)) == []
    assert isinstance(acme.submit_password(ben), HalfWay)
    acme.clock.advance(30)
    assert acme.submit_right(acme.half(ben)) == Suspended()
    (event,) = acme.events(EventKind.AUTHENTICATOR_RESET)
    assert (event.actor_id, event.subject_id) == (acme.owner_id, ben.id)
    (mail,) = acme.mails(ben, MailKind.SET_UP_AGAIN)
    assert mail.params["stopped"] == 1
    assert len(acme.mails(ben, MailKind.STOPPED)) == 1


def test_where_only_passkeys_were_the_password_is_not_left_alone(acme: Organisation) -> None:
    """They are gone with the phone, and nobody demands a second step: the mailbox decides."""
    ben, _ = keys.with_key(acme)
    acme.help(ben, Act.INVITE, stolen=True)
    assert not acme.store.call(lambda tx: tx.authenticators.has_factor(ben.id))
    assert acme.person(ben.id).must_change_password


def test_what_a_thief_of_the_phone_began_by_waiting_ends_with_it(
    acme: Organisation, ben: Person
) -> None:
    """The mailbox may be on the phone; a plain invitation leaves a wait to its owner."""
    waiting.allow(acme)
    wait = waiting.begun(acme, ben)
    acme.help(ben, Act.INVITE)
    assert waiting.standing(acme, ben).state is wait.state
    acme.help(ben, Act.INVITE, stolen=True)
    assert waiting.standing(acme, ben).stopped_by is StopReason.STAFF


def test_a_disabled_authenticator_is_got_over_by_setting_up_again(
    acme: Organisation, ben: Person
) -> None:
    """The old fifty misses do not disable the new one as well."""
    Guesser(acme, ben).climb(10)
    acme.store.call(
        lambda tx: tx.counters.save(
            f"code:person:{ben.id}", str([[acme.now] * 50, 0, 0, []]), acme.now
        )
    )
    acme.store.call(lambda tx: tx.authenticators.disable(ben.id, at=acme.now))
    assert acme.submit_code(acme.half(ben), acme.code(ben)) == Suspended()
    acme.help(ben, Act.INVITE)
    acme.set_up_by_invitation(ben)
    assert isinstance(acme.submit_right(acme.half(ben)), SignedIn)


def test_everything_open_is_ended(acme: Organisation, ben: Person) -> None:
    """Sessions, trust, half-finished sign-ins and temporary passes; the factor stays."""
    acme.known(ben, trust=True)
    token, active, code = acme.half_token(ben), acme.active(ben), acme.temporary_pass(ben)
    acme.help(ben, Act.SIGN_OUT)
    assert acme.sessions(ben) == 0
    assert acme.half_of(token) is None
    assert acme.store.call(lambda tx: tx.browsers.of(ben.id)) == []
    assert acme.active(ben) == active
    newest = acme.store.call(lambda tx: tx.passes.newest(ben.id))
    assert newest is not None
    assert newest.ended_at == acme.now
    assert code


# ---- the account's own list of proofs ------------------------------------------------------


def test_an_account_chooses_what_it_accepts_as_proof(
    acme: Organisation, bolt: Organisation, ben: Person
) -> None:
    """From then on that and nothing else; the other account keeps its own."""
    caller = acme.caller(acme.owner)
    text = "  Seen   on video \n\nSeen on video\nWritten by the manager"
    saved = acme.call(desk.set_proofs, caller=caller, text=text)
    assert saved == ("Seen on video", "Written by the manager")
    assert fields_of(acme.help(ben, Act.UNLOCK)) == ["proof"]
    assert isinstance(
        acme.help(ben, Act.UNLOCK, grounds=replace(GROUNDS, proof="Seen on video")), Done
    )
    assert bolt.store.call(desk.accepted_proofs, account_id=bolt.account_id) == DEFAULT_PROOFS
    (event,) = acme.events(EventKind.PROOFS_CHANGED)
    assert event.data == {"old": "; ".join(DEFAULT_PROOFS), "new": "; ".join(saved)}
    acme.call(desk.set_proofs, caller=caller, text=text)
    assert len(acme.events(EventKind.PROOFS_CHANGED)) == 1


@pytest.mark.parametrize("text", ["", " \n \n", "x" * 81, "\n".join(map(str, range(13)))])
def test_one_proof_remains_and_the_list_stays_short(acme: Organisation, text: str) -> None:
    """Without any nobody could be helped, or anybody could."""
    refused = acme.call(desk.set_proofs, caller=acme.caller(acme.owner), text=text)
    assert isinstance(refused, Refused)
    assert refused.field == "proofs"
    assert acme.store.call(desk.accepted_proofs, account_id=acme.account_id) == DEFAULT_PROOFS
