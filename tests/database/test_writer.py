from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from catalog.crawl.records import Failed, HierarchyRecord, ManifestEntry, ProblemRecord
from catalog.database.crawls import CrawlCounts
from catalog.database.engine import Database
from catalog.database.packing import unpack
from catalog.database.schema import metadata
from catalog.database.writer import Writer
from catalog.errors import DatabaseError

Make = Callable[..., HierarchyRecord]
A, B = "file:///data/a.zarr", "file:///data/b.zarr"
T = metadata.tables
UNREADABLE = ProblemRecord("", "", "unreadable", "error", "It cannot be read.")


def all_rows(database: Database, table: str, *columns: str) -> list[tuple[Any, ...]]:
    picked = [T[table].c[name] for name in columns] or list(T[table].c)
    with database.reading() as connection:
        return sorted(map(tuple, connection.execute(sa.select(*picked))), key=repr)


def count(database: Database, table: str) -> int:
    return len(all_rows(database, table))


def content(database: Database) -> dict[str, object]:
    """Everything but ids and times, so that two ways to the same content can be compared."""
    with database.reading() as connection:
        found: dict[str, object] = {}
        urls = dict(
            map(tuple, connection.execute(sa.select(T["zarr_group"].c.id, T["zarr_group"].c.url)))
        )
        systems = {
            row.id: f"{urls[row.group_id]}|{row.array_path}#{row.name}"
            for row in connection.execute(sa.select(T["coordinate_system"]))
        }
        images = {
            row.id: (urls[row.group_id], row.entry)
            for row in connection.execute(sa.select(T["image"]))
        }
        layouts = dict(
            map(
                tuple,
                connection.execute(sa.select(T["axis_layout"].c.id, T["axis_layout"].c.digest)),
            )
        )
        hierarchies = dict(
            map(tuple, connection.execute(sa.select(T["hierarchy"].c.id, T["hierarchy"].c.url)))
        )
        by_column = {
            "parent_id": urls,
            "scene_id": urls,
            "image_group_id": urls,
            "source_group_id": urls,
            "plate_id": urls,
            "group_id": urls,
            "input_id": systems,
            "output_id": systems,
            "system_id": systems,
            "intrinsic_system_id": systems,
            "image_id": images,
            "axis_layout_id": layouts,
            "hierarchy_id": hierarchies,
        }
        left_out = {"id", "component_id", "crawl_id", "indexed_at", "adjacency"}
        for table in metadata.sorted_tables:
            if table.name in ("crawl", "id_counter", "alembic_version", "axis_layout"):
                continue
            columns = [column.name for column in table.columns if column.name not in left_out]
            found[table.name] = sorted(
                (
                    tuple(
                        by_column[name].get(value, value) if name in by_column else value
                        for name, value in zip(columns, row, strict=True)
                    )
                    for row in connection.execute(sa.select(*(table.c[name] for name in columns)))
                ),
                key=repr,
            )
        return found


def ids(database: Database) -> dict[tuple[Any, ...], int]:
    """Ids that stay while what they mean stays."""
    with database.reading() as connection:
        group, system, image = T["zarr_group"], T["coordinate_system"], T["image"]
        found = {
            ("group", url): id_
            for id_, url in connection.execute(sa.select(group.c.id, group.c.url))
        }
        for row in connection.execute(
            sa.select(system.c.id, group.c.url, system.c.array_path, system.c.name).join(group)
        ):
            found["system", *row[1:]] = row.id
        for row in connection.execute(
            sa.select(image.c.id, group.c.url, image.c.entry).join(group)
        ):
            found["image", *row[1:]] = row.id
        return found


def assert_sound(database: Database) -> None:
    """Each component's numbers are true, and systems of one hierarchy alone are in it."""
    with database.reading() as connection:
        for row in connection.execute(sa.select(T["component"])).all():
            for table, number in (
                ("coordinate_system", row.systems),
                ("transformation", row.transformations),
            ):
                query = sa.select(T[table].c.hierarchy_id).where(T[table].c.component_id == row.id)
                assert list(connection.scalars(query)) == [row.hierarchy_id] * number


