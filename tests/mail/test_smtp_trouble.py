"""Mail servers that refuse, hang, drip, babble or hang up, at each stage."""

import socket
import time

import pytest

from tests.mail.letters import PUBLIC_URL, letter
from tests.mail.servers import Line, ScriptedServer
from twofold.mail.messages import MailTemplates
from twofold.mail.smtp import SmtpMailer, Timeouts
from twofold.ports import Delivery

POSTBOX = MailTemplates(PUBLIC_URL)
BRIEF = Timeouts(connect=0.3, greeting=0.3, command=0.3, data=0.3, overall=5)
LONGEST = 4.0
"""Seconds that an attempt under these limits may take on a busy machine."""

STAGES = ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "dot"]


def send(port: int, timeouts: Timeouts = BRIEF, *, scheme: str = "smtp") -> Delivery:
    """One attempt, which must end soon."""
    mailer = SmtpMailer(
        f"{scheme}://127.0.0.1:{port}", "twofold@acme.example", POSTBOX, timeouts=timeouts
    )
    begun = time.monotonic()
    delivery = mailer.send(letter())
    assert time.monotonic() - begun < LONGEST
    return delivery


@pytest.mark.parametrize("stage", STAGES)
def test_a_server_that_hangs_is_left_after_the_time_of_that_stage(stage: str) -> None:
    """The mail is tried again, and the sentence says where the server hung."""

    def hang(server: ScriptedServer, line: Line) -> None:
        line.talk_until(stage)
        server.released.wait(20)

    with ScriptedServer(hang) as server:
        delivery = send(server.port)
    where = {
        "greeting": "waiting for the greeting",
        "dot": "waiting for the answer to DATA",
    }.get(stage, f"waiting for the answer to {stage}")
    assert delivery == Delivery(
        ok=False, final=False, detail=f"127.0.0.1:{server.port} took too long ({where})."
    )


@pytest.mark.parametrize("stage", STAGES)
def test_a_server_that_drips_bytes_is_left_all_the_same(stage: str) -> None:
    """A tarpit answers a little, often; the limit is on the stage and not on each byte."""

    def drip(server: ScriptedServer, line: Line) -> None:
        line.talk_until(stage)
        while not server.released.wait(0.05):
            line.raw(b"2")

    with ScriptedServer(drip) as server:
        delivery = send(server.port)
    assert not delivery.ok
    assert not delivery.final
    assert "took too long" in delivery.detail


@pytest.mark.parametrize("stage", STAGES)
def test_a_server_that_hangs_up_gets_the_mail_again_later(stage: str) -> None:
    """After the final dot too: it may arrive twice, but with one Message-ID (RFC 1047)."""

    def hang_up(_server: ScriptedServer, line: Line) -> None:
        line.talk_until(stage)

    with ScriptedServer(hang_up) as server:
        delivery = send(server.port)
    assert not delivery.ok
    assert not delivery.final
    assert delivery.detail.startswith(f"127.0.0.1:{server.port} closed the connection (")


def test_the_whole_has_a_limit_even_if_no_stage_reaches_its_own() -> None:
    """Many slow answers together do not outlast the lease of the mail."""
    slow = Timeouts(connect=2, greeting=2, command=2, data=2, overall=0.5)

    def dawdle(server: ScriptedServer, line: Line) -> None:
        line.say("220 mail.test")
        line.hear()
        while not server.released.wait(0.1):
            line.say("250-still here")

    with ScriptedServer(dawdle) as server:
        delivery = send(server.port, slow)
    assert not delivery.final
    assert "took too long" in delivery.detail


def test_the_usual_limits_fit_into_the_lease_of_a_mail() -> None:
    """Nobody else takes a mail up while it is being sent."""
    usual = Timeouts()
    assert max(usual.connect, usual.greeting, usual.command, usual.data) <= usual.overall < 300


