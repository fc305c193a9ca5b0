"""PostgreSQL, through psycopg."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from hashlib import blake2b
from pathlib import Path

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from catalog.database.cells import Cell
from catalog.database.dialects import (
    Definition,
    Passing,
    postgresql_copying,
    postgresql_crawls,
    postgresql_opening,
    postgresql_places,
    postgresql_search,
)
from catalog.database.dialects.staged import Staged, Statement

MADE_BY_INDEX = False
ONE_WRITER = False

create_engine = postgresql_opening.create_engine
explain = postgresql_opening.explain

hold_crawl = postgresql_crawls.hold_crawl
crawls_held = postgresql_crawls.crawls_held

ESTIMATES = postgresql_search.ESTIMATES
SEARCH_INDEXES = postgresql_search.SEARCH_INDEXES
as_many = postgresql_search.as_many
few_expected = postgresql_search.few_expected
holds = postgresql_search.holds
like = postgresql_search.like
matching = postgresql_search.matching
near = postgresql_places.near
pattern = postgresql_search.pattern
picked = postgresql_search.picked
seldom = postgresql_search.seldom
tied = postgresql_search.tied
unindexed = postgresql_search.unindexed
word_queries = postgresql_search.word_queries
words_added = postgresql_search.words_added
words_anew = postgresql_search.words_anew
words_gone = postgresql_search.words_gone
written = postgresql_search.written

# Class 08: the connection. 57P01-3: the server stops, crashed, or starts.
_LOST = ("57P01", "57P02", "57P03")
# Another transaction was served first: serialisation, deadlock, a lock that took too long.
_UNDONE = ("40001", "40P01", "55P03")


def passing(error: sa.exc.DBAPIError) -> Passing | None:
    """Tell a cut connection, and a transaction undone in favour of another, from the rest."""
    original = error.orig
    if not isinstance(original, psycopg.OperationalError):
        return None
    state = original.sqlstate
    # Where it is the client that finds the connection cut, there is no state.
    if error.connection_invalidated or state is None or state.startswith("08") or state in _LOST:
        return "lost"
    return "undone" if state in _UNDONE else None


def _key(place: str) -> int:
    return int.from_bytes(blake2b(place.encode(), digest_size=8).digest(), "big", signed=True)


def lock_places(connection: sa.Connection, own: Collection[str], above: Collection[str]) -> None:
    """Take advisory locks, in the order of their keys."""
    keys = dict.fromkeys(map(_key, above), False) | dict.fromkeys(map(_key, own), True)
    if not keys:
        return
    ordered = sorted(keys)
    connection.exec_driver_sql(
        "SELECT CASE WHEN own THEN pg_advisory_xact_lock(key) "
        "ELSE pg_advisory_xact_lock_shared(key) END "
        "FROM unnest(%(keys)s::bigint[], %(own)s::boolean[]) AS place (key, own)",
        {"keys": ordered, "own": [keys[key] for key in ordered]},
    )


def create_file(url: str) -> None:
    """Do nothing: the database is made by its server."""


def is_there(url: str) -> bool:
    """Leave it to the server."""
    return True


@contextmanager
def migrating(connection: sa.Connection) -> Iterator[None]:
    """Put all of an upgrade into one transaction."""
    with connection.begin():
        yield


def hidden_tables(connection: sa.Connection) -> frozenset[str]:
    """Name none: indexes of PostgreSQL are no tables."""
    return frozenset()


def insert_rows(
    connection: sa.Connection,
    table: sa.Table,
    columns: Sequence[str],
    rows: Iterable[tuple[Cell, ...]],
) -> None:
    """Insert rows of plain values by COPY."""
    with _copying(connection, table, columns) as copy:
        for row in rows:
            copy.write_row(row)


@contextmanager
def _copying(
    connection: sa.Connection, table: sa.Table, columns: Sequence[str], form: str = "FORMAT text"
) -> Iterator[psycopg.Copy]:
    names = ", ".join(f'"{column}"' for column in columns)
    statement = f'COPY "{table.name}" ({names}) FROM STDIN ({form})'
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(statement) as copy:
            yield copy
    except psycopg.Error as error:
        # SQLAlchemy, which knows nothing of COPY, would have made this of it.
        raise sa.exc.DBAPIError.instance(statement, None, error, psycopg.Error) from error
    finally:
        cursor.close()


@contextmanager
def staged(connection: sa.Connection, rows: bytes) -> Iterator[Staged]:
    """Open them in a database of their own, in memory."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as own:
        own.deserialize(rows)
        yield Staged(own, "main")


def insert_staged(
    connection: sa.Connection,
    table: sa.Table,
    columns: Sequence[str],
    staged: Staged,
    rows: Statement,
) -> None:
    """Send them by COPY, in the form in which SQLite writes them."""
    with _copying(connection, table, columns, postgresql_copying.FORM) as copy:
        for text in postgresql_copying.lines(table, columns, staged, rows):
            copy.write(text)


def empty(connection: sa.Connection, tables: Sequence[str]) -> None:
    """Empty all tables in one statement, which no key between them stands against."""
    names = ", ".join(f'"{table}"' for table in tables)
    connection.exec_driver_sql(f"TRUNCATE {names}")


def _array(
    values: Sequence[str] | Sequence[int], of: sa.types.TypeEngine[str] | sa.types.TypeEngine[int]
) -> sa.TableValuedAlias:
    array = sa.func.unnest(sa.bindparam(None, list(values), ARRAY(of)))
    return array.table_valued(sa.column("value", of)).render_derived()


def texts(values: Sequence[str]) -> sa.TableValuedAlias:
    """Make a table of texts."""
    return _array(values, sa.Text())


def numbers(values: Sequence[int]) -> sa.TableValuedAlias:
    """Make a table of ids."""
    return _array(values, sa.BigInteger())


def numbers_named(name: str) -> sa.TableValuedAlias:
    """Make a table of the ids of a parameter."""
    array = sa.func.unnest(sa.bindparam(name, type_=ARRAY(sa.BigInteger)))
    return array.table_valued(sa.column("value", sa.BigInteger)).render_derived()


def numbers_given(values: Sequence[int]) -> list[int]:
    """Give ids as they are."""
    return list(values)


def settle(connection: sa.Connection) -> None:
    """Refresh the statistics that the planner goes by, and sort new words into their indexes."""
    connection.exec_driver_sql("ANALYZE")
    for index in sorted(postgresql_search.WORD_INDEXES):
        # Else every search looks through what is waiting, until a vacuum comes by.
        connection.exec_driver_sql(f"SELECT gin_clean_pending_list('{index}')")


def asking(
    url: str, text: str, parameters: Mapping[str, Cell], seconds: float | None
) -> AbstractContextManager[tuple[tuple[str, ...], Iterator[tuple[Cell, ...]]]]:
    """Lend the columns and rows of a statement that can do nothing but read."""
    from catalog.database.dialects.postgresql_asking import asking

    return asking(url, text, parameters, seconds)


def definitions(connection: sa.Connection) -> Iterator[Definition]:
    """Yield the statements that would make the tables, indexes, views and comments."""
    from catalog.database.dialects.postgresql_definitions import definitions

    return definitions(connection)


def backup(url: str, file: Path) -> None:
    """Copy the rows into a new SQLite catalog, which any catalog command can read."""
    from catalog.database.copying import copy_into_file

    copy_into_file(url, file)
