"""The hot route of the API: three outcomes, one attempt, nothing that leaks."""

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.faces.api import Api, api, known_as, new_key
from tests.faces.conftest import Site
from tests.flows.keys import give, with_key
from tests.world import Organisation, found
from twofold.core.applications import Scope
from twofold.core.attempts import Outcome
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import MINUTE, GuardPolicy, PasskeysFrom, Person
from twofold.core.throttle import SP800_63B4_LADDER
from twofold.flows import applications, people, recovery
from twofold.flows.applications import NewKey

ACCEPTED = {"outcome": "accepted", "retry_after": 0, "needed": "nothing", "page": None}
REFUSED = {**ACCEPTED, "outcome": "refused"}
UNKNOWN = {**REFUSED, "needed": "enrolment"}
BROWSER = "a-random-id-of-this-browser"


@pytest.fixture
def key(site: Site) -> NewKey:
    """Of an application that may only verify."""
    return new_key(site.acme, Scope.VERIFY)


@pytest.fixture
def shop(site: Site, key: NewKey) -> Api:
    """That application."""
    return api(site, key)


@pytest.fixture
def mia(site: Site) -> Person:
    """A member whom the application calls u-17, a minute after the set-up."""
    person = known_as(site.acme, site.acme.add("Mia"), "u-17")
    site.acme.enrol(person)
    site.clock.advance(60)
    return site.acme.person(person.id)


def wrong(acme: Organisation, person: Person, number: int = 0) -> str:
    """A code that is not right."""
    return acme.wrong(acme.active(person), number)


def test_the_document_is_one_of_openapi_31(shop: Api) -> None:
    """Whole and readable by others' tools, with a scope and a key at every route but its own."""
    OpenAPIV31SpecValidator(shop.document).validate()
    operations = [op for item in shop.document["paths"].values() for op in item.values()]
    assert operations
    for operation in operations:
        assert operation["security"] in ([], [{"key": []}])
        assert ("x-scope" in operation) == bool(operation["security"])


def test_a_right_code_is_accepted_once(shop: Api, site: Site, mia: Person) -> None:
    """And the second time it reads like a wrong one (promise P2)."""
    code = site.acme.code(mia)
    first, again = shop.verify("u-17", code), shop.verify("u-17", code)
    assert (first.status_code, first.json()) == (200, ACCEPTED)
    assert (again.status_code, again.json()) == (403, REFUSED)
    assert site.acme.outcomes(mia)[-2:] == [Outcome.ACCEPTED, Outcome.USED]
    assert first.headers["cache-control"] == "no-store"


def test_the_code_is_used_up_for_the_pages_too(shop: Api, site: Site, mia: Person) -> None:
    """One choke point for all faces (promise P1)."""
    half = site.acme.half(mia)
    code = site.acme.code(mia)
    assert shop.verify("u-17", code).status_code == 200
    refused = site.acme.submit_code(half, code)
    assert type(refused).__name__ == "CodeRefused"


def test_wrong_used_and_unread_codes_are_told_alike(shop: Api, site: Site, mia: Person) -> None:
    """After three misses every answer is the same, whatever was sent (promise P9)."""
    for number in range(3):
        answer = shop.verify("u-17", wrong(site.acme, mia, number))
        assert answer.status_code == 403
    assert answer.json() == {**REFUSED, "retry_after": 30}
    assert answer.headers["retry-after"] == "30"
    right, other = site.acme.code(mia), wrong(site.acme, mia, 9)
    bodies = [shop.verify("u-17", code).json() for code in (right, other, "12", "x" * 60)]
    assert bodies == [{**REFUSED, "retry_after": 30}] * 4
    assert site.acme.outcomes(mia)[-4:-2] == [Outcome.NOT_CHECKED] * 2
    site.clock.advance(31)
    assert shop.verify("u-17", site.acme.code(mia)).status_code == 200


