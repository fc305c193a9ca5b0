"""SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from itertools import chain, islice
from pathlib import Path

import sqlalchemy as sa

from catalog.database.cells import Cell
from catalog.database.dialects import (
    Definition,
    Held,
    Passing,
    sqlite_opening,
    sqlite_places,
    sqlite_search,
)
from catalog.database.dialects.sqlite_opening import STAGE, open_file, path_of
from catalog.database.dialects.staged import Staged, Statement
from catalog.database.schema import metadata
from catalog.errors import DatabaseError

_ROWS_OF_STATEMENT = 48
_LARGEST_NUMBER_OF_VALUES = 32766  # of one statement, unless SQLite was built otherwise

MADE_BY_INDEX = True
ONE_WRITER = True

create_engine = sqlite_opening.create_engine
create_file = sqlite_opening.create_file
explain = sqlite_opening.explain
is_there = sqlite_opening.is_there

ESTIMATES = sqlite_search.ESTIMATES
SEARCH_INDEXES = sqlite_search.SEARCH_INDEXES
as_many = sqlite_search.as_many
few_expected = sqlite_search.few_expected
holds = sqlite_search.holds
like = sqlite_search.like
matching = sqlite_search.matching
near = sqlite_places.near
pattern = sqlite_search.pattern
picked = sqlite_search.picked
seldom = sqlite_search.seldom
tied = sqlite_search.tied
unindexed = sqlite_search.unindexed
word_queries = sqlite_search.word_queries
words_added = sqlite_search.words_added
words_anew = sqlite_search.words_anew
words_gone = sqlite_search.words_gone
written = sqlite_search.written


def passing(error: sa.exc.DBAPIError) -> Passing | None:
    """Find no error of that kind: who has the write lock keeps it, and nothing is far away."""
    return None


def lock_places(connection: sa.Connection, own: Collection[str], above: Collection[str]) -> None:
    """Do nothing: a transaction that writes has the whole database."""


def hold_crawl(url: str, crawl_id: int) -> Held:
    """Hold a lock file beside the database."""
    from catalog.database.dialects.sqlite_crawls import hold

    return hold(path_of(url), crawl_id)


def crawls_held(connection: sa.Connection, url: str, crawl_ids: Sequence[int]) -> frozenset[int]:
    """Look which lock files somebody holds."""
    from catalog.database.dialects.sqlite_crawls import is_held

    path = path_of(url)
    return frozenset(id_ for id_ in crawl_ids if is_held(path, id_))


@contextmanager
def migrating(connection: sa.Connection) -> Iterator[None]:
    """Switch foreign keys off, and check them before what was done is committed.

    Views stay as they are while a table that they show is made anew.
    """
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    if raw.in_transaction:  # the pragma would do nothing, without a word
        raise DatabaseError("A migration of SQLite starts outside of a transaction.")
    raw.execute("PRAGMA foreign_keys = OFF")
    # Else no table can take the name of one that was dropped and that a view shows.
    raw.execute("PRAGMA legacy_alter_table = ON")
    try:
        with connection.begin():
            yield
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                raise DatabaseError(
                    f"The migration would leave rows of {broken[0]} that refer to missing rows of "
                    f"{broken[2]}; nothing was changed."
                )
    finally:
        raw.execute("PRAGMA legacy_alter_table = OFF")
        raw.execute("PRAGMA foreign_keys = ON")


def hidden_tables(connection: sa.Connection) -> frozenset[str]:
    """Name the virtual tables and the shadow tables that hold their content."""
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    tables = {name: (sql or "").upper() for name, sql in rows}
    virtual = {name for name, sql in tables.items() if sql.startswith("CREATE VIRTUAL TABLE")}
    return frozenset(
        name for name in tables if name in virtual or name.rpartition("_")[0] in virtual
    )


def insert_rows(
    connection: sa.Connection,
    table: sa.Table,
    columns: Sequence[str],
    rows: Iterable[tuple[Cell, ...]],
) -> None:
    """Insert rows of plain values, many with each statement.

    A row with a statement of its own takes a fifth longer: lists of allowed values, for one,
    are set up for each statement.
    """
    marks = f"({', '.join('?' * len(columns))})"
    names = ", ".join(f'"{column}"' for column in columns)
    start = f'INSERT INTO "{table.name}" ({names}) VALUES '
    many = min(_ROWS_OF_STATEMENT, _LARGEST_NUMBER_OF_VALUES // len(columns))
    rows = list(rows)
    whole = len(rows) // many * many
    if whole:
        values = chain.from_iterable(rows)
        parts = [tuple(islice(values, many * len(columns))) for _ in range(whole // many)]
        connection.exec_driver_sql(start + ", ".join([marks] * many), parts)
    if whole < len(rows):
        connection.exec_driver_sql(start + marks, rows[whole:])


@contextmanager
def staged(connection: sa.Connection, rows: bytes) -> Iterator[Staged]:
    """Open them as another schema of the same connection, in memory."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    if not connection.info.get(STAGE):
        raw.execute(f"ATTACH ':memory:' AS {STAGE}")
        connection.info[STAGE] = True
    raw.deserialize(rows, name=STAGE)
    yield Staged(raw, STAGE)


