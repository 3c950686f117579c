"""The hook for reports: off without a token, and nothing without the right one."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from tests.faces.conftest import ORIGIN, Site
from tests.mail.reports import ID, postfix
from twofold.core.errors import StartError
from twofold.core.mail import Mail, MailKind, MailState
from twofold.flows.outbox import write_mail
from twofold.ports import Store
from twofold.web.access import Ctx, Needs, Page
from twofold.web.app import build_app

TOKEN = "k3" * 20
PATH = "/hooks/mail-reports"


class Provider:
    """A mail provider that posts what came back."""

    def __init__(self, site: Site, token: str | None = TOKEN) -> None:
        self.site = site
        world = replace(site.world, report_token=token)
        self.client = TestClient(build_app(world), base_url=ORIGIN, raise_server_exceptions=False)

    def post(self, content: bytes, kind: str, token: str | None = TOKEN) -> Response:
        """Post to the hook."""
        headers = {"content-type": kind}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        return self.client.post(PATH, content=content, headers=headers)

    def say(self, *values: object) -> Response:
        """Post values as JSON, a list unless there is one alone."""
        return self.post(json.dumps(values if len(values) != 1 else values[0]).encode(),
                         "application/json; charset=utf-8")  # fmt: skip


@pytest.fixture
def provider(site: Site) -> Provider:
    """A provider with the right token."""
    return Provider(site)


def sent(site: Site) -> Mail:
    """A mail that a server took."""
    acme = site.acme
    mail_id = acme.call(write_mail, acme.owner, MailKind.CONSOLE_LINK, at=acme.now)
    acme.store.call(lambda tx: tx.mails.sent(mail_id, attempts=1, at=acme.now))
    return stored(site, mail_id)


def stored(site: Site, mail_id: str) -> Mail:
    """The mail as it is now."""
    mail = site.acme.store.call(lambda tx: tx.mails.find(site.acme.account_id, mail_id))
    assert mail is not None
    return mail


def about(mail: Mail, action: str = "failed") -> dict[str, str]:
    """A report as a provider words it."""
    return {"message_id": mail.message_id, "action": action, "status": "5.1.1",
            "detail": "550 nobody here"}  # fmt: skip


def test_a_report_as_it_stands_marks_the_mail(provider: Provider) -> None:
    """`message/rfc822`; the answer says what became of it."""
    mail = sent(provider.site)
    answer = provider.post(postfix(mail.message_id), "message/rfc822")
    assert (answer.status_code, answer.json()) == (200, {"reports": 1, "bounced": 1})
    assert stored(provider.site, mail.id).state is MailState.BOUNCED


def test_values_mark_the_mails_one_alone_or_many(provider: Provider) -> None:
    """As JSON; a second time they are known."""
    one, two, three = (sent(provider.site) for _ in range(3))
    assert provider.say(about(one)).json() == {"reports": 1, "bounced": 1}
    answer = provider.say(about(one), about(two, "delayed"), about(three))
    assert answer.json() == {"reports": 3, "known already": 1, "delayed": 1, "bounced": 1}
    states = [stored(provider.site, mail.id).state for mail in (one, two, three)]
    assert states == [MailState.BOUNCED, MailState.SENT, MailState.BOUNCED]
    assert provider.post(b"[]", "application/json").json() == {"reports": 0}


def test_a_mail_that_is_being_sent_is_asked_for_again(provider: Provider) -> None:
    """503 with a time; what was taken of the same list stays taken."""
    acme, mail = provider.site.acme, sent(provider.site)
    acme.call(write_mail, acme.owner, MailKind.CONSOLE_LINK, at=acme.now)
    (flying,) = acme.store.call(lambda tx: tx.mails.claim(acme.now, limit=1))
    answer = provider.say(about(mail), about(flying))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.json() == {"reports": 2, "bounced": 1, "too early": 1}


def test_without_a_token_in_the_settings_there_is_no_such_page(site: Site) -> None:
    """Whatever is sent, and with whatever token."""
    for token in (None, "", TOKEN, "None"):
        answer = Provider(site, None).post(postfix(), "message/rfc822", token)
        assert answer.status_code == 404


@pytest.mark.parametrize("token", [None, "", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "é" * 40])
def test_without_the_right_token_nothing_is_taken(provider: Provider, token: str | None) -> None:
    """401, and the mail is as it was."""
    mail = sent(provider.site)
    headers: list[tuple[bytes, bytes]] = [(b"content-type", b"message/rfc822")]
    if token is not None:
        headers.append((b"authorization", b"Bearer " + token.encode()))
    answer = provider.client.post(PATH, content=postfix(mail.message_id), headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert stored(provider.site, mail.id) == mail


def test_two_tokens_or_another_scheme_are_no_token(provider: Provider) -> None:
    """One of two would be a guess for free."""
    right = (b"authorization", f"Bearer {TOKEN}".encode())
    for headers in (
        [right, right],
        [(b"authorization", f"Basic {TOKEN}".encode())],
        [(b"authorization", TOKEN.encode())],
        [(b"cookie", f"authorization={TOKEN}".encode())],
    ):
        answer = provider.client.post(
            PATH, content=b"[]", headers=[(b"content-type", b"application/json"), *headers]
        )
        assert answer.status_code == 401


def test_a_body_that_is_too_large_is_not_read(provider: Provider) -> None:
    """64 KiB; also when its length is not said before."""
    assert provider.post(b"x" * 65_537, "message/rfc822").status_code == 413
    assert provider.post(b"x" * 1_000_000, "application/json").status_code == 413
    assert provider.post(b"x" * 65_536, "message/rfc822").status_code == 200

    def pieces() -> Iterator[bytes]:
        yield from (b"y" * 10_000 for _ in range(100))

    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "message/rfc822"}
    answer = provider.client.post(PATH, content=pieces(), headers=headers)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("content", "kind", "status", "said"),
    [
        (b"{}", "application/x-www-form-urlencoded", 415,
         "Send message/rfc822 or application/json."),
        (b"", "", 415, "Send message/rfc822 or application/json."),
        (b"{", "application/json", 422, "This is not JSON."),
        (b"\xff", "application/json", 422, "This is not JSON."),
        (b"[" * 60_000, "application/json", 422, "This is not JSON."),
        (b"7", "application/json", 422,
         "Each report is an object with message_id, action, status and detail."),
        (b"[[]]", "application/json", 422,
         "Each report is an object with message_id, action, status and detail."),
        (b'{"message_id": "<1@x>", "action": "failed"}', "application/json", 422,
         "message_id is not one of ours: they end in @twofold.mail."),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_said(
    provider: Provider, content: bytes, kind: str, status: int, said: str
) -> None:
    """In one sentence, as JSON."""
    answer = provider.post(content, kind)
    assert (answer.status_code, answer.json()) == (status, {"error": said})


def test_a_list_with_one_wrong_entry_takes_none(provider: Provider) -> None:
    """The sender mends it and sends the whole again."""
    mail = sent(provider.site)
    assert provider.say(about(mail), {"message_id": ID, "action": "lost"}).status_code == 422
    assert stored(provider.site, mail.id) == mail


def test_no_session_is_looked_at_and_no_form_token_is_asked_for(site: Site) -> None:
    """The cookie of somebody signed in changes nothing: not with the token, not without it."""
    browser = site.signed_in(site.acme.owner)
    provider = Provider(site)
    provider.client.cookies.update(browser.client.cookies)
    seen = lambda: site.acme.sessions(site.acme.owner)  # noqa: E731
    before = seen()
    site.clock.advance(120)
    assert provider.post(b"[]", "application/json", None).status_code == 401
    assert provider.post(b"[]", "application/json").status_code == 200
    assert seen() == before


def test_another_site_cannot_make_a_browser_send_it(provider: Provider) -> None:
    """The same gate as for every form."""
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    for origin in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        answer = provider.client.post(PATH, content=b"[]", headers={**headers, **origin})
        assert answer.status_code == 403


def test_a_page_that_reads_no_cookie_must_be_public(site: Site, store: Store) -> None:
    """Otherwise it could never know who asks."""

    async def answer_nobody(ctx: Ctx) -> Response:
        raise AssertionError(ctx)

    wrong = Page("/x", Needs.SESSION, post=answer_nobody, machine=True)  # type: ignore[arg-type]
    with pytest.raises(StartError, match="reads no cookie"):
        build_app(site.world, [wrong])
