"""`twofold mail list`, `send`, `release` and `reports`: the outbox, and what came back."""

import os
import sys
from collections import Counter
from pathlib import Path

import click

from twofold import bootstrap
from twofold.cli.console import moment, print_json, print_table
from twofold.cli.menu import refuse
from twofold.cli.world import open_world
from twofold.core.epoch import Restore
from twofold.core.mail import Mail, MailState
from twofold.core.people import Account, Person
from twofold.flows import restore
from twofold.flows.console import list_mails
from twofold.flows.deliver import deliver_due
from twofold.flows.mail_reports import STAYS, Fate, read_box
from twofold.flows.setup import Refused
from twofold.ports import World

UNDONE = (MailState.QUEUED, MailState.SENDING)
"""The states of a mail that is still being tried."""


@click.group()
def mail() -> None:
    """Look at the outbox, send what waits, read what came back."""


@mail.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with stable keys.")
@click.option("--account", metavar="NAME", help="Only the mails of this account.")
def list_(as_json: bool, account: str | None) -> None:
    """Print the outbox, newest mails first; never their links.

    Keys of the JSON objects: id, account, person, name, to, kind, state (queued, sending, sent,
    failed or bounced), attempts, error, message_id, created_at, next_at, sent_at; times in UTC.
    """
    with open_world() as world:
        rows = world.store.call(list_mails, account=account)
    if isinstance(rows, Refused):
        refuse(rows.sentence)
    if as_json:
        print_json([_as_object(*row) for row in rows])
        return
    print_table(
        ("WRITTEN", "TO", "KIND", "STATE", "TRIES", "LAST ERROR"),
        [
            (
                moment(mail.created_at),
                mail.to_address,
                mail.kind.value,
                mail.state.value,
                str(mail.attempts),
                mail.last_error,
            )
            for _, mail, _ in rows
        ],
    )


def _as_object(account: Account, mail: Mail, person: Person) -> dict[str, object]:
    return {
        "id": mail.id,
        "account": account.name,
        "person": person.id,
        "name": person.name,
        "to": mail.to_address,
        "kind": mail.kind.value,
        "state": mail.state.value,
        "attempts": mail.attempts,
        "error": mail.last_error,
        "message_id": mail.message_id,
        "created_at": moment(mail.created_at),
        "next_at": moment(mail.next_at),
        "sent_at": None if mail.sent_at is None else moment(mail.sent_at),
    }


@mail.command()
def send() -> None:
    """Try every mail that is due, once, and say what became of them.

    Works beside a running service: each mail is sent by one of the two. Fails if a mail that
    was tried could not be sent.
    """
    with open_world() as world:
        before = {mail.id: mail for mail in _outbox(world)}
        waiting = [mail for mail in before.values() if mail.state in UNDONE]
        if (held := world.store.call(restore.standing)) is not None:
            refuse(f"{_held(held)} First say `twofold mail release`.")
        if not world.mailer.configured:
            refuse(f"No mail server is set (TWOFOLD_SMTP_URL); mails that wait: {len(waiting)}.")
        with click.progressbar(length=len(waiting), label="Sending", file=sys.stderr) as bar:
            while deliver_due(world, limit=1):
                bar.update(1)
        tried = [
            mail
            for mail in _outbox(world)
            if mail.id not in before or mail.attempts > before[mail.id].attempts
        ]
    _report(tried)


def _outbox(world: World) -> list[Mail]:
    rows = world.store.call(list_mails, account=None)
    return [] if isinstance(rows, Refused) else [mail for _, mail, _ in rows]


def _report(tried: list[Mail]) -> None:
    count = Counter(mail.state for mail in tried)
    later, failed = sum(count[state] for state in UNDONE), count[MailState.FAILED]
    click.echo(f"sent {count[MailState.SENT]}, to be tried again {later}, failed {failed}")
    troubles = [mail for mail in tried if mail.state is not MailState.SENT]
    if troubles:
        first = troubles[0]
        refuse(f"{first.to_address}: {first.last_error}")


@mail.command()
@click.argument("path", metavar="PATH|-")
def reports(path: str) -> None:
    """Read what mail servers report of our mails, and mark those that came back.

    PATH is a Maildir, whose messages are moved from new/ to cur/, an mbox, or one message; `-`
    reads an mbox or one message from standard input, so that a mail server can pipe into it. A
    report about a mail that is being sent at this moment ends with status 75, at which a mail
    server pipes it again.
    """
    with open_world() as world:
        try:
            with bootstrap.open_reports(None if path == "-" else Path(path)) as box:
                count = read_box(world, box)
        except OSError as problem:
            refuse(f"{path} cannot be read: {(problem.strerror or str(problem)).lower()}.")
    click.echo(
        ", ".join(f"{fate.value} {count[fate]}" for fate in Fate if count[fate]) or "no message"
    )
    if not STAYS.isdisjoint(count):
        click.get_current_context().exit(os.EX_TEMPFAIL)


@mail.command()
@click.option("--drop", is_flag=True, help="Send nothing that was written before the restore.")
def release(drop: bool) -> None:
    """Let mail leave again after a restore.

    Of the mails that were waiting when the backup was made, those with a link are not sent: the
    link opens nothing any more. The others may have been sent before; --drop leaves them out too.
    Whoever still has to set up gets a new link with the next reminder, or by *Remind* on the page
    of people.
    """
    with open_world() as world:
        done = world.store.call(restore.release, world.clock.now(), drop=drop)
    if done is None:
        refuse("Nothing holds the mail: it leaves by itself.")
    click.echo(
        f"Mail leaves again: {done.leave} wait. Not sent: {done.dead} with links of before,"
        f" {done.dropped} not wanted."
    )


def _held(held: Restore) -> str:
    return f"A backup was restored at {moment(held.restored_at)}, and no mail leaves since."
