"""Whatever changes something leaves a trace: a table of all flows, walked."""

from collections.abc import Callable
from types import ModuleType

import pytest

from tests.world import DESK, ENCODED, Organisation
from twofold.core.authenticators import Totp
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import Role
from twofold.core.roster import Roster, parse
from twofold.core.tokens import Purpose
from twofold.flows import (
    console,
    enrol,
    links,
    mails,
    passwords,
    people,
    rollout,
    sessions,
    setup,
    sign_in,
    step_up,
    verify,
)

Act = Callable[[Organisation], Callable[[], object]]
"""Prepares on an organisation, and gives back the one call that is looked at."""


def sign_in_started(acme: Organisation) -> Callable[[], object]:
    """A right password of somebody enrolled."""
    acme.enrol(acme.owner)
    return lambda: acme.submit_password(acme.owner)


def cancelled(acme: Organisation) -> Callable[[], object]:
    """A sign-in given up."""
    acme.enrol(acme.owner)
    half = acme.half(acme.owner)
    return lambda: acme.call(sign_in.cancel, half=half)


def code(acme: Organisation) -> Callable[[], object]:
    """A right code."""
    acme.enrol(acme.owner)
    half = acme.half(acme.owner)
    return lambda: acme.submit_code(half, acme.code(acme.owner))


def wrong_code(acme: Organisation) -> Callable[[], object]:
    """A wrong code."""
    acme.enrol(acme.owner)
    half = acme.half(acme.owner)
    return lambda: acme.submit_code(half, acme.wrong(acme.active(acme.owner)))


def begun(acme: Organisation) -> Callable[[], object]:
    """A set-up begun from the profile."""
    caller = acme.caller(acme.owner)
    return lambda: acme.call(enrol.begin_own, caller=caller)


def begun_demanded(acme: Organisation) -> Callable[[], object]:
    """A set-up begun from the mailed link."""
    ben = acme.add("Ben")
    acme.switch_on()
    half, token = acme.half(ben), acme.token(ben, MailKind.SWITCHED_ON)
    return lambda: acme.call(enrol.begin_demanded, half=half, token=token)


def saved(acme: Organisation) -> Callable[[], object]:
    """A set-up saved from the profile."""
    caller = acme.caller(acme.owner)
    pending = acme.call(enrol.begin_own, caller=caller)
    assert isinstance(pending, Totp)
    typed = acme.code_of(pending)
    return lambda: acme.call(enrol.save_own, caller=caller, typed=typed, source=DESK)


def saved_demanded(acme: Organisation) -> Callable[[], object]:
    """A set-up saved from the mailed link."""
    ben = acme.add("Ben")
    acme.switch_on()
    half, token = acme.half(ben), acme.token(ben, MailKind.SWITCHED_ON)
    pending = acme.call(enrol.begin_demanded, half=half, token=token)
    assert isinstance(pending, Totp)
    typed = acme.code_of(pending)
    return lambda: acme.call(enrol.save_demanded, half=half, token=token, typed=typed, source=DESK)


def set_up_cancelled(acme: Organisation) -> Callable[[], object]:
    """A set-up given up."""
    begun(acme)()
    return lambda: acme.call(enrol.cancel, person=acme.owner)


def link_sent(acme: Organisation) -> Callable[[], object]:
    """A set-up link asked for."""
    ben = acme.add("Ben")
    acme.switch_on()
    half = acme.half(ben)
    return lambda: acme.call(enrol.send_link, half=half)


def password_set(acme: Organisation) -> Callable[[], object]:
    """A password set by a mailed link."""
    acme.call(passwords.request_link, email=acme.owner.email)
    token = acme.token(acme.owner, MailKind.PASSWORD_LINK)
    return lambda: acme.call(
        passwords.set_by_link,
        purpose=Purpose.PASSWORD,
        token=token,
        encoded=ENCODED,
        source=DESK,
    )


def password_changed(acme: Organisation) -> Callable[[], object]:
    """A password changed from the profile."""
    caller = acme.caller(acme.owner)
    tried = acme.store.call(step_up.look_up_own_password, caller=caller)
    return lambda: acme.call(
        passwords.change, caller=caller, tried=tried, proved=True, encoded=ENCODED, source=DESK
    )


def added(acme: Organisation) -> Callable[[], object]:
    """Somebody added."""
    return lambda: acme.add("Ben")


def invited(acme: Organisation) -> Callable[[], object]:
    """Somebody invited again."""
    ben = acme.add("Ben", invited=True)
    return lambda: acme.call(people.invite_again, actor=acme.owner, person_id=ben.id)