def test_the_ladder_is_that_of_the_pages(shop: Api, site: Site, mia: Person) -> None:
    """Two codes after five misses, a link after ten; the owner is mailed, the entries are there."""
    for number in range(SP800_63B4_LADDER.pair_after):
        answer = shop.verify("u-17", wrong(site.acme, mia, number))
        site.clock.advance(61)
    assert answer.json() == {**REFUSED, "needed": "two-codes"}
    assert site.acme.mails(mia, MailKind.CODE_FAILURES)
    assert shop.verify("u-17", site.acme.code(mia)).json()["needed"] == "two-codes"
    before, now = site.acme.code(mia, steps=-1), site.acme.code(mia)
    assert shop.verify("u-17", before, next_code=now).json() == ACCEPTED
    for number in range(SP800_63B4_LADDER.link_after_codes - SP800_63B4_LADDER.pair_after):
        pair = [wrong(site.acme, mia, 20 + 2 * number + n) for n in (0, 1)]
        answer = shop.verify("u-17", pair[0], next_code=pair[1])
        site.clock.advance(61)
    assert answer.json()["needed"] == "link"
    assert answer.json()["page"].endswith("/sign-in")
    assert site.acme.mails(mia, MailKind.PASSWORD_STOLEN)
    assert len(site.acme.events(EventKind.CODE_REFUSED)) == SP800_63B4_LADDER.link_after_codes


def test_a_browser_that_was_accepted_before_has_its_own_budget(
    shop: Api, site: Site, mia: Person
) -> None:
    """A thief's misses in unknown browsers leave the owner's alone, and the other way round."""
    assert shop.verify("u-17", site.acme.code(mia), browser=BROWSER).status_code == 200
    for number in range(5):
        site.clock.advance(61)
        shop.verify("u-17", wrong(site.acme, mia, number), browser="another-browser-of-a-thief")
    site.clock.advance(61)
    assert shop.verify("u-17", site.acme.code(mia)).json()["needed"] == "two-codes"
    assert shop.verify("u-17", site.acme.code(mia), browser=BROWSER).json() == ACCEPTED


def test_a_browser_is_bound_to_the_application_and_the_person(
    shop: Api, site: Site, mia: Person
) -> None:
    """The same id from another application, or for somebody else, is an unknown browser."""
    ben = known_as(site.acme, site.acme.add("Ben"), "u-18")
    site.acme.enrol(ben)
    shop.verify("u-17", site.acme.code(mia), browser=BROWSER)
    other = api(site, new_key(site.acme, Scope.VERIFY, name="Other"))
    for number in range(5):
        for external_id, person in (("u-17", mia), ("u-18", ben)):
            site.clock.advance(61)
            other.verify(external_id, wrong(site.acme, person, number), browser=BROWSER)
    site.clock.advance(61)
    assert other.verify("u-17", "000000", browser=BROWSER).json()["needed"] == "two-codes"
    assert shop.verify("u-18", "000000", browser=BROWSER).json()["needed"] == "two-codes"


def test_an_attempt_is_answered_again_and_charged_once(shop: Api, site: Site, mia: Person) -> None:
    """A retry after a lost answer gets the same one; nothing is consumed or counted twice."""
    code, miss = site.acme.code(mia), wrong(site.acme, mia)
    answers = [shop.verify("u-17", miss, attempt="attempt-number-1") for _ in range(4)]
    assert [one.json() for one in answers] == [REFUSED] * 4
    answers = [shop.verify("u-17", code, attempt="attempt-number-2") for _ in range(4)]
    assert [one.json() for one in answers] == [ACCEPTED] * 4
    assert site.acme.outcomes(mia)[-2:] == [Outcome.WRONG, Outcome.ACCEPTED]
    assert len(site.acme.attempts(mia)) == 3


def test_an_attempt_opens_nothing_else(shop: Api, site: Site, mia: Person) -> None:
    """Another code, another person, another browser, another application, or too late."""
    code = site.acme.code(mia)
    assert shop.verify("u-17", code, attempt="attempt-number-1").status_code == 200
    for other in (
        shop.verify("u-17", wrong(site.acme, mia), attempt="attempt-number-1"),
        shop.verify("u-18", code, attempt="attempt-number-1"),
        shop.verify("u-17", code, browser=BROWSER, attempt="attempt-number-1"),
    ):
        assert other.status_code == 422
        assert other.json()["type"] == "urn:twofold:problem:attempt-reused"
    second = api(site, new_key(site.acme, Scope.VERIFY, name="Other"))
    assert second.verify("u-17", code, attempt="attempt-number-1").status_code == 403
    site.clock.advance(10 * MINUTE + 1)
    assert shop.verify("u-17", code, attempt="attempt-number-1").status_code == 422


