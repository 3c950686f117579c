"""`twofold mail`."""

import json
import re
import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession

from tests.cli.conftest import Run
from tests.mail.reports import postfix
from twofold.cli.world import open_world

KEYS = {
    "id", "account", "person", "name", "to", "kind", "state", "attempts", "error", "message_id",
    "created_at", "next_at", "sent_at",
}  # fmt: skip


class Inbox:
    """A mail server that keeps what it takes, and refuses one address for good."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []

    async def handle_RCPT(  # noqa: N802 - the name is the server library's
        self,
        _server: SMTP,
        _session: SmtpSession,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Take everybody but one."""
        if address.startswith("gone@"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, _session: SmtpSession, envelope: Envelope
    ) -> str:
        """Keep the message."""
        assert isinstance(envelope.content, bytes)
        self.messages.append(envelope.content)
        return "250 OK"


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """A mail server on loopback, and the setting that names it."""
    kept = Inbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    monkeypatch.setenv("TWOFOLD_SMTP_URL", f"smtp://127.0.0.1:{port}?starttls=off")
    yield kept
    controller.stop()


def invite(run: Run, email: str) -> None:
    """Add somebody, which writes an invitation."""
    assert run("people", "add", "--name", "Bo", "--email", email).status == 0


def outbox(run: Run) -> list[dict[str, object]]:
    """The mails as a script reads them."""
    shown = run("mail", "list", "--json")
    assert (shown.status, shown.err) == (0, "")
    rows: list[dict[str, object]] = json.loads(shown.out)
    return rows


def test_a_mail_that_waits_is_listed_without_its_link(account: Run) -> None:
    """The keys are what scripts rely on."""
    invite(account, "bo@example.org")
    (mail,) = outbox(account)
    assert set(mail) == KEYS
    assert (mail["to"], mail["kind"], mail["state"]) == ("bo@example.org", "invitation", "queued")
    assert (mail["attempts"], mail["sent_at"], mail["error"]) == (0, None, "")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(mail["created_at"]))
    table = account("mail", "list")
    assert table.out.splitlines()[0].startswith("WRITTEN")
    assert "bo@example.org" in table.out
    assert not re.search(r"[A-Za-z0-9_-]{43}", table.out + json.dumps(mail))


def test_without_a_mail_server_nothing_can_be_sent(account: Run) -> None:
    """The mails wait, and the sentence says how many and what to set."""
    invite(account, "bo@example.org")
    assert account("mail", "send").sentence == (
        "No mail server is set (TWOFOLD_SMTP_URL); mails that wait: 1."
    )
    assert outbox(account)[0]["state"] == "queued"


def test_one_pass_sends_what_is_due(account: Run, inbox: Inbox) -> None:
    """Once; a second pass finds nothing to do."""
    invite(account, "bo@example.org")
    invite(account, "cy@example.org")
    sent = account("mail", "send")
    assert (sent.status, sent.out) == (0, "sent 2, to be tried again 0, failed 0\n")
    assert {str(mail["state"]) for mail in outbox(account)} == {"sent"}
    assert account("mail", "send").out == "sent 0, to be tried again 0, failed 0\n"
    messages = [message_from_bytes(raw, policy=policy.default) for raw in inbox.messages]
    assert sorted(message["To"].addresses[0].addr_spec for message in messages) == [
        "bo@example.org",
        "cy@example.org",
    ]


def test_a_mail_that_is_refused_for_good_is_said_and_shown(account: Run, inbox: Inbox) -> None:
    """The others still leave."""
    invite(account, "gone@example.org")
    invite(account, "bo@example.org")
    ran = account("mail", "send")
    assert ran.out == "sent 1, to be tried again 0, failed 1\n"
    assert ran.status == 1
    assert "gone@example.org" in ran.err
    assert "no such mailbox" in ran.err
    assert len(inbox.messages) == 1
    assert {mail["to"]: mail["state"] for mail in outbox(account)} == {
        "gone@example.org": "failed",
        "bo@example.org": "sent",
    }


