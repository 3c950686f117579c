"""Handing mails over to real mail servers, with and without encryption and sign-in."""

import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from tests.mail.letters import LINKS, NOW, PERSON, PUBLIC_URL, TOKEN, letter
from tests.mail.servers import PASSWORD_IN_URL, Box, mail_server
from twofold.core.errors import SettingsError
from twofold.core.mail import LEASE, MailKind, MailState
from twofold.mail.messages import MailTemplates
from twofold.mail.smtp import SmtpMailer, Timeouts
from twofold.ports import Delivery, Letter

SENDER = "Twofold <twofold@acme.example>"
POSTBOX = MailTemplates(PUBLIC_URL)
SOON = Timeouts(connect=5, greeting=5, command=5, data=5, overall=10)

Certified = Callable[[trustme.CA, str], ssl.SSLContext]


def send(url: str | None, sent: Letter | None = None, *, sender: str = SENDER) -> Delivery:
    """Send one letter through the server at `url`."""
    return SmtpMailer(url, sender, POSTBOX, timeouts=SOON).send(sent or letter())


def test_a_mail_arrives_with_all_its_headers(box: Box) -> None:
    """What a receiver's program, an archive and a mail robot need is there."""
    leased = letter(state=MailState.SENDING)
    taken_up = replace(leased, mail=replace(leased.mail, next_at=NOW + 60 + LEASE))
    with mail_server(box) as port:
        delivery = send(f"smtp://127.0.0.1:{port}", taken_up)
    assert delivery == Delivery(
        ok=True, final=False, detail=f"127.0.0.1:{port} took it: 250 2.0.0 queued as 4711"
    )
    (received,) = box.received
    assert received.sender == "twofold@acme.example"
    assert received.receivers == ["ann@acme.example"]
    message = received.message
    assert message["From"] == SENDER
    assert message["To"] == "ann@acme.example"
    assert message["Subject"] == "Set up two-factor authentication for Acme Instruments"
    assert message["Message-ID"] == "<mail-1@twofold.mail>"
    assert message["Date"].datetime == datetime.fromtimestamp(NOW + 60, UTC)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"


def test_reports_of_mail_servers_go_to_the_return_path(box: Box) -> None:
    """The envelope names it; what people see is the sender. A probe asks with it too."""
    with mail_server(box) as port:
        mailer = SmtpMailer(
            f"smtp://127.0.0.1:{port}", SENDER, POSTBOX,
            return_path="bounces@acme.example", timeouts=SOON,
        )  # fmt: skip
        assert mailer.send(letter()).ok
        assert mailer.probe("", patience=5).ok
    (received,) = box.received
    assert received.sender == "bounces@acme.example"
    assert received.message["From"] == SENDER


def test_a_mail_has_a_text_and_an_html_part(box: Box) -> None:
    """Both say what was rendered, the text first (RFC 2046 section 5.1.4)."""
    with mail_server(box) as port:
        assert send(f"smtp://127.0.0.1:{port}").ok
    rendered = POSTBOX.render(letter())
    message = box.received[0].message
    assert message.get_content_type() == "multipart/alternative"
    text, html = message.iter_parts()
    assert text.get_content_type() == "text/plain"
    assert text.get_content().replace("\r\n", "\n") == rendered.text
    assert html.get_content_type() == "text/html"
    assert html.get_content().replace("\r\n", "\n") == rendered.html
    assert LINKS[MailKind.SWITCHED_ON].encode() in box.received[0].content


def test_everything_on_the_wire_is_short_ascii_lines_that_end_in_crlf(box: Box) -> None:
    """No server needs 8BITMIME, and no bare line feed can smuggle a second mail."""
    named = letter(person=replace(PERSON, name="Zoë 日本 " + "Ω" * 120))
    with mail_server(box) as port:
        assert send(f"smtp://127.0.0.1:{port}", named).ok
    content = box.received[0].content
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    text = box.received[0].message.get_body(("plain",))
    assert text is not None
    assert "Zoë 日本" in text.get_content()


def test_a_line_that_begins_with_a_dot_arrives_whole(box: Box) -> None:
    """A name of dots cannot end the mail early (RFC 5321 section 4.5.2)."""
    dotted = letter(MailKind.SWITCHED_OFF, admin=". .. ...", person=replace(PERSON, name="."))
    with mail_server(box) as port:
        assert send(f"smtp://127.0.0.1:{port}", dotted).ok
    text = box.received[0].message.get_body(("plain",))
    assert text is not None
    assert "\n. .. ... has switched off the rule" in text.get_content().replace("\r\n", "\n")


