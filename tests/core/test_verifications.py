"""Attempts of applications."""

from dataclasses import replace

from twofold.core.attempts import AttemptPurpose
from twofold.core.verifications import Kept, Needed, Verdict, Verification, is_attempt

YES, NO = Verification(Verdict.ACCEPTED), Verification(Verdict.REFUSED)
ACCEPTED = Kept("app", "attempt-1", "mia", "hash", YES, 1000, AttemptPurpose.SIGN_IN)


def test_only_a_fresh_accepted_one_of_the_person_is_a_proof() -> None:
    """For five minutes, and not from the future (promise P4)."""
    assert ACCEPTED.proves("mia", 1000)
    assert ACCEPTED.proves("mia", 1300)
    assert not ACCEPTED.proves("mia", 1301)
    assert not ACCEPTED.proves("mia", 999)
    assert not ACCEPTED.proves("ben", 1000)
    assert not replace(ACCEPTED, answer=NO).proves("mia", 1000)
    assert not replace(ACCEPTED, purpose=None).proves("mia", 1000)
    assert replace(ACCEPTED, purpose=AttemptPurpose.RECOVERY).proves("mia", 1000)


def test_a_pass_proves_no_factor() -> None:
    """It lets its owner set up, and nothing else."""
    by_pass = replace(ACCEPTED, purpose=AttemptPurpose.PASS)
    assert not by_pass.proves("mia", 1000)
    assert by_pass.proves("mia", 1000, set_up=True)


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
