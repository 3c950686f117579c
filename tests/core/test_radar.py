"""Incident radar: quiet on ordinary days, and not when one app's people are refused."""

from fractions import Fraction
from math import comb, exp
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.traffic import APPS, MONDAY, Past, Somebody, crowd, one_day
from twofold.core import radar
from twofold.core.diagnosis import Cause
from twofold.core.people import DAY, HOUR, MINUTE, Instant
from twofold.core.radar import FEWEST, SPANS, likely, rows_of
from twofold.core.radar_groups import (
    EVERYBODY,
    Cell,
    Dimension,
    Group,
    Grouping,
    Share,
    Try,
    Usual,
    usual_of,
)
from twofold.core.rates import BELIEVED, STEADY, belief, log_tail, share_of
from twofold.data import load_apps

CATALOGUE = load_apps()
MS_ANDROID = "microsoft-authenticator-android"
MS_TITLE = "Microsoft Authenticator on Android"
NINE_TEN = MONDAY + 29 * DAY + 9 * HOUR + 10 * MINUTE
MONTH = 29


def test_the_tail_is_the_exact_one() -> None:
    """Against fractions: the beta-binomial distribution with whole parameters."""
    a, b, tried = 3, 40, 25

    def rising(x: int, n: int) -> Fraction:
        product = Fraction(1)
        for k in range(n):
            product *= x + k
        return product

    def exactly(k: int) -> Fraction:
        return comb(tried, k) * rising(a, k) * rising(b, tried - k) / rising(a + b, tried)

    assert sum(exactly(k) for k in range(tried + 1)) == 1
    for refused in range(tried + 1):
        tail = sum(exactly(k) for k in range(refused, tried + 1))
        assert exp(log_tail(refused, tried, a, b)) == pytest.approx(float(tail), rel=1e-9)


@given(
    tried=st.integers(1, 5000),
    share=st.floats(0.0005, 0.5),
    weight=st.floats(5, STEADY),
    data=st.data(),
)
def test_the_tail_falls_with_each_person(
    tried: int, share: float, weight: float, data: st.DataObject
) -> None:
    """It is a chance, and one more refused person is never more likely."""
    refused = data.draw(st.integers(0, tried))
    a, b = share * weight, (1 - share) * weight
    chances = [log_tail(refused + more, tried, a, b) for more in (0, 1)]
    assert chances[1] <= chances[0] + 1e-9
    assert max(chances) <= 0


def test_little_history_is_little_certainty() -> None:
    """A new deployment believes in one of ten; a new group is like everybody; a long history is
    worth a bounded number of tries.
    """
    group = Group(Dimension.APP, MS_TITLE)
    assert share_of({}, group) == pytest.approx(BELIEVED)
    usual = {EVERYBODY: Share(200, 10_000), Group(Dimension.BROWSER, "Edge"): Share(900, 3000)}
    assert share_of(usual, EVERYBODY) == pytest.approx(0.02, rel=0.01)
    assert share_of(usual, group) == pytest.approx(0.02, rel=0.01)
    assert sum(belief(usual, EVERYBODY)) == pytest.approx(STEADY)
    assert sum(belief(usual, group)) == pytest.approx(20)
    assert share_of(usual, Group(Dimension.CAUSE, Cause.CLOCK)) < 0.0001
    assert share_of(usual, Group(Dimension.BROWSER, "Edge")) == pytest.approx(0.298, abs=0.001)


def test_everybody_belongs_to_groups_of_apps_and_browsers() -> None:
    """An app that nobody named, or that is gone, is the unknown one; a browser text is split."""
    of = Grouping(CATALOGUE).of
    assert of(MS_ANDROID, "Edge on Windows") == (
        EVERYBODY,
        Group(Dimension.APP, MS_TITLE),
        Group(Dimension.PRODUCT, "Microsoft Authenticator"),
        Group(Dimension.DEVICE, "on Android"),
        Group(Dimension.PLACE, "Edge on Windows"),
        Group(Dimension.BROWSER, "Edge"),
        Group(Dimension.SYSTEM, "Windows"),
    )
    for gone in ("", "an-app-of-the-past"):
        assert of(gone, "curl") == (
            EVERYBODY,
            Group(Dimension.APP, ""),
            Group(Dimension.BROWSER, "curl"),
        )


