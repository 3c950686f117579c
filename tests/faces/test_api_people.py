"""People over the API: set up, looked at, changed; every answer as the document says."""

import pytest

from tests.faces.api import EVERY_SCOPE, Api, api, known_as, new_key
from tests.faces.conftest import Site
from tests.world import Organisation, found
from twofold.api.access import Endpoint, Open
from twofold.api.app import ALL_ENDPOINTS, build_api
from twofold.core.applications import Scope
from twofold.core.authenticators import Totp
from twofold.core.errors import StartError
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import Person, PersonState, Role

NEW = {"name": "Mia", "email": "mia@shop.example"}
PROOF = "an-attempt-of-mia"


@pytest.fixture
def shop(site: Site) -> Api:
    """An application that may do everything."""
    return api(site, new_key(site.acme))


def mia(acme: Organisation) -> Person:
    """Whoever was added."""
    person = acme.store.call(lambda tx: tx.people.by_external_id(acme.account_id, "u-17"))
    assert person is not None
    return person


def pending(acme: Organisation) -> Totp:
    """What waits for its first code."""
    waiting = acme.pending(mia(acme))
    assert waiting is not None
    return waiting


def begin(shop: Api, **more: str) -> str:
    """Begin a set-up; its path."""
    answer = shop.call("POST", "/people/u-17/set-ups", {**NEW, **more})
    assert answer.status_code == 201, answer.text
    return f"/people/u-17/set-ups/{answer.json()['id']}"


def enrol(shop: Api, site: Site, **more: str) -> list[str]:
    """A whole set-up; the recovery codes."""
    path = begin(shop, **more)
    answer = shop.call("POST", f"{path}/confirm", {"code": site.acme.code_of(pending(site.acme))})
    assert answer.status_code == 200, answer.text
    site.clock.advance(60)
    codes: list[str] = answer.json()["recovery_codes"]
    return codes


def prove(shop: Api, site: Site, attempt: str = PROOF) -> str:
    """An accepted verification."""
    site.clock.advance(60)
    code = site.acme.code(mia(site.acme))
    assert shop.verify("u-17", code, attempt=attempt).status_code == 200
    return attempt


def test_somebody_new_is_added_set_up_and_told(shop: Api, site: Site) -> None:
    """The secret is in one answer; what counts is a right code; the owner hears of it (P8)."""
    answer = shop.call("POST", "/people/u-17/set-ups", NEW)
    assert answer.status_code == 201
    body, person = answer.json(), mia(site.acme)
    assert (person.role, person.state, person.has_password) == (
        Role.MEMBER, PersonState.INVITED, False,
    )  # fmt: skip
    assert body["uri"].startswith("otpauth://totp/Acme:mia%40shop.example?secret=")
    assert body["key"].replace(" ", "") in body["uri"]
    assert body["qr_svg"].startswith("<svg ")
    assert shop.call("GET", "/people/u-17").json()["enrolled"] is False
    path = f"/people/u-17/set-ups/{body['id']}/confirm"
    wrong = shop.call("POST", path, {"code": site.acme.wrong(pending(site.acme))})
    assert (wrong.status_code, wrong.json()["outcome"]) == (403, "refused")
    right = shop.call("POST", path, {"code": site.acme.code_of(pending(site.acme))})
    assert right.status_code == 200
    assert len(right.json()["recovery_codes"]) == 10
    assert [mail.kind for mail in site.acme.mails(person)] == [MailKind.ENROLLED]
    assert site.acme.events(EventKind.ENROLLED)
    now = shop.call("GET", "/people/u-17").json()
    assert (now["enrolled"], now["authenticators"], now["recovery_codes"]) == (True, 1, 10)
    assert shop.call("POST", path, {"code": "123456"}).status_code == 404
    site.clock.advance(60)
    assert shop.verify("u-17", right.json()["recovery_codes"][0]).status_code == 200
    assert shop.verify("u-17", site.acme.code(person)).status_code == 403  # burnt with it
    site.clock.advance(60)
    assert shop.verify("u-17", site.acme.code(person)).status_code == 200


