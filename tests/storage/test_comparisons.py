"""A bounded number of people in figures, on both databases."""

from dataclasses import replace

from tests.storage.samples import NOW, attempt, mail, person, totp, with_ann
from twofold.core.attempts import AttemptPurpose, Outcome
from twofold.core.authenticators import AuthenticatorState
from twofold.core.people import Role
from twofold.ports import SetUps, Store, Success


def reserve(
    store: Store, number: int, outcome: Outcome, person_id: str = "ann", **other: object
) -> None:
    """One attempt, at `NOW + number`."""
    one = attempt(f"a{number}", NOW + number, outcome)
    one = replace(one, person_id=person_id, **other)  # type: ignore[arg-type]
    store.call(lambda tx: tx.attempts.add(one))


def with_bob(store: Store, role: Role = Role.HELPDESK) -> None:
    """Ann and Bob of Acme."""
    with_ann(store)
    store.call(lambda tx: tx.people.add(person("bob", role=role), password=None))


def test_successes_are_sign_ins_with_a_right_code_newest_first(store: Store) -> None:
    """Of the account, after the moment, no more than asked for; not set-ups, not refused ones."""
    with_bob(store)
    reserve(store, 1, Outcome.ACCEPTED, offset=1)
    reserve(store, 2, Outcome.ACCEPTED, "bob", offset=-2, known_browser=True)
    reserve(store, 3, Outcome.WRONG, offset=-6)
    reserve(store, 4, Outcome.ACCEPTED, offset=0, purpose=AttemptPurpose.ENROL)
    reserve(store, 5, Outcome.ACCEPTED, offset=-7, purpose=AttemptPurpose.RESYNC)
    newest = [
        Success("ann", NOW + 5, -7, False), Success("bob", NOW + 2, -2, True),
        Success("ann", NOW + 1, 1, False),
    ]  # fmt: skip

    def found(account_id: str, since: int, limit: int) -> object:
        return store.call(lambda tx: tx.comparisons.successes(account_id, since=since, limit=limit))

    assert found("acme", NOW, 9) == newest
    assert found("acme", NOW, 2) == newest[:2]
    assert found("acme", NOW + 1, 9) == newest[:2]
    assert found("bolt", NOW, 9) == []


def test_set_ups_count_those_that_were_saved(store: Store) -> None:
    """A pending one is none."""
    with_bob(store)
    for id_, state in (
        ("t1", AuthenticatorState.REPLACED), ("t2", AuthenticatorState.ACTIVE),
        ("t3", AuthenticatorState.PENDING),
    ):  # fmt: skip
        one = totp(id_, state=state)
        later = replace(one, confirmed_at=NOW + 9) if id_ == "t2" else one
        store.call(lambda tx, later=later: tx.authenticators.add(later))
    assert store.call(lambda tx: tx.comparisons.set_ups(["ann", "bob"])) == {
        "ann": SetUps(2, NOW + 9)
    }


def test_apps_are_counted_by_the_authenticator_in_use(store: Store) -> None:
    """An older one, and one that is being set up, say nothing; "" is nobody's name for an app."""
    with_bob(store)
    for id_, person_id, state, app in (
        ("t1", "ann", AuthenticatorState.ACTIVE, "authy-ios"),
        ("t2", "ann", AuthenticatorState.REPLACED, "aegis"),
        ("t3", "bob", AuthenticatorState.ACTIVE, ""),
        ("t4", "bob", AuthenticatorState.PENDING, "aegis"),
    ):
        one = replace(totp(id_, person_id, state), app=app)
        store.call(lambda tx, one=one: tx.authenticators.add(one))
    found = store.call(lambda tx: tx.comparisons.apps(["ann", "bob"]))
    assert found == {"authy-ios": 1, "": 1}


def test_outcomes_are_counted_by_person(store: Store) -> None:
    """After the moment; who entered none is not there."""
    with_bob(store)
    for number, outcome in enumerate([Outcome.WRONG, Outcome.WRONG, Outcome.USED, Outcome.WRONG]):
        reserve(store, number, outcome)
    found = store.call(lambda tx: tx.comparisons.outcomes(["ann", "bob"], since=NOW))
    assert found == {"ann": {Outcome.WRONG: 2, Outcome.USED: 1}}


def test_staff_and_the_unreachable_are_counted(store: Store) -> None:
    """By role, and by the newest mail alone."""
    with_bob(store)
    assert store.call(lambda tx: tx.comparisons.staff(["ann", "bob"])) == 1
    assert store.call(lambda tx: tx.comparisons.staff(["ann"])) == 0
    store.call(lambda tx: tx.mails.add(mail("m1")))
    store.call(lambda tx: tx.mails.fail("m1", attempts=1, error="no"))
    assert store.call(lambda tx: tx.comparisons.unreachable(["ann", "bob"])) == 1
    store.call(lambda tx: tx.mails.add(mail("m2")))
    assert store.call(lambda tx: tx.comparisons.unreachable(["ann", "bob"])) == 0
