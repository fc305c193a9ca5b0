"""Opens, commits and rolls back: nobody outside this package does.

A `Database` keeps its connections warm, so that the second question costs no
connecting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from catalog.database.dialects import Dialect, dialect_of
from catalog.errors import DatabaseError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2")


def normalise_url(text: str) -> str:
    """Make a database URL of what a person types; a bare path means SQLite.

    Raises
    ------
    DatabaseError
        When it is neither an SQLite file nor PostgreSQL.

    Examples
    --------
    >>> normalise_url("brains.db")
    'sqlite:///brains.db'
    >>> normalise_url("postgresql://lab/brains")
    'postgresql+psycopg://lab/brains'
    """
    found = _SCHEME.match(text)
    scheme = found[1].lower() if found else ""
    if scheme.partition("+")[0] == "sqlite":
        path = text[len(scheme) + 3 :]
        if not path.startswith("/") or path in ("/", "/:memory:"):
            raise DatabaseError(
                f"{text!r} names no file; an SQLite database is 'sqlite:///relative/path.db' or "
                "'sqlite:////absolute/path.db'."
            )
        return f"sqlite://{path}"
    if scheme in _POSTGRESQL:
        try:
            sa.make_url(text)
        except (sa.exc.ArgumentError, ValueError) as error:
            raise DatabaseError(f"The database URL cannot be understood: {error}.") from error
        return "postgresql+psycopg" + text[len(scheme) :]
    if scheme:
        raise DatabaseError(
            f"A catalog is kept in SQLite (a path, or sqlite:///…) or PostgreSQL "
            f"(postgresql://…), not in {scheme}://."
        )
    if not text or text == ":memory:" or "\x00" in text:
        raise DatabaseError("The name of the database is empty; give a path or a URL.")
    return f"sqlite:///{Path(text).expanduser()}"


def display_url(url: str) -> str:
    """Write a database URL for people to see, without its password.

    Examples
    --------
    >>> display_url("postgresql+psycopg://me:secret@lab/brains")
    'postgresql://me:***@lab/brains'
    """
    if url.startswith("sqlite:"):
        return url
    shown = sa.make_url(url)
    secrets = {"password": "***"} if "password" in shown.query else {}
    shown = shown.set(drivername="postgresql").update_query_dict(secrets)
    return shown.render_as_string(hide_password=True)


def engine_for(url: str, *, read_only: bool = False) -> sa.Engine:
    """Make an engine for a database URL, as typed or normalised.

    A writing engine waits for its turn at the beginning of each transaction, so that
    it never fails at the end; a reading one cannot write, and each of its
    transactions sees one moment.
    """
    url = normalise_url(url)
    return dialect_of(url).create_engine(url, read_only=read_only)


class Database:
    """A catalog's database, with connections that are kept for the next question.

    Parameters
    ----------
    url
        As a person types it. Nothing is opened before it is needed;
        `catalog.database.migration.ensure` says whether it can be used.
    """

    def __init__(self, url: str) -> None:
        self.url = normalise_url(url)

    def __repr__(self) -> str:
        return f"Database({display_url(self.url)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

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
    def writing(self) -> Iterator[sa.Connection]:
        """Lend the connection of a transaction: committed at the end, or wholly undone.

        Other writers wait until it is over, so keep it short.

        Raises
        ------
        DatabaseError
            When the database cannot be opened or written.
        """
        try:
            with self._writer.begin() as connection:
                yield connection
        except sa.exc.OperationalError as error:
            raise self.dialect.explain(error, self.url) from error

    @contextmanager
    def migrating(self) -> Iterator[sa.Connection]:
        """Lend a connection outside of any transaction, for alembic alone."""
        with self._writer.connect() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections; the next question opens new ones."""
        for name in ("_reader", "_writer"):
            engine = self.__dict__.pop(name, None)
            if engine is not None:
                engine.dispose()
