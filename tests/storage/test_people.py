"""People: finding, adding, changing and listing them, on both databases."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.storage.samples import NOW, account, mail, person, totp, with_ann
from twofold.core.authenticators import AuthenticatorState
from twofold.core.errors import NotFound
from twofold.core.mail import MailKind, MailState
from twofold.core.people import PersonState, Role
from twofold.ports import Store, Tally, Tx


def test_a_person_comes_back_as_they_were_stored(store: Store) -> None:
    """By id within the account, by lock, and by any spelling of the address."""
    with_ann(store)
    assert store.call(lambda tx: tx.people.find("acme", "ann")) == person()
    assert store.call(lambda tx: tx.people.lock("ann")) == person()
    assert store.call(lambda tx: tx.people.by_email(" ANN@example.ORG ")) == person()
    assert store.call(lambda tx: tx.people.by_email("bob@example.org")) is None


def test_a_foreign_account_does_not_find_the_person(store: Store) -> None:
    """An id from another account reads like one that does not exist."""
    with_ann(store)
    store.call(lambda tx: tx.accounts.add(account("bolt")))
    assert store.call(lambda tx: tx.people.find("bolt", "ann")) is None
    assert store.call(lambda tx: tx.people.find("acme", "nobody")) is None


def test_locking_nobody_raises(store: Store) -> None:
    """What changes factors never works on a person who is not there."""
    with pytest.raises(NotFound):
        store.call(lambda tx: tx.people.lock("nobody"))
    with pytest.raises(NotFound):
        store.call(lambda tx: tx.people.credential("nobody"))


def test_an_address_exists_once_and_a_clash_spares_the_transaction(store: Store) -> None:
    """A second spelling raises `ValueError`, and the flow may go on and commit."""
    with_ann(store)

    def clash(tx: Tx) -> bool:
        tx.accounts.add(account("bolt"))
        with pytest.raises(ValueError, match="ANN@example.org"):
            tx.people.add(person("twin", "bolt", email="ANN@example.org"), password=None)
        tx.people.add(person("bob", "bolt"), password=None)
        return True

    assert store.call(clash)
    assert store.call(lambda tx: tx.people.find("bolt", "twin")) is None
    assert store.call(lambda tx: tx.people.find("bolt", "bob")) is not None


def test_a_new_password_raises_the_version_once(store: Store) -> None:
    """Two changes that start from the same version: the second is refused."""
    with_ann(store)

    def change(encoded: str) -> bool:
        return store.call(lambda tx: tx.people.set_password("ann", encoded, expected_version=1))

    assert change("$new") is True
    assert change("$newer") is False
    credential = store.call(lambda tx: tx.people.credential("ann"))
    assert (credential.encoded, credential.password_version) == ("$new", 2)


def test_a_first_password_makes_an_invited_person_active(store: Store) -> None:
    """A disabled person stays disabled."""
    with_ann(store)
    people = {"ivy": PersonState.INVITED, "dan": PersonState.DISABLED}

    def add(tx: Tx) -> None:
        for id_, state in people.items():
            tx.people.add(person(id_, state=state, password_version=0), password=None)
            assert tx.people.set_password(id_, "$first", expected_version=0)

    store.call(add)
    ivy = store.call(lambda tx: tx.people.lock("ivy"))
    assert (ivy.state, ivy.has_password, ivy.password_version) == (PersonState.ACTIVE, True, 1)
    assert store.call(lambda tx: tx.people.lock("dan")).state is PersonState.DISABLED


def test_somebody_without_a_password_has_none(store: Store) -> None:
    """`has_password` comes from the row, not from the caller."""
    with_ann(store)
    store.call(lambda tx: tx.people.add(person("ivy"), password=None))
    assert store.call(lambda tx: tx.people.lock("ivy")).has_password is False
    assert store.call(lambda tx: tx.people.credential("ivy")).encoded is None


def test_a_rehash_keeps_the_version(store: Store) -> None:
    """The same password under other settings ends nothing; a stale rehash is dropped."""
    with_ann(store)
    store.call(lambda tx: tx.people.rehash("ann", "$re", expected_version=1))
    store.call(lambda tx: tx.people.rehash("ann", "$stale", expected_version=7))
    credential = store.call(lambda tx: tx.people.credential("ann"))
    assert (credential.encoded, credential.password_version) == ("$re", 1)


def test_state_and_role_can_be_set(store: Store) -> None:
    """Each alone."""
    with_ann(store)
    store.call(lambda tx: tx.people.set_state("ann", PersonState.DISABLED))
    store.call(lambda tx: tx.people.set_role("ann", Role.ADMIN))
    expected = replace(person(), state=PersonState.DISABLED, role=Role.ADMIN)
    assert store.call(lambda tx: tx.people.lock("ann")) == expected


def test_taken_addresses_are_found_over_all_accounts(store: Store) -> None:
    """More keys than one statement may carry, and none for no keys."""
    with_ann(store)
    keys = [f"{number}@example.org" for number in range(1200)] + ["ann@example.org"]
    assert store.call(lambda tx: tx.people.taken(keys)) == {"ann@example.org"}
    assert store.call(lambda tx: tx.people.taken([])) == set()


def fill(tx: Tx) -> None:
    """Acme: Ann enrolled, Bob with a failed mail, Cid disabled, Åsa an invited owner; Bolt: Zoe."""
    tx.accounts.add(account())
    tx.accounts.add(account("bolt"))
    tx.people.add(person("ann", role=Role.ADMIN), password="$a")
    tx.people.add(person("bob"), password="$b")
    tx.people.add(person("cid", state=PersonState.DISABLED), password="$c")
    asa = person("dea", name="Åsa 100%", state=PersonState.INVITED, role=Role.OWNER)
    tx.people.add(asa, password=None)
    tx.people.add(person("zoe", "bolt", role=Role.OWNER), password="$z")
    tx.authenticators.add(totp("t1", "ann", AuthenticatorState.ACTIVE))
    tx.authenticators.add(totp("t2", "bob", AuthenticatorState.PENDING))
    for id_, kind, who in (
        ("m1", MailKind.INVITATION, "ann"),
        ("m2", MailKind.INVITATION, "bob"),
        ("m3", MailKind.SWITCHED_ON, "bob"),
    ):
        tx.mails.add(replace(mail(id_, who), kind=kind))
    tx.mails.fail("m3", attempts=1, error="550 no such mailbox")


def ids(store: Store, search: str = "", after: str = "", only: str = "", limit: int = 50) -> str:
    """The ids on a page of Acme's people, with blanks between."""
    rows = store.call(
        lambda tx: tx.people.page("acme", search=search, after=after, limit=limit, only=only)
    )
    return " ".join(row.person.id for row in rows)


