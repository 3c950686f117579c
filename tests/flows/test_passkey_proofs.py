"""Signing in with a passkey, and every way in which an answer is not one."""

import json
from collections.abc import Iterator

import pytest

from tests.flows.keys import (
    COOKIE,
    PARTY,
    asked,
    asked_whole,
    give,
    new_key,
    own,
    sign_in,
    submit,
    with_key,
)
from tests.security_keys import SecurityKey, decoded, encoded
from tests.storage.races import race
from tests.world import DESK, HERE, Guesser, Organisation
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.passkeys import MOST_OF_PERSON, MOST_OF_SOURCE, RelyingParty, Trouble
from twofold.core.people import Person
from twofold.core.policy import session_suffices
from twofold.core.sessions import Caller
from twofold.flows import passkey_proofs, people, second_step
from twofold.flows.ceremonies import PasskeyRefused
from twofold.flows.proofs import Suspended, Typed
from twofold.flows.sign_in import From, HalfWay, SignedIn, SignInEnded
from twofold.flows.step_up import NoCodes, Proved, code_answer

THREADS = 50


def standing(acme: Organisation, person: Person) -> tuple[int, int]:
    """What a refused answer must not change: the counter, and how many are signed in."""
    (passkey,) = own(acme, person)
    return passkey.sign_count, acme.sessions(person)


def suffices(acme: Organisation, caller: Caller) -> bool:
    """Whether the session opens pages."""
    return session_suffices(
        acme.account,
        caller.person,
        acme.now,
        enrolled=caller.enrolled,
        methods=caller.session.methods,
        trusted=caller.session.trusted,
    )


# ---- what works ----------------------------------------------------------------------------


def test_a_passkey_is_the_second_step(acme: Organisation) -> None:
    """After the password, also without user verification: then it is one factor of two."""
    ben, key = with_key(acme, verifies=False)
    acme.clock.advance(100)
    half = acme.half(ben, return_to="/profile/places")
    done = submit(acme, half, key.get(asked(acme, half), handle=False))
    assert isinstance(done, SignedIn)
    assert done.return_to == "/profile/places"
    caller = acme.caller_of(done.token)
    assert caller is not None
    assert caller.session.methods == ("pwd", "hwk")
    assert caller.session.has_fresh_factor(acme.now)
    assert suffices(acme, caller)
    assert own(acme, ben)[0].used_at == acme.now
    assert acme.half_of("nothing") is None


def test_a_passkey_is_the_whole_sign_in(acme: Organisation) -> None:
    """Without an address and a password; the session does not say that there was one."""
    ben, key = with_key(acme)
    acme.clock.advance(400)
    done = sign_in(acme, key.get(asked_whole(acme)))
    assert isinstance(done, SignedIn)
    caller = acme.caller_of(done.token)
    assert caller is not None
    assert caller.person.id == ben.id
    assert caller.session.methods == ("hwk", "user", "mfa")
    assert caller.session.has_fresh_factor(acme.now)
    assert not caller.session.has_fresh_password(acme.now)
    assert suffices(acme, caller)
    assert acme.events(EventKind.SIGN_IN_COMPLETED)[0].data["methods"] == "hwk user mfa"


def test_the_question_on_the_sign_in_page_names_nobody(acme: Organisation) -> None:
    """Mechanism 72: any passkey of the site may answer, so nothing tells who exists
    (CVE-2024-39912).
    """
    with_key(acme)
    options = json.loads(asked_whole(acme))
    assert options["allowCredentials"] == []
    assert options["userVerification"] == "required"
    assert options["rpId"] == PARTY.id


def test_somebody_without_a_passkey_is_asked_for_none(acme: Organisation) -> None:
    """At the second step and for a fresh proof."""
    caller = acme.enrol(acme.owner)
    half = acme.half(acme.owner)
    where = {"party": PARTY, "place": HERE}
    assert acme.call(passkey_proofs.ask_second_step, half=half, **where) is None
    assert acme.call(passkey_proofs.ask_fresh, caller=caller, **where) is None


