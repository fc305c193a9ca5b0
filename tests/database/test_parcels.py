"""Parcels: rows made where hierarchies are read, which get their ids where they are written."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from catalog.crawl.records import HierarchyRecord
from catalog.database.engine import Database
from catalog.database.packing import pack as pack_graph
from catalog.database.packing import renumbered, unpack
from catalog.database.parcels.columns import COLUMNS, NUMBERED
from catalog.database.parcels.parcel import Parcel, Unusable, meet, pack
from catalog.database.schema import metadata
from catalog.database.staging import ids_of
from catalog.database.writer import Writer

Make = Callable[..., HierarchyRecord]


def test_a_parcel_is_made_and_sent_without_sqlalchemy() -> None:
    code = "import catalog.database.parcels.parcel, sys; print('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_parcel_can_be_sent(scene_record: Make) -> None:
    (parcel,) = pack([scene_record("file:///data/a"), scene_record("file:///data/b")])
    assert isinstance(parcel, Parcel)
    assert parcel.urls == ("file:///data/a", "file:///data/b")
    assert pickle.loads(pickle.dumps(parcel)) == parcel


def test_hierarchies_that_meet_are_not_in_one_parcel(scene_record: Make) -> None:
    urls = ["file:///a/b", "file:///c", "file:///a", "file:///a/b/c", "file:///a"]
    packed = list(pack(scene_record(url) for url in urls))
    assert [parcel.urls for parcel in packed if isinstance(parcel, Parcel)] == [
        ("file:///a/b", "file:///c"),
        ("file:///a",),
        ("file:///a/b/c",),
        ("file:///a",),
    ]


def test_what_cannot_be_packed_costs_the_others_nothing(scene_record: Make) -> None:
    from dataclasses import replace

    good = [scene_record(f"file:///data/{name}") for name in "ab"]
    number = replace(good[1], images=tuple(image._replace(index=2**70) for image in good[1].images))
    number = replace(
        number,
        url="file:///data/large",
        levels=tuple(level._replace(image=2**70) for level in number.levels),
        extents=(),
    )
    stray = replace(good[0], url="file:///data/stray", groups=good[0].groups[1:])
    packed = list(pack([good[0], number, stray, good[1]]))
    usable = [url for parcel in packed if isinstance(parcel, Parcel) for url in parcel.urls]
    unusable = {each.url: each.reason for each in packed if isinstance(each, Unusable)}
    assert usable == ["file:///data/a", "file:///data/b"]
    assert set(unusable) == {"file:///data/large", "file:///data/stray"}
    assert "too large" in unusable["file:///data/large"]
    assert "was not recorded" in unusable["file:///data/stray"]


def test_every_column_of_ids_is_known_as_one() -> None:
    # A column whose numbers nobody turns into ids would refer to the first hierarchies.
    of = {
        (table, column): ids_of(metadata.tables[table].c[column])
        for table, columns in COLUMNS.items()
        for column in columns
    }
    unknown = [place for place, ids in of.items() if place[1].endswith("_id") and ids is None]
    assert not unknown
    assert {ids for ids in of.values() if ids} <= {*NUMBERED, "axis_layout", "crawl"}


@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
def test_refused_ones_are_left_out_of_a_parcel(
    database_kind: str, request: pytest.FixtureRequest, scene_record: Make
) -> None:
    """Others of the same parcel, before and after, are written as if they were alone."""
    with Database(request.getfixturevalue(f"{database_kind}_url")) as database:
        writer = Writer(database)
        crawl = writer.begin_crawl("file:///data")
        records = [scene_record(f"file:///data/{name}", images=2) for name in "abc"]
        with database.writing() as connection:
            if database_kind == "postgresql":
                connection.exec_driver_sql("ALTER TABLE zarr_group ADD CHECK (path <> 'broken')")
            else:
                connection.exec_driver_sql(
                    "CREATE TRIGGER refuse BEFORE INSERT ON zarr_group "
                    "WHEN NEW.path = 'broken' BEGIN SELECT RAISE(ABORT, 'broken'); END"
                )
        from dataclasses import replace

        renamed = records[1].groups[-1]._replace(path="broken")
        records[1] = replace(
            records[1],
            groups=(*records[1].groups[:-1], renamed),
            images=(),
            levels=(),
            channels=(),
            systems=(),
            transformations=(),
            extents=(),
            members=(),
        )
        outcomes = writer.write(records, crawl)
        assert [outcome.failure is None for outcome in outcomes] == [True, False, True]
        with database.reading() as connection:
            urls = connection.scalars(
                sa.text(
                    "SELECT g.url FROM image i JOIN zarr_group g ON g.id = i.group_id "
                    "JOIN coordinate_system s ON s.id = i.intrinsic_system_id "
                    "AND s.group_id = g.id ORDER BY 1"
                )
            ).all()
        assert [url.split("/")[4] for url in urls] == ["a", "a", "c", "c"]


def test_a_packed_graph_gets_ids() -> None:
    edges = [(10 + i, i, i + 1, "scale", "closed", "dataset") for i in range(4)]
    packed = pack_graph([5, 6, 7, 8, 9], edges)
    systems, ids = [2**40 + i * i for i in range(5)], [1000 - i for i in range(4)]
    found = unpack(renumbered(packed, 5, systems, 10, ids))
    before = unpack(packed)
    assert found.system_ids.tolist() == systems
    assert found.edge_ids.tolist() == ids
    for name in ("starts", "others", "arcs", "kinds", "parents"):
        assert getattr(found, name).tolist() == getattr(before, name).tolist()
    assert found.classes == before.classes
    far = unpack(renumbered(packed, 5, [0, 1, 2, 3, 2**33], 10, ids))
    assert far.system_ids.tolist() == [0, 1, 2, 3, 2**33]


def test_parcels_meet_where_hierarchies_do(scene_record: Make) -> None:
    def parcel(*urls: str) -> Parcel:
        (packed,) = pack(scene_record(url) for url in urls)
        assert isinstance(packed, Parcel)
        return packed

    one = parcel("file:///a/b", "file:///c")
    assert meet(one, parcel("file:///c"))
    assert meet(one, parcel("file:///d", "file:///a"))
    assert meet(one, parcel("file:///c/d/e"))
    assert not meet(one, parcel("file:///a/c", "file:///cc", "file:///a/bc"))
    assert meet(one, Unusable("file:///a", "broken"))
    assert not meet(Unusable("file:///d", "broken"), one)


def test_of_what_is_written_behind_the_last_counts(
    database: Database, writer: Writer, crawl_id: int, scene_record: Make
) -> None:
    told = []
    for turn in range(12):
        urls = ["file:///data/a", "file:///data/a/b"][turn % 2 :][:1]
        for packed in pack(scene_record(url, images=1 + turn % 5) for url in urls):
            told += writer.write_behind(packed, crawl_id)
    told += writer.settle()
    assert [written.failure for written in told] == [None] * 12
    with database.reading() as connection:
        there = connection.execute(
            sa.text("SELECT url, id FROM hierarchy WHERE removed_at IS NULL")
        ).all()
        images = connection.scalar(sa.text("SELECT count(*) FROM image"))
    assert [url for url, _ in there] == ["file:///data/a/b"]
    assert images == 1 + 11 % 5