def test_a_hierarchy_becomes_rows(
    database: Database, writer: Writer, crawl_id: int, scene_record: Make
) -> None:
    [outcome] = writer.write([scene_record(A)], crawl_id)
    assert (outcome.url, outcome.failure, outcome.problems) == (A, None, 1)
    assert all_rows(database, "zarr_group", "url", "kind", "path")[:2] == [
        (A, "scene", ""),
        (f"{A}/tile_0", "image", "tile_0"),
    ]
    assert all_rows(
        database, "scene", "name", "images", "coordinate_systems", "transformations"
    ) == [("a scene", 5, 1, 5)]
    assert set(all_rows(database, "image", "ndim", "shape", "levels", "channels")) == {
        (3, "[64,64,64]", 3, 1)
    }
    assert all_rows(database, "component", "systems", "transformations", "adjacency") == [
        (21, 20, None)
    ]
    assert all_rows(database, "axis_layout", "axes", "ndim") == [
        ("dim_0,dim_1,dim_2", 3),
        ("zyx", 3),
    ]
    assert count(database, "resolution_level") == 15
    assert count(database, "axis") == 6
    matrix = json.loads(all_rows(database, "transformation", "affine")[0][0])
    assert matrix == [[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0]]
    assert_sound(database)


def test_a_plate_becomes_rows(
    database: Database, writer: Writer, crawl_id: int, plate_record: Make
) -> None:
    writer.write([plate_record(A)], crawl_id)
    # A number that no column holds: the rest of the plate is kept.
    assert all_rows(database, "plate", "name", "rows", "columns", "field_count") == [
        ("a plate", 8, 12, None)
    ]
    known = ids(database)
    assert all_rows(database, "well", "plate_id", "row", "column", "fields") == [
        (known["group", A], "A", "1", 1)
    ]
    assert all_rows(database, "label_image") == [
        (known["image", f"{A}/A/1/0/labels/cells", 0], known["group", f"{A}/A/1/0"])
    ]
    parents = dict(all_rows(database, "zarr_group", "path", "parent_id"))
    assert parents["A/1/0/labels"] == known["group", f"{A}/A/1/0"]


def test_written_again_it_is_the_same(
    database: Database, writer: Writer, crawl_id: int, scene_record: Make, plate_record: Make
) -> None:
    records = [scene_record(A), plate_record(B)]
    writer.write(records, crawl_id)
    before, known = content(database), ids(database)
    writer.write(records, crawl_id)
    Writer(database).write(records, crawl_id)
    assert content(database) == before
    assert ids(database) == known


def test_written_after_a_change_it_is_as_if_written_first(
    database: Database, writer: Writer, crawl_id: int, scene_record: Make
) -> None:
    writer.write([scene_record(A, images=2)], crawl_id)
    small, known = content(database), ids(database)
    writer.write([scene_record(A, images=5, digest=b"2")], crawl_id)
    grown = ids(database)
    assert grown.items() > known.items()
    writer.write([scene_record(A, images=2)], crawl_id)
    left = content(database)
    gone = [row for row in all_rows(database, "zarr_group", "url", "removed_at") if row[1]]
    assert [url for url, _ in gone] == [f"{A}/tile_{i}" for i in (2, 3, 4)]
    for table, rows in small.items():
        if table not in ("zarr_group", "axis"):
            assert left[table] == rows
    writer.write([scene_record(A, images=5)], crawl_id)
    back = ids(database)
    assert {key: back[key] for key in grown if key[0] == "group"} == {
        key: id_ for key, id_ in grown.items() if key[0] == "group"
    }
    assert [row for row in all_rows(database, "zarr_group", "removed_at") if row[0]] == []
    assert_sound(database)


def test_a_bad_hierarchy_costs_the_others_nothing(
    database: Database, writer: Writer, crawl_id: int, scene_record: Make
) -> None:
    good = [scene_record(f"file:///data/{i}.zarr") for i in range(4)]
    twice = scene_record("file:///data/twice.zarr")
    twice = replace(twice, images=(*twice.images, twice.images[0]))
    unknown = scene_record("file:///data/unknown.zarr")
    unknown = replace(unknown, levels=(unknown.levels[0]._replace(group="nowhere"),))
    wrong = scene_record("file:///data/wrong.zarr")
    wrong = replace(wrong, groups=(wrong.groups[0]._replace(kind="whatever"), *wrong.groups[1:]))
    outside = scene_record("file:///data/outside.zarr")
    outside = replace(outside, transformations=(outside.transformations[0]._replace(input=999),))
    huge = scene_record("file:///data/huge.zarr")
    huge = replace(huge, groups=(huge.groups[0]._replace(size=2**80), *huge.groups[1:]))
    bad = [twice, unknown, wrong, outside, huge]
    mixed = [good[0], twice, good[1], unknown, wrong, good[2], outside, huge, good[3]]
    outcomes = writer.write(mixed, crawl_id)
    assert [outcome.url for outcome in outcomes] == [record.url for record in mixed]
    failed = {outcome.url for outcome in outcomes if outcome.failure}
    assert failed == {record.url for record in bad}
    assert all_rows(database, "problem", "url", "code", "severity")[:1] == [
        ("file:///data/0.zarr", "some-rule", "warning")
    ]
    unwritten = [
        row for row in all_rows(database, "problem", "url", "code") if row[1] == "not-written"
    ]
    assert {url for url, _ in unwritten} == failed
    assert count(database, "scene") == 4
    assert all(writer.known([url])[url].digest is None for url in failed)
    assert_sound(database)