def imported(acme: Organisation) -> Callable[[], object]:
    """A file imported."""
    roster = parse(b"name,email\nBen,ben@acme.example\n")
    assert isinstance(roster, Roster)
    return lambda: acme.call(
        people.apply_import, account=acme.account, actor=acme.owner, roster=roster
    )


def role_given(acme: Organisation) -> Callable[[], object]:
    """A role changed."""
    ben = acme.add("Ben")
    return lambda: acme.call(people.set_role, actor=acme.owner, person_id=ben.id, role=Role.ADMIN)


def disabled(acme: Organisation) -> Callable[[], object]:
    """Somebody disabled."""
    ben = acme.add("Ben")
    return lambda: acme.call(people.set_disabled, actor=acme.owner, person_id=ben.id, disabled=True)


def enabled(acme: Organisation) -> Callable[[], object]:
    """Somebody let in again."""
    ben = acme.add("Ben")
    acme.call(people.set_disabled, actor=acme.owner, person_id=ben.id, disabled=True)
    return lambda: acme.call(
        people.set_disabled, actor=acme.owner, person_id=ben.id, disabled=False
    )


def switched_on(acme: Organisation) -> Callable[[], object]:
    """The switch moved."""
    caller = acme.enrol(acme.owner)
    return lambda: acme.call(rollout.switch_on, caller=caller)


def switched_off(acme: Organisation) -> Callable[[], object]:
    """The switch moved back."""
    caller = acme.switch_on()
    return lambda: acme.call(rollout.switch_off, caller=caller)


def renamed(acme: Organisation) -> Callable[[], object]:
    """The organisation renamed."""
    caller = acme.caller(acme.owner)
    return lambda: acme.call(rollout.rename, caller=caller, name="Acme2", issuer="Acme2")


def ended(acme: Organisation) -> Callable[[], object]:
    """A session ended."""
    caller = acme.caller(acme.owner)
    return lambda: acme.call(sessions.end, caller=caller)


def stepped_up(acme: Organisation) -> Callable[[], object]:
    """The factor proved again."""
    caller = acme.enrol(acme.owner)
    typed = acme.code(acme.owner)
    return lambda: acme.call(step_up.prove_factor, caller=caller, typed=typed, source=DESK)


def password_proved(acme: Organisation) -> Callable[[], object]:
    """The password proved again."""
    caller = acme.caller(acme.owner)
    tried = acme.store.call(step_up.look_up_own_password, caller=caller)
    return lambda: acme.call(
        step_up.settle_own_password, caller=caller, tried=tried, proved=True, source=DESK
    )


def mail_opened(acme: Organisation) -> Callable[[], object]:
    """A mail with links read."""
    caller = acme.caller(acme.owner)
    (mail,) = acme.mails(acme.add("Ben", invited=True))
    return lambda: acme.call(mails.open_mail, caller=caller, mail_id=mail.id, mail_server=False)


TABLE: dict[EventKind, tuple[str, Act]] = {
    EventKind.SIGN_IN_STARTED: ("sign_in.settle_password", sign_in_started),
    EventKind.PASSWORD_WRONG: (
        "sign_in.settle_password",
        lambda acme: lambda: acme.submit_password(acme.owner, proved=False),
    ),
    EventKind.SIGN_IN_CANCELLED: ("sign_in.cancel", cancelled),
    EventKind.SIGN_IN_COMPLETED: ("sign_in.submit_code", code),
    EventKind.CODE_REFUSED: ("sign_in.submit_code", wrong_code),
    EventKind.ENROL_STARTED: ("enrol.begin_own", begun),
    EventKind.ENROLLED: ("enrol.save_own", saved),
    EventKind.ENROL_CANCELLED: ("enrol.cancel", set_up_cancelled),
    EventKind.ENROL_LINK_SENT: ("enrol.send_link", link_sent),
    EventKind.PASSWORD_LINK_SENT: (
        "passwords.request_link",
        lambda acme: lambda: acme.call(passwords.request_link, email=acme.owner.email),
    ),
    EventKind.PASSWORD_SET: ("passwords.set_by_link", password_set),
    EventKind.PASSWORD_CHANGED: ("passwords.change", password_changed),
    EventKind.PERSON_ADDED: ("people.add", added),
    EventKind.PERSON_INVITED: ("people.invite_again", invited),
    EventKind.PEOPLE_IMPORTED: ("people.apply_import", imported),
    EventKind.PERSON_ROLE_CHANGED: ("people.set_role", role_given),
    EventKind.PERSON_DISABLED: ("people.set_disabled", disabled),
    EventKind.PERSON_ENABLED: ("people.set_disabled", enabled),
    EventKind.POLICY_SWITCHED_ON: ("rollout.switch_on", switched_on),
    EventKind.POLICY_SWITCHED_OFF: ("rollout.switch_off", switched_off),
    EventKind.ACCOUNT_RENAMED: ("rollout.rename", renamed),
    EventKind.SESSION_ENDED: ("sessions.end", ended),
    EventKind.CODE_ACCEPTED: ("step_up.prove_factor", stepped_up),
    EventKind.PASSWORD_PROVED: ("step_up.settle_own_password", password_proved),
    EventKind.MAIL_OPENED: ("mails.open_mail", mail_opened),
    EventKind.CONSOLE_LINK_MADE: (
        "setup.console_link",
        lambda acme: lambda: acme.call(setup.console_link, email=None),
    ),
}
MORE: dict[str, tuple[EventKind, Act]] = {
    "enrol.begin_demanded": (EventKind.ENROL_STARTED, begun_demanded),
    "enrol.save_demanded": (EventKind.ENROLLED, saved_demanded),
}
WALKED = [(kind, act) for kind, (_, act) in TABLE.items()] + list(MORE.values())

