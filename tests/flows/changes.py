"""Every flow that changes something, ready to be called, with the event that it must leave."""

from collections.abc import Callable

from tests.flows import (
    api_changes,
    group_changes,
    passkey_changes,
    rollout_changes,
    site_changes,
    way_back_changes,
)
from tests.world import DESK, ENCODED, HERE, Organisation
from twofold.core.authenticators import Totp
from twofold.core.desk import Act
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.mail_reports import Action, Report
from twofold.core.mail_texts import MailText
from twofold.core.people import GuardPolicy, Person, Role
from twofold.core.roster import Roster, parse
from twofold.core.tokens import Purpose
from twofold.flows import (
    audit,
    authenticators,
    browsers,
    desk,
    enrol,
    enrol_link,
    guard_policy,
    mail_reports,
    mail_texts,
    mails,
    passwords,
    people,
    recovery,
    recovery_link,
    rollout,
    second_admin,
    second_step,
    sessions,
    setup,
    sign_in,
    step_up,
)
from twofold.flows import roster as rosters
from twofold.flows.verify import Typed

Prepare = Callable[[Organisation], Callable[[], object]]
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


def enrolled(acme: Organisation) -> Person:
    """A member with an authenticator."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    return ben


def code(acme: Organisation) -> Callable[[], object]:
    """A right code."""
    ben = enrolled(acme)
    half = acme.half(ben)
    return lambda: acme.submit_code(half, acme.code(ben))


def wrong_code(acme: Organisation) -> Callable[[], object]:
    """A wrong code."""
    ben = enrolled(acme)
    half = acme.half(ben)
    return lambda: acme.submit_code(half, acme.wrong(acme.active(ben)))


def two_codes_of_a_slow_phone(acme: Organisation) -> Callable[[], object]:
    """A phone three minutes behind is matched anew."""
    ben = enrolled(acme)
    acme.clock.advance(600)
    half = acme.half(ben)
    typed = Typed(acme.code(ben, steps=-7), acme.code(ben, steps=-6))
    return lambda: acme.call(second_step.resync, half=half, typed=typed, place=HERE)


def authenticator_renamed(acme: Organisation) -> Callable[[], object]:
    """One's own."""
    ben = enrolled(acme)
    id_, caller = acme.active(ben).id, acme.caller(ben)
    return lambda: acme.call(
        authenticators.rename, caller=caller, authenticator_id=id_, name="My phone"
    )


def authenticator_removed(acme: Organisation) -> Callable[[], object]:
    """One's own; nobody demands it."""
    ben = enrolled(acme)
    id_, caller = acme.active(ben).id, acme.caller(ben)
    return lambda: acme.call(
        authenticators.remove, caller=caller, authenticator_id=id_, source=DESK
    )


def practised(acme: Organisation) -> Callable[[], object]:
    """A right code tried out."""
    ben = enrolled(acme)
    caller = acme.caller(ben)
    acme.clock.advance(30)
    typed = Typed(acme.code(ben))
    return lambda: acme.call(authenticators.practise, caller=caller, typed=typed, place=HERE)


def recovery_codes(acme: Organisation) -> Callable[[], object]:
    """A new set in place of one."""
    caller = acme.caller(enrolled(acme))
    acme.call(recovery.make, caller=caller, source=DESK)
    return lambda: acme.call(recovery.make, caller=caller, source=DESK)


def recovery_codes_stored(acme: Organisation) -> Callable[[], object]:
    """The person says so."""
    caller = acme.caller(enrolled(acme))
    acme.call(recovery.make, caller=caller, source=DESK)
    return lambda: acme.call(recovery.stored, caller=caller)


def recovery_code(acme: Organisation) -> Callable[[], object]:
    """One of them signs in."""
    ben = enrolled(acme)
    made = acme.call(recovery.make, caller=acme.caller(ben), source=DESK)
    assert isinstance(made, recovery.NewCodes)
    half = acme.half(ben)
    return lambda: acme.call(second_step.recover, half=half, typed=made.codes[0], place=HERE)


