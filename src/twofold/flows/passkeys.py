"""One's own passkeys: set up, looked at, named, removed."""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.core import makers
from twofold.core.authenticators import EVERY
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.passkeys import (
    MOST_PASSKEYS,
    Passkey,
    RelyingParty,
    Trouble,
    clean_name,
    free_name,
    name_problem,
)
from twofold.core.people import Instant, Person
from twofold.core.policy import lacks_passkey, why_not_remove
from twofold.core.sessions import PASS, Caller, HalfCaller
from twofold.core.signin import SignInFact, advance, state_of
from twofold.core.tokens import Purpose
from twofold.core.webauthn import Answer, Made
from twofold.flows import (
    authenticators,
    browsers,
    ceremonies,
    enrol,
    links,
    recovery,
    sessions,
    wait_stops,
)
from twofold.flows.ceremonies import Binding, PasskeyRefused
from twofold.flows.enrol import LinkRefused, NeedsProof, NoSetUp, needed_proof
from twofold.flows.links import OpenLink
from twofold.flows.outbox import record, write_mail
from twofold.flows.setup import Refused
from twofold.flows.sign_in import From, SignedIn, SignInEnded, finish
from twofold.ports import Tx


@dataclass(frozen=True, slots=True)
class Offer:
    """What the browser is asked to make."""

    options: str
    """For `navigator.credentials.create`, as JSON."""


@dataclass(frozen=True, slots=True)
class TooMany:
    """Ten passkeys are there, or too many ceremonies stand open."""

    passkeys: int

    @property
    def is_full(self) -> bool:
        """Whether it is the passkeys."""
        return self.passkeys >= MOST_PASSKEYS


def own(tx: Tx, *, person_id: str) -> Sequence[Passkey]:
    """The person's passkeys, the oldest first."""
    return tx.passkeys.of(person_id)


# ---- setting up ----------------------------------------------------------------------------


def begin(
    tx: Tx, now: Instant, *, caller: Caller, party: RelyingParty, place: From
) -> Offer | NeedsProof | NoSetUp | TooMany:
    """Begin from a full session. Asks for the same proof as the set-up of an app (promise P4)."""
    bound = ceremonies.of_session(caller.session)
    refused = _needed(tx, now, caller) or enrol.not_offered(now, caller)
    return refused or _offer(tx, now, caller, party, bound, place)


def _needed(tx: Tx, now: Instant, caller: Caller) -> NeedsProof | None:
    """As for an app. Where passkeys alone are taken, a code that was typed into a false page must
    not add one; only what stands in for the passkey that is lost does.
    """
    methods = set(caller.session.methods)
    if (
        lacks_passkey(caller.account, caller.person, caller.session.methods)
        and methods.isdisjoint(("recovery", PASS))
        and tx.passkeys.count(caller.person.id)
    ):
        return NeedsProof("passkey")
    return needed_proof(now, caller)


def begin_demanded(
    tx: Tx, now: Instant, *, half: HalfCaller, token: str, party: RelyingParty, place: From
) -> Offer | TooMany | LinkRefused:
    """Begin where the policy or a link demands a set-up: password proved, mailed link in hand."""
    if not enrol.link_is_theirs(tx, now, half, token):
        return LinkRefused()
    return _offer(tx, now, half, party, ceremonies.of_half(half), place)


def _offer(
    tx: Tx,
    now: Instant,
    who: Caller | HalfCaller,
    party: RelyingParty,
    bound: Binding,
    place: From,
) -> Offer | TooMany:
    count = tx.passkeys.count(who.person.id)
    if count >= MOST_PASSKEYS:
        return TooMany(count)
    options = ceremonies.ask_to_make(
        tx, now, party=party, bound=bound, person=who.person, account=who.account, place=place
    )
    return Offer(options) if options is not None else TooMany(count)


