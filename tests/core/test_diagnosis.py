"""Why a code was refused: the verdict is right wherever it was looked for, and knows how sure."""

import base64
import hmac
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.core import diagnosis, otp
from twofold.core.authenticators import AuthenticatorState
from twofold.core.diagnosis import DENSE, FARTHEST, HALF_HOUR, NEAR, Cause, Parameter, Suspect

NOW = 1_789_000_017
STEP = otp.step_at(NOW)
ACTIVE, PENDING, REPLACED = (
    AuthenticatorState.ACTIVE,
    AuthenticatorState.PENDING,
    AuthenticatorState.REPLACED,
)
secrets = st.binary(min_size=20, max_size=20)


def suspect(
    seed: int, state: AuthenticatorState = ACTIVE, *, drift: int = 0, last_step: int = 0
) -> Suspect:
    """An authenticator with a secret of its own."""
    return Suspect(f"a{seed}", Random(seed).randbytes(20), state, drift, last_step)


def explain(
    *typed: str, of: Suspect, others: tuple[Suspect, ...] = (), **more: object
) -> diagnosis.Verdict:
    """Ask about codes that were asked of `of`."""
    return diagnosis.explain(
        typed,
        subject=of.id,
        suspects=(of, *others),
        now=NOW,
        **more,  # type: ignore[arg-type]
    )


def code(of: Suspect, offset: int) -> str:
    """What it shows so many steps from our clock."""
    return otp.code_at(of.secret, STEP + offset)


def unique(of: Suspect, offset: int) -> bool:
    """No nearer step shows the same code, as happens to one code in a thousand."""
    near = range(-abs(offset), abs(offset) + 1)
    return [n for n in near if code(of, n) == code(of, offset)] == [offset]


@given(st.integers(0, 10_000), st.integers(-DENSE, DENSE))
@settings(max_examples=60)
def test_any_offset_of_an_hour_is_found(seed: int, offset: int) -> None:
    """With its sign and its size; nearby it is certain at once."""
    phone = suspect(seed)
    if abs(offset) <= otp.WINDOW or not unique(phone, offset):
        return
    verdict = explain(code(phone, offset), of=phone)
    assert (verdict.authenticator_id, verdict.offset) == (phone.id, offset)
    is_zone = any(abs(abs(offset) - zone) <= 2 for zone in (HALF_HOUR, 2 * HALF_HOUR))
    assert verdict.cause is (Cause.TIME_ZONE if is_zone else Cause.CLOCK)
    assert verdict.certain == (abs(offset) <= NEAR)


@given(
    st.integers(0, 10_000),
    st.integers(2, FARTHEST // HALF_HOUR),
    st.sampled_from((-1, 1)),
    st.integers(-1, 1),
    st.integers(-5, 5),
)
@settings(max_examples=60)
def test_a_wrong_time_zone_is_found_as_such(
    seed: int, halves: int, sign: int, slack: int, drift: int
) -> None:
    """Up to fourteen hours either way, around every half hour, also for a clock that is off."""
    phone = suspect(seed, drift=drift)
    offset = sign * halves * HALF_HOUR + phone.drift + slack
    verdict = explain(code(phone, offset), of=phone)
    if verdict.offset == offset:
        near_half = abs(offset - round(offset / HALF_HOUR) * HALF_HOUR) <= 2
        assert verdict.cause is (Cause.TIME_ZONE if near_half else Cause.CLOCK)
        assert not verdict.certain
    else:
        assert verdict.offset is not None
        assert code(phone, verdict.offset) == code(phone, offset)


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_a_used_code_is_told(offset: int) -> None:
    """Its step is not above the last one that was accepted."""
    phone = suspect(1, last_step=STEP + 1)
    assert explain(code(phone, offset), of=phone) == diagnosis.Verdict(
        Cause.USED, True, phone.id, offset
    )


@pytest.mark.parametrize(
    ("state", "cause"),
    [
        (PENDING, Cause.UNCONFIRMED),
        (REPLACED, Cause.REPLACED),
        (AuthenticatorState.REMOVED, Cause.REPLACED),
        (ACTIVE, Cause.OTHER),
    ],
)
@given(seed=st.integers(0, 10_000), offset=st.integers(-1, 1))
@settings(max_examples=20)
def test_a_code_of_another_entry_is_told(
    state: AuthenticatorState, cause: Cause, seed: int, offset: int
) -> None:
    """Of a set-up that was replaced, never saved, or that is another authenticator's."""
    asked, other = suspect(seed), suspect(seed + 20_000, state)
    verdict = explain(code(other, offset), of=asked, others=(other,))
    assert verdict == diagnosis.Verdict(cause, True, other.id, offset)


def test_at_a_set_up_the_old_entry_is_told() -> None:
    """The pending one is asked for, the active one answers."""
    pending, old = suspect(1, PENDING), suspect(2)
    verdict = explain(code(old, 0), of=pending, others=(old,))
    assert (verdict.cause, verdict.authenticator_id) == (Cause.OTHER, old.id)
    assert explain(code(pending, -6), of=pending, others=(old,)).cause is Cause.CLOCK


def in_other_hash(of: Suspect, algorithm: str, key: bytes = b"") -> str:
    """RFC 6238 with another hash, by the standard library alone."""
    mac = hmac.new(key or of.secret, STEP.to_bytes(8, "big"), algorithm).digest()
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at : at + 4], 'big') & 0x7FFFFFFF) % 10**8:08}"


