"""A worker in a process of its own, which goes on until it is killed.

python -m tests.mail.rollout_worker DATABASE_URL KEY_HEX SMTP_URL NOW
"""

import sys

from tests.conftest import FixedClock
from tests.mail.worlds import world_of
from twofold.mail.messages import MailTemplates
from twofold.mail.smtp import SmtpMailer
from twofold.storage import build_store
from twofold.storage.sealing import KeyRing
from twofold.system import SystemRandom
from twofold.worker import Worker


def main(database_url: str, key: str, smtp_url: str, now: str) -> None:
    """Tick for ever; a line says when the work begins."""
    random = SystemRandom()
    store = build_store(database_url, KeyRing({"00000001": bytes.fromhex(key)}, random), random)
    templates = MailTemplates("https://login.acme.example")
    mailer = SmtpMailer(smtp_url, "twofold@acme.example", templates)
    worker = Worker(world_of(store, FixedClock(int(now)), random, mailer))
    print("working", flush=True)
    while True:
        worker.tick()


if __name__ == "__main__":
    main(*sys.argv[1:])