def test_a_bad_hierarchy_keeps_what_was_recorded(
    database: Database, writer: Writer, crawl_id: int, scene_record: Make
) -> None:
    good = scene_record(A)
    writer.write([good], crawl_id)
    known = ids(database)
    [outcome] = writer.write([replace(good, images=good.images * 2)], crawl_id)
    assert outcome.failure
    assert ids(database) == known
    assert [code for (code,) in all_rows(database, "problem", "code")] == ["not-written"]
    writer.write([good], crawl_id)
    assert [code for (code,) in all_rows(database, "problem", "code")] == ["some-rule"]


def test_text_that_postgresql_refuses_is_kept_escaped(
    database: Database, writer: Writer, crawl_id: int, scene_record: Make
) -> None:
    record = scene_record(A, images=1)
    groups = (record.groups[0]._replace(attributes='{"a":"\0"}'), *record.groups[1:])
    systems = (record.systems[0]._replace(name="w\0rld \ud800"), *record.systems[1:])
    problems = (ProblemRecord("", "/a\0", "some-rule", "error", "It says \udfff."),)
    record = replace(record, groups=groups, systems=systems, problems=problems)
    [outcome] = writer.write([record], crawl_id)
    assert outcome.failure is None
    attributes = dict(all_rows(database, "zarr_group", "path", "attributes"))
    assert json.loads(attributes[""]) == {"a": "\0"}
    assert ("w\\u0000rld \\ud800",) in all_rows(database, "coordinate_system", "name")
    assert sorted(code for (code,) in all_rows(database, "problem", "code")) == [
        "some-rule",
        "unstorable-text",
    ]
    known = ids(database)
    writer.write([record], crawl_id)
    assert ids(database) == known


def test_a_name_too_long_for_an_index_is_shortened(
    database: Database, writer: Writer, crawl_id: int, scene_record: Make
) -> None:
    import random

    random.seed(7)  # what compresses well would fit
    name = "".join(chr(random.randrange(0x4E00, 0x9000)) for _ in range(10_000))
    record = scene_record(A, images=1)
    systems = [
        system._replace(name=system.name and f"{name}{i}")
        for i, system in enumerate(record.systems)
    ]
    [outcome] = writer.write([replace(record, systems=tuple(systems))], crawl_id)
    assert outcome.failure is None
    names = {found for (found,) in all_rows(database, "coordinate_system", "name")} - {""}
    assert len(names) == 2
    assert all(len(found.encode()) <= 1000 for found in names)
    assert ("long-name",) in all_rows(database, "problem", "code")


def test_any_number_in_attributes_is_kept(
    database: Database, writer: Writer, crawl_id: int, scene_record: Make
) -> None:
    record = scene_record(A, images=1)
    text = f'{{"n":{10**100},"x":1e-320}}'
    shape = (2**70, 1, 1)
    record = replace(
        record,
        groups=(record.groups[0]._replace(attributes=text), *record.groups[1:]),
        images=(record.images[0]._replace(shape=shape),),
    )
    [outcome] = writer.write([record], crawl_id)
    assert outcome.failure is None
    assert (text,) in all_rows(database, "zarr_group", "attributes")
    assert all_rows(database, "image", "shape") == [(f"[{2**70},1,1]",)]