def test_somebody_unknown_reads_like_somebody_without_a_factor(shop: Api, site: Site) -> None:
    """And like somebody who is disabled, and like somebody of another account."""
    ben = known_as(site.acme, site.acme.add("Ben"), "u-18")
    gil = known_as(site.acme, site.acme.add("Gil"), "u-19")
    site.acme.enrol(gil)
    site.acme.call(people.set_disabled, actor=site.acme.owner, person_id=gil.id, disabled=True)
    bolt = found(site.acme.store, site.clock, "Bolt")
    zoe = known_as(bolt, bolt.add("Zoe"), "zoe")
    bolt.enrol(zoe)
    site.clock.advance(60)
    sent = [("nobody", "123456"), ("u-18", "123456"), ("u-19", site.acme.code(gil)),
            ("zoe", bolt.code(zoe))]  # fmt: skip
    answers = [shop.verify(*one, attempt=f"attempt-{n}-of-4") for n, one in enumerate(sent)]
    assert {(one.status_code, one.text) for one in answers} == {(403, answers[0].text)}
    assert answers[0].json() == UNKNOWN
    assert site.acme.attempts(ben) == []
    assert len(bolt.attempts(zoe)) == 1


def test_a_recovery_code_and_a_pass_do_in_place_of_a_code(
    shop: Api, site: Site, mia: Person
) -> None:
    """Once; the owner is told (promise P8)."""
    made = site.acme.call(
        recovery.make, caller=site.acme.caller(mia), source=site.acme.attempts(mia)[0].source
    )
    assert isinstance(made, recovery.NewCodes)
    assert shop.verify("u-17", made.codes[0].lower()).json() == ACCEPTED
    assert shop.verify("u-17", made.codes[0]).json() == REFUSED
    assert len(site.acme.mails(mia, MailKind.RECOVERY_USED)) == 1
    given = site.acme.temporary_pass(mia)
    assert shop.verify("u-17", given).json() == ACCEPTED
    assert shop.verify("u-17", given).status_code == 403
    assert len(site.acme.mails(mia, MailKind.PASS_USED)) == 1


def test_a_disabled_authenticator_asks_for_a_set_up(shop: Api, site: Site, mia: Person) -> None:
    """No code helps any more, and the answer says where the person can go."""
    site.acme.store.call(lambda tx: tx.authenticators.disable(mia.id, at=site.acme.now))
    answer = shop.verify("u-17", site.acme.code(mia))
    assert answer.json()["needed"] == "set-up"
    assert answer.json()["page"].endswith("/sign-in")


def test_where_passkeys_alone_are_taken_no_code_is(shop: Api, site: Site, mia: Person) -> None:
    """The application cannot ask for one, so whoever has one is sent to our pages."""
    guard = GuardPolicy(passkeys_from=PasskeysFrom.EVERYBODY)
    site.acme.store.call(lambda tx: tx.accounts.set_guard(site.acme.account_id, guard))
    assert shop.verify("u-17", site.acme.code(mia)).json() == ACCEPTED
    give(site.acme, site.acme.caller(mia))
    site.clock.advance(60)
    answer = shop.verify("u-17", site.acme.code(mia))
    assert (answer.status_code, answer.json()["needed"]) == (403, "passkey")
    assert answer.json()["page"].endswith("/sign-in")


def test_somebody_with_a_passkey_alone_has_no_code(shop: Api, site: Site) -> None:
    """They are enrolled, and no code of theirs can be right."""
    ben, _ = with_key(site.acme)
    known_as(site.acme, ben, "u-18")
    assert shop.verify("u-18", "123456").json()["needed"] == "passkey"


def test_the_history_says_which_application_asked(shop: Api, site: Site, mia: Person) -> None:
    """Its name in place of a browser, the address that it gave, and later why it was refused."""
    shop.verify("u-17", wrong(site.acme, mia), address="2001:DB8::7")
    newest = site.acme.attempts(mia)[0]
    assert (newest.source.browser, newest.source.address) == ("Shop", "2001:db8::7")
    assert newest.cause is not None


# ---- keys ----------------------------------------------------------------------------------


def test_without_a_key_nothing_is_said_about_the_request(site: Site, mia: Person) -> None:
    """Missing, foreign, of a session, twice: 401 before the body is looked at."""
    session = site.acme.signed_in(mia).token
    for given in (
        "",
        "Basic YTpi",
        "Bearer x",
        f"Bearer {session}",
        f"Bearer twofold_key_{session}",
    ):
        caller = api(site, "")
        headers = {"authorization": given} if given else {}
        for body in (b"{", b'{"external_id": "u-17", "code": "123456"}'):
            answer = caller.call(
                "POST", "/verifications", content=body, content_type="application/json", **headers
            )
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
    assert [attempt.purpose.value for attempt in site.acme.attempts(mia)][:1] == ["sign-in"]


