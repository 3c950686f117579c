"""What stands out in an organisation: counted from its own codes, quiet on an ordinary day."""

from tests.conftest import FixedClock
from tests.trouble import bad_morning, code, ordinary_month
from tests.world import Organisation
from twofold.core.diagnosis import Cause
from twofold.core.people import DAY, HOUR, MINUTE
from twofold.core.radar_groups import EVERYBODY, Dimension, Group, Share
from twofold.data import load_apps
from twofold.flows import radar
from twofold.flows.radar import MOST_LISTED, RadarPage
from twofold.flows.radar_watch import LOOK_KEPT, USUAL_KEPT, Changes, RadarWatch
from twofold.ports import Store

CATALOGUE = load_apps()
TITLE = "Microsoft Authenticator on Android"


def page_of(acme: Organisation, by: Dimension = Dimension.APP) -> RadarPage:
    """The page now."""
    return RadarWatch(acme.store, CATALOGUE).page(acme.now, acme.account_id, by)


def test_an_empty_organisation_is_quiet(acme: Organisation) -> None:
    """All 48 hours are there, with nobody in them."""
    page = page_of(acme)
    assert (page.told, page.rows, page.refused, page.tried) == ([], (), 0, 0)
    assert [hour.at for hour in page.hours] == [
        (acme.now // HOUR - back) * HOUR for back in reversed(range(48))
    ]
    assert not any(hour.tried for hour in page.hours)


def test_what_is_usual_is_that_of_the_weeks_before_the_last_day(
    acme: Organisation, clock: FixedClock
) -> None:
    """Today is judged and not counted in, and what is older than 29 days is forgotten."""
    people = ordinary_month(acme, 30)
    bad_morning(acme, people)
    usual = acme.store.read(radar.usual, acme.now, account_id=acme.account_id, catalogue=CATALOGUE)
    assert usual[EVERYBODY] == Share(12, 360)
    assert usual[Group(Dimension.APP, TITLE)].tried == 180
    assert usual[Group(Dimension.CAUSE, Cause.NO_MATCH)] == Share(12, 360)
    clock.advance(28 * DAY)
    usual = acme.store.read(radar.usual, acme.now, account_id=acme.account_id, catalogue=CATALOGUE)
    assert usual[EVERYBODY] == Share(16, 31), "thirty people, one of them across the full hour"


def test_an_ordinary_day_is_quiet(acme: Organisation) -> None:
    """Everybody signs in, two are refused."""
    people = ordinary_month(acme)
    for number, person in enumerate(people):
        wrong = Cause.CLOCK if number in (3, 8) else None
        one = code(acme, person, acme.now - 1800 + number * 20, wrong)
        acme.store.call(lambda tx, one=one: tx.attempts.add(one))
    page = page_of(acme)
    assert page.told == []
    assert (page.refused, page.tried) == (2, 60)
    assert 1 < page.expected < 4


def test_one_app_that_fails_stands_out_with_its_people(acme: Organisation) -> None:
    """Since when, which app, why, and who; the others are not in the list."""
    people = ordinary_month(acme)
    bad_morning(acme, people)
    (told,) = page_of(acme).told
    incident = told.incident
    assert incident.group == Group(Dimension.APP, TITLE)
    assert incident.goes_on(acme.now)
    assert abs(incident.began - (acme.now - 30 * MINUTE)) < 5 * MINUTE
    assert (incident.cause, incident.of_cause) == (Cause.PARAMETERS, 30)
    assert [person.id for person in told.people] == [one.id for one in people[1::2]]
    assert told.more == 0
    rows = page_of(acme).rows
    assert (rows[0].group.value, rows[0].refused, rows[0].tried) == (TITLE, 30, 30)
    assert {row.refused for row in rows[1:]} == {0}
    assert page_of(acme, Dimension.CAUSE).rows[0].group.value == Cause.PARAMETERS
    assert sum(hour.refused for hour in page_of(acme).hours) >= 30


def test_a_long_list_of_people_is_cut(acme: Organisation) -> None:
    """Fifty are named, the rest is counted."""
    bad_morning(acme, ordinary_month(acme, 2 * MOST_LISTED + 14))
    (told,) = page_of(acme).told
    assert (len(told.people), told.more) == (MOST_LISTED, 7)
    names = [person.name for person in told.people]
    assert names == sorted(names)


def test_another_accounts_trouble_is_its_own(acme: Organisation, bolt: Organisation) -> None:
    """Bolt's morning neither shows at Acme nor makes Acme's usual share."""
    ordinary_month(acme, 20)
    bad_morning(bolt, ordinary_month(bolt))
    assert page_of(acme).told == []
    assert page_of(acme).tried == 0
    assert len(page_of(bolt).told) == 1


# ---- again and again -----------------------------------------------------------------------------


def test_a_look_serves_for_half_a_minute_and_what_is_usual_for_an_hour(
    acme: Organisation, clock: FixedClock
) -> None:
    """However many ask; the page itself is as of now."""
    people = ordinary_month(acme)
    reads: list[str] = []

    class Counting:
        def read(self, flow, *args, **kwargs):  # type: ignore[no-untyped-def]
            reads.append(flow.__name__)
            return acme.store.read(flow, *args, **kwargs)

    watch = RadarWatch(Counting(), CATALOGUE)  # type: ignore[arg-type]
    assert watch.incidents(acme.now, acme.account_id) == ()
    bad_morning(acme, people)
    assert watch.incidents(acme.now, acme.account_id) == ()
    assert len(watch.page(acme.now, acme.account_id, Dimension.APP).told) == 1
    assert reads == ["usual", "look", "show"]
    clock.advance(LOOK_KEPT)
    assert len(watch.incidents(acme.now, acme.account_id)) == 1
    clock.advance(USUAL_KEPT)
    watch.incidents(acme.now, acme.account_id)
    assert reads[3:] == ["look", "usual", "look"]
    clock.moment -= 10
    watch.incidents(acme.now, acme.account_id)
    assert reads[-2:] == ["usual", "look"], "a clock set back does not keep a look for ever"


def test_an_incident_begins_and_ends_once(acme: Organisation, clock: FixedClock) -> None:
    """While it goes on it is the same one, however often it is looked at."""
    people = ordinary_month(acme)
    bad_morning(acme, people)
    watch, changes = RadarWatch(acme.store, CATALOGUE), Changes()

    def changed() -> tuple[int, int]:
        seen = {acme.account_id: watch.incidents(acme.now, acme.account_id)}
        begun, ended = changes.since_last(acme.now, seen)
        return len(begun), len(ended)

    assert changed() == (1, 0)
    clock.advance(LOOK_KEPT)
    assert changed() == (0, 0)
    clock.advance(HOUR)
    assert changed() == (0, 1)
    assert changed() == (0, 0)


def test_every_account_is_looked_at(acme: Organisation, bolt: Organisation, store: Store) -> None:
    """The worker asks for them."""
    assert set(store.read(radar.accounts)) == {acme.account_id, bolt.account_id}
