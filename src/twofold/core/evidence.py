"""What is known about one person's codes: the devices, and each try with its reason in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from twofold.core import keyuri, otp
from twofold.core.attempts import Attempt, AttemptPurpose, Outcome
from twofold.core.authenticators import AuthenticatorState, Totp
from twofold.core.clocks import Drift, Reading, drift_of, seconds_off
from twofold.core.diagnosis import Cause, Verdict
from twofold.core.moments import day
from twofold.core.people import Instant
from twofold.core.verdict_words import About, Told, tell

PARAMETERS = "SHA-1, 6 digits, 30 seconds"
"""What every set-up of this product asks of an app."""
BY_OUTCOME: Mapping[Outcome, Cause] = {
    Outcome.USED: Cause.USED,
    Outcome.REPEATED: Cause.REPEATED,
    Outcome.NOT_CHECKED: Cause.NOT_CHECKED,
}
"""Outcomes that are their own reason."""
BROKEN = Told(
    "That code could not be checked: something broke on our side. It counted as a try.",
    "Enter a new code. If it happens again, tell the help desk.",
    "A code could not be checked: something broke on our side.",
    "Nothing needs to be reset: it is not the person's phone.",
)
NO_RECOVERY_CODE = Told(
    "That was none of the recovery codes that you have left.",
    "Each works once. Enter another one of the newest sheet.",
    "It was none of the person's recovery codes: used already, of an older sheet, or mistyped.",
)
NO_PASS = Told(
    "That was no temporary pass that works now.",
    "Look at it once more; if it has ended, the help desk makes a new one.",
    "It was no temporary pass that works now: ended, used already, or mistyped.",
)
NOT_LOOKED_AT = Told(
    "That code was not right. Why was not looked at, because many codes came at once.",
    "Wait until the app shows a new code, and enter it before it changes.",
    "A code was refused. Why was not looked at, because many codes came at once.",
)


@dataclass(frozen=True, slots=True)
class Device:
    """An authenticator without its secret."""

    id: str
    state: AuthenticatorState
    entry: str
    """The name that stands in the app."""
    created_at: Instant
    confirmed_at: Instant | None
    disabled_at: Instant | None
    ended_at: Instant | None
    used_at: Instant | None
    """When its newest code was accepted, within half a minute; None for never."""
    clock: Drift | None
    """How far its clock is off by the codes that were accepted, None where there are none."""
    app: str = ""
    """The app and device that the person named, an id of `core.apps`, or ""."""

    @property
    def drift(self) -> int | None:
        """Seconds by which its clock is ahead of ours (minus: behind), None where not known."""
        return None if self.clock is None else self.clock.seconds

    @property
    def is_active(self) -> bool:
        """Whether it is the one that the person signs in with."""
        return self.state is AuthenticatorState.ACTIVE


@dataclass(frozen=True, slots=True)
class Tried:
    """One submitted code with what can be said about it."""

    attempt: Attempt
    cause: Cause | None
    """Why it was refused; None when it was accepted, or nobody looked."""
    told: Told | None
    """The words; None when it was accepted."""

    @property
    def accepted(self) -> bool:
        """Whether it was right."""
        return self.attempt.outcome is Outcome.ACCEPTED

    @property
    def off(self) -> int | None:
        """Seconds by which the device that showed it was ahead of us, where that was found."""
        if self.attempt.offset is None:
            return None
        return seconds_off(self.attempt.at, self.attempt.offset)


def device_of(totp: Totp, attempts: Iterable[Attempt]) -> Device:
    """A stored authenticator as people may see it; `attempts` newest first."""
    accepted = [
        Reading(one.at, one.offset)
        for one in attempts
        if one.outcome is Outcome.ACCEPTED
        and one.authenticator_id == totp.id
        and one.offset is not None
    ]
    # The step that was accepted, brought back from the device's time to ours.
    used = (totp.last_step - totp.last_offset) * otp.STEP_SECONDS if totp.last_step else None
    return Device(
        id=totp.id,
        state=totp.state,
        entry=keyuri.entry_name(totp.issuer, totp.label),
        created_at=totp.created_at,
        confirmed_at=totp.confirmed_at,
        disabled_at=totp.disabled_at,
        ended_at=totp.ended_at,
        used_at=used,
        clock=drift_of(accepted),
        app=totp.app,
    )


def cause_of(attempt: Attempt) -> Cause | None:
    """Why a code was refused: by its outcome, or as it was found out; None if nobody looked."""
    if attempt.outcome is Outcome.ACCEPTED:
        return None
    if attempt.outcome is Outcome.MALFORMED:
        return attempt.cause or Cause.MALFORMED
    return BY_OUTCOME.get(attempt.outcome, attempt.cause)


def tries(attempts: Sequence[Attempt], devices: Sequence[Device]) -> list[Tried]:
    """Each attempt with its words, in the order given."""
    used = first_uses(attempts)
    return [_tried(attempt, devices, used) for attempt in attempts]


def first_uses(attempts: Iterable[Attempt]) -> dict[tuple[str, int], Instant]:
    """When each code that was accepted was accepted, by authenticator and step."""
    return {
        (one.authenticator_id, otp.step_at(one.at) + one.offset): one.at
        for one in attempts
        if one.outcome is Outcome.ACCEPTED
        and one.authenticator_id is not None
        and one.offset is not None
    }


def _tried(
    attempt: Attempt, devices: Sequence[Device], used: Mapping[tuple[str, int], Instant]
) -> Tried:
    cause = cause_of(attempt)
    if attempt.outcome is Outcome.ACCEPTED:
        return Tried(attempt, None, None)
    if attempt.purpose is AttemptPurpose.RECOVERY:
        return Tried(attempt, None, NO_RECOVERY_CODE)
    if attempt.purpose is AttemptPurpose.PASS:
        return Tried(attempt, None, NO_PASS)
    if cause is None:
        told = BROKEN if attempt.outcome is Outcome.RESERVED else NOT_LOOKED_AT
        return Tried(attempt, None, told)
    is_own_reason = cause is not attempt.cause
    verdict = Verdict(
        cause,
        is_own_reason or attempt.certain,
        attempt.authenticator_id,
        attempt.offset,
        attempt.detail,
    )
    return Tried(attempt, cause, tell(verdict, _about(attempt, devices, used)))


def _about(
    attempt: Attempt, devices: Sequence[Device], used: Mapping[tuple[str, int], Instant]
) -> About:
    came_from = next((one for one in devices if one.id == attempt.authenticator_id), None)
    asked_for = _asked_for(attempt, devices)
    first = None
    if attempt.authenticator_id is not None and attempt.offset is not None:
        first = used.get((attempt.authenticator_id, otp.step_at(attempt.at) + attempt.offset))
    return About(
        at=attempt.at,
        entry=asked_for.entry if asked_for else "",
        other=came_from.entry if came_from else "",
        ended_on=day(came_from.ended_at) if came_from and came_from.ended_at else "",
        used_ago=attempt.at - first if first is not None and first <= attempt.at else None,
    )


def _asked_for(attempt: Attempt, devices: Sequence[Device]) -> Device | None:
    """The authenticator that the page named: the one that is being set up, or the one in force."""
    wanted = (
        AuthenticatorState.PENDING
        if attempt.purpose is AttemptPurpose.ENROL
        else AuthenticatorState.ACTIVE
    )
    return next((one for one in devices if one.state is wanted), None)
