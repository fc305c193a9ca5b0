"""Where databases differ, one module for each; nobody else asks which one it is."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

import sqlalchemy as sa

from catalog.errors import DatabaseError

Cell = str | bytes | int | float | bool | None
"""What a row of plain values holds."""


class Dialect(Protocol):
    """What each module of this package offers."""

    MADE_BY_INDEX: bool
    """Whether the first `catalog index` may make the database."""

    def create_engine(self, url: str, *, read_only: bool) -> sa.Engine:
        """Make the engine; every transaction of one that writes has the lock of writers."""
        ...

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
        rows: Sequence[tuple[Cell, ...]],
    ) -> None:
        """Insert rows of plain values, as fast as the driver can."""
        ...

    def texts(self, values: Sequence[str]) -> sa.TableValuedAlias:
        """Make a table of one column, `value`, of any number of texts in one parameter."""
        ...

    def numbers(self, values: Sequence[int]) -> sa.TableValuedAlias:
        """Make a table of one column, `value`, of any number of ids in one parameter."""
        ...

    def settle(self, connection: sa.Connection) -> None:
        """Let the database look at how its tables are filled, after much was written."""
        ...

    def backup(self, url: str, file: Path) -> None:
        """Copy the database into a new SQLite file, as it is at one moment."""
        ...


def dialect_of(name: str) -> Dialect:
    """Find the module of a database, by the name that SQLAlchemy gives it or from a URL."""
    module = name.partition(":")[0].partition("+")[0]
    if module not in ("sqlite", "postgresql"):
        raise DatabaseError(f"{module!r} is not a database that a catalog can be kept in.")
    return cast(Dialect, import_module(f"catalog.database.dialects.{module}"))
