"""The arithmetic of codes, against the RFCs and four other implementations."""

import base64
import shutil
import subprocess
import unicodedata

import pyotp
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from hypothesis import given
from hypothesis import strategies as st

from twofold.core.otp import (
    LONGEST_TYPED,
    Malformed,
    MalformedKind,
    code_at,
    matching_pair,
    matching_step,
    parse_code,
    step_at,
)

RFC_SECRET = b"12345678901234567890"
NOW = 1_111_111_109

secrets = st.binary(min_size=20, max_size=20)
moments = st.integers(min_value=300, max_value=2**37)
drifts = st.integers(min_value=-5, max_value=5)


def test_codes_of_a_counter_are_those_of_rfc_4226() -> None:
    """Appendix D, all ten rows."""
    rows = "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489"
    assert " ".join(code_at(RFC_SECRET, counter) for counter in range(10)) == rows


@pytest.mark.parametrize(
    ("now", "eight_digits"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_of_a_moment_are_those_of_rfc_6238(now: int, eight_digits: str) -> None:
    """Appendix B, the SHA-1 rows; six digits are the last six of its eight."""
    assert code_at(RFC_SECRET, step_at(now)) == eight_digits[2:]
    assert matching_step(RFC_SECRET, eight_digits[2:], now) == now // 30


# Made with oathtool and keepassxc-cli, which agreed on all: key, then the codes at four moments.
TABLE = """
GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ 287082 081804 005924 279037
FIZAVKVWFJEQ6P65NZHIUBQG3UGNZI5R 135013 344027 319175 073067
DDBZYC4RANNORUYLVTNJE3JE6PHSEXCJ 876810 449214 087356 375451
QNPJNCQZG2CJQZQY5JPA45WTZLBXWID3 705605 807483 946184 140115
TP7BHTRZG34D7DWIOBIHDC63WKRK5QGI 419411 558135 055899 002586
MVW4XW5GWL52IOA2OHRJ4ETVFFE5BKGW 968357 188847 446429 529378
5WLRTHBC6JNAECKGCM2QU6PBYGWYXK33 798657 016203 379287 367545
O32QO2GJ72U5X3KZBICRNJVHHFFFYEN3 331757 464896 180441 790206
JRRJC6DGMFUXHQGBR7I4NNNJYGUGCOTJ 930236 438329 928843 261276
N2EHW4NUUXAKDRSDLKFMSF426KYPWM6M 906684 998103 911826 769224
IPQAUWTXUQG6UMAVM2OJ34ZERR63LKRH 621187 175412 480291 067522
R4PBCG22NKPK7N4VAZNBZISHG4T4KPWQ 815690 022555 653768 417709
KWH7VRPRTB5ZXZCYNZW5EFFPZ5ENM2F5 840123 657444 262851 947576
4ONQ2BBV2DO3BCJETVANOQ6IDMCJ2S7R 897272 463764 940701 231170
JYYZZOHVHDWNREYGJPM3HZOUO5DVPXCI 733380 096308 485300 728322
NRGWHOURN5LYEQIOVI5IP7KCO3RX2ROQ 570455 356022 474216 825076
NBN7RIQC5EXRWW3PIP53FOF2SBRRL5MV 446231 787007 517000 087395
SC5JFHOUAGW2WYY2H4TWK7YMMFNBPBW4 031146 930230 815980 092957
OUEQHVWZEZYFU2EUMHCNKSNG7QUFOJSG 815209 194693 829254 194864
ZQEGZNQJGUO3VKAXUS7PEBCXG4====== 126038 193928 713323 843757
I65BM5DPJDTXALMU 235586 182987 860087 079889
6ZBVUBAPB5AM7POW7273LFZJGM====== 473321 749988 467109 180320
KTJDBPACRNOUSEWSXQLRSPR6HKMVRXFUWEUFTKRUCJRDOQOXN6VA==== 280368 334680 412337 388883
UZJF5XOEBZKHTLBICZOZAIFVEZB4CWMQ 517294 285733 000186 243601
NBVMUAAO3AOLSKHHLRW4NLWJQOHXXQWE 173316 403866 694939 838299
XQVQ3FEBUXMMO5ZDUP5XXWIKFKIDOGIG 740260 423014 526954 467994
XCHMEI4DP6ODROJ6QXKOB3UO7CURCRFF 293268 965207 410768 971769
CPUIZOCUZOKFZY7V63WR5Z3XJ2WW2QFL 677863 566877 677540 177282
"""


@pytest.mark.parametrize("row", TABLE.split("\n")[1:-1])
def test_codes_are_those_of_independent_programs(row: str) -> None:
    """Keys of 10, 16, 20 and 32 bytes, four moments each."""
    key, *codes = row.split()
    moments = (59, 1111111109, 1234567890, 2000000000)
    assert [code_at(base64.b32decode(key), step_at(at)) for at in moments] == codes


@given(secrets, moments)
def test_codes_equal_those_of_pyotp_and_cryptography(secret: bytes, now: int) -> None:
    """For any key and moment three implementations say the same."""
    code = code_at(secret, step_at(now))
    assert code == pyotp.TOTP(base64.b32encode(secret).decode()).at(now)
    assert code.encode() == TOTP(secret, 6, SHA1(), 30).generate(now)
    assert len(code) == 6
    assert code.isascii()
    assert code.isdigit()


@given(st.binary(min_size=16, max_size=200), st.integers(min_value=0, max_value=2**40))
def test_a_key_of_any_length_is_used_as_hmac_says(secret: bytes, counter: int) -> None:
    """Keys beyond the hash's block are hashed first (RFC 2104 section 2)."""
    assert code_at(secret, counter).encode() == HOTP(secret, 6, SHA1()).generate(counter)


@pytest.mark.parametrize("length", [63, 64, 65])
def test_a_key_as_long_as_a_block_is_not_hashed(length: int) -> None:
    """One byte more is."""
    secret = bytes(range(length))
    assert code_at(secret, 7).encode() == HOTP(secret, 6, SHA1()).generate(7)


def test_codes_are_those_of_oathtool() -> None:
    """A program in another language agrees on twenty keys at twenty moments."""
    oathtool = shutil.which("oathtool")
    assert oathtool, "oathtool is missing: install Debian's package “oathtool”"
    for number in range(20):
        secret = bytes((number * 37 + place * 101 + 7) % 256 for place in range(20))
        now = 1_700_000_000 + number * 12_345_677
        key = base64.b32encode(secret).decode()
        said = subprocess.run(
            [oathtool, "-b", "--totp", "-N", f"@{now}", key],
            check=True,
            capture_output=True,
            text=True,
            timeout=20,
        )
        assert code_at(secret, step_at(now)) == said.stdout.strip()


@given(secrets, moments, drifts, st.integers(min_value=-4, max_value=4))
def test_three_steps_match_and_no_other(secret: bytes, now: int, drift: int, away: int) -> None:
    """One step either side of the centre is accepted, two and more are refused, for every drift."""
    centre = step_at(now) + drift
    inside = {code_at(secret, centre + near): centre + near for near in (-1, 0, 1)}
    code = code_at(secret, centre + away)
    assert matching_step(secret, code, now, drift) == inside.get(code)
    if abs(away) <= 1 and len(inside) == 3:
        assert matching_step(secret, code, now, drift) == centre + away


@given(secrets, moments, drifts)
def test_nothing_but_the_three_codes_of_the_window_is_accepted(
    secret: bytes, now: int, drift: int
) -> None:
    """A neighbour of a right code, in the sense of numbers, is a wrong code."""
    centre = step_at(now) + drift
    inside = {code_at(secret, centre + near) for near in (-1, 0, 1)}
    for code in inside:
        other = f"{(int(code) + 1) % 1_000_000:06}"
        assert (matching_step(secret, other, now, drift) is not None) == (other in inside)


# Found by comparing the first million codes of the RFC's key with their neighbours.
REPEATS = [(1, 910737), (2, 153567)]


@pytest.mark.parametrize(("gap", "first"), REPEATS)
def test_of_two_steps_that_fit_the_greatest_is_taken(gap: int, first: int) -> None:
    """So that a fresh code is not refused because the lower step was used before."""
    code = code_at(RFC_SECRET, first)
    assert code_at(RFC_SECRET, first + gap) == code
    assert matching_step(RFC_SECRET, code, (first + 1) * 30) == first + gap


@pytest.mark.parametrize(
    "code",
    ["", "12345", "1234567", "12345a", "12 345", "１２３４５６", "١٢٣٤٥٦", "²²²²²²", "-12345"],
)
def test_an_unparsed_code_is_not_compared(code: str) -> None:
    """What has not gone through `parse_code` is a fault of the caller, never a match."""
    for pair in ((code, "123456"), ("123456", code)):
        with pytest.raises(ValueError, match="^a code must be parsed before it is checked$"):
            matching_pair(RFC_SECRET, *pair, NOW)
    with pytest.raises(ValueError, match="^a code must be parsed before it is checked$"):
        matching_step(RFC_SECRET, code, NOW)


def test_a_moment_before_1970_has_no_codes() -> None:
    """A clock that far off is an error, and an error is a no."""
    with pytest.raises(OverflowError):
        matching_step(RFC_SECRET, "123456", 0)
    with pytest.raises(OverflowError):
        matching_pair(RFC_SECRET, "123456", "123456", 59)


# ---- two consecutive codes -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "step"),
    [
        ("969429", "338314", 4),
        ("338314", "254676", 5),
        ("254676", "287922", 6),
        ("359152", "969429", None),
        ("287922", "162583", None),
        ("254676", "338314", None),
        ("254676", "254676", None),
        ("969429", "254676", None),
    ],
)
def test_pairs_of_rfc_4226_match_in_the_order_of_time(
    first: str, second: str, step: int | None
) -> None:
    """The codes of its counters 2 to 7 in the middle of step 5, and on a device two steps ahead."""
    assert matching_pair(RFC_SECRET, first, second, 165) == step
    assert matching_pair(RFC_SECRET, first, second, 105, 2) == step


@given(secrets, moments, drifts)
def test_three_pairs_match_and_no_other(secret: bytes, now: int, drift: int) -> None:
    """The later code lies in the window of `matching_step`, the earlier one just before it."""
    centre = step_at(now) + drift
    codes = {step: code_at(secret, step) for step in range(centre - 4, centre + 5)}
    right = {(codes[step - 1], codes[step]): step for step in (centre - 1, centre, centre + 1)}
    for first in codes.values():
        for second in codes.values():
            step = matching_pair(secret, first, second, now, drift)
            assert step == right.get((first, second))


@given(secrets, moments)
def test_half_a_pair_is_nothing(secret: bytes, now: int) -> None:
    """One right code beside a wrong one is refused, whichever of the two is right."""
    before, here = (code_at(secret, step_at(now) + step) for step in (-1, 0))
    assert matching_pair(secret, before, here, now) == step_at(now)
    for wrong in (f"{(int(here) + 1) % 1_000_000:06}", f"{(int(here) + 999_999) % 1_000_000:06}"):
        assert matching_pair(secret, before, wrong, now) is None
        assert matching_pair(secret, wrong, here, now) is None


# ---- what is typed -------------------------------------------------------------------------

_ARABIC = "".join(chr(0x660 + digit) for digit in (1, 2, 3, 4, 5, 6))
_FULL = "".join(chr(0xFF10 + digit) for digit in (1, 2, 3, 4, 5, 6))
_BLANKS = [
    chr(point)
    for point in range(0x110000)
    if unicodedata.category(chr(point)) == "Zs" or chr(point) in "\t\n\v\f\r\x85\u2028\u2029"
]
SAME = [
    "123456",
    "123 456",
    "123-456",
    " 123456",
    "123456 ",
    "\t123456\n",
    "1 2 3 4 5 6",
    "12 34 56",
    "1-2-3-4-5-6",
    "123 - 456",
    "123--456",
    "123  456",
    _FULL,
    f"{_FULL[:3]} {_FULL[3:]}",
    f"{_FULL[:3]}456",
    "123\u2011456",
    "123\u2010456",
    "123\uff0d456",
    "\ufeff123456",
    "123\u200b456",
    "\u200e123456\u200f",
    "123\u2060456",
    " " * 58 + "123456",
    *(f"{blank}123{blank}456{blank}" for blank in _BLANKS),
]
EMPTY = ["", " ", "\t", "\n\n", "\xa0", "\u3000", "\u200b", "\ufeff", " " * LONGEST_TYPED, *_BLANKS]
_SEEN = [chr(point) for point in range(0x21, 0x7F) if chr(point) not in "0123456789-"]
NOT_DIGITS = [
    _ARABIC, "\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6", "\u0967\u0968\u0969\u096a\u096b\u096c",
    "¹²³⁴⁵⁶",
    "₁₂₃₄₅₆", "①②③④⑤⑥", "𝟏𝟐𝟑𝟒𝟓𝟔", "一二三四五六", "ⅠⅡⅢⅣⅤⅥ", "½½½½½½", "-123456", "123456-",
    "--", "-", "+123456", "1e5", "0x1E240", "123.456", "123,456", "123_456", "1234567a", "abcdef",
    "12345O", "l23456", "123456;", "'123456'", '"123456"', "<123456>", "123456\0", "\x00",
    "\x00123456", "\x1c123456", "123456\x1f",
    "123\x1c456", "123\x7f456", "\x1b[0m123456", "１２３４５６a", f"12345{_ARABIC[5]}",
    "123 45６\u0301",
    "😀", "123😀456", "\ud800", "123\udfff456", "123\u00ad456", "123\u2013456", "123\u2212456",
    "otpauth://totp/x", "123456 OR 1=1", "%31%32%33", "１２３・４５６", "NaN", "None", "true",
    "−123456",
    *(f"12345{seen}" for seen in _SEEN), *(f"{seen}123456" for seen in _SEEN),
]  # fmt: skip
COUNTS = [
    ("1", 1), ("12345", 5), ("1 2 3", 3), ("1-2", 2), (_FULL[:5], 5), ("0", 1), ("00000", 5),
    ("1234567", 7), ("123 456 7", 7), ("12345678", 8), (_FULL + "7", 7), ("0" * 64, 64),
    ("1234561234 56", 12),
]  # fmt: skip


@pytest.mark.parametrize("typed", SAME)
def test_the_same_code_written_otherwise_is_the_same_code(typed: str) -> None:
    """Blanks, hyphens between groups and full-width digits do not matter."""
    assert parse_code(typed) == "123456"


@pytest.mark.parametrize("typed", EMPTY)
def test_nothing_typed_is_told_as_nothing_typed(typed: str) -> None:
    """Blanks alone are nothing."""
    assert parse_code(typed) == Malformed(MalformedKind.EMPTY, 0)


@pytest.mark.parametrize("typed", NOT_DIGITS, ids=ascii)
def test_what_is_not_made_of_digits_is_told_so(typed: str) -> None:
    """Other scripts' digits, superscripts, letters, signs and controls are no digits."""
    assert parse_code(typed) == Malformed(MalformedKind.NOT_DIGITS, 0)


@pytest.mark.parametrize(("typed", "digits"), COUNTS)
def test_a_wrong_number_of_digits_is_counted(typed: str, digits: int) -> None:
    """The sentence can say how many there were."""
    kind = MalformedKind.TOO_FEW if digits < 6 else MalformedKind.TOO_MANY
    malformed = parse_code(typed)
    assert malformed == Malformed(kind, digits)
    assert isinstance(malformed, Malformed)
    assert malformed.sentence == f"The code has 6 digits. You entered {digits}."


@pytest.mark.parametrize("typed", ["1" * 65, " " * 65, "a" * 1_000_000, " " * 60 + "123456"])
def test_very_long_text_is_refused_unread(typed: str) -> None:
    """Nobody makes the server read a book, whatever is in it."""
    assert parse_code(typed) == Malformed(MalformedKind.TOO_MANY, 0)


def test_the_odd_inputs_are_many() -> None:
    """At least two hundred different texts are tried above."""
    assert len({*SAME, *EMPTY, *NOT_DIGITS, *(typed for typed, _ in COUNTS)}) >= 200


@given(st.text(max_size=80))
def test_any_text_is_a_code_or_a_sentence(typed: str) -> None:
    """Nothing raises, and a code is always six ASCII digits that `matching_step` takes."""
    parsed = parse_code(typed)
    if isinstance(parsed, Malformed):
        assert parsed.sentence.endswith(".")
    else:
        assert len(parsed) == 6
        assert parsed.isascii()
        matching_step(RFC_SECRET, parsed, NOW)


@pytest.mark.parametrize(
    ("malformed", "sentence"),
    [
        (Malformed(MalformedKind.EMPTY, 0), "Enter the 6-digit code from your app."),
        (Malformed(MalformedKind.NOT_DIGITS, 0), "The code is made of digits only."),
        (Malformed(MalformedKind.TOO_FEW, 5), "The code has 6 digits. You entered 5."),
        (Malformed(MalformedKind.TOO_MANY, 8), "The code has 6 digits. You entered 8."),
        (
            Malformed(MalformedKind.TOO_MANY, 0),
            "The code has 6 digits. You entered far more than that.",
        ),
    ],
)
def test_each_fault_has_its_sentence(malformed: Malformed, sentence: str) -> None:
    """What the page says."""
    assert malformed.sentence == sentence
