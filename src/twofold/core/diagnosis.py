"""Why was a code not right? Looked for where an honest code can come from, and said how surely.

The code stays refused and has cost its try: nothing here is asked before the answer has been
decided, and nothing here can change it. What is searched is always the whole of it, whatever is
found, so the work does not depend on the verdict.

Where a refused code of an honest person comes from: it was used already; the phone's clock is
off, by minutes or by a wrong time zone; it belongs to another entry in the app (a set-up that was
replaced, one that was never saved, the person's other authenticator); the app computes with other
parameters than those that the QR code names; a digit was mistyped (then nothing matches).

**Certainty.** Some 400 steps per authenticator are compared, so one random code in a thousand
matches somewhere. A match is *certain* where only few steps could match by chance (fewer than a
hundred in all, so fewer than 1 in 10,000 random codes), where two consecutive codes match
together, or where an earlier refused code had the same verdict at the same place.
"""

import base64
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from twofold.core import otp
from twofold.core.authenticators import AuthenticatorState, Totp
from twofold.core.otp import STEP_SECONDS, Malformed, MalformedKind, parse_code
from twofold.core.people import DAY, HOUR, Instant

DENSE = HOUR // STEP_SECONDS
"""Steps on either side of our clock in which every one is compared: an hour."""
NEAR = 8
"""Steps on either side within which one match of a lasting clock is certain: four minutes."""
HALF_HOUR = 1800 // STEP_SECONDS
FARTHEST = 14 * HOUR // STEP_SECONDS
"""Steps to the farthest time zone."""
SLACK = 1
"""Steps around each half hour, and around our clock where nothing but the window is searched."""
SAME = 1
"""Steps by which two refused codes of one clock may lie apart."""
EARLIEST = 2 * FARTHEST * STEP_SECONDS
"""A clock before this moment of 1970 is taken for this moment, so that no step is below zero."""
REMEMBERED = 30 * DAY
"""Seconds for which an earlier verdict confirms a later one."""
_HOUR = range(-DENSE, DENSE + 1)
_ZONES = tuple(
    side * halves * HALF_HOUR + slack
    for halves in range(2, FARTHEST // HALF_HOUR + 1)
    for side in (-1, 1)
    for slack in range(-SLACK, SLACK + 1)
)
_COUNTER = struct.Struct(">Q").pack
_WORD = struct.Struct(">I").unpack_from


class Cause(StrEnum):
    """Why a code was refused."""

    USED = "used"
    """The right code, used already."""
    CLOCK = "clock"
    """The right code of another moment: the phone's clock is off."""
    TIME_ZONE = "time zone"
    """The same, off by whole or half hours: the time zone, or the hour, was set by hand."""
    REPLACED = "replaced"
    """A code of a set-up that was replaced or removed."""
    OTHER = "other authenticator"
    """A code of another authenticator of the person."""
    UNCONFIRMED = "unconfirmed"
    """A code of a set-up that was begun and never saved."""
    PARAMETERS = "parameters"
    """The right secret, but the app computes with other parameters."""
    NOT_IN_A_ROW = "not in a row"
    """Two right codes that do not follow one another."""
    MALFORMED = "malformed"
    """Not six digits."""
    NOT_CHECKED = "not checked"
    """Refused unread: the person had to wait."""
    REPEATED = "repeated"
    """The same wrong code again, within 90 seconds."""
    NO_MATCH = "no match"
    """A code of none of the person's entries, at no time that was searched."""


class Parameter(StrEnum):
    """What an app does otherwise than the QR code says."""

    SHA256 = "SHA-256"
    SHA512 = "SHA-512"
    DIGITS_8 = "8 digits"
    PERIOD_60 = "60 seconds"
    TEXT_KEY = "key read as text"


@dataclass(frozen=True, slots=True)
class Suspect:
    """An authenticator whose code it may have been."""

    id: str
    secret: bytes
    state: AuthenticatorState
    drift: int = 0
    last_step: int = 0

    @classmethod
    def of(cls, totp: Totp) -> "Suspect":
        """An authenticator as it is looked at here."""
        return cls(totp.id, totp.secret, totp.state, totp.drift, totp.last_step)

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Suspect(id={self.id!r}, state={self.state.value!r})"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found out about one refused code."""

    cause: Cause
    certain: bool
    authenticator_id: str | None = None
    """Whose code it was, where that was found."""
    offset: int | None = None
    """Steps from our clock to the code: positive when the phone is ahead."""
    detail: str = ""
    """The `Parameter`, the `MalformedKind`, or "" for the other causes."""


@dataclass(frozen=True, slots=True)
class _Match:
    cause: Cause
    certain: bool
    suspect: Suspect
    offset: int
    detail: str = ""


def explain(
    typed: Sequence[str],
    *,
    subject: str | None,
    suspects: Sequence[Suspect],
    now: Instant,
    earlier: Iterable[Verdict] = (),
) -> Verdict:
    """Why the code, or the two codes, that were refused at `now` were not right.

    Args:
        typed: What was typed: one code, or two consecutive ones.
        subject: The id of the authenticator that was asked for, or None where any that counts would
            have done.
        suspects: The person's authenticators: those that count, the pending one, replaced ones.
        now: UTC seconds, when the code came.
        earlier: Verdicts on earlier codes of the person, of the last `REMEMBERED` seconds.
    """
    now = max(now, EARLIEST)
    codes = [parse_code(text) for text in typed if text.strip()]
    wrong = next((code for code in codes if isinstance(code, Malformed)), None)
    if wrong is not None or not codes:
        return _malformed(typed, wrong, suspects, now)
    wanted = [int(code) for code in codes if isinstance(code, str)]
    if len(wanted) > 1:
        return _pair(wanted, subject, suspects, now)
    verdict = _best(list(_matches(wanted[0], subject, suspects, now)))
    if not verdict.certain and any(_same(verdict, other) for other in earlier):
        return replace(verdict, certain=True)
    return verdict


def _malformed(
    typed: Sequence[str], wrong: Malformed | None, suspects: Sequence[Suspect], now: Instant
) -> Verdict:
    """Not six digits; eight may be those of an app that shows eight."""
    kind = wrong.kind if wrong else MalformedKind.EMPTY
    if wrong is not None and wrong.digits == 8:  # noqa: PLR2004 - the digits of `DIGITS_8`
        digits = int("".join(char for text in typed for char in text if char.isdigit())[:8] or "0")
        for suspect in suspects:
            for offset in _window(suspect):
                mac = otp.mac_at(suspect.secret, otp.step_at(now) + offset)
                if otp.truncated(mac, 8) == digits:
                    return Verdict(
                        Cause.PARAMETERS, True, suspect.id, offset, Parameter.DIGITS_8.value
                    )
    return Verdict(Cause.MALFORMED, certain=True, detail=kind.value)


def _same(verdict: Verdict, other: Verdict) -> bool:
    """Whether an earlier refused code says the same: the same cause, device and place in time."""
    if verdict.cause is Cause.NO_MATCH or verdict.offset is None or other.offset is None:
        return False
    same = (verdict.cause, verdict.authenticator_id, verdict.detail)
    return (
        same == (other.cause, other.authenticator_id, other.detail)
        and abs(verdict.offset - other.offset) <= SAME
    )


# ---- where a code can come from --------------------------------------------------------------


def _matches(
    code: int, subject: str | None, suspects: Sequence[Suspect], now: Instant
) -> Iterator[_Match]:
    """Every place at which the code fits. All of them are looked at."""
    centre = otp.step_at(now)
    for suspect in suspects:
        is_wide = suspect.id == subject or suspect.state is AuthenticatorState.ACTIVE
        offsets: Sequence[int] = _lasting(suspect.drift) if is_wide else _window(suspect)
        for offset in _found(suspect.secret, code, centre, offsets):
            yield _at_offset(suspect, offset, centre + offset, subject)
        if is_wide:
            yield from _other_parameters(suspect, code, now)


def _at_offset(suspect: Suspect, offset: int, step: int, subject: str | None) -> _Match:
    """What it means that this authenticator shows the code at this distance."""
    away = abs(offset - suspect.drift)
    any_asked = subject is None and suspect.state is AuthenticatorState.ACTIVE
    if suspect.id != subject and not any_asked:
        cause = {
            AuthenticatorState.ACTIVE: Cause.OTHER,
            AuthenticatorState.PENDING: Cause.UNCONFIRMED,
        }.get(suspect.state, Cause.REPLACED)
        return _Match(cause, away <= NEAR, suspect, offset)
    if away <= otp.WINDOW and step <= suspect.last_step:
        return _Match(Cause.USED, True, suspect, offset)
    cause = Cause.TIME_ZONE if _is_half_hour(offset) else Cause.CLOCK
    return _Match(cause, away <= NEAR, suspect, offset)


def _is_half_hour(offset: int) -> bool:
    """Whether a distance is one or more half hours, give or take a step or two."""
    nearest = round(offset / HALF_HOUR)
    return nearest != 0 and abs(offset - nearest * HALF_HOUR) <= SLACK + 1


def _lasting(drift: int) -> tuple[int, ...]:
    """Steps from our clock at which a clock that is off may stand: an hour densely, beyond that
    around the half hours at which time zones lie.
    """
    return (*_HOUR, *(zone + drift for zone in _ZONES))


def _window(suspect: Suspect) -> range:
    """Steps at which the code would be right."""
    return range(suspect.drift - SLACK, suspect.drift + SLACK + 1)


def _found(secret: bytes, code: int, centre: int, offsets: Iterable[int]) -> list[int]:
    """The offsets at which the code is this one: the loop of `otp.code_at`, written out, because
    it runs some thousand times for each refused code.
    """
    inner, outer = otp.keyed(secret)
    copy_inner, copy_outer, message, word, found = inner.copy, outer.copy, _COUNTER, _WORD, []
    for offset in offsets:
        first = copy_inner()
        first.update(message(centre + offset))
        second = copy_outer()
        second.update(first.digest())
        mac = second.digest()
        if (word(mac, mac[19] & 0xF)[0] & 0x7FFFFFFF) % 1_000_000 == code:
            found.append(offset)
    return found


def _other_parameters(suspect: Suspect, code: int, now: Instant) -> Iterator[_Match]:
    """The right secret, computed otherwise."""
    centre = otp.step_at(now)
    text = base64.b32encode(suspect.secret)
    for offset in _window(suspect):
        step = centre + offset
        for parameter, mac in (
            (Parameter.SHA256, otp.mac_at(suspect.secret, step, "sha256")),
            (Parameter.SHA512, otp.mac_at(suspect.secret, step, "sha512")),
            (Parameter.TEXT_KEY, otp.mac_at(text, step)),
        ):
            if otp.truncated(mac) == code:
                yield _Match(Cause.PARAMETERS, False, suspect, offset, parameter.value)
    for offset in range(-SLACK, SLACK + 1):
        mac = otp.mac_at(suspect.secret, now // 60 + offset)
        if otp.truncated(mac) == code:
            yield _Match(Cause.PARAMETERS, False, suspect, 2 * offset, Parameter.PERIOD_60.value)


ORDER = (
    Cause.USED,
    Cause.REPLACED,
    Cause.UNCONFIRMED,
    Cause.OTHER,
    Cause.CLOCK,
    Cause.PARAMETERS,
    Cause.TIME_ZONE,
)


def _best(matches: Sequence[_Match]) -> Verdict:
    """Of several matches the one that needs the least to have happened: certain before uncertain,
    then by `ORDER`, then the smallest distance.
    """
    if not matches:
        return Verdict(Cause.NO_MATCH, certain=False)
    best = min(matches, key=lambda m: (not m.certain, ORDER.index(m.cause), abs(m.offset)))
    return Verdict(best.cause, best.certain, best.suspect.id, best.offset, best.detail)


# ---- two codes -------------------------------------------------------------------------------


def _pair(
    wanted: Sequence[int], subject: str | None, suspects: Sequence[Suspect], now: Instant
) -> Verdict:
    """Two codes that follow one another somewhere are no chance: one in a thousand million."""
    first, second = (list(_matches(code, subject, suspects, now)) for code in wanted[:2])
    together = [
        late
        for early in first
        for late in second
        if (early.suspect.id, early.detail) == (late.suspect.id, late.detail)
        and late.offset - early.offset == _stride(late)
    ]
    if together:
        return replace(_best(together), certain=True)
    apart = [
        late
        for early in first
        for late in second
        if early.suspect.id == late.suspect.id
        and early.certain
        and late.certain
        and not early.detail
        and not late.detail
    ]
    if apart:
        found = _best(apart)
        return replace(found, cause=Cause.NOT_IN_A_ROW)
    return replace(_best([*first, *second]), certain=False)


def _stride(match: _Match) -> int:
    """Steps between two consecutive codes."""
    return 2 if match.detail == Parameter.PERIOD_60 else 1
