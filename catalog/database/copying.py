"""Copies all rows of a catalog into a new SQLite catalog, as they are at one moment."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from catalog.database.engine import Database
from catalog.database.migration import init
from catalog.database.schema import metadata
from catalog.database.types import UtcTime

_ROWS_AT_ONCE = 5_000


def copy_rows(url: str, file: Path) -> None:
    """Copy the rows of the catalog at `url` into `file`, which becomes a catalog of its own."""
    target_url = f"sqlite:///{file.absolute()}"
    init(target_url)
    with Database(url) as source, Database(target_url) as target:
        # A group may come before its parent: keys are checked when all are there.
        with (
            source.reading() as reader,
            target.migrating() as writer,
            target.dialect.migrating(writer),
        ):
            for table in metadata.sorted_tables:
                columns = [column.name for column in table.columns]
                rows = reader.execution_options(yield_per=_ROWS_AT_ONCE).execute(sa.select(table))
                for part in rows.partitions():
                    if any(isinstance(column.type, UtcTime) for column in table.columns):
                        writer.execute(table.insert(), [row._asdict() for row in part])
                    else:
                        plain = [tuple(row) for row in part]
                        target.dialect.insert_rows(writer, table, columns, plain)
            target.dialect.words_anew(writer)
        # One file, without a log beside it, is easier to carry.
        with target.migrating() as connection:
            connection.connection.cursor().execute("PRAGMA journal_mode = DELETE")