def test_hostile_names_add_no_header_and_no_receiver(box: Box) -> None:
    """A line break in a name, in an organisation or in the sender stays inside its field."""
    hostile = "Acme\r\nBcc: all@acme.example\r\n\r\nHello"
    sent = letter(person=replace(PERSON, name=hostile))
    sent = replace(sent, account=replace(sent.account, name=hostile))
    with mail_server(box) as port:
        assert send(f"smtp://127.0.0.1:{port}", sent).ok
    (received,) = box.received
    assert received.receivers == ["ann@acme.example"]
    assert received.message["Bcc"] is None
    assert received.message["Subject"].endswith("Acme Bcc: all@acme.example Hello")


def test_a_sender_with_a_comma_and_letters_outside_ascii_stays_one_sender(box: Box) -> None:
    """The display name is quoted or encoded, never read as a second address."""
    with mail_server(box) as port:
        assert send(f"smtp://127.0.0.1:{port}", sender='"Zwölf, Team" <t@acme.example>').ok
    (address,) = box.received[0].message["From"].addresses
    assert (address.display_name, address.addr_spec) == ("Zwölf, Team", "t@acme.example")


def test_starttls_encrypts_and_the_certificate_is_checked(
    box: Box, authority: trustme.CA, ca_file: Path, certified: Certified
) -> None:
    """With the authority's file the mail goes through TLS."""
    with mail_server(box, tls_context=certified(authority, "127.0.0.1")) as port:
        assert send(f"smtp://127.0.0.1:{port}?starttls=required&ca={ca_file}").ok
    assert box.received[0].encrypted


def test_starttls_is_used_where_it_is_offered_even_on_loopback(
    box: Box, authority: trustme.CA, ca_file: Path, certified: Certified
) -> None:
    """Nothing needs to be set for encryption to happen."""
    with mail_server(box, tls_context=certified(authority, "localhost")) as port:
        assert send(f"smtp://localhost:{port}?ca={ca_file}").ok
    assert box.received[0].encrypted


def test_smtps_is_encrypted_from_the_first_byte(
    box: Box, authority: trustme.CA, ca_file: Path, certified: Certified
) -> None:
    """RFC 8314: implicit TLS."""
    with mail_server(box, implicit_tls=certified(authority, "localhost")) as port:
        assert send(f"smtps://localhost:{port}?ca={ca_file}").ok
    assert len(box.received) == 1


def test_a_server_that_should_speak_tls_and_does_not_gets_nothing(box: Box) -> None:
    """`smtps` to a plain port is a failure that may pass, in words."""
    with mail_server(box) as port:
        delivery = send(f"smtps://127.0.0.1:{port}")
    assert (delivery.ok, delivery.final) == (False, False)
    assert "does not speak TLS" in delivery.detail
    assert box.received == []


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_of_an_unknown_authority_is_refused(
    box: Box, scheme: str, certified: Certified
) -> None:
    """Somebody in the middle cannot read mails with a certificate of their own."""
    context = certified(trustme.CA(), "127.0.0.1")
    tls = {"tls_context": context} if scheme == "smtp" else {"implicit_tls": context}
    with mail_server(box, **tls) as port:
        delivery = send(f"{scheme}://127.0.0.1:{port}")
    assert (delivery.ok, delivery.final) == (False, False)
    assert delivery.detail.startswith(f"The certificate of 127.0.0.1:{port} was not accepted: ")
    assert box.received == []


def test_a_certificate_for_another_name_is_refused(
    box: Box, authority: trustme.CA, ca_file: Path, certified: Certified
) -> None:
    """The name in the certificate must be the server's."""
    with mail_server(box, tls_context=certified(authority, "other.example")) as port:
        delivery = send(f"smtp://127.0.0.1:{port}?ca={ca_file}")
    assert not delivery.ok
    assert "was not accepted" in delivery.detail
    assert box.received == []


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_the_name_and_password_of_the_url_sign_in(
    box: Box, authority: trustme.CA, ca_file: Path, certified: Certified, mechanism: str
) -> None:
    """Percent-decoded, in UTF-8, after STARTTLS, with either mechanism."""
    others = {"PLAIN": ["LOGIN"], "LOGIN": ["PLAIN"]}[mechanism]
    context = certified(authority, "127.0.0.1")
    with mail_server(
        box, tls_context=context, auth_required=True, auth_exclude_mechanism=others
    ) as port:
        delivery = send(f"smtp://twofold:{PASSWORD_IN_URL}@127.0.0.1:{port}?ca={ca_file}")
    assert delivery.ok
    assert box.sign_ins == [(mechanism, b"twofold", "pass/wörd@1".encode())]
    assert box.received[0].encrypted
    assert box.received[0].signed_in


