"""No mail leaves: not while the history is played, not by the worker, whatever is set."""

from dataclasses import replace

from tests.demo.conftest import Stage
from tests.demo.mailserver import mail_server
from twofold.core.listing import Asked, Only
from twofold.core.mail import MailKind, MailState
from twofold.core.people import DAY
from twofold.demo.cast import Part
from twofold.flows import deadlines, listing
from twofold.flows.deadlines import Outcome
from twofold.mail.smtp import SmtpMailer
from twofold.worker import Worker


def test_what_is_written_waits_in_the_outbox_and_the_worker_opens_no_conversation(
    stage: Stage,
) -> None:
    """People get more time, which writes to each of them; the worker looks again and again. The
    same world with a mail server sends them, so the server would have seen it.
    """
    world, now = stage.world, stage.world.clock.now()
    admin = world.store.call(lambda tx: tx.people.by_email(stage.holder(Part.ADMIN).email))
    account = world.store.call(lambda tx: tx.accounts.get(stage.built.account_id))
    assert admin is not None
    lines, _ = world.store.call(
        listing.stretch, now, account=account, asked=Asked(only=Only.AHEAD), after="", size=100
    )
    done = world.store.call(
        deadlines.extend,
        now,
        actor=admin,
        people=[line.person.id for line in lines],
        until=stage.built.due + 3 * DAY,
        reason="The phones come on Monday",
    )
    given = [one for one in done if one.outcome is Outcome.DONE]  # type: ignore[union-attr]
    assert len(given) >= 4
    with mail_server() as server:
        worker = Worker(world)
        for _ in range(3):
            worker.tick()
        assert waiting(stage) >= len(given)
        assert server.connections == 0
        sender = SmtpMailer(server.url, "Twofold <twofold@localhost>", world.postbox)
        while Worker(replace(world, mailer=sender)).tick():
            pass
        assert server.connections
        assert len(server.box.received) >= len(given)
        assert waiting(stage) == 0


def waiting(stage: Stage) -> int:
    """Mails about another deadline that wait."""
    rows = stage.world.store.call(
        lambda tx: tx.mails.page(stage.built.account_id, before="", limit=10**6)
    )
    return sum(
        mail.kind is MailKind.DEADLINE_MOVED and mail.state is MailState.QUEUED for mail, _ in rows
    )