def test_a_large_component_is_packed(
    database: Database, writer: Writer, crawl_id: int, scene_record: Make
) -> None:
    record = scene_record(A, images=100, levels=2)
    writer.write([record], crawl_id)
    [(systems, edges, blob)] = all_rows(
        database, "component", "systems", "transformations", "adjacency"
    )
    assert (systems, edges) == (301, 300)
    arrays = unpack(blob)
    with database.reading() as connection:
        system, group = T["coordinate_system"], T["zarr_group"]
        rows = connection.execute(
            sa.select(group.c.url, system.c.array_path, system.c.name, system.c.id).join(group)
        )
        addresses = {
            f"{url}/{path}#" if path else f"{url}#{name}": id_ for url, path, name, id_ in rows
        }
    assert arrays.system_ids.tolist() == [addresses[address] for address in sorted(addresses)]
    edge_ids = [id_ for (id_,) in all_rows(database, "transformation", "id")]
    assert sorted(arrays.edge_ids.tolist()) == sorted(edge_ids)


def test_an_enclosing_hierarchy_absorbs_those_inside(
    database: Database, writer: Writer, crawl_id: int, scene_record: Make
) -> None:
    inner = [scene_record(f"{A}/tile_{i}", images=0) for i in (0, 1)]
    lost = scene_record(f"{A}/lost", images=1)
    writer.write([*inner, lost, scene_record(B), scene_record("file:///data/a.zarr2")], crawl_id)
    known = ids(database)
    [outcome] = writer.write([scene_record(A, images=3)], crawl_id)
    assert outcome.absorbed == (f"{A}/lost", f"{A}/tile_0", f"{A}/tile_1")
    assert [url for (url,) in all_rows(database, "hierarchy", "url")] == [
        A,
        "file:///data/a.zarr2",
        B,
    ]
    now = ids(database)
    assert now["group", f"{A}/tile_0"] == known["group", f"{A}/tile_0"]
    assert now["group", f"{A}/lost/tile_0"] == known["group", f"{A}/lost/tile_0"]
    rows = {
        url: (path, removed_at is not None)
        for url, path, removed_at in all_rows(database, "zarr_group", "url", "path", "removed_at")
    }
    assert rows[f"{A}/lost/tile_0"] == ("lost/tile_0", True)
    assert rows[f"{A}/tile_1"] == ("tile_1", False)
    assert len(set(all_rows(database, "zarr_group", "hierarchy_id"))) == 3
    assert_sound(database)


def test_a_hierarchy_found_inside_another_takes_its_groups(
    database: Database, writer: Writer, crawl_id: int, scene_record: Make
) -> None:
    writer.write([scene_record(A, images=2)], crawl_id)
    known = ids(database)
    inner = scene_record(f"{A}/tile_0", images=0)
    [outcome] = writer.write([inner], crawl_id)
    assert outcome.failure is None
    assert ids(database)["group", f"{A}/tile_0"] == known["group", f"{A}/tile_0"]
    marked = dict(all_rows(database, "hierarchy", "url", "removed_at"))
    assert marked[A] is not None
    assert marked[f"{A}/tile_0"] is None
    assert writer.known([A])[A].digest is None
    assert count(database, "coordinate_system") == 1
    assert_sound(database)


def test_of_two_that_meet_in_one_call_the_later_wins(
    database: Database, writer: Writer, crawl_id: int, scene_record: Make
) -> None:
    records = [
        scene_record(A, images=1),
        scene_record(A, images=2),
        scene_record(f"{A}/tile_0", images=0),
    ]
    outcomes = writer.write([*records, scene_record(A, images=3)], crawl_id)
    assert [outcome.failure for outcome in outcomes] == [None] * 4
    assert outcomes[-1].absorbed == (f"{A}/tile_0",)
    assert count(database, "image") == 3


def test_known_tells_what_is_recorded(writer: Writer, crawl_id: int, scene_record: Make) -> None:
    record = scene_record(A, digest=b"d")
    writer.write([record], crawl_id)
    known = writer.known([A, B])
    assert set(known) == {A}
    assert (known[A].digest, known[A].manifest, known[A].removed) == (b"d", record.manifest, False)
    assert writer.known([]) == {}


def test_new_times_are_recorded(
    database: Database, writer: Writer, crawl_id: int, scene_record: Make
) -> None:
    writer.write([scene_record(A), scene_record(B)], crawl_id)
    before = content(database)["zarr_group"]
    writer.touch({A: (ManifestEntry("", 5, 6),), "file:///data/none.zarr": ()})
    assert writer.known([A])[A].manifest == (ManifestEntry("", 5, 6),)
    assert writer.known([B])[B].manifest == scene_record(B).manifest
    assert content(database)["zarr_group"] == before


