"""SQL that somebody typed, asked of PostgreSQL so that it can do nothing but read.

- It stands behind ``DECLARE … CURSOR FOR``, where the grammar has nothing but queries:
  no COPY, no SET, no CALL; and it is prepared, which takes one statement alone, so that
  nothing can follow and undo the read-only transaction around it.
- Functions that PostgreSQL itself marks as volatile, such as those that write files,
  signal processes or change settings, act in a read-only transaction as in any other.
  They are refused by name.
- The connection is closed afterwards; nothing is ever committed.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import sqlalchemy as sa

from catalog.database.cells import Cell
from catalog.database.dialects.clock import Clock
from catalog.database.dialects.postgresql_opening import create_engine, explain
from catalog.database.statements import Statement, suggestion
from catalog.errors import CatalogError, DatabaseError, StatementError

if TYPE_CHECKING:
    from psycopg.rows import TupleRow

    _Connection = psycopg.Connection[TupleRow]
    _Cursor = psycopg.RawCursor[TupleRow]

_DECLARE = "DECLARE answer NO SCROLL CURSOR FOR "
_AT_ONCE = 1_000

# Volatile since they answer differently each time, and not since they do something.
_HARMLESS = (
    *("random", "random_normal", "gen_random_uuid", "uuidv4", "uuidv7"),
    *("clock_timestamp", "timeofday"),
    *("pg_relation_size", "pg_table_size", "pg_indexes_size", "pg_total_relation_size"),
    *("pg_database_size",),
)
_VOLATILE = """
    SELECT proname FROM pg_catalog.pg_proc
    WHERE proname = ANY($1) AND provolatile = 'v' AND proname <> ALL($2)
"""
_SETTINGS = """
    SELECT set_config('statement_timeout', $1, true),
        set_config('TimeZone', 'UTC', true),
        set_config('standard_conforming_strings', 'on', true),
        set_config('cursor_tuple_fraction', '1', true)
