"""Connections to PostgreSQL."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import psycopg
import sqlalchemy as sa
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from catalog.database.database_urls import display_url
from catalog.errors import DatabaseError

if TYPE_CHECKING:
    from psycopg.rows import TupleRow

WRITERS = 0x0C47A106
"""Key of the advisory lock that all writers share, but for one that has to be alone."""

TRUSTED_SECONDS = 1.0
"""How long a connection is taken for a living one without asking."""

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
        if time.monotonic() - entry.info.get("left", math.inf) < TRUSTED_SECONDS:
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


def explain(error: sa.exc.DBAPIError, url: str) -> DatabaseError:
    """Put the driver's complaint into words."""
    words = " ".join(str(error.orig).split())
    return DatabaseError(f"The database {display_url(url)} cannot be used: {words}")
