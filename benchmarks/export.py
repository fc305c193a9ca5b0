"""Peak memory of exporting a tenth of the images of a catalog, and all of them.

    python benchmarks/export.py URL [FORMAT …]

Whole processes of `catalog export`; the ratio should stay near one. `search.py --keep`
makes a catalog to try it on.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from catalog import Catalog

EXPORT = """
import resource, sys
from catalog.cli import main
main(sys.argv[1:], standalone_mode=False)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def exported(url: str, file: Path, *more: str) -> tuple[float, float]:
    """Export to a file; give the megabytes and the seconds that the process took."""
    command = [sys.executable, "-c", EXPORT, "-d", url, "export", "-o", str(file), *more]
    began = time.perf_counter()
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(ran.stdout) / 1024, time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url")
    parser.add_argument("formats", nargs="*", default=["csv", "ndjson", "json"])
    options = parser.parse_args()
    with Catalog(options.url) as catalog:
        images = catalog.count()
        # Held in no list: a process starts with the peak of the one that it comes from.
        tenth = next(itertools.islice(catalog.search(), images // 10, None))
    print(f"{images:,} images")
    with tempfile.TemporaryDirectory() as folder:
        for form in options.formats:
            file = Path(folder) / f"images.{form}"
            few, _ = exported(options.url, file, "-w", f"id <= {tenth.id}")
            all_, seconds = exported(options.url, file)
            size = file.stat().st_size / 2**20
            print(
                f"  {form:8} a tenth {few:6.0f} MB   all {all_:6.0f} MB   ratio {all_ / few:5.2f}"
                f"   ({size:,.0f} MB written in {seconds:.0f} s)"
            )


if __name__ == "__main__":
    main()