def test_a_secret_is_shown_once(shop: Api, site: Site) -> None:
    """Beginning again makes another one, and the first is dead."""
    first = begin(shop)
    old = pending(site.acme)
    begin(shop)
    assert pending(site.acme).secret != old.secret
    assert (
        shop.call("POST", f"{first}/confirm", {"code": site.acme.code_of(old)}).status_code == 404
    )


def test_a_set_up_is_guessed_at_ten_times_at_most(shop: Api, site: Site) -> None:
    """Then it waits, as on the pages, and the right code too."""
    path = begin(shop)
    for number in range(10):
        code = site.acme.wrong(pending(site.acme), number)
        answer = shop.call("POST", f"{path}/confirm", {"code": code})
    assert answer.json()["retry_after"] > 0
    right = shop.call("POST", f"{path}/confirm", {"code": site.acme.code_of(pending(site.acme))})
    assert right.status_code == 403


def test_a_set_up_is_cancelled_with_its_secret(shop: Api, site: Site) -> None:
    """And only by the application that began it."""
    path = begin(shop)
    other = api(site, new_key(site.acme, name="Other"))
    assert other.call("DELETE", path).status_code == 404
    code = site.acme.code_of(pending(site.acme))
    assert other.call("POST", f"{path}/confirm", {"code": code}).status_code == 404
    assert shop.call("DELETE", path).status_code == 204
    assert shop.call("DELETE", path).status_code == 404
    assert site.acme.pending(mia(site.acme)) is None


def test_changing_a_factor_needs_a_fresh_proof_by_the_same_application(
    shop: Api, site: Site
) -> None:
    """Promise P4: adding, removing, new codes; not with another's, an old or a refused one."""
    enrol(shop, site)
    person = mia(site.acme)
    (one,) = shop.call("GET", "/people/u-17/authenticators").json()["authenticators"]
    other = api(site, new_key(site.acme, name="Other"))
    prove(other, site, "an-attempt-of-another")
    shop.verify("u-17", site.acme.wrong(site.acme.active(person)), attempt="a-refused-attempt")
    prove(shop, site, "too-old-an-attempt")
    site.clock.advance(301)
    for proof in ("an-attempt-of-another", "a-refused-attempt", "too-old-an-attempt", "never-seen"):
        answers = [
            shop.call("POST", "/people/u-17/set-ups", {**NEW, "proof": proof}),
            shop.call("POST", "/people/u-17/recovery-codes", {"proof": proof}),
            shop.call("DELETE", f"/people/u-17/authenticators/{one['id']}?proof={proof}"),
        ]
        assert {answer.status_code for answer in answers} == {409}
        assert {a.json()["type"] for a in answers} == {"urn:twofold:problem:needs-verification"}
    assert shop.call("POST", "/people/u-17/set-ups", NEW).status_code == 409
    assert site.acme.pending(person) is None
    proof = prove(shop, site)
    made = shop.call("POST", "/people/u-17/recovery-codes", {"proof": proof})
    assert made.status_code == 201
    assert len(made.json()["recovery_codes"]) == 10
    enrol(shop, site, proof=proof)
    listed = shop.call("GET", "/people/u-17/authenticators").json()["authenticators"]
    assert [entry["entry"] for entry in listed] == [
        "Acme: mia@shop.example", "Acme: mia@shop.example (2)",
    ]  # fmt: skip
    removed = shop.call("DELETE", f"/people/u-17/authenticators/{one['id']}?proof={proof}")
    assert removed.status_code == 204
    assert {mail.kind for mail in site.acme.mails(person)} >= {
        MailKind.RECOVERY_MADE, MailKind.AUTHENTICATOR_ADDED, MailKind.AUTHENTICATOR_REMOVED,
    }  # fmt: skip


