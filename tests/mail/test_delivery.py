"""The outbox, the worker and a real mail server together."""

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.mail.letters import PUBLIC_URL
from tests.mail.servers import Box, mail_server
from tests.mail.worlds import world_of
from tests.world import Organisation
from twofold.core.mail import LEASE, Mail, MailKind, MailState
from twofold.flows.deliver import deliver_due
from twofold.mail.messages import MailTemplates
from twofold.mail.smtp import SmtpMailer
from twofold.ports import World
from twofold.system import SystemRandom
from twofold.worker import Worker

ROOT = Path(__file__).parents[2]
SENDER = "Twofold <twofold@acme.example>"


def world(acme: Organisation, random: SystemRandom, port: int) -> World:
    """The product with the mail server at `port`."""
    mailer = SmtpMailer(f"smtp://127.0.0.1:{port}", SENDER, MailTemplates(PUBLIC_URL))
    return world_of(acme.store, acme.clock, random, mailer)


def outbox(acme: Organisation) -> list[Mail]:
    """Every mail of the account."""
    rows = acme.store.call(lambda tx: tx.mails.page(acme.account_id, before="", limit=1000))
    return [mail for mail, _ in rows]


def test_every_mail_that_the_product_writes_can_be_written_out(
    acme: Organisation, random: SystemRandom, box: Box
) -> None:
    """What the flows put into the outbox is what the templates want, for all of a real story."""
    acme.add("Ann")
    acme.add("Bob", invited=True)
    acme.switch_on()
    with mail_server(box) as port:
        while deliver_due(world(acme, random, port), limit=50):
            pass
    mails = outbox(acme)
    assert {mail.kind for mail in mails} >= {
        MailKind.INVITATION,
        MailKind.ENROLLED,
        MailKind.SWITCHED_ON,
        MailKind.SWITCHED_ON_ENROLLED,
    }
    assert {mail.state for mail in mails} == {MailState.SENT}
    assert {mail.message["Message-ID"] for mail in box.received} == {
        mail.message_id for mail in mails
    }


def test_a_process_that_is_killed_after_sending_loses_nothing(
    acme: Organisation,
    random: SystemRandom,
    box: Box,
    database_url: str,
    key: bytes,
) -> None:
    """The mail goes again when the lease is over, with the same Message-ID and the same link."""
    ann = acme.add("Ann", invited=True)
    with mail_server(box) as port:
        command = [sys.executable, "-m", "tests.mail.dying_worker", database_url, key.hex()]
        killed = subprocess.run(
            [*command, f"smtp://127.0.0.1:{port}", str(acme.now)],
            cwd=ROOT,
            env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        (mail,) = acme.mails(ann, MailKind.INVITATION)
        assert mail.state is MailState.SENDING
        product = world(acme, random, port)
        assert deliver_due(product, limit=10) == 0
        acme.clock.advance(LEASE)
        assert deliver_due(product, limit=10) == 1
    assert acme.mails(ann, MailKind.INVITATION)[0].state is MailState.SENT
    first, second = (received.message for received in box.received)
    assert first["Message-ID"] == second["Message-ID"] == mail.message_id
    link = f"{PUBLIC_URL}/invitation/{mail.params['token']}"
    for message in (first, second):
        text = message.get_body(("plain",))
        assert text is not None
        assert link in text.get_content()


def test_two_workers_send_two_hundred_mails_exactly_once_each(
    acme: Organisation, random: SystemRandom, box: Box
) -> None:
    """Leases keep them out of each other's way."""
    for number in range(200):
        acme.add(f"Member{number}", invited=True)
    with mail_server(box) as port:
        workers = [Worker(world(acme, random, port)) for _ in range(2)]
        for worker in workers:
            worker.start()
        assert box.wait_for(200, timeout=60)
        stopped = [worker.stop(20) for worker in workers]
    assert stopped == [True, True]
    sent = Counter(str(received.message["Message-ID"]) for received in box.received)
    assert sent == Counter(mail.message_id for mail in outbox(acme))
    assert len(sent) == 200
    assert {mail.state for mail in outbox(acme)} == {MailState.SENT}