def proved_by_recovery_code(acme: Organisation) -> Callable[[], object]:
    """In place of a code, inside a session."""
    ben = enrolled(acme)
    caller = acme.caller(ben)
    made = acme.call(recovery.make, caller=caller, source=DESK)
    assert isinstance(made, recovery.NewCodes)
    return lambda: acme.call(
        step_up.prove_with_recovery_code, caller=caller, typed=made.codes[0], place=HERE
    )


def recovery_link_made(acme: Organisation) -> Callable[[], object]:
    """On the console."""
    ben = enrolled(acme)
    return lambda: acme.call(recovery_link.make, email=ben.email)


def recovery_link_used(acme: Organisation) -> Callable[[], object]:
    """After the password."""
    ben = enrolled(acme)
    made = acme.call(recovery_link.make, email=ben.email)
    assert isinstance(made, recovery_link.RecoveryLink)
    half = acme.half(ben)
    return lambda: acme.call(recovery_link.use, half=half, token=made.token)


def trusted(acme: Organisation) -> Callable[[], object]:
    """A browser trusted at the end of a sign-in."""
    ben = enrolled(acme)
    half = acme.half(ben)
    return lambda: acme.submit_code(half, acme.code(ben), trust=True)


def link_for_a_browser(acme: Organisation) -> Callable[[], object]:
    """A link asked for at the password."""
    return lambda: acme.call(browsers.ask_for_link, email=acme.owner.email, source=DESK)


def browser_opened(acme: Organisation) -> Callable[[], object]:
    """Such a link opened."""
    acme.call(browsers.ask_for_link, email=acme.owner.email, source=DESK)
    token = acme.token(acme.owner, MailKind.BROWSER_LINK)
    return lambda: acme.call(browsers.open_link, token=token, cookie="a cookie of its own")


def link_for_a_code(acme: Organisation) -> Callable[[], object]:
    """A link asked for at the code."""
    half = acme.half(enrolled(acme))
    return lambda: acme.call(browsers.send_code_link, half=half, source=DESK)


def code_link_opened(acme: Organisation) -> Callable[[], object]:
    """Such a link opened."""
    ben = enrolled(acme)
    half = acme.half(ben)
    acme.call(browsers.send_code_link, half=half, source=DESK)
    token = acme.token(ben, MailKind.CODE_LINK)
    return lambda: acme.call(browsers.open_code_link, half=half, token=token)


def stolen_replaced(acme: Organisation) -> Callable[[], object]:
    """A new password in place of a stolen one."""
    caller = acme.enrol(acme.add("Ben"))
    return lambda: acme.call(passwords.replace_stolen, caller=caller, encoded=ENCODED, place=HERE)


def unlocked(acme: Organisation) -> Callable[[], object]:
    """Somebody got going again."""
    ben = acme.add("Ben")
    return lambda: acme.help(ben, Act.UNLOCK)


def helped(act: Act, *, stolen: bool = False) -> Prepare:
    """Something done for somebody with an authenticator."""

    def prepared(acme: Organisation) -> Callable[[], object]:
        ben = enrolled(acme)
        acme.signed_in(ben)
        return lambda: acme.help(ben, act, stolen=stolen)

    return prepared


def pass_used(acme: Organisation) -> Callable[[], object]:
    """A temporary pass signs in."""
    ben = enrolled(acme)
    typed, half = acme.temporary_pass(ben), acme.half(ben)
    return lambda: acme.call(second_step.recover, half=half, typed=typed, place=HERE)


def three_admins(acme: Organisation) -> tuple[Person, Person]:
    """An enrolled admin whom the owner may ask help for, and another owner."""
    adam = acme.add("Adam", Role.ADMIN)
    acme.enrol(adam)
    return adam, acme.add("Otto", Role.OWNER)


def help_asked(acme: Organisation) -> Callable[[], object]:
    """Help for an admin."""
    adam, _ = three_admins(acme)
    return lambda: acme.help(adam, Act.INVITE)


def decided(*, confirm: bool) -> Prepare:
    """The same, confirmed or refused by another owner."""

    def prepared(acme: Organisation) -> Callable[[], object]:
        adam, otto = three_admins(acme)
        asked = acme.help(adam, Act.INVITE)
        assert isinstance(asked, second_admin.Asked)
        return lambda: acme.call(
            second_admin.decide, actor=otto, request_id=asked.request.id, confirm=confirm
        )

    return prepared


