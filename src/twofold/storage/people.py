"""The people of all accounts: finding, adding and changing them. Lists are in `people_lists.py`."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Text, bindparam, case, func, select, update

from twofold.core.errors import NotFound
from twofold.core.people import Credential, Instant, Person, PersonState, Role, email_key
from twofold.core.rules import Duty
from twofold.storage.engine import insert_if_free
from twofold.storage.people_lists import PeopleLists
from twofold.storage.people_rows import PERSON, person_of
from twofold.storage.statements import Statement
from twofold.storage.tables import people

ADD = {
    dialect: insert_if_free(dialect, people, "email_key") for dialect in ("sqlite", "postgresql")
}
FIND = Statement(
    select(*PERSON).where(
        people.c.id == bindparam("person_id"), people.c.account_id == bindparam("account_id")
    )
)
BY_EMAIL = Statement(select(*PERSON).where(people.c.email_key == bindparam("key")))
BY_EXTERNAL_ID = Statement(
    select(*PERSON).where(
        people.c.account_id == bindparam("account_id"),
        people.c.external_id == bindparam("external_id"),
    )
)
STAND_IN = Statement(select(*PERSON).order_by(people.c.id).limit(1))
LOCK = Statement(select(*PERSON).where(people.c.id == bindparam("person_id")).with_for_update())
HOLD = Statement(select(people.c.id).where(people.c.id == bindparam("person_id")).with_for_update())
CREDENTIAL = Statement(
    select(people.c.id, people.c.password, people.c.password_version).where(
        people.c.id == bindparam("person_id")
    )
)
TAKEN = select(people.c.email_key).where(people.c.email_key.in_(bindparam("keys", expanding=True)))
TAKEN_AT_ONCE = 500
"""Addresses per statement; both databases limit the number of parameters."""

OF_VERSION = (
    people.c.id == bindparam("of_person"),
    people.c.password_version == bindparam("expected"),
)
SET_PASSWORD = (
    update(people)
    .where(*OF_VERSION)
    .values(
        password=bindparam("encoded"),
        password_version=people.c.password_version + 1,
        password_stolen_at=None,
        state=case(
            (people.c.state == PersonState.INVITED, PersonState.ACTIVE.value),
            else_=people.c.state,
        ),
    )
)
REHASH = update(people).where(*OF_VERSION).values(password=bindparam("encoded"))
SET_STATE = (
    update(people).where(people.c.id == bindparam("of_person")).values(state=bindparam("to"))
)
MARK_STOLEN = (
    update(people)
    .where(people.c.id == bindparam("of_person"), people.c.password_stolen_at.is_(None))
    .values(password_stolen_at=bindparam("at"))
)
SET_LANGUAGE = (
    update(people).where(people.c.id == bindparam("of_person")).values(language=bindparam("to"))
)
SET_ROLE = update(people).where(people.c.id == bindparam("of_person")).values(role=bindparam("to"))


SET_DETAILS = (
    update(people)
    .where(people.c.id == bindparam("of_person"))
    .values(
        name=bindparam("to_name"),
        language=bindparam("to_language"),
        zone=bindparam("to_zone"),
        external_id=bindparam("to_id"),
        search_text=bindparam("search", type_=Text) + people.c.email_key,
    )
)
OLD_NAME = func.substr(
    people.c.search_text, 1, func.length(people.c.search_text) - func.length(people.c.email_key)
)
SET_EMAIL = (
    update(people)
    .where(people.c.id == bindparam("of_person"))
    .values(
        email=bindparam("to"),
        email_key=bindparam("key"),
        search_text=OLD_NAME + bindparam("key", type_=Text),
    )
)
SEEN = update(people).where(people.c.id == bindparam("of_person")).values(seen_at=bindparam("at"))
SET_DUTY = Statement(
    update(people)
    .where(people.c.id == bindparam("of_person"))
    .values(
        began_at=bindparam("began"),
        due_at=bindparam("due"),
        exempt_until=bindparam("exempt"),
        away_until=bindparam("away"),
        duty_round=bindparam("of_round"),
        extended_until=bindparam("extended"),
    )
)


class People(PeopleLists):
    """See `ports.People`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        super().__init__(connection)
        self._add = ADD[connection.dialect.name]

    def add(self, person: Person, *, password: str | None) -> None:
        """Insert. Raises `ValueError` if the address is taken; the transaction stays usable."""
        added = self._connection.execute(self._add, values_of(person, password))
        if added.rowcount != 1:
            raise ValueError(f"The address {person.email} belongs to somebody already.")

    def find(self, account_id: str, person_id: str) -> Person | None:
        """The person, if they belong to the account."""
        return self._one(FIND, {"person_id": person_id, "account_id": account_id})

    def by_email(self, email: str) -> Person | None:
        """By `core.people.email_key(email)`, over the whole deployment."""
        return self._one(BY_EMAIL, {"key": email_key(email)})

    def by_external_id(self, account_id: str, external_id: str) -> Person | None:
        """Whom another directory calls so, in this account."""
        return self._one(BY_EXTERNAL_ID, {"account_id": account_id, "external_id": external_id})

    def stand_in(self) -> None:
        """Read the oldest person of the deployment, not locked: everybody unknown comes by here."""
        self._one(STAND_IN, {})

    def lock(self, person_id: str) -> Person:
        """The person, the row locked until the transaction ends. Raises `NotFound`."""
        person = self._one(LOCK, {"person_id": person_id})
        if person is None:
            raise NotFound
        return person

    def hold(self, person_id: str) -> None:
        """Lock the row until the transaction ends, and read nothing. SQLite has one writer, which
        is lock enough.
        """
        if self._connection.dialect.name != "sqlite":
            HOLD.one(self._connection, {"person_id": person_id})

    def credential(self, person_id: str) -> Credential:
        """What a password is checked against. Raises `NotFound`."""
        row = CREDENTIAL.one(self._connection, {"person_id": person_id})
        if row is None:
            raise NotFound
        return Credential(*row)

    def set_password(self, person_id: str, encoded: str, *, expected_version: int) -> bool:
        """Store a new password, raise the version; False if it was not the expected one."""
        values = {"of_person": person_id, "encoded": encoded, "expected": expected_version}
        return self._connection.execute(SET_PASSWORD, values).rowcount == 1

    def rehash(self, person_id: str, encoded: str, *, expected_version: int) -> None:
        """The same password under newer Argon2 settings; the version stays."""
        values = {"of_person": person_id, "encoded": encoded, "expected": expected_version}
        self._connection.execute(REHASH, values)

    def mark_stolen(self, person_id: str, at: Instant) -> None:
        """The password counts as stolen until a new one is stored."""
        self._connection.execute(MARK_STOLEN, {"of_person": person_id, "at": at})

    def set_state(self, person_id: str, state: PersonState) -> None:
        """Invite, activate or disable."""
        self._connection.execute(SET_STATE, {"of_person": person_id, "to": state.value})

    def set_role(self, person_id: str, role: Role) -> None:
        """Give another role."""
        self._connection.execute(SET_ROLE, {"of_person": person_id, "to": role.value})

    def set_details(
        self, person_id: str, *, name: str, language: str, zone: str, external_id: str
    ) -> None:
        """What a directory says about somebody."""
        values = {
            "of_person": person_id,
            "to_name": name,
            "to_language": language,
            "to_zone": zone,
            "to_id": external_id or None,
            "search": f"{email_key(name)}\n",
        }
        self._connection.execute(SET_DETAILS, values)

    def set_email(self, person_id: str, email: str) -> None:
        """Another address, which nobody has."""
        values = {"of_person": person_id, "to": email, "key": email_key(email)}
        self._connection.execute(SET_EMAIL, values)

    def set_language(self, person_id: str, language: str) -> None:
        """Write to them in another language; "" for the account's."""
        self._connection.execute(SET_LANGUAGE, {"of_person": person_id, "to": language})

    def set_duty(self, person_id: str, duty: Duty) -> None:
        """When the second factor that is asked of them is due. The caller holds the row."""
        values = {
            "of_person": person_id,
            "began": duty.began_at,
            "due": duty.due_at,
            "exempt": duty.exempt_until,
            "away": duty.away_until,
            "of_round": duty.round,
            "extended": duty.extended_until,
        }
        SET_DUTY.run(self._connection, values)

    def seen(self, person_id: str, at: Instant) -> None:
        """Note that the person has signed in."""
        self._connection.execute(SEEN, {"of_person": person_id, "at": at})

    def taken(self, keys: Sequence[str]) -> set[str]:
        """Which of these `email_key`s exist anywhere in the deployment."""
        found: set[str] = set()
        for start in range(0, len(keys), TAKEN_AT_ONCE):
            some = list(keys[start : start + TAKEN_AT_ONCE])
            found.update(self._connection.execute(TAKEN, {"keys": some}).scalars())
        return found

    def _one(self, statement: Statement, values: Mapping[str, str]) -> Person | None:
        row = statement.one(self._connection, values)
        return None if row is None else person_of(row)


def values_of(person: Person, password: str | None) -> dict[str, Any]:
    """The row of a person. `search_text` is what the search box is compared with."""
    key = email_key(person.email)
    return {
        "id": person.id,
        "account_id": person.account_id,
        "name": person.name,
        "email": person.email,
        "email_key": key,
        "search_text": f"{email_key(person.name)}\n{key}",
        "role": person.role.value,
        "state": person.state.value,
        "password": password,
        "password_version": person.password_version,
        "created_at": person.created_at,
        "kind": person.kind.value,
        "groups": " ".join(person.groups),
        "began_at": person.duty.began_at,
        "due_at": person.duty.due_at,
        "exempt_until": person.duty.exempt_until,
        "away_until": person.duty.away_until,
        "duty_round": person.duty.round,
        "extended_until": person.duty.extended_until,
        "zone": person.zone,
        "language": person.language,
        "external_id": person.external_id or None,
    }