@pytest.mark.parametrize("stage", ["greeting", "EHLO", "dot"])
def test_a_reply_without_end_is_not_read_for_ever(stage: str) -> None:
    """A server cannot fill our memory."""

    def babble(server: ScriptedServer, line: Line) -> None:
        line.talk_until(stage)
        while not server.released.is_set():
            line.raw(b"250-and\r\n" * 1000)

    with ScriptedServer(babble) as server:
        delivery = send(server.port, Timeouts(overall=3))
    assert not delivery.ok
    assert not delivery.final


@pytest.mark.parametrize("stage", STAGES)
def test_rubbish_is_a_failure_that_may_pass(stage: str) -> None:
    """What is no reply says nothing about the mail."""

    def rubbish(server: ScriptedServer, line: Line) -> None:
        line.talk_until(stage)
        line.raw(b"\xff\x00HTTP/1.1 400 Bad Request\r\n\r\n")
        server.released.wait(20)

    with ScriptedServer(rubbish) as server:
        delivery = send(server.port)
    assert not delivery.ok
    assert not delivery.final
    assert "\x00" not in delivery.detail


@pytest.mark.parametrize("answer", ["554 no service for you", "421 too busy"])
def test_a_refusing_greeting_is_not_about_the_mail(answer: str) -> None:
    """Even a 5xx: the server refuses us, not this mail."""

    def refuse(_server: ScriptedServer, line: Line) -> None:
        line.say(answer)
        line.hear()

    with ScriptedServer(refuse) as server:
        delivery = send(server.port)
    expected = f"127.0.0.1:{server.port} is not ready: {answer}"
    assert delivery == Delivery(ok=False, final=False, detail=expected)


def test_a_mail_that_was_taken_is_sent_even_if_the_goodbye_hangs() -> None:
    """The answer after the final dot decides; QUIT is politeness."""

    def hang_at_goodbye(server: ScriptedServer, line: Line) -> None:
        line.talk_until("QUIT")
        server.released.wait(20)

    with ScriptedServer(hang_at_goodbye) as server:
        delivery = send(server.port)
    assert delivery.ok
    assert server.heard[-1].upper() == b"QUIT\r\n"


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_tls_handshake_that_hangs_is_left(scheme: str) -> None:
    """For STARTTLS and for TLS from the first byte."""

    def hang(server: ScriptedServer, line: Line) -> None:
        if scheme == "smtp":
            line.say("220 mail.test")
            line.hear()
            line.say("250-mail.test\r\n250 STARTTLS")
            line.hear()
            line.say("220 go on")
        server.released.wait(20)

    with ScriptedServer(hang) as server:
        delivery = send(server.port, scheme=scheme)
    assert delivery == Delivery(
        ok=False,
        final=False,
        detail=f"127.0.0.1:{server.port} took too long (setting up TLS).",
    )


def test_what_was_said_before_tls_counts_for_nothing() -> None:
    """Answers slipped in before the handshake are not read as the encrypted server's
    (CVE-2011-0411)."""

    def inject(server: ScriptedServer, line: Line) -> None:
        line.say("220 mail.test")
        line.hear()
        line.say("250-mail.test\r\n250 STARTTLS")
        line.hear()
        line.raw(b"220 go on\r\n250 injected\r\n250 injected\r\n250 injected\r\n")
        server.released.wait(20)

    with ScriptedServer(inject) as server:
        delivery = send(server.port)
    assert not delivery.ok
    assert not any(heard.upper().startswith(b"MAIL") for heard in server.heard)


def test_a_refused_starttls_sends_nothing() -> None:
    """An offer that is taken back is no reason to go on unencrypted."""

    def take_back(_server: ScriptedServer, line: Line) -> None:
        line.say("220 mail.test")
        line.hear()
        line.say("250-mail.test\r\n250 STARTTLS")
        line.hear()
        line.say("454 TLS not available")
        line.hear()

    with ScriptedServer(take_back) as server:
        delivery = send(server.port)
    assert "is not ready: 454 TLS not available" in delivery.detail
    assert not any(heard.upper().startswith(b"MAIL") for heard in server.heard)