"""
# bool, bigint, smallint, integer, text, oid, real, double precision, varchar, char, name
_PLAIN = frozenset({16, 20, 21, 23, 25, 26, 700, 701, 1043, 1042, 19})
_CANCELLED = "57014"
_TOLERANCE = 50
"""Milliseconds."""
_UNTYPED = "42P18"
_NO_COLUMN = "42703"
_NO_TABLE = "42P01"
_MULTIPLE = "multiple commands"


@contextmanager
def asking(
    url: str, text: str, parameters: Mapping[str, Cell], seconds: float | None
) -> Iterator[tuple[tuple[str, ...], Iterator[tuple[Cell, ...]]]]:
    """Lend the columns and rows that a statement answers."""
    statement = Statement(text, "postgresql")
    statement.refuse_other_than_reading()
    statement.check_parameters(parameters)
    engine = create_engine(url, read_only=True)
    try:
        pooled = engine.connect()
        pooled.begin()
    except sa.exc.DBAPIError as error:
        raise explain(error, url) from error
    try:
        connection = pooled.connection.driver_connection
        assert isinstance(connection, psycopg.Connection)
        connection.prepare_threshold = 0
        with psycopg.RawCursor(connection) as cursor:
            yield _answered(cursor, statement, parameters, Clock(seconds))
    finally:
        pooled.invalidate()  # closes it: nothing is committed, and no lock or setting is left
        pooled.close()
        engine.dispose()


def _answered(
    cursor: _Cursor, statement: Statement, parameters: Mapping[str, Cell], clock: Clock
) -> tuple[tuple[str, ...], Iterator[tuple[Cell, ...]]]:
    translated = _Translated(statement)
    values = [_written(parameters[name]) for name in translated.names]
    query = statement.explained()
    at = 0 if query is None else translated.place(query)
    try:
        cursor.execute(_SETTINGS, [str(clock.milliseconds())])
        _refuse_functions(cursor, statement)
        # Prepared: the server takes one statement, and nothing after it.
        cursor.execute(_DECLARE + translated.text[at:], values, prepare=True)
        if query is None:
            cursor.execute(f"FETCH {_AT_ONCE} FROM answer")
        else:  # what is explained is a query now, and not what makes or changes a table
            cursor.execute(translated.text, values, prepare=True)
    except psycopg.Error as error:
        raise _explained(error, statement, translated, at - len(_DECLARE), clock) from error
    columns = tuple(column.name for column in cursor.description or ())
    return columns, _rows(cursor, statement, translated, clock, only_once=query is not None)


def _rows(
    cursor: _Cursor, statement: Statement, translated: _Translated, clock: Clock, only_once: bool
) -> Iterator[tuple[Cell, ...]]:
    odd = [i for i, c in enumerate(cursor.description or ()) if c.type_code not in _PLAIN]
    try:
        while True:
            block = cursor.fetchall()
            for row in block:
                if not odd:
                    yield row
                    continue
                cells = list(row)
                for i in odd:
                    cells[i] = _plain(cells[i])
                yield tuple(cells)
            if only_once or len(block) < _AT_ONCE:
                return
            if clock.over():
                raise clock.error()
            left = str(clock.milliseconds())
            cursor.execute("SELECT set_config('statement_timeout', $1, true)", [left])
            cursor.execute(f"FETCH {_AT_ONCE} FROM answer")
    except psycopg.Error as error:
        raise _explained(error, statement, translated, 0, clock) from error


class _Translated:
    """A statement with ``$1`` for ``:name``, and the way back to the places of the original."""

    def __init__(self, statement: Statement) -> None:
        names: dict[str, int] = {}
        parts: list[str] = []
        self._starts: list[int] = []
        self._originals: list[int] = []
        length = 0
        for token in statement.tokens():
            part = token.text
            if token.kind == "parameter":
                part = f"${names.setdefault(part[1:], len(names) + 1)}"
            self._starts.append(length)
            self._originals.append(token.start)
            parts.append(part)
            length += len(part)
        self.names: Sequence[str] = tuple(names)
        self.text = "".join(parts)

    def place(self, original: int) -> int:
        """Give the place here of a token that starts at a place there."""
        return self._starts[self._originals.index(original)]

    def original(self, offset: int) -> int:
        """Give the place in the statement as it was typed."""
        at = bisect_right(self._starts, offset) - 1
        return self._originals[at] + offset - self._starts[at] if at >= 0 else 0


def _written(value: Cell) -> str | bytes | None:
    """Write a value without a type, so that it has the one of what it is compared with."""
    if value is None or isinstance(value, bytes):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _refuse_functions(cursor: _Cursor, statement: Statement) -> None:
    called: dict[str, int] = {}
    last: tuple[str, int] | None = None
    for token in statement.tokens():
        if token.kind == "space":
            continue
        if token.kind == "escaped":
            raise statement.error("Texts and names with U& are not accepted here.", token.start)
        if token.text == "(" and last is not None:
            called.setdefault(*last)
        last = None
        if token.kind == "word":
            last = token.text.lower(), token.start
        elif token.kind == "name":
            last = token.text[1:-1].replace('""', '"'), token.start
    if not called:
        return
    cursor.execute(_VOLATILE, [list(called), list(_HARMLESS)])
    for (name,) in cursor.fetchall():
        raise statement.error(
            f"Only reading is allowed: the function {name} may do more, and is refused.",
            called[name],
        )


def _plain(value: Any) -> Cell:
    """Give a value as SQLite would: times as UTC in text, numbers as int or float."""
    converted: Callable[[Any], Cell]
    if value is None or isinstance(value, str | int | float | bytes):
        return value
    if isinstance(value, Decimal):
        whole = isinstance(exponent := value.as_tuple().exponent, int) and exponent >= 0
        converted = int if whole else float
    elif isinstance(value, datetime):
        converted = _time
    elif isinstance(value, list | dict):
        converted = _json
    else:
        converted = str
    return converted(value)


def _time(value: datetime) -> str:
    moment = value if value.tzinfo is None else value.astimezone(UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def _json(value: object) -> str:
    return json.dumps(value, default=str, separators=(",", ":"), ensure_ascii=False)


def _explained(
    error: psycopg.Error, statement: Statement, translated: _Translated, shift: int, clock: Clock
) -> CatalogError:
    words = error.diag.message_primary or " ".join(str(error).split())
    # The server's clock may be a little ahead of ours.
    if error.sqlstate == _CANCELLED and 0 < clock.milliseconds() <= _TOLERANCE:
        return clock.error()
    if error.sqlstate is None or error.sqlstate.startswith(("08", "57")):
        return DatabaseError(f"The database does not answer any more: {words}")
    if _MULTIPLE in words:
        return StatementError("There is more than one statement; give one.", statement.text)
    hint = error.diag.message_hint
    if error.sqlstate == _UNTYPED:
        words = (
            "Nothing says which type a parameter has; write CAST(:name AS TEXT), or another type"
        )
    if error.sqlstate in (_NO_COLUMN, _NO_TABLE) and not (hint and "Perhaps" in hint):
        named = re.search(r'"([^"]+)"|column (\S+)', words)
        if named:
            name = named[1] or named[2]
            of_column = error.sqlstate == _NO_COLUMN
            words += suggestion(statement, name, "column" if of_column else "table")
        hint = None
    words = words[:1].upper() + words[1:]
    words = words if words.endswith((".", "?")) else f"{words}."
    position = error.diag.statement_position
    start = None
    if position is not None and int(position) - 1 + shift >= 0:
        start = translated.original(int(position) - 1 + shift)
    return statement.error(f"{words} {hint}" if hint else words, start)
