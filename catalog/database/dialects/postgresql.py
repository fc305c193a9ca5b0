"""PostgreSQL, through psycopg."""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from catalog.database.cells import Cell
from catalog.database.dialects import (
    Definition,
    Held,
    Passing,
    postgresql_places,
    postgresql_search,
)
from catalog.database.dialects.staged import Staged, Statement
from catalog.errors import DatabaseError

try:
    import psycopg
except ImportError as missing:
    raise DatabaseError(
        "PostgreSQL needs the package psycopg: pip install 'ome-scene-catalog[postgresql]'."
    ) from missing

if TYPE_CHECKING:
    from psycopg.rows import TupleRow

MADE_BY_INDEX = False
ONE_WRITER = False

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

WRITERS = 0x0C47A106
"""Key of the advisory lock that all writers share, but for one that has to be alone."""

_CRAWL = 0x0C47A107
"""First of the two keys of the lock that a running crawl holds; the second is its id."""

_TRUSTED_SECONDS = 1.0
"""How long a connection is taken for a living one without asking."""

# Class 08: the connection. 57P01-3: the server stops, crashed, or starts.
_LOST = ("57P01", "57P02", "57P03")
# Another transaction was served first: serialisation, deadlock, a lock that took too long.
_UNDONE = ("40001", "40P01", "55P03")


# Pages are read at random as quickly as in a row, from memory or a disk without moving parts:
# else the planner reads whole indexes to save a few reads of the table. Workers that help take
# longer to start than most questions take.
READING = (
    "SET default_transaction_read_only = on; SET random_page_cost = 1.1; "
    "SET max_parallel_workers_per_gather = 0"
)


def create_engine(url: str, *, read_only: bool) -> sa.Engine:
    """Make the engine; a reader sees one moment, writers lock what they work on."""
    engine = sa.create_engine(url, pool_size=4, max_overflow=16)

    def on_connect(connection: psycopg.Connection[TupleRow], entry: ConnectionPoolEntry) -> None:
        if read_only:
            # A question of one statement needs no transaction, which takes two more trips to
            # the server; one that needs it says so.
            connection.autocommit = True
            connection.execute(READING)

    def on_begin(connection: sa.Connection) -> None:
        if read_only:
            connection.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            return
        alone = connection.get_execution_options().get("alone")
        lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        connection.exec_driver_sql(f"SELECT {lock}({WRITERS})")

    def on_return(
        connection: psycopg.Connection[TupleRow] | None, entry: ConnectionPoolEntry
    ) -> None:
        entry.info["left"] = time.monotonic()

    def on_lend(
        connection: psycopg.Connection[TupleRow],
        entry: ConnectionPoolEntry,
        proxy: PoolProxiedConnection,
    ) -> None:
        # The server may have been restarted meanwhile. Asking it takes a trip, which questions
        # that follow each other are spared.
        if time.monotonic() - entry.info.get("left", math.inf) < _TRUSTED_SECONDS:
            return
        try:
            connection.execute("SELECT 1")
            if not connection.autocommit:
                connection.rollback()
        except psycopg.Error as error:
            raise sa.exc.DisconnectionError from error

    sa.event.listen(engine, "connect", on_connect)
    sa.event.listen(engine, "begin", on_begin)
    sa.event.listen(engine, "checkin", on_return)
    sa.event.listen(engine, "checkout", on_lend)
    return engine


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


def hold_crawl(url: str, crawl_id: int) -> Held:
    """Hold a lock of a connection that nothing else uses."""
    return _Lock(url, crawl_id % 2**31)


class _Lock:
    """A lock of a connection of its own, which has it as long as it lives."""

    def __init__(self, url: str, key: int) -> None:
        # libpq understands the rest of the URL.
        address = sa.make_url(url).set(drivername="postgresql")
        self._address = address.render_as_string(hide_password=False)
        self._key = key
        self._asked = 0.0
        self._connection = self._connect()

    def _connect(self) -> psycopg.Connection[TupleRow]:
        statement = "SELECT pg_try_advisory_lock(%s, %s)"
        try:
            connection = psycopg.connect(self._address, autocommit=True)
            connection.execute(statement, (_CRAWL, self._key))
        except psycopg.Error as error:
            raise sa.exc.DBAPIError.instance(statement, None, error, psycopg.Error) from error
        self._asked = time.monotonic()
        return connection

    def renew(self) -> None:
        if time.monotonic() - self._asked < _TRUSTED_SECONDS:
            return
        try:
            self._connection.execute("SELECT 1")
            self._asked = time.monotonic()
        except psycopg.Error:
            self._connection.close()
            self._connection = self._connect()

    def close(self) -> None:
        # The server takes its time to notice that a connection was closed.
        with suppress(psycopg.Error):
            self._connection.execute("SELECT pg_advisory_unlock(%s, %s)", (_CRAWL, self._key))
        self._connection.close()


def crawls_held(connection: sa.Connection, url: str, crawl_ids: Sequence[int]) -> frozenset[int]:
    """Ask the server which of these locks are held."""
    rows = connection.exec_driver_sql(
        "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = %(crawl)s "
        "AND objsubid = 2 AND granted AND database = "
        "(SELECT oid FROM pg_database WHERE datname = current_database())",
        {"crawl": _CRAWL},
    )
    held = {int(key) for (key,) in rows}
    return frozenset(id_ for id_ in crawl_ids if id_ % 2**31 in held)


def create_file(url: str) -> None:
    """Do nothing: the database is made by its server."""


def is_there(url: str) -> bool:
    """Leave it to the server."""
    return True


def explain(error: sa.exc.DBAPIError, url: str) -> DatabaseError:
    """Put the driver's complaint into words."""
    words = " ".join(str(error.orig).split())
    host = sa.make_url(url)
    return DatabaseError(
        f"The database {host.render_as_string(hide_password=True)} cannot be used: {words}"
    )


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
    names = ", ".join(f'"{column}"' for column in columns)
    statement = f'COPY "{table.name}" ({names}) FROM STDIN'
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
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
    """Let SQLite select them, and send them by COPY."""
    insert_rows(connection, table, columns, staged.connection.execute(*rows))


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
