"""Write the records of 10,000 images, beside the bare limit: the same rows, already made.

    python benchmarks/writing.py [--scenes 2000] [--database postgresql://…] [--folder KEEP]

The bare limit hands the very same rows to the driver, in transactions of the same size and
into the same schema with the same indexes: `executemany` in SQLite, COPY in PostgreSQL. The
writer gives rows their ids, looks what is recorded already, and keeps the counts of values.
Making rows of records is measured apart, since those who read do it. Prints ratios of the best
of several turns.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from collection import write_collection

from catalog.crawl.discover import Found, discover
from catalog.crawl.records import HierarchyRecord
from catalog.crawl.work import crawl_hierarchy
from catalog.database.cells import Cell
from catalog.database.dialects.staged import Staged, Statement
from catalog.database.engine import Database
from catalog.database.migration import init
from catalog.database.parcels.parcel import Parcel, Unusable, pack
from catalog.database.schema import SEARCHED, metadata
from catalog.database.writer import Writer
from catalog.stores import open_store
from catalog.stores.url import normalise

AT_ONCE = 64

Part = tuple[str, tuple[str, ...], list[tuple[Cell, ...]]]


class Recording:
    """A dialect that notes what is inserted."""

    def __init__(self, dialect: Any) -> None:
        self._dialect = dialect
        self.parts: list[Part] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dialect, name)

    def insert_staged(
        self,
        connection: sa.Connection,
        table: sa.Table,
        columns: Sequence[str],
        staged: Staged,
        rows: Statement,
    ) -> None:
        noted = staged.connection.execute(*rows).fetchall()
        self.parts.append((table.name, tuple(columns), noted))
        self._dialect.insert_staged(connection, table, columns, staged, rows)


def records_below(root: str) -> Iterator[HierarchyRecord]:
    url = normalise(root)
    for item in discover(open_store(url)):
        if isinstance(item, Found):
            outcome = crawl_hierarchy(item.url, boundary=url)
            assert isinstance(outcome, HierarchyRecord), outcome
            yield outcome


def batches(records: Sequence[HierarchyRecord]) -> Iterator[Sequence[HierarchyRecord]]:
    for start in range(0, len(records), AT_ONCE):
        yield records[start : start + AT_ONCE]


def packed(records: Sequence[HierarchyRecord]) -> list[Parcel | Unusable]:
    return [parcel for batch in batches(records) for parcel in pack(batch)]


def write(parcels: Sequence[Parcel | Unusable], database: Database) -> None:
    writer = Writer(database)
    crawl_id = writer.begin_crawl("file:///benchmark")
    outcomes = [each for parcel in parcels for each in writer.write_behind(parcel, crawl_id)]
    outcomes += writer.settle()
    assert all(outcome.failure is None for outcome in outcomes)


def note(records: Sequence[HierarchyRecord], database: Database) -> list[list[Part]]:
    """Write records, and give what was inserted in each transaction."""
    recording = Recording(database.dialect)
    database.__dict__["dialect"] = recording
    writer = Writer(database)
    crawl_id = writer.begin_crawl("file:///benchmark")
    transactions = []
    for batch in batches(records):
        recording.parts = []
        writer.write(batch, crawl_id)
        transactions.append(recording.parts)
    # What the writer does not insert in bulk: needed before all else, and little.
    first = []
    with database.reading() as connection:
        for name in ("crawl", "hierarchy", "axis_layout", "axis"):
            table = metadata.tables[name]
            rows = connection.exec_driver_sql(f'SELECT * FROM "{name}"').all()
            first.append((name, tuple(table.columns.keys()), [tuple(row) for row in rows]))
    return [first, *transactions]


def bare_sqlite(transactions: list[list[Part]], path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("cache_size = -65536", "synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")
        for parts in transactions:
            connection.execute("BEGIN IMMEDIATE")
            for table, columns, rows in parts:
                names, marks = _names(columns), ", ".join("?" * len(columns))
                connection.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)
                if table in SEARCHED:
                    connection.executemany(
                        f"INSERT INTO {table}_words (rowid, search_text) VALUES (?, ?)",
                        [(row[0], row[-1]) for row in rows if row[-1]],
                    )
            connection.execute("COMMIT")


def bare_postgresql(transactions: list[list[Part]], url: str) -> None:
    import psycopg

    with psycopg.connect(url) as connection:
        for parts in transactions:
            for table, columns, rows in parts:
                statement = f'COPY "{table}" ({_names(columns)}) FROM STDIN'
                with connection.cursor() as cursor, cursor.copy(statement) as copying:
                    for row in rows:
                        copying.write_row(row)
            connection.commit()


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


class Sqlite:
    """New SQLite catalogs, as many as are wanted."""

    name = "SQLite"

    def __init__(self, scratch: str) -> None:
        self._scratch = Path(scratch)
        self._made = 0

    def make(self) -> str:
        self._made += 1
        url = str(self._scratch / f"{self._made}.db")
        init(url)
        return url

    def bare(self, transactions: list[list[Part]], url: str) -> None:
        bare_sqlite(transactions, Path(url))


class Postgresql:
    """The same in databases of a server, which are dropped at the end."""

    name = "PostgreSQL"

    def __init__(self, url: str) -> None:
        self._server = sa.make_url(url)
        self._made: list[str] = []

    def _run(self, statement: str) -> None:
        import psycopg

        url = self._server.render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement)

    def make(self) -> str:
        name = f"catalog_benchmark_{len(self._made)}"
        self._run(f"CREATE DATABASE {name}")
        self._made.append(name)
        url = self._server.set(database=name).render_as_string(hide_password=False)
        init(url)
        return url

    def bare(self, transactions: list[list[Part]], url: str) -> None:
        bare_postgresql(transactions, url)

    def close(self) -> None:
        for name in self._made:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")


def measure(
    records: Sequence[HierarchyRecord], kind: Sqlite | Postgresql, turns: int
) -> tuple[float, float]:
    """Time the bare limit and the writer in turns; give the best of each."""
    with Database(kind.make()) as database:
        transactions = note(records, database)
    bare, made, writer = [], [], []
    parcels = packed(records)
    for _ in range(turns):
        made.append(timed(lambda: packed(records)))
        url = kind.make()
        bare.append(timed(lambda url=url: kind.bare(transactions, url)))
        with Database(kind.make()) as database:
            writer.append(timed(lambda database=database: write(parcels, database)))
    rows = sum(len(rows) for parts in transactions for _, _, rows in parts)
    print(f"{kind.name}: {rows:,} rows of {len(records):,} hierarchies")
    for name, seconds in (
        ("bare limit", min(bare)),
        ("making rows", min(made)),
        ("writer", min(writer)),
    ):
        ratio = seconds / min(bare)
        print(f"  {name:<12} {seconds:7.2f} s {ratio:6.2f}   {rows / seconds:10,.0f} rows/s")
    return min(bare), min(writer)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--scenes", type=int, default=2000, help="of 5 images, 3 levels each")
    arguments.add_argument("--folder", type=Path, help="keep the collection here, and use it again")
    arguments.add_argument("--database", help="URL of a PostgreSQL server, to be measured as well")
    arguments.add_argument("--turns", type=int, default=3)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder: Path = given.folder or Path(scratch, "collection")
        if not folder.exists():
            print(f"writing {given.scenes:,} scenes to {folder}", file=sys.stderr)
            write_collection(folder, given.scenes)
        records = list(records_below(str(folder)))
        _, first = measure(records, Sqlite(scratch), given.turns)
        if given.database:
            server = Postgresql(given.database)
            try:
                _, other = measure(records, server, given.turns)
            finally:
                server.close()
            print(f"PostgreSQL takes {other / first:.2f} times as long as SQLite")


if __name__ == "__main__":
    main()