def test_a_wrong_password_is_about_us_and_not_about_the_mail(
    box: Box, authority: trustme.CA, ca_file: Path, certified: Certified
) -> None:
    """The mail waits until somebody corrects the setting; the detail names no credentials."""
    with mail_server(box, tls_context=certified(authority, "127.0.0.1")) as port:
        delivery = send(f"smtp://twofold:Wr0ngSecret@127.0.0.1:{port}?ca={ca_file}")
    assert (delivery.ok, delivery.final) == (False, False)
    assert "did not accept the name and password of TWOFOLD_SMTP_URL: 535" in delivery.detail
    assert "Wr0ngSecret" not in delivery.detail
    assert box.received == []


@pytest.mark.parametrize("query", ["", "?starttls=required"])
def test_credentials_are_never_sent_where_starttls_was_stripped(box: Box, query: str) -> None:
    """An attacker who removes STARTTLS from the answer gets neither mail nor password."""
    with mail_server(box, auth_require_tls=False) as port:
        delivery = send(f"smtp://twofold:{PASSWORD_IN_URL}@127.0.0.1:{port}{query}")
    assert (delivery.ok, delivery.final) == (False, False)
    assert "does not offer STARTTLS" in delivery.detail
    assert box.sign_ins == []
    assert box.received == []


def test_a_mail_without_credentials_waits_too_where_starttls_is_required(box: Box) -> None:
    """`starttls=required` holds for mails without sign-in as well: they carry links."""
    with mail_server(box) as port:
        delivery = send(f"smtp://127.0.0.1:{port}?starttls=required")
    assert (delivery.ok, delivery.final) == (False, False)
    assert box.received == []


def test_credentials_go_unencrypted_only_where_the_url_says_so(box: Box) -> None:
    """`starttls=off` is a decision of the operator, for a server on the same machine."""
    with mail_server(box, auth_require_tls=False) as port:
        assert send(f"smtp://twofold:{PASSWORD_IN_URL}@127.0.0.1:{port}?starttls=off").ok
    assert box.received[0].signed_in
    assert not box.received[0].encrypted


def test_a_server_without_sign_in_is_not_used_when_a_password_is_set(
    box: Box, authority: trustme.CA, ca_file: Path, certified: Certified
) -> None:
    """A missing AUTH is said, not passed over."""
    context = certified(authority, "127.0.0.1")
    with mail_server(box, tls_context=context, auth_exclude_mechanism=["PLAIN", "LOGIN"]) as port:
        delivery = send(f"smtp://twofold:{PASSWORD_IN_URL}@127.0.0.1:{port}?ca={ca_file}")
    assert (delivery.ok, delivery.final) == (False, False)
    assert "offers no sign-in" in delivery.detail


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    ("answer", "final"),
    [
        ("421 shutting down", False),
        ("450 mailbox busy", False),
        ("451 greylisted, come back in five minutes", False),
        ("452 disk full", False),
        ("530 5.7.0 authentication required", False),
        ("550 5.1.1 no such person", True),
        ("552 too large", True),
        ("554 5.7.1 not wanted", True),
    ],
)
def test_a_refusal_is_final_only_if_it_is_a_5xx_about_the_mail(
    box: Box, verb: str, answer: str, final: bool
) -> None:
    """4xx is tried again; 5xx is not, but for those about our own sign-in."""
    box.answers[verb] = [answer]
    with mail_server(box) as port:
        delivery = send(f"smtp://127.0.0.1:{port}")
    expected = f"127.0.0.1:{port} did not take it: {answer}"
    assert delivery == Delivery(ok=False, final=final, detail=expected)
    assert box.received == []


def test_two_attempts_carry_one_message_id(box: Box) -> None:
    """A mail that was greylisted is the same mail when it comes back."""
    box.answers["RCPT"] = ["451 greylisted"]
    with mail_server(box) as port:
        mailer = SmtpMailer(f"smtp://127.0.0.1:{port}", SENDER, POSTBOX, timeouts=SOON)
        deliveries = [mailer.send(letter()) for _ in range(3)]
    assert [delivery.ok for delivery in deliveries] == [False, True, True]
    assert [mail.message["Message-ID"] for mail in box.received] == ["<mail-1@twofold.mail>"] * 2


def test_a_refusal_that_repeats_our_link_is_shown_without_it(box: Box) -> None:
    """A content filter may quote the mail; its one-time link stays out of the admin's page."""
    box.answers["DATA"] = [f"554 blocked address {LINKS[MailKind.SWITCHED_ON]} in the body"]
    with mail_server(box) as port:
        delivery = send(f"smtp://127.0.0.1:{port}")
    assert TOKEN not in delivery.detail
    assert delivery.detail.endswith(f"554 blocked address {PUBLIC_URL}/enrol/… in the body")


