"""The outbox as an admin reads it."""

import pytest

from tests.world import Organisation
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.flows import mails


def test_a_mail_with_links_is_readable_while_there_is_no_server(acme: Organisation) -> None:
    """That is how it reaches anybody; the reading is in the log."""
    gil = acme.add("Gil", invited=True)
    (mail,) = acme.mails(gil)
    caller = acme.caller(acme.owner)
    opened = acme.call(mails.open_mail, caller=caller, mail_id=mail.id, mail_server=False)
    assert opened is not None
    assert (opened.letter.mail, opened.letter.person) == (mail, gil)
    assert (opened.letter.account, opened.hide_links) == (acme.account, False)
    (event,) = acme.events(EventKind.MAIL_OPENED)
    assert (event.actor_id, event.subject_id) == (acme.owner_id, gil.id)
    assert event.data == {"kind": "invitation"}


@pytest.mark.parametrize("sent", [False, True])
def test_links_are_hidden_once_a_server_has_or_gets_the_mail(
    acme: Organisation, sent: bool
) -> None:
    """A link proves the receiver's mailbox and nobody else's; reading leaves no entry."""
    gil = acme.add("Gil", invited=True)
    (mail,) = acme.mails(gil)
    if sent:
        acme.store.call(lambda tx: tx.mails.sent(mail.id, attempts=1, at=acme.now))
    caller = acme.caller(acme.owner)
    opened = acme.call(mails.open_mail, caller=caller, mail_id=mail.id, mail_server=not sent)
    assert opened is not None
    assert opened.hide_links
    assert acme.events(EventKind.MAIL_OPENED) == []


def test_a_foreign_or_unknown_mail_is_none(acme: Organisation, bolt: Organisation) -> None:
    """Without a trace on either side."""
    (mail,) = bolt.mails(bolt.add("Gil", invited=True))
    caller = acme.caller(acme.owner)
    for mail_id in (mail.id, "", "nonsense"):
        opened = acme.call(mails.open_mail, caller=caller, mail_id=mail_id, mail_server=False)
        assert opened is None
    assert acme.events(EventKind.MAIL_OPENED) == bolt.events(EventKind.MAIL_OPENED) == []


def test_the_outbox_is_read_in_pages_of_fifty(acme: Organisation, bolt: Organisation) -> None:
    """Newest first, each mail once, nobody else's."""
    bolt.add("Gil", invited=True)
    people = [acme.add(f"P{number:02}", invited=True) for number in range(60)]
    first = acme.store.call(mails.list_mails, account_id=acme.account_id)
    rest = acme.store.call(mails.list_mails, account_id=acme.account_id, before=first.next_before)
    assert (len(first.rows), len(rest.rows), rest.next_before) == (50, 10, "")
    shown = [person.id for _, person in [*first.rows, *rest.rows]]
    assert shown == [person.id for person in reversed(people)]
    assert {mail.kind for mail, _ in first.rows} == {MailKind.INVITATION}