@given(st.integers(0, 10_000))
@settings(max_examples=30)
def test_an_app_with_other_settings_is_told(seed: int) -> None:
    """Another hash, a step of a minute, eight digits, a key that was taken for text."""
    phone = suspect(seed)
    text = base64.b32encode(phone.secret)
    minute = otp.code_at(phone.secret, NOW // 60)
    shown = {
        Parameter.SHA256: in_other_hash(phone, "sha256")[2:],
        Parameter.SHA512: in_other_hash(phone, "sha512")[2:],
        Parameter.TEXT_KEY: in_other_hash(phone, "sha1", text)[2:],
        Parameter.PERIOD_60: minute,
        Parameter.DIGITS_8: in_other_hash(phone, "sha1"),
    }
    for parameter, typed in shown.items():
        verdict = explain(typed, of=phone)
        if verdict.cause is Cause.CLOCK:  # One in some thousand: it is also an honest code.
            assert verdict.offset is not None
            assert code(phone, verdict.offset) == typed
            continue
        assert (verdict.cause, verdict.detail) == (Cause.PARAMETERS, parameter.value)


def test_a_second_code_at_the_same_place_makes_it_certain() -> None:
    """Half an hour off twice is no chance; half an hour and then an hour is."""
    phone = suspect(4)
    first = explain(code(phone, -47), of=phone)
    assert not first.certain
    assert explain(code(phone, -48), of=phone, earlier=[first]).certain
    assert not explain(code(phone, -50), of=phone, earlier=[first]).certain
    assert not explain(code(phone, 47), of=phone, earlier=[first]).certain


def test_two_codes_together_are_certain_wherever_they_match() -> None:
    """A phone an hour and a half behind in pair mode."""
    phone = suspect(5)
    verdict = explain(code(phone, -90), code(phone, -89), of=phone)
    assert (verdict.cause, verdict.certain, verdict.offset) == (Cause.CLOCK, True, -89)


def test_two_right_codes_that_do_not_follow_one_another() -> None:
    """One was skipped, the order is wrong, or it is the same one twice."""
    phone = suspect(6)
    for offsets in ((-2, 0), (0, -1), (0, 0)):
        typed = [code(phone, offset) for offset in offsets]
        assert explain(*typed, of=phone).cause is Cause.NOT_IN_A_ROW


@pytest.mark.parametrize("typed", ["", "  ", "12345", "1234567", "abcdef", "x" * 99])
def test_what_is_not_six_digits_is_malformed(typed: str) -> None:
    """It says in which way."""
    verdict = explain(typed, of=suspect(1))
    parsed = otp.parse_code(typed)
    assert isinstance(parsed, otp.Malformed)
    assert verdict == diagnosis.Verdict(Cause.MALFORMED, True, detail=parsed.kind.value)


def test_wrong_certain_verdicts_on_random_codes_are_rare() -> None:
    """Fewer than 1 in 10,000, for somebody with three authenticators, a set-up that is pending and
    three replaced ones: counted over every code that there is, not drawn.
    """
    people = [
        *(suspect(n, last_step=STEP - 5) for n in range(3)),
        suspect(3, PENDING),
        *(suspect(n, REPLACED) for n in range(4, 7)),
    ]
    certain = {
        typed
        for one in people
        for offset in range(-NEAR, NEAR + 1)
        if explain(typed := code(one, offset), of=people[0], others=tuple(people[1:])).certain
    }
    assert 0 < len(certain) < 100, "of a million codes"


def test_a_random_code_is_mostly_no_match() -> None:
    """About one in a thousand matches somewhere, and says "probably"."""
    phone, random = suspect(9), Random(7)
    verdicts = [explain(f"{random.randrange(10**6):06}", of=phone) for _ in range(3000)]
    matched = [verdict for verdict in verdicts if verdict.cause is not Cause.NO_MATCH]
    assert len(matched) < 10
    assert not any(verdict.certain for verdict in verdicts if verdict.cause is Cause.NO_MATCH)


def test_nobody_to_ask_about() -> None:
    """Somebody without an authenticator."""
    verdict = diagnosis.explain(["123456"], subject=None, suspects=(), now=NOW)
    assert verdict == diagnosis.Verdict(Cause.NO_MATCH, certain=False)


def test_the_first_minutes_of_time_are_no_error() -> None:
    """Steps below zero are not computed."""
    phone = suspect(1)
    assert diagnosis.explain(["123456"], subject=phone.id, suspects=(phone,), now=0)


def test_a_suspect_shows_no_secret() -> None:
    """In no traceback and no log."""
    assert "secret" not in repr(suspect(1))
    assert suspect(1).secret.hex() not in repr(suspect(1))