def insert_staged(
    connection: sa.Connection,
    table: sa.Table,
    columns: Sequence[str],
    staged: Staged,
    rows: Statement,
) -> None:
    """Insert them in one statement, while other threads can run Python."""
    names = ", ".join(f'"{column}"' for column in columns)
    connection.exec_driver_sql(
        f'INSERT INTO main."{table.name}" ({names}) {rows.text}', rows.values
    )


def empty(connection: sa.Connection, tables: Sequence[str]) -> None:
    """Delete all rows of tables."""
    for table in reversed(tables):
        connection.exec_driver_sql(f'DELETE FROM "{table}"')


def _array(values: Sequence[str] | Sequence[int]) -> sa.TableValuedAlias:
    return sa.func.json_each(sa.bindparam(None, json.dumps(list(values)), sa.Text)).table_valued(
        "value"
    )


def texts(values: Sequence[str]) -> sa.TableValuedAlias:
    """Make a table of texts."""
    return _array(values)


def numbers(values: Sequence[int]) -> sa.TableValuedAlias:
    """Make a table of ids."""
    return _array(values)


def numbers_named(name: str) -> sa.TableValuedAlias:
    """Make a table of the ids of a parameter."""
    return sa.func.json_each(sa.bindparam(name, type_=sa.Text)).table_valued("value")


def numbers_given(values: Sequence[int]) -> str:
    """Write ids as JSON."""
    return json.dumps(list(values))


_UNCOUNTED = """
SELECT name FROM sqlite_schema
WHERE type = 'table' AND name IN (SELECT value FROM json_each(?))
  AND name NOT IN (SELECT tbl FROM sqlite_stat1 WHERE idx IS NOT NULL OR stat <> '1')
"""


def settle(connection: sa.Connection) -> None:
    """Refresh the statistics that the planner goes by, where they are out of date."""
    connection.exec_driver_sql("PRAGMA analysis_limit = 1000")
    connection.exec_driver_sql("PRAGMA optimize")
    # That passes over tables which this connection has not searched, and a planner without
    # numbers takes them for large: it would look for them from what is larger.
    connection.exec_driver_sql("ANALYZE alembic_version")  # makes the table of numbers
    names = json.dumps([*metadata.tables])
    for name in connection.exec_driver_sql(_UNCOUNTED, (names,)).scalars().all():
        if connection.exec_driver_sql(f'SELECT 1 FROM "{name}" LIMIT 1').first() is not None:
            connection.exec_driver_sql(f'ANALYZE "{name}"')
            continue
        # Of what is empty ANALYZE says nothing.
        connection.exec_driver_sql("DELETE FROM sqlite_stat1 WHERE tbl = ?", (name,))
        connection.exec_driver_sql("INSERT INTO sqlite_stat1 VALUES (?, NULL, '1')", (name,))


def asking(
    url: str, text: str, parameters: Mapping[str, Cell], seconds: float | None
) -> AbstractContextManager[tuple[tuple[str, ...], Iterator[tuple[Cell, ...]]]]:
    """Lend the columns and rows of a statement that can do nothing but read."""
    from catalog.database.dialects.sqlite_asking import asking

    return asking(url, text, parameters, seconds)


def definitions(connection: sa.Connection) -> Iterator[Definition]:
    """Yield the statements that SQLite keeps: tables and their indexes, then views."""
    hidden = hidden_tables(connection)
    rows = connection.exec_driver_sql(
        "SELECT type, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL "
        "AND name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY type = 'view', rowid"
    )
    for _, relation, sql in rows:
        if relation not in hidden or sql.upper().startswith("CREATE VIRTUAL TABLE"):
            yield Definition(relation, f"{sql};")


def backup(url: str, file: Path) -> None:
    """Copy the database page by page, while others go on reading and writing."""
    with (
        closing(open_file(path_of(url), read_only=True)) as source,
        closing(sqlite3.connect(file)) as target,
    ):
        source.backup(target)
        # One file without a log beside it is easier to carry; a writer starts one again.
        target.execute("PRAGMA journal_mode = DELETE")
