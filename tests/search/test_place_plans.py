"""A search by place asks an index, in a component of few images and in one of many."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from catalog import Catalog
from catalog.database.crawls import CrawlCounts
from catalog.database.engine import Database
from catalog.database.extents import CROWDED
from catalog.database.prepared import Prepared
from catalog.database.writer import Writer
from catalog.query.addresses import resolve_system
from catalog.query.search.place_finding import statement
from catalog.query.search.place_frame import frame_of

MADE = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "place_collection.py"))
MOSAIC = 40


@pytest.fixture
def filled(database_url: str) -> Iterator[Database]:
    """A mosaic of many tiles, and scenes of five."""
    with Database(database_url) as database:
        writer = Writer(database)
        crawl = writer.begin_crawl("file:///data")
        records = [MADE["mosaic"](MOSAIC), *MADE["scenes"](150)]
        assert [written.failure for written in writer.write(records, crawl)] == [None] * 151
        counts = CrawlCounts(151, 151, 0, 0, 0, 0)
        writer.finish_crawl(crawl, counts, "done")
        yield database


def plan(connection: sa.Connection, database: Database, system: str) -> str:
    frame = frame_of(connection, resolve_system(connection, system).component_id)
    assert frame is not None
    bounds = [(1000.0, 1100.0)] * (frame.reference.ndim or 0)
    asked, values = statement(frame, bounds, database.dialect)
    sqlite = database.url.startswith("sqlite")
    before = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
    rows = Prepared(asked.statement, before=before).rows(connection, values)
    return "\n".join(str(row[-1]) for row in rows)


def test_a_small_component_is_found_by_itself(filled: Database) -> None:
    with filled.reading() as connection:
        told = plan(connection, filled, "file:///data/scene_000007.zarr#world")
    assert "ix_extent_component_id" in told
    assert "SCAN" not in told
    assert "Seq Scan" not in told


def test_a_crowded_component_is_asked_by_its_boxes(filled: Database) -> None:
    assert MOSAIC**2 > CROWDED
    with filled.reading() as connection:
        told = plan(connection, filled, "file:///data/mosaic.zarr#world")
    if filled.url.startswith("sqlite"):
        assert "SCAN extent_box VIRTUAL TABLE INDEX 2:" in told
        assert "SEARCH extent USING INTEGER PRIMARY KEY" in told
    else:
        assert "ix_extent_box" in told
        assert "Seq Scan" not in told


def test_a_frame_and_its_unplaced_are_looked_up_by_indexes(filled: Database) -> None:
    from catalog.query.search import place_frame

    sqlite = filled.url.startswith("sqlite")
    before = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
    with filled.reading() as connection:
        for asked in (place_frame._some(), place_frame._reasons()):
            rows = Prepared(asked.statement, before=before).rows(connection, [3])
            told = "\n".join(str(row[-1]) for row in rows)
            assert "ix_extent_unplaced" in told
            assert "SCAN" not in told.replace("SCAN CONSTANT ROW", "")
            assert "Seq Scan" not in told


def test_the_answers_are_those_of_the_grid(filled: Database) -> None:
    with Catalog(filled.url) as catalog:
        step = MADE["STEP"]
        there: dict[str, Any] = {"in_": "file:///data/mosaic.zarr#world"}
        box = {"x": (3.6 * step, 5.4 * step), "y": (7.6 * step, 7.9 * step)}
        found = {image.name for image in catalog.search(**there, box=box)}
        rows = range(7, 8)
        assert found >= {f"m_{y}_{x}" for y in rows for x in (4,)}
        assert len(found) <= 9
        assert catalog.count(**there, box={"x": (-1e9, 1e9)}) == MOSAIC**2
