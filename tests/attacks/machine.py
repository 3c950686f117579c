"""What every rule of the state machine stands on: sending a request and judging what it changed.

Each request says what it may change at most. Whatever changed beyond that, and whatever cookie
came back without its proof, is a finding.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache

from tests.attacks.model import Half, Model, Shown, Someone, Tries, Trust
from tests.attacks.sites import Start, product
from tests.attacks.wire import Client, Reply, Wire
from tests.faces.conftest import PASSWORD, Site
from twofold.core import otp
from twofold.core.mail import MailKind
from twofold.core.otp import code_at, step_at
from twofold.core.people import DAY, MINUTE, Instant, PersonState, Role
from twofold.core.tokens import Purpose, digest
from twofold.ports import Tx
from twofold.web.forms import form_token

SESSION, SIGN_IN, BROWSER = "twofold", "twofold-sign-in", "twofold-browser"
BROWSERS = 6
NAMES = ("Olga", "Mia", "Ben")
reached: Counter[str] = Counter()
"""How often each thing happened that is worth happening, over all runs of the process."""


@dataclass
class Compared:
    """Codes that matched nothing, counted inside, where they are compared."""

    singles: int = 0
    pairs: int = 0


@contextmanager
def watched() -> Iterator[Compared]:
    """Count the wrong codes of the whole process that are really compared."""
    seen = Compared()
    one, two = otp.matching_step, otp.matching_pair

    def matching_step(secret: bytes, code: str, now: Instant, drift: int = 0) -> int | None:
        step = one(secret, code, now, drift)
        seen.singles += step is None
        return step

    def matching_pair(
        secret: bytes, first: str, second: str, now: Instant, drift: int = 0, **more: int
    ) -> int | None:
        step = two(secret, first, second, now, drift, **more)
        seen.pairs += step is None
        return step

    otp.matching_step, otp.matching_pair = matching_step, matching_pair
    try:
        yield seen
    finally:
        otp.matching_step, otp.matching_pair = one, two


@dataclass(frozen=True)
class Facts:
    """What is true of one person in the product."""

    version: int
    is_active: bool
    is_stolen: bool
    factor: str
    is_disabled: bool
    """The authenticator is."""
    pending: str


@cache
def start() -> Start:
    """Olga the owner and Mia have an authenticator, Ben has none; nobody is signed in."""

    def prepare(site: Site) -> None:
        acme = site.acme
        for person in (acme.owner, acme.add("Mia"), acme.add("Ben")):
            site.give_password(person)
        for person, _ in acme.store.call(lambda tx: tx.people.all_active(acme.account_id)):
            if person.name != "Ben":
                acme.enrol(person)
            acme.store.call(lambda tx, of=person.id: tx.sessions.end_all(of))

    return product().start(prepare)


class Scene:
    """The product with three people and six browsers, and the model beside it."""

    def __init__(self) -> None:
        """Every scene begins at the same moment with the same chance."""
        self.open = ExitStack()
        self.site = self.open.enter_context(product().opened(start(), seed=2))
        self.compared = self.open.enter_context(watched())
        self.wire = Wire(self.site.app)
        self.open.callback(self.wire.close)
        self.clients = [Client(self.wire, address=f"192.0.2.{n}") for n in range(BROWSERS)]
        self.model = Model()
        self.numbers = 0
        self.known_facts: tuple[bool, dict[str, Facts]] | None = None
        everybody = self.site.world.store.call(
            lambda tx: tx.people.all_active(self.site.acme.account_id)
        )
        for person, _ in everybody:
            self.model.people[person.name] = Someone(person.id, person.email, person.role, PASSWORD)
            self.model.tries[person.name] = Tries()
        for name, facts in self.facts()[1].items():
            who = self.model.people[name]
            who.version, who.factor = facts.version, facts.factor
            if facts.factor:
                self.scan(who, facts.factor)

    @property
    def now(self) -> int:
        """The moment that the clock shows."""
        return self.site.clock.now()

    # ---- looking ---------------------------------------------------------------------------

    def facts(self) -> tuple[bool, dict[str, Facts]]:
        """Whether two factors are demanded, and the facts about each person."""
        people, account_id = self.model.people, self.site.acme.account_id

        def look(tx: Tx) -> tuple[bool, dict[str, Facts]]:
            found = {}
            for name, who in people.items():
                person = tx.people.find(account_id, who.id)
                assert person is not None
                active = next(iter(tx.authenticators.in_force(who.id)), None)
                pending = tx.authenticators.pending(who.id)
                found[name] = Facts(
                    person.password_version,
                    person.state is PersonState.ACTIVE,
                    person.must_change_password,
                    active.id if active else "",
                    active is not None and active.disabled_at is not None,
                    pending.id if pending else "",
                )
            return tx.accounts.get(account_id).requires_factor, found

        return self.site.world.store.call(look)

    def scan(self, who: Someone, authenticator_id: str) -> None:
        """The phone takes a secret in, as it stands on the set-up page."""
        store = self.site.world.store
        for found in store.call(
            lambda tx: (*tx.authenticators.in_force(who.id), tx.authenticators.pending(who.id))
        ):
            if found is not None and found.id == authenticator_id:
                who.secrets[found.id] = found.secret
                who.steps.setdefault(found.id, found.last_step)

    def shown(self, client: Client) -> Shown | None:
        """The session of the model that a browser carries, if it opens anything."""
        return self.model.session(client.cookies.get(SESSION, ""), self.now)

    def half(self, client: Client) -> Half | None:
        """The half-finished sign-in that a browser carries, where no session comes first."""
        half = self.model.halves.get(client.cookies.get(SIGN_IN, ""))
        return half if half and self.shown(client) is None and half.is_alive(self.now) else None

    def csrf(self, client: Client) -> str:
        """The token of the forms that this browser is shown."""
        store, now = self.site.world.store, self.now
        if self.shown(client):
            token = digest(Purpose.SESSION, client.cookies[SESSION])
            caller = store.call(lambda tx: tx.sessions.by_token(token, now))
            return form_token(caller.session.id) if caller else ""
        if SIGN_IN in client.cookies:
            token = digest(Purpose.SIGN_IN, client.cookies[SIGN_IN])
            half = store.call(lambda tx: tx.sign_ins.by_token(token, now))
            return form_token(half.sign_in.id) if half else ""
        return ""

    def mailed(self, who: Someone, *kinds: MailKind) -> str:
        """The token in the newest mail of these kinds, or one that nobody was sent."""
        mails = self.site.world.store.call(lambda tx: tx.mails.of(who.id, limit=50))
        return next((str(m.params["token"]) for m in mails if m.kind in kinds), "x" * 43)

    # ---- codes -----------------------------------------------------------------------------

    def code(self, who: Someone, steps: int = 0, *, of: str = "") -> str:
        """What the person's phone shows, some steps from now; 000000 without an entry."""
        secret = who.secrets.get(of or who.factor)
        return code_at(secret, step_at(self.now) + steps) if secret else "000000"

    def wrong_code(self) -> str:
        """Six digits that no phone shows around now, another one each time."""
        near = {
            code_at(secret, step_at(self.now) + n)
            for who in self.model.people.values()
            for secret in who.secrets.values()
            for n in range(-9, 10)
        }
        while True:
            self.numbers += 1
            if (code := f"{self.numbers:06}") not in near:
                return code

    # ---- sending ---------------------------------------------------------------------------

    def get(self, client: Client, path: str) -> Reply:
        """Open a page; nothing may change but a set-up that begins, which the rule judges."""
        self._touch(client)
        if not path.startswith("/profile") or path == "/profile/set-up":
            self.known_facts = None
        return client.get(path)

    def post(
        self,
        client: Client,
        path: str,
        fields: dict[str, str] | None = None,
        *,
        may: frozenset[tuple[str, str]] = frozenset(),
        keep: Shown | None = None,
    ) -> Reply:
        """Send a form. `may` names what it may change, as (name, fact); everything else stays.

        `keep` is the session that a change of password or factor leaves open.
        """
        old_requires, old = self.known_facts or self.facts()
        reply = self._sent(client, path, fields)
        requires, new = self.known_facts = self.facts()
        if requires != old_requires:
            assert ("", "policy") in may, f"{path} moved the switch"
            reached["switched on" if requires else "switched off"] += 1
            self.model.requires_factor = requires
            if requires:
                self.model.switch_on()
        for name in NAMES:
            self._changed(name, old[name], new[name], path, may, keep)
        return reply

    def _sent(self, client: Client, path: str, fields: dict[str, str] | None) -> Reply:
        self._touch(client)
        form = {"csrf": self.csrf(client), **(fields or {})}
        self.compared.singles = self.compared.pairs = 0
        reply = client.post(path, form)
        assert reply.status < 500, (path, reply.status)
        return reply

    def _touch(self, client: Client) -> None:
        shown = self.shown(client)
        if shown is not None and self.now - shown.seen_at >= MINUTE:
            shown.seen_at = self.now

    def _changed(
        self,
        name: str,
        old: Facts,
        new: Facts,
        path: str,
        may: frozenset[tuple[str, str]],
        keep: Shown | None,
    ) -> None:
        who = self.model.people[name]
        if new.version != old.version:
            assert (name, "password") in may, f"{path} changed the password of {name}"
            who.version = new.version
            self.model.end_all(who, keep=keep)
        if new.factor != old.factor:
            assert (name, "factor") in may, f"{path} changed the factor of {name}"
            who.factor = new.factor
            self.model.end_all(who, keep=keep)
        if new.is_active != old.is_active:
            assert (name, "state") in may, f"{path} changed the state of {name}"
            who.is_active = new.is_active
            if not new.is_active:
                self.model.end_all(who)
        if new.pending not in ("", old.pending):
            assert (name, "pending") in may, f"{path} began a set-up of {name}"
        if new.is_disabled and not old.is_disabled:
            assert (name, "guess") in may, f"{path} disabled the authenticator of {name}"
            reached["authenticator disabled"] += 1
        who.is_stolen = new.is_stolen
        if new.is_stolen and not old.is_stolen:
            assert (name, "guess") in may, f"{path} marked the password of {name}"
            reached["password stolen"] += 1

    # ---- what an answer may hand out -------------------------------------------------------

    def accepted(
        self, who: Someone, authenticator_id: str, codes: list[str], browser: str | None = None
    ) -> None:
        """What was accepted is of this very secret, near now, and newer than all before.

        `browser` is the cookie of the browser that sent it, or None for a set-up.
        """
        secret, step = who.secrets[authenticator_id], self._last_step(who, authenticator_id)
        is_pair = len(codes) == 2 and [code_at(secret, step + n) for n in (-1, 0)] == codes
        assert is_pair or code_at(secret, step) == codes[0], "a wrong code was accepted"
        if browser is not None and (browser, who.id) not in self.model.known:
            assert is_pair or who.role is Role.MEMBER, "a single code of the owner was accepted"
        assert step > who.steps.get(authenticator_id, 0), "a step was accepted twice"
        assert abs(step - step_at(self.now)) <= 6
        who.steps[authenticator_id] = step

    def _last_step(self, who: Someone, authenticator_id: str) -> int:
        (active,) = self.site.world.store.call(lambda tx: tx.authenticators.in_force(who.id))
        assert active.id == authenticator_id
        return active.last_step

    def refused(self, client: Client, name: str, browser: str, *, enrolling: bool) -> None:
        """A code was not accepted: whatever was compared counts against the ladder."""
        tries, singles, pairs = self.model.tries[name], self.compared.singles, self.compared.pairs
        who = self.model.people[name]
        if enrolling:
            tries.set_up += [self.now] * singles
        elif (browser, who.id) in self.model.known:
            tries.known.setdefault(browser, []).extend([self.now] * (singles + pairs))
        else:
            tries.unknown += [self.now] * singles
            tries.unknown_pairs += [self.now] * pairs
        tries.most_allowed(self.now, strict=who.role is not Role.MEMBER)

    def begun(self, reply: Reply, who: Someone, methods: set[str], *, by_trust: bool) -> Shown:
        """A session was handed out, with the cookie of a known browser."""
        factor_at = self.now if "otp" in methods else None
        shown = Shown(who, methods, self.now, factor_at, self.now, self.now, by_trust)
        self.model.sessions[reply.cookies[SESSION]] = shown
        self.model.known.add((reply.cookies[BROWSER], who.id))
        return shown

    def renewed(self, old: str, reply: Reply) -> None:
        """A session has a new cookie; the old one opens nothing any more."""
        self.model.sessions[reply.cookies[SESSION]] = self.model.sessions.pop(old)

    def trusted(self, browser: str, who: Someone) -> None:
        """The person ticked the box at the end of a complete sign-in."""
        self.model.trusts[browser, who.id] = Trust(self.now + 30 * DAY, who.version, who.factor)

    def halfway(self, reply: Reply, who: Someone) -> None:
        """A right password was answered with a half-finished sign-in."""
        is_for_code = reply.location == "/sign-in/code"
        lifetime = 10 * MINUTE if is_for_code else 60 * MINUTE
        self.model.halves[reply.cookies[SIGN_IN]] = Half(
            who, who.version, is_for_code, self.now + lifetime
        )