def test_a_mail_server_that_is_away_leaves_the_mails_waiting(
    account: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To be tried again later, not failed."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv(
            "TWOFOLD_SMTP_URL", f"smtp://127.0.0.1:{closed.getsockname()[1]}?starttls=off"
        )
        invite(account, "bo@example.org")
        ran = account("mail", "send")
    assert ran.status == 1
    assert ran.out == "sent 0, to be tried again 1, failed 0\n"
    (mail,) = outbox(account)
    assert (mail["state"], mail["attempts"]) == ("queued", 1)
    assert mail["error"]


def came_back(run: Run) -> list[str]:
    """The Message-IDs of two mails that a server took."""
    invite(run, "bo@example.org")
    invite(run, "cy@example.org")
    assert run("mail", "send").status == 0
    return [str(mail["message_id"]) for mail in outbox(run)]


def test_a_report_from_a_pipe_marks_the_mail(account: Run, inbox: Inbox) -> None:
    """Once; later it is known, and somebody else's report is not ours."""
    assert inbox.messages == []
    cy, _ = came_back(account)
    done = account("mail", "reports", "-", stdin=postfix(cy))
    assert (done.status, done.out) == (0, "bounced 1\n")
    states = {str(mail["to"]): (mail["state"], mail["error"]) for mail in outbox(account)}
    assert states["bo@example.org"] == ("sent", "")
    assert states["cy@example.org"][0] == "bounced"
    assert str(states["cy@example.org"][1]).startswith("550 5.1.1")
    assert account("mail", "reports", "-", stdin=postfix(cy)).out == "known already 1\n"
    assert account("mail", "reports", "-", stdin=postfix("<1@x>")).out == "not ours 1\n"
    assert account("mail", "reports", "-").out == "no message\n"


def test_a_maildir_is_read_and_emptied(account: Run, inbox: Inbox, tmp_path: Path) -> None:
    """Processed messages are moved from new/ to cur/."""
    assert inbox.messages == []
    for number, message_id in enumerate(came_back(account)):
        for part in ("new", "cur", "tmp"):
            (tmp_path / "box" / part).mkdir(parents=True, exist_ok=True)
        (tmp_path / "box/new" / f"{number}.mx").write_bytes(postfix(message_id))
    assert account("mail", "reports", str(tmp_path / "box")).out == "bounced 2\n"
    assert len(list((tmp_path / "box/cur").iterdir())) == 2
    assert account("mail", "reports", str(tmp_path / "box")).out == "no message\n"


def test_an_mbox_is_read(account: Run, inbox: Inbox, tmp_path: Path) -> None:
    """And left as it is."""
    assert inbox.messages == []
    line = b"From MAILER-DAEMON Tue Nov 24 14:32:05 2026\n"
    whole = b"".join(line + postfix(message_id) + b"\n" for message_id in came_back(account))
    (tmp_path / "mbox").write_bytes(whole)
    assert account("mail", "reports", str(tmp_path / "mbox")).out == "bounced 2\n"
    assert (tmp_path / "mbox").read_bytes() == whole


def test_a_box_that_cannot_be_read_is_said(account: Run, tmp_path: Path) -> None:
    """With its path."""
    nowhere = str(tmp_path / "nowhere")
    said = account("mail", "reports", nowhere).sentence
    assert said == f"{nowhere} cannot be read: no such file or directory."


def test_a_report_that_comes_too_early_is_asked_for_again(account: Run) -> None:
    """Status 75 (EX_TEMPFAIL): the mail is being sent at this moment."""
    invite(account, "bo@example.org")
    with open_world() as world:
        (mail,) = world.store.call(lambda tx: tx.mails.claim(world.clock.now(), limit=1))
    done = account("mail", "reports", "-", stdin=postfix(mail.message_id))
    assert (done.status, done.out) == (75, "too early 1\n")
