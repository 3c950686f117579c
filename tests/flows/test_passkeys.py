"""Passkeys of one's own: set up, named, removed."""

import pytest

from tests.flows.keys import PARTY, asked, give, new_key, offer, own, submit, with_key
from tests.world import HERE, Organisation
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.passkeys import MOST_PASSKEYS, Trouble
from twofold.core.people import Person, Role
from twofold.core.sessions import Caller
from twofold.flows import browsers, enrol, passkeys, recovery
from twofold.flows.ceremonies import PasskeyRefused
from twofold.flows.enrol import LinkRefused, NeedsProof
from twofold.flows.passkeys import TooMany
from twofold.flows.setup import Refused
from twofold.flows.sign_in import HalfWay, SignedIn


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member without a second factor."""
    return acme.add("Ben")


def remove(acme: Organisation, caller: Caller, person: Person, number: int = 0) -> object:
    """Remove one of the person's."""
    return acme.call(
        passkeys.remove,
        caller=caller,
        passkey_id=own(acme, person)[number].id,
        place=HERE,
    )


def test_a_passkey_binds_its_owner_and_its_owner_is_told(acme: Organisation, ben: Person) -> None:
    """From then on the password alone is half a sign-in; this session goes on, others end."""
    caller, other = acme.caller(ben), acme.caller(ben)
    _, renewed = give(acme, caller)
    assert renewed.enrolled
    assert renewed.session.methods == ("pwd", "hwk")
    assert renewed.session.has_fresh_factor(acme.now)
    assert acme.store.call(lambda tx: tx.authenticators.has_factor(ben.id))
    assert acme.sessions(ben) == 1
    assert other.session.id != renewed.session.id
    assert isinstance(acme.submit_password(ben), HalfWay)
    assert len(acme.mails(ben, MailKind.PASSKEY_ADDED)) == 1
    assert acme.events(EventKind.PASSKEY_ADDED)[0].data["kept"] == "Bound to one device"


def test_a_passkey_is_called_what_its_owner_says_or_after_its_maker(
    acme: Organisation, ben: Person
) -> None:
    """Two of one make are told apart by a number."""
    maker = bytes.fromhex("cb69481e8ff7403993ec0a2729a154a8")
    caller = acme.caller(ben)
    for name, make in (("  Blue   key ", maker), ("", maker), ("", maker), ("", bytes(16))):
        _, caller = give(acme, caller, new_key(aaguid=make), name)
    assert [one.name for one in own(acme, ben)] == ["Blue key", "YubiKey", "YubiKey 2", "Passkey"]


def test_what_may_be_copied_is_known_from_what_is_bound(acme: Organisation, ben: Person) -> None:
    """Told by the authenticator, and never taken for more than it says."""
    _, caller = give(acme, acme.caller(ben), new_key(synced=True, backed_up=True))
    _, caller = give(acme, caller, new_key(synced=True))
    assert [(one.method, one.kept) for one in own(acme, ben)] == [
        ("swk", "Backed up by its provider"),
        ("swk", "Not backed up yet"),
    ]
    assert "swk" in caller.session.methods


def test_ten_are_the_most(acme: Organisation, ben: Person) -> None:
    """The eleventh is not begun, and not kept if it was begun before."""
    caller = acme.caller(ben)
    for _ in range(MOST_PASSKEYS - 1):
        _, caller = give(acme, caller)
    early = new_key().create(offer(acme, caller))
    begun = offer(acme, caller)
    _, caller = give(acme, caller)
    begun_now = acme.call(passkeys.begin, caller=caller, party=PARTY, place=HERE)
    assert isinstance(begun_now, TooMany)
    assert begun_now.is_full
    for sent in (early, new_key().create(begun)):
        answer = acme.call(
            passkeys.save, caller=caller, party=PARTY, sent=sent, name="", place=HERE
        )
        assert isinstance(answer, PasskeyRefused)
    assert len(own(acme, ben)) == MOST_PASSKEYS


def test_a_set_up_asks_for_what_a_change_of_factors_asks(acme: Organisation, ben: Person) -> None:
    """A fresh password without a factor, a fresh factor with one (promise P4)."""
    caller = acme.caller(ben)
    acme.clock.advance(301)
    answer = acme.call(passkeys.begin, caller=caller, party=PARTY, place=HERE)
    assert answer == NeedsProof("password")
    _, caller = give(acme, acme.caller(ben))
    sent = new_key().create(offer(acme, caller))
    acme.clock.advance(200)
    acme.clock.advance(101)
    for answer in (
        acme.call(passkeys.begin, caller=caller, party=PARTY, place=HERE),
        acme.call(passkeys.save, caller=caller, party=PARTY, sent=sent, name="", place=HERE),
    ):
        assert answer == NeedsProof("code")
    assert len(own(acme, ben)) == 1


