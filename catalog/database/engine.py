"""Opens, commits and rolls back: nobody outside this package does.

A `Database` keeps its connections warm, so that the second question costs no
connecting. What is given to `transact` and `ask` as a function is run again when the
connection was cut, or when the database undid it in favour of another.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TypeVar

import sqlalchemy as sa

from catalog.database.closing import Closing
from catalog.database.database_urls import display_url, normalise_url
from catalog.database.dialects import Dialect, Held, dialect_of

RECONNECT_SECONDS = 60.0
"""How long to try again after the connection was cut: a server needs less to start again."""

_T = TypeVar("_T")


def engine_for(url: str, *, read_only: bool = False) -> sa.Engine:
    """Make an engine for a database URL, as typed or normalised.

    A writing engine waits for its turn at the beginning of each transaction, so that
    it never fails at the end; a reading one cannot write, and each of its
    transactions sees one moment.
    """
    url = normalise_url(url)
    return dialect_of(url).create_engine(url, read_only=read_only)


class TryAgain(Exception):  # noqa: N818 - it is never seen outside of this package
    """What a transaction works on has changed since it looked: undo it, and do it again."""


class Database(Closing):
    """A catalog's database, with connections that are kept for the next question.

    Parameters
    ----------
    url
        As a person types it. Nothing is opened before it is needed;
        `catalog.database.migration.ensure` says whether it can be used.
    """

    def __init__(self, url: str) -> None:
        self.url = normalise_url(url)
        self._was_there = False

    def __repr__(self) -> str:
        return f"Database({display_url(self.url)!r})"

    @cached_property
    def dialect(self) -> Dialect:
        """What is particular to this kind of database."""
        return dialect_of(self.url)

    @cached_property
    def _reader(self) -> sa.Engine:
        return engine_for(self.url, read_only=True)

    @cached_property
    def _writer(self) -> sa.Engine:
        return engine_for(self.url)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Lend a connection that sees the database at one moment and cannot write.

        Raises
        ------
        DatabaseError
            When the database cannot be opened or read.
        """
        try:
            with self._reader.connect() as connection:
                yield connection
        except sa.exc.OperationalError as error:
            raise self.dialect.explain(error, self.url) from error

    @contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[sa.Connection]:
        """Lend the connection of a transaction: committed at the end, or wholly undone.

        Other writers may have to wait until it is over, so keep it short.

        Parameters
        ----------
        alone
            Let no other writer in meanwhile. SQLite never does; in PostgreSQL several
            write at once, and each locks what it works on.

        Raises
        ------
        DatabaseError
            When the database cannot be opened or written.
        """
        try:
            with self._transaction(alone=alone) as connection:
                yield connection
        except sa.exc.OperationalError as error:
            raise self.dialect.explain(error, self.url) from error

    @contextmanager
    def _transaction(self, *, alone: bool) -> Iterator[sa.Connection]:
        with self._writer.execution_options(alone=alone).begin() as connection:
            yield connection

    def transact(
        self,
        work: Callable[[sa.Connection], _T],
        *,
        alone: bool = False,
        before: Callable[[], None] | None = None,
    ) -> _T:
        """Run a function in a transaction, and again if it was undone through no fault of its own.

        Parameters
        ----------
        work
            Done twice, it must do no more than done once: a connection may be cut when the
            transaction is committed already, and nobody has been told.
        alone
            As for `writing`.
        before
            What is to be done before each try, outside of the transaction.

        Raises
        ------
        DatabaseError
            When the database cannot be opened or written, or stays away for too long.
        """

        def run() -> _T:
            if before is not None:
                before()
            with self._transaction(alone=alone) as connection:
                return work(connection)

        return self._patiently(run)

    def ask(self, work: Callable[[sa.Connection], _T]) -> _T:
        """Run a function that reads, and again if the connection was cut.

        Raises
        ------
        DatabaseError
            When the database cannot be opened or read, or stays away for too long.
        """

        def run() -> _T:
            with self._reader.connect() as connection:
                return work(connection)

        return self._patiently(run)

    def hold_crawl(self, crawl_id: int) -> Held:
        """Show others that a crawl runs, until this is closed or the process ends."""
        return self._patiently(lambda: self.dialect.hold_crawl(self.url, crawl_id))

    def _patiently(self, run: Callable[[], _T]) -> _T:
        end = None
        pause = 0.05
        while True:
            try:
                found = run()
            except TryAgain:
                continue
            except sa.exc.DBAPIError as error:
                passing = self.dialect.passing(error)
                # One that was never there is not waited for: its name may be wrong.
                if passing == "lost" and not self._was_there:
                    passing = None
                if passing is None:
                    if isinstance(error, sa.exc.OperationalError):
                        raise self.dialect.explain(error, self.url) from error
                    raise
                if passing == "lost":
                    self._hang_up()
                now = time.monotonic()
                end = now + RECONNECT_SECONDS if end is None else end
                if now >= end:
                    raise self.dialect.explain(error, self.url) from error
                time.sleep(min(pause * random.uniform(0.5, 1), end - now))
                pause = min(2 * pause, 2.0)
            else:
                self._was_there = True
                return found

    @contextmanager
    def migrating(self) -> Iterator[sa.Connection]:
        """Lend a connection outside of any transaction, for alembic alone."""
        with self._writer.execution_options(alone=True).connect() as connection:
            yield connection

    def _hang_up(self) -> None:
        """Close the connections that nobody uses now: where one was cut, others are, too."""
        for name in ("_reader", "_writer"):
            if name in self.__dict__:
                self.__dict__[name].dispose()

    def close(self) -> None:
        """Close all connections; the next question opens new ones."""
        for name in ("_reader", "_writer"):
            engine = self.__dict__.pop(name, None)
            if engine is not None:
                engine.dispose()
