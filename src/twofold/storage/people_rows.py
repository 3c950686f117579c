"""How a person stands in a row, for every statement that joins people."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import exists, or_

from twofold.core.authenticators import AuthenticatorState
from twofold.core.people import Person, PersonKind, PersonState, Role
from twofold.core.rules import Duty
from twofold.storage.tables import authenticators, fixed, passkeys, people

PERSON = (
    people.c.id,
    people.c.account_id,
    people.c.name,
    people.c.email,
    people.c.role,
    people.c.state,
    people.c.password.is_not(None).label("has_password"),
    people.c.password_version,
    people.c.password_stolen_at.is_not(None).label("must_change"),
    people.c.created_at,
    people.c.kind,
    people.c.groups,
    people.c.began_at,
    people.c.due_at,
    people.c.exempt_until,
    people.c.away_until,
    people.c.duty_round,
    people.c.extended_until,
    people.c.zone,
    people.c.language,
    people.c.external_id,
)
ENROLLED = or_(
    exists().where(
        authenticators.c.person_id == people.c.id,
        authenticators.c.state == fixed(AuthenticatorState.ACTIVE),
    ),
    exists().where(passkeys.c.person_id == people.c.id),
)


def person_of(values: Sequence[Any]) -> Person:
    """The person in the columns `PERSON`."""
    id_, account_id, name, email, role, state, has_password, version, *others = values
    must_change, at, kind, groups, *others = others
    began_at, due_at, exempt_until, away_until, round_, extended, *others = others
    zone, language, known_as = others
    return Person(
        id=id_,
        account_id=account_id,
        name=name,
        email=email,
        role=Role(role),
        state=PersonState(state),
        has_password=bool(has_password),
        password_version=version,
        must_change_password=bool(must_change),
        created_at=at,
        kind=PersonKind(kind),
        groups=tuple(groups.split()),
        duty=Duty(began_at, due_at, exempt_until, away_until, round_, extended),
        zone=zone,
        language=language,
        external_id=known_as or "",
    )
