"""One person beside another, or beside the people for whom it works: what differs, in words.

A row differs only where the difference can be the reason. Each that does says what to do about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low

from twofold.core import locks
from twofold.core.case import Case, Standing, best, diagnose, drift_of
from twofold.core.diagnosis import Cause
from twofold.core.evidence import PARAMETERS
from twofold.core.mail import MailState
from twofold.core.moments import ago, clock_seconds, day, near
from twofold.core.people import DAY, Instant, Profile
from twofold.core.policy import Requirement, profile_of
from twofold.core.verdict_words import AUTOMATIC_TIME

LATELY = 7 * DAY
"""Seconds back for which people, refused and used codes are counted."""
APART = 45
"""Seconds between two clocks from which the difference can be the reason: past the window of one
step, with half a step of doubt."""
ONE_CODE, TWO_CODES = "one code", "two codes in a row"
OLDER_ENTRY = "An older entry may still be in the app: use the newest one and delete the others."


@dataclass(frozen=True, slots=True)
class Counts:
    """Codes of one person in the last `LATELY` seconds."""

    refused: int
    reused: int


@dataclass(frozen=True, slots=True)
class Member:
    """One of the people for whom it works, in figures."""

    drift: int
    """Seconds by which the device is ahead of ours."""
    set_ups: int
    set_up_at: Instant
    counts: Counts
    known_browser: bool
    signed_in_at: Instant


@dataclass(frozen=True, slots=True)
class Crowd:
    """The people for whom it works: never empty."""

    members: Sequence[Member]
    strict: int
    """How many of them are asked for two codes in every new browser."""
    slowed: int
    """How many of them are slowed by wrong codes."""
    unreachable: int
    """How many of them a mail could not reach."""


@dataclass(frozen=True, slots=True)
class Row:
    """One aspect of both sides. `remedy` is "" where nothing differs that could be the reason."""

    aspect: str
    own: str
    other: str
    remedy: str = ""

    @property
    def differs(self) -> bool:
        """Whether it stands out."""
        return self.remedy != ""


@dataclass(frozen=True, slots=True)
class Norm:
    """The other side: in words, and in the figures that the own ones are held against."""

    new_browser: str
    state: str
    set_up: str
    set_ups: int
    set_ups_words: str
    settings: str
    drift: int | None
    drift_words: str
    refused: int
    """Up to so many refused codes are nothing to wonder at."""
    refused_words: str
    reused: int
    reused_words: str
    browser: str
    locks: str
    mail: str
    signed_in: str


def compare(case: Case, counts: Counts, norm: Norm) -> list[Row]:
    """Every aspect, in the order in which one would ask."""
    return [
        _new_browser(case, norm),
        _state(case, norm),
        *_set_ups(case, norm),
        _settings(case, norm),
        _clock(case, norm),
        *_codes(case, counts, norm),
        Row("Last browser", _browser(case), norm.browser),
        _locks(case, norm),
        _mail(case, norm),
        _signed_in(case, norm),
    ]


# ---- the other side --------------------------------------------------------------------------


def norm_of_person(case: Case, counts: Counts) -> Norm:
    """Another person as the measure."""
    drift = drift_of(case)
    return Norm(
        new_browser=_asked(case),
        state=_state_words(case),
        set_up=_set_up_words(case),
        set_ups=case.set_ups,
        set_ups_words=str(case.set_ups),
        settings=_settings_words(case),
        drift=drift,
        drift_words=_drift_words(case),
        refused=max(1, counts.refused),
        refused_words=str(counts.refused),
        reused=max(1, counts.reused),
        reused_words=str(counts.reused),
        browser=_browser(case),
        locks=_lock_words(case),
        mail=_mail_words(case),
        signed_in=_signed_in_words(case),
    )


def norm_of_crowd(crowd: Crowd, now: Instant) -> Norm:
    """The people for whom it works as the measure: the middle one, and nine of ten."""
    members, size = crowd.members, len(crowd.members)
    drifts = sorted(one.drift for one in members)
    middle, set_ups = median_low(drifts), median_low(one.set_ups for one in members)
    refused = [one.counts.refused for one in members]
    reused = [one.counts.reused for one in members]
    known = sum(one.known_browser for one in members)
    return Norm(
        new_browser=f"{TWO_CODES} for {crowd.strict} of {size}" if crowd.strict else ONE_CODE,
        state="set up",
        set_up=_dated(median_low(one.set_up_at for one in members), now),
        set_ups=set_ups,
        set_ups_words=str(set_ups),
        settings=PARAMETERS,
        drift=middle,
        drift_words=_clocks(middle, drifts),
        refused=max(1, _of_ten(refused, 0.9)),
        refused_words=_spread(refused),
        reused=max(1, _of_ten(reused, 0.9)),
        reused_words=_spread(reused),
        browser=f"known for {known} of {size}",
        locks=f"{crowd.slowed} of {size} are slowed by wrong codes" if crowd.slowed else "nothing",
        mail=f"failed for {crowd.unreachable} of {size}"
        if crowd.unreachable
        else "failed for nobody",
        signed_in=near(median_low(one.signed_in_at for one in members), now),
    )


def _of_ten(values: Sequence[int], share: float) -> int:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _clocks(middle: int, drifts: Sequence[int]) -> str:
    """The middle one, and between what nine of ten lie where that says more."""
    low, high = (clock_seconds(_of_ten(drifts, share)) for share in (0.05, 0.95))
    words = clock_seconds(middle)
    return words if low == high == words else f"{words}; nine of ten between {low} and {high}"


def _spread(values: Sequence[int]) -> str:
    middle, most = median_low(values), _of_ten(values, 0.9)
    return f"{middle}; nine of ten at most {most}" if most > middle else str(middle)


# ---- row by row ------------------------------------------------------------------------------


def _asked(case: Case) -> str:
    strict = profile_of(case.account, case.person.role) is Profile.STRICT
    return TWO_CODES if strict else ONE_CODE


def _new_browser(case: Case, norm: Norm) -> Row:
    own = _asked(case)
    stands_out = own == TWO_CODES and not norm.new_browser.startswith(TWO_CODES)
    return Row(
        "A new browser is asked for",
        own,
        norm.new_browser,
        "The role asks for it: one code alone is not looked at. Enter the code, wait for the next "
        "one, and enter that too."
        if stands_out
        else "",
    )


def _state_words(case: Case) -> str:
    if case.active is not None:
        return "disabled" if case.active.disabled_at is not None else "set up"
    return "must set up now" if case.requirement is Requirement.MUST_ENROL else "not set up"


def _state(case: Case, norm: Norm) -> Row:
    own = _state_words(case)
    remedy = {
        "disabled": "An admin ends the authenticator, and the person sets a new one up.",
        "must set up now": "The next sign-in leads to the set-up; the mail has the link for it.",
        "not set up": "My Profile, Set up.",
    }.get(own, "")
    return Row("Second step", own, norm.state, remedy if own != norm.state else "")


def _dated(at: Instant, now: Instant) -> str:
    return f"{day(at)} ({ago(at, now)} ago)"


def _set_up_words(case: Case) -> str:
    at = case.active.confirmed_at if case.active else None
    return "never" if at is None else _dated(at, case.now)


def _set_ups(case: Case, norm: Norm) -> list[Row]:
    at = case.active.confirmed_at if case.active else None
    unproved = at is not None and case.set_ups > 1 and (case.signed_in_at or 0) < at
    return [
        Row("Set up on", _set_up_words(case), norm.set_up, OLDER_ENTRY if unproved else ""),
        Row(
            "Set-ups so far",
            str(case.set_ups),
            norm.set_ups_words,
            OLDER_ENTRY if case.set_ups > max(1, norm.set_ups) else "",
        ),
    ]


def _settings_words(case: Case) -> str:
    group = best(case)
    if group and group[0].cause is Cause.PARAMETERS:
        return f"the app uses {group[0].attempt.detail}"
    return PARAMETERS if case.active else "none"


def _settings(case: Case, norm: Norm) -> Row:
    group = best(case)
    told = group[0].told if group and group[0].cause is Cause.PARAMETERS else None
    return Row(
        "Settings in the app", _settings_words(case), norm.settings, told.remedy if told else ""
    )


def _drift_words(case: Case) -> str:
    drift = drift_of(case)
    return "not known" if drift is None else clock_seconds(drift)


def _clock(case: Case, norm: Norm) -> Row:
    own, remedy = drift_of(case), ""
    if norm.drift is not None and abs(norm.drift) > APART:
        remedy = (
            "The others are off in the same way: check the clock of this server first."
            if own is None or abs(own - norm.drift) <= APART
            else "Both are off: check the clock of this server, then the one of the phone."
        )
    elif own is not None and abs(own - (norm.drift or 0)) > APART:
        remedy = AUTOMATIC_TIME
    return Row("Clock of the phone", _drift_words(case), norm.drift_words, remedy)


def _codes(case: Case, counts: Counts, norm: Norm) -> list[Row]:
    many = counts.refused > norm.refused
    again = counts.reused > norm.reused
    return [
        Row(
            "Refused codes in seven days",
            str(counts.refused),
            norm.refused_words,
            _remedy(case) if many else "",
        ),
        Row(
            "Codes used twice in seven days",
            str(counts.reused),
            norm.reused_words,
            "Each code works once: wait until the app shows a new one, and press Sign in once."
            if again
            else "",
        ),
    ]


def _remedy(case: Case) -> str:
    """What to do about codes that are refused, or about no sign-in at all."""
    group, found = best(case), diagnose(case)
    if group and group[0].told is not None:
        return group[0].told.remedy
    if found.standing is Standing.WORKS:
        return "It is over: the last sign-in went well. Ask which page it is, and what it says."
    return found.say


def _browser(case: Case) -> str:
    if not case.tried:
        return "none seen"
    newest = case.tried[0].attempt
    return f"{newest.source.browser}, {'known' if newest.known_browser else 'new'}"


def _lock_words(case: Case) -> str:
    return " ".join(locks.sentence(one, case.now) for one in case.locks) or "nothing"


def _locks(case: Case, norm: Norm) -> Row:
    remedy = " ".join(dict.fromkeys(locks.ended_by(one) for one in case.locks))
    return Row("In the way", _lock_words(case), norm.locks, remedy)


def _mail_words(case: Case) -> str:
    if not case.mails:
        return "none so far"
    newest = case.mails[0]
    return {
        MailState.SENT: "reached the mail server",
        MailState.FAILED: f"failed: {newest.last_error}",
    }.get(newest.state, "waits to be sent")


def _mail(case: Case, norm: Norm) -> Row:
    failed = bool(case.mails) and case.mails[0].state is MailState.FAILED
    return Row(
        "Last mail",
        _mail_words(case),
        norm.mail,
        f"No link reaches {case.person.email}: check the address, and the mailbox."
        if failed
        else "",
    )


def _signed_in_words(case: Case) -> str:
    return "never" if case.signed_in_at is None else near(case.signed_in_at, case.now)


def _signed_in(case: Case, norm: Norm) -> Row:
    late = case.signed_in_at is None or case.now - case.signed_in_at > LATELY
    return Row(
        "Last sign-in",
        _signed_in_words(case),
        norm.signed_in,
        _remedy(case) if late and norm.signed_in != "never" else "",
    )
