"""Class 4: guessing, and ways around the limits. Mechanisms 37 to 50."""

from dataclasses import replace
from ipaddress import ip_network

import pytest

from tests.attacks.faces import Client, Face, Standing, every_face
from tests.attacks.scene import OTHER_PASSWORD, add, half_way
from tests.faces.conftest import Site
from twofold.core import otp, throttle
from twofold.core.attempts import Outcome
from twofold.core.mail import MailKind
from twofold.core.people import MINUTE, Person
from twofold.core.throttle import State
from twofold.core.tokens import Purpose
from twofold.flows import guard
from twofold.web.app import build_app

LADDER = throttle.SP800_63B4_LADDER


def state(site: Site, key: str) -> State:
    """What is counted under a key."""
    return site.world.store.call(lambda tx: guard.peek(tx, [key])[key])


def codes_counted(site: Site, person: Person) -> int:
    """Wrong codes of the person's unknown browsers."""
    return len(state(site, f"code:person:{person.id}").failures)


def passwords_counted(site: Site, person: Person) -> int:
    """Wrong passwords of the person's unknown browsers."""
    return len(state(site, f"pw:person:{person.id}").failures)


def checked(site: Site, person: Person) -> int:
    """How many submitted codes were compared and wrong."""
    return site.acme.outcomes(person).count(Outcome.WRONG)


@every_face
def test_single_codes_end_after_five_and_everything_after_ten(face: Face, mia: Person) -> None:
    """Mechanism 37: with all the patience of a month, in browsers that nobody knows."""
    for number in range(40):
        client = half_way(face, mia)
        client.wrong_code(mia, number)
        assert client.standing() is not Standing.IN
        face.site.clock.advance(12 * MINUTE)
    assert codes_counted(face.site, mia) == checked(face.site, mia) == LADDER.pair_after
    acme = face.site.acme
    for number in range(20):
        first, second = (acme.wrong(acme.active(mia), n) for n in (number, number + 1))
        half_way(face, mia).code(first, second)
        face.site.clock.advance(12 * MINUTE)
    assert checked(face.site, mia) == LADDER.link_after_codes
    assert acme.person(mia.id).must_change_password
    client = half_way(face, mia)
    assert client.right_code(mia).status_code == 403
    assert client.standing() is Standing.HALF


@every_face
def test_fresh_sign_ins_share_one_budget(face: Face, mia: Person) -> None:
    """Mechanism 38: neither a new sign-in nor a hundred open ones begin a new count."""
    clients = [half_way(face, mia) for _ in range(60)]
    for number, client in enumerate(clients):
        client.wrong_code(mia, number)
    assert checked(face.site, mia) < LADDER.pair_after
    face.site.clock.advance(90)
    for number, client in enumerate(clients):
        client.wrong_code(mia, 100 + number)
    assert checked(face.site, mia) <= LADDER.pair_after


def test_an_older_cookie_brings_no_tries_back(face: Face, mia: Person) -> None:
    """Mechanism 39: what the browser keeps are opaque tokens; the counts are ours."""
    client = half_way(face, mia)
    token = client.http.cookies["twofold-sign-in"]
    for number in range(20):
        client.present(token, names=("twofold-sign-in",))
        client.wrong_code(mia, number)
        face.site.clock.advance(61)
        if client.standing() is Standing.OUT:
            client = half_way(face, mia)
            token = client.http.cookies["twofold-sign-in"]
    assert checked(face.site, mia) == LADDER.pair_after


def test_other_addresses_bring_no_tries_back(face: Face, mia: Person) -> None:
    """Mechanism 40: neither for codes nor for passwords."""
    network = ip_network("198.18.0.0/15")
    for number in range(40):
        client = face.client(peer=str(network[number * 257]))
        client.password(mia.email)
        client.wrong_code(mia, number)
        face.site.clock.advance(61)
    assert checked(face.site, mia) == LADDER.pair_after
    for number in range(40):
        face.client(peer=str(network[number * 263])).password(mia.email, "wrong")
    assert passwords_counted(face.site, mia) == LADDER.free_passwords


def spray(site: Site, client: Client, count: int) -> None:
    """One wrong password for each of many addresses."""
    for number in range(count):
        client.http.headers["x-forwarded-for"] = f"203.0.113.{number}"
        client.http.headers["x-real-ip"] = f"203.0.113.{number}"
        client.password(f"p{number}@acme.example", "wrong")


def test_forwarded_addresses_of_strangers_change_no_limit(face: Face, mia: Person) -> None:
    """Mechanism 41: from a peer that is no proxy of ours, whatever it says, one source counts."""
    client = face.client(peer="198.51.100.66")
    spray(face.site, client, LADDER.source_burst)
    assert client.password(mia.email).status_code == 422
    assert face.client(peer="198.51.100.67").password(mia.email).status_code == 303


def test_a_missing_or_unreadable_address_is_limited_too(face: Face, mia: Person) -> None:
    """Mechanism 41 again: what cannot be read is one source, and not none."""
    for number in range(LADDER.source_burst):
        peer = ("unix", "", "testclient")[number % 3]
        face.client(peer=peer).password(f"p{number}@acme.example", "wrong")
    assert face.client(peer="nobody").password(mia.email).status_code == 422