def proofs_set(acme: Organisation) -> Callable[[], object]:
    """Another list of proofs."""
    caller = acme.caller(acme.owner)
    return lambda: acme.call(desk.set_proofs, caller=caller, text="Seen on video")


def one_session_ended(acme: Organisation) -> Callable[[], object]:
    """Another session of one's own ended."""
    other, caller = acme.caller(acme.owner), acme.caller(acme.owner)
    return lambda: acme.call(sessions.end_one, caller=caller, session_id=other.session.id)


def browser_ended(acme: Organisation) -> Callable[[], object]:
    """A known browser forgotten."""
    caller = acme.caller(acme.owner)
    browser_id = caller.session.browser_id
    assert browser_id is not None
    return lambda: acme.call(sessions.end_browser, caller=caller, browser_id=browser_id)


def everything_ended(acme: Organisation) -> Callable[[], object]:
    """All sessions and browsers but this one."""
    acme.caller(acme.owner)
    caller = acme.caller(acme.owner)
    return lambda: acme.call(sessions.end_everywhere_else, caller=caller)


def guard_set(acme: Organisation) -> Callable[[], object]:
    """Other settings of the guard."""
    caller, guard = acme.caller(acme.owner), GuardPolicy(pair_after=3)
    return lambda: acme.call(guard_policy.set_guard, caller=caller, guard=guard)


def exported(acme: Organisation) -> Callable[[], object]:
    """The log taken out."""
    caller = acme.caller(acme.owner)
    return lambda: acme.call(audit.begin_export, caller=caller, only=audit.Filter(), form="csv")


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
    return lambda: acme.call(enrol.save_own, caller=caller, typed=typed, place=HERE)


def saved_demanded(acme: Organisation) -> Callable[[], object]:
    """A set-up saved from the mailed link."""
    ben = acme.add("Ben")
    acme.switch_on()
    half, token = acme.half(ben), acme.token(ben, MailKind.SWITCHED_ON)
    pending = acme.call(enrol.begin_demanded, half=half, token=token)
    assert isinstance(pending, Totp)
    typed = acme.code_of(pending)
    return lambda: acme.call(enrol.save_demanded, half=half, token=token, typed=typed, place=HERE)


def set_up_cancelled(acme: Organisation) -> Callable[[], object]:
    """A set-up given up."""
    begun(acme)()
    return lambda: acme.call(enrol.cancel, person=acme.owner)