def test_a_passkey_is_a_fresh_proof(acme: Organisation) -> None:
    """Also for somebody who has no codes at all."""
    ben, key = with_key(acme)
    half = acme.half(ben)
    done = submit(acme, half, key.get(asked(acme, half)))
    assert isinstance(done, SignedIn)
    caller = acme.caller_of(done.token)
    assert caller is not None
    acme.clock.advance(301)
    assert not caller.session.has_fresh_factor(acme.now)
    assert acme.call(code_answer, caller=caller, place=HERE) == NoCodes()
    options = acme.call(passkey_proofs.ask_fresh, caller=caller, party=PARTY, place=HERE)
    assert options is not None
    proved = acme.call(
        passkey_proofs.prove_fresh, caller=caller, party=PARTY, sent=key.get(options), place=HERE
    )
    assert isinstance(proved, Proved)
    renewed = acme.caller_of(proved.token)
    assert renewed is not None
    assert renewed.session.has_fresh_factor(acme.now)
    assert acme.caller_of(done.token) is None


def test_a_passkey_signs_in_at_every_level_of_the_lock(acme: Organisation) -> None:
    """Nobody guesses a signature: while codes wait, and when the app is stopped after fifty wrong
    ones. The budget of codes stays as it was.
    """
    ben = acme.add("Ben")
    key, _ = give(acme, acme.enrol(ben))
    thief = Guesser(acme, ben)
    for misses in (0, 3, 3, 4):
        thief.climb(misses)
        half = acme.half(ben)
        before = acme.call(second_step.code_page, half=half, place=HERE).answer
        assert isinstance(submit(acme, half, key.get(asked(acme, half))), SignedIn)
        assert acme.call(second_step.code_page, half=acme.half(ben), place=HERE).answer == before
    acme.store.call(lambda tx: tx.authenticators.disable(ben.id, at=acme.now))
    half = acme.half(ben)
    assert acme.submit_code(half, acme.code(ben)) == Suspended()
    assert isinstance(submit(acme, half, key.get(asked(acme, half))), SignedIn)
    assert isinstance(sign_in(acme, key.get(asked_whole(acme))), SignedIn)


def test_a_passkey_does_not_open_what_is_shut(acme: Organisation) -> None:
    """Neither a person who may not sign in, nor a password that counts as stolen."""
    ben, key = with_key(acme)
    acme.store.call(lambda tx: tx.people.mark_stolen(ben.id, acme.now))
    done = sign_in(acme, key.get(asked_whole(acme)))
    assert isinstance(done, SignedIn)
    caller = acme.caller_of(done.token)
    assert caller is not None
    assert caller.person.must_change_password
    half = acme.half(ben)
    options, whole = asked(acme, half), asked_whole(acme)
    acme.call(people.set_disabled, actor=acme.owner, person_id=ben.id, disabled=True)
    assert sign_in(acme, key.get(whole)) == PasskeyRefused(Trouble.NO_ENTRY)
    assert not isinstance(submit(acme, half, key.get(options)), SignedIn)
    assert acme.sessions(ben) == 0


# ---- what does not -------------------------------------------------------------------------


def test_without_user_verification_a_passkey_is_no_whole_sign_in(acme: Organisation) -> None:
    """Mechanism A12.1: asked for, and checked (CVE-2020-8236)."""
    ben, key = with_key(acme, verifies=False)
    before = standing(acme, ben)
    answer = sign_in(acme, key.get(asked_whole(acme)))
    assert answer == PasskeyRefused(Trouble.NO_USER_VERIFICATION)
    assert standing(acme, ben) == before


@pytest.mark.parametrize(
    ("extra", "trouble"),
    [
        ({"origin": "https://evil.example"}, Trouble.ORIGIN),
        ({"origin": "https://sub.login.acme.example"}, Trouble.ORIGIN),
        ({"origin": "http://login.acme.example"}, Trouble.ORIGIN),
        ({"origin": ["https://login.acme.example"]}, Trouble.ORIGIN),
        ({"crossOrigin": True}, Trouble.CROSS_ORIGIN),
        ({"crossOrigin": 1}, Trouble.CROSS_ORIGIN),
        ({"crossOrigin": "false"}, Trouble.CROSS_ORIGIN),
        ({"topOrigin": "https://login.acme.example"}, Trouble.CROSS_ORIGIN),
        ({"type": "webauthn.create"}, Trouble.NOT_VERIFIED),
        ({"challenge": "A" * 43}, Trouble.CHALLENGE),
        ({"challenge": 7}, Trouble.MALFORMED),
    ],
)
def test_an_answer_from_elsewhere_is_refused(
    acme: Organisation, extra: dict[str, object], trouble: Trouble
) -> None:
    """Mechanism A12.4: exactly our origin, never from a frame within another site."""
    ben, key = with_key(acme)
    before = standing(acme, ben)
    key.extra = extra
    half = acme.half(ben)
    for answer in (
        submit(acme, half, key.get(asked(acme, half))),
        sign_in(acme, key.get(asked_whole(acme))),
    ):
        assert answer == PasskeyRefused(trouble)
    assert standing(acme, ben) == before


