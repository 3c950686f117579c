"""Passkey ceremonies: begun here, and their answers accepted or refused here and nowhere else.

Order of things, each for a reason:

1. The answer is read. What is not whole uses nothing up.
2. Its challenge is used up by one conditional update, before anything else is looked at: known to
   us, not used, of the last five minutes, of this very kind of ceremony and of this browser. A
   recorded answer is worth nothing a second time, or anywhere else (CVE-2022-42731).
3. The passkey must be one of ours, and that of the person whose sign-in or session it is
   (CVE-2025-26788). The person's row is locked.
4. The user handle, where there is one, must name that person. It is not covered by the signature.
5. The library checks the rest, with user verification where the passkey is all that is proved
   (CVE-2020-8236). An error is a no (promise P6).
6. The counter is raised by one conditional update. Where it has not risen the key may have been
   copied: that is refused, and its owner is told.

Nothing here can be guessed, so nothing is charged to the budget of codes; a passkey signs in at
any level of the lock. What is limited is how many ceremonies stand open at once.
"""

from dataclasses import dataclass

from twofold.core import webauthn
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.passkeys import (
    CHALLENGE_LIFETIME,
    MOST_OF_PERSON,
    MOST_OF_SOURCE,
    Ceremony,
    Challenge,
    Passkey,
    RelyingParty,
    Trouble,
    challenge_hash,
)
from twofold.core.people import Account, Instant, Person
from twofold.core.sessions import HalfCaller, Session
from twofold.core.sources import source_keys
from twofold.core.tokens import Purpose, digest
from twofold.core.webauthn import Answer, Asserted, Made
from twofold.flows.outbox import record, write_mail
from twofold.flows.sign_in import From
from twofold.ports import Tx


@dataclass(frozen=True, slots=True)
class Binding:
    """The browser that a ceremony belongs to."""

    key: str


def of_session(session: Session) -> Binding:
    """That of an open session. Its id never leaves us and outlives a renewal of the token."""
    return Binding(f"session:{session.id}")


def of_half(half: HalfCaller) -> Binding:
    """That of a half-finished sign-in."""
    return Binding(f"sign-in:{half.sign_in.id}")


def of_cookie(token: str) -> Binding:
    """That of nobody yet: a cookie of the sign-in page."""
    return Binding(f"page:{digest(Purpose.PASSKEY, token).hex()}")


@dataclass(frozen=True, slots=True)
class PasskeyRefused:
    """No, whatever the reason; it stands in the log."""

    trouble: Trouble


@dataclass(frozen=True, slots=True)
class Proved:
    """The answer was right and is consumed. Only `prove` makes one."""

    passkey: Passkey
    person: Person
    user_verified: bool


# ---- beginning -----------------------------------------------------------------------------


def ask(
    tx: Tx,
    now: Instant,
    *,
    ceremony: Ceremony,
    party: RelyingParty,
    bound: Binding,
    person: Person | None,
    place: From,
) -> str | None:
    """Options for `navigator.credentials.get`, as JSON; None where there is nothing to ask: the
    person has no passkey, or too many ceremonies stand open.
    """
    having = list(tx.passkeys.of(person.id)) if person else []
    if person is not None and not having:
        return None
    challenge = _new(tx, now, ceremony, bound, person, place)
    if challenge is None:
        return None
    whole = ceremony is Ceremony.WHOLE
    return webauthn.request_options(party, challenge=challenge, having=having, must_verify=whole)


def ask_to_make(
    tx: Tx,
    now: Instant,
    *,
    party: RelyingParty,
    bound: Binding,
    person: Person,
    account: Account,
    place: From,
) -> str | None:
    """Options for `navigator.credentials.create`; None where too many ceremonies stand open."""
    challenge = _new(tx, now, Ceremony.SET_UP, bound, person, place)
    if challenge is None:
        return None
    having = list(tx.passkeys.of(person.id))
    return webauthn.creation_options(
        party, challenge=challenge, person=person, name=account.issuer, having=having
    )


def _new(
    tx: Tx,
    now: Instant,
    ceremony: Ceremony,
    bound: Binding,
    person: Person | None,
    place: From,
) -> str | None:
    source, times = source_keys(place.source.address)[0]
    if person is not None and tx.challenges.alive_of(person.id, now) >= MOST_OF_PERSON:
        return None
    if person is None and tx.challenges.alive_from(source, now) >= MOST_OF_SOURCE * times:
        return None
    challenge = tx.random.token()
    tx.challenges.add(
        Challenge(
            id=tx.random.new_id(),
            ceremony=ceremony,
            person_id=person.id if person else None,
            bound_to=bound.key,
            source=source,
            created_at=now,
            expires_at=now + CHALLENGE_LIFETIME,
        ),
        challenge_hash(challenge),
    )
    return challenge