ELSEWHERE = {
    # Read only.
    "console.choose_account", "console.list_people", "console.list_mails",
    "enrol.own", "enrol.wait_for_link", "links.look", "mails.list_mails",
    "people.everybody", "people.kept_upload", "people.list_people", "people.look",
    "people.preview_import", "rollout.preview", "rollout.standing", "setup.needs_first_admin",
    "sign_in.entry_of", "sign_in.locked_until_for", "sign_in.look_up_password",
    "sign_in.whose_expired", "step_up.look_up_own_password", "verify.locked_until",
    # Parts of the flows in the table, and what is seen in their entries.
    "enrol.begin", "links.mint", "links.use", "sessions.begin", "sessions.end_others",
    "sessions.renew", "verify.prove_code",
    # Before there is an account, there is no log; the making of one is tested with the set-up.
    "setup.first_admin_link", "setup.found", "setup.found_by_link",
    # Bookkeeping that nobody asks about: the idle limit, a file that waits for its button.
    "sessions.touch", "people.keep_upload", "people.drop_upload",
}  # fmt: skip


@pytest.mark.parametrize(("kind", "act"), WALKED, ids=lambda value: getattr(value, "name", ""))
def test_a_change_writes_its_event(acme: Organisation, kind: EventKind, act: Act) -> None:
    """In the transaction of the change, numbered without a gap, about a person of the account."""
    change = act(acme)
    before = len(acme.events())
    change()
    events = acme.events()
    assert [event.seq for event in reversed(events)] == list(range(1, len(events) + 1))
    fresh = events[: len(events) - before]
    assert [event.kind for event in fresh].count(kind) == 1
    assert {event.at for event in fresh} == {acme.now}


def test_the_table_knows_every_flow() -> None:
    """A new flow writes an event and stands in the table, or is named as one that need not."""
    modules = (
        console, enrol, links, mails, passwords, people, rollout, sessions, setup, sign_in,
        step_up, verify,
    )  # fmt: skip
    walked = {name for name, _ in TABLE.values()} | set(MORE)
    known = {name for module in modules for name in flows_of(module)}
    assert known == walked | ELSEWHERE
    assert walked & ELSEWHERE == set()


def flows_of(module: ModuleType) -> set[str]:
    """The public functions of a module that work on a transaction."""
    short = module.__name__.rsplit(".", 1)[1]
    return {
        f"{short}.{name}"
        for name, value in vars(module).items()
        if not name.startswith("_")
        and getattr(value, "__module__", "") == module.__name__
        and "tx" in getattr(value, "__annotations__", {})
    }


def test_every_kind_of_event_is_written_by_some_flow() -> None:
    """The vocabulary has no word that nothing says."""
    seen_elsewhere = {
        EventKind.ACCOUNT_CREATED,  # test_setup.py
        EventKind.POLICY_REFUSED,  # test_rollout.py
        EventKind.SESSIONS_ENDED,  # test_sessions.py
        EventKind.REPLACED,  # test_enrol.py
        EventKind.LOCKED,  # test_verify.py
    }
    assert set(TABLE) | seen_elsewhere == set(EventKind)