def test_an_answer_for_another_relying_party_is_refused(acme: Organisation) -> None:
    """The hash of its id is signed by the authenticator (mechanism A12.4)."""
    ben, key = with_key(acme)
    key.rp_id = "acme.example"
    half = acme.half(ben)
    answer = submit(acme, half, key.get(asked(acme, half)))
    assert answer == PasskeyRefused(Trouble.NOT_VERIFIED)


def test_the_passkey_of_one_person_opens_nothing_of_another(
    acme: Organisation, bolt: Organisation
) -> None:
    """Mechanism A12.3: the credential must belong to the person of the sign-in or session
    (CVE-2025-26788), also across organisations.
    """
    ben, bens = with_key(acme)
    eve, eves = with_key(acme, "Eve")
    zoe, zoes = with_key(bolt, "Zoe")
    for key in (eves, zoes):
        half = acme.half(ben)
        for handle in (key.handle, ben.id.encode()):
            key.handle = handle
            answer = submit(acme, half, key.get(asked(acme, half)))
            assert answer == PasskeyRefused(Trouble.FOREIGN)
    eves.handle = ben.id.encode()
    assert sign_in(acme, eves.get(asked_whole(acme))) == PasskeyRefused(Trouble.FOREIGN)
    bens.credential_id = eves.credential_id
    assert sign_in(acme, bens.get(asked_whole(acme))) == PasskeyRefused(Trouble.FOREIGN)
    bens.handle = eve.id.encode()
    assert sign_in(acme, bens.get(asked_whole(acme))) == PasskeyRefused(Trouble.NOT_VERIFIED)
    assert [acme.sessions(ben), acme.sessions(eve), bolt.sessions(zoe)] == [1, 1, 1]


def test_the_whole_sign_in_needs_a_user_handle(acme: Organisation) -> None:
    """It is what says who signs in (level 3, section 7.2 step 6)."""
    ben, key = with_key(acme)
    answer = sign_in(acme, key.get(asked_whole(acme), handle=False))
    assert answer == PasskeyRefused(Trouble.MALFORMED)
    assert acme.sessions(ben) == 1


def test_a_challenge_is_for_one_ceremony_one_browser_and_once(acme: Organisation) -> None:
    """Mechanism 17 and mechanism 63: an answer recorded once opens nothing a second time, nothing
    of another kind, nothing in another browser, and nothing after five minutes.
    """
    ben, key = with_key(acme)
    half, other = acme.half(ben), acme.half(ben)
    sent = key.get(asked(acme, half))
    whole = key.get(asked_whole(acme))
    no = PasskeyRefused(Trouble.CHALLENGE)
    assert submit(acme, other, sent) == no
    assert sign_in(acme, sent) == no
    assert submit(acme, half, whole) == no
    assert sign_in(acme, whole, cookie="another cookie") == no
    acme.clock.advance(299)
    assert isinstance(sign_in(acme, whole), SignedIn)
    assert sign_in(acme, whole) == no
    acme.clock.advance(1)
    assert submit(acme, half, sent) == no
    fresh = acme.half(ben)
    again = key.get(asked(acme, fresh))
    assert isinstance(submit(acme, fresh, again), SignedIn)
    assert submit(acme, fresh, again) == no
    assert acme.sessions(ben) == 3


def test_a_refused_answer_has_used_its_challenge_up(acme: Organisation) -> None:
    """Before anything else is looked at: nobody tries twice with one challenge."""
    ben, key = with_key(acme)
    half = acme.half(ben)
    options = asked(acme, half)
    right, wrong = key.get(options), json.loads(key.get(options))
    wrong["response"]["signature"] = encoded(b"no signature")
    assert submit(acme, half, json.dumps(wrong)) == PasskeyRefused(Trouble.NOT_VERIFIED)
    assert submit(acme, half, right) == PasskeyRefused(Trouble.CHALLENGE)
    assert own(acme, ben)[0].used_at is None