def test_a_set_up_challenge_works_once_in_its_session_and_in_time(
    acme: Organisation, ben: Person
) -> None:
    """Mechanism 63: replayed, in another session, after five minutes, or begun for something else,
    a registration adds nothing (CVE-2022-42731).
    """
    key, caller = give(acme, acme.caller(ben))
    sent = new_key().create(offer(acme, caller))
    other = acme.add("Eve")
    foreign = acme.caller(other)
    half = acme.half(ben)
    for_the_step = new_key().create(
        asked(acme, half).replace('"challenge"', '"user": {"id": "' + "YQ" + '"}, "challenge"', 1)
    )

    def save(who: Caller, answer: str) -> object:
        return acme.call(passkeys.save, caller=who, party=PARTY, sent=answer, name="", place=HERE)

    assert save(foreign, sent) == PasskeyRefused(Trouble.CHALLENGE)
    assert save(caller, for_the_step) == PasskeyRefused(Trouble.CHALLENGE)
    saved = save(caller, sent)
    assert isinstance(saved, SignedIn)
    caller = acme.caller_of(saved.token) or caller
    assert save(caller, sent) == PasskeyRefused(Trouble.CHALLENGE)
    late = new_key().create(offer(acme, caller))
    acme.clock.advance(300)
    assert save(caller, late) == PasskeyRefused(Trouble.CHALLENGE)
    again = key.create(offer(acme, caller))
    assert save(caller, again) == PasskeyRefused(Trouble.TAKEN)
    assert len(own(acme, ben)) == 2
    assert own(acme, other) == []


@pytest.mark.parametrize(
    ("extra", "trouble"),
    [
        ({"origin": "https://evil.example"}, Trouble.ORIGIN),
        ({"origin": "https://login.acme.example:444"}, Trouble.ORIGIN),
        ({"crossOrigin": True}, Trouble.CROSS_ORIGIN),
        ({"topOrigin": "https://evil.example"}, Trouble.CROSS_ORIGIN),
        ({"type": "webauthn.get"}, Trouble.NOT_VERIFIED),
    ],
)
def test_a_set_up_from_elsewhere_is_refused(
    acme: Organisation, ben: Person, extra: dict[str, object], trouble: Trouble
) -> None:
    """Exactly our origin, and no frame in another site."""
    caller = acme.caller(ben)
    sent = new_key(extra=extra).create(offer(acme, caller))
    answer = acme.call(passkeys.save, caller=caller, party=PARTY, sent=sent, name="", place=HERE)
    assert answer == PasskeyRefused(trouble)
    assert own(acme, ben) == []
    assert acme.events(EventKind.PASSKEY_REFUSED)[0].data["reason"] == trouble.value


def test_a_name_is_changed_and_its_owner_is_told(acme: Organisation, ben: Person) -> None:
    """What cannot be kept is refused with a sentence; somebody else's is not there."""
    _, caller = give(acme, acme.caller(ben), name="One")
    _, caller = give(acme, caller, name="Two")
    first = own(acme, ben)[0]

    def rename(who: Caller, name: str) -> object:
        return acme.call(passkeys.rename, caller=who, passkey_id=first.id, name=name, place=HERE)

    for wrong in ("", "   ", "x" * 41, "a\x07b", "Two"):
        assert isinstance(rename(caller, wrong), Refused), wrong
    assert rename(acme.caller(acme.owner), "Mine") is None
    assert rename(caller, "One") == first
    assert acme.mails(ben, MailKind.PASSKEY_RENAMED) == []
    assert rename(caller, "Kitchen drawer") == first
    assert [one.name for one in own(acme, ben)] == ["Kitchen drawer", "Two"]
    (mail,) = acme.mails(ben, MailKind.PASSKEY_RENAMED)
    assert (mail.params["passkey"], mail.params["new_name"]) == ("One", "Kitchen drawer")
    assert acme.events(EventKind.PASSKEY_RENAMED)[0].data["passkey"] == "One → Kitchen drawer"


