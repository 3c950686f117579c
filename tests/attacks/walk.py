"""Random sequences of everything that three people and an attacker can send, beside a model.

A browser may open a protected page only if its cookie was handed out for a complete sign-in of
that very person, under the present password, with an accepted code where one is asked for (or in
a browser that they trusted, while nothing has changed). After every step each browser opens *My
Profile*, and the product must say what the model says: no more, and no less.
"""

import re
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.attacks.machine import BROWSER, BROWSERS, NAMES, SESSION, SIGN_IN, Scene, reached
from tests.attacks.model import Someone, Tries
from tests.attacks.wire import Client, Reply
from tests.world import GROUNDS
from twofold.core.mail import MailKind
from twofold.core.people import DAY, Role

Ask = Callable[..., Any]
browsers = st.integers(0, BROWSERS - 1)
names = st.sampled_from(NAMES)
KINDS_OF_CODE = (
    "right", "right", "right", "following", "earlier", "replayed", "somebody else's", "wrong",
    "of another entry", "malformed",
)  # fmt: skip
codes = st.sampled_from(KINDS_OF_CODE)
PAIRS = ("right", "right", "first wrong", "second wrong", "swapped", "replayed", "one twice")
HELPS = ("unlock", "set-up-again", "end-sessions")
ACTS = ("on", "on", "off", "disable", "enable", "enable", "unlock", "set-up-again", "end-sessions")
GOALS = st.sampled_from(["", "", "another", "oldest"])
CODE = re.compile(r"<li><code>([0-9A-Z-]{19})</code>")
"""A recovery code on the page that shows them once."""
LATER = (0, 0, 31, 301)
TIMES = (1, 30, 30, 30, 31, 61, 299, 301, 901, 3601, 86_401, 31 * 86_400)


