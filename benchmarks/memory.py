"""Peak memory of indexing collections of several sizes, each in a process of its own.

    python benchmarks/memory.py [--images 10000 100000] [--folder KEEP] [-j N] [--database URL]

Prints megabytes and the ratio to the smallest; a run of twice as many images should need
no more than one of half. What processes of `-j` need is told apart.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from collection import write_collection

from catalog.database.engine import Database
from catalog.database.migration import ensure
from catalog.indexing import index

IMAGES_OF_A_SCENE = 5


def measure_here(root: str, url: str, workers: int) -> None:
    """Index a collection twice, and print the peaks (kilobytes) of this process."""
    ensure(url, create=True)
    with Database(url) as database:
        first = index([root], database=database, workers=workers)
        assert first.complete
        after_first = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        again = index([root], database=database, workers=workers)
        assert again.unchanged == again.seen == first.written
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(first.written, after_first, peak, child, f"{first.seconds:.1f}", f"{again.seconds:.1f}")


def measure(images: int, folder: Path, url: str, workers: int) -> list[float]:
    """Measure a collection in a new process, which starts with nothing in memory."""
    if not folder.exists():
        print(f"writing {images:,} images to {folder}", file=sys.stderr)
        write_collection(folder, images // IMAGES_OF_A_SCENE)
    command = [sys.executable, __file__, "--here", str(folder), url, "-j", str(workers)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    return [float(number) for number in ran.stdout.split()]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--images", type=int, nargs="+", default=[10_000, 100_000])
    arguments.add_argument("--folder", type=Path, help="keep the collections here")
    arguments.add_argument("--database", help="URL; else new SQLite files")
    arguments.add_argument("-j", "--workers", type=int, default=1)
    arguments.add_argument("--here", nargs=2, metavar=("ROOT", "URL"), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.here:
        measure_here(*given.here, given.workers)
        return
    smallest = None
    print(
        f"{'images':>9} {'first, MB':>10} {'both, MB':>9} {'ratio':>6} {'worker, MB':>11}   seconds"
    )
    with tempfile.TemporaryDirectory() as scratch:
        for images in given.images:
            folder = (given.folder or Path(scratch)) / f"images_{images}"
            url = given.database or f"sqlite:///{scratch}/{images}.db"
            _, first, both, worker, *seconds = measure(images, folder, url, given.workers)
            smallest = smallest or both
            print(
                f"{images:>9,} {first / 1024:>10.0f} {both / 1024:>9.0f} {both / smallest:>6.2f} "
                f"{worker / 1024:>11.0f}   {seconds[0]:,.1f} + {seconds[1]:,.1f}"
            )


if __name__ == "__main__":
    main()
