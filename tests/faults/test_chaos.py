"""The runner of `./dev chaos`, for some seconds."""

import pytest

from tests.faults.__main__ import Outcome, chaos
from tests.faults.history import Told

SEED, TURNS = 3, 6


@pytest.mark.timeout(180)
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_mixed_faults_break_nothing(database: str) -> None:
    """Whatever came, every invariant holds and people were let in."""
    outcome = chaos(database, SEED, turns=TURNS)
    assert outcome.violations == [], f"seed {SEED}"
    assert outcome.faults.total() >= TURNS
    assert outcome.history.count(Told.YES) > 10


def test_a_broken_invariant_is_in_the_table() -> None:
    """With what was found."""
    table = Outcome("sqlite", violations=["I3 (…) something is lost"]).table()
    assert "I3 BROKEN" in table
    assert "something is lost" in table
    assert "I1 holds" in table
