"""Class 9: an error is never a yes. Mechanism 73.

What fails is in `fuses.py`; the ways back in have a file of their own.
"""

import ast
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.attacks.faces import Face, Standing
from tests.attacks.fuses import ERRORS, Fuse, blown, fragile
from tests.attacks.scene import add, half_way
from tests.faces.conftest import PASSWORD, Site
from tests.house.tree import parsed, shown, sources
from twofold.core import otp
from twofold.core.errors import Overloaded
from twofold.core.people import Person
from twofold.core.tokens import Purpose
from twofold.flows import browsers, guard
from twofold.web.app import build_app


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_no_error_at_the_code_makes_a_session(face: Face, mia: Person, error: Exception) -> None:
    """Mechanism 73: with the right code, at every single call, whatever it raises; and the code
    was not used up by a request that failed.
    """
    client = half_way(face, mia)
    form = {"code": face.site.acme.code(mia), "csrf": client.csrf("/sign-in/code")}
    sent = 0
    for fuse, after, status in blown(
        face, client, lambda c: c.post("/sign-in/code", form).status_code, error
    ):
        assert status in (500, 503), fuse.names
        assert after.standing() is Standing.HALF, fuse.names
        assert face.site.acme.sessions(mia) == 1, fuse.names
        sent += 1
    assert sent >= 20
    assert face.site.acme.sessions(mia) == 2


def test_no_error_at_the_password_makes_a_session(face: Face, mia: Person) -> None:
    """Mechanism 73: not for somebody with an authenticator, nor a half-finished sign-in of
    somebody whose password was wrong.
    """
    ned = add(face.site, "Ned")
    for person, password in ((mia, PASSWORD), (ned, "wrong"), (ned, PASSWORD)):
        fields = {"email": person.email, "password": password}
        sent = 0
        for fuse, after, status in blown(
            face,
            face.client(),
            lambda c, fields=fields: c.post("/sign-in", fields).status_code,
            ERRORS[0],
        ):
            assert status in (500, 503), fuse.names
            assert after.standing() is Standing.OUT, fuse.names
            face.site.clock.advance(60 * 60)
            sent += 1
        assert sent >= 8


def test_no_error_lets_a_trusted_browser_do_more(face: Face, mia: Person) -> None:
    """Mechanism 73 where the code may be skipped: asked for it, or refused, never more."""
    client = face.signed_in(mia, trust="yes")
    trusted = face.client()
    trusted.present(client.http.cookies["twofold-browser"], names=("twofold-browser",))
    acme = face.site.acme
    acme.enrol(mia)  # Another authenticator: trust is over.
    fields = {"email": mia.email, "password": PASSWORD}
    for fuse, after, status in blown(
        face, trusted, lambda c: c.post("/sign-in", fields).status_code, ERRORS[0]
    ):
        assert status in (500, 503), fuse.names
        assert after.standing() is Standing.OUT, fuse.names


def test_no_error_makes_a_set_up_count(face: Face) -> None:
    """Mechanism 73 for *Save*: the demanded set-up is there with its session, or not at all."""
    acme = face.site.acme
    ben = add(face.site, "Ben")
    acme.switch_on()
    client = half_way(face, ben)
    link = f"/enrol/{face.site.link(ben, Purpose.ENROL)}"
    csrf = client.csrf(link)
    pending = acme.pending(ben)
    assert pending is not None
    form = {"code": acme.code_of(pending), "csrf": csrf}
    for fuse, after, status in blown(
        face, client, lambda c: c.post(link, form).status_code, ERRORS[0]
    ):
        assert status in (500, 503), fuse.names
        assert after.standing() is Standing.MUST_ENROL, fuse.names
        assert acme.store.call(lambda tx: tx.authenticators.in_force(ben.id)) == []
    assert acme.active(ben).id == pending.id


def test_no_error_makes_a_proof_fresh(face: Face, mia: Person) -> None:
    """Mechanism 73 for the confirmation inside a session."""
    client = face.signed_in(mia)
    face.site.clock.advance(6 * 60)
    form = {"code": face.site.acme.code(mia), "csrf": client.csrf("/confirm")}
    for fuse, _, status in blown(
        face, client, lambda c: c.post("/confirm", form).status_code, ERRORS[0]
    ):
        assert status in (500, 503), fuse.names
        again = face.client()
        again.present(client.http.cookies["twofold"], names=("twofold",))
        assert again.get("/profile/set-up").headers["location"].startswith("/confirm")


@dataclass(frozen=True)
class Broken:
    """Stands for a hasher or a clock whose every call fails."""

    error: Exception

    def __getattr__(self, name: str) -> Any:
        """A call that raises."""

        def call(*args: Any, **kwargs: Any) -> Any:
            raise self.error

        return call


@pytest.mark.parametrize("part", ["hasher", "clock"])
@pytest.mark.parametrize("error", [RuntimeError("planted"), Overloaded()])
def test_a_broken_hasher_or_clock_lets_nobody_in(
    face: Face, mia: Person, part: str, error: Exception
) -> None:
    """Mechanism 73 for what is not the database."""
    world = replace(face.site.world, **{part: Broken(error)})  # type: ignore[arg-type]
    client = face.client(app=build_app(world))
    assert client.password(mia.email).status_code in (500, 503)
    assert not client.http.cookies
    assert client.password("nobody@acme.example").status_code in (500, 503)


