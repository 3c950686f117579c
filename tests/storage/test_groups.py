"""Groups on both databases: names, numbers and the copy that stands with each person."""

from dataclasses import replace

from tests.storage.samples import NOW, account, person, totp, with_ann
from twofold.core.authenticators import AuthenticatorState
from twofold.core.groups import Group
from twofold.core.people import PersonKind, PersonState
from twofold.ports import Store, Tx

SALES = Group("g1", "acme", "Sales", None, NOW)
BERLIN = Group("g2", "acme", "Berlin", "ann", NOW)


def with_groups(store: Store) -> None:
    """Ann in an account with two groups."""
    with_ann(store)

    def add(tx: Tx) -> None:
        assert tx.groups.add(SALES)
        assert tx.groups.add(BERLIN)

    store.call(add)


def test_a_group_comes_back_as_it_was_stored(store: Store) -> None:
    """In the order of the names; by id within the account alone."""
    with_groups(store)
    assert store.call(lambda tx: tx.groups.of_account("acme")) == [BERLIN, SALES]
    assert store.call(lambda tx: tx.groups.find("acme", "g2")) == BERLIN
    assert store.call(lambda tx: tx.groups.find("bolt", "g2")) is None


def test_a_name_is_taken_once_in_an_account(store: Store) -> None:
    """A clash spares the transaction; a rename to one's own name in another case is none."""
    with_groups(store)

    def clash(tx: Tx) -> tuple[bool, bool, bool, bool]:
        tx.accounts.add(account("bolt"))
        return (
            tx.groups.add(replace(SALES, id="g3", name="SALES")),
            tx.groups.add(Group("g4", "bolt", "Sales", None, NOW)),
            tx.groups.rename("g1", "bERLIN"),
            tx.groups.rename("g1", "sALES"),
        )

    assert store.call(clash) == (False, True, False, True)
    assert [one.name for one in store.call(lambda tx: tx.groups.of_account("acme"))] == [
        "Berlin",
        "sALES",
    ]


def test_numbers_leave_out_the_disabled_and_programs(store: Store) -> None:
    """They stand in the group all the same."""
    with_groups(store)

    def fill(tx: Tx) -> None:
        tx.people.add(person("bob", state=PersonState.DISABLED), password=None)
        tx.people.add(person("bot", kind=PersonKind.SERVICE), password=None)
        tx.people.add(person("cem"), password=None)
        for name in ("ann", "bob", "bot", "cem"):
            tx.groups.put(name, ["g2"])
        tx.authenticators.add(totp(state=AuthenticatorState.ACTIVE))

    store.call(fill)
    berlin, sales = store.call(lambda tx: tx.groups.rows("acme"))
    assert (berlin.group, berlin.people, berlin.enrolled, berlin.lead) == (BERLIN, 2, 1, "Ann")
    assert (sales.people, sales.enrolled, sales.lead) == (0, 0, "")
    assert store.call(lambda tx: tx.groups.rows("acme", group_id="g1")) == [sales]
    found = store.call(lambda tx: tx.groups.people("g2", after="", limit=9))
    assert [(one.id, enrolled) for one, enrolled in found] == [
        ("ann", True),
        ("bob", False),
        ("bot", False),
        ("cem", False),
    ]
    found = store.call(lambda tx: tx.groups.people("g2", after="bob@example.org", limit=1))
    assert [one.id for one, _ in found] == ["bot"]
    assert [one.id for one in store.call(lambda tx: tx.groups.lock_people("g2"))] == [
        "ann",
        "bob",
        "bot",
        "cem",
    ]


def test_what_is_put_is_exactly_what_a_person_is_in(store: Store) -> None:
    """The copy with the person is kept equal; the order given does not matter."""
    with_groups(store)
    for wanted in (["g2", "g1"], ["g1"], ["g1", "g2", "g1"], []):
        store.call(lambda tx, ids=wanted: tx.groups.put("ann", ids))
        found = store.call(lambda tx: tx.people.find("acme", "ann"))
        assert found is not None
        assert found.groups == tuple(sorted(set(wanted)))
        inside = [
            group
            for group in ("g1", "g2")
            if store.call(lambda tx, g=group: tx.groups.lock_people(g))
        ]
        assert tuple(inside) == found.groups


def test_people_are_found_by_keys_within_the_account(store: Store) -> None:
    """Others are not there at all."""
    with_groups(store)

    def other(tx: Tx) -> None:
        tx.accounts.add(account("bolt"))
        tx.people.add(person("zoe", "bolt"), password=None)

    store.call(other)
    keys = ["ann@example.org", "zoe@example.org", "nobody@example.org"]
    assert list(store.call(lambda tx: tx.groups.by_keys("acme", keys))) == ["ann@example.org"]
    assert store.call(lambda tx: tx.groups.by_keys("acme", [])) == {}


def test_a_lead_comes_and_goes_and_a_group_too(store: Store) -> None:
    """What is removed is gone."""
    with_groups(store)
    store.call(lambda tx: tx.groups.set_lead("g1", "ann"))
    store.call(lambda tx: tx.groups.set_lead("g2", None))
    leads = {one.id: one.lead_id for one in store.call(lambda tx: tx.groups.of_account("acme"))}
    assert leads == {"g1": "ann", "g2": None}
    store.call(lambda tx: tx.groups.remove("g1"))
    assert store.call(lambda tx: tx.groups.find("acme", "g1")) is None
