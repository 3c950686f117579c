"""Vandals, and honest people who mistype: who has to wait, and for how long."""

from dataclasses import dataclass, field

from tests.simulation.scene import Scene
from tests.simulation.thieves import Thief, gets_in, in_by_link
from tests.world import DESK, HERE
from twofold.core.attempts import Source
from twofold.core.mail import MailKind
from twofold.core.people import DAY, HOUR, MINUTE, Instant, Person
from twofold.core.sessions import HalfCaller
from twofold.core.throttle import MONTH, NeedsLink, Pair, Wait
from twofold.flows import browsers, second_step, sign_in
from twofold.flows.sign_in import From, HalfWay, SignedIn
from twofold.ports import Tx

# ---- a vandal without any password ---------------------------------------------------------


@dataclass
class Flood:
    """What a flood of wrong passwords did."""

    sent: int = 0
    compared: int = 0
    """That were not refused unread."""
    known_tries: int = 0
    known_at_once: int = 0
    """Sign-ins from known browsers, password and code, that succeeded at the first try."""
    new_tries: int = 0
    new_at_all: int = 0
    """Tries from new browsers whose password was looked at, the vandal always being first."""
    link_tries: int = 0
    by_link: int = 0
    """Owners in new browsers who got in with a mailed link."""


def flood(scene: Scene, *, people: int, seconds: int, per_second: int, addresses: int) -> Flood:
    """Wrong passwords for everybody, so many a second, from so many addresses.

    Meanwhile each second the next person signs in from a known browser, with password and code,
    and another one tries the right password in a new browser.
    """
    crowd = [scene.enrolled(f"P{n}") for n in range(people)]
    known = [scene.acme.known(person) for person in crowd]
    scene.acme.clock.advance(MINUTE)
    seen = Flood()
    for second in range(seconds):
        _wrong_passwords(scene, crowd, seen, per_second, addresses)
        turn = second % people
        if scene.now // 30 > scene.acme.active(crowd[turn]).last_step:
            seen.known_tries += 1
            seen.known_at_once += gets_in(scene, crowd[turn], known[turn])
        seen.new_tries += 1
        other = crowd[(turn + people // 2) % people]
        seen.new_at_all += isinstance(scene.acme.submit_password(other), HalfWay)
        scene.acme.clock.advance(1)
    for person in crowd[:5]:
        seen.link_tries += 1
        seen.by_link += _in_by_link(scene, person)
    return seen


def _wrong_passwords(
    scene: Scene, crowd: list[Person], seen: Flood, count: int, addresses: int
) -> None:
    """Those of one second, each through both flows; in one transaction, to be quicker."""

    def send(tx: Tx) -> None:
        for _ in range(count):
            number = scene.random.randrange(addresses)
            place = From(Source(f"198.51.{number // 250}.{number % 250}", "curl"))
            email = scene.random.choice(crowd).email
            tried = sign_in.look_up_password(tx, scene.now, email=email, place=place)
            sign_in.settle_password(
                tx, scene.now, tried=tried, proved=False, rehashed=None, return_to="/", place=place
            )
            seen.sent += 1
            seen.compared += tried.charge is not None

    scene.acme.store.call(send)


def _in_by_link(scene: Scene, person: Person) -> bool:
    """From a new browser: a link is asked for, opened in that browser, and then all goes on."""
    acme = scene.acme
    cookie = acme.store.call(lambda tx: tx.random.token())
    acme.call(browsers.ask_for_link, email=person.email, source=DESK)
    token = acme.token(person, MailKind.BROWSER_LINK)
    if acme.call(browsers.open_link, token=token, cookie=cookie) is None:
        return False
    scene.acme.clock.advance(MINUTE)
    return gets_in(scene, person, From(DESK, link_token=cookie))


# ---- a vandal with one password ------------------------------------------------------------


@dataclass
class Siege:
    """What the owner met while a vandal used the password up."""

    pair_in_new: bool
    """At the second level: two codes let the owner in from a new browser."""
    known_at_once: bool
    needs_link: bool
    """At the third: a new browser needs a mailed link …"""
    link_in_new: bool
    """… and gets in with it and two codes."""
    link_while_flooded: bool
    """The same while the vandal asks for such mails as often as they are sent."""


def siege(scene: Scene) -> Siege:
    """The vandal fails until nothing is compared any more; the owner signs in at each level."""
    acme, owner = scene.acme, scene.enrolled("Mia")
    known = acme.known(owner)
    vandal = Thief(scene, owner)
    while len(scene.compared.singles) < 5:
        vandal.guess()
        scene.move_to(max(vandal.waits_until, scene.now + 1))
    scene.move_to(scene.now + MINUTE)
    pair_in_new = _code_lets_in(scene, acme.half(owner))
    for _ in range(30):
        vandal.guess()
    scene.move_to(scene.now + MINUTE)
    known_at_once = gets_in(scene, owner, known)
    scene.move_to(scene.now + HOUR)
    half = acme.half(owner)
    page = acme.call(second_step.code_page, half=half, place=HERE)
    link_in_new = in_by_link(scene, owner) is not None
    scene.move_to(scene.now + HOUR)
    vandal.start()
    while vandal.half and acme.call(browsers.send_code_link, half=vandal.half, source=DESK):
        pass
    flooded = in_by_link(scene, owner) is not None
    is_link = isinstance(page.answer, NeedsLink)
    return Siege(pair_in_new, known_at_once, is_link, link_in_new, flooded)


def _code_lets_in(scene: Scene, half: HalfCaller) -> bool:
    return isinstance(scene.acme.submit_right(half), SignedIn)


# ---- honest people -------------------------------------------------------------------------


@dataclass
class Honest:
    """A year of somebody honest."""

    sign_ins: int = 0
    mistyped: int = 0
    waits: list[int] = field(default_factory=list)
    """Seconds that they were told to wait, each time that they were."""
    pairs: int = 0
    """Sign-ins at which two codes were asked for."""
    links: int = 0
    """Sign-ins at which a mailed link was asked for."""
    misses: list[Instant] = field(default_factory=list)

    @property
    def longest_wait(self) -> int:
        """Seconds; 0 where there was none."""
        return max(self.waits, default=0)


def mistypes_twice_a_week(scene: Scene, days: int) -> Honest:
    """Signs in each day from one known browser; on Mondays and Thursdays with one wrong code
    first. Every 180 days the browser has to become known anew.
    """
    owner = scene.enrolled("Mia")
    place, life = HERE, Honest()
    for day in range(days):
        scene.move_to(scene.now + DAY)
        half = _half_at(scene, owner, place)
        if day % 7 in (0, 3):
            _mistype(scene, half, place, life)
        place = _sign_in(scene, half, place, life)
    return life


def mistypes_at_random(scene: Scene, days: int, *, share: float, per_month: int = 62) -> Honest:
    """Signs in from a new browser each time, and mistypes that share of the codes."""
    owner = scene.enrolled("Mia")
    life, pause = Honest(), MONTH // per_month
    end = scene.now + days * DAY
    while scene.now < end:
        scene.move_to(scene.now + pause)
        half = _half_at(scene, owner, HERE)
        while scene.random.random() < share:
            _mistype(scene, half, HERE, life)
        _sign_in(scene, half, HERE, life)
    return life


def _half_at(scene: Scene, person: Person, place: From) -> HalfCaller:
    return scene.acme.half(person, place=place)


def _mistype(scene: Scene, half: HalfCaller, place: From, life: Honest) -> None:
    """One digit is wrong; whoever has to wait first does so."""
    answer = _wait_if_told(scene, half, place, life)
    if isinstance(answer, NeedsLink):
        return
    code = scene.acme.code(half.person)
    slip = f"{(int(code) + 10 ** scene.random.randrange(6)) % 10**6:06}"
    before = scene.acme.code(half.person, steps=-1) if isinstance(answer, Pair) else ""
    typed = (before, slip) if before else (slip, "")
    scene.acme.submit_code(half, *typed, place=place)
    life.mistyped += 1
    life.misses.append(scene.now)
    scene.move_to(scene.now + 10)


def _wait_if_told(scene: Scene, half: HalfCaller, place: From, life: Honest) -> object:
    answer = scene.acme.call(second_step.code_page, half=half, place=place).answer
    if isinstance(answer, Wait):
        life.waits.append(answer.until - scene.now)
        scene.move_to(answer.until)
        answer = scene.acme.call(second_step.code_page, half=half, place=place).answer
    return answer


def _sign_in(scene: Scene, half: HalfCaller, place: From, life: Honest) -> From:
    """With what is asked for; from the browser that is known afterwards."""
    answer = _wait_if_told(scene, half, place, life)
    life.sign_ins += 1
    life.pairs += isinstance(answer, Pair)
    if isinstance(answer, NeedsLink):
        life.links += 1
        return place
    done = scene.acme.submit_right(half, place=place)
    if not isinstance(done, SignedIn):
        raise AssertionError(f"an honest person was refused: {done}")
    return From(DESK, browser_token=done.browser_token)
