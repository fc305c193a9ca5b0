"""Copies a catalog into another database, of the same kind or not: all of it, or nothing.

Rows are read as they are at one moment and keep their ids, so that what a person noted down
means the same there. Every table of the schema is copied, whatever it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from catalog.database.cells import Cell
from catalog.database.database_urls import display_url
from catalog.database.engine import Database
from catalog.database.migration import ensure, init
from catalog.database.schema import metadata
from catalog.database.types import UtcTime
from catalog.errors import DatabaseError

_ROWS_AT_ONCE = 5_000
_ROWS_OF_STATEMENT = 100_000


@dataclass(frozen=True, slots=True)
class Copied:
    """How many rows were copied, by table."""

    rows: dict[str, int]

    @property
    def total(self) -> int:
        """Rows of all tables."""
        return sum(self.rows.values())


class CopyProgress(NamedTuple):
    """How far a copy has come: rows that are there, of all rows of the table."""

    table: str
    rows: int
    total: int


def copy(
    source_url: str,
    target_url: str,
    *,
    replace: bool = False,
    progress: Callable[[CopyProgress], None] | None = None,
) -> Copied:
    """Copy a catalog into another database, where the tables are made if there are none.

    Others may go on reading and writing the source.

    Parameters
    ----------
    replace
        Delete what the target holds, in the same transaction. Without, a target that holds
        anything is refused.
    progress
        Called now and then, and at the end of each table.

    Raises
    ------
    DatabaseMissingError, DatabaseVersionError
        When one of them holds no catalog, or one of another version.
    DatabaseError
        When the target holds something, or not all rows arrived: it is as it was then.
    """
    ensure(source_url, create=False)
    with Database(source_url) as source, Database(target_url) as target:
        if source.url == target.url:
            raise DatabaseError("The source and the target are the same database.")
        init(target.url)
        try:
            with source.reading() as reader, reader.begin():
                copied = _copy(reader, target, replace=replace, tell=progress or _untold)
        except sa.exc.DBAPIError as error:
            raise target.dialect.explain(error, target.url) from error
        target.transact(target.dialect.settle)
    return Copied(copied)


def copy_into_file(source_url: str, file: Path) -> None:
    """Copy a catalog into a new SQLite file, which is whole without a log beside it."""
    target_url = f"sqlite:///{file.absolute()}"
    copy(source_url, target_url)
    with Database(target_url) as target, target.migrating() as connection:
        connection.connection.cursor().execute("PRAGMA journal_mode = DELETE")


def _untold(progress: CopyProgress) -> None:
    pass


def _copy(
    reader: sa.Connection,
    target: Database,
    *,
    replace: bool,
    tell: Callable[[CopyProgress], None],
) -> dict[str, int]:
    copied: dict[str, int] = {}
    # A group may come before its parent: in SQLite, keys are checked when all are there.
    with target.migrating() as writer, target.dialect.migrating(writer):
        _make_room(writer, target, replace=replace)
        for table in metadata.sorted_tables:
            total = _count(reader, table)
            _copy_table(reader, writer, target, table, total=total, tell=tell)
            copied[table.name] = _count(writer, table)
            if copied[table.name] != total:
                raise DatabaseError(
                    f"Of {total:,} rows of {table.name}, {copied[table.name]:,} arrived in "
                    f"{display_url(target.url)}: nothing was copied."
                )
            tell(CopyProgress(table.name, total, total))
        target.dialect.words_anew(writer)
    return copied


def _make_room(writer: sa.Connection, target: Database, *, replace: bool) -> None:
    filled = [table.name for table in metadata.sorted_tables if _holds_rows(writer, table)]
    if filled and not replace:
        raise DatabaseError(
            f"{display_url(target.url)} holds a catalog with rows already (in "
            f"{', '.join(filled[:3])}{', …' if filled[3:] else ''}). Name another database, or "
            "say that what it holds is to be replaced (--replace)."
        )
    if filled:
        target.dialect.empty(writer, [table.name for table in metadata.sorted_tables])


def _holds_rows(connection: sa.Connection, table: sa.Table) -> bool:
    query = sa.select(sa.literal(1)).select_from(table).limit(1)
    return connection.execute(query).first() is not None


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def _copy_table(
    reader: sa.Connection,
    writer: sa.Connection,
    target: Database,
    table: sa.Table,
    *,
    total: int,
    tell: Callable[[CopyProgress], None],
) -> None:
    columns = [column.name for column in table.columns]
    # PostgreSQL checks keys at the end of each statement; of those that lead into the same
    # table, all have to be there then.
    within = any(key.column.table is table for key in table.foreign_keys)
    at_once = total if within and not target.dialect.ONE_WRITER else _ROWS_OF_STATEMENT
    # In the order of the key, so that what lies together does so there.
    query = sa.select(table).order_by(*table.primary_key.columns)
    done = 0
    with reader.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE}) as read:

        def rows() -> Iterator[tuple[Cell, ...]]:
            nonlocal done
            for row in _plain(table, writer.dialect, read):
                yield row
                done += 1
                if done % _ROWS_AT_ONCE == 0:
                    tell(CopyProgress(table.name, done, total))

        waiting = rows()
        for _ in range(0, total, at_once or 1):
            target.dialect.insert_rows(writer, table, columns, islice(waiting, at_once))


def _plain(
    table: sa.Table, dialect: sa.Dialect, rows: Iterable[Sequence[Any]]
) -> Iterator[tuple[Cell, ...]]:
    """Give rows as the driver of a database takes them: SQLite knows no times and truths."""
    converted = {
        position: convert
        for position, column in enumerate(table.columns)
        if isinstance(column.type, (UtcTime, sa.Boolean))
        and (convert := column.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    }
    for row in rows:
        if not converted:
            yield tuple(row)
            continue
        values = list(row)
        for position, convert in converted.items():
            values[position] = convert(values[position])
        yield tuple(values)
