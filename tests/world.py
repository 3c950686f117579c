"""An organisation for tests, made by running the real flows on a real store.

No mail server, no hasher: whether a password is right is a fact that the flows are told, links
are followed out of the outbox, and codes are computed as an app computes them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Concatenate, ParamSpec, TypeVar

from tests.conftest import FixedClock
from twofold.core.attempts import Attempt, Outcome, Source
from twofold.core.authenticators import Totp
from twofold.core.desk import Act, Grounds, Wanted
from twofold.core.events import Event, EventKind
from twofold.core.mail import Mail, MailKind
from twofold.core.otp import Malformed, code_at, step_at
from twofold.core.people import Account, Instant, Person, Role
from twofold.core.sessions import Caller, HalfCaller
from twofold.core.throttle import Answer as Asked
from twofold.core.throttle import Pair
from twofold.core.tokens import Purpose, digest
from twofold.flows import (
    desk,
    enrol,
    people,
    recovery_link,
    rollout,
    second_step,
    setup,
    sign_in,
)
from twofold.flows.desk_acts import Done
from twofold.flows.second_step import CodeRefused
from twofold.flows.sign_in import (
    From,
    HalfWay,
    PasswordRefused,
    PasswordTry,
    SignedIn,
    SignInEnded,
)
from twofold.flows.verify import Locked, NeedsLink, NeedsPair, Suspended, Typed
from twofold.ports import Store, Tx

P = ParamSpec("P")
T = TypeVar("T")

Answer = (
    SignedIn | CodeRefused | Malformed | NeedsPair | Locked | NeedsLink | Suspended | SignInEnded
)
"""What becomes of a submitted code."""

DESK = Source("192.0.2.7", "Firefox on Linux")
HERE = From(DESK)
"""A browser that nobody has signed in with before: it brings no cookie."""
GROUNDS = Grounds("Called back on a known number", "HD-4711", "Left the phone on the train")
ENCODED = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g"
"""Stands for the Argon2 string of somebody's password."""


