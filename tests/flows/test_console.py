"""What the command line asks about the whole deployment."""

from tests.world import Organisation, found
from twofold.core.mail import MailKind
from twofold.flows import console
from twofold.flows.setup import Refused
from twofold.ports import Store


def test_without_an_account_there_is_nothing_to_choose(store: Store) -> None:
    """The sentence names the command that makes one."""
    refused = store.call(console.choose_account, name=None)
    assert isinstance(refused, Refused)
    assert "twofold setup" in refused.sentence


def test_the_only_account_needs_no_name(acme: Organisation) -> None:
    """A name that fits is taken too, whatever its case; another one is refused."""
    for name in (None, "Acme", " aCME "):
        assert acme.store.call(console.choose_account, name=name) == acme.account
    assert isinstance(acme.store.call(console.choose_account, name="Bolt"), Refused)


def test_several_accounts_are_told_apart_by_name(acme: Organisation, bolt: Organisation) -> None:
    """Without a name the choices are listed; a name that two bear is refused."""
    refused = acme.store.call(console.choose_account, name=None)
    assert isinstance(refused, Refused)
    assert "Acme, Bolt" in refused.sentence
    assert acme.store.call(console.choose_account, name="bolt") == bolt.account
    twin = found(acme.store, acme.clock, "Twin")
    acme.store.call(lambda tx: tx.accounts.rename(twin.account_id, name="BOLT", issuer="Bolt"))
    twice = acme.store.call(console.choose_account, name="bolt")
    assert isinstance(twice, Refused)
    assert "Several" in twice.sentence


def test_people_are_listed_by_account(acme: Organisation, bolt: Organisation) -> None:
    """One account by name, or all; an unknown name is refused."""
    acme.add("Ben")
    everybody = acme.store.call(console.list_people, account=None)
    assert not isinstance(everybody, Refused)
    assert [(account.name, row.person.name) for account, row in everybody] == [
        ("Acme", "Ben"),
        ("Acme", "Olga"),
        ("Bolt", "Olga"),
    ]
    some = acme.store.call(console.list_people, account="Bolt")
    assert not isinstance(some, Refused)
    assert [row.person for _, row in some] == [bolt.owner]
    assert isinstance(acme.store.call(console.list_people, account="Cog"), Refused)


def test_mails_are_listed_to_the_last(acme: Organisation, bolt: Organisation) -> None:
    """All of them, newest first within each account."""
    ben = acme.add("Ben", invited=True)
    gil = bolt.add("Gil", invited=True)
    bolt.enrol(bolt.owner)
    listed = acme.store.call(console.list_mails, account=None)
    assert not isinstance(listed, Refused)
    assert [(account.name, mail.kind, person.id) for account, mail, person in listed] == [
        ("Acme", MailKind.INVITATION, ben.id),
        ("Bolt", MailKind.ENROLLED, bolt.owner_id),
        ("Bolt", MailKind.INVITATION, gil.id),
    ]
    assert isinstance(acme.store.call(console.list_mails, account="Cog"), Refused)
