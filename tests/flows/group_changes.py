"""The flows about groups that change something, for the table in `changes.py`."""

from collections.abc import Callable

from tests.world import Organisation
from twofold.core.events import EventKind
from twofold.core.groups import Group, day_in
from twofold.core.people import Person
from twofold.flows import groups

Act = Callable[[Organisation], Callable[[], object]]


def made(acme: Organisation, name: str = "Sales") -> Group:
    """A new group, made by the owner."""
    group = acme.call(groups.create, caller=acme.caller(acme.owner), name=name)
    assert isinstance(group, Group)
    return group


def put_in(acme: Organisation, group: Group, *people: Person) -> None:
    """Put people in, by their addresses."""
    text = "\n".join(person.email for person in people)
    acme.call(groups.enter, caller=acme.caller(acme.owner), group_id=group.id, text=text)


def created(acme: Organisation) -> Callable[[], object]:
    """A group made."""
    return lambda: made(acme)


def renamed(acme: Organisation) -> Callable[[], object]:
    """A group renamed."""
    caller, group = acme.caller(acme.owner), made(acme)
    return lambda: acme.call(groups.rename, caller=caller, group_id=group.id, name="Service")


def deleted(acme: Organisation) -> Callable[[], object]:
    """A group deleted with somebody in it."""
    caller, group = acme.caller(acme.owner), made(acme)
    put_in(acme, group, acme.add("Ben"))
    return lambda: acme.call(groups.delete, caller=caller, group_id=group.id)


def lead_named(acme: Organisation) -> Callable[[], object]:
    """A lead named."""
    caller, group, ben = acme.caller(acme.owner), made(acme), acme.add("Ben")
    return lambda: acme.call(groups.set_lead, caller=caller, group_id=group.id, email=ben.email)


def entered(acme: Organisation) -> Callable[[], object]:
    """Somebody put in."""
    group, ben = made(acme), acme.add("Ben")
    caller = acme.caller(acme.owner)
    return lambda: acme.call(groups.enter, caller=caller, group_id=group.id, text=ben.email)


def left(acme: Organisation) -> Callable[[], object]:
    """Somebody taken out."""
    caller, group, ben = acme.caller(acme.owner), made(acme), acme.add("Ben")
    put_in(acme, group, ben)
    return lambda: acme.call(
        groups.place, caller=caller, person_id=ben.id, group_id=group.id, inside=False
    )


def exchange_planned(acme: Organisation) -> Callable[[], object]:
    """Days for new phones."""
    caller, group = acme.caller(acme.owner), made(acme)
    day = day_in(acme.now, "UTC")
    return lambda: acme.call(
        groups.set_exchange, caller=caller, group_id=group.id, first=day, last=day
    )


TABLE: dict[EventKind, tuple[str, Act]] = {
    EventKind.GROUP_CREATED: ("groups.create", created),
    EventKind.GROUP_RENAMED: ("groups.rename", renamed),
    EventKind.GROUP_DELETED: ("groups.delete", deleted),
    EventKind.GROUP_LEAD_SET: ("groups.set_lead", lead_named),
    EventKind.GROUP_ENTERED: ("groups.enter", entered),
    EventKind.GROUP_LEFT: ("groups.place", left),
    EventKind.GROUP_EXCHANGE_SET: ("groups.set_exchange", exchange_planned),
}