def test_a_pass_is_no_proof_of_a_factor(shop: Api, site: Site) -> None:
    """It lets its owner set up an authenticator and do nothing else, as on the pages."""
    enrol(shop, site)
    given = site.acme.temporary_pass(mia(site.acme))
    assert shop.verify("u-17", given, attempt=PROOF).status_code == 200
    codes = shop.call("POST", "/people/u-17/recovery-codes", {"proof": PROOF})
    assert codes.status_code == 409
    begin(shop, proof=PROOF)


def test_the_last_factor_stays_where_it_is_required(shop: Api, site: Site) -> None:
    """And goes where it is not."""
    enrol(shop, site)
    (one,) = shop.call("GET", "/people/u-17/authenticators").json()["authenticators"]
    site.acme.switch_on()
    path = f"/people/u-17/authenticators/{one['id']}?proof={prove(shop, site)}"
    kept = shop.call("DELETE", path)
    assert (kept.status_code, kept.json()["type"]) == (409, "urn:twofold:problem:not-possible")
    assert "your only one" in kept.json()["detail"]


def test_the_last_factor_goes_where_nobody_asks_for_it(shop: Api, site: Site) -> None:
    """With the recovery codes that stand in for it."""
    enrol(shop, site)
    (one,) = shop.call("GET", "/people/u-17/authenticators").json()["authenticators"]
    path = f"/people/u-17/authenticators/{one['id']}?proof={prove(shop, site)}"
    assert shop.call("DELETE", path).status_code == 204
    now = shop.call("GET", "/people/u-17").json()
    assert (now["enrolled"], now["recovery_codes"]) == (False, 0)


def test_what_is_asked_of_somebody_is_one_word(shop: Api, site: Site) -> None:
    """None, or to enrol; with a factor nothing more."""
    known_as(site.acme, site.acme.add("Ben"), "u-18")
    assert shop.call("GET", "/people/u-18").json()["requirement"] == "none"
    site.acme.switch_on()
    ben = shop.call("GET", "/people/u-18").json()
    assert (ben["requirement"], ben["enrolled"]) == ("enrol", False)


@pytest.mark.parametrize("role", [Role.HELPDESK, Role.ADMIN, Role.OWNER])
def test_more_than_members_are_left_to_our_pages(shop: Api, site: Site, role: Role) -> None:
    """A captured application must not become an admin; their codes are checked all the same."""
    person = site.acme.owner if role is Role.OWNER else site.acme.add("Ada", role)
    known_as(site.acme, person, "u-17")
    answer = shop.call("POST", "/people/u-17/set-ups", NEW)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:twofold:problem:on-our-pages")
    assert site.acme.pending(person) is None
    site.acme.enrol(person)
    site.clock.advance(60)
    before, now = site.acme.code(person, steps=-1), site.acme.code(person)
    assert shop.verify("u-17", before, next_code=now, attempt=PROOF).status_code == 200
    made = shop.call("POST", "/people/u-17/recovery-codes", {"proof": PROOF})
    assert made.json()["type"] == "urn:twofold:problem:on-our-pages"


def test_an_address_that_somebody_has_is_not_taken_over(shop: Api, site: Site) -> None:
    """Neither of this account nor of another: an admin links people, no application does."""
    bolt = found(site.acme.store, site.clock, "Bolt")
    for taken in (site.acme.add("Ben").email, site.acme.owner.email, bolt.owner.email):
        answer = shop.call("POST", "/people/u-17/set-ups", {"name": "Eve", "email": taken})
        assert answer.status_code == 409
        assert answer.json()["type"] == "urn:twofold:problem:address-taken"
    assert shop.call("GET", "/people/u-17").status_code == 404


