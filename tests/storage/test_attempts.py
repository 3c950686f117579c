"""The history of submitted codes, on both databases."""

from dataclasses import replace

from tests.storage.samples import NOW, attempt, with_ann
from twofold.core.attempts import Outcome
from twofold.ports import Store


def test_an_attempt_is_reserved_and_settled(store: Store) -> None:
    """It stands as reserved from the first moment, and carries its outcome afterwards."""
    with_ann(store)
    store.call(lambda tx: tx.attempts.reserve(attempt("a1")))
    assert store.call(lambda tx: tx.attempts.of("ann", limit=9)) == [attempt("a1")]
    store.call(
        lambda tx: tx.attempts.settle("a1", Outcome.ACCEPTED, authenticator_id="t1", offset=-1)
    )
    settled = replace(attempt("a1"), outcome=Outcome.ACCEPTED, authenticator_id="t1", offset=-1)
    assert store.call(lambda tx: tx.attempts.of("ann", limit=9)) == [settled]


def test_reserved_and_wrong_ones_count_newest_first(store: Store) -> None:
    """Accepted, used and unread codes are no guesses; the limit keeps the newest."""
    with_ann(store)
    outcomes = [Outcome.WRONG, Outcome.RESERVED, Outcome.ACCEPTED, Outcome.USED]
    outcomes += [Outcome.NOT_CHECKED, Outcome.WRONG]
    for number, outcome in enumerate(outcomes):
        one = attempt(f"a{number}", NOW + number, outcome)
        store.call(lambda tx, one=one: tx.attempts.reserve(one))
    assert store.call(lambda tx: tx.attempts.failures("ann", limit=9)) == [NOW + 5, NOW + 1, NOW]
    assert store.call(lambda tx: tx.attempts.failures("ann", limit=1)) == [NOW + 5]
    assert store.call(lambda tx: tx.attempts.failures("bob", limit=9)) == []
    newest = store.call(lambda tx: tx.attempts.of("ann", limit=2))
    assert [one.id for one in newest] == ["a5", "a4"]