def test_behind_a_proxy_the_last_stranger_counts(face: Face, mia: Person) -> None:
    """Mechanism 41 again: what a client writes to the left of what the proxy saw is not read."""
    world = replace(face.site.world, trusted_proxies=(ip_network("10.0.0.0/8"),))
    client = face.client(peer="10.0.0.1", app=build_app(world))
    for number in range(LADDER.source_burst):
        client.http.headers["x-forwarded-for"] = f"203.0.113.{number}, 192.0.2.99"
        client.password(f"p{number}@acme.example", "wrong")
    client.http.headers["x-forwarded-for"] = "203.0.113.200, 192.0.2.99"
    assert client.password(mia.email).status_code == 422
    client.http.headers["x-forwarded-for"] = "192.0.2.98"
    assert client.password(mia.email).status_code == 303


def test_all_processes_share_the_budgets(face: Face, mia: Person, elsewhere: Site) -> None:
    """Mechanism 42: hopping between them gives nothing."""
    for number in range(30):
        client = face.client(app=(face.site, elsewhere)[number % 2].app)
        client.password(mia.email)
        client.wrong_code(mia, number)
        face.site.clock.advance(61)
    assert checked(face.site, mia) == LADDER.pair_after
    for number in range(20):
        client = face.client(app=(face.site, elsewhere)[number % 2].app)
        client.password(mia.email, "wrong")
    assert passwords_counted(face.site, mia) == LADDER.free_passwords


SAME = ("mia@acme.example", "MIA@ACME.EXAMPLE", " mia@acme.example", "mia@acme.example\t",
        "Mia@Acme.Example", "\uff4dia@acme.example", "mia\uff20acme.example",
        "mia@acme\uff0eexample", "\u00a0mia@acme.example")  # fmt: skip
OTHER = ("mia@acme.example.", "m\u0456a@acme.example", "mia+x@acme.example", "m.ia@acme.example",
         "mia@acme.example,mia@acme.example", "mia", "mia@acme", "mia@acme.example\u200b",
         "mia\u00ad@acme.example", "mia@\u0430cme.example")  # fmt: skip


def test_every_spelling_of_an_address_is_one_count(face: Face, mia: Person) -> None:
    """Mechanism 43: counted is the person, after one look-up; what is another address is nobody."""
    for number, spelling in enumerate(SAME[: LADDER.free_passwords]):
        face.client(peer=f"198.51.100.{number}").password(spelling, "wrong")
        assert passwords_counted(face.site, mia) == number + 1
    for number, spelling in enumerate(SAME):
        answer = face.client(peer=f"198.51.101.{number}").password(spelling)
        assert answer.status_code == 422
    for number, spelling in enumerate(OTHER):
        client = face.client(peer=f"198.51.102.{number}")
        assert client.password(spelling).status_code == 422
        assert client.standing() is Standing.OUT
    assert passwords_counted(face.site, mia) == LADDER.free_passwords


@every_face
def test_a_right_password_clears_no_count_of_codes(face: Face, mia: Person) -> None:
    """Mechanism 44: right password and wrong code in turn, sixty times in half an hour."""
    for number in range(60):
        client = half_way(face, mia)
        client.wrong_code(mia, number)
        assert client.standing() is Standing.HALF
        face.site.clock.advance(31)
    assert checked(face.site, mia) == LADDER.pair_after


def test_the_thiefs_own_success_clears_nothing_of_others(face: Face, mia: Person) -> None:
    """Mechanism 44 again: a success of one account does not refill the source's budget."""
    own = add(face.site, "Eve")
    client = face.client(peer="198.51.100.66")
    for number in range(LADDER.source_burst):
        if number % 5 == 4:
            face.client(peer="198.51.100.66").password(own.email)
        client.password(f"p{number}@acme.example", "wrong")
    assert client.password(mia.email).status_code == 422


def test_a_wait_comes_back_each_time(face: Face, mia: Person) -> None:
    """Mechanism 45: three times the wait is over, and three times it begins again, longer."""
    for number in range(LADDER.free_passwords):
        face.client(peer=f"198.51.100.{number}").password(mia.email, "wrong")
    for cycle in range(3):
        peer = f"198.51.101.{cycle}"
        assert face.client(peer=peer).password(mia.email).status_code == 422
        face.site.clock.advance(1 << cycle)
        face.client(peer=peer).password(mia.email, "wrong")
        assert passwords_counted(face.site, mia) == LADDER.free_passwords + cycle + 1
    face.site.clock.advance(8)
    assert face.client().password(mia.email).status_code == 303


