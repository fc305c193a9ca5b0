"""The views `report_*`: as described, on a database that has rows already, alike on both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from alembic import command

from catalog.crawl.records import HierarchyRecord
from catalog.database.asking import ask
from catalog.database.engine import Database
from catalog.database.migration import config
from catalog.database.schema import image, resolution_level
from catalog.database.sizes import LARGEST, declared_bytes
from catalog.database.views import order_of, views
from catalog.database.writer import Writer

Record = Callable[..., HierarchyRecord]


def rows(database: Database, statement: str, **parameters: str | int) -> list[tuple[object, ...]]:
    return list(ask(database, statement, parameters))


def migrate(database: Database, revision: str, *, down: bool = False) -> None:
    settings = config()
    with database.migrating() as connection:
        settings.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(settings, revision)


def test_views_are_made_as_described(database: Database) -> None:
    with database.reading() as connection:
        inspector = sa.inspect(connection)
        assert set(inspector.get_view_names()) == set(views.tables)
        for name, view in views.tables.items():
            found = [column["name"] for column in inspector.get_columns(name)]
            assert found == view.columns.keys()
            assert set(order_of(view)) <= set(found)


def test_every_view_and_column_has_a_comment() -> None:
    for view in views.tables.values():
        assert view.comment
        assert [column.name for column in view.columns if not column.comment] == []


def test_comments_and_types_are_in_postgresql(postgresql_url: str) -> None:
    with Database(postgresql_url) as database, database.reading() as connection:
        inspector = sa.inspect(connection)
        for name, view in views.tables.items():
            assert inspector.get_table_comment(name)["text"] == view.comment
            columns = {column["name"]: column for column in inspector.get_columns(name)}
            for column in view.columns:
                found = columns[column.name]
                assert found["comment"] == column.comment
                assert found["type"]._type_affinity is column.type._type_affinity


def test_what_is_there_already_gets_its_bytes(
    database: Database, writer: Writer, crawl_id: int, scene_record: Record
) -> None:
    odd = scene_record("file:///data/odd.zarr", images=3, levels=2)
    levels = tuple(
        level._replace(**changed)
        for level, changed in zip(
            odd.levels,
            (
                {},
                {"dtype": "no such type"},
                {"shape": (10**30, 2), "dtype": "uint8"},
                {"shape": None, "dtype": None},
                {"dtype": "complex64"},
                {"dtype": "bool"},
            ),
            strict=True,
        )
    )
    record = replace(odd, levels=levels)
    writer.write([record, scene_record("file:///data/plain.zarr")], crawl_id)
    by_writer = _bytes(database)
    assert by_writer[0][:3] == [64**3 * 2, None, 64**3 * 9]
    assert by_writer[1][:6] == [64**3 * 2, None, None, None, 64**3 * 8, 64**3]
    migrate(database, "0001", down=True)
    with database.reading() as connection:
        inspector = sa.inspect(connection)
        assert "bytes" not in {c["name"] for c in inspector.get_columns("image")}
        assert inspector.get_view_names() == []
    migrate(database, "head")
    assert _bytes(database) == by_writer
    images = rows(database, "SELECT url, bytes FROM report_image ORDER BY url")
    assert images[0] == ("file:///data/odd.zarr/tile_0", 64**3 * 2)
    assert images[1] == ("file:///data/odd.zarr/tile_1", None)
    assert images[2] == ("file:///data/odd.zarr/tile_2", 64**3 * 9)


def _bytes(database: Database) -> list[list[int | None]]:
    with database.reading() as connection:
        return [
            list(connection.scalars(sa.select(table.c.bytes).order_by(*table.primary_key)))
            for table in (image, resolution_level)
        ]


@pytest.mark.parametrize(
    ("shape", "dtype", "size"),
    [
        ((2, 3), "uint16", 12),
        ((2, 3), "bool", 6),
        ((), "float64", 8),
        ((0, 5), "int8", 0),
        ((4,), "bfloat16", 8),
        ((4,), "r24", 12),
        ((4,), "U10", 160),
        ((4,), "M8[ns]", 32),
        ((4,), "string", None),
        (None, "uint8", None),
        ((4,), None, None),
        ((LARGEST,), "uint8", LARGEST),
        ((LARGEST,), "uint16", None),
    ],
)
def test_bytes_are_shape_times_type(
    shape: tuple[int, ...] | None, dtype: str | None, size: int | None
) -> None:
    assert declared_bytes(shape, dtype) == size


def test_an_image_in_plain_columns(
    database: Database, writer: Writer, crawl_id: int, scene_record: Record
) -> None:
    writer.write([scene_record("file:///data/a.zarr", images=2, levels=2)], crawl_id)
    [row] = rows(
        database,
        "SELECT name, kind, hierarchy, path, axes, size_z, size_x, size_t, voxel_size_x, unit_x, "
        "unit_y, levels, channels, labels, scenes, plate, bytes, problems FROM report_image "
        "WHERE url = :url",
        url="file:///data/a.zarr/tile_1",
    )
    assert row[:10] == (
        *("tile_1", "image", "file:///data/a.zarr", "tile_1", "zyx", 64, 64, None, 2.0),
        "micrometer",
    )
    assert row[10:] == ("micrometer", 2, 1, 0, 1, None, 2 * 64**3 * 2, 0)


def test_a_plate_its_wells_and_labels(
    database: Database, writer: Writer, crawl_id: int, plate_record: Record
) -> None:
    writer.write([plate_record("file:///data/p.zarr")], crawl_id)
    plates = rows(database, "SELECT name, wells, wells_found, images, bytes FROM report_plate")
    assert plates == [("a plate", 1, 1, 1, 0)]
    wells = rows(database, "SELECT plate, row_name, column_name, images FROM report_well")
    assert wells == [("file:///data/p.zarr", "A", "1", 1)]
    labels = rows(database, "SELECT url, image FROM report_label")
    field = "file:///data/p.zarr/A/1/0"
    assert labels == [(f"{field}/labels/cells", field)]
    found = rows(
        database, "SELECT kind, plate, well, labels, size_x FROM report_image ORDER BY url"
    )
    assert found == [
        ("image", "file:///data/p.zarr", "A/1", 1, None),
        ("label image", None, None, 0, None),
    ]


def test_a_scene_that_is_not_connected_is_seen(
    database: Database, writer: Writer, crawl_id: int, scene_record: Record
) -> None:
    whole = scene_record("file:///data/a.zarr", images=3)
    torn = scene_record("file:///data/b.zarr", images=3)
    edges = tuple(e for e in torn.transformations if not e.pointer.endswith("/ome/scene/x"))
    edges = tuple(e for e in edges if e.origin != "scene" or not e.pointer.endswith("/1"))
    writer.write([whole, replace(torn, transformations=edges)], crawl_id)
    found = rows(
        database,
        "SELECT hierarchy, images, transformations, components FROM report_scene ORDER BY 1",
    )
    assert found == [("file:///data/a.zarr", 3, 3, 1), ("file:///data/b.zarr", 3, 2, 2)]


def test_addresses_are_those_that_commands_take(
    database: Database, writer: Writer, crawl_id: int, scene_record: Record
) -> None:
    from catalog.query import listings

    record = scene_record("file:///data/a.zarr", images=1, levels=2)
    systems = [
        system._replace(array_path="0 #%?") if system.array_path == "0" else system
        for system in record.systems
    ]
    writer.write([replace(record, systems=tuple(systems))], crawl_id)
    with database.reading() as connection:
        listed = {system.id: system.address for system in listings.systems(connection)}
    assert dict(rows(database, "SELECT id, address FROM report_coordinate_system")) == listed
    ends = rows(database, "SELECT input_id, input, output_id, output FROM report_transformation")
    assert len(ends) == 3
    for input_id, start, output_id, end in ends:
        assert (listed[input_id], listed[output_id]) == (start, end)


LIVE = sorted(set(views.tables) - {"report_crawl", "report_removed", "report_axis_layout"})


def test_what_was_removed_is_left_out(
    database: Database,
    writer: Writer,
    crawl_id: int,
    scene_record: Record,
    plate_record: Record,
) -> None:
    writer.write([scene_record("file:///data/a"), plate_record("file:///data/p")], crawl_id)
    filled = {name: rows(database, f"SELECT * FROM {name}") for name in views.tables}
    assert [name for name in views.tables if not filled[name]] == ["report_removed"]
    writer.mark_removed("file:///data", (), prune_limit=1)
    left = {name: rows(database, f"SELECT * FROM {name}") for name in LIVE}
    [collection] = rows(database, "SELECT root, images, bytes FROM report_collection")
    assert collection == ("file:///data", 0, 0)
    assert [name for name in LIVE if left[name]] == ["report_collection"]
    removed = rows(database, "SELECT kind, url, day FROM report_removed ORDER BY url")
    assert [row[:2] for row in removed] == [
        ("hierarchy", "file:///data/a"),
        ("hierarchy", "file:///data/p"),
    ]
    assert rows(database, "SELECT coordinate_systems, images FROM report_axis_layout") == [
        (0, 0)
    ] * len(filled["report_axis_layout"])


def test_a_group_that_vanished_from_its_hierarchy_is_seen_as_removed(
    database: Database, writer: Writer, crawl_id: int, scene_record: Record
) -> None:
    writer.write([scene_record("file:///data/a", images=2, digest=b"1")], crawl_id)
    writer.write([scene_record("file:///data/a", images=1, digest=b"2")], crawl_id)
    assert rows(database, "SELECT kind, url, hierarchy FROM report_removed") == [
        ("image", "file:///data/a/tile_1", "file:///data/a")
    ]
    assert rows(database, "SELECT images, groups FROM report_hierarchy") == [(1, 2)]


def test_collections_are_told_apart_by_whole_names(
    database: Database, writer: Writer, scene_record: Record
) -> None:
    crawls = {root: writer.begin_crawl(root) for root in ("file:///", "file:///a", "file:///a/b")}
    urls = ("file:///a", "file:///a-b", "file:///a0")
    writer.write([scene_record(url, images=1) for url in urls], crawls["file:///"])
    writer.write([scene_record("file:///c/b", images=2)], crawls["file:///"])
    found = rows(database, "SELECT root, hierarchies, images FROM report_collection ORDER BY root")
    assert found == [("file:///", 4, 5), ("file:///a", 1, 1), ("file:///a/b", 0, 0)]


def test_absurd_documents_break_no_report(
    database: Database, writer: Writer, crawl_id: int, scene_record: Record
) -> None:
    record = scene_record("file:///data/a", images=2, levels=1)
    images = tuple(
        image._replace(shape=(10**40, 1, 1), pixel_sizes=sizes)
        for image, sizes in zip(
            record.images,
            ((float("inf"), float("nan"), 1.0), (1e300, 1e-300, -1.0)),
            strict=True,
        )
    )
    levels = tuple(level._replace(shape=(LARGEST,), dtype="uint8") for level in record.levels)
    writer.write([replace(record, images=images, levels=levels)], crawl_id)
    found = rows(
        database, "SELECT size_z, voxel_size_z, voxel_size_x, bytes FROM report_image ORDER BY id"
    )
    assert found == [(LARGEST, None, None, LARGEST), (LARGEST, 1e300, -1.0, LARGEST)]
    for name in views.tables:
        rows(database, f"SELECT * FROM {name}")
    assert rows(database, "SELECT bytes FROM report_scene") == [(LARGEST,)]


def test_a_crawl_says_how_long_it_took(
    database: Database, writer: Writer, scene_record: Record
) -> None:
    from catalog.database.crawls import CrawlCounts

    crawl = writer.begin_crawl("file:///data")
    assert rows(database, "SELECT seconds, outcome FROM report_crawl") == [(None, "running")]
    writer.finish_crawl(crawl, CrawlCounts(seen=1, written=1), "done")
    [(seconds, day, started)] = rows(
        database, "SELECT seconds, day, started_at FROM report_crawl WHERE outcome = 'done'"
    )
    assert isinstance(seconds, float)
    assert 0 <= seconds < 60
    assert isinstance(started, str)
    assert started.startswith(f"{day} ")
    assert len(started) == len("2026-05-01 12:00:00.000000")
