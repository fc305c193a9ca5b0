"""Rows of extents: kept beside their images, indexed where there are many, made by a migration."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from alembic import command

from catalog.crawl.extents import extents
from catalog.crawl.records import ExtentRecord, HierarchyRecord
from catalog.database import extents as indexing
from catalog.database.engine import Database
from catalog.database.extents import indexed_axes
from catalog.database.migration import config
from catalog.database.schema import metadata
from catalog.database.writer import Writer

T = metadata.tables
A = "file:///data/a.zarr"


def placed(record: HierarchyRecord) -> HierarchyRecord:
    found = extents(
        record.url, record.systems, record.transformations, record.images, record.levels
    )
    return replace(record, extents=found)


@pytest.fixture
def scene(scene_record: Callable[..., HierarchyRecord]) -> HierarchyRecord:
    return placed(scene_record(A))


def boxes(database: Database) -> int:
    """Count what the index over boxes holds."""
    with database.reading() as connection:
        if database.url.startswith("sqlite"):
            query = "SELECT count(*) FROM extent_box"
        else:
            query = "SELECT count(*) FROM extent WHERE crowded AND reason IS NULL"
        return int(connection.exec_driver_sql(query).scalar_one())


def test_an_image_has_one_row_with_exact_numbers(
    database: Database, writer: Writer, crawl_id: int, scene: HierarchyRecord
) -> None:
    third = 1 / 3
    exact = scene.extents[0]._replace(low=(third, -third, 0.1), high=(1e-300, 1e300, 5.0))
    record = replace(scene, extents=(exact, *scene.extents[1:]))
    assert writer.write([record], crawl_id)[0].failure is None
    with database.reading() as connection:
        rows = connection.execute(sa.select(T["extent"]).order_by("image_id")).all()
        world = connection.execute(
            sa.select(T["coordinate_system"]).where(T["coordinate_system"].c.name == "world")
        ).one()
    assert len(rows) == 5
    assert {row.reference_id for row in rows} == {world.id}
    assert {row.component_id for row in rows} == {world.component_id}
    assert tuple(json.loads(rows[0].low)) == exact.low
    assert tuple(json.loads(rows[0].high)) == exact.high
    # The last axis of space first.
    assert (rows[0].low_1, rows[0].low_2, rows[0].low_3) == (0.1, -third, third)
    assert (rows[0].high_1, rows[0].low_4, rows[0].high_4) == (5.0, None, None)
    assert json.loads(rows[1].affine) == [list(row) for row in scene.extents[1].affine or ()]
    assert not any(row.crowded for row in rows)


def test_axes_of_space_are_indexed_first() -> None:
    assert indexed_axes(["time", "channel", "space", "space", "space"], 5) == (4, 3, 2, 1)
    assert indexed_axes(["space"] * 3 + ["channel", "time"], 5) == (2, 1, 0, 4)
    assert indexed_axes([], 3) == (2, 1, 0)


def test_the_index_follows_the_table(
    database: Database,
    writer: Writer,
    crawl_id: int,
    scene: HierarchyRecord,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(indexing, "CROWDED", 3)
    lost = scene.extents[0]._replace(low=None, high=None, affine=None, reason="no way there")
    record = replace(scene, extents=(lost, *scene.extents[1:]))
    writer.write([record], crawl_id)
    assert boxes(database) == 4
    writer.write([replace(record, digest=b"2")], crawl_id)
    assert boxes(database) == 4
    fewer = replace(scene, digest=b"3", extents=scene.extents[:2])
    writer.write([fewer], crawl_id)
    assert boxes(database) == 0
    writer.write([replace(scene, digest=b"4")], crawl_id)
    assert boxes(database) == 5
    assert writer.mark_removed("file:///data", set(), prune_limit=1.0).removed == 1
    writer.purge()
    assert boxes(database) == 0
    with database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(T["extent"])) == 0


def test_a_tree_finds_flat_and_endlessly_large_boxes(
    sqlite_url: str, scene: HierarchyRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "CROWDED", 1)
    low = [(0.1, 0.1, 0.1), (1e300, -1e300, 0.0), (16777217.0, 0.0, 0.0)]
    high = [(0.1, 0.1, 0.1), (2e300, 1e300, 0.0), (16777217.0, 1.0, 1.0)]
    some = [e._replace(low=a, high=b) for e, a, b in zip(scene.extents, low, high, strict=False)]
    with Database(sqlite_url) as database:
        writer = Writer(database)
        written = writer.write(
            [replace(scene, extents=tuple(some))], writer.begin_crawl("file:///data")
        )
        assert written[0].failure is None
        with database.reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT b.low_3, b.high_3, e.low_3, e.high_3 FROM extent_box AS b "
                "JOIN extent AS e ON e.image_id = b.image_id"
            ).all()
    assert len(rows) == 3
    for tree_low, tree_high, exact_low, exact_high in rows:
        assert tree_low < tree_high  # never flat
        assert tree_low <= exact_low
        assert tree_high >= exact_high or exact_high > 3e38


def test_a_catalog_of_before_is_read_again(
    database: Database, writer: Writer, crawl_id: int, scene: HierarchyRecord
) -> None:
    writer.write([scene], crawl_id)
    assert writer.known([A])[A].digest is not None
    settings = config()
    with database.migrating() as connection:
        settings.attributes["connection"] = connection
        command.downgrade(settings, "0003")
        connection.rollback()
        assert "extent" not in sa.inspect(connection).get_table_names()
        images = connection.exec_driver_sql("SELECT count(*) FROM image").scalar_one()
        connection.rollback()
        command.upgrade(settings, "head")
    assert images == 5
    known = writer.known([A])[A]
    assert (known.digest, known.manifest) == (None, ())
    with database.reading() as connection:
        counted = sa.select(sa.func.count())
        assert connection.scalar(counted.select_from(T["extent"])) == 0
        assert connection.scalar(counted.select_from(T["image"])) == 5
    writer.write([scene], crawl_id)
    with database.reading() as connection:
        assert connection.scalar(counted.select_from(T["extent"])) == 5


def test_records_without_extents_are_written(
    database: Database, writer: Writer, crawl_id: int, scene: HierarchyRecord
) -> None:
    nowhere = ExtentRecord(
        "tile_0", 0, None, None, None, None, None, None, approximate=False, reason="no array"
    )
    writer.write([replace(scene, extents=(nowhere,))], crawl_id)
    with database.reading() as connection:
        [row] = connection.execute(sa.select(T["extent"])).all()
    assert (row.component_id, row.low, row.reason) == (None, None, "no array")