def save(
    tx: Tx,
    now: Instant,
    *,
    caller: Caller,
    party: RelyingParty,
    sent: str,
    name: str,
    place: From,
) -> SignedIn | NeedsProof | PasskeyRefused | SignInEnded:
    """Keep what the browser made. What was proved by making it counts for this session."""
    if (needed := _needed(tx, now, caller)) is not None:
        return needed
    person = tx.people.lock(caller.person.id)
    bound = ceremonies.of_session(caller.session)
    made = _made(tx, now, person, party, bound, sent, name, place)
    if isinstance(made, PasskeyRefused):
        return made
    token = sessions.renew(tx, now, caller.session, password=False, factor=True, method=made.method)
    if token is None:
        tx.passkeys.remove(person.id, made.id)
        return SignInEnded()
    _after_change(tx, now, person, keep_session=caller.session.id)
    wait_stops.saved(tx, now, person)
    tx.enrolments.mark(person.id, "finished", now)
    _tell(tx, now, person, EventKind.PASSKEY_ADDED, MailKind.PASSKEY_ADDED, made, place)
    browser_token, _ = browsers.remember(
        tx,
        now,
        person,
        caller.account,
        token=place.browser_token,
        source=place.source,
        trust=False,
    )
    done = SignedIn(token, "/profile", browser_token)
    return enrol.with_codes(tx, now, done, recovery.first_set(tx, now, person))


def save_demanded(
    tx: Tx,
    now: Instant,
    *,
    half: HalfCaller,
    token: str,
    party: RelyingParty,
    sent: str,
    place: From,
) -> SignedIn | LinkRefused | PasskeyRefused | SignInEnded:
    """The same where it was demanded: uses the mailed link and finishes the sign-in. As with an
    app, what the person had before is replaced: a link that sets up anew is asked for because it
    is lost.
    """
    person = tx.people.lock(half.person.id)
    if not enrol.link_is_theirs(tx, now, half, token):
        return LinkRefused()
    made = _made(tx, now, person, party, ceremonies.of_half(half), sent, "", place)
    if isinstance(made, PasskeyRefused):
        return made
    advance(state_of(half.sign_in.stage), SignInFact.SET_UP_PROVED)
    if not tx.sign_ins.finish(half.sign_in.id):
        tx.passkeys.remove(person.id, made.id)
        return SignInEnded()
    used = links.use(tx, now, purpose=Purpose.ENROL, token=token)
    assert isinstance(used, OpenLink), "a set-up link vanished under its lock"
    tx.authenticators.retire(person.id, EVERY, keep="", at=now)
    for other in tx.passkeys.of(person.id):
        if other.id != made.id:
            tx.passkeys.remove(person.id, other.id)
    _after_change(tx, now, person, keep_session="")
    wait_stops.saved(tx, now, person)
    tx.enrolments.mark(person.id, "finished", now)
    _tell(tx, now, person, EventKind.PASSKEY_ADDED, MailKind.PASSKEY_ADDED, made, place)
    codes = recovery.first_set(tx, now, person)
    done = finish(
        tx,
        now,
        person,
        half.account,
        half.sign_in.return_to,
        place,
        methods=("pwd", made.method),
    )
    return enrol.with_codes(tx, now, done, codes)


def _made(
    tx: Tx,
    now: Instant,
    person: Person,
    party: RelyingParty,
    bound: Binding,
    sent: str,
    name: str,
    place: From,
) -> Passkey | PasskeyRefused:
    """The new passkey, stored; the person's row is locked."""
    found = ceremonies.prove_made(
        tx, now, party=party, bound=bound, person=person, sent=sent, place=place
    )
    if isinstance(found, PasskeyRefused):
        return found
    having = tx.passkeys.of(person.id)
    if len(having) >= MOST_PASSKEYS:
        return PasskeyRefused(Trouble.TOO_MANY)
    passkey = _passkey(tx, now, person, *found, name, {one.name for one in having})
    return passkey if tx.passkeys.add(passkey) else PasskeyRefused(Trouble.TAKEN)