def flipped(sent: str) -> Iterator[tuple[str, str]]:
    """A recorded answer with one byte of one part changed, for every byte."""
    parts = ("clientDataJSON", "authenticatorData", "signature", "userHandle")
    for part in parts:
        for place in range(len(decoded(json.loads(sent)["response"][part]))):
            answer = json.loads(sent)
            value = bytearray(decoded(answer["response"][part]))
            value[place] ^= 1
            answer["response"][part] = encoded(bytes(value))
            yield f"{part} {place}", json.dumps(answer)
    for place in range(len(decoded(json.loads(sent)["id"]))):
        value = bytearray(decoded(json.loads(sent)["id"]))
        value[place] ^= 1
        for names in (("id",), ("rawId",), ("id", "rawId")):
            answer = json.loads(sent)
            answer.update(dict.fromkeys(names, encoded(bytes(value))))
            yield f"{' and '.join(names)} {place}", json.dumps(answer)
    for field, value in (("type", "password"), ("type", None), ("response", None)):
        yield f"{field}", json.dumps({**json.loads(sent), field: value})


@pytest.mark.timeout(300)
def test_every_changed_byte_of_an_answer_is_refused(acme: Organisation) -> None:
    """Mechanism A12.2: client data, authenticator data (with relying party, flags and counter),
    signature, user handle, credential id: no byte may differ, nobody is signed in, and the counter
    stays (CVE-2026-0723). The challenge is put back before each, so that it is not the reason.
    """
    ben, key = with_key(acme)
    sent = key.get(asked_whole(acme))
    before = standing(acme, ben)
    opened = []
    many = list(flipped(sent))
    for what, changed in many:
        acme.store.call(put_back)
        if not isinstance(sign_in(acme, changed), PasskeyRefused):
            opened.append(what)
    assert opened == []
    assert len(many) > 300
    assert standing(acme, ben) == before
    acme.store.call(put_back)
    assert isinstance(sign_in(acme, sent), SignedIn)


def put_back(tx: object) -> None:
    """Every challenge is as if nobody had answered it."""
    tx._connection.exec_driver_sql("UPDATE challenges SET used_at = NULL")  # type: ignore[attr-defined]  # noqa: SLF001


