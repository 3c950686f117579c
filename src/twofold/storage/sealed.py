"""Every column whose value is sealed, and what each value is sealed to: for whoever has to look at
all of them, to see that they open or to seal them anew.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, bindparam, select

from twofold.storage import passkeys as passkey_rows
from twofold.storage.authenticators import SECRET
from twofold.storage.mails import PARAMS
from twofold.storage.tables import authenticators, mails, passkeys, uploads
from twofold.storage.uploads import CONTENT

STRETCH = 500
"""Rows that are looked at together."""


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """One column of a table with an `id`."""

    table: Table
    column: ColumnElement[bytes]
    place: str
    also: tuple[ColumnElement[str], ...] = ()
    """What the row is known by beside its id."""
    name_of: Callable[..., str] = str
    """From the id and those: what the value is sealed to."""


COLUMNS = (
    SealedColumn(authenticators, authenticators.c.sealed_secret, SECRET),
    SealedColumn(
        passkeys,
        passkeys.c.sealed_key,
        passkey_rows.KEY,
        (passkeys.c.person_id,),
        passkey_rows.place_of,
    ),
    SealedColumn(mails, mails.c.sealed_params, PARAMS),
    SealedColumn(uploads, uploads.c.sealed_content, CONTENT),
)


def stretch_of(one: SealedColumn) -> Any:
    """The statement that reads the next rows after the id `after`: id, value, and what else the
    row is known by.
    """
    return (
        select(one.table.c.id, one.column, *one.also)
        .where(one.table.c.id > bindparam("after"))
        .order_by(one.table.c.id)
        .limit(STRETCH)
    )


def stretches(connection: Connection, one: SealedColumn) -> Iterator[Sequence[Any]]:
    """All rows of the column in stretches, by id."""
    after, statement = "", stretch_of(one)
    while rows := connection.execute(statement, {"after": after}).all():
        yield rows
        after = rows[-1][0]
