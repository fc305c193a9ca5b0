"""Files of SQLite, and connections to them."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.pool import ConnectionPoolEntry

from catalog.errors import DatabaseError, DatabaseMissingError

BUSY_SECONDS = 60.0
"""How long to wait for another writer; its transactions are short."""

STAGE = "stage"
"""Schema in which a connection that writes has the rows of a parcel."""


def path_of(url: str) -> Path:
    """Find the file that a URL means."""
    return Path(url.removeprefix("sqlite:///")).absolute()


def open_file(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open a file that is there, even on a medium that cannot be written."""

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


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open a file that cannot be written through this connection."""
    connection = open_file(path, read_only=True)
    connection.execute("PRAGMA query_only = ON")
    return connection


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


def create_engine(url: str, *, read_only: bool) -> sa.Engine:
    """Make the engine; a transaction that may write takes the write lock at its beginning."""
    path = path_of(url)
    engine = sa.create_engine(
        "sqlite://",
        creator=lambda: open_file(path, read_only=read_only),
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
        if connection is None or not entry.info.get(STAGE):
            return
        # What failed half-way may still hold it; then the next parcel takes its place.
        with suppress(sqlite3.OperationalError):
            connection.execute(f"DETACH {STAGE}")
            del entry.info[STAGE]

    sa.event.listen(engine, "connect", on_connect)
    sa.event.listen(engine, "checkin", on_checkin)
    sa.event.listen(engine, "begin", on_begin)
    return engine


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