@pytest.mark.parametrize(
    "sent",
    [
        "", "null", "[]", "{}", "7", '"text"', "{" * 5000, "x" * 20_000, '{"id": "AA"}',
        '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}',
        '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "!"}}',
    ],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_what_is_no_answer_is_refused_and_uses_nothing_up(acme: Organisation, sent: str) -> None:
    """A closed door for every odd text, and no error."""
    ben, key = with_key(acme)
    half = acme.half(ben)
    options = asked(acme, half)
    assert submit(acme, half, sent) == PasskeyRefused(Trouble.MALFORMED)
    assert sign_in(acme, sent) == PasskeyRefused(Trouble.MALFORMED)
    assert isinstance(submit(acme, half, key.get(options)), SignedIn)


def test_padding_and_other_spellings_of_one_answer_are_refused(acme: Organisation) -> None:
    """There is one way to write the bytes down; every other is no answer (compare mechanism 25)."""
    ben, key = with_key(acme)
    half = acme.half(ben)
    for spelt in ("{}=", "{}==", " {}", "{}\n", "+{}", "{}*"):
        answer = json.loads(key.get(asked(acme, half)))
        signature = answer["response"]["signature"]
        answer["response"]["signature"] = spelt.format(signature)
        assert submit(acme, half, json.dumps(answer)) == PasskeyRefused(Trouble.MALFORMED), spelt


def test_a_counter_that_goes_back_is_refused_and_told(acme: Organisation) -> None:
    """Somebody else has a copy of the key: no session, a mail, an entry; the counter stays."""
    ben, key = with_key(acme)
    half = acme.half(ben)
    assert isinstance(submit(acme, half, key.get(asked(acme, half))), SignedIn)
    before = standing(acme, ben)
    for back in (1, 2):
        key.count -= back
        half = acme.half(ben)
        assert submit(acme, half, key.get(asked(acme, half))) == PasskeyRefused(Trouble.COPIED)
    assert standing(acme, ben) == before
    assert len(acme.mails(ben, MailKind.PASSKEY_COPIED)) == 2
    assert acme.events(EventKind.PASSKEY_COPIED)[0].data["passkey"] == "Passkey"
    key.count = 0
    key.counts = False
    half = acme.half(ben)
    assert submit(acme, half, key.get(asked(acme, half))) == PasskeyRefused(Trouble.COPIED)


def test_a_key_that_never_counts_is_taken_again_and_again(acme: Organisation) -> None:
    """Passkeys that are copied between devices stay at 0; whether they were copied is noted."""
    ben, key = with_key(acme, counts=False, synced=True)
    for backed_up in (False, True, False):
        key.backed_up = backed_up
        half = acme.half(ben)
        assert isinstance(submit(acme, half, key.get(asked(acme, half))), SignedIn)
        assert own(acme, ben)[0].backed_up is backed_up


def test_parallel_answers_make_one_session(acme: Organisation) -> None:
    """100 at once of one answer, at the second step and as the whole sign-in (promise P2)."""
    ben, key = with_key(acme, counts=False)
    half = acme.half(ben)
    sent, whole = key.get(asked(acme, half)), key.get(asked_whole(acme))
    before = acme.sessions(ben)
    done = race(THREADS, lambda _: [submit(acme, half, sent) for _ in range(2)])
    assert sum(isinstance(one, SignedIn) for many in done for one in many) == 1
    done = race(THREADS, lambda _: [sign_in(acme, whole) for _ in range(2)])
    assert sum(isinstance(one, SignedIn) for many in done for one in many) == 1
    assert acme.sessions(ben) == before + 2


def test_two_answers_of_one_sign_in_make_one_session(acme: Organisation) -> None:
    """Each with a challenge of its own: the sign-in is consumed once."""
    ben, key = with_key(acme, counts=False)
    half = acme.half(ben)
    answers = [key.get(asked(acme, half)) for _ in range(2)]
    assert isinstance(submit(acme, half, answers[0]), SignedIn)
    assert submit(acme, half, answers[1]) == SignInEnded()
    assert acme.sessions(ben) == 2


def test_ceremonies_that_stand_open_are_limited_in_number(acme: Organisation) -> None:
    """For one person, and for one source without a name; five minutes later there is room."""
    ben, key = with_key(acme)
    half = acme.half(ben)
    where = {"party": PARTY, "place": HERE}
    asks = [
        acme.call(passkey_proofs.ask_second_step, half=half, **where)
        for _ in range(MOST_OF_PERSON + 1)
    ]
    assert asks[-1] is None
    assert None not in asks[:MOST_OF_PERSON]
    whole = [
        acme.call(passkey_proofs.ask_whole, cookie=COOKIE, **where)
        for _ in range(MOST_OF_SOURCE + 1)
    ]
    assert whole[-1] is None
    assert None not in whole[:MOST_OF_SOURCE]
    elsewhere = From(DESK.__class__("198.51.100.9", DESK.browser))
    assert acme.call(passkey_proofs.ask_whole, cookie=COOKIE, party=PARTY, place=elsewhere)
    acme.clock.advance(300)
    assert isinstance(sign_in(acme, key.get(asked_whole(acme))), SignedIn)
    assert isinstance(submit(acme, half, key.get(asked(acme, half))), SignedIn)


def test_a_code_does_not_help_somebody_who_has_passkeys_only(acme: Organisation) -> None:
    """And a refused one costs what it costs everybody."""
    ben, _ = with_key(acme)
    half = acme.half(ben)
    page = acme.call(second_step.code_page, half=half, place=HERE)
    assert not page.has_codes
    answer = acme.call(
        second_step.submit_code, half=half, typed=Typed("123456"), trust=False, place=HERE
    )
    assert not isinstance(answer, SignedIn)
    assert isinstance(acme.submit_password(ben), HalfWay)


def test_a_passkey_of_another_site_of_ours_is_unknown(acme: Organisation) -> None:
    """A key that was never set up here, whatever handle it brings."""
    ben, _ = with_key(acme)
    stranger: SecurityKey = new_key(handle=ben.id.encode())
    assert sign_in(acme, stranger.get(asked_whole(acme))) == PasskeyRefused(Trouble.UNKNOWN)
    moved = RelyingParty("login.bolt.example", "https://login.bolt.example")
    answer = acme.call(
        passkey_proofs.sign_in,
        party=moved,
        cookie=COOKIE,
        sent=stranger.get(asked_whole(acme)),
        return_to="/",
        place=HERE,
    )
    assert answer == PasskeyRefused(Trouble.UNKNOWN)