# ---- answers -------------------------------------------------------------------------------


def prove(
    tx: Tx,
    now: Instant,
    *,
    ceremony: Ceremony,
    party: RelyingParty,
    bound: Binding,
    person: Person | None,
    sent: str,
    place: From,
) -> Proved | PasskeyRefused:
    """Accept or refuse what a browser sent as the answer of one of the person's passkeys; of any
    active person's where `person` is None, and then with user verification.
    """
    answer = webauthn.read_answer(sent)
    if answer is None:
        return _refused(tx, now, person, Trouble.MALFORMED, place)
    if not _use(tx, now, answer, ceremony, bound, person):
        return _refused(tx, now, person, Trouble.CHALLENGE, place)
    passkey = tx.passkeys.by_credential(answer.credential_id)
    if passkey is None:
        return _refused(tx, now, person, Trouble.UNKNOWN, place)
    if person is not None and passkey.person_id != person.id:
        return _refused(tx, now, person, Trouble.FOREIGN, place)
    owner = tx.people.lock(passkey.person_id)
    trouble = _wrong_handle(answer, owner, must_have=person is None)
    found = trouble or webauthn.check_assertion(
        answer,
        expected_party=party,
        expected_challenge=answer.challenge,
        public_key=passkey.public_key,
        must_verify=ceremony is Ceremony.WHOLE,
    )
    if not isinstance(found, Asserted):
        return _refused(tx, now, owner, found, place)
    if not tx.passkeys.claim(
        passkey.id, sign_count=found.sign_count, backed_up=found.backed_up, at=now
    ):
        return _copied(tx, now, owner, passkey, place)
    record(
        tx,
        now,
        EventKind.PASSKEY_USED,
        owner,
        actor_id=owner.id,
        purpose=ceremony.value,
        passkey=passkey.name,
        user_verified=found.user_verified,
    )
    return Proved(passkey, owner, found.user_verified)


def prove_made(
    tx: Tx,
    now: Instant,
    *,
    party: RelyingParty,
    bound: Binding,
    person: Person,
    sent: str,
    place: From,
) -> tuple[Made, Answer] | PasskeyRefused:
    """The same for a new passkey. The caller holds the person's lock."""
    answer = webauthn.read_answer(sent, made=True)
    if answer is None:
        return _refused(tx, now, person, Trouble.MALFORMED, place)
    if not _use(tx, now, answer, Ceremony.SET_UP, bound, person):
        return _refused(tx, now, person, Trouble.CHALLENGE, place)
    found = webauthn.check_made(answer, expected_party=party, expected_challenge=answer.challenge)
    if isinstance(found, Trouble):
        return _refused(tx, now, person, found, place)
    return found, answer


def _use(
    tx: Tx,
    now: Instant,
    answer: Answer,
    ceremony: Ceremony,
    bound: Binding,
    person: Person | None,
) -> bool:
    """Whether the challenge in the answer was ours and is now used up. The answer's own challenge
    is what is expected of it, because it was found under its hash.
    """
    challenge = tx.challenges.use(
        challenge_hash(answer.challenge), ceremony=ceremony, bound_to=bound.key, at=now
    )
    return challenge is not None and challenge.person_id == (person.id if person else None)


def _wrong_handle(answer: Answer, owner: Person, *, must_have: bool) -> Trouble | None:
    """Whether the user handle names somebody else. Where nobody has said who they are it is what
    says so, and must be there (level 3, section 7.2 step 6).
    """
    if answer.user_handle is None:
        return Trouble.MALFORMED if must_have else None
    return None if answer.user_handle == owner.id.encode() else Trouble.FOREIGN


def _refused(
    tx: Tx, now: Instant, person: Person | None, trouble: Trouble, place: From
) -> PasskeyRefused:
    """Noted with whom it is about, as far as that is known."""
    if person is not None:
        record(
            tx,
            now,
            EventKind.PASSKEY_REFUSED,
            person,
            actor_id=None,  # Whoever sent it has not proved to be this person.
            reason=trouble.value,
            address=place.source.address,
        )
    return PasskeyRefused(trouble)


def _copied(tx: Tx, now: Instant, person: Person, passkey: Passkey, place: From) -> PasskeyRefused:
    """A right signature with a counter that was there before: somebody else has this key too."""
    record(
        tx,
        now,
        EventKind.PASSKEY_COPIED,
        person,
        actor_id=None,
        passkey=passkey.name,
        address=place.source.address,
        browser=place.source.browser,
    )
    write_mail(
        tx,
        now,
        person,
        MailKind.PASSKEY_COPIED,
        passkey=passkey.name,
        at=now,
        browser=place.source.browser,
        address=place.source.address,
    )
    return PasskeyRefused(Trouble.COPIED)
