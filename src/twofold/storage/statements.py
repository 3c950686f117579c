"""Statements that run at each sign-in: compiled once, and executed by the driver itself.

SQLAlchemy's own way from a statement to the driver costs 30 to 60 microseconds each time, five
times what SQLite needs to execute one, and a check of a code runs a dozen of them. So what lies on
that road is written as SQLAlchemy Core like everything else here, compiled once at the start, and
its rows come back as the driver gives them. Only columns whose values the drivers give as they are
may be used: numbers, texts, bytes, and truth values that the reader passes through `bool`.

A fault of the driver becomes the same `DBAPIError` as elsewhere, so that the stores need not know.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ClauseElement, Connection, Dialect
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

SQLITE: Dialect = sqlite.dialect(paramstyle="qmark")
POSTGRES: Dialect = psycopg.dialect()  # type: ignore[no-untyped-call]


class Statement:
    """One statement for both databases, with parameters by name."""

    def __init__(
        self,
        clause: ClauseElement,
        *,
        postgres: ClauseElement | None = None,
        columns: Sequence[str] = (),
    ) -> None:
        """Compile `clause`; `postgres` is what it is there, where the two differ. Of an insert
        `columns` are those that it fills.
        """
        keys = list(columns) or None
        ours = clause.compile(dialect=SQLITE, column_keys=keys)
        theirs = (clause if postgres is None else postgres).compile(
            dialect=POSTGRES, column_keys=keys
        )
        self.text = str(ours)
        assert isinstance(ours, SQLCompiler), "a statement compiles to SQL"
        self._names = tuple(ours.positiontup or ())
        self._postgres = str(theirs)
        self._constants = {n: bind.value for n, bind in ours.binds.items() if not bind.required}

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The arguments for SQLite's driver, in their order."""
        if self._constants:
            values = {**self._constants, **values}
        return [values[name] for name in self._names]

    def one(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Any] | None:
        """The first row, if there is one."""
        row: Sequence[Any] | None = self._executed(connection, values).fetchone()
        return row

    def all(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """Every row."""
        rows: Sequence[Sequence[Any]] = self._executed(connection, values).fetchall()
        return rows

    def run(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Execute what changes something; how many rows that were."""
        changed: int = self._executed(connection, values).rowcount
        return changed

    def _named(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**self._constants, **values} if self._constants else values

    def _executed(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        raw: Any = connection.connection.dbapi_connection
        is_sqlite = connection.dialect.name == "sqlite"
        text = self.text if is_sqlite else self._postgres
        arguments = self.arguments(values) if is_sqlite else self._named(values)
        try:
            return raw.execute(text, arguments)
        except Exception as error:
            raise self._as_sqlalchemy_has_it(connection, error) from error

    def _as_sqlalchemy_has_it(self, connection: Connection, error: Exception) -> BaseException:
        dialect, raw = connection.dialect, connection.connection.dbapi_connection
        assert dialect.dbapi is not None, "an engine has a driver"
        is_lost = dialect.is_disconnect(error, raw, None)  # type: ignore[arg-type]
        if is_lost:
            connection.invalidate(error)
        return DBAPIError.instance(
            self.text, None, error, dialect.dbapi.Error,
            hide_parameters=True, connection_invalidated=is_lost, dialect=dialect,
        )  # fmt: skip
