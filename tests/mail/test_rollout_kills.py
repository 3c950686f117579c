"""Switching on for many people while the workers are killed at random: nobody is told twice, and
nobody is forgotten.

The short form runs here. The long one: TWOFOLD_TEST_PEOPLE=10000 TWOFOLD_TEST_KILLS=100 with
`pytest tests/mail/test_rollout_kills.py --timeout 0`.
"""

import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from tests.mail.servers import Box, mail_server
from tests.mail.worlds import world_of
from tests.world import ENCODED, Organisation
from twofold.core.mail import LEASE
from twofold.core.rollout import BATCH, HOLD, ExpansionState
from twofold.flows import rollout
from twofold.mail.messages import MailTemplates
from twofold.mail.smtp import SmtpMailer
from twofold.ports import Tx
from twofold.system import SystemRandom
from twofold.worker import Worker

ROOT = Path(__file__).parents[2]
PEOPLE = int(os.environ.get("TWOFOLD_TEST_PEOPLE", str(BATCH + 50)))
KILLS = int(os.environ.get("TWOFOLD_TEST_KILLS", "4"))
WORKERS = 4
SUBJECT = "Set up two-factor authentication"


@pytest.mark.timeout(180)
def test_workers_killed_at_any_moment_tell_everybody_once(
    acme: Organisation, random: SystemRandom, box: Box, database_url: str, key: bytes
) -> None:
    """One Message-ID for each person, whatever number of times it was sent."""
    fill(acme)
    caller = acme.enrol(acme.owner)
    acme.call(rollout.switch_on, caller=caller, days=14)
    acme.clock.advance(HOLD + 1)
    with mail_server(box) as port:
        smtp = f"smtp://127.0.0.1:{port}"
        command = [sys.executable, "-m", "tests.mail.rollout_worker", database_url, key.hex(), smtp]
        workers = WORKERS if database_url.startswith("postgresql") else 1
        kill_them([*command, str(acme.now)], workers, KILLS, Random(1))
        acme.clock.advance(LEASE + 1)
        mailer = SmtpMailer(smtp, "twofold@acme.example", MailTemplates("https://a.example"))
        last = Worker(world_of(acme.store, acme.clock, random, mailer))
        while last.tick():
            pass
    (work,) = acme.store.call(lambda tx: tx.expansions.of_account(acme.account_id, limit=9))
    assert (work.state, work.done) == (ExpansionState.DONE, PEOPLE + 1)
    told = defaultdict(set)
    for received in box.received:
        if str(received.message["Subject"]).startswith(SUBJECT):
            told[received.receivers[0]].add(str(received.message["Message-ID"]))
    assert len(told) == PEOPLE
    assert {len(ids) for ids in told.values()} == {1}


def fill(acme: Organisation) -> None:
    """So many people with a password, in one transaction."""
    like = acme.add("Like")

    def add_all(tx: Tx) -> None:
        for number in range(PEOPLE - 1):
            email = f"p{number}@acme.example"
            other = replace(like, id=tx.random.new_id(), name=f"P{number}", email=email)
            tx.people.add(other, password=ENCODED)

    acme.store.call(add_all)


def kill_them(command: list[str], workers: int, kills: int, random: Random) -> None:
    """Keep so many workers busy, and kill one of them at a random moment, so many times."""
    running = [begin(command) for _ in range(workers)]
    for _ in range(kills):
        time.sleep(random.uniform(0.0, 0.4))
        end(running.pop(random.randrange(len(running))))
        running.append(begin(command))
    for process in running:
        end(process)


def begin(command: list[str]) -> subprocess.Popen[str]:
    """A worker that has begun to work."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    """As from `kill -9`."""
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    assert process.stdout is not None
    process.stdout.close()
