"""Asking a mail server whether it would take a mail, without sending one."""

import time

import pytest

from tests.mail.letters import PUBLIC_URL
from tests.mail.servers import PASSWORD_IN_URL, Box, Line, ScriptedServer, mail_server
from twofold.mail.messages import MailTemplates
from twofold.mail.smtp import SmtpMailer
from twofold.ports import Delivery

OWN = "twofold@acme.example"


def probe(url: str | None, receiver: str = "", *, patience: float = 5) -> Delivery:
    """Ask the server at `url`."""
    mailer = SmtpMailer(url, f"Twofold <{OWN}>", MailTemplates(PUBLIC_URL))
    return mailer.probe(receiver, patience=patience)


def test_the_server_is_asked_up_to_the_receiver_and_no_further(box: Box) -> None:
    """Sender, receiver, and then goodbye: no DATA, so nothing is sent."""

    def script(_server: ScriptedServer, line: Line) -> None:
        line.say("220 mail.test")
        for answer in ("250 mail.test", "250 OK", "250 OK", "221 bye"):
            line.hear()
            line.say(answer)

    with ScriptedServer(script) as server:
        answer = probe(f"smtp://127.0.0.1:{server.port}", "ann@acme.example")
    verbs = [heard.split(b" ")[0].strip().upper() for heard in server.heard]
    assert verbs == [b"EHLO", b"MAIL", b"RCPT", b"QUIT"]
    assert OWN.encode() in server.heard[1]
    assert b"ann@acme.example" in server.heard[2]
    assert answer.ok
    assert "would take a mail to ann@acme.example" in answer.detail
    with mail_server(box) as port:
        assert probe(f"smtp://127.0.0.1:{port}").ok
    assert box.received == []


def test_without_a_receiver_our_own_sender_is_asked_about() -> None:
    """A real server's answer names it."""
    with mail_server(Box()) as port:
        assert OWN in probe(f"smtp://127.0.0.1:{port}").detail


@pytest.mark.parametrize(
    ("verb", "answer", "final", "says"),
    [
        ("MAIL", "550 not from you", False, f"did not take the sender {OWN}: 550 not from you"),
        ("RCPT", "550 no such person", True, f"did not take the receiver {OWN}: 550 no such"),
        ("RCPT", "450 greylisted", False, f"did not take the receiver {OWN}: 450 greylisted"),
        ("RCPT", "530 sign in first", False, f"did not take the receiver {OWN}: 530 sign in"),
    ],
)
def test_a_refusal_comes_in_the_servers_words(
    verb: str, answer: str, final: bool, says: str
) -> None:
    """Final is only what is about the receiver."""
    with mail_server(Box(answers={verb: [answer]})) as port:
        found = probe(f"smtp://127.0.0.1:{port}")
    assert (found.ok, found.final) == (False, final)
    assert says in found.detail


def test_a_wrong_password_is_told_without_the_password() -> None:
    """The sign-in is part of the conversation."""
    with mail_server(Box(), auth_require_tls=False) as port:
        right = f"smtp://twofold:{PASSWORD_IN_URL}@127.0.0.1:{port}?starttls=off"
        wrong = f"smtp://twofold:hunter2@127.0.0.1:{port}?starttls=off"
        assert probe(right).ok
        refused = probe(wrong)
    assert not refused.ok
    assert "did not accept the name and password" in refused.detail
    assert "hunter2" not in refused.detail


def test_a_server_that_hangs_is_left_in_time() -> None:
    """Whatever it does between two bytes."""

    def script(server: ScriptedServer, line: Line) -> None:
        line.say("220 mail.test")
        server.released.wait(20)

    began = time.monotonic()
    with ScriptedServer(script) as server:
        answer = probe(f"smtp://127.0.0.1:{server.port}", patience=0.4)
    assert time.monotonic() - began < 3
    assert "took too long" in answer.detail


def test_addresses_that_cannot_be_written_to_are_told() -> None:
    """One that is none, and one that this server does not know how to spell."""
    with mail_server(Box()) as port:
        url = f"smtp://127.0.0.1:{port}"
        assert "is not an e-mail address" in probe(url, "nobody").detail
        assert "does not know SMTPUTF8" in probe(url, "zoë@acme.example").detail
    with mail_server(Box(), enable_SMTPUTF8=True) as port:
        assert probe(f"smtp://127.0.0.1:{port}", "zoë@acme.example").ok
    assert probe(None) == Delivery(ok=False, final=False, detail="No mail server is set up.")
