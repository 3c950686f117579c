"""The other side of a comparison: one person, or the people for whom it works, in words and in
the figures that somebody's own are held against.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low

from twofold.core import locks
from twofold.core.apps import Catalogue
from twofold.core.case import Case, best, drift_of
from twofold.core.diagnosis import Cause
from twofold.core.evidence import PARAMETERS
from twofold.core.mail import MailState
from twofold.core.moments import ago, clock_seconds, day, near
from twofold.core.people import DAY, Instant, Profile
from twofold.core.policy import profile_of
from twofold.core.requirement import Requirement

LATELY = 7 * DAY
"""Seconds back for which people, refused and used codes are counted."""
UNNAMED = "not named"
SHOWN_APPS = 4
ONE_CODE, TWO_CODES = "one code", "two codes in a row"


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
    apps: Mapping[str, int]
    """How many of them named which app, by its id; "" for none named."""
    strict: int
    """How many of them are asked for two codes in every new browser."""
    slowed: int
    """How many of them are slowed by wrong codes."""
    unreachable: int
    """How many of them a mail could not reach."""


@dataclass(frozen=True, slots=True)
class Norm:
    """The other side: in words, and in the figures that the own ones are held against."""

    new_browser: str
    state: str
    apps: Mapping[str, int]
    app_words: str
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


def norm_of_person(case: Case, counts: Counts, apps: Catalogue) -> Norm:
    """Another person as the measure."""
    drift = drift_of(case)
    return Norm(
        new_browser=asked(case),
        state=state_words(case),
        apps={case.active.app: 1} if case.active else {},
        app_words=app_words(case, apps),
        set_up=set_up_words(case),
        set_ups=case.set_ups,
        set_ups_words=str(case.set_ups),
        settings=settings_words(case),
        drift=drift,
        drift_words=drift_words(case),
        refused=max(1, counts.refused),
        refused_words=str(counts.refused),
        reused=max(1, counts.reused),
        reused_words=str(counts.reused),
        browser=browser_words(case),
        locks=lock_words(case),
        mail=mail_words(case),
        signed_in=signed_in_words(case),
    )


def norm_of_crowd(crowd: Crowd, now: Instant, apps: Catalogue) -> Norm:
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
        apps=crowd.apps,
        app_words=_apps_words(crowd.apps, apps),
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


# ---- in words ------------------------------------------------------------------------------


def asked(case: Case) -> str:
    """What a new browser is asked for."""
    strict = profile_of(case.account, case.person.role) is Profile.STRICT
    return TWO_CODES if strict else ONE_CODE


def state_words(case: Case) -> str:
    """How the second step stands."""
    if case.active is not None:
        return "disabled" if case.active.disabled_at is not None else "set up"
    return "must set up now" if case.requirement is Requirement.MUST_ENROL else "not set up"


def app_words(case: Case, apps: Catalogue) -> str:
    """The app of the authenticator in use."""
    return (apps.title(case.active.app) if case.active else "") or UNNAMED


def _apps_words(named: Mapping[str, int], apps: Catalogue) -> str:
    """How many use which, the most used first, those who named none last."""
    ordered = sorted(named.items(), key=lambda item: (not apps.title(item[0]), -item[1], item[0]))
    said = [f"{apps.title(app) or UNNAMED}: {count}" for app, count in ordered]
    return "; ".join(said[:SHOWN_APPS])


def _dated(at: Instant, now: Instant) -> str:
    return f"{day(at)} ({ago(at, now)} ago)"


def set_up_words(case: Case) -> str:
    """When it was set up."""
    at = case.active.confirmed_at if case.active else None
    return "never" if at is None else _dated(at, case.now)


def settings_words(case: Case) -> str:
    """What the app computes with."""
    group = best(case)
    if group and group[0].cause is Cause.PARAMETERS:
        return f"the app uses {group[0].attempt.detail}"
    return PARAMETERS if case.active else "none"


def drift_words(case: Case) -> str:
    """How far the clock is off."""
    drift = drift_of(case)
    return "not known" if drift is None else clock_seconds(drift)


def browser_words(case: Case) -> str:
    """From where the newest code came."""
    if not case.tried:
        return "none seen"
    newest = case.tried[0].attempt
    return f"{newest.source.browser}, {'known' if newest.known_browser else 'new'}"


def lock_words(case: Case) -> str:
    """Everything in the way."""
    return " ".join(locks.sentence(one, case.now) for one in case.locks) or "nothing"


def mail_words(case: Case) -> str:
    """The fate of the newest mail."""
    if not case.mails:
        return "none so far"
    newest = case.mails[0]
    return {
        MailState.SENT: "reached the mail server",
        MailState.FAILED: f"failed: {newest.last_error}",
        MailState.BOUNCED: f"came back: {newest.last_error}",
    }.get(newest.state, "waits to be sent")


def signed_in_words(case: Case) -> str:
    """The last complete sign-in."""
    return "never" if case.signed_in_at is None else near(case.signed_in_at, case.now)


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
