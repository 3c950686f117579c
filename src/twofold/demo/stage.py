"""What people do, as verbs made of the flows: the same that the pages call, in the same order.

What the pages hear from the hasher is known here: whoever signs in types the password that was
stored, or a wrong one on purpose.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import NoReturn, TypeVar

from twofold.core import diagnosis, keyuri
from twofold.core.attempts import Source
from twofold.core.authenticators import Totp
from twofold.core.mail import MailKind
from twofold.core.passkeys import RelyingParty
from twofold.core.people import Account, Instant, Person
from twofold.core.sessions import Caller, HalfCaller, Stage
from twofold.core.throttle import Pair
from twofold.core.tokens import Purpose, digest
from twofold.demo.cast import Member
from twofold.demo.mailboxes import Mailboxes
from twofold.demo.phones import Entry
from twofold.flows import diagnose, enrol, passwords, progress, recovery, second_step, sign_in
from twofold.flows.passwords import PasswordSet
from twofold.flows.proofs import Typed
from twofold.flows.second_step import CodeAnswer, CodeRefused
from twofold.flows.sign_in import From, HalfWay, SignedIn, SignInEnded
from twofold.ports import Tx

STRANGER = From(Source("192.0.2.66", "Chrome on Linux"))
"""A browser somewhere else, in which nobody here has ever signed in."""
_TO_SET_UP = (MailKind.REMINDER, MailKind.SWITCHED_ON)

T = TypeVar("T")


class DoesNotPlay(RuntimeError):
    """A flow answered otherwise than the plan says; the demonstration would not show the truth."""


def expect(kind: type[T], answer: object) -> T:
    """The answer, if it is of the kind that the plan says."""
    return answer if isinstance(answer, kind) else _fail(kind, answer)


def _fail(kind: type[object], answer: object) -> NoReturn:
    raise DoesNotPlay(f"expected {kind.__name__}, and the flow said {answer!r}")


@dataclass(frozen=True, slots=True)
class Scene:
    """One moment of the history, in one transaction."""

    tx: Tx
    now: Instant
    account_id: str
    chance: Random
    mailboxes: Mailboxes
    party: RelyingParty
    """The site, as passkeys know it."""

    @property
    def account(self) -> Account:
        """The organisation as it stands now."""
        return self.tx.accounts.get(self.account_id)

    def person(self, member: Member) -> Person:
        """Somebody as they are stored now."""
        return expect(Person, self.tx.people.by_email(member.email))


# ---- signing in ----------------------------------------------------------------------------


def half_signed_in(
    scene: Scene, member: Member, place: From, *, right: bool = True
) -> HalfCaller | Caller | None:
    """The password, right or wrong: a half-finished sign-in, a session, or nothing."""
    tx, now = scene.tx, scene.now
    tried = sign_in.look_up_password(tx, now, email=member.email, place=place)
    answer = sign_in.settle_password(
        tx, now, tried=tried, proved=right, rehashed=None, return_to="/", place=place
    )
    if isinstance(answer, HalfWay):
        return tx.sign_ins.by_token(digest(Purpose.SIGN_IN, answer.token), now)
    return _session(scene, member, answer) if isinstance(answer, SignedIn) else None


def _session(scene: Scene, member: Member, done: SignedIn) -> Caller:
    member.cookie = done.browser_token
    found = scene.tx.sessions.by_token(digest(Purpose.SESSION, done.token), scene.now)
    return expect(Caller, found)


def signs_in(scene: Scene, member: Member) -> Caller | None:
    """Somebody signs in where they always do; None if they are stopped, or a code is refused."""
    came = half_signed_in(scene, member, member.place)
    if not isinstance(came, HalfCaller):
        return came
    if came.sign_in.stage is not Stage.CODE or not member.holder.entries:
        return None
    codes = member.holder.entries[-1].pair(scene.now)
    answer = types(scene, came, member.place, codes, trust=member.trusts)
    return _session(scene, member, answer) if isinstance(answer, SignedIn) else None


def is_in(scene: Scene, member: Member) -> Caller:
    """The session of somebody who must get in. Raises `DoesNotPlay` if they do not."""
    return expect(Caller, signs_in(scene, member))


def types(
    scene: Scene, half: HalfCaller, place: From, codes: Sequence[str], *, trust: bool = False
) -> CodeAnswer:
    """The code: the last of these, or where two in a row are asked for both. A refused one is
    looked into, as the pages do after their answer.
    """
    tx, now = scene.tx, scene.now
    page = second_step.code_page(tx, now, half=half, place=place)
    typed = Typed(*codes[-2:]) if isinstance(page.answer, Pair) else Typed(codes[-1])
    answer = second_step.submit_code(tx, now, half=half, typed=typed, trust=trust, place=place)
    if isinstance(answer, CodeRefused | SignInEnded) and answer.attempt_id:
        _look_into(scene, answer.attempt_id, typed)
    return answer


def _look_into(scene: Scene, attempt_id: str, typed: Typed) -> None:
    found = diagnose.gather(scene.tx, scene.now, attempt_id=attempt_id)
    if found is None:
        return
    verdict = diagnosis.explain(
        (typed.first, typed.second) if typed.second else (typed.first,),
        subject=found.attempt.authenticator_id,
        suspects=found.suspects,
        now=found.attempt.at,
        earlier=found.earlier,
    )
    diagnose.conclude(scene.tx, scene.now, attempt_id=attempt_id, verdict=verdict)


def is_refused(scene: Scene, member: Member, *codes: str, place: From | None = None) -> None:
    """Somebody types a code that does not count, or two of them."""
    where = place or member.place
    half = expect(HalfCaller, half_signed_in(scene, member, where))
    answer = types(scene, half, where, codes)
    if isinstance(answer, SignedIn):
        _fail(CodeRefused, answer)


def wrong_codes(scene: Scene, member: Member) -> tuple[str, str]:
    """Two codes that the person's app does not show within an hour."""
    right = {
        entry.code(scene.now, steps=step)
        for entry in member.holder.entries
        for step in range(-130, 131)
    }
    drawn = (f"{scene.chance.randrange(10**6):06}" for _ in range(10**6))
    first, second = (next(code for code in drawn if code not in right) for _ in range(2))
    return first, second


