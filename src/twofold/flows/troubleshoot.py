"""Why somebody cannot sign in: gathered for the help desk, and for the person's own history."""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.core.addresses import SecondAddress
from twofold.core.attempts import Attempt, AttemptPurpose, Outcome
from twofold.core.browsers import Browser
from twofold.core.case import Case
from twofold.core.evidence import Device, Tried, device_of, tries
from twofold.core.locks import Counted, locks_of
from twofold.core.people import DAY, Instant, Person
from twofold.core.policy import (
    may_help,
    may_manage,
    numbers_of,
    profile_of,
)
from twofold.core.sessions import Session
from twofold.core.waits import Wait
from twofold.flows import guard
from twofold.flows.stand_ins import STAND_INS
from twofold.ports import Tx

LOOKED_AT = 50
"""Attempts that are looked at, and that a history shows."""
MOST_DEVICES = 7
MOST_MAILS = 10
SIGNS_IN = (AttemptPurpose.SIGN_IN, AttemptPurpose.RESYNC, *STAND_INS)


@dataclass(frozen=True, slots=True)
class Dossier:
    """One person as the help desk or an admin sees them."""

    case: Case
    may_manage: bool
    may_help: bool
    second: SecondAddress | None = None
    wait: Wait | None = None
    """The delayed recovery that runs."""


def look(tx: Tx, now: Instant, *, actor: Person, person_id: str) -> Dossier | None:
    """A person of the actor's account; None for anybody else's."""
    case = case_of(tx, now, account_id=actor.account_id, person_id=person_id)
    if case is None:
        return None
    return Dossier(
        case,
        may_manage=may_manage(actor, case.person),
        may_help=may_help(actor, case.person),
        second=tx.addresses.of(case.person.id),
        wait=tx.waits.running(case.person.id),
    )


def case_of(tx: Tx, now: Instant, *, account_id: str, person_id: str) -> Case | None:
    """Everything that is known about one person of the account; changes nothing."""
    person = tx.people.find(account_id, person_id)
    if person is None:
        return None
    account = tx.accounts.get(account_id)
    attempts = tx.attempts.of(person.id, limit=LOOKED_AT)
    devices = _devices(tx, person.id, attempts)
    active = [one for one in devices if one.is_active]
    browsers = [one for one in tx.browsers.of(person.id) if one.is_known(now)]
    sessions = [one for one in tx.sessions.of(person.id) if one.is_alive(now)]
    counted = _counted(tx, person, browsers)
    locks = locks_of(
        now,
        numbers_of(account, authenticators=len(active)),
        person=person,
        disabled_at=next((one.disabled_at for one in active), None),
        profile=profile_of(account, person.role),
        counted=counted,
    )
    return Case(
        now=now,
        person=person,
        account=account,
        devices=devices,
        tried=tries(attempts, devices),
        locks=locks,
        mails=tx.mails.of(person.id, limit=MOST_MAILS),
        wrong_passwords=_wrong_passwords(counted, now),
        sessions=len(sessions),
        seen_at=max((one.seen_at for one in sessions), default=None),
        signed_in_at=_signed_in_at(attempts, browsers, sessions),
        recovery=tx.recovery.standing(person.id),
        passkeys=tx.passkeys.of(person.id),
    )


def _devices(tx: Tx, person_id: str, attempts: Sequence[Attempt]) -> list[Device]:
    found = tx.authenticators.of(person_id, limit=MOST_DEVICES)
    return [device_of(totp, attempts) for totp in found]


def _counted(tx: Tx, person: Person, browsers: Sequence[Browser]) -> Counted:
    """What the guard has counted about the person, not locked."""
    own = [f"{stage}:person:{person.id}" for stage in ("pw", "code")]
    own += [f"code:row:{person.id}", f"code:enrol:{person.id}", guard.SITE_CODES]
    per_browser = [
        f"{stage}:browser:{browser.id}" for browser in browsers for stage in ("pw", "code")
    ]
    states = guard.peek(tx, [*own, *per_browser])
    passwords, codes, in_a_row, set_up, site = (states[key] for key in own)
    return Counted(
        passwords=passwords,
        codes=codes,
        in_a_row=in_a_row,
        set_up=set_up,
        site=site,
        browsers=[
            (one.name, states[f"pw:browser:{one.id}"], states[f"code:browser:{one.id}"])
            for one in browsers
        ],
    )


def _wrong_passwords(counted: Counted, now: Instant) -> list[Instant]:
    states = [counted.passwords, *(passwords for _, passwords, _ in counted.browsers)]
    return sorted((at for one in states for at in one.failures if at > now - DAY), reverse=True)


def _signed_in_at(
    attempts: Sequence[Attempt], browsers: Sequence[Browser], sessions: Sequence[Session]
) -> Instant | None:
    """The last complete sign-in: by code, or in a browser that is known since, or still open."""
    moments = [
        one.at for one in attempts if one.outcome is Outcome.ACCEPTED and one.purpose in SIGNS_IN
    ]
    moments += [one.seen_at for one in browsers]
    moments += [one.created_at for one in sessions]
    return max(moments, default=None)


def history(tx: Tx, _now: Instant, *, person_id: str) -> Sequence[Tried]:
    """One's own newest codes with their reasons, newest first."""
    attempts = tx.attempts.of(person_id, limit=LOOKED_AT)
    return tries(attempts, _devices(tx, person_id, attempts))


def case_by_email(tx: Tx, now: Instant, *, email: str) -> Case | None:
    """The case of whoever has this address in the deployment; for the command line alone."""
    person = tx.people.by_email(email)
    if person is None:
        return None
    return case_of(tx, now, account_id=person.account_id, person_id=person.id)
