"""Attempts of applications."""

from twofold.core.verifications import Kept, Needed, Verdict, Verification, is_attempt

ACCEPTED = Kept("app", "attempt-1", "mia", "hash", Verification(Verdict.ACCEPTED), 1000)


def test_only_a_fresh_accepted_one_of_the_person_is_a_proof() -> None:
    """For five minutes, and not from the future (promise P4)."""
    assert ACCEPTED.proves("mia", 1000)
    assert ACCEPTED.proves("mia", 1300)
    assert not ACCEPTED.proves("mia", 1301)
    assert not ACCEPTED.proves("mia", 999)
    assert not ACCEPTED.proves("ben", 1000)
    refused = Kept("app", "attempt-1", "mia", "hash", Verification(Verdict.REFUSED), 1000)
    assert not refused.proves("mia", 1000)


def test_an_id_of_an_attempt_is_printable_and_not_guessed_by_accident() -> None:
    """8 to 128 signs without blanks."""
    assert is_attempt("a" * 8)
    assert is_attempt("~!" * 64)
    for text in ("", "a" * 7, "a" * 129, "with a blank", "ä" * 8, "a" * 8 + "\n"):
        assert not is_attempt(text)


def test_only_accepted_is_yes() -> None:
    """Whatever is needed."""
    assert Verification(Verdict.ACCEPTED).is_accepted
    assert not any(Verification(Verdict.REFUSED, needed).is_accepted for needed in Needed)