class Walk(RuleBasedStateMachine):
    """Every request as a rule; those of the ways back in are in `walk_back.py`."""

    def __init__(self) -> None:
        super().__init__()
        self.scene = Scene()
        self.model = self.scene.model

    def teardown(self) -> None:
        """Close the product of this run."""
        self.scene.open.close()

    # ---- who and what ----------------------------------------------------------------------

    def client(self, number: int) -> Client:
        """One of the browsers."""
        return self.scene.clients[number]

    def someone(self, number: int, name: str | None = None) -> tuple[str, Someone]:
        """The person by name, or the one whose desk the browser stands on."""
        name = name or NAMES[number % 3]
        return name, self.model.people[name]

    def name_of(self, who: Someone) -> str:
        """The name of a person of the model."""
        return next(name for name, one in self.model.people.items() if one is who)

    def code(self, who: Someone, kind: str) -> str:
        """A code of this kind for the person."""
        scene = self.scene
        others = [one for one in self.model.people.values() if one is not who and one.apps]
        if kind == "somebody else's" and others:
            return scene.code(others[0])
        if kind == "replayed" and who.app:
            return scene.code(who, self._last_used(who))
        if kind == "of another entry":
            earlier = [id_ for id_ in who.secrets if id_ not in who.apps]
            return scene.code(who, of=earlier[-1]) if earlier else scene.wrong_code()
        if kind == "malformed":
            return "12345"
        steps = {"right": 0, "following": 1, "earlier": -1}.get(kind)
        return scene.wrong_code() if steps is None else scene.code(who, steps)

    def _last_used(self, who: Someone) -> int:
        """How many steps ago the newest app showed the code that was accepted last."""
        return who.steps[who.app] - self.scene.now // 30 - who.off.get(who.app, 0)

    # ---- the password ----------------------------------------------------------------------

    @rule(number=browsers, name=st.none() | names)
    def right_password(self, number: int, name: str | None) -> None:
        """The present password."""
        _, who = self.someone(number, name)
        self._sign_in(number, who, who.password)

    @rule(number=browsers, name=names, kind=st.sampled_from(["wrong", "old", "another's"]))
    def wrong_password(self, number: int, name: str, kind: str) -> None:
        """No password, one that was right once, or somebody else's."""
        _, who = self.someone(number, name)
        others = [one.password for one in self.model.people.values() if one is not who]
        typed = {"wrong": "not the password", "old": who.earlier[-1:], "another's": others[0]}[kind]
        self._sign_in(number, who, typed if isinstance(typed, str) else "".join(typed) or "nothing")

    def _sign_in(self, number: int, who: Someone, password: str, going_to: str = "/") -> Reply:
        client, model, now = self.client(number), self.model, self.scene.now
        place, before = client.cookies.get(BROWSER, ""), self.scene.shown(client)
        fields = {"email": who.email, "password": password, "next": going_to}
        reply = self.scene.post(client, "/sign-in", fields)
        got = {name for name in (SESSION, SIGN_IN) if reply.cookies.get(name)}
        if got and before is not None:
            before.is_over = True
        if got:
            assert password == who.password, "a wrong password went on"
            assert who.is_active, "somebody who is disabled went on"
        if SIGN_IN in got:
            self.scene.halfway(reply, who)
        if SESSION in got:
            by_trust = who.has_factor
            if by_trust:
                assert model.may_skip_code(place, who, now), "a code was skipped"
                reached["trusted sign-in"] += 1
            else:
                assert not model.requires_factor, "the demanded set-up was skipped"
            self.scene.begun(reply, who, {"pwd"}, by_trust=by_trust)
            reached["sign-in by password"] += 1
        return reply

    @rule(number=browsers, name=st.none() | names, trust=st.booleans())
    def comes_in(self, number: int, name: str | None, trust: bool) -> None:
        """The whole way in, as its owner goes it: so that what comes after it is reached often."""
        name, who = self.someone(number, name)
        self.scene.site.clock.advance(60)
        reply = self._sign_in(number, who, who.password)
        if reply.location == "/set-up":
            self.sets_up_by_link(number, name, "right", again=True)
        if reply.location == "/sign-in/code":
            self.second_step(number, name, trust=trust)
        if who.is_stolen:
            self.replaces_stolen_password(number)

    def second_step(self, number: int, name: str, *, trust: bool) -> None:
        """What the page of the second step asks for, all right."""
        who = self.model.people[name]
        if "send-link" in self.scene.get(self.client(number), "/sign-in/code").text:
            self.code_link(number, name)
        self._send_codes(number, self._asked(number, "/sign-in/code", who), trust=trust)

    def _asked(self, number: int, page: str, who: Someone, kind: str = "right") -> list[str]:
        """One code of this kind, after the one before it where the page asks for two."""
        asks_for_two = 'name="next_code"' in self.scene.get(self.client(number), page).text
        return [self.code(who, "earlier")] * asks_for_two + [self.code(who, kind)]

    # ---- the code --------------------------------------------------------------------------

    @rule(number=browsers, kind=codes, trust=st.booleans())
    def one_code(self, number: int, kind: str, trust: bool) -> None:
        """One code of any kind at the second step."""
        half = self.model.halves.get(self.client(number).cookies.get(SIGN_IN, ""))
        who = half.who if half else self.someone(number)[1]
        self._send_codes(number, [self.code(who, kind)], trust=trust)

    @rule(number=browsers, kind=st.sampled_from(PAIRS))
    def two_codes(self, number: int, kind: str) -> None:
        """Two codes at the second step."""
        half = self.model.halves.get(self.client(number).cookies.get(SIGN_IN, ""))
        who = half.who if half else self.someone(number)[1]
        self._send_codes(number, self._pair(who, kind))

    def _pair(self, who: Someone, kind: str) -> list[str]:
        pair = [self.code(who, "earlier"), self.code(who, "right")]
        if kind == "first wrong":
            pair[0] = self.scene.wrong_code()
        elif kind == "second wrong":
            pair[1] = self.scene.wrong_code()
        elif kind == "swapped":
            pair.reverse()
        elif kind == "replayed" and who.app:
            last = self._last_used(who)
            pair = [self.scene.code(who, last - 1), self.scene.code(who, last)]
        elif kind == "one twice":
            pair[0] = pair[1]
        return pair

    @rule(number=browsers, times=st.integers(3, 8))
    def guesses(self, number: int, times: int) -> None:
        """Somebody with the password, who guesses as fast as the waits allow."""
        who = self.someone(number)[1]
        for _ in range(times):
            client = self.client(number)
            if self.scene.half(client) is None:
                self._sign_in(number, who, who.password)
            asks_for_two = 'name="next_code"' in self.scene.get(client, "/sign-in/code").text
            self._send_codes(number, [self.scene.wrong_code() for _ in range(1 + asks_for_two)])
            self.scene.site.clock.advance(61)
        reached["guessing"] += 1

    def _send_codes(self, number: int, typed: list[str], *, trust: bool = False) -> None:
        client, scene = self.client(number), self.scene
        half, place = scene.half(client), client.cookies.get(BROWSER, "")
        name = self.name_of(half.who) if half else ""
        fields = {"code": typed[0], "next_code": "".join(typed[1:]), "trust": "yes" * trust}
        reply = scene.post(client, "/sign-in/code", fields, may=frozenset({(name, "guess")}))
        if reply.cookies.get(SESSION):
            assert half is not None, "a code without a password made a session"
            assert half.is_for_code
            scene.accepted(half.who, typed, place)
            half.is_over = True
            scene.begun(reply, half.who, {"pwd", "otp"}, by_trust=False)
            if trust and half.who.role is Role.MEMBER:
                scene.trusted(reply.cookies[BROWSER], half.who)
            reached[f"sign-in by {'pair' if len(typed) == 2 else 'code'}"] += 1
        elif half is not None:
            scene.refused(client, name, place, enrolling=False)
            if SIGN_IN in reply.cookies:
                half.is_over = True

    @rule(number=browsers, other=browsers, name=names, split=st.booleans())
    def the_same_code_in_two_browsers(
        self, number: int, other: int, name: str, split: bool
    ) -> None:
        """Somebody who watched the codes being typed, and has the password, sends them too."""
        who = self.model.people[name]
        if split:
            self.comes_in(number, name, trust=False)
        for browser in (other, number) if split else (number, other):
            reply = self._sign_in(browser, who, who.password)
            if reply.location == "/sign-in/code":
                self._send_codes(browser, self._asked(browser, "/sign-in/code", who))
        reached["replays"] += 1

    @rule(number=browsers)
    def cancels(self, number: int) -> None:
        """A half-finished sign-in is given up."""
        client = self.client(number)
        half = self.scene.half(client)
        if self.scene.post(client, "/sign-in/cancel").status == 303 and half:
            half.is_over = True

    # ---- links -----------------------------------------------------------------------------

    @rule(number=browsers, name=st.none() | names)
    def code_link(self, number: int, name: str | None) -> None:
        """A mailed link for the code is asked for, and the newest one of anybody opened."""
        client, (_, who) = self.client(number), self.someone(number, name)
        self.scene.post(client, "/sign-in/code/send-link")
        token = self.scene.mailed(who, MailKind.CODE_LINK)
        self.scene.get(client, f"/sign-in/code/link/{token}")
        self.scene.post(client, f"/sign-in/code/link/{token}")

    @rule(number=browsers, name=st.none() | names)
    def browser_link(self, number: int, name: str | None) -> None:
        """The same for the password."""
        client, (_, who) = self.client(number), self.someone(number, name)
        self.scene.post(client, "/sign-in/link", {"email": who.email})
        token = self.scene.mailed(who, MailKind.BROWSER_LINK)
        self.scene.get(client, f"/sign-in/link/{token}")
        self.scene.post(client, f"/sign-in/link/{token}")

    @rule(number=browsers, name=names, new=st.booleans())
    def resets_password(self, number: int, name: str, new: bool) -> None:
        """By a mailed link, a new one or whatever lies in the mailbox."""
        client, who = self.client(number), self.model.people[name]
        if new:
            self.scene.post(client, "/forgot-password", {"email": who.email})
        token = self.scene.mailed(who, MailKind.PASSWORD_LINK)
        self._with_new_password(client, name, f"/password/{token}", {})

    def _with_new_password(
        self, client: Client, name: str, path: str, fields: dict[str, str], *, keeps: bool = False
    ) -> Reply:
        who, old = self.model.people[name], client.cookies.get(SESSION, "")
        version, keep = who.version, self.scene.shown(client) if keeps else None
        new = f"quiet otters number {self.scene.numbers} {who.version}"
        may = frozenset({(name, "password")}) if not keeps or self._is_own(client, name) else ()
        reply = self.scene.post(
            client, path, {**fields, "password": new}, may=frozenset(may), keep=keep
        )
        if who.version != version:
            who.earlier.append(who.password)
            who.password = new
            who.has_mailed_password = not keeps
            reached[f"new password by {path.split('/')[1]}"] += 1
            if keep:
                self.scene.renewed(old, reply)
                keep.password_at = self.scene.now
        return reply

    def _is_own(self, client: Client, name: str) -> bool:
        shown = self.scene.shown(client)
        return shown is not None and self.name_of(shown.who) == name

    # ---- in a session ----------------------------------------------------------------------

    @rule(number=browsers, current=st.booleans())
    def changes_password(self, number: int, current: bool) -> None:
        """From My Profile, with the present password or without."""
        client = self.client(number)
        shown = self.scene.shown(client)
        name = self.name_of(shown.who) if shown else NAMES[number % 3]
        who = self.model.people[name]
        fields = {"current": who.password if current else "not the password"}
        version, fresh = who.version, shown is not None and shown.is_fresh(self.scene.now)
        self._with_new_password(client, name, "/profile/password", fields, keeps=True)
        assert who.version == version or (current and fresh), "a password without its proof"

    @rule(number=browsers)
    def replaces_stolen_password(self, number: int) -> None:
        """The page for somebody whose password counts as stolen."""
        client = self.client(number)
        shown = self.scene.shown(client)
        name = self.name_of(shown.who) if shown else NAMES[number % 3]
        was_stolen, reply = self.model.people[name].is_stolen, None
        version = self.model.people[name].version
        reply = self._with_new_password(client, name, "/new-password", {}, keeps=True)
        assert self.model.people[name].version == version or was_stolen
        if (
            was_stolen
            and shown
            and self.model.people[name].version == version
            and (reply.cookies.get(SESSION) == "")
        ):
            shown.is_over = True

    @rule(number=browsers, kind=codes, later=st.sampled_from([0, 30, 60]))
    def proves_again(self, number: int, kind: str, later: int) -> None:
        """The confirm page: one code, two where two are asked for, or the password."""
        self.scene.site.clock.advance(later)
        client, scene = self.client(number), self.scene
        shown, old = scene.shown(client), client.cookies.get(SESSION, "")
        who, place = (
            shown.who if shown else self.someone(number)[1],
            client.cookies.get(BROWSER, ""),
        )
        typed = self._asked(number, "/confirm", who, kind)
        password = who.password if kind == "right" else "not the password"
        fields = {"code": typed[0], "next_code": "".join(typed[1:]), "password": password}
        name = self.name_of(who)
        reply = scene.post(client, "/confirm", fields, may=frozenset({(name, "guess")}))
        if not reply.cookies.get(SESSION):
            if shown is not None:
                scene.refused(client, name, place, enrolling=False)
            return
        assert shown is not None, "a proof without a session made one"
        if who.has_factor:
            scene.accepted(who, typed, place)
            shown.factor_at = scene.now
            shown.methods.add("otp")
        else:
            assert password == who.password
            shown.password_at = scene.now
        scene.renewed(old, reply)
        reached["proved again"] += 1

    @rule(number=browsers, kind=codes, goal=GOALS)
    def sets_up(self, number: int, kind: str, goal: str) -> None:
        """From My Profile: the page is opened, a code of what it shows is saved. It is for what
        there is, for one more, or in place of the oldest one.
        """
        client, scene = self.client(number), self.scene
        shown = scene.shown(client)
        apps = shown.who.apps if shown else set()
        wanted = {"": "", "another": "?for=another", "oldest": f"?for={min(apps, default='')}"}
        page = scene.get(client, f"/profile/set-up{wanted[goal]}")
        name = self.name_of(shown.who) if shown else NAMES[number % 3]
        who, pending = self.model.people[name], scene.facts()[1][name].pending
        if page.status == 200:
            assert shown is not None, "a set-up began without a session"
            assert shown.is_fresh(scene.now), "a set-up began without a fresh proof"
            scene.scan(who, pending)
            who.begun_in[pending] = shown
            who.begun_for.setdefault(pending, self._goal(name, goal))
        self.saves(number, name, pending, kind)

    def _goal(self, name: str, goal: str) -> set[str] | None:
        """What a set-up that begins now takes the place of; None for everything."""
        who, facts = self.model.people[name], self.scene.facts()[1][name]
        if facts.is_stopped:
            return None
        if goal == "oldest" and who.apps:
            return {min(who.apps)}
        return set(who.apps) if goal != "another" and len(who.apps) == 1 else set()

    def saves(self, number: int, name: str, pending: str, kind: str) -> None:
        """A code of this kind is sent to make the pending set-up count."""
        client, scene, who = self.client(number), self.scene, self.model.people[name]
        shown, old = scene.shown(client), client.cookies.get(SESSION, "")
        may_begin = shown is not None and shown.is_fresh(scene.now) and shown.who is who
        is_theirs = may_begin and who.begun_in.get(pending, ()) is shown
        may = {(name, "pending")} if may_begin else set()
        typed, before = self._code_of(who, pending, kind), set(who.apps)
        reply = scene.post(
            client, "/profile/set-up/save", {"code": typed}, keep=shown,
            may=frozenset({(name, "factor"), *may} if is_theirs else may),
        )  # fmt: skip
        if who.apps == before:
            scene.refused(client, name, "", enrolling=True)
            return
        assert shown is not None
        self._set_up(reply, who, typed, before, pending)
        self.model.tries[name].set_up.clear()
        shown.factor_at = scene.now
        shown.methods.add("otp")
        scene.renewed(old, reply)
        self.model.known.add((reply.cookies[BROWSER], who.id))
        added = len(who.apps) > len(before) > 0
        reached["one more" if added else "replaced" if before else "set up"] += 1

    def _set_up(
        self, reply: Reply, who: Someone, typed: str, before: set[str], pending: str
    ) -> None:
        """What was proved counts now, and what it was for does not any more."""
        assert self.scene.accepted(who, [typed]) == pending
        goal = who.begun_for[pending]
        assert who.apps == before - (before if goal is None else goal) | {pending}
        if codes := CODE.findall(reply.text):
            who.shows_codes(codes)

    @rule(number=browsers, other=browsers, name=names)
    def begins_in_one_and_saves_in_another(self, number: int, other: int, name: str) -> None:
        """A set-up that somebody else began must not be saved: they know its secret."""
        self.comes_in(number, name, trust=False)
        self.comes_in(other, name, trust=False)
        self.sets_up(number, "wrong", "")
        self.saves(other, name, self.scene.facts()[1][name].pending, "right")

    def _code_of(self, who: Someone, pending: str, kind: str) -> str:
        steps = {"right": 0, "following": 1, "earlier": -1}.get(kind)
        if steps is None or pending not in who.secrets:
            return self.code(who, kind)
        return self.scene.code(who, steps, of=pending)

    @rule(number=browsers, name=st.none() | names, kind=codes, again=st.booleans())
    def sets_up_by_link(self, number: int, name: str | None, kind: str, again: bool) -> None:
        """The road that the policy demands: password, mailed link, code of what the page shows."""
        client, scene = self.client(number), self.scene
        name, whose = self.someone(number, name)
        if again:
            scene.post(client, "/set-up/send-link")
        token = scene.mailed(whose, MailKind.SWITCHED_ON, MailKind.ENROL_LINK)
        self.sets_up_at(number, name, token, kind)

    def sets_up_at(self, number: int, name: str, token: str, kind: str) -> None:
        """The page of the link is opened, and a code of what it shows is saved."""
        client, scene, whose = self.client(number), self.scene, self.model.people[name]
        half = scene.half(client)
        page = scene.get(client, f"/enrol/{token}")
        is_theirs = half is not None and half.who is whose and not half.is_for_code
        pending = scene.facts()[1][name].pending
        if "otpauth://" in page.text:
            assert is_theirs, "a set-up began without password or link"
            scene.scan(whose, pending)
            whose.begun_in[pending] = None
            whose.begun_for[pending] = None
        typed, before = self._code_of(whose, pending, kind), set(whose.apps)
        may = {(name, "factor"), (name, "pending")}
        if not is_theirs or whose.begun_in.get(pending, ()) is not None:
            may = set()
        reply = scene.post(client, f"/enrol/{token}", {"code": typed}, may=frozenset(may))
        if whose.apps == before:
            assert not reply.cookies.get(SESSION), "a set-up without a code made a session"
            if is_theirs:
                scene.refused(client, name, "", enrolling=True)
            return
        self._set_up(reply, whose, typed, before, pending)
        self.model.tries[name].set_up.clear()
        scene.begun(reply, whose, {"pwd", "otp"}, by_trust=False)
        reached["set up by link"] += 1

    @rule(number=browsers, demanded=st.booleans())
    def cancels_set_up(self, number: int, demanded: bool) -> None:
        """On either road."""
        path = "/set-up/cancel" if demanded else "/profile/set-up/cancel"
        self.scene.post(self.client(number), path)

    @rule(number=browsers)
    def signs_out(self, number: int) -> None:
        """By the button."""
        client = self.client(number)
        shown = self.scene.shown(client)
        if self.scene.post(client, "/sign-out").location == "/sign-in" and shown:
            shown.is_over = True
            reached["signed out"] += 1

    @rule(number=browsers)
    def ends_everything_else(self, number: int) -> None:
        """Where you are signed in: the button that ends all but this session."""
        client = self.client(number)
        shown = self.scene.shown(client)
        reply = self.scene.post(client, "/profile/places/end-all")
        if reply.location == "/profile/places":
            assert shown is not None
            self.model.end_all(shown.who, keep=shown)
            self.model.known = {one for one in self.model.known if one[1] != shown.who.id}

    # ---- the admin -------------------------------------------------------------------------

    def _is_admin(self, client: Client) -> bool:
        """Whether this browser may act for the whole organisation now."""
        shown = self.scene.shown(client)
        is_owner = shown is not None and shown.who.role is Role.OWNER
        return (
            shown is not None
            and is_owner
            and shown.is_fresh(self.scene.now)
            and (not shown.who.is_stolen)
        )

    @rule(number=browsers, on=st.booleans())
    def moves_the_switch(self, number: int, on: bool) -> None:
        """On or off."""
        client = self.client(number)
        may = frozenset({("", "policy")} if self._is_admin(client) else ())
        path = f"/account/switch-{'on' if on else 'off'}"
        self.scene.post(client, path, {"days": "0"}, may=may)  # At once.

    @rule(number=browsers, act=st.sampled_from(ACTS), name=names, later=st.sampled_from(LATER))
    def the_owner_comes_and_acts(self, number: int, act: str, name: str, later: int) -> None:
        """The owner comes in and does one thing, at once or when the proof is too old for it."""
        self.comes_in(number, "Olga", trust=False)
        self.time_passes(later)
        if act in ("on", "off"):
            self.moves_the_switch(number, on=act == "on")
        elif act in ("disable", "enable"):
            self.disables(number, name, act)
        else:
            self.gets_going_again(number, name, act)

    @rule(number=browsers, name=names, act=st.sampled_from(["disable", "enable", "enable"]))
    def disables(self, number: int, name: str, act: str) -> None:
        """Somebody may not sign in any more, or may again."""
        client, who = self.client(number), self.model.people[name]
        may = frozenset({(name, "state")} if self._is_admin(client) else ())
        self.scene.post(client, f"/people/{who.id}/{act}", may=may)

    @rule(number=browsers, name=names, act=st.sampled_from(HELPS))
    def gets_going_again(self, number: int, name: str, act: str) -> None:
        """The counters of somebody are cleared, they are invited to set up again, or what they
        have open is ended.
        """
        client, who = self.client(number), self.model.people[name]
        reply = self.scene.post(client, f"/people/{who.id}/desk/{act}", GROUNDS.data)
        if "What to tell" in reply.text:
            assert self._is_admin(client), f"{act} by somebody else"
            assert who.role is Role.MEMBER
            reached[act] += 1
            if act == "set-up-again":
                who.anew_until = (self.scene.now + DAY, who.version)
            if act == "unlock":
                self.model.tries[name] = Tries()
            if act == "end-sessions":
                self.model.end_all(who)
                known = self.model.known
                self.model.known = {one for one in known if one[1] != who.id}

    @rule(number=browsers, name=names, later=st.sampled_from(LATER), kind=codes, goal=GOALS)
    def comes_in_and_sets_up(
        self, number: int, name: str, later: int, kind: str, goal: str
    ) -> None:
        """A new authenticator, with a proof that is fresh, or too old."""
        self.comes_in(number, name, trust=False)
        self.time_passes(later)
        self.sets_up(number, kind, goal)

    # ---- time, and thieves -----------------------------------------------------------------

    @rule(seconds=st.sampled_from(TIMES))
    def time_passes(self, seconds: int) -> None:
        """A second to a month."""
        self.scene.site.clock.advance(seconds)

    @rule(
        one=browsers, other=browsers, name=st.sampled_from([SESSION, SIGN_IN, BROWSER]),
        swap=st.booleans(),
    )  # fmt: skip
    def cookies_change_hands(self, one: int, other: int, name: str, swap: bool) -> None:
        """A cookie is copied from one browser to another, or the two are exchanged."""
        here, there = self.client(one).cookies, self.client(other).cookies
        mine, theirs = here.pop(name, ""), there.get(name, "")
        if theirs:
            here[name] = theirs
        if swap and one != other:
            there.pop(name, None)
            if mine:
                there[name] = mine

    @rule(number=browsers, of=browsers, name=st.sampled_from([SIGN_IN, BROWSER, "twofold-link"]))
    def a_cookie_under_another_name(self, number: int, of: int, name: str) -> None:
        """What was handed out before the code is brought along as a session."""
        token = self.client(of).cookies.get(name)
        if token:
            self.client(number).cookies[SESSION] = token

    # ---- what must be true -----------------------------------------------------------------

    @invariant()
    def every_browser_opens_what_it_may(self) -> None:
        """My Profile, in each browser: by the product and by the model."""
        for client in self.scene.clients:
            if SESSION not in client.cookies and SIGN_IN not in client.cookies:
                continue  # A stranger: `test_gate.py` has them before every page.
            expected = self.scene.shown(client)
            page = self.scene.get(client, "/profile")
            if expected is None:
                assert page.status != 200, "a page opened without a complete sign-in"
                assert page.location.startswith(("/sign-in", "/set-up")), page.location
            elif expected.who.is_stolen:
                assert page.location == "/new-password"
            else:
                assert page.status == 200, f"a complete sign-in does not open: {page.location}"
                assert expected.who.email in page.text, "a page of somebody else opened"
                reached["profile opened"] += 1