def test_what_cannot_be_read_any_more_is_kept_and_read_again(
    database: Database, writer: Writer, crawl_id: int, scene_record: Make
) -> None:
    writer.write([scene_record(A)], crawl_id)
    known = ids(database)
    for url in (A, B):
        writer.fail(Failed(url, UNREADABLE), crawl_id)
        writer.fail(Failed(url, UNREADABLE), crawl_id)
    assert ids(database) == known
    assert all_rows(database, "problem", "url", "code") == [(A, "unreadable"), (B, "unreadable")]
    assert [writer.known([url])[url].digest for url in (A, B)] == [None, None]
    assert [writer.known([url])[url].manifest for url in (A, B)] == [(), ()]
    writer.write([scene_record(A), scene_record(B)], crawl_id)
    assert {key: ids(database)[key] for key in known} == known


def test_the_enclosing_hierarchy_is_the_topmost(
    writer: Writer, crawl_id: int, scene_record: Make
) -> None:
    writer.write([scene_record(A)], crawl_id)
    assert writer.enclosing(f"{A}/tile_0/0") == A
    assert writer.enclosing(A) is None
    assert writer.enclosing("file:///data") is None
    assert writer.enclosing("file:///data/a.zarr2/x") is None
    writer.mark_removed(A, (), prune_limit=1)
    assert writer.enclosing(f"{A}/tile_0") is None


def test_hierarchies_below_a_root(writer: Writer, crawl_id: int, scene_record: Make) -> None:
    urls = [
        "file:///data/a",
        "file:///data/a/b",
        "file:///data/a-b",
        "file:///data/a0",
        "file:///x",
    ]
    writer.write([scene_record(url, images=0) for url in urls[1:]], crawl_id)
    assert list(writer.known_below("file:///data/a")) == ["file:///data/a/b"]
    assert list(writer.known_below("file:///data")) == sorted(urls[1:4])
    assert list(writer.known_below("file:///")) == sorted(urls[1:])
    assert list(writer.known_below("file:///x")) == ["file:///x"]


def test_a_crawl_begins_and_ends(database: Database, writer: Writer) -> None:
    root = "file:///data"
    killed = writer.begin_crawl(root)
    other = writer.begin_crawl("file:///other")
    mine = writer.begin_crawl(root)
    writer.finish_crawl(mine, CrawlCounts(seen=3, written=2, unchanged=1, problems=4), "done", "ok")
    rows = {
        row[0]: row[1:] for row in all_rows(database, "crawl", "id", "outcome", "seen", "message")
    }
    assert rows[killed][0] == "interrupted"
    assert rows[other][0] == "running"
    assert rows[mine] == ("done", 3, "ok")
    finished = dict(all_rows(database, "crawl", "id", "finished_at"))
    assert finished[mine] is not None
    assert finished[killed] is None


def test_what_a_finished_crawl_says_of_folders_replaces_what_was_said(
    database: Database, writer: Writer
) -> None:
    def crawl(root: str, *places: str, outcome: Any = "done") -> None:
        id_ = writer.begin_crawl(root)
        for place in places:
            writer.folder_problem(id_, place, UNREADABLE._replace(code=f"seen-by-{id_}"))
        writer.finish_crawl(id_, CrawlCounts(), outcome)

    crawl("file:///data", "file:///data/x/1", "file:///data/y")
    crawl("file:///data/y", "file:///data/y", outcome="interrupted")
    assert count(database, "problem") == 3
    crawl("file:///data/x")
    assert {url for (url,) in all_rows(database, "problem", "url")} == {"file:///data/y"}
    crawl("file:///data", "file:///data/z")
    assert [url for (url,) in all_rows(database, "problem", "url")] == ["file:///data/z"]


def test_no_id_is_ever_used_twice(
    database: Database, writer: Writer, crawl_id: int, scene_record: Make
) -> None:
    seen: set[int] = set()
    for _ in range(3):
        Writer(database).write([scene_record(A), scene_record(B)], crawl_id)
        now = {id_ for (id_,) in all_rows(database, "transformation", "id")}
        assert len(now) == 40
        assert not now & seen
        seen |= now


def test_a_full_disk_is_no_fault_of_a_hierarchy(sqlite_url: str, scene_record: Make) -> None:
    with Database(sqlite_url) as database:
        writer = Writer(database)
        crawl_id = writer.begin_crawl("file:///data")
        with database.migrating() as connection:
            raw = connection.connection.cursor()
            pages = raw.execute("PRAGMA page_count").fetchone()[0]
            raw.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(DatabaseError, match="space left"):
            writer.write([scene_record(A, images=50)], crawl_id)
        assert count(database, "hierarchy") == 0
