"""The outbox as an admin reads it."""

import pytest

from tests.world import Organisation
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import Role
from twofold.core.sessions import FRESH
from twofold.flows import mails, passwords
from twofold.flows.enrol import NeedsProof


def test_a_mail_with_links_is_readable_while_there_is_no_server(acme: Organisation) -> None:
    """That is how it reaches anybody; the reading is in the log."""
    gil = acme.add("Gil", invited=True)
    (mail,) = acme.mails(gil)
    caller = acme.caller(acme.owner)
    opened = acme.call(mails.open_mail, caller=caller, mail_id=mail.id, mail_server=False)
    assert isinstance(opened, mails.OpenedMail)
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
    assert isinstance(opened, mails.OpenedMail)
    assert opened.hide_links
    assert acme.events(EventKind.MAIL_OPENED) == []


def test_a_working_link_is_shown_after_a_fresh_proof_alone(acme: Organisation) -> None:
    """Of the factor where there is one. A mail without a link asks for nothing."""
    gil, ben = acme.add("Gil", invited=True), acme.add("Ben")
    acme.enrol(ben)
    (linked,), (plain,) = acme.mails(gil), acme.mails(ben)
    caller = acme.enrol(acme.owner)
    proved_at = caller.session.factor_at
    assert proved_at is not None
    for age, kind in ((FRESH, mails.OpenedMail), (FRESH + 1, NeedsProof)):
        acme.clock.moment = proved_at + age
        answer = acme.call(mails.open_mail, caller=caller, mail_id=linked.id, mail_server=False)
        assert isinstance(answer, kind)
    opened = acme.call(mails.open_mail, caller=caller, mail_id=plain.id, mail_server=False)
    assert isinstance(opened, mails.OpenedMail)


@pytest.mark.parametrize("reader", [Role.ADMIN, Role.OWNER])
def test_nobody_reads_the_link_of_a_higher_role(acme: Organisation, reader: Role) -> None:
    """An admin would otherwise set an owner's password."""
    acme.call(passwords.request_link, email=acme.owner.email)
    (mail,) = acme.mails(acme.owner, MailKind.PASSWORD_LINK)
    caller = acme.caller(acme.add("Eve", reader))
    opened = acme.call(mails.open_mail, caller=caller, mail_id=mail.id, mail_server=False)
    assert isinstance(opened, mails.OpenedMail)
    assert opened.hide_links is (reader is Role.ADMIN)


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