def test_an_ended_key_opens_nothing_from_now_on(
    shop: Api, site: Site, key: NewKey, mia: Person
) -> None:
    """And a new one goes on in its place, beside it for a while where that was asked for."""
    made = site.acme.call(
        applications.rotate,
        account=site.acme.account,
        actor=site.acme.owner,
        application_id=key.application.id,
        overlap=100,
    )
    assert isinstance(made, NewKey)
    new = api(site, made)
    assert new.verify("nobody", "123456").status_code == 403
    site.clock.advance(99)
    assert shop.verify("nobody", "123456").status_code == 403
    site.clock.advance(1)
    assert shop.verify("u-17", site.acme.code(mia)).status_code == 401
    assert new.verify("u-17", site.acme.code(mia)).status_code == 200
    site.acme.call(
        applications.end,
        account=site.acme.account,
        actor=site.acme.owner,
        application_id=key.application.id,
    )
    assert new.verify("nobody", "123456").status_code == 401


def test_a_key_without_the_scope_is_refused(site: Site, mia: Person) -> None:
    """Nothing is checked."""
    answer = api(site, new_key(site.acme, Scope.MANAGE)).verify("u-17", site.acme.code(mia))
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:twofold:problem:no-scope"
    assert len(site.acme.attempts(mia)) == 1


# ---- requests that cannot be read ----------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "application/json", 422),
        (b"{", "application/json", 422),
        (b"[]", "application/json", 422),
        (b"null", "application/json", 422),
        (b'{"external_id": "u-17"}', "application/json", 422),
        (b'{"external_id": 17, "code": "123456"}', "application/json", 422),
        (b'{"external_id": "u-17", "code": 123456}', "application/json", 422),
        (b'{"external_id": "", "code": "123456"}', "application/json", 422),
        (b'{"external_id": "u\\u0000", "code": "123456"}', "application/json", 422),
        (b'{"external_id": "u\\ud800", "code": "123456"}', "application/json", 422),
        (b'{"external_id": "u-17", "code": "1", "x": 1}', "application/json", 422),
        (b'{"external_id": "u-17", "code": "1", "address": "x"}', "application/json", 422),
        (b'{"external_id": "u-17", "code": "1", "browser": "short"}', "application/json", 422),
        (b"[" * 10_000, "application/json", 422),
        (b"\xff\xfe", "application/json", 422),
        (b'{"external_id": "u-17", "code": "123456"}', "text/plain", 415),
        (b"external_id=u-17&code=123456", "application/x-www-form-urlencoded", 415),
        (b'"' + b"x" * 17_000 + b'"', "application/json", 413),
    ],
)
def test_what_cannot_be_read_is_a_problem_with_a_sentence(
    shop: Api, content: bytes, kind: str, status: int
) -> None:
    """Never a 500, and never what was sent."""
    answer = shop.call("POST", "/verifications", content=content, content_type=kind)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert "123456" not in answer.text


@pytest.mark.parametrize("attempt", ["short", "has a blank in it", "x" * 129])
def test_an_id_of_an_attempt_has_a_form(shop: Api, attempt: str) -> None:
    """So that it can be stored and found again."""
    assert shop.verify("u-17", "123456", attempt=attempt).status_code == 422


def test_what_is_no_route_is_a_problem_too(shop: Api) -> None:
    """Unknown paths, other methods, other protocols."""
    assert shop.call("GET", "/nowhere").status_code == 404
    assert shop.call("GET", "").status_code == 404
    wrong_method = shop.call("GET", "/verifications")
    assert (wrong_method.status_code, wrong_method.headers["allow"]) == (405, "POST")
    assert shop.call("HEAD", "/verifications").status_code == 405


def test_a_code_of_somebody_else_is_a_wrong_one(shop: Api, site: Site, mia: Person) -> None:
    """A factor is bound to its person."""
    ben = known_as(site.acme, site.acme.add("Ben"), "u-18")
    site.acme.enrol(ben)
    site.clock.advance(60)
    assert shop.verify("u-18", site.acme.code(mia)).json() == REFUSED
    assert site.acme.outcomes(ben)[-1] is Outcome.WRONG
