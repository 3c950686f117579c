"""The random walk on the ways back in: passkeys, recovery codes, several authenticators, phones
whose clock is off, and the wait.

What each may lead to is told from the history of requests, as in `walk.py`: a passkey counts for
whoever holds its key, answered to a question of this very browser; a recovery code once; a wait
after its whole time, told on every day of it and stopped by nobody.
"""

import html
import json
import re

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.attacks.machine import BROWSER, NAMES, SESSION, SIGN_IN, reached
from tests.attacks.model import Someone
from tests.attacks.walk import CODE, LATER, Walk, browsers, names
from tests.attacks.wire import Reply
from tests.faces.conftest import ORIGIN
from tests.security_keys import SecurityKey
from twofold.core.mail import MailKind
from twofold.core.people import DAY, MINUTE, Role
from twofold.core.waits import REST

ANSWERS = (
    "right", "right", "right", "right", "somebody else's", "removed", "replayed", "other site",
    "other question", "not signed", "copied", "from within",
)  # fmt: skip
ALONE = (*(kind for kind in ANSWERS if kind != "somebody else's"), "nobody there", "other browser")
"""With somebody else's key one comes in as somebody else."""
KEYS = ("right", "right", "right", "other session", "twice", "other site")
answers = st.sampled_from(ANSWERS)
SHEET = ("right", "right", "used", "somebody else's", "altered", "malformed")
sheets = st.sampled_from(SHEET)
CLOCKS = ("right", "off", "off", "too far", "one code", "swapped", "wrong")
WHOSE = st.sampled_from([None, None, *NAMES])
HOWS = ("mail", "mail to an admin", "own", "staff", "sign-in")


def asked(page: Reply) -> str:
    """What the page asks of the browser's passkeys, or ""."""
    found = re.search(r'data-options="([^"]+)"', page.text)
    return html.unescape(found[1]) if found else ""


