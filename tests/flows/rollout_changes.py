"""The flows of the rollout that change something, for the table in `changes.py`."""

from collections.abc import Callable

from tests.world import Organisation
from twofold.core.events import EventKind
from twofold.core.listing import Asked
from twofold.core.people import DAY, Person
from twofold.core.rules import EVERYBODY, Calendar, Start
from twofold.flows import deadlines, listing, pauses, reminders, rollout

Act = Callable[[Organisation], Callable[[], object]]


def with_days(acme: Organisation, days: int = 14) -> Person:
    """A member, and everybody has two weeks."""
    ben = acme.add("Ben")
    acme.call(rollout.switch_on, caller=acme.enrol(acme.owner), days=days)
    return ben


def taken_back(acme: Organisation) -> Callable[[], object]:
    """A switch undone before its first mail has left."""
    with_days(acme)
    caller = acme.caller(acme.owner)
    return lambda: acme.call(pauses.take_back, caller=caller, target=EVERYBODY)


def paused(acme: Organisation) -> Callable[[], object]:
    """Two hours of rest."""
    caller = acme.caller(acme.owner)
    return lambda: acme.call(
        pauses.pause, caller=caller, target=EVERYBODY, hours=2, reason="Stocktaking"
    )


def resumed(acme: Organisation) -> Callable[[], object]:
    """The same ended by hand."""
    paused(acme)()
    caller = acme.caller(acme.owner)
    return lambda: acme.call(pauses.resume, caller=caller, target=EVERYBODY)


def reported(acme: Organisation) -> Callable[[], object]:
    """Report-only mode."""
    caller = acme.caller(acme.owner)
    return lambda: acme.call(pauses.set_report_only, caller=caller, on=True)


def near_stop(acme: Organisation) -> Callable[[], object]:
    """A sign-in that would have been stopped."""
    ben = acme.add("Ben")
    reported(acme)()
    acme.switch_on()
    return lambda: acme.submit_password(ben)


def offered(acme: Organisation) -> Callable[[], object]:
    """Nobody is offered a second step."""
    caller = acme.caller(acme.owner)
    return lambda: acme.call(pauses.set_stance, caller=caller, target=EVERYBODY, offered=False)


def calendar(acme: Organisation) -> Callable[[], object]:
    """Another zone."""
    caller = acme.caller(acme.owner)
    return lambda: acme.call(pauses.set_calendar, caller=caller, calendar=Calendar("Europe/Berlin"))


def days(acme: Organisation) -> Callable[[], object]:
    """A week more for everybody."""
    with_days(acme)
    caller = acme.caller(acme.owner)
    return lambda: acme.call(
        pauses.change_days, caller=caller, target=EVERYBODY, days=21, start=Start.SWITCH
    )


def extended(acme: Organisation) -> Callable[[], object]:
    """A month for one."""
    ben = with_days(acme)
    until = acme.now + 30 * DAY
    return lambda: acme.call(
        deadlines.extend, actor=acme.owner, people=[ben.id], until=until, reason="At sea"
    )


def away(acme: Organisation) -> Callable[[], object]:
    """Leave."""
    ben = acme.add("Ben")
    until = acme.now + 30 * DAY
    return lambda: acme.call(deadlines.set_leave, actor=acme.owner, person_id=ben.id, until=until)


def exempted(acme: Organisation) -> Callable[[], object]:
    """Left out."""
    ben = acme.add("Ben")
    until = acme.now + 30 * DAY
    return lambda: acme.call(
        deadlines.exempt, actor=acme.owner, person_id=ben.id, until=until, reason="No phone"
    )


def exemption_ended(acme: Organisation) -> Callable[[], object]:
    """And not any more."""
    exempted(acme)()
    ben = acme.store.call(lambda tx: tx.people.by_email("ben@acme.example"))
    assert ben is not None
    return lambda: acme.call(deadlines.end_exemption, actor=acme.owner, person_id=ben.id)


def reminded(acme: Organisation) -> Callable[[], object]:
    """A reminder by hand."""
    ben = with_days(acme)
    return lambda: acme.call(reminders.remind_by_hand, actor=acme.owner, people=[ben.id])


def list_exported(acme: Organisation) -> Callable[[], object]:
    """The people table as a file."""
    caller = acme.caller(acme.owner)
    return lambda: acme.call(
        listing.begin_export, caller=caller, asked=Asked(), ticked=0, columns="role", form="csv"
    )


TABLE: dict[EventKind, tuple[str, Act]] = {
    EventKind.POLICY_TAKEN_BACK: ("pauses.take_back", taken_back),
    EventKind.POLICY_PAUSED: ("pauses.pause", paused),
    EventKind.POLICY_RESUMED: ("pauses.resume", resumed),
    EventKind.REPORT_ONLY: ("pauses.set_report_only", reported),
    EventKind.NEAR_STOP: ("sign_in.settle_password", near_stop),
    EventKind.STANCE_CHANGED: ("pauses.set_stance", offered),
    EventKind.CALENDAR_CHANGED: ("pauses.set_calendar", calendar),
    EventKind.DAYS_CHANGED: ("pauses.change_days", days),
    EventKind.REMINDED: ("reminders.remind_by_hand", reminded),
    EventKind.PEOPLE_EXPORTED: ("listing.begin_export", list_exported),
    EventKind.DEADLINE_MOVED: ("deadlines.extend", extended),
    EventKind.LEAVE_SET: ("deadlines.set_leave", away),
    EventKind.EXEMPTED: ("deadlines.exempt", exempted),
    EventKind.EXEMPTION_ENDED: ("deadlines.end_exemption", exemption_ended),
}
