"""Parcels as the writer sees them: tables of SQLite, whose numbers become ids in one go.

Whichever database the rows are for, SQLite puts the ids in the place of the numbers, in C
and without Python's lock: a thread that writes hardly disturbs the one that reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

from catalog.database.dialects.staged import Staged, Statement
from catalog.database.parcels.columns import COLUMNS
from catalog.database.parcels.draft import Axes
from catalog.database.parcels.parcel import Parcel
from catalog.database.schema import metadata

_POSITIONS = {name: position for position, name in enumerate(COLUMNS)}


class Part:
    """Hierarchies of a parcel that are written together, and the ids of their rows.

    Parameters
    ----------
    hierarchies
        Which ones, by their numbers.
    crawl_id
        The crawl that found them.
    """

    def __init__(self, staged: Staged, parcel: Parcel, hierarchies: range, crawl_id: int) -> None:
        self.staged = staged
        self._parcel = parcel
        self._hierarchies = hierarchies
        first, end = parcel.starts[hierarchies.start], parcel.starts[hierarchies.stop]
        self._spans = {name: range(first[i], end[i]) for name, i in _POSITIONS.items()}
        self._values = {"crawl": crawl_id}
        self._listed: set[str] = set()

    @property
    def urls(self) -> Sequence[str]:
        """URLs of the hierarchies."""
        return self._parcel.urls[self._hierarchies.start : self._hierarchies.stop]

    @property
    def layouts(self) -> Sequence[Axes]:
        """The axis layouts of the parcel, in the order of their numbers."""
        return self._parcel.layouts

    def count(self, table: str) -> int:
        """Tell how many rows of a table there are."""
        return len(self._spans[table])

    def group_urls(self) -> dict[str, set[str]]:
        """Give the URLs of the groups of each hierarchy, by its own."""
        found: dict[int, set[str]] = {number: set() for number in self._hierarchies}
        for number, url in self.rows(self.ask('SELECT "hierarchy_id", "url"', "zarr_group")):
            found[number].add(url)
        return dict(zip(self.urls, found.values(), strict=True))

    def first(self, table: str) -> int:
        """Give the number of the first row of a table."""
        return self._spans[table].start

    def number_from(self, table: str, first_id: int) -> None:
        """Let the rows of a table have ids in a row."""
        self._values[table] = first_id - self._spans[table].start

    def number(self, table: str, ids: Iterable[int]) -> None:
        """Let the rows of a table have these ids, in their order."""
        self._list(table, zip(self._spans[table], ids, strict=True))

    def number_layouts(self, ids: Sequence[int]) -> None:
        """Let the axis layouts of the parcel have these ids, in their order."""
        self._list("axis_layout", enumerate(ids))

    def _list(self, table: str, ids: Iterable[tuple[int, int]]) -> None:
        name = f'{self.staged.schema}."{table}_id"'
        run = self.staged.connection
        run.execute(f"CREATE TABLE IF NOT EXISTS {name} (number INTEGER PRIMARY KEY, id)")
        run.executemany(f"INSERT OR REPLACE INTO {name} VALUES (?, ?)", ids)
        self._listed.add(table)

    def select(
        self, table: str, columns: Sequence[str] | None = None, where: str | None = None
    ) -> Statement:
        """Select rows with their ids.

        Parameters
        ----------
        columns
            Those of `COLUMNS` if None.
        where
            A condition on the columns as they are staged.
        """
        named = COLUMNS[table] if columns is None else columns
        cells = ", ".join([self._cell(table, column) for column in named])
        return self.ask(f"SELECT {cells}", table, "" if where is None else f"AND {where}")

    def ask(self, what: str, table: str, then: str = "") -> Statement:
        """Write a question to the rows of a table as they are staged, without their ids.

        Parameters
        ----------
        what, then
            What stands before FROM, and after a condition of WHERE.
        """
        span = self._spans[table]
        # Rows are counted from 1 and numbered from 0.
        rows = "rowid > :after AND rowid <= :until"
        text = f'{what} FROM {self.staged.schema}."{table}" WHERE {rows} {then}'
        return Statement(text, {**self._values, "after": span.start, "until": span.stop})

    def looked_up(self, table: str, refers: str, column: str) -> str:
        """Write a column of the rows that a column of a table refers to, for `ask`."""
        of = ids_of(metadata.tables[table].c[refers])
        row = f'"{table}"."{refers}" + 1'
        return f'(SELECT "{column}" FROM {self.staged.schema}."{of}" AS o WHERE o.rowid = {row})'

    def rows(self, statement: Statement) -> list[tuple[Any, ...]]:
        """Run a statement."""
        return self.staged.connection.execute(*statement).fetchall()

    def put_adjacency(self, number: int, packed: bytes) -> None:
        """Replace the packed graph of a component."""
        self.staged.connection.execute(
            f'UPDATE {self.staged.schema}."component" SET adjacency = ? WHERE rowid = ?',
            (packed, number + 1),
        )

    def _cell(self, table: str, column: str) -> str:
        numbered = ids_of(metadata.tables[table].c[column])
        if numbered is None:
            return f'"{column}"'
        if numbered in self._listed:
            ids = f'{self.staged.schema}."{numbered}_id"'
            return f'(SELECT id FROM {ids} WHERE number = "{table}"."{column}")'
        return ":crawl" if numbered == "crawl" else f'"{column}" + :{numbered}'


@cache
def ids_of(column: sa.Column[object]) -> str | None:
    """Name the table whose ids a column holds; None where it holds none.

    Examples
    --------
    >>> ids_of(metadata.tables["well"].c.plate_id)
    'zarr_group'
    """
    for key in column.foreign_keys:
        return ids_of(key.column)
    refers_to: str | None = column.info.get("ids_of")
    return column.table.name if column.name == "id" else refers_to
