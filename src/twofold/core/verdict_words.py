"""A verdict in words: to the person whom it is about, and to whoever helps them.

At sign-in nobody is told any of this: there one page answers every failure. These words stand on
the set-up page, in a person's own history, and on the pages of the help desk.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from twofold.core.clocks import about, seconds_off, side
from twofold.core.diagnosis import Cause, Parameter, Verdict
from twofold.core.people import Instant

AUTOMATIC_TIME = (
    "Turn on automatic date and time in the settings of the phone, then enter the next code."
)


@dataclass(frozen=True, slots=True)
class About:
    """What the words may name."""

    at: Instant
    """When the code came."""
    entry: str = ""
    """The name of the entry in the app that was asked for."""
    other: str = ""
    """The name of the entry that the code came from, where it was another one."""
    ended_on: str = ""
    """The day on which that one was replaced, as people read it."""
    used_ago: int | None = None
    """Seconds between the first use of a used code and this one."""


@dataclass(frozen=True, slots=True)
class Told:
    """One verdict for its readers."""

    own: str
    """To the person, about what happened."""
    remedy: str
    """To the person, what to do."""
    desk: str
    """To the help desk, in one sentence."""
    not_to_do: str = ""
    """To the help desk, what would not help, or harm."""


def tell(verdict: Verdict, about_it: About) -> Told:
    """The words for a verdict. A match that may be chance is said with "probably"."""
    told = _TELL[verdict.cause](verdict, about_it)
    if verdict.certain or verdict.cause is Cause.NO_MATCH:
        return told
    return Told(_probably(told.own), told.remedy, _probably(told.desk), told.not_to_do)


def _probably(sentence: str) -> str:
    return f"Probably: {sentence[:1].lower()}{sentence[1:]}"


def _used(_: Verdict, it: About) -> Told:
    ago = "" if it.used_ago is None else f" {about(it.used_ago)} earlier"
    return Told(
        f"That code had been used already{ago}.",
        "Each code works once. Wait until the app shows a new one.",
        f"The code had been used already{ago}; each works once.",
        "Nothing needs to be reset.",
    )


def _clock(verdict: Verdict, it: About) -> Told:
    off = seconds_off(it.at, verdict.offset or 0)
    size = f"about {about(off)} {side(off)}"
    return Told(
        f"The clock of your phone was {size}.",
        AUTOMATIC_TIME,
        f"The codes come from a phone whose clock is {size}.",
        "Do not set them up anew: the new codes would be just as late."
        if off < 0
        else "Do not set them up anew: the new codes would be just as early.",
    )


def _time_zone(verdict: Verdict, it: About) -> Told:
    off = seconds_off(it.at, verdict.offset or 0)
    size = f"{about(round(off / 1800) * 1800)} {side(off)}"
    return Told(
        f"The clock of your phone was {size}: its time zone, or the hour, was set by hand.",
        "Turn on automatic time zone and automatic date and time in the settings of the phone, "
        "then enter the next code.",
        f"The codes come from a phone that is {size}: its time zone is set wrong.",
        "Do not set them up anew: the new codes would be wrong in the same way.",
    )


def _replaced(_: Verdict, it: About) -> Told:
    day = f" on {it.ended_on}" if it.ended_on else ""
    name = f" {it.entry}" if it.entry else ""
    return Told(
        f"That code is from a set-up that was replaced{day}.",
        f"Use the newest entry{name} in your app, and delete the older one.",
        f"The codes come from an old entry in the app, replaced{day}.",
        "No reset: the new entry is in the app already, or on another phone.",
    )


def _other(_: Verdict, it: About) -> Told:
    other = f" {it.other}" if it.other else ""
    return Told(
        f"That code is from another entry{other} of yours.",
        f"Use the entry {it.entry}." if it.entry else "Use the entry that the page names.",
        f"The codes come from another authenticator of the same person{other and ':'}{other}.",
    )


def _unconfirmed(_: Verdict, it: About) -> Told:
    return Told(
        "That code is from a set-up that was begun and never saved.",
        "Use the entry that you had before, or finish the new set-up in My Profile.",
        "The codes come from a new set-up that was never saved; the one before it still counts.",
        "No reset: the earlier entry still works if it is still in the app.",
    )


_APP_SHOWS: Mapping[str, str] = {
    Parameter.SHA256.value: "codes made with SHA-256",
    Parameter.SHA512.value: "codes made with SHA-512",
    Parameter.DIGITS_8.value: "8 digits",
    Parameter.PERIOD_60.value: "a new code only every 60 seconds",
    Parameter.TEXT_KEY.value: "codes of a key that was read as text",
}


def _parameters(verdict: Verdict, _: About) -> Told:
    shows = _APP_SHOWS.get(verdict.detail, "codes made with other settings")
    return Told(
        f"Your app shows {shows}: the entry has other settings than the QR code.",
        "Delete the entry and scan the code again. If you type the key, choose time-based, "
        "SHA-1, 6 digits, 30 seconds.",
        f"The key is right, but the app shows {shows}.",
        "Waiting or unlocking does not help: the entry in the app must be made anew.",
    )


def _not_in_a_row(_: Verdict, __: About) -> Told:
    return Told(
        "Both codes were right, but they did not follow one another.",
        "Enter the code that the app shows, wait until it changes once, and enter the next one.",
        "Both codes are right but not consecutive: one was skipped, or the order was wrong.",
        "Nothing needs to be reset.",
    )


def _malformed(verdict: Verdict, _: About) -> Told:
    what = {"too many": "too many digits", "too few": "too few digits"}.get(
        verdict.detail, "something else than six digits"
    )
    return Told(
        f"What was typed had {what}." if "digits" in what[:12] else f"That was {what}.",
        "Enter the six digits that the app shows now.",
        f"What was typed was no code: {what}. It did not count as a try.",
    )


def _not_checked(_: Verdict, __: About) -> Told:
    return Told(
        "That code was not looked at: after wrong ones something else was asked for first.",
        "Do what the page asks: wait until the time that it names, enter two codes, or open the "
        "link in your mailbox.",
        "The code was not looked at: a wait was running, or two codes or a mailed link were asked "
        "for. A right one is refused too.",
        "Do not let them try on: it does not help, and wrong codes make it longer.",
    )


def _repeated(_: Verdict, __: About) -> Told:
    return Told(
        "That was the same code as the one before. It was counted once.",
        "Wait until the app shows a new one.",
        "The same wrong code was sent twice; it was counted once.",
    )


def _no_match(_: Verdict, it: About) -> Told:
    name = f" {it.entry}" if it.entry else ""
    return Told(
        "That code fits none of your entries at any time within half a day.",
        f"Look whether the app shows the entry{name}, and type its code digit by digit.",
        "The codes fit none of the person's entries: a typing mistake, an entry of another site, "
        "or somebody who guesses.",
        "Do not reset anything before you know who is calling: this is also what guessing "
        "looks like.",
    )


_TELL: Mapping[Cause, Callable[[Verdict, About], Told]] = {
    Cause.USED: _used,
    Cause.CLOCK: _clock,
    Cause.TIME_ZONE: _time_zone,
    Cause.REPLACED: _replaced,
    Cause.OTHER: _other,
    Cause.UNCONFIRMED: _unconfirmed,
    Cause.PARAMETERS: _parameters,
    Cause.NOT_IN_A_ROW: _not_in_a_row,
    Cause.MALFORMED: _malformed,
    Cause.NOT_CHECKED: _not_checked,
    Cause.REPEATED: _repeated,
    Cause.NO_MATCH: _no_match,
}
