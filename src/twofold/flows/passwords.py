"""Setting a password: from an invitation, after forgetting it, or from one's own profile.

None of these signs anybody in, and none touches the second factor: a mailbox alone must never
be enough (CVE-2024-27928).
"""

from dataclasses import dataclass

from twofold.core.attempts import Source
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import Instant, Person, PersonKind, PersonState
from twofold.core.requirement import Requirement, requirement
from twofold.core.rules import Start
from twofold.core.sessions import Caller
from twofold.core.tokens import Purpose
from twofold.core.waits import StopReason
from twofold.flows import expansion, links, sessions, wait_stops
from twofold.flows.links import LinkTrouble, OpenLink
from twofold.flows.outbox import may_be_asked_for, record, write_mail
from twofold.flows.sign_in import From, PasswordRefused, SignInEnded
from twofold.flows.step_up import OwnPasswordTry, own_password_is_right
from twofold.ports import Tx


@dataclass(frozen=True, slots=True)
class PasswordSet:
    """Done. `enrol_token` leads on to the set-up that policy demands, or is empty."""

    person: Person
    enrol_token: str


@dataclass(frozen=True, slots=True)
class PasswordChanged:
    """Done from a session, which has a new id; `token` is its cookie."""

    token: str


def request_link(tx: Tx, now: Instant, *, email: str) -> None:
    """Mail a password link if the address belongs to somebody; the answer is always the same."""
    person = tx.people.by_email(email)
    if person is None or person.state is PersonState.DISABLED:
        return
    if person.kind is PersonKind.SERVICE:
        return
    tx.people.lock(person.id)
    if not may_be_asked_for(tx, now, person.id, MailKind.PASSWORD_LINK):
        return
    token, expires_at = links.mint(tx, now, Purpose.PASSWORD, person)
    write_mail(tx, now, person, MailKind.PASSWORD_LINK, token=token, expires_at=expires_at)
    record(tx, now, EventKind.PASSWORD_LINK_SENT, person, actor_id=None)


def set_by_link(
    tx: Tx, now: Instant, *, purpose: Purpose, token: str, encoded: str, source: Source
) -> PasswordSet | LinkTrouble:
    """Use an invitation or password link to store a new password (an Argon2 string).

    Ends all sessions and half-finished sign-ins of the old password. Somebody invited under a
    policy that demands a second factor goes straight on to the set-up: the mailbox was proved a
    moment ago, in this browser.
    """
    opened = links.use(tx, now, purpose=purpose, token=token)
    if not isinstance(opened, OpenLink):
        return opened
    if opened.person is None or opened.account is None:
        return LinkTrouble.UNKNOWN
    person = tx.people.lock(opened.person.id)
    if not tx.people.set_password(
        person.id, encoded, expected_version=opened.link.password_version
    ):
        return LinkTrouble.USED
    sessions.end_others(tx, now, person)
    wait_stops.stop(tx, now, person, StopReason.PASSWORD)
    record(tx, now, EventKind.PASSWORD_SET, person, actor_id=person.id, by=purpose.value)
    if purpose is not Purpose.INVITATION:
        write_mail(tx, now, person, MailKind.PASSWORD_CHANGED, at=now, browser=source.browser)
        return PasswordSet(person, "")
    enrolled = tx.authenticators.has_factor(person.id)
    with_password = tx.people.lock(person.id)
    expansion.begin_waiting(tx, now, opened.account, with_password, Start.INVITED)
    if requirement(opened.account, person, now, enrolled=enrolled) is Requirement.NONE:
        return PasswordSet(person, "")
    renewed = tx.people.find(person.account_id, person.id)
    enrol_token, _ = links.mint(tx, now, Purpose.ENROL, renewed)
    return PasswordSet(person, enrol_token)


def replace_stolen(
    tx: Tx, now: Instant, *, caller: Caller, encoded: str, place: From
) -> PasswordChanged | SignInEnded:
    """A new password in place of one that counts as stolen, right after a complete sign-in.

    Password and code were proved a moment ago; a session older than that signs in again.
    """
    if not caller.session.has_fresh_password(now) or not caller.session.has_fresh_factor(now):
        return SignInEnded()
    person = tx.people.lock(caller.person.id)
    token = sessions.renew(tx, now, caller.session, password=True, factor=False)
    if token is None or not tx.people.set_password(
        person.id, encoded, expected_version=person.password_version
    ):
        return SignInEnded()
    sessions.end_others(tx, now, person, keep=caller.session.id)
    wait_stops.stop(tx, now, person, StopReason.PASSWORD, actor_id=person.id)
    record(tx, now, EventKind.PASSWORD_CHANGED, person, actor_id=person.id)
    write_mail(tx, now, person, MailKind.PASSWORD_CHANGED, at=now, browser=place.source.browser)
    return PasswordChanged(token)


def change(
    tx: Tx,
    now: Instant,
    *,
    caller: Caller,
    tried: OwnPasswordTry,
    proved: bool,
    encoded: str,
    place: From,
) -> PasswordChanged | PasswordRefused | SignInEnded:
    """A new password from one's own profile, the current one proved; ends other sessions."""
    if not own_password_is_right(tx, now, caller=caller, tried=tried, proved=proved, place=place):
        return PasswordRefused()
    token = sessions.renew(tx, now, caller.session, password=True, factor=False)
    if token is None:
        return SignInEnded()
    person = tx.people.lock(caller.person.id)
    if not tx.people.set_password(person.id, encoded, expected_version=tried.password_version):
        return SignInEnded()
    sessions.end_others(tx, now, person, keep=caller.session.id)
    wait_stops.stop(tx, now, person, StopReason.PASSWORD, actor_id=person.id)
    record(tx, now, EventKind.PASSWORD_CHANGED, person, actor_id=person.id)
    write_mail(tx, now, person, MailKind.PASSWORD_CHANGED, at=now, browser=place.source.browser)
    return PasswordChanged(token)


def own_hash(tx: Tx, *, caller: Caller) -> str | None:
    """The Argon2 string of the caller's present password, to refuse it as the new one."""
    return tx.people.credential(caller.person.id).encoded