def test_a_long_refusal_is_cut(box: Box) -> None:
    """One sentence beside the person, not a page."""
    box.answers["DATA"] = ["554 " + "go away " * 50]
    with mail_server(box) as port:
        delivery = send(f"smtp://127.0.0.1:{port}")
    assert len(delivery.detail) == 300 + len(f"127.0.0.1:{port} did not take it: ")
    assert delivery.detail.endswith("…")


def test_an_address_outside_ascii_goes_to_a_server_that_knows_smtputf8(box: Box) -> None:
    """RFC 6531, asked for only when it is needed."""
    with mail_server(box, enable_SMTPUTF8=True) as port:
        assert send(f"smtp://127.0.0.1:{port}", letter(to_address="zoë@acme.example")).ok
        assert send(f"smtp://127.0.0.1:{port}", letter(to_address="ann@acme.example")).ok
    first, second = box.received
    assert first.receivers == ["zoë@acme.example"]
    assert "SMTPUTF8" in first.options
    assert first.message["To"] == "zoë@acme.example"
    assert "SMTPUTF8" not in second.options


def test_an_address_outside_ascii_fails_for_good_where_smtputf8_is_not_known(box: Box) -> None:
    """Trying again would change nothing; the sentence says what is missing."""
    with mail_server(box, enable_SMTPUTF8=False) as port:
        delivery = send(f"smtp://127.0.0.1:{port}", letter(to_address="zoë@acme.example"))
    assert (delivery.ok, delivery.final) == (False, True)
    assert "zoë@acme.example" in delivery.detail
    assert "SMTPUTF8" in delivery.detail


def test_a_domain_outside_ascii_is_written_in_its_ascii_form(box: Box) -> None:
    """Every server can deliver to it."""
    with mail_server(box, enable_SMTPUTF8=False) as port:
        assert send(f"smtp://127.0.0.1:{port}", letter(to_address="ann@bücher.example")).ok
    assert box.received[0].receivers == ["ann@xn--bcher-kva.example"]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "ann@",
        "@acme.example",
        "ann example@acme.example",
        "ann@acme.example\r\nRCPT TO:<all@acme.example>",
        "ann@acme.example, bob@acme.example",
        "<ann@acme.example>",
        "ann@acme..example",
        "a" * 250 + "@acme.example",
    ],
)
def test_an_address_that_is_none_fails_for_good_before_anything_is_sent(
    box: Box, address: str
) -> None:
    """No command and no header is made of it."""
    with mail_server(box) as port:
        delivery = send(f"smtp://127.0.0.1:{port}", letter(to_address=address))
    assert (delivery.ok, delivery.final) == (False, True)
    assert "\n" not in delivery.detail
    assert box.said == []


def test_a_mail_that_lacks_a_value_is_a_failure_in_words_and_not_an_error(box: Box) -> None:
    """A fault of ours in one mail is shown beside it, and passes with the next version."""
    whole = letter()
    broken = replace(whole, mail=replace(whole.mail, params={"token": TOKEN, "expires_at": NOW}))
    with mail_server(box) as port:
        delivery = send(f"smtp://127.0.0.1:{port}", broken)
    assert (delivery.ok, delivery.final) == (False, False)
    assert delivery.detail == "Twofold cannot write this mail: 'admin' is undefined."


def test_without_a_server_nothing_is_configured() -> None:
    """Mails wait in the outbox."""
    assert not SmtpMailer(None, SENDER, POSTBOX).configured
    assert SmtpMailer("smtp://localhost", SENDER, POSTBOX).configured
    assert send(None) == Delivery(ok=False, final=False, detail="No mail server is set up.")


@pytest.mark.parametrize(
    "sender",
    ["", "Twofold", "Twofold <twofold>", "a@b.example, c@d.example", "zoë@acme.example", "<a@b> c"],
)
def test_a_sender_that_cannot_be_used_is_said_at_the_start(sender: str) -> None:
    """Not with the first mail."""
    with pytest.raises(SettingsError, match="TWOFOLD_MAIL_FROM"):
        SmtpMailer(None, sender, POSTBOX)


def test_a_certificate_file_without_certificates_is_said_at_the_start(tmp_path: Path) -> None:
    """Not with the first mail."""
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(SettingsError, match="holds no certificates"):
        SmtpMailer(f"smtp://localhost?ca={tmp_path / 'ca.pem'}", SENDER, POSTBOX)