@dataclass
class Organisation:
    """One account with the store and the clock that it lives on."""

    store: Store
    clock: FixedClock
    account_id: str
    owner_id: str

    @property
    def now(self) -> Instant:
        """The moment that the clock shows."""
        return self.clock.now()

    @property
    def account(self) -> Account:
        """The account as it is stored now."""
        return self.store.call(lambda tx: tx.accounts.get(self.account_id))

    @property
    def owner(self) -> Person:
        """The owner as they are stored now."""
        return self.person(self.owner_id)

    def call(
        self,
        flow: Callable[Concatenate[Tx, Instant, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a flow that wants to know what time it is."""
        return self.store.call(flow, self.now, *args, **kwargs)

    def person(self, person_id: str) -> Person:
        """Somebody of the account as they are stored now."""
        found = self.store.call(lambda tx: tx.people.find(self.account_id, person_id))
        assert found is not None
        return found

    def add(
        self, name: str, role: Role = Role.MEMBER, *, email: str = "", invited: bool = False
    ) -> Person:
        """A new person, with a password unless they are only invited."""
        added = self.call(
            people.add,
            account=self.account,
            actor=None,
            name=name,
            email=email or f"{name.lower()}@{self.account.name.lower()}.example",
            role=role,
            encoded=None if invited else ENCODED,
        )
        assert isinstance(added, Person)
        return added

    def look_up(self, email: str, *, place: From = HERE) -> PasswordTry:
        """The first half of the first step: what the hasher is to check."""
        return self.call(sign_in.look_up_password, email=email, place=place)

    def submit_password(
        self, person: Person, *, proved: bool = True, return_to: str = "/", place: From = HERE
    ) -> HalfWay | SignedIn | PasswordRefused:
        """The first step of a sign-in; `proved` is what the hasher says if it is asked."""
        tried = self.look_up(person.email, place=place)
        return self.call(
            sign_in.settle_password,
            tried=tried,
            proved=proved and tried.encoded is not None,
            rehashed=None,
            return_to=return_to,
            place=place,
        )

    def half_token(self, person: Person, *, return_to: str = "/", place: From = HERE) -> str:
        """The token of a half-finished sign-in."""
        answer = self.submit_password(person, return_to=return_to, place=place)
        assert isinstance(answer, HalfWay)
        return answer.token

    def half_of(self, token: str) -> HalfCaller | None:
        """Who asks with this token of a half-finished sign-in."""
        return self.store.call(
            lambda tx: tx.sign_ins.by_token(digest(Purpose.SIGN_IN, token), self.now)
        )

    def half(self, person: Person, *, return_to: str = "/", place: From = HERE) -> HalfCaller:
        """Somebody with a half-finished sign-in."""
        half = self.half_of(self.half_token(person, return_to=return_to, place=place))
        assert half is not None
        return half

    def caller_of(self, token: str) -> Caller | None:
        """Who asks with this token of a session."""
        return self.store.call(
            lambda tx: tx.sessions.by_token(digest(Purpose.SESSION, token), self.now)
        )

    def signed_in(self, person: Person, *, place: From = HERE, trust: bool = False) -> SignedIn:
        """The person signs in with what is asked of them: a password, a code, two of them."""
        answer: object = self.submit_password(person, place=place)
        if isinstance(answer, HalfWay):
            half = self.half_of(answer.token)
            assert half is not None
            self.clock.advance(30)
            answer = self.submit_right(half, place=place, trust=trust)
        assert isinstance(answer, SignedIn)
        return answer

    def caller(self, person: Person, *, place: From = HERE) -> Caller:
        """Somebody with a session: signed in with what they need, in one step or two."""
        caller = self.caller_of(self.signed_in(person, place=place).token)
        assert caller is not None
        return caller

    def known(self, person: Person, *, trust: bool = False) -> From:
        """A browser in which the person has signed in before."""
        return From(DESK, browser_token=self.signed_in(person, trust=trust).browser_token)

    def submit_right(self, half: HalfCaller, *, place: From = HERE, trust: bool = False) -> Answer:
        """The second step with what the page asks for, one code or two, all right."""
        page = self.call(second_step.code_page, half=half, place=place)
        if isinstance(page.answer, Pair):
            before, code = (self.code(half.person, steps=n) for n in (-1, 0))
            return self.submit_code(half, before, code, place=place, trust=trust)
        return self.submit_code(half, self.code(half.person), place=place, trust=trust)

    def submit_code(
        self,
        half: HalfCaller,
        typed: str,
        second: str = "",
        *,
        place: From = HERE,
        trust: bool = False,
    ) -> Answer:
        """The second step of a sign-in."""
        return self.call(
            second_step.submit_code,
            half=half,
            typed=Typed(typed, second),
            trust=trust,
            place=place,
        )

    def active(self, person: Person) -> Totp:
        """The person's newest active authenticator."""
        return self.store.call(lambda tx: tx.authenticators.in_force(person.id))[-1]

    def pending(self, person: Person) -> Totp | None:
        """The set-up that the person has begun."""
        return self.store.call(lambda tx: tx.authenticators.pending(person.id))

    def code(self, person: Person, *, steps: int = 0) -> str:
        """What the person's app shows now, or some steps from now."""
        return self.code_of(self.active(person), steps=steps)

    def code_of(self, authenticator: Totp, *, steps: int = 0) -> str:
        """What an app with this secret shows now, or some steps from now."""
        return code_at(authenticator.secret, step_at(self.now) + steps)

    def wrong(self, authenticator: Totp | None, number: int = 0) -> str:
        """Six digits that no app of the person shows at the moment, the same for each number."""
        right = (
            {self.code_of(authenticator, steps=n) for n in range(-9, 10)} if authenticator else ""
        )
        codes = (code for code in map("{:06}".format, range(1_000_000)) if code not in right)
        return next(islice(codes, number, None))

    def enrol(self, person: Person) -> Caller:
        """Set the person up from a session; the session goes on. A step later no step is used."""
        caller = self.caller(person)
        pending = self.call(enrol.begin_own, caller=caller)
        assert isinstance(pending, Totp)
        saved = self.call(enrol.save_own, caller=caller, typed=self.code_of(pending), place=HERE)
        assert isinstance(saved, SignedIn)
        self.clock.advance(30)
        renewed = self.caller_of(saved.token)
        assert renewed is not None
        return renewed

    def help(
        self,
        person: Person,
        act: Act,
        *,
        actor: Person | None = None,
        grounds: Grounds = GROUNDS,
        once: bool = True,
        hours: int = 8,
        stolen: bool = False,
    ) -> object:
        """Somebody, the owner unless said otherwise, does something for the person."""
        return self.call(
            desk.help_somebody,
            actor=actor or self.owner,
            person_id=person.id,
            wanted=Wanted(act, once=once, hours=hours, stolen=stolen),
            grounds=grounds,
        )

    def temporary_pass(self, person: Person, *, once: bool = True, hours: int = 8) -> str:
        """A new temporary pass of the person, made by the owner."""
        done = self.help(person, Act.PASS, once=once, hours=hours)
        assert isinstance(done, Done)
        assert done.new_pass is not None
        return done.new_pass.code

    def set_up_by_invitation(self, person: Person) -> SignedIn:
        """The person follows the newest link that they were mailed for setting up again."""
        token = self.half_token(person, return_to="/recover/x")
        set_up = self.call(
            recovery_link.use,
            half=self._alive(token),
            token=self.token(person, MailKind.SET_UP_AGAIN),
        )
        assert isinstance(set_up, str), set_up
        pending = self.call(enrol.begin_demanded, half=self._alive(token), token=set_up)
        assert isinstance(pending, Totp)
        typed = self.code_of(pending)
        saved = self.call(
            enrol.save_demanded, half=self._alive(token), token=set_up, typed=typed, place=HERE
        )
        assert isinstance(saved, SignedIn)
        self.clock.advance(30)
        return saved

    def _alive(self, token: str) -> HalfCaller:
        half = self.half_of(token)
        assert half is not None
        return half

    def switch_on(self) -> Caller:
        """Demand a second factor from everybody; the owner enrols first."""
        caller = self.enrol(self.owner)
        assert isinstance(self.call(rollout.switch_on, caller=caller), rollout.Switched)
        return caller

    def mails(self, person: Person, kind: MailKind | None = None) -> Sequence[Mail]:
        """The person's mails, newest first."""
        mails = self.store.call(lambda tx: tx.mails.of(person.id, limit=1000))
        return [mail for mail in mails if kind in (None, mail.kind)]

    def token(self, person: Person, kind: MailKind) -> str:
        """The token of the link in the person's newest mail of this kind."""
        return str(self.mails(person, kind)[0].params["token"])

    def events(self, kind: EventKind | None = None) -> Sequence[Event]:
        """The account's audit log, newest first."""
        events = self.store.call(lambda tx: tx.events.of(self.account_id, limit=10_000))
        return [event for event in events if kind in (None, event.kind)]

    def attempts(self, person: Person) -> Sequence[Attempt]:
        """The codes that were submitted for the person, newest first."""
        return self.store.call(lambda tx: tx.attempts.of(person.id, limit=1000))

    def outcomes(self, person: Person) -> list[Outcome]:
        """What became of them, oldest first."""
        return [attempt.outcome for attempt in reversed(self.attempts(person))]

    def sessions(self, person: Person) -> int:
        """How many sessions the person has."""
        return len(self.store.call(lambda tx: tx.sessions.of(person.id)))


@dataclass
class Guesser:
    """Somebody who knows a person's password and tries codes in one browser."""

    acme: Organisation
    person: Person
    place: From = HERE
    tried: set[str] = field(default_factory=set)

    def wrong(self) -> str:
        """Six digits that are wrong and were never tried."""
        active = self.acme.active(self.person)
        unfit = self.tried | {self.acme.code_of(active, steps=n) for n in range(-9, 10)}
        code = next(
            code for code in map("{:06}".format, count(len(self.tried))) if code not in unfit
        )
        self.tried.add(code)
        return code

    def asked(self) -> Asked:
        """What a new sign-in is asked for now."""
        half = self.acme.half(self.person, place=self.place)
        return self.acme.call(second_step.code_page, half=half, place=self.place).answer

    def guess(self, half: HalfCaller | None = None) -> Answer:
        """One wrong try in this sign-in or a new one: a code, or a pair where one is asked for."""
        half = half or self.acme.half(self.person, place=self.place)
        page = self.acme.call(second_step.code_page, half=half, place=self.place)
        second = self.wrong() if isinstance(page.answer, Pair) else ""
        return self.acme.submit_code(half, self.wrong(), second, place=self.place)

    def climb(self, misses: int) -> None:
        """So many wrong tries that are looked at, each after the wait before it."""
        for _ in range(misses):
            assert self.guess() == CodeRefused(1)
            self.acme.clock.advance(61)


def found(store: Store, clock: FixedClock, name: str = "Acme") -> Organisation:
    """A new account; its owner is Olga and has a password."""
    made = store.call(
        setup.found,
        clock.now(),
        name="Olga",
        email=f"olga@{name.lower()}.example",
        organisation=name,
        encoded=ENCODED,
    )
    assert isinstance(made, setup.Founded)
    return Organisation(store, clock, made.account.id, made.owner.id)
