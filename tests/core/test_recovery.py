"""Recovery codes: their form, and how they are read from what somebody typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.core import recovery
from twofold.core.recovery import NotARecoveryCode, RecoveryStanding

random_bytes = st.binary(min_size=recovery.BYTES, max_size=recovery.BYTES)


@given(random_bytes)
def test_a_code_is_read_as_it_was_made(random: bytes) -> None:
    """Four groups of four; what is read is the same without hyphens."""
    code = recovery.code_of(random)
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
    assert recovery.parse(code) == code.replace("-", "")


@given(random_bytes, random_bytes)
def test_every_bit_is_in_the_code(one: bytes, other: bytes) -> None:
    """80 bits: two codes are alike only if their bytes are."""
    assert (recovery.code_of(one) == recovery.code_of(other)) == (one == other)


@given(random_bytes)
def test_case_blanks_hyphens_and_signs_that_look_alike_do_not_matter(random: bytes) -> None:
    """As somebody reads it from a sheet."""
    code = recovery.code_of(random)
    wanted = code.replace("-", "")
    for typed in (
        code.lower(),
        f"  {code} ",
        code.replace("-", " "),
        code.replace("-", "\u2010"),
        code.replace("0", "O").replace("1", "l"),
        code.replace("0", "o").replace("1", "I"),
    ):
        assert recovery.parse(typed) == wanted


SIZES = "A recovery code has 16 signs, a temporary pass has 10."


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Enter a recovery code or a temporary pass."),
        (" - ", "Enter a recovery code or a temporary pass."),
        ("1234", SIZES + " You entered 4."),
        ("ABCD-EFGH-JKMN-PQRS-T", SIZES + " You entered 17."),
        ("ABCD-EFGH-JKMN-PQR!", "Both are made of letters and digits only."),
        ("ABCD-EFGH-JKMN-PQRU", "Both are made of letters and digits only."),
        ("A" * 65, SIZES + " You entered far more."),
    ],
)
def test_what_is_none_is_told_in_a_sentence(typed: str, said: str) -> None:
    """It is no try, and says what to do."""
    assert recovery.parse(typed) == NotARecoveryCode(said)


@pytest.mark.parametrize("length", [0, 9, 11])
def test_a_code_is_made_of_ten_bytes(length: int) -> None:
    """Not of fewer by accident."""
    with pytest.raises(ValueError, match="ten bytes"):
        recovery.code_of(bytes(length))


def test_fewer_than_four_are_few() -> None:
    """Then the person is told."""
    assert RecoveryStanding(3, 0, None).is_few
    assert not RecoveryStanding(4, 0, None).is_few
