"""PostgreSQL, through psycopg."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.pool import ConnectionPoolEntry

from catalog.database.dialects import Cell, Definition, postgresql_search
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

ESTIMATES = postgresql_search.ESTIMATES
SEARCH_INDEXES = postgresql_search.SEARCH_INDEXES
like = postgresql_search.like
matching = postgresql_search.matching
picked = postgresql_search.picked
seldom = postgresql_search.seldom
unindexed = postgresql_search.unindexed
words_added = postgresql_search.words_added
words_anew = postgresql_search.words_anew
words_gone = postgresql_search.words_gone
written = postgresql_search.written

WRITERS = 0x0C47A106
"""Key of the advisory lock that makes one writer wait for another, as SQLite does."""


def create_engine(url: str, *, read_only: bool) -> sa.Engine:
    """Make the engine; a reader sees one moment, a writer waits for the other writers."""
    engine = sa.create_engine(url, pool_size=4, max_overflow=16, pool_pre_ping=False)

    def on_connect(connection: psycopg.Connection[TupleRow], entry: ConnectionPoolEntry) -> None:
        if read_only:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

    def on_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")

    sa.event.listen(engine, "connect", on_connect)
    if not read_only:
        sa.event.listen(engine, "begin", on_begin)
    return engine


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
    rows: Sequence[tuple[Cell, ...]],
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
    for index in sorted(SEARCH_INDEXES):
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
    from catalog.database.copying import copy_rows

    copy_rows(url, file)