def test_a_new_mail_or_another_road_resets_no_count(face: Face, mia: Person) -> None:
    """Mechanism 46: a mailed link, a new sign-in, a new password: the codes stay counted."""
    for number in range(3):
        half_way(face, mia).wrong_code(mia, number)
    counted = codes_counted(face.site, mia)
    client = half_way(face, mia)
    client.post("/sign-in/code/send-link", at="/sign-in/code")
    link = f"/sign-in/code/link/{face.site.acme.token(mia, MailKind.CODE_LINK)}"
    assert client.post(link, at=link).status_code == 303
    client.post("/sign-in/cancel", at="/sign-in/code")
    client.post("/sign-in/link", {"email": mia.email})
    client.post(f"/sign-in/link/{face.site.acme.token(mia, MailKind.BROWSER_LINK)}")
    client.post(f"/password/{face.site.link(mia, Purpose.PASSWORD)}", {"password": OTHER_PASSWORD})
    assert codes_counted(face.site, mia) == counted == 3


def test_every_form_that_tells_right_from_wrong_pays_from_one_budget(
    face: Face, mia: Person
) -> None:
    """Mechanism 47: confirming inside a session, changing the password and signing in share the
    counts of the person; a copied session is no oracle beside them.
    """
    owner = face.signed_in(mia)
    thief = face.client(peer="203.0.113.9")
    thief.present(owner.http.cookies["twofold"], names=("twofold",))
    face.site.clock.advance(6 * MINUTE)
    for number in range(10):
        half_way(face, mia).wrong_code(mia, number)
        wrong = face.site.acme.wrong(face.site.acme.active(mia), 50 + number)
        thief.post("/confirm", {"code": wrong}, at="/profile")
        face.site.clock.advance(61)
    assert checked(face.site, mia) == codes_counted(face.site, mia) == LADDER.pair_after


def test_the_pages_and_the_api_share_one_budget(face: Face, mia: Person, elsewhere: Site) -> None:
    """Mechanism 47 for applications: a second face is no second row of tries."""
    api = Face("api", face.site)
    for number in range(20):
        one = api if number % 2 else face
        client = one.client(app=(face.site, elsewhere)[number % 3 % 2].app)
        client.password(mia.email)
        client.wrong_code(mia, number)
        face.site.clock.advance(61)
    assert checked(face.site, mia) == codes_counted(face.site, mia) == LADDER.pair_after
    client = api.client()
    client.password(mia.email)
    assert not client.enters(face.site.acme.code(mia))


def test_confirming_by_password_is_on_the_budget_of_the_password(face: Face) -> None:
    """Mechanism 47 for passwords: without an authenticator too."""
    eve = add(face.site, "Eve")
    session = face.client()
    session.password(eve.email)
    thief = face.client(peer="203.0.113.9")
    thief.present(session.http.cookies["twofold"], names=("twofold",))
    for number in range(4):
        thief.post("/confirm", {"password": f"guess {number}"}, at="/profile")
        fields = {"current": f"guess {number}", "password": OTHER_PASSWORD}
        thief.post("/profile/password", fields, at="/profile")
    assert passwords_counted(face.site, eve) == LADDER.free_passwords
    assert face.client(peer="198.51.100.1").password(eve.email).status_code == 422
    known = face.client()
    known.present(session.http.cookies["twofold-browser"], names=("twofold-browser",))
    assert known.password(eve.email).status_code == 303


@every_face
@pytest.mark.parametrize("steps", range(-4, 5))
def test_exactly_three_codes_are_right_at_a_moment(face: Face, mia: Person, steps: int) -> None:
    """Mechanism 48: the code before, this one and the next; none beyond."""
    face.site.clock.advance(600)
    client = half_way(face, mia)
    client.code(face.site.acme.code(mia, steps=steps))
    assert client.standing() is (Standing.IN if abs(steps) <= otp.WINDOW else Standing.HALF)


def test_one_authenticator_at_a_time_gives_one_chance(face: Face, mia: Person) -> None:
    """Mechanism 49: a set-up that is begun beside it, or was replaced, is not compared."""
    acme = face.site.acme
    client = face.signed_in(mia)
    client.get("/profile/set-up")
    pending, old = acme.pending(mia), acme.active(mia)
    assert pending is not None
    face.site.clock.advance(60)
    other = half_way(face, mia)
    other.code(acme.code_of(pending))
    assert other.standing() is Standing.HALF
    face.site.clock.advance(30)
    saved = client.post(
        "/profile/set-up/save", {"code": acme.code_of(pending)}, at="/profile/set-up"
    )
    assert saved.status_code == 303
    face.site.clock.advance(60)
    other = half_way(face, mia)
    other.code(acme.code_of(old))
    assert other.standing() is Standing.HALF


def test_no_two_secrets_or_tokens_are_alike(face: Face) -> None:
    """Mechanism 50: 160 and 256 bits from the operating system, each time anew."""
    secrets, tokens = set(), set()
    for number in range(20):
        person = add(face.site, f"P{number}")
        face.site.acme.enrol(person)
        secrets.add(face.site.acme.active(person).secret)
        client = half_way(face, person)
        tokens |= set(client.http.cookies.values())
    assert len(secrets) == len(tokens) == 20
    assert {len(secret) for secret in secrets} == {20}
    assert {len(token) for token in tokens} == {43}
    ones = sum(int.from_bytes(secret).bit_count() for secret in secrets)
    assert 0.42 < ones / (20 * 160) < 0.58
