"""Statements that are compiled once, and run many times with other values.

Building an expression, and looking up what was compiled of it, takes longer than most
searches do. What is prepared goes to the driver as text and values, and its rows come back
as the driver gives them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, cast

import sqlalchemy as sa

FETCH = 1_000
"""Rows that a stream holds at a time."""

Row = tuple[Any, ...]
_Convert = Callable[[Any], Any]


_NUMBERED = re.compile(r"v(\d+)")


def parameter(number: int, type_: sa.types.TypeEngine[Any]) -> sa.ColumnElement[Any]:
    """Stand for a value that is given when the statement runs, by its place among them."""
    return sa.bindparam(name_of(number), type_=type_)


def name_of(number: int) -> str:
    """Name the parameter of a value."""
    return f"v{number}"


def by_name(values: Sequence[Any]) -> Mapping[str, Any]:
    """Give values as SQLAlchemy takes them."""
    return {name_of(number): value for number, value in enumerate(values)}


class Prepared:
    """A statement over values that are known by their numbers.

    Parameters
    ----------
    statement
        What is to be given has to be made by `parameter`.
    before
        Words before it, such as EXPLAIN; rows are then given as they are.
    """

    def __init__(self, statement: sa.Select[Any], before: str = "") -> None:
        self.statement = statement
        self._before = before
        self._compiled: dict[type[sa.Dialect], _Compiled] = {}

    def rows(self, connection: sa.Connection, values: Sequence[Any] = ()) -> list[Row]:
        """Run it, and give all rows.

        No transaction is begun for it: outside of one it sees a moment of its own.

        Raises
        ------
        sqlalchemy.exc.DBAPIError
            As from SQLAlchemy itself.
        """
        dialect = connection.dialect
        compiled = self._compiled.get(type(dialect))
        if compiled is None:
            compiled = _Compiled(self.statement, dialect, self._before)
            self._compiled[type(dialect)] = compiled
        given = compiled.given(values)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(compiled.text, given)
            rows = cast(list[Row], cursor.fetchall())
            return compiled.converted(rows, cursor.description or ())
        except dialect.loaded_dbapi.Error as error:
            raise _complaint(connection, compiled.text, given, error) from error
        finally:
            cursor.close()

    def stream(self, connection: sa.Connection, values: Sequence[Any] = ()) -> Iterator[Row]:
        """Run it, and yield rows while they are read: any number of them in little memory."""
        fetched = self.statement.execution_options(yield_per=FETCH)
        with connection.execute(fetched, by_name(values)) as rows:
            yield from rows


class _Compiled:
    """A statement as text for one driver, and what goes in and comes out of it."""

    def __init__(self, statement: sa.Select[Any], dialect: sa.Dialect, before: str) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = f"{before}{compiled}"
        self._positional = compiled.positional
        self._names = (compiled.positiontup if compiled.positional else None) or [*compiled.binds]
        self._takes = [_taking(compiled.binds[name], dialect) for name in self._names]
        # What does not come from the statement is left as it is.
        self._columns = [] if before else [c.type for c in statement.selected_columns]
        self._dialect = dialect
        self._gives: list[_Convert | None] | None = None

    def given(self, values: Sequence[Any]) -> Any:
        """Give the values as the driver takes them."""
        given = [take(values) for take in self._takes]
        return given if self._positional else dict(zip(self._names, given, strict=True))

    def converted(self, rows: list[Row], described: Sequence[Any]) -> list[Row]:
        """Make our values of the driver's, where they differ."""
        gives = self._gives
        if gives is None:
            types = [type_.dialect_impl(self._dialect) for type_ in self._columns]
            gives = [
                type_.result_processor(self._dialect, column[1])
                for type_, column in zip(types, described, strict=False)
            ]
            self._gives = gives = gives if any(gives) else []
        if not gives:
            return rows
        return [
            tuple([v if give is None else give(v) for v, give in zip(row, gives, strict=True)])
            for row in rows
        ]


def _taking(bind: sa.BindParameter[Any], dialect: sa.Dialect) -> _Convert:
    """Make what takes the value of a parameter out of all values, as the driver wants it."""
    number = _NUMBERED.fullmatch(str(bind.key))
    convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
    if number is None:  # SQLAlchemy put it there itself
        fixed = bind.value if convert is None else convert(bind.value)
        return lambda values: fixed
    take = itemgetter(int(number[1]))
    return take if convert is None else lambda values: convert(take(values))


def _complaint(
    connection: sa.Connection, text: str, given: Any, error: Exception
) -> sa.exc.DBAPIError:
    """Make of the driver's error what SQLAlchemy makes of it, and drop a broken connection."""
    dialect = connection.dialect
    lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)  # type: ignore[arg-type]
    made = sa.exc.DBAPIError.instance(
        *(text, given, error, dialect.loaded_dbapi.Error),
        connection_invalidated=lost,
        dialect=dialect,
    )
    if lost:
        connection.invalidate(error)
    assert isinstance(made, sa.exc.DBAPIError)
    return made
