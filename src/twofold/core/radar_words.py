"""An incident in words: since when, who, how many, the likely cause, and what to do first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from twofold.core.diagnosis import Cause
from twofold.core.people import Instant
from twofold.core.radar import Incident
from twofold.core.radar_groups import UNKNOWN_APP, Dimension, Group

QUIET = "Nothing stands out"


@dataclass(frozen=True, slots=True)
class LikelyCause:
    """A cause that many people share."""

    name: str
    """In a few words, for tables."""
    means: str
    """What is behind it when it comes in a crowd."""
    remedy: str
    """What to do first."""


NOT_KNOWN = LikelyCause(
    "Not looked at",
    "The codes were not looked at, because too many came at once.",
    "Ask one of the people below for a new code, and open their page.",
)
CAUSES: Mapping[Cause, LikelyCause] = {
    Cause.USED: LikelyCause(
        "Used already",
        "The codes were right and had been used already: something sends each code twice.",
        "Ask what fills in or sends the code: a password manager, an extension, a proxy.",
    ),
    Cause.CLOCK: LikelyCause(
        "Clock off",
        "The codes were right, of another moment: clocks are off.",
        "Look at the clock of this server first. If it is right, ask people to turn on automatic "
        "date and time on their phones.",
    ),
    Cause.TIME_ZONE: LikelyCause(
        "Time zone wrong",
        "Clocks are off by whole or half hours: set by hand, as after a journey or at the change "
        "to summer time.",
        "Ask people to turn on automatic time zone and automatic date and time.",
    ),
    Cause.REPLACED: LikelyCause(
        "Old entry",
        "The codes come from set-ups that were replaced: an app shows old entries, for example "
        "out of a backup.",
        "Ask people to use the newest entry in their app, and to delete the older one.",
    ),
    Cause.OTHER: LikelyCause(
        "Another entry",
        "The codes come from another authenticator of the same people.",
        "Ask people to use the entry that the page names.",
    ),
    Cause.UNCONFIRMED: LikelyCause(
        "Set-up not saved",
        "The codes come from set-ups that were begun and never saved.",
        "Ask people to finish the set-up in My Profile, or to use the entry they had before.",
    ),
    Cause.PARAMETERS: LikelyCause(
        "Other settings in the app",
        "The keys are right, and the app computes with other settings: perhaps a new version.",
        "Compare the version of the app with that of somebody for whom it works.",
    ),
    Cause.NOT_IN_A_ROW: LikelyCause(
        "Not in a row",
        "Two codes were asked for, and the two did not follow one another.",
        "Tell people to wait until the code changes once, and to send both together.",
    ),
    Cause.MALFORMED: LikelyCause(
        "Not six digits",
        "What was sent was not six digits: something else fills in the field.",
        "Ask whether a password manager or the browser fills in the code.",
    ),
    Cause.NOT_CHECKED: LikelyCause(
        "Not checked",
        "The codes were not looked at, because the people had to wait after wrong ones.",
        "Look in their histories for what came before the wait.",
    ),
    Cause.REPEATED: LikelyCause(
        "Sent twice",
        "The same wrong code was sent again and again: something repeats the form.",
        "Ask what fills in or sends the code.",
    ),
    Cause.NO_MATCH: LikelyCause(
        "No match",
        "The codes fit none of the people's entries. Typing mistakes do not come in crowds: "
        "either somebody guesses with known passwords, or an app shows codes of other entries.",
        "Look whether the browsers are new to the people. If they are, treat it as an attack.",
    ),
}


def likely_cause(cause: Cause | None) -> LikelyCause:
    """The words for a cause, also for none."""
    return NOT_KNOWN if cause is None else CAUSES[cause]


def name_of(group: Group) -> str:
    """A group as it stands in a table."""
    if group.dimension is Dimension.EVERYBODY:
        return "Everybody"
    if group.dimension is Dimension.CAUSE:
        return CAUSES[Cause(group.value)].name
    if group.dimension is Dimension.APP and group.value == UNKNOWN_APP:
        return "Unknown app"
    return group.value[:1].upper() + group.value[1:]


def mostly(group: Group) -> str:
    """A group within a sentence: “mostly …”."""
    value = group.value
    if group == Group(Dimension.APP, UNKNOWN_APP):
        return "mostly people whose app is not known"
    if group.dimension is Dimension.CAUSE:
        name = name_of(group)
        return f"mostly “{name[:1].lower()}{name[1:]}”, in all apps and browsers"
    return {
        Dimension.EVERYBODY: "in all apps and browsers",
        Dimension.APP: f"mostly {value}",
        Dimension.PRODUCT: f"mostly {value}",
        Dimension.DEVICE: f"mostly apps {value}",
        Dimension.PLACE: f"mostly in {value}",
        Dimension.BROWSER: f"mostly in {value}",
        Dimension.SYSTEM: f"mostly in browsers on {value}",
    }[group.dimension]


def headline(incident: Incident, now: Instant) -> str:
    """“Since 09:10 UTC, mostly Microsoft Authenticator on Android”."""
    began = _moment(incident.began, now)
    if incident.goes_on(now):
        return f"Since {began} UTC, {mostly(incident.group)}"
    return f"From {began} to {_moment(incident.last, now)} UTC, {mostly(incident.group)}"


def size(incident: Incident) -> str:
    """How many, and how many would be usual."""
    many = f"{len(incident.people)} of {incident.tried} people had a code refused"
    if incident.expected < 1:
        return f"{many}; usually it would be nobody or one."
    return f"{many}; usually it would be about {incident.expected:.0f}."


def cause_sentence(incident: Incident) -> str:
    """The likely cause, and for how many it holds."""
    cause = likely_cause(incident.cause)
    if incident.cause is None or incident.of_cause == len(incident.people):
        return cause.means
    if 2 * incident.of_cause < len(incident.people):
        return (
            f"There is no single cause. The commonest, for {incident.of_cause} of "
            f"{len(incident.people)}: {cause.means[:1].lower()}{cause.means[1:]}"
        )
    return f"For {incident.of_cause} of {len(incident.people)}: {cause.means}"


def _moment(at: Instant, now: Instant) -> str:
    """A clock time, with its day where that is another one."""
    then, today = datetime.fromtimestamp(at, UTC), datetime.fromtimestamp(now, UTC)
    return then.strftime("%H:%M" if then.date() == today.date() else "%a %-d %b, %H:%M")