@pytest.mark.parametrize(
    ("external_id", "body", "field"),
    [
        ("u-17", {"name": "", "email": "mia@shop.example"}, "name"),
        ("u-17", {"name": "Mia", "email": "nothing"}, "email"),
        ("=1+1", NEW, "external_id"),
    ],
)
def test_somebody_new_needs_a_name_and_an_address(
    shop: Api, external_id: str, body: dict[str, str], field: str
) -> None:
    """Every change is told to the owner, so there is nobody without an address."""
    answer = shop.call("POST", f"/people/{external_id}/set-ups", body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_another_accounts_people_do_not_exist(site: Site, shop: Api) -> None:
    """On every route, by every id."""
    bolt = found(site.acme.store, site.clock, "Bolt")
    zoe = known_as(bolt, bolt.add("Zoe"), "zoe")
    bolt.enrol(zoe)
    one = bolt.active(zoe).id
    for method, path, body in (
        ("GET", "/people/zoe", None),
        ("GET", "/people/zoe/authenticators", None),
        ("DELETE", f"/people/zoe/authenticators/{one}?proof={PROOF}", None),
        ("DELETE", f"/people/zoe/set-ups/{one}", None),
        ("POST", f"/people/zoe/set-ups/{one}/confirm", {"code": "123456"}),
        ("POST", "/people/zoe/recovery-codes", {"proof": PROOF}),
    ):
        answer = shop.call(method, path, body)
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:twofold:problem:no-person")
    assert bolt.active(zoe).id == one


# ---- the gate over all routes --------------------------------------------------------------


def sent(caller: Api, one: Endpoint) -> int:
    """The status of a route for a caller with something in its parameters and no body."""
    path = one.path.replace("{external_id}", "u-17")
    for name in ("set_up_id", "authenticator_id"):
        path = path.replace(f"{{{name}}}", "no-such-id")
    return caller.call(one.method, path, {} if one.method == "POST" else None).status_code


def test_every_route_needs_its_own_scope(site: Site) -> None:
    """The real table, walked by nobody, by whoever has all scopes but the one, by that one."""
    nobody = api(site, "")
    keys = {scope: api(site, new_key(site.acme, scope, name=scope.value)) for scope in EVERY_SCOPE}
    others = {
        scope: api(
            site,
            new_key(site.acme, *(s for s in EVERY_SCOPE if s is not scope), name=f"not {scope}"),
        )
        for scope in EVERY_SCOPE
    }
    walked = [one for one in ALL_ENDPOINTS if not isinstance(one.scope, Open)]
    assert len(walked) == len(ALL_ENDPOINTS) - 1
    for one in walked:
        assert isinstance(one.scope, Scope)
        assert sent(nobody, one) == 401, one.path
        assert sent(others[one.scope], one) == 403, one.path
        assert sent(keys[one.scope], one) in (200, 404, 422), one.path


async def answer_nobody() -> None:
    """A handler that is never reached."""
    raise AssertionError


@pytest.mark.parametrize(
    "wrong",
    [
        Endpoint("GET", "/new", None, answer_nobody, None),  # type: ignore[arg-type]
        Endpoint("GET", "/new", "verify", answer_nobody, None),  # type: ignore[arg-type]
        Endpoint("PATCH", "/new", Scope.VERIFY, answer_nobody, None),
        Endpoint("POST", "/verifications", Scope.MANAGE, answer_nobody, None),
    ],
    ids=["no scope", "a word", "no such method", "twice"],
)
def test_an_undeclared_route_stops_the_start(site: Site, wrong: Endpoint) -> None:
    """Before anything is served (promise P1)."""
    with pytest.raises(StartError, match=wrong.path):
        build_api(site.world, (*ALL_ENDPOINTS, wrong))


@pytest.mark.parametrize("external_id", ["%00", "a%0Ab", "x" * 121, "%ff", "a%2Fb"])
def test_an_id_that_cannot_be_one_is_no_fault(shop: Api, external_id: str) -> None:
    """Never a 500."""
    assert shop.call("GET", f"/people/{external_id}").status_code in (404, 422)
    answer = shop.call("POST", f"/people/{external_id}/set-ups", NEW)
    assert answer.status_code in (404, 422)


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"[]", b"[" * 10_000, b"\xff", b'{"x":1}'])
def test_what_fastapi_reads_is_a_problem_too(shop: Api, content: bytes) -> None:
    """In the same form as on the hot route."""
    answer = shop.call(
        "POST", "/people/u-17/set-ups", content=content, content_type="application/json"
    )
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
