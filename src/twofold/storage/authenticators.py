"""TOTP authenticators; their secrets are sealed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    Executable,
    bindparam,
    case,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)

from twofold.core.authenticators import EVERY, AuthenticatorState, Totp
from twofold.core.people import Instant
from twofold.storage.sealing import KeyRing
from twofold.storage.statements import Statement
from twofold.storage.tables import authenticators, fixed, passkeys

SECRET = "authenticators.sealed_secret"  # noqa: S105 - where it lies, not a secret
PENDING, ACTIVE = fixed(AuthenticatorState.PENDING), fixed(AuthenticatorState.ACTIVE)

TOTP = (
    authenticators.c.id,
    authenticators.c.account_id,
    authenticators.c.person_id,
    authenticators.c.state,
    authenticators.c.sealed_secret,
    authenticators.c.issuer,
    authenticators.c.label,
    authenticators.c.created_at,
    authenticators.c.begun_in,
    authenticators.c.confirmed_at,
    authenticators.c.disabled_at,
    authenticators.c.last_step,
    authenticators.c.drift,
    authenticators.c.last_offset,
    authenticators.c.ended_at,
    authenticators.c.app,
    authenticators.c.spent_until,
    authenticators.c.name,
    authenticators.c.replaces,
    authenticators.c.asked_at,
)
NEWEST = (
    select(*TOTP)
    .where(authenticators.c.person_id == bindparam("person_id"))
    .order_by(authenticators.c.confirmed_at.desc(), authenticators.c.id.desc())
    .limit(1)
)
ALL = (
    select(*TOTP)
    .where(authenticators.c.person_id == bindparam("person_id"))
    .order_by(authenticators.c.created_at.desc(), authenticators.c.id.desc())
    .limit(bindparam("limit"))
)
HAS_FACTOR = select(
    or_(
        exists().where(
            authenticators.c.person_id == bindparam("person_id"), authenticators.c.state == ACTIVE
        ),
        exists().where(passkeys.c.person_id == bindparam("person_id")),
    )
)
IN_FORCE = Statement(
    select(*TOTP)
    .where(authenticators.c.person_id == bindparam("person_id"), authenticators.c.state == ACTIVE)
    .order_by(authenticators.c.confirmed_at, authenticators.c.id)
)
NEWEST_PENDING = NEWEST.where(authenticators.c.state == PENDING)
# Promise P2: the row count of this one statement is the permission. A pending one is claimed too,
# by the code that proves its set-up; a replaced one never.
CLAIM_STEP = Statement(
    update(authenticators)
    .where(
        authenticators.c.id == bindparam("authenticator_id"),
        authenticators.c.last_step < bindparam("step"),
        authenticators.c.state.in_((PENDING, ACTIVE)),
        authenticators.c.disabled_at.is_(None),
    )
    .values(
        last_step=bindparam("step"),
        drift=bindparam("new_drift"),
        last_offset=bindparam("new_offset"),
    )
)
BURN = (
    update(authenticators)
    .where(
        authenticators.c.id == bindparam("authenticator_id"),
        authenticators.c.state == ACTIVE,
        authenticators.c.last_step < bindparam("step"),
    )
    .values(last_step=bindparam("step"))
)
USED_BEYOND = (
    select(*TOTP)
    .where(
        authenticators.c.last_step > bindparam("step"),
        authenticators.c.state.in_((PENDING, ACTIVE)),
    )
    .order_by(authenticators.c.id)
)
BRING_BACK = (
    update(authenticators)
    .where(
        authenticators.c.id == bindparam("authenticator_id"),
        authenticators.c.last_step == bindparam("expected"),
    )
    .values(
        last_step=bindparam("step"),
        spent_until=case(
            (authenticators.c.spent_until < authenticators.c.last_step, authenticators.c.last_step),
            else_=authenticators.c.spent_until,
        ),
    )
)
ACTIVATE = (
    update(authenticators)
    .where(authenticators.c.id == bindparam("authenticator_id"), authenticators.c.state == PENDING)
    .values(state=AuthenticatorState.ACTIVE.value, confirmed_at=bindparam("at"))
)
SET_APP = (
    update(authenticators)
    .where(authenticators.c.id == bindparam("authenticator_id"), authenticators.c.state == PENDING)
    .values(app=bindparam("new_app"))
)
RETIRE = (
    update(authenticators)
    .where(
        authenticators.c.person_id == bindparam("of_person"),
        authenticators.c.id != bindparam("keep"),
        or_(bindparam("every", type_=Boolean), authenticators.c.id == bindparam("only")),
        authenticators.c.state == ACTIVE,
    )
    .values(state=AuthenticatorState.REPLACED.value, ended_at=bindparam("at"))
)
OF_PERSON = (
    authenticators.c.person_id == bindparam("of_person"),
    authenticators.c.id == bindparam("authenticator_id"),
    authenticators.c.state == ACTIVE,
)
REMOVE = (
    update(authenticators)
    .where(*OF_PERSON)
    .values(state=AuthenticatorState.REMOVED.value, ended_at=bindparam("at"))
)
RENAME = update(authenticators).where(*OF_PERSON).values(name=bindparam("new_name"))
ASKED = (
    update(authenticators)
    .where(
        authenticators.c.person_id == bindparam("of_person"),
        authenticators.c.state == ACTIVE,
        authenticators.c.asked_at.is_(None),
    )
    .values(asked_at=bindparam("at"))
)
DISABLE = (
    update(authenticators)
    .where(
        authenticators.c.person_id == bindparam("of_person"),
        authenticators.c.state == ACTIVE,
        authenticators.c.disabled_at.is_(None),
    )
    .values(disabled_at=bindparam("at"))
)
DISCARD_PENDING = delete(authenticators).where(
    authenticators.c.person_id == bindparam("of_person"), authenticators.c.state == PENDING
)


class Authenticators:
    """See `ports.Authenticators`."""

    def __init__(self, connection: Connection, ring: KeyRing) -> None:
        """On the connection of one transaction; `ring` seals and opens the secrets."""
        self._connection = connection
        self._ring = ring

    def add(self, authenticator: Totp) -> None:
        """Insert. The database refuses a second pending one of the same person."""
        self._connection.execute(insert(authenticators), self._values_of(authenticator))

    def has_factor(self, person_id: str) -> bool:
        """Whether anything binds the person to a second step."""
        return bool(self._connection.execute(HAS_FACTOR, {"person_id": person_id}).scalar_one())

    def in_force(self, person_id: str) -> Sequence[Totp]:
        """Those that the person signs in with, the oldest first."""
        rows = IN_FORCE.all(self._connection, {"person_id": person_id})
        return [self._totp_of(row) for row in rows]

    def pending(self, person_id: str) -> Totp | None:
        """The one that is being set up."""
        return self._one(NEWEST_PENDING, person_id)

    def of(self, person_id: str, *, limit: int) -> Sequence[Totp]:
        """The newest of the person's, whatever became of them."""
        rows = self._connection.execute(ALL, {"person_id": person_id, "limit": limit})
        return [self._totp_of(row) for row in rows]

    def set_app(self, authenticator_id: str, app: str) -> None:
        """Note which app is being set up; only while it is pending."""
        values = {"authenticator_id": authenticator_id, "new_app": app}
        self._connection.execute(SET_APP, values)

    def claim_step(self, authenticator_id: str, step: int, *, drift: int, offset: int) -> bool:
        """Use up `step`: true only if it is greater than every step accepted before."""
        values = {
            "authenticator_id": authenticator_id,
            "step": step,
            "new_drift": drift,
            "new_offset": offset,
        }
        return CLAIM_STEP.run(self._connection, values) == 1

    def burn(self, authenticator_id: str, step: int) -> None:
        """No code of an active one up to `step` counts any more."""
        self._connection.execute(BURN, {"authenticator_id": authenticator_id, "step": step})

    def used_beyond(self, step: int) -> Sequence[Totp]:
        """Those of the whole deployment whose last used step is greater. Reads the whole table:
        for one command, never for a page.
        """
        rows = self._connection.execute(USED_BEYOND, {"step": step})
        return [self._totp_of(row) for row in rows]

    def bring_back(self, authenticator_id: str, step: int, *, expected: int) -> bool:
        """Lower the last used step to `step`; false if it was not `expected` any more."""
        values = {"authenticator_id": authenticator_id, "step": step, "expected": expected}
        return self._connection.execute(BRING_BACK, values).rowcount == 1

    def activate(self, authenticator_id: str, *, at: Instant) -> bool:
        """Pending to active; false if it was not pending any more."""
        values = {"authenticator_id": authenticator_id, "at": at}
        return self._connection.execute(ACTIVATE, values).rowcount == 1

    def retire(self, person_id: str, which: str, *, keep: str, at: Instant) -> int:
        """The active authenticator `which` of the person becomes replaced, or with `EVERY` all but
        `keep`; how many.
        """
        values = {
            "of_person": person_id,
            "only": which,
            "every": which == EVERY,
            "keep": keep,
            "at": at,
        }
        return self._connection.execute(RETIRE, values).rowcount

    def remove(self, person_id: str, authenticator_id: str, *, at: Instant) -> bool:
        """An active one of the person becomes removed; false if there is none of this id."""
        values = {"of_person": person_id, "authenticator_id": authenticator_id, "at": at}
        return self._connection.execute(REMOVE, values).rowcount == 1

    def rename(self, person_id: str, authenticator_id: str, name: str) -> bool:
        """Give an active one of the person a name; false if there is none of this id."""
        values = {
            "of_person": person_id,
            "authenticator_id": authenticator_id,
            "new_name": name,
        }
        return self._connection.execute(RENAME, values).rowcount == 1

    def asked(self, person_id: str, *, at: Instant) -> None:
        """The person was asked whether their authenticators still work, and answered."""
        self._connection.execute(ASKED, {"of_person": person_id, "at": at})

    def disable(self, person_id: str, *, at: Instant) -> int:
        """No code of the person's counts any more; how many authenticators that concerns."""
        return self._connection.execute(DISABLE, {"of_person": person_id, "at": at}).rowcount

    def discard_pending(self, person_id: str) -> int:
        """Delete pending set-ups with their secrets; how many."""
        return self._connection.execute(DISCARD_PENDING, {"of_person": person_id}).rowcount

    def _one(self, statement: Executable, person_id: str) -> Totp | None:
        row = self._connection.execute(statement, {"person_id": person_id}).one_or_none()
        return None if row is None else self._totp_of(row)

    def _totp_of(self, values: Sequence[Any]) -> Totp:
        id_, account_id, person_id, state, sealed, *rest = values
        secret = self._ring.open(SECRET, id_, sealed)
        return Totp(id_, account_id, person_id, AuthenticatorState(state), secret, *rest)

    def _values_of(self, authenticator: Totp) -> dict[str, Any]:
        return {
            "id": authenticator.id,
            "account_id": authenticator.account_id,
            "person_id": authenticator.person_id,
            "state": authenticator.state.value,
            "sealed_secret": self._ring.seal(SECRET, authenticator.id, authenticator.secret),
            "issuer": authenticator.issuer,
            "label": authenticator.label,
            "created_at": authenticator.created_at,
            "begun_in": authenticator.begun_in,
            "confirmed_at": authenticator.confirmed_at,
            "disabled_at": authenticator.disabled_at,
            "last_step": authenticator.last_step,
            "drift": authenticator.drift,
            "last_offset": authenticator.last_offset,
            "ended_at": authenticator.ended_at,
            "app": authenticator.app,
            "spent_until": authenticator.spent_until,
            "name": authenticator.name,
            "replaces": authenticator.replaces,
            "asked_at": authenticator.asked_at,
        }
