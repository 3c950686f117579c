"""An incident in words: short, true, and complete."""

from dataclasses import replace

import pytest

from twofold.core.diagnosis import Cause
from twofold.core.people import DAY, HOUR, MINUTE
from twofold.core.radar import Incident
from twofold.core.radar_groups import EVERYBODY, Dimension, Group
from twofold.core.radar_words import (
    CAUSES,
    cause_sentence,
    headline,
    likely_cause,
    mostly,
    name_of,
    size,
)

NINE_TEN = 1_788_739_200 + 9 * HOUR + 10 * MINUTE
"""Mon 7 Sep 2026."""
INCIDENT = Incident(
    group=Group(Dimension.APP, "Microsoft Authenticator on Android"),
    began=NINE_TEN,
    last=NINE_TEN + HOUR,
    people=tuple(f"p{n}" for n in range(34)),
    tried=41,
    expected=1.3,
    cause=Cause.CLOCK,
    of_cause=34,
)


def test_since_when_and_who_is_one_line() -> None:
    """In the present while it goes on, in the past afterwards, with the day if it is another."""
    who = "mostly Microsoft Authenticator on Android"
    assert headline(INCIDENT, NINE_TEN + HOUR) == f"Since 09:10 UTC, {who}"
    assert headline(INCIDENT, NINE_TEN + 3 * HOUR) == f"From 09:10 to 10:10 UTC, {who}"
    late = replace(INCIDENT, last=NINE_TEN + DAY)
    assert headline(late, NINE_TEN + DAY) == f"Since Mon 7 Sep, 09:10 UTC, {who}"


def test_how_many_stands_beside_what_is_usual() -> None:
    """A fraction of a person is nobody or one."""
    many = "34 of 41 people had a code refused; usually it would be"
    assert size(INCIDENT) == f"{many} about 1."
    assert size(replace(INCIDENT, expected=0.2)) == f"{many} nobody or one."


def test_the_cause_says_for_how_many_it_holds() -> None:
    """All, most, or only the commonest."""
    means = CAUSES[Cause.CLOCK].means
    assert cause_sentence(INCIDENT) == means
    assert cause_sentence(replace(INCIDENT, of_cause=20)) == f"For 20 of 34: {means}"
    few = cause_sentence(replace(INCIDENT, of_cause=9))
    assert few.startswith("There is no single cause. The commonest, for 9 of 34: the codes were")
    assert "not looked at" in cause_sentence(replace(INCIDENT, cause=None, of_cause=34))


@pytest.mark.parametrize("cause", [None, *Cause])
def test_every_cause_has_a_name_what_it_means_and_what_to_do(cause: Cause | None) -> None:
    """Sentences with an end, and no two alike."""
    words = likely_cause(cause)
    assert words.name
    assert words.means.endswith(".")
    assert words.remedy.endswith(".")
    if cause:
        assert name_of(Group(Dimension.CAUSE, cause)) == words.name
    assert len({one.means for one in CAUSES.values()}) == len(CAUSES) == len(Cause)


@pytest.mark.parametrize(
    ("group", "name", "within"),
    [
        (EVERYBODY, "Everybody", "in all apps and browsers"),
        (Group(Dimension.APP, ""), "Unknown app", "mostly people whose app is not known"),
        (Group(Dimension.PRODUCT, "Aegis"), "Aegis", "mostly Aegis"),
        (Group(Dimension.DEVICE, "on a computer"), "On a computer", "mostly apps on a computer"),
        (Group(Dimension.PLACE, "Edge on Windows"), "Edge on Windows", "mostly in Edge on Windows"),
        (Group(Dimension.BROWSER, "Edge"), "Edge", "mostly in Edge"),
        (Group(Dimension.SYSTEM, "Windows"), "Windows", "mostly in browsers on Windows"),
        (
            Group(Dimension.CAUSE, Cause.TIME_ZONE),
            "Time zone wrong",
            "mostly “time zone wrong”, in all apps and browsers",
        ),
    ],
)
def test_every_kind_of_group_has_a_name_and_a_place_in_a_sentence(
    group: Group, name: str, within: str
) -> None:
    """As in a table, and as after “Since 09:10 UTC, …”."""
    assert (name_of(group), mostly(group)) == (name, within)