class WayBack(Walk):
    """Every request as a rule."""

    def __init__(self) -> None:
        super().__init__()
        self.sent, self.accepted = "{}", "{}"
        """The latest answer of a passkey, and the latest that was right."""
        self.counted: dict[bytes, int] = {}
        """By credential what its passkey counted when it was accepted last; 1 at its set-up."""
        self.questions: list[tuple[str, str]] = [("", "")]
        """By whose cookie, what browsers were asked: a thief has seen it all."""

    # ---- passkeys --------------------------------------------------------------------------

    def _answer(self, who: Someone, question: str, kind: str) -> tuple[str, bool]:
        """What a passkey of this kind answers, and whether it may count."""
        keys, is_right = list(who.keys.values()), kind == "right"
        others = [key for one in self.model.people.values() if one is not who
                  for key in one.keys.values()]  # fmt: skip
        if kind == "somebody else's":
            keys = others
        elif kind == "removed":
            keys = who.lost_keys
        elif kind == "replayed":
            return self.accepted, False
        elif kind == "other question":
            asked_of = next((of for of, one in self.questions if one == question), "")
            question = next(one for of, one in reversed(self.questions) if of != asked_of)
        if not question:
            return "{}", False
        if not keys:
            return "{}", False
        key = keys[-1]
        count = key.count
        if kind == "copied":
            key.count = self.counted.get(key.credential_id, 1) - 1
        if kind == "other site":
            key.origin = "https://twofold.example"
        if kind == "from within":
            key.extra = {"crossOrigin": True}
        sent = key.get(question)
        if kind == "copied":
            key.count = count
        if kind == "not signed":
            sent = self._damaged(sent)
        key.origin, key.extra = ORIGIN, {}
        self.sent = sent
        return sent, is_right

    def _counts(self, who: Someone) -> None:
        """What the passkey counted when it was accepted: a copy of it would count no further."""
        key = list(who.keys.values())[-1]
        self.counted[key.credential_id] = key.count
        self.accepted = self.sent

    def _damaged(self, sent: str) -> str:
        """The same answer with a byte of the signature changed."""
        fields = json.loads(sent)
        signature = fields["response"]["signature"]
        last = "A" if signature[20] != "A" else "B"
        fields["response"]["signature"] = signature[:20] + last + signature[21:]
        return json.dumps(fields)

    def _question(self, page: Reply, of: str) -> str:
        if question := asked(page):
            self.questions.append((of, question))
        return question

    @rule(number=browsers, later=st.sampled_from(LATER), name=st.none() | names,
          kind=st.sampled_from(KEYS))  # fmt: skip
    def adds_passkey(self, number: int, later: int, name: str | None, kind: str) -> None:
        """From My Profile, after a proof that is fresh or too old."""
        if name:
            self.comes_in(number, name, trust=False)
            self.time_passes(later)
        client, scene = self.client(number), self.scene
        shown, old = scene.shown(client), client.cookies.get(SESSION, "")
        question = asked(scene.get(client, "/profile/passkeys/add"))
        if not question:
            return
        assert shown is not None, "a passkey was begun without a session"
        assert shown.is_fresh(scene.now), "a passkey was begun without a fresh proof"
        who, key = shown.who, SecurityKey(ORIGIN, "localhost")
        if kind == "twice" and who.keys:
            key = next(iter(who.keys.values()))
        if kind == "other site":
            key.origin = "https://twofold.example"
        if kind == "other session":
            number = (number + 1) % len(scene.clients)
            client = scene.clients[number]
            shown, old = scene.shown(client), client.cookies.get(SESSION, "")
        sent = key.create(question)
        key.origin = ORIGIN
        is_right = kind == "right" or (kind == "twice" and not who.keys)
        may = frozenset({(self.name_of(who), "passkey")} if is_right else ())
        fields, before = {"passkey": sent, "name": ""}, scene.facts()[1][self.name_of(who)].keys
        reply = scene.post(client, "/profile/passkeys/add", fields, may=may, keep=shown)
        added = scene.facts()[1][self.name_of(who)].keys - before
        if not added:
            assert not is_right or len(before) == 10, "a right passkey was refused"
            return
        assert shown is not None
        (id_,) = added
        who.keys[id_] = key
        shown.factor_at = scene.now
        shown.methods.add("passkey")
        scene.renewed(old, reply)
        self.model.known.add((reply.cookies[BROWSER], who.id))
        if codes := CODE.findall(reply.text):
            who.shows_codes(codes)
        reached["passkey added"] += 1

    def second_step(self, number: int, name: str, *, trust: bool) -> None:
        """With a passkey where there is nothing else, or where codes are stopped."""
        who = self.model.people[name]
        if who.keys and (not who.apps or self.scene.facts()[1][name].is_stopped):
            self.passkey_as_second_step(number, "right", trust=trust)
        else:
            super().second_step(number, name, trust=trust)

    @rule(number=browsers, kind=answers, trust=st.booleans(), name=names)
    def comes_half_way_with_a_passkey(self, number: int, kind: str, trust: bool, name: str) -> None:
        """Password, then a passkey of any kind."""
        who = self.model.people[name]
        self._has_passkey(number, name)
        self._sign_in(number, who, who.password)
        self.passkey_as_second_step(number, kind, trust=trust)

    def _has_passkey(self, number: int, name: str) -> None:
        """Whoever has none sets one up in another browser, as far as they come in."""
        if not self.model.people[name].keys:
            self.adds_passkey((number + 1) % len(self.scene.clients), 0, name, "right")

    def passkey_as_second_step(self, number: int, kind: str, *, trust: bool) -> None:
        """A passkey of any kind on the page of the code."""
        client, scene = self.client(number), self.scene
        half = scene.half(client)
        question = self._question(
            scene.get(client, "/sign-in/code"), client.cookies.get(SIGN_IN, "")
        )
        who = half.who if half else self.someone(number)[1]
        sent, is_right = self._answer(who, question or self.questions[-1][1], kind)
        is_right = is_right and bool(question)
        reply = scene.post(client, "/sign-in/code", {"passkey": sent, "trust": "yes" * trust})
        if not reply.cookies.get(SESSION):
            if half is not None and SIGN_IN in reply.cookies:
                half.is_over = True
            assert not (is_right and half and half.is_for_code), "a right passkey was refused"
            return
        assert half is not None, "a passkey made a session without a password"
        assert half.is_for_code
        assert is_right, f"a passkey opened that is {kind}"
        half.is_over = True
        self._counts(who)
        scene.begun(reply, who, {"pwd", "passkey"}, by_trust=False)
        if trust and who.role is Role.MEMBER:
            scene.trusted(reply.cookies[BROWSER], who)
        reached["sign-in by passkey as second step"] += 1

    @rule(number=browsers, kind=st.sampled_from(ALONE), name=names)  # fmt: skip
    def passkey_alone(self, number: int, kind: str, name: str) -> None:
        """The whole sign-in."""
        client, scene, who = self.client(number), self.scene, self.model.people[name]
        self._has_passkey(number, name)
        before = scene.shown(client)
        reply = scene.post(client, "/sign-in/passkey/options")
        if reply.status != 200:
            return
        self.questions.append((client.cookies["twofold-passkey"], reply.text))
        key = next(reversed(who.keys.values()), None)
        if key and kind == "nobody there":
            key.verifies = False
        sent, is_right = self._answer(
            who, reply.text, "right" if kind in ("nobody there", "other browser") else kind
        )
        if key:
            key.verifies = True
        if kind == "other browser":
            client = self.client(number + 1 if number + 1 < len(scene.clients) else 0)
            before = scene.shown(client)
            scene.post(client, "/sign-in/passkey/options")  # So that it has a cookie of its own.
        is_right = is_right and kind == "right"
        reply = scene.post(client, "/sign-in/passkey", {"passkey": sent})
        if not reply.cookies.get(SESSION):
            assert not (is_right and who.is_active), "a right passkey was refused"
            return
        assert is_right, f"a passkey opened that is {kind}"
        assert who.is_active, "somebody who is disabled came in by passkey"
        if before is not None:
            before.is_over = True
        self._counts(who)
        scene.begun(reply, who, {"passkey"}, by_trust=False)
        reached["sign-in by passkey alone"] += 1

    @rule(number=browsers, kind=answers)
    def proves_again_by_passkey(self, number: int, kind: str) -> None:
        """On the confirm page."""
        client, scene = self.client(number), self.scene
        shown, old = scene.shown(client), client.cookies.get(SESSION, "")
        question = self._question(scene.get(client, "/confirm"), str(id(shown)))
        if not question:
            return
        assert shown is not None
        sent, is_right = self._answer(shown.who, question, kind)
        reply = scene.post(client, "/confirm", {"passkey": sent})
        if not reply.cookies.get(SESSION):
            assert not is_right, "a right passkey was refused"
            return
        assert is_right, f"a passkey proved that is {kind}"
        self._counts(shown.who)
        shown.factor_at = scene.now
        shown.methods.add("passkey")
        scene.renewed(old, reply)
        reached["proved again by passkey"] += 1

    # ---- what one has: named, removed ------------------------------------------------------

    @rule(number=browsers, later=st.sampled_from(LATER), name=names,
          what=st.sampled_from(["app", "passkey"]), whose=WHOSE)  # fmt: skip
    def removes(self, number: int, later: int, name: str, what: str, whose: str | None) -> None:
        """One's own, or somebody else's by its address; with a proof, or too late for it."""
        if what == "passkey":
            self._has_passkey(number, name)
        self.comes_in(number, name, trust=False)
        self.time_passes(later)
        client, scene = self.client(number), self.scene
        shown = scene.shown(client)
        whose = whose or name
        who = self.model.people[whose]
        ids = who.apps if what == "app" else set(who.keys)
        if not ids:
            return
        is_own = shown is not None and shown.who is who and shown.is_fresh(scene.now)
        one, before = min(ids), who.factors
        kind = "factor" if what == "app" else "passkey"
        path = "authenticators" if what == "app" else "passkeys"
        may = frozenset({(whose, kind)} if is_own and not who.is_stolen else ())
        scene.post(client, f"/profile/{path}/{one}/remove", may=may, keep=shown)
        if who.factors != before:
            assert who.factors == before - {one}, "another one was removed"
            reached[f"{what} removed"] += 1

    @rule(number=browsers, what=st.sampled_from(["app", "passkey"]), whose=names)
    def renames(self, number: int, what: str, whose: str) -> None:
        """A name opens nothing and ends nothing."""
        who = self.model.people[whose]
        for one in sorted(who.apps if what == "app" else who.keys)[:1]:
            path = f"authenticators/{one}" if what == "app" else f"passkeys/{one}/rename"
            self.scene.post(self.client(number), f"/profile/{path}", {"name": f"Mine {number}"})
            reached["renamed"] += 1

    # ---- recovery codes --------------------------------------------------------------------

    def _from_the_sheet(self, who: Someone, kind: str) -> tuple[str, bool]:
        """A recovery code of this kind, and whether it may count."""
        others = [code for one in self.model.people.values() if one is not who
                  for code in one.codes]  # fmt: skip
        if kind == "right" and who.codes:
            return who.codes[0], True
        if kind == "used" and who.dead_codes:
            return who.dead_codes[-1], False
        if kind == "somebody else's" and others:
            return others[0], False
        if kind == "altered" and who.codes:
            code = who.codes[0]
            return ("1" if code[0] != "1" else "2") + code[1:], False
        return "7KQ2-M0XH", False

    def _spent(self, who: Someone, typed: str) -> None:
        who.codes.remove(typed)
        who.dead_codes.append(typed)
        self.scene.burned(who)

    @rule(number=browsers, kind=sheets, name=st.none() | names)
    def recovery_code(self, number: int, kind: str, name: str | None) -> None:
        """In place of the phone, at the second step."""
        if name:
            who = self.model.people[name]
            self._sign_in(number, who, who.password)
        client, scene = self.client(number), self.scene
        half = scene.half(client)
        who = half.who if half else self.someone(number)[1]
        typed, is_right = self._from_the_sheet(who, kind)
        is_right = is_right and half is not None and half.is_for_code
        fact = "codes" if is_right else "guess"
        may = frozenset({(self.name_of(who), fact)})
        path = "/sign-in/code/recovery"
        reply = scene.post(client, path, {"recovery_code": typed}, may=may)
        if not reply.cookies.get(SESSION):
            assert not is_right, "a right recovery code was refused"
            if half is not None and SIGN_IN in reply.cookies:
                half.is_over = True
            return
        assert half is not None, "a recovery code without a password made a session"
        assert is_right, f"a recovery code opened that is {kind}"
        half.is_over = True
        self._spent(who, typed)
        scene.begun(reply, who, {"pwd", "recovery"}, by_trust=False)
        reached["sign-in by recovery code"] += 1

    @rule(number=browsers, kind=sheets)
    def proves_again_by_recovery_code(self, number: int, kind: str) -> None:
        """On the confirm page."""
        client, scene = self.client(number), self.scene
        shown, old = scene.shown(client), client.cookies.get(SESSION, "")
        if shown is None or not shown.who.has_factor or shown.who.is_stolen:
            return
        who = shown.who
        typed, is_right = self._from_the_sheet(who, kind)
        may = frozenset({(self.name_of(who), "codes" if is_right else "guess")})
        reply = scene.post(client, "/confirm", {"recovery_code": typed}, may=may)
        if not reply.cookies.get(SESSION):
            assert not is_right, "a right recovery code was refused"
            return
        assert is_right, f"a recovery code proved that is {kind}"
        self._spent(who, typed)
        shown.factor_at = scene.now
        shown.methods.add("recovery")
        scene.renewed(old, reply)
        reached["proved again by recovery code"] += 1

    @rule(number=browsers, later=st.sampled_from(LATER), name=st.none() | names)
    def makes_codes(self, number: int, later: int, name: str | None) -> None:
        """A new sheet: all earlier codes are dead."""
        if name:
            self.comes_in(number, name, trust=False)
            self.time_passes(later)
        client, scene = self.client(number), self.scene
        shown = scene.shown(client)
        may = set()
        if shown and shown.who.has_factor and shown.is_fresh(scene.now):
            may = {(self.name_of(shown.who), "codes")}
        reply = scene.post(client, "/profile/recovery-codes", may=frozenset(may))
        if codes := CODE.findall(reply.text):
            assert shown is not None, "recovery codes were shown without a session"
            assert may, "recovery codes were shown without a fresh proof"
            assert len(codes) == 10
            shown.who.shows_codes(codes)
            reached["new recovery codes"] += 1

    # ---- my codes are refused --------------------------------------------------------------

    @rule(number=browsers, kind=st.sampled_from(CLOCKS), by=st.sampled_from([-19, -7, 4, 18]),
          name=st.none() | names)  # fmt: skip
    def codes_are_refused(self, number: int, kind: str, by: int, name: str | None) -> None:
        """The page for a phone whose clock is off, with two codes of it in a row."""
        if name:
            person = self.model.people[name]
            self._sign_in(number, person, person.password)
        client, scene = self.client(number), self.scene
        half, place = scene.half(client), client.cookies.get(BROWSER, "")
        page = scene.get(client, "/sign-in/code/refused")
        assert page.status != 200 or half is not None, "a page of the second step opened"
        who = half.who if half else self.someone(number)[1]
        steps = {"off": by, "too far": 25 if by > 0 else -25}.get(kind, 0)
        typed = [scene.code(who, steps - 1), scene.code(who, steps)]
        if kind == "swapped":
            typed.reverse()
        if kind == "wrong":
            typed = [scene.wrong_code(), scene.wrong_code()]
        if kind == "one code":
            typed = typed[1:]
        fields = {"code": typed[0], "next_code": "".join(typed[1:])}
        may = frozenset({(self.name_of(who), "guess")})
        reply = scene.post(client, "/sign-in/code/refused", fields, may=may)
        if not reply.cookies.get(SESSION):
            if half is not None:
                scene.refused(client, self.name_of(who), place, enrolling=False)
                if SIGN_IN in reply.cookies:
                    half.is_over = True
            return
        assert half is not None, "two codes without a password made a session"
        assert half.is_for_code
        assert kind in ("right", "off", "too far"), f"two codes opened that are {kind}"
        app = scene.accepted(who, typed, place, widest=50)
        now = who.steps[app] - scene.now // 30
        assert abs(now) <= 20, "codes of another time were taken"
        who.off[app] = now
        half.is_over = True
        scene.begun(reply, who, {"pwd", "otp"}, by_trust=False)
        reached["sign-in by two codes of a wrong clock"] += 1

    # ---- the wait --------------------------------------------------------------------------

    @rule(number=browsers, name=names, with_password=st.booleans())
    def asks_to_wait(self, number: int, name: str, with_password: bool) -> None:
        """I don't have my phone."""
        client, scene, who = self.client(number), self.scene, self.model.people[name]
        if with_password:
            self._sign_in(number, who, who.password)
        half = scene.half(client)
        if half is not None and half.is_for_code and half.who.role is Role.MEMBER:
            half.who.asked = (scene.now + 15 * MINUTE, half.who.version)
        scene.get(client, "/sign-in/code/no-phone")
        scene.post(client, "/sign-in/code/no-phone")

    @rule(number=browsers, name=names)
    def begins_to_wait(self, number: int, name: str) -> None:
        """The newest mailed link is opened by whoever has the mailbox."""
        client, scene, who = self.client(number), self.scene, self.model.people[name]
        token = scene.mailed(who, MailKind.WAIT_LINK)
        scene.get(client, f"/wait/{token}")
        until, version = who.asked
        may = (
            scene.now < until
            and version == who.version
            and who.role is Role.MEMBER
            and who.is_active
            and who.has_factor
            and not who.has_mailed_password
            and not who.is_stolen
        )
        facts = frozenset({(name, "wait")} if may else ())
        scene.post(client, f"/wait/{token}", may=facts)

    @rule(halves=st.integers(1, 7))
    def days_pass(self, halves: int) -> None:
        """Half days, with a worker and a mail server."""
        scene = self.scene
        for _ in range(halves):
            scene.happens("the worker", scene.days.work, *((name, "open") for name in NAMES))
            scene.site.clock.advance(DAY // 2)
        scene.happens("the worker", scene.days.work, *((name, "open") for name in NAMES))

    @rule(number=browsers, name=names, how=st.sampled_from(HOWS))
    def stops_waiting(self, number: int, name: str, how: str) -> None:
        """By everybody who is told, each in their own way."""
        client, scene, who = self.client(number), self.scene, self.model.people[name]
        was_running = who.waits_since is not None
        if how in ("mail", "mail to an admin"):
            reader = who if how == "mail" else self.model.people["Olga"]
            token = scene.mailed(reader, MailKind.WAIT_NOTICE)
            scene.get(client, f"/wait/stop/{token}")
            scene.post(client, f"/wait/stop/{token}")
            assert how != "mail" or who.waits_since is None, "the mailed button stops nothing"
        elif how == "own":
            shown = scene.shown(client)
            scene.post(client, "/profile/stop-recovery")
            assert shown is None or shown.who.waits_since is None or shown.who.is_stolen
        elif how == "staff":
            self.comes_in(number, "Olga", trust=False)
            scene.post(client, f"/people/{who.id}/stop-recovery")
        else:
            self.comes_in(number, name, trust=False)
        if was_running and who.waits_since is None:
            reached[f"wait stopped: {how}"] += 1

    @rule(number=browsers, name=names, by_passkey=st.booleans(), right=st.booleans())
    def sets_up_anew(self, number: int, name: str, by_passkey: bool, right: bool) -> None:
        """Password, the newest mailed link that sets up anew, a new authenticator."""
        client, scene, who = self.client(number), self.scene, self.model.people[name]
        token = scene.mailed(who, MailKind.WAIT_OPEN, MailKind.SET_UP_AGAIN)
        self._sign_in(number, who, who.password, f"/recover/{token}")
        half = scene.half(client)
        scene.get(client, f"/recover/{token}")
        reply = scene.post(client, f"/recover/{token}")
        if not reply.location.startswith("/enrol/"):
            return
        assert half is not None, "a link opened without the password"
        assert half.who is who, "a link opened for somebody else"
        until, version = who.anew_until
        assert scene.now < until, "a link opened that nobody gave, or that was ended"
        assert version == who.version
        who.anew_until = (0, -1)
        half.is_for_code = False
        reached["set-up link opened"] += 1
        link = reply.location.removeprefix("/enrol/")
        if by_passkey:
            self._sets_passkey_up_at(number, name, link, is_right=right)
        else:
            self.sets_up_at(number, name, link, "right" if right else "wrong")

    def _sets_passkey_up_at(self, number: int, name: str, link: str, *, is_right: bool) -> None:
        client, scene, who = self.client(number), self.scene, self.model.people[name]
        question = asked(scene.get(client, f"/enrol/{link}"))
        if not question:
            return
        pending = scene.facts()[1][name].pending
        scene.scan(who, pending)
        who.begun_in[pending] = who.begun_for[pending] = None
        key = SecurityKey(ORIGIN if is_right else "https://twofold.example", "localhost")
        sent = key.create(question)
        may = frozenset({(name, "passkey"), (name, "factor")} if is_right else ())
        reply = scene.post(client, f"/enrol/{link}", {"passkey": sent}, may=may)
        if not reply.cookies.get(SESSION):
            assert not is_right, "a right passkey was refused"
            return
        assert not who.apps, "what was lost still counts"
        ((id_),) = scene.facts()[1][name].keys
        who.keys[id_] = key
        if codes := CODE.findall(reply.text):
            who.shows_codes(codes)
        scene.begun(reply, who, {"pwd", "passkey"}, by_trust=False)
        reached["passkey set up by link"] += 1

    @rule(number=browsers, name=names, halves=st.sampled_from([0, 3, 5, 6, 6, 6, 7, 8, 9]),
          how=st.sampled_from([None, None, None, *HOWS]), by_passkey=st.booleans(),
          trust=st.booleans())  # fmt: skip
    def waits_it_out(
        self,
        number: int,
        name: str,
        halves: int,
        how: str | None,
        by_passkey: bool,
        trust: bool,
    ) -> None:
        """The whole road, as somebody goes it who has lost the phone; or nearly the whole."""
        if trust:  # Rested from an earlier one, with a password that was shown to be theirs.
            self.scene.site.clock.advance(REST)
            self.comes_in(number, name, trust=False)
            self.signs_out(number)
        self.asks_to_wait(number, name, with_password=True)
        self.begins_to_wait(number, name)
        if halves:
            self.days_pass(halves)
        if how:
            self.stops_waiting(number, name, how)
        self.sets_up_anew(number, name, by_passkey, right=True)