def test_what_is_usual_is_added_up_over_cells() -> None:
    """Each cell counts for all its groups; causes are shares of everybody's tries."""
    cells = [Cell(MS_ANDROID, "Edge on Windows", 100, 5), Cell("", "Edge on macOS", 50, 1)]
    usual = usual_of(cells, {Cause.CLOCK: 4}, CATALOGUE)
    assert usual[EVERYBODY] == Share(6, 150)
    assert usual[Group(Dimension.BROWSER, "Edge")] == Share(6, 150)
    assert usual[Group(Dimension.APP, MS_TITLE)] == Share(5, 100)
    assert usual[Group(Dimension.APP, "")] == Share(1, 50)
    assert usual[Group(Dimension.CAUSE, Cause.CLOCK)] == Share(4, 150)


# ---- a year ------------------------------------------------------------------------------------


@pytest.mark.timeout(600)
def test_an_ordinary_year_is_quiet() -> None:
    """A thousand people, looked at every hour of every working day: no alarm at all, although
    Mondays are twice as bad, and every day two people try on and on with a broken phone.
    """
    random = Random(20_261_124)
    people, past = crowd(random, 1000), Past(CATALOGUE)
    yesterday: list[Try] = []
    looks = alarms = refused = 0
    for day in range(MONTH + 365):
        midnight = MONDAY + day * DAY
        today = one_day(random, people, midnight)
        if day >= MONTH and today[50:]:
            usual = past.usual()
            for hour in range(8, 18):
                looks += 1
                tries = [*yesterday, *today]
                alarms += bool(radar.find(tries, usual, CATALOGUE, midnight + hour * HOUR))
        past.add(yesterday)
        yesterday = today
        refused += sum(one.refused for one in today)
    assert looks > 2500
    assert refused > 8000
    assert alarms == 0


@pytest.fixture(scope="module")
def month() -> tuple[list[Somebody], Usual, list[Try]]:
    """A thousand people, what a month made usual, and the codes of the Monday after it."""
    random = Random(7)
    people, past = crowd(random, 1000), Past(CATALOGUE)
    for day in range(MONTH - 1):
        past.add(one_day(random, people, MONDAY + day * DAY))
    return people, past.usual(), one_day(random, people, MONDAY + MONTH * DAY)


def struck(
    victims: list[Somebody], *, begin: Instant = NINE_TEN, cause: Cause = Cause.PARAMETERS
) -> list[Try]:
    """Three codes of each of them refused, all within the hour."""
    return [
        Try(
            who.id, begin + n * 2700 // len(victims) + again * 40, who.app, who.browser, True, cause
        )
        for n, who in enumerate(victims)
        for again in range(3)
    ]


def seen(month: tuple[list[Somebody], Usual, list[Try]], more: list[Try]) -> tuple[
    radar.Incident, ...
]:  # fmt: skip
    """What stands out at ten past ten, with `more` refused codes among the ordinary ones."""
    _, usual, monday = month
    hurt = {one.person_id for one in more}
    kept = [one for one in monday if one.person_id not in hurt or one.at < NINE_TEN]
    return radar.find([*kept, *more], usual, CATALOGUE, NINE_TEN + HOUR)