def test_a_counter_that_cannot_be_read_is_no_permission(face: Face, mia: Person) -> None:
    """Mechanism 73 for the limits: a damaged state refuses, until an operator has looked. (An
    empty one is a row that was made to be locked: nothing has failed there yet.)
    """
    save = face.site.world.store.call
    for key, standing in ((f"code:person:{mia.id}", Standing.HALF),
                          (f"pw:person:{mia.id}", Standing.OUT)):  # fmt: skip
        client = half_way(face, mia)
        csrf = client.csrf("/sign-in/code")
        for text in ("[]", "null", "{}", '["x", 0, 0, []]', "[[1,2,3]]", "\0"[:0] + "nonsense"):
            save(lambda tx, key=key, text=text: tx.counters.save(key, text, face.site.clock.now()))
            if standing is Standing.OUT:
                client = face.client()
                assert client.password(mia.email).status_code == 500, text
            else:
                form = {"code": face.site.acme.code(mia), "csrf": csrf}
                assert client.post("/sign-in/code", form).status_code == 500, text
            assert client.standing() is standing
        save(lambda tx, key=key: tx.counters.drop([key]))


def test_an_error_inside_the_arithmetic_is_a_no_that_stays_counted(
    face: Face, mia: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mechanism 73 for the comparison itself."""

    def fails(*_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(otp, "matching_step", fails)
    client = half_way(face, mia)
    assert client.right_code(mia).status_code == 422
    assert client.standing() is Standing.HALF
    key = f"code:person:{mia.id}"
    assert len(face.site.world.store.call(lambda tx: guard.peek(tx, [key])[key]).failures) == 1


ANSWERS = {"prove", "prove_made", "prove_fresh", "submit_second_step", "check_assertion",
           "check_made", "claim", "recover", "prove_with_recovery_code",
           "prove_code", "submit_code", "prove_factor", "settle_password", "settle_own_password",
           "own_password_is_right", "open_password", "ask_code", "claim_step", "finish", "use",
           "may_skip_code", "is_open", "open_link", "open_code_link", "verify", "renew", "activate",
           "set_password", "known_browser", "session_suffices", "ask_password"}  # fmt: skip
MAY_BE_DROPPED = {
    # What is ended twice is ended: the answer says only whether it was there.
    "src/twofold/flows/second_step.py tx.sign_ins.finish",
}


def dropped() -> set[str]:
    """Calls of what decides, whose answer nobody looks at."""
    found = set()
    for path in sources():
        for node in ast.walk(parsed(path)):
            if not isinstance(node, ast.Expr):
                continue
            call = node.value.value if isinstance(node.value, ast.Await) else node.value
            if not isinstance(call, ast.Call):
                continue
            first = ast.unparse(call.args[0]) if call.args else ""
            name = ast.unparse(call.func)
            if name.split(".")[-1] in ANSWERS:
                found.add(f"{shown(path)} {name}")
            elif first.split(".")[-1] in ANSWERS:
                found.add(f"{shown(path)} {name}({first})")
    return found


def test_no_answer_of_a_check_is_thrown_away() -> None:
    """Mechanism 73 in the sources: what decides is looked at, wherever it is called."""
    assert dropped() == MAY_BE_DROPPED


def test_only_one_place_can_say_that_a_code_was_accepted() -> None:
    """Mechanism 73 again: the answer is an object that the check alone makes, not a yes or no; one
    check for codes, one for what a browser answers to a passkey ceremony.
    """
    made = {
        f"{shown(path)} {ast.unparse(node.func)}"
        for path in sources()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).split(".")[-1] in ("Accepted", "SignedIn", "Proved")
    }
    assert made == {
        "src/twofold/flows/verify.py Accepted",
        "src/twofold/flows/ceremonies.py Proved",
        "src/twofold/flows/sign_in.py SignedIn",
        "src/twofold/flows/enrol.py SignedIn",
        "src/twofold/flows/passkeys.py SignedIn",
        "src/twofold/flows/step_up.py Proved",
        "src/twofold/flows/passkey_proofs.py Proved",
    }
    assert browsers.may_skip_code.__annotations__["return"] is bool


def test_the_fuse_reaches_every_repository_of_a_sign_in(
    face: Face, mia: Person, site: Site
) -> None:
    """The tests above break what matters: these calls and more lie on the way of a right code."""
    fuse = Fuse(10_000, RuntimeError())
    client = face.client(app=build_app(fragile(site.world, fuse)))
    client.password(mia.email)
    client.right_code(mia)
    assert client.standing() is Standing.IN
    assert {"people.lock", "people.credential", "counters.load", "counters.save", "counters.peek",
            "authenticators.in_force", "authenticators.claim_step", "attempts.add",
            "people.hold", "sign_ins.add", "sign_ins.finish", "sessions.add", "browsers.add",
            "events.add", "random.token", ".keyed_digest", "store.caller", "store.half_caller"
            } <= set(fuse.names)  # fmt: skip
