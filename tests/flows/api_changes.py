"""The flows of applications that change something, for the table in `changes.py`."""

from collections.abc import Callable

from tests.world import Organisation
from twofold.core.applications import ApiCaller, Scope
from twofold.core.authenticators import Totp
from twofold.core.events import EventKind
from twofold.core.people import Person
from twofold.flows import app_people, applications, verifications
from twofold.flows.applications import NewKey
from twofold.flows.proofs import Typed

Act = Callable[[Organisation], Callable[[], object]]


def made(acme: Organisation, *scopes: Scope, name: str = "Shop") -> NewKey:
    """A new application that may do everything, or this."""
    new = acme.call(
        applications.make,
        account=acme.account,
        actor=acme.owner,
        name=name,
        scopes=scopes or tuple(Scope),
    )
    assert isinstance(new, NewKey)
    return new


def caller_of(acme: Organisation, new: NewKey) -> ApiCaller:
    """Who asks with this key."""
    return ApiCaller(new.application, new.key, acme.account)


def named(acme: Organisation, name: str = "Ben", external_id: str = "u-18") -> Person:
    """A member whom an application knows."""
    person = acme.add(name)
    acme.store.call(
        lambda tx: tx.people.set_details(
            person.id, name=name, language="", zone="", external_id=external_id
        )
    )
    return acme.person(person.id)


def application_made(acme: Organisation) -> Callable[[], object]:
    """A key for somebody's program."""
    return lambda: made(acme)


def key_made(acme: Organisation) -> Callable[[], object]:
    """A new key for an old one."""
    id_ = made(acme).application.id
    return lambda: acme.call(
        applications.rotate, account=acme.account, actor=acme.owner, application_id=id_, overlap=60
    )


def key_ended(acme: Organisation) -> Callable[[], object]:
    """One key."""
    id_ = made(acme).key.id
    return lambda: acme.call(
        applications.end_key, account=acme.account, actor=acme.owner, key_id=id_
    )


def application_ended(acme: Organisation) -> Callable[[], object]:
    """All of them."""
    id_ = made(acme).application.id
    return lambda: acme.call(
        applications.end, account=acme.account, actor=acme.owner, application_id=id_
    )


def verified(acme: Organisation) -> Callable[[], object]:
    """A right code of an application."""
    caller, ben = caller_of(acme, made(acme)), named(acme)
    acme.enrol(ben)
    asked = verifications.Asked("u-18", Typed(acme.code(ben)))
    return lambda: acme.store.call(verifications.verify, acme.now, caller, asked=asked)


def set_up_begun(acme: Organisation) -> Callable[[], object]:
    """Of somebody new."""
    caller = caller_of(acme, made(acme))
    return lambda: begun(acme, caller)


def begun(acme: Organisation, caller: ApiCaller) -> Totp:
    """A set-up of somebody new."""
    pending = acme.store.call(
        app_people.begin,
        acme.now,
        caller,
        external_id="u-19",
        name="Gil",
        email="gil@shop.example",
        proof="",
    )
    assert isinstance(pending, Totp)
    return pending


def set_up_confirmed(acme: Organisation) -> Callable[[], object]:
    """By a right code."""
    caller = caller_of(acme, made(acme))
    pending = begun(acme, caller)
    return lambda: acme.store.call(
        app_people.confirm,
        acme.now,
        caller,
        external_id="u-19",
        set_up_id=pending.id,
        typed=acme.code_of(pending),
    )


def set_up_cancelled(acme: Organisation) -> Callable[[], object]:
    """Before its first code."""
    caller = caller_of(acme, made(acme))
    id_ = begun(acme, caller).id
    return lambda: acme.store.call(
        app_people.cancel, acme.now, caller, external_id="u-19", set_up_id=id_
    )


def proved(acme: Organisation) -> tuple[ApiCaller, Person]:
    """Somebody with a fresh proof."""
    caller, ben = caller_of(acme, made(acme)), named(acme)
    acme.enrol(ben)
    asked = verifications.Asked("u-18", Typed(acme.code(ben)), attempt="attempt-1")
    acme.store.call(verifications.verify, acme.now, caller, asked=asked)
    return caller, ben


def authenticator_removed(acme: Organisation) -> Callable[[], object]:
    """By its application."""
    caller, ben = proved(acme)
    id_ = acme.active(ben).id
    return lambda: acme.store.call(
        app_people.remove,
        acme.now,
        caller,
        external_id="u-18",
        authenticator_id=id_,
        proof="attempt-1",
    )


def codes_made(acme: Organisation) -> Callable[[], object]:
    """In place of the first ones."""
    caller, _ = proved(acme)
    return lambda: acme.store.call(
        app_people.make_codes, acme.now, caller, external_id="u-18", proof="attempt-1"
    )


TABLE: dict[EventKind, tuple[str, Act]] = {
    EventKind.APPLICATION_MADE: ("applications.make", application_made),
    EventKind.KEY_MADE: ("applications.rotate", key_made),
    EventKind.KEY_ENDED: ("applications.end_key", key_ended),
    EventKind.APPLICATION_ENDED: ("applications.end", application_ended),
}
MORE: dict[str, tuple[EventKind, Act]] = {
    "verifications.verify": (EventKind.CODE_ACCEPTED, verified),
    "app_people.begin": (EventKind.ENROL_STARTED, set_up_begun),
    "app_people.confirm": (EventKind.ENROLLED, set_up_confirmed),
    "app_people.cancel": (EventKind.ENROL_CANCELLED, set_up_cancelled),
    "app_people.remove": (EventKind.AUTHENTICATOR_REMOVED, authenticator_removed),
    "app_people.make_codes": (EventKind.RECOVERY_MADE, codes_made),
}