def test_a_removed_passkey_signs_nobody_in(acme: Organisation, ben: Person) -> None:
    """Its sessions, trust and half-finished sign-ins end, and its owner is told."""
    key, caller = give(acme, acme.caller(ben))
    _, caller = give(acme, caller)
    half = acme.half(ben)
    options = asked(acme, half)
    acme.call(recovery.make, caller=caller, source=HERE.source)
    removed = remove(acme, caller, ben)
    assert isinstance(removed, passkeys.Passkey)
    assert submit(acme, half, key.get(options)) == PasskeyRefused(Trouble.CHALLENGE)
    fresh = acme.half(ben)
    assert submit(acme, fresh, key.get(asked(acme, fresh))) == PasskeyRefused(Trouble.UNKNOWN)
    assert len(acme.mails(ben, MailKind.PASSKEY_REMOVED)) == 1
    assert acme.store.call(recovery.own, person_id=ben.id) is not None
    assert acme.events(EventKind.PASSKEY_REMOVED)[0].data["passkey"] == removed.name
    assert (
        acme.call(
            passkeys.remove, caller=acme.caller(acme.owner), passkey_id=removed.id, place=HERE
        )
        is None
    )


def test_the_last_factor_goes_only_where_nothing_demands_it(
    acme: Organisation, ben: Person
) -> None:
    """Without a policy a member may; then the recovery codes go too, for they stand in for it."""
    _, caller = give(acme, acme.caller(ben))
    acme.call(recovery.make, caller=caller, source=HERE.source)
    assert isinstance(remove(acme, caller, ben), passkeys.Passkey)
    assert acme.store.call(recovery.own, person_id=ben.id) is None
    _, caller = give(acme, acme.caller(ben))
    acme.switch_on()
    assert isinstance(remove(acme, caller, ben), Refused)
    assert len(own(acme, ben)) == 1


def test_the_last_enrolled_admin_keeps_theirs(acme: Organisation) -> None:
    """Until another admin has a second factor; an app beside it is enough too (promise P10)."""
    _, caller = give(acme, acme.caller(acme.owner))
    assert isinstance(remove(acme, caller, acme.owner), Refused)
    ada = acme.add("Ada", Role.ADMIN)
    acme.enrol(ada)
    assert isinstance(remove(acme, caller, acme.owner), passkeys.Passkey)
    acme.enrol(acme.owner)
    _, caller = give(acme, acme.caller(acme.owner))
    assert isinstance(remove(acme, caller, acme.owner), passkeys.Passkey)


def test_trust_ends_with_any_change_of_passkeys(acme: Organisation) -> None:
    """Also by the fingerprint alone, so that no clean-up can be forgotten."""
    ben, key = with_key(acme)
    half = acme.half(ben)
    done = submit(acme, half, key.get(asked(acme, half)), trust=True)
    assert isinstance(done, SignedIn)
    before = acme.store.call(browsers.current_factors, ben)
    caller = acme.caller_of(done.token)
    assert caller is not None
    give(acme, caller)
    assert acme.store.call(browsers.current_factors, ben) != before


def test_a_passkey_may_be_the_set_up_that_is_demanded(acme: Organisation, ben: Person) -> None:
    """With the password and the mailed link, once; the sign-in is over with it."""
    acme.switch_on()
    half, token = acme.half(ben), acme.token(ben, MailKind.SWITCHED_ON)
    eve = acme.add("Eve")
    assert (
        acme.call(
            passkeys.begin_demanded, half=acme.half(eve), token=token, party=PARTY, place=HERE
        )
        == LinkRefused()
    )
    begun = acme.call(passkeys.begin_demanded, half=half, token=token, party=PARTY, place=HERE)
    assert isinstance(begun, passkeys.Offer)
    sent = new_key().create(begun.options)

    def save(answer: str, mailed: str = token) -> object:
        return acme.call(
            passkeys.save_demanded, half=half, token=mailed, party=PARTY, sent=answer, place=HERE
        )

    assert save(sent, "another token") == LinkRefused()
    assert save("{}") == PasskeyRefused(Trouble.MALFORMED)
    done = save(sent)
    assert isinstance(done, SignedIn)
    caller = acme.caller_of(done.token)
    assert caller is not None
    assert caller.session.methods == ("pwd", "hwk")
    assert save(sent) == LinkRefused()
    assert len(own(acme, ben)) == acme.sessions(ben) == 1


def test_a_begun_set_up_of_an_app_does_not_outlive_the_passkey(
    acme: Organisation, ben: Person
) -> None:
    """Whoever had begun it may have been somebody else."""
    caller = acme.caller(ben)
    acme.call(enrol.begin_own, caller=caller)
    give(acme, caller)
    assert acme.pending(ben) is None
