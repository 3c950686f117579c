"""What is written down about an act, and what an account may ask for."""

import pytest

from twofold.core.desk import (
    DEFAULT_PROOFS,
    LONGEST_TICKET,
    MOST_PROOFS,
    PASS_HOURS,
    Act,
    Grounds,
    Request,
    RequestState,
    Wanted,
    grounds_of,
    pass_lifetime,
    problems,
    read_proofs,
)
from twofold.core.people import DAY

WHOLE = Grounds(DEFAULT_PROOFS[0], "HD-1", "Lost the phone")


def test_what_was_entered_is_one_line_each() -> None:
    """Blanks at the ends and line breaks are nobody's reason."""
    assert grounds_of(" Seen\n", "\tHD 1 ", "a  b\r\nc") == Grounds("Seen", "HD 1", "a b c")
    assert WHOLE.data == {"proof": DEFAULT_PROOFS[0], "ticket": "HD-1", "reason": "Lost the phone"}


def test_whole_grounds_have_no_problem() -> None:
    """Also at the limits."""
    assert problems(WHOLE, DEFAULT_PROOFS) == []
    assert problems(Grounds("x", "t" * LONGEST_TICKET, "r" * 300), ("x",)) == []
    assert [field for field, _ in problems(WHOLE, ("x",))] == ["proof"]


def test_a_pass_lives_a_day_at_most() -> None:
    """By the hours that are offered, and no others."""
    assert max(pass_lifetime(Wanted(Act.PASS, hours=hours)) for hours in PASS_HOURS) == DAY
    for hours in (-1, 0, 2, 25):
        problem = Wanted(Act.PASS, hours=hours).problem
        assert problem is not None
        assert problem[0] == "hours"


def test_proofs_are_read_line_by_line() -> None:
    """Each once, in the order that was typed; at least one, not too many, none too long."""
    assert read_proofs("b\n a  c \n\nb\n") == ("b", "a c")
    assert len(read_proofs("\n".join(f"p{n}" for n in range(MOST_PROOFS)))) == MOST_PROOFS
    assert read_proofs("x" * 80) == ("x" * 80,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Keep at least one"),
        ("\n  \n", "Keep at least one"),
        ("\n".join(f"p{n}" for n in range(13)), "you entered 13"),
        ("short\n" + "x" * 81, "This one is longer: xxxx"),
    ],
)
def test_a_list_that_cannot_be_is_told_in_a_sentence(text: str, said: str) -> None:
    """What is off, and what to keep to."""
    answer = read_proofs(text)
    assert isinstance(answer, str)
    assert said in answer


def test_a_request_is_open_until_its_end_or_its_decision() -> None:
    """To the second."""
    one = Request("r", "a", "p", Wanted(Act.INVITE), WHOLE, "o", 10, 20)
    assert one.is_open(19)
    assert not one.is_open(20)
    decided = Request("r", "a", "p", Wanted(Act.INVITE), WHOLE, "o", 10, 20, RequestState.REFUSED)
    assert not decided.is_open(11)


def test_every_act_has_words_of_its_own() -> None:
    """And two of them stand in for a factor."""
    assert len({act.words for act in Act}) == len(Act)
    assert {act for act in Act if act.stands_in_for_a_factor} == {Act.PASS, Act.INVITE}