# ---- on the way to a second step -----------------------------------------------------------


def chooses_password(scene: Scene, member: Member) -> None:
    """Somebody follows the newest invitation in their mailbox."""
    person = scene.person(member)
    token = expect(str, scene.mailboxes.link(person.id, (MailKind.INVITATION,)))
    progress.opened(scene.tx, scene.now, purpose=Purpose.INVITATION, token=token)
    expect(
        PasswordSet,
        passwords.set_by_link(
            scene.tx,
            scene.now,
            purpose=Purpose.INVITATION,
            token=token,
            encoded=member.encoded,
            source=member.place.source,
        ),
    )


def opens_link(scene: Scene, member: Member) -> None:
    """Somebody opens the newest set-up link in their mailbox, if there is one."""
    token = scene.mailboxes.link(scene.person(member).id, _TO_SET_UP)
    if token is not None:
        progress.opened(scene.tx, scene.now, purpose=Purpose.ENROL, token=token)


def begins(scene: Scene, member: Member, *, beside: bool = False) -> tuple[Caller, Totp]:
    """Somebody signs in and scans the QR code; `beside` what they have."""
    opens_link(scene, member)
    caller = is_in(scene, member)
    begun = enrol.begin_own(
        scene.tx, scene.now, caller=caller, app=member.app, replaces="" if beside else None
    )
    return caller, expect(Totp, begun)


def sets_up(scene: Scene, member: Member, *, beside: bool = False, gains: float = 0.0) -> Entry:
    """The whole set-up; the entry is on the phone from then on, `beside` the one that is there or
    in its place.
    """
    caller, pending = begins(scene, member, beside=beside)
    entry = Entry(
        keyuri.entry_name(pending.issuer, pending.label),
        pending.secret,
        gains=gains,
        since=scene.now,
    )
    _, code = entry.pair(scene.now)
    saved = enrol.save_own(scene.tx, scene.now, caller=caller, typed=code, place=member.place)
    renewed = _session(scene, member, expect(SignedIn, saved))
    member.holder.entries = [*member.holder.entries, entry] if beside else [entry]
    _keeps(scene, member, renewed, expect(SignedIn, saved).codes)
    return entry


def _keeps(scene: Scene, member: Member, caller: Caller, codes: Sequence[str]) -> None:
    """Most people store their recovery codes and say so."""
    if codes:
        member.holder.codes = list(codes)
        if scene.chance.random() < 0.85:
            recovery.stored(scene.tx, scene.now, caller=caller)
