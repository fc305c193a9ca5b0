"""SQLite."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.pool import ConnectionPoolEntry

from catalog.database.cells import Cell
from catalog.database.dialects import Definition, Held, Passing, sqlite_places, sqlite_search
from catalog.database.dialects.staged import Staged, Statement
from catalog.database.schema import metadata
from catalog.errors import DatabaseError, DatabaseMissingError

BUSY_SECONDS = 60.0
"""How long to wait for another writer; its transactions are short."""

_STAGE = "stage"
"""Schema in which a connection that writes has the rows of a parcel."""

_ROWS_OF_STATEMENT = 48
_LARGEST_NUMBER_OF_VALUES = 32766  # of one statement, unless SQLite was built otherwise

MADE_BY_INDEX = True
ONE_WRITER = True

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


def path_of(url: str) -> Path:
    """Find the file that a URL means."""
    return Path(url.removeprefix("sqlite:///")).absolute()


def _open(path: Path, *, read_only: bool) -> sqlite3.Connection:
    def connect(options: str) -> sqlite3.Connection:
        return sqlite3.connect(
            f"file:{quote(str(path))}?{options}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,  # transactions begin where we say, not where the driver guesses
            check_same_thread=False,
            cached_statements=512,
        )

    if not read_only:
        return connect("mode=rw")
    # A reader of a WAL database wants to write its -shm file. On a medium that cannot be
    # written, nobody else writes either, unless a -wal file says that somebody has.
    wal = path.with_name(path.name + "-wal")
    if not os.access(path.parent, os.W_OK) and not wal.exists():
        return connect("mode=ro&immutable=1")
    return connect("mode=ro")


def create_engine(url: str, *, read_only: bool) -> sa.Engine:
    """Make the engine; a transaction that may write takes the write lock at its beginning."""
    path = path_of(url)
    engine = sa.create_engine(
        "sqlite://",
        creator=lambda: _open(path, read_only=read_only),
        poolclass=sa.QueuePool,
        pool_size=4,
        max_overflow=16,
    )

    def on_connect(connection: sqlite3.Connection, entry: ConnectionPoolEntry) -> None:
        connection.execute("PRAGMA cache_size = -65536")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
            return
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        # 16 MiB: fewer pages are written twice, and the disk is waited for less often.
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        connection.execute("PRAGMA foreign_keys = ON")

    def on_begin(connection: sa.Connection) -> None:
        # A plain BEGIN that turns into a writer later fails at once when another one has
        # written in between; an immediate one waits for its turn.
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    def on_checkin(connection: sqlite3.Connection | None, entry: ConnectionPoolEntry) -> None:
        if connection is None or not entry.info.get(_STAGE):
            return
        # What failed half-way may still hold it; then the next parcel takes its place.
        with suppress(sqlite3.OperationalError):
            connection.execute(f"DETACH {_STAGE}")
            del entry.info[_STAGE]

    sa.event.listen(engine, "connect", on_connect)
    sa.event.listen(engine, "checkin", on_checkin)
    sa.event.listen(engine, "begin", on_begin)
    return engine


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


def create_file(url: str) -> None:
    """Make the empty file, with write-ahead logging from the start."""
    path = path_of(url)
    if not path.parent.is_dir():
        raise DatabaseError(f"The folder {path.parent} does not exist; make it first.")
    try:
        path.touch()
    except OSError as error:
        raise DatabaseError(f"{path} cannot be made: {error.strerror or error}.") from error


def is_there(url: str) -> bool:
    """Say whether there is a file with anything in it."""
    path = path_of(url)
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False
    except OSError as error:
        raise DatabaseError(f"{path} cannot be read: {error.strerror or error}.") from error


def explain(error: sa.exc.DBAPIError, url: str) -> DatabaseError:
    """Put the driver's complaint into words."""
    path = path_of(url)
    words = str(error.orig)
    if "unable to open" in words and not path.exists():
        return DatabaseMissingError(f"There is no file {path}.")
    if path.is_dir():
        return DatabaseError(
            f"{path} is a folder; a catalog is a file, such as {path / 'catalog.db'}."
        )
    if "not a database" in words:
        return DatabaseError(f"{path} is a file of another kind, not an SQLite database.")
    if "locked" in words:
        return DatabaseError(
            f"{path} is being written by another process, for more than {BUSY_SECONDS:.0f} s; "
            "wait until it is done."
        )
    if "readonly" in words:
        return DatabaseError(f"{path} cannot be written; check its permissions.")
    if "full" in words:
        return DatabaseError(f"There is no space left to write {path}.")
    return DatabaseError(f"{path} cannot be used: {words}.")


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
    if not connection.info.get(_STAGE):
        raw.execute(f"ATTACH ':memory:' AS {_STAGE}")
        connection.info[_STAGE] = True
    raw.deserialize(rows, name=_STAGE)
    yield Staged(raw, _STAGE)


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


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open a file that cannot be written through this connection."""
    connection = _open(path, read_only=True)
    connection.execute("PRAGMA query_only = ON")
    return connection


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
        closing(_open(path_of(url), read_only=True)) as source,
        closing(sqlite3.connect(file)) as target,
    ):
        source.backup(target)
        # One file without a log beside it is easier to carry; a writer starts one again.
        target.execute("PRAGMA journal_mode = DELETE")