def _passkey(
    tx: Tx,
    now: Instant,
    person: Person,
    made: Made,
    answer: Answer,
    name: str,
    taken: set[str],
) -> Passkey:
    wanted = clean_name(name)
    if name_problem(wanted) is not None:
        wanted = makers.first_name(made.aaguid)
    return Passkey(
        id=tx.random.new_id(),
        account_id=person.account_id,
        person_id=person.id,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        aaguid=made.aaguid,
        name=free_name(wanted, taken),
        transports=answer.transports,
        synced=made.synced,
        backed_up=made.backed_up,
        created_at=now,
        used_at=None,
    )


def _after_change(tx: Tx, now: Instant, person: Person, *, keep_session: str) -> None:
    """Whatever trusted the old set of factors ends: sessions, trust, half-finished sign-ins, links
    and ceremonies that were begun.
    """
    sessions.end_others(tx, now, person, keep=keep_session)
    tx.passes.end_all(person.id, at=now)
    for purpose in (Purpose.ENROL, Purpose.RECOVERY):
        tx.links.end_all(person.id, purpose)
    tx.authenticators.discard_pending(person.id)
    tx.challenges.end_all(person.id)


def _tell(
    tx: Tx,
    now: Instant,
    person: Person,
    event: EventKind,
    mail: MailKind,
    passkey: Passkey,
    place: From,
) -> None:
    """The owner hears of every change (promise P8)."""
    record(
        tx,
        now,
        event,
        person,
        actor_id=person.id,
        passkey=passkey.name,
        kept=passkey.kept,
        address=place.source.address,
    )
    write_mail(tx, now, person, mail, passkey=passkey.name, at=now, browser=place.source.browser)


# ---- what is there -------------------------------------------------------------------------


def rename(
    tx: Tx, now: Instant, *, caller: Caller, passkey_id: str, name: str, place: From
) -> Passkey | Refused | None:
    """Give one of one's own another name; None if there is none of this id. The page has asked
    for a fresh factor: a name is how its owner knows which one to remove.
    """
    person = tx.people.lock(caller.person.id)
    found = _own_one(tx, person, passkey_id)
    if found is None:
        return None
    clean = clean_name(name)
    if (problem := name_problem(clean)) is not None:
        return Refused("name", problem)
    if clean in {one.name for one in tx.passkeys.of(person.id) if one.id != found.id}:
        return Refused("name", "Another passkey of yours has this name. Choose another one.")
    if clean == found.name:
        return found
    tx.passkeys.rename(person.id, found.id, clean)
    record(
        tx,
        now,
        EventKind.PASSKEY_RENAMED,
        person,
        actor_id=person.id,
        passkey=f"{found.name} → {clean}",
    )
    write_mail(
        tx,
        now,
        person,
        MailKind.PASSKEY_RENAMED,
        passkey=found.name,
        new_name=clean,
        at=now,
        browser=place.source.browser,
    )
    return found


def remove(
    tx: Tx, now: Instant, *, caller: Caller, passkey_id: str, place: From
) -> Passkey | Refused | None:
    """End one of one's own; None if there is none of this id. The page has asked for a fresh
    factor.
    """
    account = tx.accounts.lock(caller.account.id)
    person = tx.people.lock(caller.person.id)
    found = _own_one(tx, person, passkey_id)
    if found is None:
        return None
    others = tx.passkeys.count(person.id) - 1
    others += sum(one.disabled_at is None for one in tx.authenticators.in_force(person.id))
    why = why_not_remove(
        account,
        person,
        now,
        others=others,
        other_admins_enrolled=authenticators.other_admins_enrolled(tx, person),
        other_passkeys=tx.passkeys.count(person.id) - 1,
    )
    if why is not None:
        return Refused("", why)
    tx.passkeys.remove(person.id, found.id)
    if not others:
        tx.recovery.end_all(person.id)
    _after_change(tx, now, person, keep_session=caller.session.id)
    _tell(tx, now, person, EventKind.PASSKEY_REMOVED, MailKind.PASSKEY_REMOVED, found, place)
    return found


def _own_one(tx: Tx, person: Person, passkey_id: str) -> Passkey | None:
    return next((one for one in tx.passkeys.of(person.id) if one.id == passkey_id), None)
