"""Where databases differ, one module for each; nobody else asks which one it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, cast

import sqlalchemy as sa

from catalog.database.cells import Cell
from catalog.database.dialects.searching import Bounds, Matching, PatternPart, Word
from catalog.database.dialects.staged import Staged, Statement
from catalog.errors import DatabaseError

Passing = Literal["lost", "undone"]
"""Why something failed that may succeed later: the connection is cut; another came first."""


class Held(Protocol):
    """Something that is held until it is closed."""

    def renew(self) -> None:
        """Hold it again if it was lost, where that is known; do nothing else."""

    def close(self) -> None:
        """Let go of it; a second time does nothing."""


class Definition(NamedTuple):
    """A statement that made a part of the database; `relation` is the table or view."""

    relation: str
    sql: str


class Dialect(Protocol):
    """What each module of this package offers."""

    def __hash__(self) -> int:
        """Tell one from another, as modules do."""
        ...

    MADE_BY_INDEX: bool
    """Whether the first `catalog index` may make the database."""

    ESTIMATES: bool
    """Whether the planner knows how many rows a range of values has."""

    SEARCH_INDEXES: frozenset[str]
    """Names of the indexes over texts and boxes that this kind of database alone has."""

    def create_engine(self, url: str, *, read_only: bool) -> sa.Engine:
        """Make the engine; every transaction of one that writes has the lock of writers.

        Where several write at once, they share it, unless the option `alone` says otherwise.
        """
        ...

    def passing(self, error: sa.exc.DBAPIError) -> Passing | None:
        """Say why a transaction that failed may succeed when it is done again; else None."""
        ...

    def lock_places(
        self, connection: sa.Connection, own: Collection[str], above: Collection[str]
    ) -> None:
        """Hold places until the transaction ends: `own` against all, `above` against their owners.

        All that a transaction needs is locked at once, so that no two can wait for each other.
        """
        ...

    def hold_crawl(self, url: str, crawl_id: int) -> Held:
        """Show others that a crawl runs, until this is closed or the process ends."""
        ...

    def crawls_held(
        self, connection: sa.Connection, url: str, crawl_ids: Sequence[int]
    ) -> frozenset[int]:
        """Tell which crawls run now, in whichever process."""
        ...

    ONE_WRITER: bool
    """Whether a transaction that writes has the whole database for itself."""

    def create_file(self, url: str) -> None:
        """Make the empty file, where a database is one."""
        ...

    def is_there(self, url: str) -> bool:
        """Say whether there can be a database at all, without connecting."""
        ...

    def explain(self, error: sa.exc.DBAPIError, url: str) -> DatabaseError:
        """Put the driver's complaint into words."""
        ...

    def migrating(self, connection: sa.Connection) -> AbstractContextManager[None]:
        """Hold the connection ready for migrations while the context lasts."""
        ...

    def hidden_tables(self, connection: sa.Connection) -> frozenset[str]:
        """Name the tables that stand behind search indexes."""
        ...

    def insert_rows(
        self,
        connection: sa.Connection,
        table: sa.Table,
        columns: Sequence[str],
        rows: Iterable[tuple[Cell, ...]],
    ) -> None:
        """Insert rows of plain values, as fast as the driver can."""
        ...

    def staged(self, connection: sa.Connection, rows: bytes) -> AbstractContextManager[Staged]:
        """Open the rows of a parcel, beside a connection with a transaction."""
        ...

    def insert_staged(
        self,
        connection: sa.Connection,
        table: sa.Table,
        columns: Sequence[str],
        staged: Staged,
        rows: Statement,
    ) -> None:
        """Insert what a statement selects from the rows of a parcel."""
        ...

    def empty(self, connection: sa.Connection, tables: Sequence[str]) -> None:
        """Delete all rows of tables, given parents before children."""
        ...

    def texts(self, values: Sequence[str]) -> sa.TableValuedAlias:
        """Make a table of one column, `value`, of any number of texts in one parameter."""
        ...

    def numbers(self, values: Sequence[int]) -> sa.TableValuedAlias:
        """Make a table of one column, `value`, of any number of ids in one parameter."""
        ...

    def numbers_named(self, name: str) -> sa.TableValuedAlias:
        """Make the same of a parameter that is given when the statement runs."""
        ...

    def numbers_given(self, values: Sequence[int]) -> str | list[int]:
        """Give the ids as such a parameter takes them."""
        ...

    def words_added(self, connection: sa.Connection, table: sa.Table, texts: Statement) -> None:
        """Take rows that were inserted into the index of their `search_text`.

        Parameters
        ----------
        texts
            Selects their keys and texts from the rows of a parcel.
        """
        ...

    def words_gone(
        self, connection: sa.Connection, table: sa.Table, rows: sa.Select[tuple[int, str]]
    ) -> None:
        """Take rows, of key and `search_text`, out of the index before they are deleted."""
        ...

    def words_anew(self, connection: sa.Connection) -> None:
        """Make the indexes of `search_text` from what the tables hold."""
        ...

    def word_queries(
        self, wanted: Sequence[Word], unwanted: Sequence[Word]
    ) -> tuple[str | None, str | None]:
        """Write what `matching` takes: of all wanted words, and of any of the others."""
        ...

    def matching(
        self,
        table: sa.Table,
        key: sa.Column[int],
        wanted: sa.ColumnElement[str] | None,
        unwanted: sa.ColumnElement[str] | None,
    ) -> Matching:
        """Say that the `search_text` of a row has all wanted words and none of the others."""
        ...

    def as_many(
        self, connection: sa.Connection, some: sa.Select[Any], values: Sequence[Any], most: int
    ) -> bool:
        """Tell whether a statement over `values` has so many rows, as is quickly known."""
        ...

    def few_expected(
        self,
        connection: sa.Connection,
        table: sa.Table,
        found: sa.Select[Any],
        values: Sequence[Any],
    ) -> bool | None:
        """Tell whether few match, of the keys `found`; None where that makes no difference.

        Few are best said by `picked`, and of many that they have the words by `holds`.
        """
        ...

    def picked(
        self, key: sa.Column[int], condition: sa.ColumnElement[bool]
    ) -> sa.ColumnElement[bool]:
        """Say a condition so that what fits is collected before anything else."""
        ...

    def holds(
        self, text: sa.ColumnElement[str], part: sa.ColumnElement[str]
    ) -> sa.ColumnElement[bool]:
        """Say that a text has another within it."""
        ...

    def pattern(self, parts: Sequence[PatternPart]) -> str:
        """Write a pattern as `like` takes it."""
        ...

    def like(
        self, column: sa.ColumnElement[str], pattern: sa.ColumnElement[str]
    ) -> sa.ColumnElement[bool]:
        """Say that a text follows a pattern, capital letters told from small ones."""
        ...

    def near(
        self,
        columns: Sequence[sa.ColumnElement[Any]],
        component: sa.ColumnElement[int],
        bounds: Sequence[Bounds],
    ) -> sa.Select[Any]:
        """Select the extents of a crowded component that meet a box along the indexed axes."""
        ...

    def unindexed(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """Give a column so that no index over it is used."""
        ...

    def tied(
        self, condition: sa.ColumnElement[bool], key: sa.ColumnElement[int]
    ) -> sa.ColumnElement[bool]:
        """Give a condition so that it is looked at row by row, on a walk along a key."""
        ...

    def seldom(self, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        """Give a condition of which it is known that little fits."""
        ...

    def written(self, statement: sa.Select[Any]) -> str:
        """Write a statement with its values in it, for people to run."""
        ...

    def settle(self, connection: sa.Connection) -> None:
        """Let the database look at how its tables are filled, after much was written."""
        ...

    def asking(
        self, url: str, text: str, parameters: Mapping[str, Cell], seconds: float | None
    ) -> AbstractContextManager[tuple[tuple[str, ...], Iterator[tuple[Cell, ...]]]]:
        """Lend the columns and rows of a statement that can do nothing but read."""
        ...

    def definitions(self, connection: sa.Connection) -> Iterator[Definition]:
        """Yield what the database was made of, in an order in which it can be made again."""
        ...

    def backup(self, url: str, file: Path) -> None:
        """Copy the database into a new SQLite file, as it is at one moment."""
        ...


def dialect_of(name: str) -> Dialect:
    """Find the module of a database, by the name that SQLAlchemy gives it or from a URL."""
    module = name.partition(":")[0].partition("+")[0]
    if module not in ("sqlite", "postgresql"):
        raise DatabaseError(f"{module!r} is not a database that a catalog can be kept in.")
    try:
        return cast(Dialect, import_module(f"catalog.database.dialects.{module}"))
    except ImportError as missing:
        if module != "postgresql":
            raise
        raise DatabaseError(
            "PostgreSQL needs the package psycopg: pip install 'ome-scene-catalog[postgresql]'."
        ) from missing
