"""Class 2: what was used once is used again. Mechanisms 18 to 29."""

import ast
from random import Random

import pytest

from tests.attacks.faces import Face, Standing, every_face
from tests.attacks.scene import enrolled, half_way
from tests.faces.conftest import Site
from tests.house.tree import parsed, shown, sources
from twofold.core.attempts import Outcome
from twofold.core.people import Person
from twofold.storage import build_store
from twofold.storage.sealing import KeyRing
from twofold.system import SystemRandom

FREE = {Outcome.USED, Outcome.REPEATED}
"""What a used code is, in its first repetition and in the later ones: neither is a guess."""


def test_a_used_code_is_dead_wherever_it_comes_from(
    face: Face, mia: Person, elsewhere: Site
) -> None:
    """Mechanism 18: in another sign-in, on another device, in another process, for a
    confirmation inside the session, and to replace the authenticator.
    """
    acme = face.site.acme
    code = acme.code(mia)
    client = half_way(face, mia)
    assert client.code(code).status_code == 303
    for other in (
        face.client(),
        face.client(peer="198.51.100.9"),
        face.client(app=elsewhere.app),
    ):
        other.password(mia.email)
        assert other.code(code).status_code == 422
        assert other.standing() is Standing.HALF
    assert client.post("/confirm", {"code": code}, at="/confirm").status_code == 422
    face.site.clock.advance(6 * 60)
    assert client.get("/profile/set-up").headers["location"].startswith("/confirm")
    assert set(acme.outcomes(mia)[-4:]) <= FREE


@every_face
def test_a_used_code_is_dead_after_a_restart(
    face: Face,
    mia: Person,
    database_url: str,
    keyring: KeyRing,
    random: SystemRandom,
    elsewhere: Site,
) -> None:
    """Mechanism 18 again: what was used is in the database, not in a process."""
    code = face.site.acme.code(mia)
    first = face.client(app=elsewhere.app)
    first.password(mia.email)
    assert first.enters(code)
    elsewhere.world.store.close()
    reopened = build_store(database_url, keyring, random)
    try:
        active = reopened.call(lambda tx: tx.authenticators.in_force(mia.id)[-1])
        assert active is not None
        assert active.last_step == face.site.clock.now() // 30
    finally:
        reopened.close()
    assert not half_way(face, mia).enters(code)


@every_face
def test_the_code_before_a_used_one_is_dead_too(face: Face, mia: Person) -> None:
    """Mechanism 19: it was never used itself, and another of it was seen over a shoulder."""
    acme = face.site.acme
    before, now, after = (acme.code(mia, steps=n) for n in (-1, 0, 1))
    assert half_way(face, mia).enters(after)
    for code in (before, now, after):
        acme.store.call(lambda tx: tx.counters.drop([f"code:person:{mia.id}"]))
        client = half_way(face, mia)
        assert not client.enters(code)
        assert client.standing() is Standing.HALF


@every_face
@pytest.mark.parametrize("seed", range(3))
def test_no_code_of_a_phone_with_a_wandering_clock_is_taken_twice(
    face: Face, mia: Person, seed: int
) -> None:
    """Mechanism 20: offsets are whole steps, so what was learnt about a clock revives nothing."""
    acme, random, offset, used = face.site.acme, Random(seed), 0, set()
    for _ in range(12):
        face.site.clock.advance(random.choice((60, 90, 120)))
        offset = max(-6, min(6, offset + random.choice((-1, 0, 1))))
        code = acme.code(mia, steps=offset)
        if half_way(face, mia).enters(code):
            assert code not in used
            used.add(code)
        for wait in (0, 30):
            face.site.clock.advance(wait)
            for old in used:
                acme.store.call(lambda tx: tx.counters.drop([f"code:person:{mia.id}"]))
                client = half_way(face, mia)
                client.code(old)
                assert client.standing() is Standing.HALF
    assert len(used) > 3


@every_face
def test_one_persons_used_code_leaves_another_persons_alone(face: Face, mia: Person) -> None:
    """Mechanism 24: what is remembered belongs to the authenticator that was used."""
    ben = enrolled(face.site, "Ben")
    face.site.clock.advance(60)
    codes = {person.id: face.site.acme.code(person) for person in (mia, ben)}
    for person in (mia, ben, mia, ben):
        first = person.id in codes
        code = codes.pop(person.id, face.site.acme.code(person))
        assert half_way(face, person).enters(code) is first


@every_face
def test_another_spelling_of_a_used_code_is_the_used_code(face: Face, mia: Person) -> None:
    """Mechanism 25: blanks, hyphens and full-width digits are read before anything is compared."""
    code = face.site.acme.code(mia)
    assert half_way(face, mia).enters(code)
    wide = "".join(chr(0xFF10 + int(digit)) for digit in code)
    spellings = (f" {code} ", f"{code[:3]} {code[3:]}", f"{code[:3]}-{code[3:]}", wide,
                 " ".join(code), f"\u200b{code}", f"{code}\u00a0", f"\t{code}\n")  # fmt: skip
    for spelling in spellings:
        client = half_way(face, mia)
        assert not client.enters(spelling)
        assert client.standing() is Standing.HALF
    assert set(face.site.acme.outcomes(mia)[-len(spellings) :]) <= FREE


REMEMBERING = {
    "src/twofold/core/policy.py _numbers",
    "src/twofold/core/roster_cells.py _zones",
    "src/twofold/core/site_urls.py host_of",
    "src/twofold/core/site_urls.py plain_path",
    "src/twofold/gate/answers.py _identity",
    "src/twofold/storage/accounts.py guard_of",
    "src/twofold/storage/counters.py locking",
    "src/twofold/storage/counters.py names",
    "src/twofold/storage/counters.py peeking",
    "src/twofold/storage/migrating.py scripts",
    "src/twofold/storage/policies.py policy_of",
    "src/twofold/storage/sites.py _visit_of",
    "src/twofold/storage/sites.py site_of",
}
COMPARES = {"matching_step", "matching_pair", "claim_step"}


def calls(names: set[str]) -> set[str]:
    """The sources that call one of these."""
    return {
        shown(path)
        for path in sources()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute | ast.Name)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id) in names
    }


def test_codes_are_compared_and_used_up_in_one_place() -> None:
    """Mechanism 23: no surface has a check of its own that could forget what was used."""
    assert calls(COMPARES) == {"src/twofold/flows/verify.py"}
    assert calls({"prove_code"}) == {
        "src/twofold/flows/authenticators.py",
        "src/twofold/flows/enrol.py",
        "src/twofold/flows/second_step.py",
        "src/twofold/flows/step_up.py",
        "src/twofold/flows/verifications.py",
    }


def test_nothing_about_sign_ins_is_kept_outside_the_database() -> None:
    """Mechanism 26: no flow and no page remembers an answer, so none can be replayed from there.
    The memories below keep what a text means and not what was found: a stored policy or site, a
    row that was read anew, a host or a path, headers for a person as the database has them; the
    names of the zones that there are, statements before anything is asked with them, and the
    migrations.
    """
    remembering = {"cache", "lru_cache", "cached_property"}
    found = {
        f"{shown(path)} {node.name}"
        for path in sources()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(ast.unparse(mark).split("(")[0] in remembering for mark in node.decorator_list)
    }
    assert found == REMEMBERING
