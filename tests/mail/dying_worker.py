"""A worker in a process of its own that is killed right after a mail server took a mail.

python -m tests.mail.dying_worker DATABASE_URL KEY_HEX SMTP_URL NOW
"""

import os
import signal
import sys

from tests.conftest import FixedClock
from tests.mail.worlds import world_of
from twofold.flows.deliver import deliver_due
from twofold.mail.messages import MailTemplates
from twofold.mail.smtp import SmtpMailer
from twofold.ports import Delivery, Letter
from twofold.storage import build_store
from twofold.storage.sealing import KeyRing
from twofold.system import SystemRandom


class KilledAfterSending(SmtpMailer):
    """Hands a mail over for real; the process does not live to settle it."""

    def send(self, letter: Letter) -> Delivery:
        """Send, then die as from `kill -9`."""
        delivery = super().send(letter)
        assert delivery.ok, delivery
        os.kill(os.getpid(), signal.SIGKILL)
        return delivery


def main(database_url: str, key: str, smtp_url: str, now: str) -> None:
    """One pass over the outbox, which does not end."""
    random = SystemRandom()
    store = build_store(database_url, KeyRing({"00000001": bytes.fromhex(key)}, random), random)
    public_url = "https://login.acme.example"
    mailer = KilledAfterSending(smtp_url, "twofold@acme.example", MailTemplates(public_url))
    deliver_due(world_of(store, FixedClock(int(now)), random, mailer), limit=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
