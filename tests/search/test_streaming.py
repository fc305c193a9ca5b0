"""What is found without a page is read as it is taken: ten times as much in the same memory."""

from __future__ import annotations

import runpy
import tracemalloc
from pathlib import Path
from typing import Any

from catalog import Catalog
from catalog.cli import main
from catalog.database.engine import Database
from catalog.database.writer import Writer

GENERATOR = Path(__file__).parents[2] / "benchmarks" / "search_collection.py"
SCENES = 600
SYSTEMS = 21 * SCENES
TENTH = f"id <= {SYSTEMS // 10}"


def peak(act: Any) -> int:
    """Measure the most memory that an act takes at a time."""
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_ten_times_as_much_takes_no_more_memory(database_url: str, tmp_path: Path) -> None:
    made = runpy.run_path(str(GENERATOR))
    with Database(database_url) as database:
        writer = Writer(database)
        crawl = writer.begin_crawl("file:///data")
        writer.write(list(made["scenes"](SCENES)), crawl)

    def export(form: str, *more: str) -> None:
        file = str(tmp_path / f"systems.{form}")
        main(["-d", database_url, "export", "--systems", "-o", file, *more], standalone_mode=False)

    with Catalog(database_url) as catalog:

        def read(where: str | None) -> int:
            return sum(1 for _ in catalog.search(of="systems", where=where))

        assert (read(TENTH), read(None)) == (SYSTEMS // 10, SYSTEMS)
        all_ = peak(lambda: read(None))
        assert all_ < 1.5 * peak(lambda: read(TENTH))
        # What is measured would tell: to hold them takes several times as much.
        assert peak(lambda: list(catalog.search(of="systems"))) > 3 * all_
    for form in ("csv", "ndjson", "json"):
        export(form, "-w", TENTH)  # what is kept for the next time
        few = peak(lambda form=form: export(form, "-w", TENTH))
        assert peak(lambda form=form: export(form)) < 1.5 * few