def link_sent(acme: Organisation) -> Callable[[], object]:
    """A set-up link asked for."""
    ben = acme.add("Ben")
    acme.switch_on()
    half = acme.half(ben)
    return lambda: acme.call(enrol_link.send_link, half=half)


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
    tried = acme.call(step_up.look_up_own_password, caller=caller, place=HERE)
    return lambda: acme.call(
        passwords.change, caller=caller, tried=tried, proved=True, encoded=ENCODED, place=HERE
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
    return lambda: acme.call(rosters.apply, account=acme.account, actor=acme.owner, roster=roster)


def changed_by_import(acme: Organisation) -> Callable[[], object]:
    """A name other in a file."""
    ben = acme.add("Ben")
    roster = parse(f"name,email\nBenjamin,{ben.email}\n".encode())
    assert isinstance(roster, Roster)
    return lambda: acme.call(rosters.apply, account=acme.account, actor=acme.owner, roster=roster)


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
    ben = acme.add("Ben")
    caller, typed = acme.enrol(ben), acme.code(ben)
    return lambda: acme.call(step_up.prove_factor, caller=caller, typed=Typed(typed), place=HERE)


def password_proved(acme: Organisation) -> Callable[[], object]:
    """The password proved again."""
    caller = acme.caller(acme.owner)
    tried = acme.call(step_up.look_up_own_password, caller=caller, place=HERE)
    return lambda: acme.call(
        step_up.settle_own_password, caller=caller, tried=tried, proved=True, place=HERE
    )


def mail_opened(acme: Organisation) -> Callable[[], object]:
    """A mail with links read."""
    caller = acme.caller(acme.owner)
    (mail,) = acme.mails(acme.add("Ben", invited=True))
    return lambda: acme.call(mails.open_mail, caller=caller, mail_id=mail.id, mail_server=False)


def language_chosen(acme: Organisation) -> Callable[[], object]:
    """Somebody wants their mails in German."""
    caller = acme.caller(acme.owner)
    return lambda: acme.call(mail_texts.choose_language, caller=caller, language="de")


def mail_language_set(acme: Organisation) -> Callable[[], object]:
    """Mails in German."""
    caller = acme.caller(acme.owner)
    return lambda: acme.call(mail_texts.set_language, caller=caller, language="de")


def mail_text_written(acme: Organisation) -> Callable[[], object]:
    """An admin's own text of a mail."""
    caller, text = acme.caller(acme.owner), MailText("Now", "{link}")
    kind = MailKind.SWITCHED_ON
    return lambda: acme.call(mail_texts.save, caller=caller, kind=kind, language="en", text=text)


def mail_text_taken_back(acme: Organisation) -> Callable[[], object]:
    """Ours again."""
    caller, kind = acme.caller(acme.owner), MailKind.SWITCHED_ON
    acme.store.call(
        lambda tx: tx.mail_texts.put(acme.account_id, kind, "en", MailText("a", "b"), at=acme.now)
    )
    return lambda: acme.call(mail_texts.restore, caller=caller, kind=kind, language="en")


def mail_came_back(acme: Organisation) -> Callable[[], object]:
    """A server reports that a mail will not arrive."""
    (mail,) = acme.mails(acme.add("Ben", invited=True))
    acme.store.call(lambda tx: tx.mails.sent(mail.id, attempts=1, at=acme.now))
    report = Report(mail.message_id, "", Action.FAILED, "5.1.1", "550 nobody here", None)
    return lambda: acme.call(mail_reports.take, report=report)


TABLE: dict[EventKind, tuple[str, Prepare]] = {
    EventKind.SIGN_IN_STARTED: ("sign_in.settle_password", sign_in_started),
    EventKind.PASSWORD_WRONG: (
        "sign_in.settle_password",
        lambda acme: lambda: acme.submit_password(acme.owner, proved=False),
    ),
    EventKind.SIGN_IN_CANCELLED: ("sign_in.cancel", cancelled),
    EventKind.SIGN_IN_COMPLETED: ("second_step.submit_code", code),
    EventKind.AUTHENTICATOR_RENAMED: ("authenticators.rename", authenticator_renamed),
    EventKind.AUTHENTICATOR_REMOVED: ("authenticators.remove", authenticator_removed),
    EventKind.RECOVERY_MADE: ("recovery.make", recovery_codes),
    EventKind.RECOVERY_STORED: ("recovery.stored", recovery_codes_stored),
    EventKind.RECOVERY_LINK_MADE: ("recovery_link.make", recovery_link_made),
    EventKind.RECOVERY_LINK_USED: ("recovery_link.use", recovery_link_used),
    EventKind.RECOVERY_USED: ("second_step.recover", recovery_code),
    EventKind.RESYNCED: ("second_step.resync", two_codes_of_a_slow_phone),
    EventKind.CODE_REFUSED: ("second_step.submit_code", wrong_code),
    EventKind.ENROL_STARTED: ("enrol.begin_own", begun),
    EventKind.ENROLLED: ("enrol.save_own", saved),
    EventKind.ENROL_CANCELLED: ("enrol.cancel", set_up_cancelled),
    EventKind.ENROL_LINK_SENT: ("enrol_link.send_link", link_sent),
    EventKind.PASSWORD_LINK_SENT: (
        "passwords.request_link",
        lambda acme: lambda: acme.call(passwords.request_link, email=acme.owner.email),
    ),
    EventKind.PASSWORD_SET: ("passwords.set_by_link", password_set),
    EventKind.PASSWORD_CHANGED: ("passwords.change", password_changed),
    EventKind.PERSON_ADDED: ("people.add", added),
    EventKind.PERSON_INVITED: ("people.invite_again", invited),
    EventKind.PEOPLE_IMPORTED: ("roster.apply", imported),
    EventKind.PERSON_CHANGED: ("roster.apply", changed_by_import),
    EventKind.PERSON_ROLE_CHANGED: ("people.set_role", role_given),
    EventKind.PERSON_DISABLED: ("people.set_disabled", disabled),
    EventKind.PERSON_ENABLED: ("people.set_disabled", enabled),
    EventKind.POLICY_SWITCHED_ON: ("rollout.switch_on", switched_on),
    EventKind.POLICY_SWITCHED_OFF: ("rollout.switch_off", switched_off),
    EventKind.ACCOUNT_RENAMED: ("rollout.rename", renamed),
    EventKind.SESSION_ENDED: ("sessions.end", ended),
    EventKind.CODE_ACCEPTED: ("step_up.prove_factor", stepped_up),
    EventKind.PASSWORD_PROVED: ("step_up.settle_own_password", password_proved),
    EventKind.BROWSER_TRUSTED: ("second_step.submit_code", trusted),
    EventKind.BROWSER_LINK_SENT: ("browsers.ask_for_link", link_for_a_browser),
    EventKind.BROWSER_LINK_USED: ("browsers.open_link", browser_opened),
    EventKind.BROWSER_ENDED: ("sessions.end_browser", browser_ended),
    EventKind.SESSIONS_ENDED: ("sessions.end_everywhere_else", everything_ended),
    EventKind.UNLOCKED: ("desk.help_somebody", unlocked),
    EventKind.AUTHENTICATOR_RESET: ("desk.help_somebody", helped(Act.INVITE, stolen=True)),
    EventKind.SET_UP_INVITED: ("desk.help_somebody", helped(Act.INVITE)),
    EventKind.SIGNED_OUT: ("desk.help_somebody", helped(Act.SIGN_OUT)),
    EventKind.PASS_MADE: ("desk.help_somebody", helped(Act.PASS)),
    EventKind.PASS_USED: ("second_step.recover", pass_used),
    EventKind.HELP_ASKED: ("desk.help_somebody", help_asked),
    EventKind.HELP_CONFIRMED: ("second_admin.decide", decided(confirm=True)),
    EventKind.HELP_REFUSED: ("second_admin.decide", decided(confirm=False)),
    EventKind.PROOFS_CHANGED: ("desk.set_proofs", proofs_set),
    EventKind.GUARD_CHANGED: ("guard_policy.set_guard", guard_set),
    EventKind.EXPORTED: ("audit.begin_export", exported),
    EventKind.MAIL_OPENED: ("mails.open_mail", mail_opened),
    EventKind.LANGUAGE_CHOSEN: ("mail_texts.choose_language", language_chosen),
    EventKind.MAIL_LANGUAGE_SET: ("mail_texts.set_language", mail_language_set),
    EventKind.MAIL_TEXT_CHANGED: ("mail_texts.save", mail_text_written),
    EventKind.MAIL_BOUNCED: ("mail_reports.take", mail_came_back),
    EventKind.CONSOLE_LINK_MADE: (
        "setup.console_link",
        lambda acme: lambda: acme.call(setup.console_link, email=None),
    ),
    **way_back_changes.TABLE,
    **rollout_changes.TABLE,
    **passkey_changes.TABLE,
    **group_changes.TABLE,
    **api_changes.TABLE,
    **site_changes.TABLE,
}
MORE: dict[str, tuple[EventKind, Prepare]] = {
    **passkey_changes.MORE,
    **api_changes.MORE,
    "authenticators.practise": (EventKind.CODE_ACCEPTED, practised),
    "step_up.prove_with_recovery_code": (EventKind.RECOVERY_USED, proved_by_recovery_code),
    "enrol.begin_demanded": (EventKind.ENROL_STARTED, begun_demanded),
    "enrol.save_demanded": (EventKind.ENROLLED, saved_demanded),
    "browsers.send_code_link": (EventKind.BROWSER_LINK_SENT, link_for_a_code),
    "browsers.open_code_link": (EventKind.BROWSER_LINK_USED, code_link_opened),
    "passwords.replace_stolen": (EventKind.PASSWORD_CHANGED, stolen_replaced),
    "mail_texts.restore": (EventKind.MAIL_TEXT_CHANGED, mail_text_taken_back),
    "sessions.end_one": (EventKind.SESSION_ENDED, one_session_ended),
    **way_back_changes.MORE,
}
WALKED = [(kind, act) for kind, (_, act) in TABLE.items()] + list(MORE.values())
