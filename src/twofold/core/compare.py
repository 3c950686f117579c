"""One person beside another, or beside the people for whom it works: what differs, in words.

A row differs only where the difference can be the reason. Each that does says what to do about it.
"""

from dataclasses import dataclass

from twofold.core import locks, norms
from twofold.core.apps import Catalogue
from twofold.core.case import Case, Standing, best, diagnose, drift_of
from twofold.core.diagnosis import Cause
from twofold.core.mail import UNREACHED
from twofold.core.norms import LATELY, Counts, Norm
from twofold.core.verdict_words import AUTOMATIC_TIME

APART = 45
"""Seconds between two clocks from which the difference can be the reason: past the window of one
step, with half a step of doubt."""
ENOUGH_APPS = 3
"""People who named their app, from whom on an app that none of them uses stands out."""
OLDER_ENTRY = "An older entry may still be in the app: use the newest one and delete the others."


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


def compare(case: Case, counts: Counts, norm: Norm, apps: Catalogue) -> list[Row]:
    """Every aspect, in the order in which one would ask."""
    return [
        _new_browser(case, norm),
        _state(case, norm),
        _app(case, norm, apps),
        *_set_ups(case, norm),
        _settings(case, norm),
        _clock(case, norm),
        *_codes(case, counts, norm),
        Row("Last browser", norms.browser_words(case), norm.browser),
        _locks(case, norm),
        _mail(case, norm),
        _signed_in(case, norm),
    ]


# ---- row by row ------------------------------------------------------------------------------


def _new_browser(case: Case, norm: Norm) -> Row:
    own = norms.asked(case)
    stands_out = own == norms.TWO_CODES and not norm.new_browser.startswith(norms.TWO_CODES)
    return Row(
        "A new browser is asked for",
        own,
        norm.new_browser,
        "The role asks for it: one code alone is not looked at. Enter the code, wait for the next "
        "one, and enter that too."
        if stands_out
        else "",
    )


def _state(case: Case, norm: Norm) -> Row:
    own = norms.state_words(case)
    remedy = {
        "disabled": "An admin ends the authenticator, and the person sets a new one up.",
        "must set up now": "The next sign-in leads to the set-up; the mail has the link for it.",
        "not set up": "My Profile, Set up.",
    }.get(own, "")
    return Row("Second step", own, norm.state, remedy if own != norm.state else "")


def _app(case: Case, norm: Norm, apps: Catalogue) -> Row:
    """An app that nobody uses for whom it works stands out, once enough of them named theirs."""
    own, named = case.active.app if case.active else "", dict(norm.apps)
    named.pop("", None)
    remedy = ""
    if apps.title(own) and own not in named and sum(named.values()) >= ENOUGH_APPS:
        remedy = (
            "Nobody for whom it works named this app: look at what Help says about it, or set up "
            "with another one."
        )
    return Row("App", norms.app_words(case, apps), norm.app_words, remedy)


def _set_ups(case: Case, norm: Norm) -> list[Row]:
    at = case.active.confirmed_at if case.active else None
    unproved = at is not None and case.set_ups > 1 and (case.signed_in_at or 0) < at
    return [
        Row("Set up on", norms.set_up_words(case), norm.set_up, OLDER_ENTRY if unproved else ""),
        Row(
            "Set-ups so far",
            str(case.set_ups),
            norm.set_ups_words,
            OLDER_ENTRY if case.set_ups > max(1, norm.set_ups) else "",
        ),
    ]


def _settings(case: Case, norm: Norm) -> Row:
    group = best(case)
    told = group[0].told if group and group[0].cause is Cause.PARAMETERS else None
    return Row(
        "Settings in the app",
        norms.settings_words(case),
        norm.settings,
        told.remedy if told else "",
    )


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
    return Row("Clock of the phone", norms.drift_words(case), norm.drift_words, remedy)


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


def _locks(case: Case, norm: Norm) -> Row:
    remedy = " ".join(dict.fromkeys(locks.ended_by(one) for one in case.locks))
    return Row("In the way", norms.lock_words(case), norm.locks, remedy)


def _mail(case: Case, norm: Norm) -> Row:
    failed = bool(case.mails) and case.mails[0].state in UNREACHED
    return Row(
        "Last mail",
        norms.mail_words(case),
        norm.mail,
        f"No link reaches {case.person.email}: check the address, and the mailbox."
        if failed
        else "",
    )


def _signed_in(case: Case, norm: Norm) -> Row:
    late = case.signed_in_at is None or case.now - case.signed_in_at > LATELY
    return Row(
        "Last sign-in",
        norms.signed_in_words(case),
        norm.signed_in,
        _remedy(case) if late and norm.signed_in != "never" else "",
    )
