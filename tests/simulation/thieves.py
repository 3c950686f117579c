"""People who have somebody's password and guess codes, in every way that we can think of.

Each is a line in `STRATEGIES`: when it tries, and what it does. All go through the real flows.
The owner lives on meanwhile and signs in once a day from a known browser.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tests.simulation.scene import Scene
from tests.world import DESK, HERE
from twofold.core import guessing
from twofold.core.attempts import Source
from twofold.core.guessing import Guesses
from twofold.core.mail import MailKind
from twofold.core.people import DAY, HOUR, MINUTE, GuardPolicy, Instant, Person, Profile
from twofold.core.policy import numbers_of
from twofold.core.sessions import HalfCaller
from twofold.core.throttle import MONTH, Pair, Wait
from twofold.flows import browsers, second_step
from twofold.flows.sign_in import From, HalfWay, SignedIn, SignInEnded


@dataclass
class Thief:
    """Somebody with the password of `victim`."""

    scene: Scene
    victim: Person
    place: From = HERE
    half: HalfCaller | None = None
    tries: int = 0
    hits: int = 0
    waits_until: Instant = 0
    """Until when the page says to wait."""

    def start(self) -> None:
        """A new half-finished sign-in with the right password, if it is let in that far."""
        self.half = None
        answer = self.scene.acme.submit_password(self.victim, place=self.place)
        if isinstance(answer, HalfWay):
            self.half = self.scene.acme.half_of(answer.token)

    def guess(self, first: str = "", second: str = "") -> None:
        """One try with random codes or given ones: two of them where two are asked for."""
        self.tries += 1
        if self.half is None or self.scene.now >= self.half.sign_in.expires_at:
            self.start()
        if self.half is None:
            return
        acme, place = self.scene.acme, self.place
        asked = acme.call(second_step.code_page, half=self.half, place=place).answer
        self.waits_until = asked.until if isinstance(asked, Wait) else 0
        first = first or self.code()
        second = second or (self.code() if isinstance(asked, Pair) else "")
        with self.scene.compared.counted():
            answer = acme.submit_code(self.half, first, second, place=place)
        if isinstance(answer, SignedIn):
            self.hits += 1
        if isinstance(answer, SignedIn | SignInEnded):
            self.half = None

    def code(self) -> str:
        """Any code, each as likely as the other."""
        return f"{self.scene.random.randrange(10**6):06}"


Strategy = Callable[[Thief, Instant], Iterator[Instant]]
"""Tries, and yields when it wants to be called again; ends at the given moment."""


def every(seconds: int) -> Strategy:
    """One try each so many seconds."""

    def run(thief: Thief, end: Instant) -> Iterator[Instant]:
        while thief.scene.now < end:
            thief.guess()
            yield thief.scene.now + seconds

    return run


def patient(thief: Thief, end: Instant) -> Iterator[Instant]:
    """As soon as the page allows it, and three times a day when it never does."""
    while thief.scene.now < end:
        thief.guess()
        yield max(thief.waits_until, thief.scene.now + (1 if thief.waits_until else 8 * HOUR))


def bursts(thief: Thief, end: Instant) -> Iterator[Instant]:
    """Forty tries in the same second, each week."""
    while thief.scene.now < end:
        for _ in range(40):
            thief.guess()
        yield thief.scene.now + 7 * DAY


def to_the_second(thief: Thief, end: Instant) -> Iterator[Instant]:
    """Ten as fast as the waits allow, then exactly thirty days after each, to the second."""
    started = thief.scene.now
    while thief.scene.now < end:
        for after in (0, 0, 0, 30, 90, 90, 90, 90, 90, 90):
            yield started + after
            thief.guess()
        started += MONTH


def many_addresses(thief: Thief, end: Instant) -> Iterator[Instant]:
    """Each try from another address, old and new ones, in another sign-in."""
    number = 0
    while thief.scene.now < end:
        number += 1
        address = f"2001:db8:{number % 65536:x}::1" if number % 2 else f"203.0.{number % 256}.9"
        thief.place = From(Source(address, "curl"))
        thief.half = None
        thief.guess()
        yield thief.scene.now + 11 * HOUR


def many_sessions(thief: Thief, end: Instant) -> Iterator[Instant]:
    """Eight half-finished sign-ins side by side, used in turns."""
    while thief.scene.now < end:
        halves: list[HalfCaller | None] = []
        for _ in range(8):
            thief.start()
            halves.append(thief.half)
        for _ in range(2):
            for half in halves:
                thief.half = half
                thief.guess()
        thief.half = None
        yield thief.scene.now + 3 * DAY


def password_each_time(thief: Thief, end: Instant) -> Iterator[Instant]:
    """The right password before every single code, so that it might clear something."""
    while thief.scene.now < end:
        thief.half = None
        thief.guess()
        yield thief.scene.now + 9 * HOUR


def the_same_code(thief: Thief, end: Instant) -> Iterator[Instant]:
    """One code again and again, within the time in which it counts once and just after it."""
    code = thief.code()
    while thief.scene.now < end:
        for pause in (0, 10, 30, 89, 90, 91, 1, 1):
            yield thief.scene.now + pause
            thief.guess(code, code)
        yield thief.scene.now + 3 * DAY


def pairs_only(thief: Thief, end: Instant) -> Iterator[Instant]:
    """Two codes each time, asked for or not."""
    while thief.scene.now < end:
        thief.guess(thief.code(), thief.code())
        yield thief.scene.now + 12 * HOUR


def around_the_owner(thief: Thief, end: Instant) -> Iterator[Instant]:
    """Right after each success of the owner, which might have cleared something."""
    while thief.scene.now < end:
        for _ in range(4):
            thief.guess()
        yield next_sign_in(thief.scene.now) + 1


STRATEGIES: dict[str, Strategy] = {
    "constant: two a day": every(12 * HOUR),
    "slow: one in six days": every(6 * DAY),
    "as soon as allowed": patient,
    "bursts of forty": bursts,
    "thirty days to the second": to_the_second,
    "many addresses": many_addresses,
    "many sign-ins at once": many_sessions,
    "right password each time": password_each_time,
    "the same code again": the_same_code,
    "pairs only": pairs_only,
    "right after the owner": around_the_owner,
}


# ---- the year ------------------------------------------------------------------------------

BREAKFAST = 8 * HOUR


def next_sign_in(now: Instant) -> Instant:
    """When the owner signs in next: once a day at a time."""
    day = now // DAY * DAY + BREAKFAST
    return day if day > now else day + DAY


@dataclass
class Result:
    """What one thief reached."""

    name: str
    days: int
    tries: int
    compared: Guesses
    most_singles: int
    """Single codes in the worst 30 days."""
    most: int
    """Of both kinds in the worst 30 days."""
    allowed: Guesses
    """By the ladder, in 30 days. A pair may always take the place of a single code."""
    allowed_in_all: Guesses
    """By the ladder, in the days of the run."""
    hits: int
    owner_refused: int
    """Sign-ins of the owner from the known browser that did not succeed at once."""

    @property
    def keeps(self) -> bool:
        """Whether the ladder held, in every 30 days and altogether."""
        total, in_all = self.allowed, self.allowed_in_all
        return (
            self.most_singles <= total.singles
            and self.most <= total.singles + total.pairs
            and self.compared.singles <= in_all.singles
            and self.compared.singles + self.compared.pairs <= in_all.singles + in_all.pairs
        )


def worst_month(moments: list[Instant]) -> int:
    """The most in any 30 days; `moments` in order."""
    most = first = 0
    for last, at in enumerate(moments):
        while moments[first] <= at - MONTH:
            first += 1
        most = max(most, last - first + 1)
    return most


def live(
    scene: Scene,
    name: str,
    days: int,
    *,
    strategy: Strategy | None = None,
    profile: Profile = Profile.STANDARD,
    cookie: bool = False,
) -> Result:
    """Let a thief and the owner of the password live side by side for so many days."""
    acme = scene.acme
    guard = GuardPolicy(members=profile)
    acme.store.call(lambda tx: tx.accounts.set_guard(acme.account_id, guard))
    owner = scene.enrolled("Mia")
    known = acme.known(owner)
    scene.move_to(scene.now + MINUTE)
    thief = Thief(scene, owner, place=known if cookie else HERE)
    refused = _run(scene, thief, strategy or STRATEGIES[name], known, scene.now + days * DAY)
    numbers, span = numbers_of(acme.account), days * DAY
    budget = guessing.with_cookie if cookie else guessing.of_person
    singles, pairs = scene.compared.singles, scene.compared.pairs
    return Result(
        name=name,
        days=days,
        tries=thief.tries,
        compared=Guesses(len(singles), len(pairs)),
        most_singles=worst_month(singles),
        most=worst_month(sorted(singles + pairs)),
        allowed=budget(numbers, profile),
        allowed_in_all=budget(numbers, profile, span),
        hits=thief.hits,
        owner_refused=refused,
    )


def _run(scene: Scene, thief: Thief, strategy: Strategy, known: From, end: Instant) -> int:
    """Whoever is next acts; how often the owner did not get in at once. Then they go by a mailed
    link and two codes, after which their browser is known again.
    """
    refused, wakes = 0, strategy(thief, end)
    next_try, next_owner = scene.now, next_sign_in(scene.now)
    while min(next_try, next_owner) < end:
        if next_owner <= next_try:
            scene.move_to(next_owner)
            if not gets_in(scene, thief.victim, known):
                refused += 1
                known = in_by_link(scene, thief.victim) or known
            next_owner += DAY
        else:
            scene.move_to(next_try)
            next_try = next(wakes, end)
    return refused


def gets_in(scene: Scene, owner: Person, known: From) -> bool:
    """The owner signs in from the known browser with password and one code, at once."""
    answer = scene.acme.submit_password(owner, place=known)
    if not isinstance(answer, HalfWay):
        return False
    half = scene.acme.half_of(answer.token)
    if half is None:
        return False
    code = scene.acme.code(owner)
    return isinstance(scene.acme.submit_code(half, code, place=known), SignedIn)


def in_by_link(scene: Scene, owner: Person) -> From | None:
    """From a new browser: the owner asks for a link, opens the newest mail in the same browser,
    and goes on; the browser that is known afterwards, or None.
    """
    acme = scene.acme
    half = acme.half(owner)
    acme.call(browsers.send_code_link, half=half, source=DESK)
    mails = acme.mails(owner, MailKind.CODE_LINK)
    token = str(mails[0].params["token"]) if mails else ""
    if not acme.call(browsers.open_code_link, half=half, token=token):
        return None
    opened = replace(half, sign_in=replace(half.sign_in, link_open=True))
    done = acme.submit_right(opened)
    if not isinstance(done, SignedIn):
        return None
    return From(DESK, browser_token=done.browser_token)
