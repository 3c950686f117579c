"""What every rule of the state machine stands on: sending a request and judging what it changed.

Each request says what it may change at most. Whatever changed beyond that, and whatever cookie
came back without its proof, is a finding.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache

from tests.attacks.model import FACTORS, Half, Model, Shown, Someone, Tries, Trust
from tests.attacks.sites import Start, product
from tests.attacks.wire import Client, Reply, Wire
from tests.faces.conftest import PASSWORD, Site
from tests.flows.waiting import HOURS, Days
from tests.world import DESK
from twofold.core import otp
from twofold.core.authenticators import is_stopped
from twofold.core.mail import MailKind
from twofold.core.otp import code_at, step_at
from twofold.core.people import DAY, HOUR, MINUTE, Instant, PersonState, Role
from twofold.core.tokens import Purpose, digest
from twofold.flows import recovery
from twofold.flows.recovery import NewCodes
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
    apps: frozenset[str]
    keys: frozenset[str]
    is_disabled: bool
    """An app is."""
    is_stopped: bool
    """All of them are: what is set up takes their place."""
    pending: str
    codes: int
    """Recovery codes that are left."""
    wait: tuple[str, str]
    """Id and state of the newest delayed recovery."""


@cache
def start() -> tuple[Start, dict[str, list[str]]]:
    """Olga the owner and Mia have an authenticator and recovery codes, which come back by name,
    Ben has none; nobody is signed in. Members may recover by waiting.
    """
    codes: dict[str, list[str]] = {}

    def prepare(site: Site) -> None:
        acme = site.acme
        for person in (acme.owner, acme.add("Mia"), acme.add("Ben")):
            site.give_password(person)
        for person, _ in acme.store.call(lambda tx: tx.people.all_active(acme.account_id)):
            if person.name != "Ben":
                made = acme.call(recovery.make, caller=acme.enrol(person), source=DESK)
                assert isinstance(made, NewCodes)
                codes[person.name] = list(made.codes)
            acme.store.call(lambda tx, of=person.id: tx.sessions.end_all(of))
        acme.store.call(lambda tx: tx.accounts.set_wait_hours(acme.account_id, HOURS))

    return product().start(prepare), codes


class Scene:
    """The product with three people and six browsers, and the model beside it."""

    def __init__(self) -> None:
        """Every scene begins at the same moment with the same chance."""
        self.open = ExitStack()
        begin, codes = start()
        self.site = self.open.enter_context(product().opened(begin, seed=2))
        self.days = Days(self.site.acme)
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
            who.version, who.apps = facts.version, set(facts.apps)
            who.codes = list(codes.get(name, ()))
            for app in facts.apps:
                self.scan(who, app)

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
                active = tx.authenticators.in_force(who.id)
                pending = tx.authenticators.pending(who.id)
                standing, wait = tx.recovery.standing(who.id), tx.waits.latest(who.id)
                found[name] = Facts(
                    person.password_version,
                    person.state is PersonState.ACTIVE,
                    person.must_change_password,
                    frozenset(one.id for one in active),
                    frozenset(one.id for one in tx.passkeys.of(who.id)),
                    any(one.disabled_at is not None for one in active),
                    is_stopped(active),
                    pending.id if pending else "",
                    standing.left if standing else 0,
                    (wait.id, wait.state.value) if wait else ("", ""),
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
        waiting = self.site.world.store.call(lambda tx: tx.mails.of(who.id, limit=50))
        left = [mail for mail in reversed(self.days.delivered) if mail.person_id == who.id]
        return next(
            (
                str(mail.params["token"])
                for mail in (*waiting, *left)
                if mail.kind in kinds and "token" in mail.params
            ),
            "x" * 43,
        )

    # ---- codes -----------------------------------------------------------------------------

    def code(self, who: Someone, steps: int = 0, *, of: str = "") -> str:
        """What the person's phone shows, some steps from now; 000000 without an entry."""
        app = of or who.app
        secret, steps = who.secrets.get(app), steps + who.off.get(app, 0)
        return code_at(secret, step_at(self.now) + steps) if secret else "000000"

    def wrong_code(self) -> str:
        """Six digits that no phone shows around now, another one each time."""
        near = {
            code_at(secret, step_at(self.now) + n)
            for who in self.model.people.values()
            for secret in who.secrets.values()
            for n in range(-30, 31)
        }
        while True:
            self.numbers += 1
            if (code := f"{self.numbers:06}") not in near:
                return code

    # ---- sending ---------------------------------------------------------------------------

    def get(self, client: Client, path: str) -> Reply:
        """Open a page; nothing may change but a set-up that begins, which the rule judges."""
        self._touch(client)
        if not path.startswith("/profile") or path.partition("?")[0] == "/profile/set-up":
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
        before = self.known_facts or self.facts()
        reply = self._sent(client, path, fields)
        self._judge(before, path, may, keep)
        return reply

    def happens(self, what: str, act: Callable[[], object], *facts: tuple[str, str]) -> None:
        """Something beside the requests, such as the worker, which may change these facts."""
        before = self.known_facts or self.facts()
        act()
        self._judge(before, what, frozenset(facts), None)

    def _judge(
        self,
        before: tuple[bool, dict[str, Facts]],
        path: str,
        may: frozenset[tuple[str, str]],
        keep: Shown | None,
    ) -> None:
        old_requires, old = before
        requires, new = self.known_facts = self.facts()
        if requires != old_requires:
            assert ("", "policy") in may, f"{path} moved the switch"
            reached["switched on" if requires else "switched off"] += 1
            self.model.requires_factor = requires
            if requires:
                self.model.switch_on()
        for name in NAMES:
            self._changed(name, old[name], new[name], path, may, keep)

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
        if (new.apps, new.keys) != (old.apps, old.keys):
            self._other_factors(name, old, new, path, may, keep)
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
        self._other_codes(name, old, new, path, may)
        if new.wait != old.wait:
            self._other_wait(name, old, new, path, may)
        who.is_stolen = new.is_stolen
        if new.is_stolen and not old.is_stolen:
            assert (name, "guess") in may, f"{path} marked the password of {name}"
            reached["password stolen"] += 1

    def _other_factors(
        self,
        name: str,
        old: Facts,
        new: Facts,
        path: str,
        may: frozenset[tuple[str, str]],
        keep: Shown | None,
    ) -> None:
        who = self.model.people[name]
        assert new.apps == old.apps or (name, "factor") in may, f"{path}: an app of {name}"
        assert new.keys == old.keys or (name, "passkey") in may, f"{path}: a passkey of {name}"
        who.apps = set(new.apps)
        who.lost_keys += [key for id_, key in who.keys.items() if id_ not in new.keys]
        who.keys = {id_: key for id_, key in who.keys.items() if id_ in new.keys}
        self.model.end_all(who, keep=keep)
        if not new.apps | new.keys:
            who.shows_codes([])
            owner = who.role is Role.OWNER
            assert not self.model.requires_factor, f"{path} took the last factor of {name}"
            assert not owner, f"{path} took the last factor of the last admin"
            reached["gave up the last factor"] += 1

    def _other_codes(
        self, name: str, old: Facts, new: Facts, path: str, may: frozenset[tuple[str, str]]
    ) -> None:
        """One less where one was used, ten where a set was made, none where nothing is left that
        they stand in for.
        """
        added = bool((new.apps - old.apps) | (new.keys - old.keys))
        if new.codes > old.codes:
            assert (name, "codes") in may or added, f"{path} made codes for {name}"
            assert new.codes == 10
        elif new.codes < old.codes and new.apps | new.keys:
            assert (name, "codes") in may, f"{path} used a code of {name}"
            assert new.codes == old.codes - 1

    def _other_wait(
        self, name: str, old: Facts, new: Facts, path: str, may: frozenset[tuple[str, str]]
    ) -> None:
        who, state = self.model.people[name], new.wait[1]
        reached[f"wait {state}"] += 1
        if new.wait[0] != old.wait[0]:
            assert state == "waiting"
            assert (name, "wait") in may, f"{path} began a wait of {name}"
            assert old.wait[1] not in ("waiting", "open"), "two waits at once"
            who.waits_since = self.now
            return
        if state == "open":
            assert (name, "open") in may, f"{path} opened the wait of {name}"
            self._was_told_in_time(who)
            who.anew_until = (self.now + DAY, who.version)
            return
        who.waits_since = None
        if old.wait[1] == "open":
            who.anew_until = (0, -1)
            if state == "stopped":
                self.model.end_halves(who)
        assert state != "used" or new.apps != old.apps or new.keys != old.keys

    def _was_told_in_time(self, who: Someone) -> None:
        """The whole time has passed, and everybody who can stop it was told on every day of it."""
        began = who.waits_since
        assert began is not None, "a wait ended that never began"
        assert self.now - began >= HOURS * HOUR, "a wait was too short"
        for told in (who, self.model.people["Olga"]):
            mails = self.site.world.store.call(lambda tx, of=told.id: tx.mails.of(of, limit=1000))
            left = [
                mail.sent_at
                for mail in mails
                if mail.kind is MailKind.WAIT_NOTICE and mail.created_at >= began and mail.sent_at
            ]
            assert len(left) >= HOURS // 24, "a wait ended of which nobody was told"

    # ---- what an answer may hand out -------------------------------------------------------

    def accepted(
        self, who: Someone, codes: list[str], browser: str | None = None, *, widest: int = 6
    ) -> str:
        """What was accepted is of one secret of the person, near now, and newer than all before;
        the id of its authenticator.

        `browser` is the cookie of the browser that sent it, or None for a set-up; `widest` is how
        many steps the code may lie from what the phone is known to show.
        """
        active = self.site.world.store.call(lambda tx: tx.authenticators.in_force(who.id))
        newer = [one for one in active if one.last_step > who.steps.get(one.id, 0)]
        assert len(newer) == 1, "a step was accepted twice, or of two apps at once"
        app, step = newer[0].id, newer[0].last_step
        secret = who.secrets[app]
        is_pair = len(codes) == 2 and [code_at(secret, step + n) for n in (-1, 0)] == codes
        assert is_pair or code_at(secret, step) == codes[0], "a wrong code was accepted"
        if browser is not None and (browser, who.id) not in self.model.known:
            assert is_pair or who.role is Role.MEMBER, "a single code of the owner was accepted"
        assert abs(step - step_at(self.now) - who.off.get(app, 0)) <= widest
        who.steps[app] = step
        return app

    def burned(self, who: Someone) -> None:
        """A recovery code was used: what the phones show now is worth nothing any more."""
        for one in self.site.world.store.call(lambda tx: tx.authenticators.in_force(who.id)):
            assert one.last_step > step_at(self.now) + one.drift, "a code outlives the recovery"
            who.steps[one.id] = max(one.last_step, who.steps.get(one.id, 0))

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
        factor_at = self.now if methods & FACTORS else None
        password_at = self.now if "pwd" in methods else 0
        if factor_at and password_at:
            who.has_mailed_password = False
        shown = Shown(who, methods, password_at, factor_at, self.now, self.now, by_trust)
        self.model.sessions[reply.cookies[SESSION]] = shown
        self.model.known.add((reply.cookies[BROWSER], who.id))
        return shown

    def renewed(self, old: str, reply: Reply) -> None:
        """A session has a new cookie; the old one opens nothing any more."""
        self.model.sessions[reply.cookies[SESSION]] = self.model.sessions.pop(old)

    def trusted(self, browser: str, who: Someone) -> None:
        """The person ticked the box at the end of a complete sign-in."""
        self.model.trusts[browser, who.id] = Trust(self.now + 30 * DAY, who.version, who.factors)

    def halfway(self, reply: Reply, who: Someone) -> None:
        """A right password was answered with a half-finished sign-in."""
        is_for_code = who.has_factor
        assert reply.location != ("/set-up" if is_for_code else "/sign-in/code")
        lifetime = 10 * MINUTE if is_for_code else 60 * MINUTE
        self.model.halves[reply.cookies[SIGN_IN]] = Half(
            who, who.version, is_for_code, self.now + lifetime
        )
