from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from catalog.crawl.records import Failed, HierarchyRecord, ProblemRecord
from catalog.database.engine import Database
from catalog.database.schema import metadata
from catalog.database.writer import Writer

Make = Callable[..., HierarchyRecord]
URLS = [f"file:///data/{i}.zarr" for i in range(10)]
T = metadata.tables


@pytest.fixture
def filled(writer: Writer, crawl_id: int, scene_record: Make) -> Writer:
    records = [scene_record(url, images=2) for url in URLS]
    writer.write([*records, scene_record("file:///other.zarr", images=1)], crawl_id)
    return writer


def marked(database: Database, table: str = "hierarchy") -> list[str]:
    with database.reading() as connection:
        query = sa.select(T[table].c.url).where(T[table].c.removed_at.is_not(None))
        return sorted(connection.scalars(query))


def count(database: Database, table: str) -> int | None:
    with database.reading() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(T[table]))


def test_what_disappeared_is_marked(database: Database, filled: Writer) -> None:
    removal = filled.mark_removed("file:///data", set(URLS[2:]))
    assert (removal.present, removal.missing, removal.removed, removal.refusal) == (10, 2, 2, None)
    assert marked(database) == URLS[:2]
    assert len(marked(database, "zarr_group")) == 6
    assert filled.known(URLS[:1])[URLS[0]].removed
    assert list(filled.known_below("file:///data")) == URLS[2:]
    again = filled.mark_removed("file:///data", set(URLS[2:]))
    assert (again.present, again.missing) == (8, 0)


def test_more_than_the_limit_is_not_believed(database: Database, filled: Writer) -> None:
    removal = filled.mark_removed("file:///data", set(URLS[3:]))
    assert (removal.missing, removal.removed) == (3, 0)
    assert removal.refusal is not None
    assert "3 of 10" in removal.refusal
    assert "--prune-limit" in removal.refusal
    assert marked(database) == []
    assert filled.mark_removed("file:///data", set(URLS[3:]), prune_limit=0.3).removed == 3


def test_nothing_is_marked_where_a_folder_could_not_be_listed(
    database: Database, filled: Writer
) -> None:
    removal = filled.mark_removed("file:///data", set(URLS[1:]), listing_failed=True)
    assert (removal.missing, removal.removed) == (1, 0)
    assert removal.refusal is not None
    assert marked(database) == []
    assert filled.mark_removed("file:///data", set(URLS), listing_failed=True).refusal is None


def test_a_dry_run_only_counts(database: Database, filled: Writer) -> None:
    removal = filled.mark_removed("file:///data", set(URLS[1:]), dry_run=True)
    assert (removal.missing, removal.removed, removal.refusal) == (1, 0, None)
    assert marked(database) == []


def test_an_empty_root_has_nothing_to_remove(filled: Writer) -> None:
    removal = filled.mark_removed("file:///nothing", ())
    assert (removal.present, removal.removed, removal.refusal) == (0, 0, None)


def test_the_root_itself_may_be_gone(database: Database, filled: Writer) -> None:
    assert filled.mark_removed(URLS[0], (), prune_limit=1).removed == 1
    assert marked(database) == URLS[:1]


def test_what_is_there_again_is_restored(
    database: Database, filled: Writer, crawl_id: int, scene_record: Make
) -> None:
    filled.write([scene_record(URLS[0], images=1)], crawl_id)  # tile_1 vanished on its own
    filled.mark_removed("file:///data", set(URLS[2:]))
    filled.restore(URLS)
    assert marked(database) == []
    assert marked(database, "zarr_group") == [f"{URLS[0]}/tile_1"]
    filled.mark_removed("file:///data", set(URLS[1:]))
    filled.write([scene_record(URLS[0], images=2)], crawl_id)
    assert marked(database) == marked(database, "zarr_group") == []


def test_what_fails_is_there(database: Database, filled: Writer, crawl_id: int) -> None:
    filled.mark_removed("file:///data", set(URLS[1:]))
    filled.fail(Failed(URLS[0], ProblemRecord("", "", "unreadable", "error", "No.")), crawl_id)
    assert marked(database) == []


def test_purge_deletes_what_is_marked(
    database: Database, filled: Writer, crawl_id: int, scene_record: Make
) -> None:
    filled.mark_removed("file:///data", set(URLS[2:]))
    filled.write([scene_record(URLS[5], images=1)], crawl_id)
    counted = filled.purge(dry_run=True)
    assert (counted.hierarchies, counted.groups) == (2, 7)
    assert count(database, "hierarchy") == 11
    assert filled.purge(older=timedelta(hours=1)).hierarchies == 0
    assert filled.purge("file:///other.zarr").groups == 0
    assert filled.purge("file:///data") == counted
    assert marked(database) == marked(database, "zarr_group") == []
    assert (count(database, "hierarchy"), count(database, "zarr_group")) == (9, 25)
    assert count(database, "coordinate_system") == 7 * 9 + 5 + 5
    assert filled.purge() == filled.purge(dry_run=True)


def test_a_purged_hierarchy_is_new_again(
    database: Database, filled: Writer, crawl_id: int, scene_record: Make
) -> None:
    def ids() -> set[int]:
        with database.reading() as connection:
            return set(connection.scalars(sa.select(T["zarr_group"].c.id)))

    before = ids()
    filled.mark_removed("file:///data", set(URLS[1:]))
    filled.purge()
    filled.write([scene_record(URLS[0], images=2)], crawl_id)
    assert len(ids() - before) == 3


def test_many_pages_are_gone_through(
    database: Database, filled: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.database.writer.PAGE", 3)
    assert list(filled.known_below("file:///data")) == URLS
    assert filled.mark_removed("file:///data", set(URLS[2:])).removed == 2


def test_purge_below_a_root_spares_the_parts_of_a_hierarchy_around_it(
    database: Database, filled: Writer
) -> None:
    filled.mark_removed("file:///data", set(URLS[1:]))
    nothing = filled.purge(f"{URLS[0]}/tile_0")
    assert (nothing.hierarchies, nothing.groups) == (0, 0)
    filled.restore(URLS[:1])
    assert marked(database, "zarr_group") == []
    assert count(database, "image") == 21
