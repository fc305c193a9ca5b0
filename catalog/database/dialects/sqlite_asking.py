"""SQL that somebody typed, asked of SQLite so that it can do nothing but read.

``mode=ro`` and ``query_only`` keep the catalog as it is, and yet let a statement write
elsewhere: ATTACH makes another file, and VACUUM INTO writes a copy. So nothing can be
attached, and an authorizer refuses every action that is not reading.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress

from catalog.database.cells import Cell
from catalog.database.dialects.clock import Clock
from catalog.database.dialects.sqlite_opening import open_for_reading, path_of
from catalog.database.statements import Statement, suggestion
from catalog.errors import CatalogError, DatabaseError, StatementError

_ACTIONS = {
    getattr(sqlite3, name): words
    for name, words in (
        ("SQLITE_INSERT", "INSERT"),
        ("SQLITE_UPDATE", "UPDATE"),
        ("SQLITE_DELETE", "DELETE"),
        ("SQLITE_ATTACH", "ATTACH"),
        ("SQLITE_DETACH", "DETACH"),
        ("SQLITE_PRAGMA", "PRAGMA"),
        ("SQLITE_TRANSACTION", "transactions"),
        ("SQLITE_SAVEPOINT", "transactions"),
        ("SQLITE_FUNCTION", "the function"),
    )
}
_ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})
# These tell what there is, and take no value to set.
_PRAGMAS = frozenset(
    {
        *("table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo"),
        *("foreign_key_list", "collation_list", "function_list", "compile_options"),
        *("database_list", "data_version"),
    }
)
_REFUSED_FUNCTIONS = frozenset({"load_extension", "fts3_tokenizer"})
_LONGEST_VALUE = 256 * 1024 * 1024
_STEPS = 20_000
"""Instructions between two looks at the clock: less than a millisecond."""


class _Guard:
    """Says to SQLite what may be done, and remembers what it refused."""

    def __init__(self) -> None:
        self.refused = ""

    def __call__(self, action: int, one: str | None, two: str | None, *_: str | None) -> int:
        if action in _ALLOWED:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and two not in _REFUSED_FUNCTIONS:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_PRAGMA and one in _PRAGMAS:
            return sqlite3.SQLITE_OK
        what = two if action == sqlite3.SQLITE_FUNCTION else one
        named = action in (sqlite3.SQLITE_PRAGMA, sqlite3.SQLITE_FUNCTION)
        words = _ACTIONS.get(action, "changing the schema")
        if action == sqlite3.SQLITE_UPDATE and one == "sqlite_master":
            words = "this table-valued function"  # it declares itself when it is met first
        self.refused = self.refused or (f"{words} {what}" if named else words)
        return sqlite3.SQLITE_DENY


@contextmanager
def asking(
    url: str, text: str, parameters: Mapping[str, Cell], seconds: float | None
) -> Iterator[tuple[tuple[str, ...], Iterator[tuple[Cell, ...]]]]:
    """Lend the columns and rows that a statement answers."""
    statement = Statement(text, "sqlite")
    statement.refuse_other_than_reading()
    statement.check_parameters(parameters)
    clock = Clock(seconds)
    try:
        opened = open_for_reading(path_of(url))
    except sqlite3.Error as error:
        raise DatabaseError(f"{path_of(url)} cannot be opened: {error}.") from error
    with closing(opened) as connection:
        guard = _guarded(connection, clock)
        try:
            cursor = connection.execute(text, dict(parameters))
        except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
            raise _explained(connection, statement, error, guard, clock) from error
        columns = tuple(column[0] for column in cursor.description or ())
        yield columns, _rows(connection, cursor, statement, guard, clock)


def _rows(
    connection: sqlite3.Connection,
    cursor: sqlite3.Cursor,
    statement: Statement,
    guard: _Guard,
    clock: Clock,
) -> Iterator[tuple[Cell, ...]]:
    try:
        for row in cursor:  # noqa: UP028 - when it is given up, the cursor is closed already
            yield row
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise _explained(connection, statement, error, guard, clock) from error


def _guarded(connection: sqlite3.Connection, clock: Clock) -> _Guard:
    """Take from a connection everything but reading, and give it a clock."""
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    # Virtual tables prepare statements that write when they are met first; so they are
    # met now, and read alone afterwards.
    virtual = "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'"
    names = [f'"{name}"' for (name,) in connection.execute(virtual)]
    functions = [f"pragma_{name}" for name in _PRAGMAS if name != "data_version"]
    for table in (*names, "json_each('[]')", "json_tree('[]')", *functions):
        with suppress(sqlite3.Error):
            connection.execute(f"SELECT * FROM {table} LIMIT 0").fetchall()
    guard = _Guard()
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    connection.set_authorizer(guard)
    connection.set_progress_handler(clock.over, _STEPS)
    return guard


def _explained(
    connection: sqlite3.Connection,
    statement: Statement,
    error: Exception,
    guard: _Guard,
    clock: Clock,
) -> CatalogError:
    words = str(error)
    if words == "interrupted":
        if clock.over():
            return clock.error()
        raise KeyboardInterrupt from error
    if guard.refused:
        return statement.error(f"Only reading is allowed: {guard.refused} is refused.")
    if "one statement at a time" in words:
        return StatementError("There is more than one statement; give one.", statement.text)
    if isinstance(error, sqlite3.OperationalError) and "locked" in words:
        return DatabaseError(f"The database is being written by another process: {words}.")
    start: int | None = None
    if found := re.fullmatch(r'near "(.*)": syntax error', words, re.DOTALL):
        start = _where_parsing_ends(connection, statement, found[1])
    elif found := re.fullmatch(r'unrecognized token: "(.*)"', words, re.DOTALL):
        start = statement.text.find(found[1])
    elif words == "incomplete input":
        start = len(statement.text)
    elif found := re.search(
        r"(?:no such (\w+)|ambiguous column name|misuse of (?:window function|aggregate)):? (\S+)"
        r"|function (\S+)",
        words,
    ):
        name = (found[2] or found[3]).removesuffix("()").strip('"')
        start = statement.place_of(name)
        if found[1] == "column":
            words += suggestion(statement, name, "column")
        elif found[1] == "table":
            words += suggestion(statement, name, "table")
    return statement.error(_sentence(words), start)


def _where_parsing_ends(
    connection: sqlite3.Connection, statement: Statement, token: str
) -> int | None:
    """Find which of several equal tokens is the one that cannot stand where it stands.

    SQLite names the token and not its place. All before it could go on; so it is the
    first one with which the statement, cut off behind it, fails by that token.
    """
    words = f'near "{token}": syntax error'
    for found in re.finditer(re.escape(token), statement.text):
        try:
            connection.execute("EXPLAIN " + statement.text[: found.end()])
        except (sqlite3.Error, sqlite3.Warning) as error:
            if str(error) == words:
                return found.start()
    return None


def _sentence(words: str) -> str:
    words = words[:1].upper() + words[1:]
    return words if words.endswith((".", "?")) else f"{words}."
