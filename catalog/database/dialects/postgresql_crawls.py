"""Which crawls run now, told by locks that connections of their own hold."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg
import sqlalchemy as sa

from catalog.database.dialects import Held
from catalog.database.dialects.postgresql_opening import TRUSTED_SECONDS

if TYPE_CHECKING:
    from psycopg.rows import TupleRow

_CRAWL = 0x0C47A107
"""First of the two keys of the lock that a running crawl holds; the second is its id."""


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
        if time.monotonic() - self._asked < TRUSTED_SECONDS:
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