def test_pages_follow_the_address(store: Store) -> None:
    """In order, from a key on, up to a limit, of this account alone."""
    store.call(fill)
    assert ids(store) == "ann bob cid dea"
    assert ids(store, limit=2) == "ann bob"
    assert ids(store, after="bob@example.org") == "cid dea"


def test_a_search_ignores_case_in_every_script(store: Store) -> None:
    """In names and addresses; % and _ stand for themselves."""
    store.call(fill)
    assert ids(store, search="BOB@EX") == "bob"
    assert ids(store, search="åSA") == "dea"
    assert ids(store, search="%") == "dea"
    assert ids(store, search="_") == ""


def test_people_can_be_narrowed_down(store: Store) -> None:
    """By each of the port's words; another word is a fault."""
    store.call(fill)
    assert ids(store, only="enrolled") == "ann"
    assert ids(store, only="not-enrolled") == "bob dea"
    assert ids(store, only="failed-mail") == "bob"
    assert ids(store, only="disabled") == "cid"
    with pytest.raises(KeyError):
        ids(store, only="everybody")


def test_a_row_shows_enrolment_and_the_latest_mail(store: Store) -> None:
    """The newest mail decides, and nobody has one that was never written."""
    store.call(fill)
    rows = store.call(lambda tx: tx.people.page("acme", search="", after="", limit=9, only=""))
    shown = {row.person.id: (row.enrolled, row.last_mail_kind, row.last_mail_state) for row in rows}
    assert shown == {
        "ann": (True, MailKind.INVITATION, MailState.QUEUED),
        "bob": (False, MailKind.SWITCHED_ON, MailState.FAILED),
        "cid": (False, None, None),
        "dea": (False, None, None),
    }


def test_an_account_is_tallied_without_disabled_people(store: Store) -> None:
    """And an empty account is all zeros."""
    store.call(fill)
    store.call(lambda tx: tx.accounts.add(account("empty")))
    expected = Tally(people=3, enrolled=1, admins_enrolled=1, disabled=1, unreachable=1)
    assert store.call(lambda tx: tx.people.tally("acme")) == expected
    assert store.call(lambda tx: tx.people.tally("empty")) == Tally(0, 0, 0, 0, 0)


def test_the_people_are_counted_by_role(store: Store) -> None:
    """Without the disabled, and without those of another account."""
    store.call(fill)
    store.call(lambda tx: tx.accounts.add(account("empty")))
    everybody = store.call(lambda tx: tx.people.all_active("acme"))
    roles = store.call(lambda tx: tx.people.roles("acme"))
    assert roles == Counter(found.role for found, _ in everybody)
    assert len(roles) > 1
    assert store.call(lambda tx: tx.people.roles("empty")) == {}


def test_lists_for_a_rollout(store: Store) -> None:
    """Everybody active or invited with their enrolment; the admins; all by address."""
    store.call(fill)
    everybody = store.call(lambda tx: tx.people.all_active("acme"))
    assert [(found.id, enrolled) for found, enrolled in everybody] == [
        ("ann", True),
        ("bob", False),
        ("dea", False),
    ]
    assert [found.id for found in store.call(lambda tx: tx.people.admins("acme"))] == ["ann", "dea"]
    keys = store.call(lambda tx: tx.people.keys("acme"))
    assert {key: found.id for key, found in keys.items()} == {
        f"{id_}@example.org": id_ for id_ in ("ann", "bob", "cid", "dea")
    }


def test_the_oldest_active_owner_is_found(store: Store) -> None:
    """An invited owner cannot take a link on the console; nobody is found in an empty house."""
    assert store.call(lambda tx: tx.people.any_owner()) is None
    store.call(fill)
    younger = person("yan", "bolt", role=Role.OWNER, created_at=NOW + 1)
    store.call(lambda tx: tx.people.add(younger, password="$y"))
    owner = store.call(lambda tx: tx.people.any_owner())
    assert owner is not None
    assert owner.id == "zoe"
