"""Temporary passes: their form, and how they are read out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.core import passes, recovery
from twofold.core.recovery import SIGNS, NotARecoveryCode


@given(st.binary(min_size=passes.BYTES, max_size=passes.BYTES))
def test_a_pass_is_ten_signs_in_two_groups_and_is_read_again(random: bytes) -> None:
    """50 of the random bits, in the alphabet of recovery codes; case and hyphens do not matter."""
    code = passes.code_of(random)
    assert len(code) == 11
    assert code[5] == "-"
    bare = code.replace("-", "")
    assert set(bare) <= set(SIGNS)
    for typed in (code, code.lower(), bare, f" {code[:3]} {code[3:]} "):
        assert passes.parse(typed) == bare
    assert len(passes.spelled(code)) == passes.LENGTH


def test_every_bit_that_is_taken_counts() -> None:
    """Each of the 50 makes another pass; the six that are left over make none."""
    codes = {passes.code_of((1 << bit).to_bytes(passes.BYTES, "big")) for bit in range(56)}
    assert len(codes) == 51


@pytest.mark.parametrize("length", [0, 6, 8])
def test_it_is_made_of_seven_bytes(length: int) -> None:
    """Never of fewer."""
    with pytest.raises(ValueError, match="seven bytes"):
        passes.code_of(bytes(length))


@pytest.mark.parametrize("typed", ["", "7KQ2M-0XHT", "7KQ2M-0XHTR-7", "x" * 65, "7" * 16])
def test_what_has_another_length_is_none(typed: str) -> None:
    """A recovery code of sixteen signs neither."""
    assert passes.parse(typed) is None


def test_a_pass_is_no_recovery_code_and_no_letter_is_mistaken() -> None:
    """O is read as 0, I and L as 1, as everywhere."""
    assert passes.parse("OIL00-OIL11") == "0110001111"
    assert isinstance(recovery.parse("7KQ2M-0XHTR"), NotARecoveryCode)


def test_each_sign_is_said_in_a_word_of_its_own() -> None:
    """As on the telephone."""
    assert passes.spelled("7KQ2M-0XHTR") == [
        "seven", "Kilo", "Quebec", "two", "Mike", "zero", "Xray", "Hotel", "Tango", "Romeo",
    ]  # fmt: skip
    assert len(set(passes.spelled(SIGNS))) == len(SIGNS)
