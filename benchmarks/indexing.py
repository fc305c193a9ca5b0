"""Index 10,000 images on disk, beside a bare walk that only lists and parses the same documents.

    python benchmarks/indexing.py [--scenes 2000] [--varied] [--folder KEEP] [--database URL]
        [-j 2] [--cold]

Prints ratios to the walk in the same run; files are warm in the page cache for all, or with
`--cold` (Linux) on the disk: each work begins with no document in memory.
The walk uses orjson where it is installed, else pydantic-core's parser. The unchanged run
stands beside a bare `os.stat` of every document. Where they can be imported, peers open
some of the scenes, and their time is scaled to all: `ome_zarr_models` each scene,
`zarr.open_group` all members of each, and a walk in the manner of `zarrcade discover`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from collection import write_collection
from peers import members, model, shapes

from catalog.crawl.discover import Found, discover
from catalog.crawl.records import HierarchyRecord
from catalog.crawl.work import crawl_hierarchy
from catalog.database.engine import Database
from catalog.database.migration import ensure
from catalog.indexing import index
from catalog.indexing.garbage import seldom_looked_for
from catalog.stores import open_store
from catalog.stores.url import normalise

try:
    from orjson import loads

    PARSER = "orjson"
except ImportError:
    from pydantic_core import from_json as loads

    PARSER = "pydantic_core.from_json"


def bare_walk(root: str) -> int:
    """List all folders and parse all documents, and do nothing with them."""
    documents = 0
    pending = [root]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                elif entry.name == "zarr.json":
                    with open(entry.path, "rb") as file:  # noqa: PTH123 - the bare limit
                        loads(file.read())
                    documents += 1
    return documents


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def crawl_alone(root: str) -> None:
    """Do all but write to a database, and look for garbage as seldom as `index` does."""
    url = normalise(root)
    with seldom_looked_for():
        for item in discover(open_store(url)):
            if isinstance(item, Found):
                outcome = crawl_hierarchy(item.url, boundary=url)
                assert isinstance(outcome, HierarchyRecord), outcome


def documents_of(root: str) -> list[str]:
    """Name all documents."""
    return [f"{folder}/zarr.json" for folder, _, files in os.walk(root) if "zarr.json" in files]


def bare_stat(documents: list[str]) -> None:
    """Ask for the time and size of each document."""
    for path in documents:
        os.stat(path)  # noqa: PTH116 - the bare limit


def _walk(scene: Path) -> object:
    """List from the scene's folder down, and open what is found."""
    pending = [scene]
    while pending:
        entries = list(pending.pop().iterdir())
        if any(entry.name == "zarr.json" for entry in entries):
            break
        pending.extend(entry for entry in entries if entry.is_dir())
    return shapes(scene)


def peers() -> Iterator[tuple[str, Callable[[Path], object]]]:
    """Give what other packages do with a scene, where they can be imported."""
    yield "zarr.open_group(...).members", members
    yield "a walk as that of zarrcade discover", _walk
    if find_spec("ome_zarr_models") is not None:
        yield "ome_zarr_models Scene.from_zarr", model


def measure_peers(root: str, walk: float) -> None:
    scenes = sorted(Path(root).glob("*/*.zarr"))
    some = scenes[:: max(1, len(scenes) // 40)]
    for name, read in peers():
        read(some[0])  # imports what is needed
        seconds = timed(lambda read=read: [read(scene) for scene in some])  # type: ignore[misc]
        seconds *= len(scenes) / len(some)
        print(f"{name:<34} {seconds:8.2f} s {seconds / walk:6.2f}   ({len(some)} scenes, scaled)")


def forget(documents: list[str]) -> None:
    """Let the system drop the documents from memory, as far as it keeps none that was written."""
    os.sync()
    for path in documents:
        with open(path, "rb") as file:  # noqa: PTH123 - a number is wanted
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure_cold(root: str, scratch: Path, workers: int) -> None:
    found = documents_of(root)
    crawl_alone(f"{root}/batch_000")  # imports what is needed

    def cold(work: Callable[[], object]) -> float:
        forget(found)
        return timed(work)

    def indexed(number: int) -> float:
        url = f"sqlite:///{scratch}/cold_{number}.db"
        ensure(url, create=True)
        with Database(url) as database:
            return cold(lambda: index([root], database=database, workers=number))

    walk = cold(lambda: bare_walk(root))
    print(f"{len(found):,} documents on the disk; a ratio is to a bare walk of the same")
    print(f"{f'os.scandir + {PARSER}':<34} {walk:8.2f} s   1.00")
    for number in sorted({1, 2, workers}):
        seconds = indexed(number)
        print(
            f"{f'index, all rows written, -j {number}':<34} {seconds:8.2f} s {seconds / walk:6.2f}"
        )


def measure(root: str, url: str, empty: str, workers: int) -> None:
    ensure(url, create=True)
    documents = bare_walk(root)
    walk = statistics.median(timed(lambda: bare_walk(root)) for _ in range(3))
    crawl_alone(f"{root}/batch_000")  # imports what is needed
    crawl = timed(lambda: crawl_alone(root))
    with Database(url) as database:
        index([f"{root}/batch_000"], database=database)
        index([f"{root}/batch_000"], database=database)
        first = timed(lambda: index([root], database=database, force=True))
        again = statistics.median(timed(lambda: index([root], database=database)) for _ in range(3))
    ensure(empty, create=True)
    # Into an empty database, too: what is there already is replaced, which takes longer.
    with Database(empty) as database:
        several = timed(lambda: index([root], database=database, workers=workers))
    found = documents_of(root)
    stat = statistics.median(timed(lambda: bare_stat(found)) for _ in range(3))
    print(f"{documents:,} documents; a ratio is the time of the work over that of a bare walk")
    print(f"{f'os.scandir + {PARSER}':<34} {walk:8.2f} s   1.00")
    for name, seconds in (
        ("crawl, no database", crawl),
        ("index, all rows written", first),
        (f"the same with -j {workers}", several),
        ("index again, nothing changed", again),
        ("os.stat of all documents", stat),
    ):
        print(f"{name:<34} {seconds:8.2f} s {seconds / walk:6.2f}")
    print(
        f"unchanged: {again / stat:.2f} of os.stat, {first / again:.0f} times as fast as at first"
    )
    measure_peers(root, walk)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--scenes", type=int, default=2000, help="of 5 images, 3 levels each")
    arguments.add_argument("--varied", action="store_true", help="no two images are alike")
    arguments.add_argument("--folder", type=Path, help="keep the collection here, and use it again")
    arguments.add_argument("--cold", action="store_true", help="documents come from the disk")
    arguments.add_argument("--database", help="URL; else a new SQLite file")
    arguments.add_argument("--second-database", help="URL, for the run with -j")
    arguments.add_argument("-j", "--workers", type=int, default=2)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder: Path = given.folder or Path(scratch, "collection")
        if not folder.exists():
            print(f"writing {given.scenes:,} scenes to {folder}", file=sys.stderr)
            write_collection(folder, given.scenes, varied=given.varied)
        if given.cold:
            measure_cold(str(folder), Path(scratch), given.workers)
            return
        url = given.database or f"sqlite:///{scratch}/catalog.db"
        empty = given.second_database or f"sqlite:///{scratch}/second.db"
        measure(str(folder), url, empty, given.workers)


if __name__ == "__main__":
    main()