def test_an_old_server_that_knows_helo_alone_takes_mails() -> None:
    """RFC 5321 section 3.2 asks clients to fall back."""

    def old(_server: ScriptedServer, line: Line) -> None:
        line.say("220 mail.test")
        line.hear()
        for answer in ("502 what", "250 mail.test", "250 OK", "250 OK", "354 go on"):
            line.say(answer)
            line.hear()
        while line.hear() != b".\r\n":
            pass
        line.say("250 taken")

    with ScriptedServer(old) as server:
        assert send(server.port).ok


def test_a_password_that_a_server_repeats_is_not_shown() -> None:
    """Neither as it is nor as AUTH carries it."""

    def repeat(_server: ScriptedServer, line: Line) -> None:
        line.say("220 mail.test")
        line.hear()
        line.say("250-mail.test\r\n250 AUTH PLAIN")
        auth = line.hear().decode().split()[-1]
        line.say(f"535 {auth} means twofold and Sesame22, which is wrong")
        line.hear()

    with ScriptedServer(repeat) as server:
        url = f"smtp://twofold:Sesame22@127.0.0.1:{server.port}?starttls=off"
        mailer = SmtpMailer(url, "twofold@acme.example", POSTBOX, timeouts=BRIEF)
        delivery = mailer.send(letter())
    assert delivery.detail.endswith("535 … means twofold and …, which is wrong")


def test_a_hanging_second_line_of_a_sign_in_is_named_without_the_password() -> None:
    """AUTH LOGIN sends the password as a line of its own, which is no command."""

    def hang(server: ScriptedServer, line: Line) -> None:
        line.say("220 mail.test")
        line.hear()
        line.say("250-mail.test\r\n250 AUTH LOGIN")
        line.hear()
        line.say("334 UGFzc3dvcmQ6")
        line.hear()
        server.released.wait(20)

    with ScriptedServer(hang) as server:
        url = f"smtp://twofold:Sesame22@127.0.0.1:{server.port}?starttls=off"
        mailer = SmtpMailer(url, "twofold@acme.example", POSTBOX, timeouts=BRIEF)
        delivery = mailer.send(letter())
    assert delivery.detail.endswith("took too long (waiting for the answer to AUTH).")


def test_a_sign_in_that_is_refused_before_the_password_does_not_send_it() -> None:
    """AUTH LOGIN ends with the first answer that is not "go on"."""

    def refuse(_server: ScriptedServer, line: Line) -> None:
        line.say("220 mail.test")
        line.hear()
        line.say("250-mail.test\r\n250 AUTH LOGIN")
        line.hear()
        line.say("504 not this way")
        line.hear()

    with ScriptedServer(refuse) as server:
        url = f"smtp://twofold:Sesame22@127.0.0.1:{server.port}?starttls=off"
        mailer = SmtpMailer(url, "twofold@acme.example", POSTBOX, timeouts=BRIEF)
        delivery = mailer.send(letter())
    assert (delivery.ok, delivery.final) == (False, False)
    assert delivery.detail.endswith("504 not this way")
    assert server.heard[-1].upper() == b"QUIT\r\n"


def test_a_closed_port_is_a_failure_that_may_pass() -> None:
    """The mail server is being restarted, say."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    delivery = send(port)
    assert delivery == Delivery(
        ok=False,
        final=False,
        detail=f"127.0.0.1:{port} was not reached (connecting): connection refused.",
    )


def test_a_server_that_does_not_pick_up_is_left_after_the_time_for_connecting() -> None:
    """A full queue of connections looks like a firewall that drops everything."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        with socket.create_connection(listener.getsockname()):
            delivery = send(listener.getsockname()[1])
    assert delivery.detail.endswith("took too long (connecting).")


def test_a_host_that_does_not_exist_is_a_failure_that_may_pass() -> None:
    """`.invalid` never exists (RFC 6761)."""
    mailer = SmtpMailer("smtp://mail.invalid", "twofold@acme.example", POSTBOX, timeouts=BRIEF)
    delivery = mailer.send(letter())
    assert (delivery.ok, delivery.final) == (False, False)
    assert delivery.detail.startswith("mail.invalid:25 was not ")
