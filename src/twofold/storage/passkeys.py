"""Passkeys. Their public keys are sealed to row and person: whoever can write the table, and has
no key of the deployment, can plant none.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from twofold.core.passkeys import Passkey
from twofold.core.people import Instant
from twofold.storage.sealing import KeyRing
from twofold.storage.tables import passkeys

KEY = "passkeys.sealed_key"

PASSKEY = (
    passkeys.c.id,
    passkeys.c.account_id,
    passkeys.c.person_id,
    passkeys.c.credential_id,
    passkeys.c.sealed_key,
    passkeys.c.sign_count,
    passkeys.c.aaguid,
    passkeys.c.name,
    passkeys.c.transports,
    passkeys.c.synced,
    passkeys.c.backed_up,
    passkeys.c.created_at,
    passkeys.c.used_at,
)
OF_PERSON = passkeys.c.person_id == bindparam("of_person")
OF = select(*PASSKEY).where(OF_PERSON).order_by(passkeys.c.created_at, passkeys.c.id)
COUNT = select(func.count()).select_from(passkeys).where(OF_PERSON)
BY_CREDENTIAL = select(*PASSKEY).where(passkeys.c.credential_id == bindparam("credential"))
# Promise P2: the row count of this one statement is the permission. A counter that does not rise
# is a copy of the key, unless it has never counted.
CLAIM = (
    update(passkeys)
    .where(
        passkeys.c.id == bindparam("passkey_id"),
        or_(
            passkeys.c.sign_count < bindparam("count"),
            and_(passkeys.c.sign_count == 0, bindparam("count") == 0),
        ),
    )
    .values(
        sign_count=bindparam("count"), backed_up=bindparam("is_copied"), used_at=bindparam("at")
    )
)
RENAME = (
    update(passkeys)
    .where(OF_PERSON, passkeys.c.id == bindparam("passkey_id"))
    .values(name=bindparam("new_name"))
)
REMOVE = delete(passkeys).where(OF_PERSON, passkeys.c.id == bindparam("passkey_id"))
REMOVE_ALL = delete(passkeys).where(OF_PERSON)


class Passkeys:
    """See `ports.Passkeys`."""

    def __init__(self, connection: Connection, ring: KeyRing) -> None:
        """On the connection of one transaction; `ring` seals and opens the keys."""
        self._connection, self._ring = connection, ring

    def add(self, passkey: Passkey) -> bool:
        """Insert; false if the credential is known already, also as somebody else's."""
        values = {
            "id": passkey.id,
            "account_id": passkey.account_id,
            "person_id": passkey.person_id,
            "credential_id": passkey.credential_id,
            "sealed_key": self._ring.seal(
                KEY, place_of(passkey.id, passkey.person_id), passkey.public_key
            ),
            "sign_count": passkey.sign_count,
            "aaguid": passkey.aaguid,
            "name": passkey.name,
            "transports": " ".join(passkey.transports),
            "synced": passkey.synced,
            "backed_up": passkey.backed_up,
            "created_at": passkey.created_at,
            "used_at": passkey.used_at,
        }
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(passkeys), values)
        except IntegrityError:
            return False
        return True

    def of(self, person_id: str) -> Sequence[Passkey]:
        """The person's, the oldest first."""
        rows = self._connection.execute(OF, {"of_person": person_id})
        return [self._passkey_of(row) for row in rows]

    def count(self, person_id: str) -> int:
        """How many the person has."""
        return self._connection.execute(COUNT, {"of_person": person_id}).scalar_one()

    def by_credential(self, credential_id: bytes) -> Passkey | None:
        """The one with this credential id, whoever's it is."""
        row = self._connection.execute(BY_CREDENTIAL, {"credential": credential_id}).one_or_none()
        return None if row is None else self._passkey_of(row)

    def claim(self, passkey_id: str, *, sign_count: int, backed_up: bool, at: Instant) -> bool:
        """Note a use: false if the counter has not risen, or if the passkey is gone."""
        values = {
            "passkey_id": passkey_id,
            "count": sign_count,
            "is_copied": backed_up,
            "at": at,
        }
        return self._connection.execute(CLAIM, values).rowcount == 1

    def rename(self, person_id: str, passkey_id: str, name: str) -> bool:
        """Another name; false if it is not the person's."""
        values = {"of_person": person_id, "passkey_id": passkey_id, "new_name": name}
        return self._connection.execute(RENAME, values).rowcount == 1

    def remove(self, person_id: str, passkey_id: str) -> bool:
        """Delete it; false if it is not the person's."""
        values = {"of_person": person_id, "passkey_id": passkey_id}
        return self._connection.execute(REMOVE, values).rowcount == 1

    def remove_all(self, person_id: str) -> int:
        """Delete all of the person's; how many."""
        return self._connection.execute(REMOVE_ALL, {"of_person": person_id}).rowcount

    def _passkey_of(self, values: Sequence[Any]) -> Passkey:
        id_, account_id, person_id, credential_id, sealed, *middle, created_at, used_at = values
        sign_count, aaguid, name, transports, synced, backed_up = middle
        return Passkey(
            id=id_,
            account_id=account_id,
            person_id=person_id,
            credential_id=bytes(credential_id),
            public_key=self._ring.open(KEY, place_of(id_, person_id), bytes(sealed)),
            sign_count=sign_count,
            aaguid=aaguid,
            name=name,
            transports=tuple(transports.split()),
            synced=bool(synced),
            backed_up=bool(backed_up),
            created_at=created_at,
            used_at=used_at,
        )


def place_of(passkey_id: str, person_id: str) -> str:
    """What a key is sealed to: moved to another person's row, it does not open."""
    return f"{passkey_id}:{person_id}"