@pytest.mark.parametrize("app", [app for app in APPS if app])
def test_three_in_ten_of_one_apps_people_are_found_within_the_hour(
    month: tuple[list[Somebody], Usual, list[Try]], app: str
) -> None:
    """Whichever app it is, with the right name, the time, the cause, and nobody else."""
    own = [who for who in month[0] if who.app == app]
    victims = own[: -(-len(own) * 3 // 10)]
    incident, *rest = seen(month, struck(victims))
    assert rest == []
    found = CATALOGUE.find(app)
    assert found
    assert incident.group in (
        Group(Dimension.APP, found.title),
        Group(Dimension.PRODUCT, found.name),
    )
    assert set(incident.people) >= {who.id for who in victims}
    assert len(incident.people) <= len(victims) + 3
    assert abs(incident.began - NINE_TEN) <= 10 * MINUTE
    assert (incident.cause, incident.goes_on(NINE_TEN + HOUR)) == (Cause.PARAMETERS, True)
    assert incident.tried >= len(incident.people) > 2 * incident.expected


def test_the_ordinary_monday_itself_is_quiet(
    month: tuple[list[Somebody], Usual, list[Try]],
) -> None:
    """So what the other tests find is what they put in."""
    assert seen(month, []) == ()


def test_a_browser_is_told_from_an_app(month: tuple[list[Somebody], Usual, list[Try]]) -> None:
    """Firefox on every system, whichever app."""
    victims = [who for who in month[0] if who.browser.startswith("Firefox")]
    (incident,) = seen(month, struck(victims, cause=Cause.MALFORMED))
    assert incident.group == Group(Dimension.BROWSER, "Firefox")


def test_trouble_of_all_is_nobodys_in_particular(
    month: tuple[list[Somebody], Usual, list[Try]],
) -> None:
    """As when our own clock is off."""
    (incident,) = seen(month, struck(month[0][:300], cause=Cause.CLOCK))
    assert (incident.group, incident.cause) == (EVERYBODY, Cause.CLOCK)


def test_a_rare_cause_stands_out_where_no_group_does(
    month: tuple[list[Somebody], Usual, list[Try]],
) -> None:
    """A dozen phones with a wrong time zone are few among many refused codes, but never happen."""
    (incident,) = seen(month, struck(month[0][::80], cause=Cause.TIME_ZONE))
    assert incident.group == Group(Dimension.CAUSE, Cause.TIME_ZONE)
    assert set(incident.people) == {who.id for who in month[0][::80]}


def test_two_incidents_at_once_are_two(month: tuple[list[Somebody], Usual, list[Try]]) -> None:
    """The people of the first are left out when the second is looked for."""
    authy = [who for who in month[0] if who.app == "authy-ios"][:25]
    linux = [who for who in month[0] if who.browser.endswith("Linux") and who not in authy]
    found = seen(month, struck(authy) + struck(linux, cause=Cause.USED))
    assert {one.group.value for one in found} >= {"Twilio Authy on iPhone", "Linux"} or {
        one.group.value for one in found
    } >= {"Twilio Authy on iPhone", "Firefox on Linux"}
    assert not set(found[0].people) & set(found[1].people)


def test_what_comes_in_slowly_is_found_over_the_day(
    month: tuple[list[Somebody], Usual, list[Try]],
) -> None:
    """A new version that reaches a few people an hour."""
    people, usual, monday = month
    ids = {who.id for who in people if who.app == MS_ANDROID}
    hurt = [
        Try(one.person_id, one.at, one.app, one.browser, True, Cause.PARAMETERS)
        if one.person_id in ids and int(one.person_id[1:]) % 4 == 0
        else one
        for one in monday
    ]
    now = MONDAY + MONTH * DAY + 17 * HOUR + 30 * MINUTE
    last_hour = [one for one in hurt if one.at > now - HOUR]
    assert radar.find(last_hour, usual, CATALOGUE, now) == ()
    (incident,) = radar.find(hurt, usual, CATALOGUE, now)
    assert incident.group == Group(Dimension.APP, MS_TITLE)
    assert incident.last - incident.began > 6 * HOUR


# ---- what is no incident -------------------------------------------------------------------------


def test_one_person_is_never_an_incident(month: tuple[list[Somebody], Usual, list[Try]]) -> None:
    """Nor four, however often they try."""
    few = [who for who in month[0] if who.app == MS_ANDROID][: FEWEST - 1]
    assert seen(month, struck(few) * 30) == ()


def test_without_history_only_what_is_far_beyond_belief_stands_out() -> None:
    """The first morning of a deployment: some trouble is expected, a total failure is not."""

    def morning(refused: int, of: int) -> list[Try]:
        return [
            Try(f"p{n}", NINE_TEN + n, "", "Edge on Windows", n < refused, None) for n in range(of)
        ]

    now = NINE_TEN + 600
    assert radar.find([], {}, CATALOGUE, now) == ()
    assert radar.find(morning(12, 60), {}, CATALOGUE, now) == ()
    (incident,) = radar.find(morning(58, 60), {}, CATALOGUE, now)
    assert (incident.group, len(incident.people), incident.cause) == (EVERYBODY, 58, None)


def test_somewhat_more_than_usual_is_no_incident_however_many_they_are() -> None:
    """Three in ten of two thousand, where two in ten are usual: no chance, and no incident."""
    usual = usual_of([Cell("", "curl", 50_000, 10_000)], {}, CATALOGUE)

    def refused(share: int) -> list[Try]:
        return [Try(f"p{n}", NINE_TEN, "", "curl", n % 20 < share, None) for n in range(2000)]

    assert log_tail(600, 2000, *belief(usual, EVERYBODY)) < -20
    assert radar.find(refused(6), usual, CATALOGUE, NINE_TEN) == ()
    assert len(radar.find(refused(9), usual, CATALOGUE, NINE_TEN)) == 1


def test_what_is_usually_so_is_no_incident() -> None:
    """A third of this app's codes are always refused."""
    cells = [Cell("authy-ios", "Edge on Windows", 900, 300), Cell("", "Edge on Windows", 9000, 200)]
    usual = usual_of(cells, {}, CATALOGUE)
    tries = [
        Try(f"p{n}", NINE_TEN + n, "authy-ios" if n < 60 else "", "Edge on Windows", n < 20, None)
        for n in range(600)
    ]
    assert radar.find(tries, usual, CATALOGUE, NINE_TEN + 700) == ()


def test_it_is_over_an_hour_after_the_last_one(
    month: tuple[list[Somebody], Usual, list[Try]],
) -> None:
    """It stays on the page for the day, in the past tense, and is gone after it."""
    people, usual, monday = month
    hurt = struck([who for who in people if who.app == MS_ANDROID][:100])
    hurt_ids = {one.person_id for one in hurt}
    tries = [*(one for one in monday if one.person_id not in hurt_ids), *hurt]
    for later, goes_on in ((HOUR, True), (2 * HOUR, False), (6 * HOUR, False)):
        (incident,) = radar.find(tries, usual, CATALOGUE, NINE_TEN + later)
        assert incident.goes_on(NINE_TEN + later) is goes_on, later
        assert 0 <= max(one.at for one in hurt) - incident.last < 5 * MINUTE
    assert radar.find(tries, usual, CATALOGUE, NINE_TEN + DAY + HOUR) == ()
    assert max(SPANS) == DAY


# ---- causes and tables -----------------------------------------------------------------------


def test_of_each_person_the_most_telling_cause_counts() -> None:
    """Who waits, repeats or mistypes had something else before."""

    def one(who: str, cause: Cause | None) -> Try:
        return Try(who, 0, "", "curl", True, cause)

    assert likely([]) == (None, 0)
    assert likely([one("a", None)]) == (None, 1)
    told = [one("a", Cause.NOT_CHECKED), one("a", Cause.CLOCK), one("a", Cause.NOT_CHECKED)]
    assert likely(told) == (Cause.CLOCK, 1)
    told += [one("b", Cause.NOT_CHECKED), one("b", None), one("c", Cause.NOT_CHECKED)]
    assert likely(told) == (Cause.NOT_CHECKED, 2)
    assert likely([*told, one("d", Cause.CLOCK)]) == (Cause.CLOCK, 2)


def test_the_table_counts_people_and_begins_with_what_is_furthest_beyond_usual() -> None:
    """Those who tried, those who were refused, and how many would usually be."""
    usual = {EVERYBODY: Share(20, 980), Group(Dimension.APP, ""): Share(18, 980)}
    tries = [
        Try("a", 0, "", "Edge on Windows", True, Cause.CLOCK),
        Try("a", 9, "", "Edge on Windows", False),
        Try("b", 0, "", "Edge on Windows", False),
        Try("b", HOUR, "", "Edge on Windows", False),
        Try("c", 0, MS_ANDROID, "curl", True, Cause.USED),
    ]
    rows = rows_of(tries, usual, CATALOGUE, Dimension.APP)
    assert [(row.group.value, row.refused, row.tried) for row in rows] == [
        (MS_TITLE, 1, 1),
        ("", 1, 2),
    ]
    share = share_of(usual, rows[1].group)
    assert rows[1].expected == pytest.approx(share + 1 - (1 - share) ** 2)
    (clock, used) = rows_of(tries, usual, CATALOGUE, Dimension.CAUSE)
    assert (clock.group.value, clock.refused, clock.tried) == (Cause.CLOCK, 1, 3)
    assert used.group.value == Cause.USED
    assert rows_of([], usual, CATALOGUE, Dimension.APP) == ()
