"""A catalog moves into another database with all its rows, or not at all."""

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from catalog.cli import main
from catalog.crawl.records import (
    CrateRecord,
    CrateTermRecord,
    ExtentRecord,
    Failed,
    ProblemRecord,
)
from catalog.database.copying import CopyProgress, copy
from catalog.database.crawls import CrawlCounts
from catalog.database.engine import Database
from catalog.database.schema import SEARCHED, metadata
from catalog.database.writer import Writer
from catalog.errors import DatabaseError, DatabaseMissingError

T = metadata.tables
UNREADABLE = ProblemRecord("", "", "unreadable", "error", "It cannot be read: µ.")


def every_row(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.reading() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def fill(database: Database, scene_record, plate_record) -> None:
    """Write what puts rows into every table that records fill, and leave gaps behind."""
    writer = Writer(database)
    crawl_id = writer.begin_crawl("file:///data")
    # Groups that come before their parents: a hierarchy that absorbed two others.
    writer.write([scene_record("file:///data/a/tile_0", images=0)], crawl_id)
    placed = scene_record("file:///data/a")
    box = ((1.0, 0.0, 0.0, 0.5),) * 3, (0.5, 0.5, 0.5), (2.5, 2.5, 2.5)
    extents = tuple(
        ExtentRecord(image.group, 0, image.intrinsic, (64, 64, 64), 0, *box, False, None)
        for image in placed.images
    )
    term = CrateTermRecord("organism", "http://purl.obolibrary.org/obo/NCBITaxon_10090", "mouse")
    crate = CrateRecord("A brain", None, "CC0", '{"@graph": []}', (term,))
    placed = replace(placed, extents=extents, crate=crate)
    writer.write([placed, plate_record("file:///data/p")], crawl_id)
    writer.write([scene_record("file:///data/large", images=80)], crawl_id)
    writer.write([scene_record("file:///data/gone")], crawl_id)
    writer.fail(Failed("file:///data/bad", UNREADABLE), crawl_id)
    writer.folder_problem(crawl_id, "file:///data/x", UNREADABLE)
    seen = {f"file:///data/{name}" for name in ("a", "p", "large", "bad")}
    writer.mark_removed("file:///data", seen, prune_limit=1)
    writer.finish_crawl(crawl_id, CrawlCounts(seen=4, written=3, failed=1), "partial", "Größe")


@pytest.fixture(params=["sqlite to postgresql", "postgresql to sqlite", "sqlite to sqlite"])
def both(
    request: pytest.FixtureRequest, empty_postgresql_url: str, tmp_path: Path
) -> tuple[str, str]:
    """URLs of a source with a catalog and a target without one."""
    from catalog.database.migration import init

    new = {"postgresql": empty_postgresql_url, "sqlite": f"sqlite:///{tmp_path / 'new.db'}"}
    source, _, target = request.param.partition(" to ")
    old = {**new, "sqlite": f"sqlite:///{tmp_path / 'old.db'}"}[source]
    init(old)
    return old, new[target]


def test_all_rows_arrive_with_their_ids(both: tuple[str, str], scene_record, plate_record) -> None:
    source_url, target_url = both
    with Database(source_url) as source, Database(target_url) as target:
        fill(source, scene_record, plate_record)
        told: list[CopyProgress] = []
        copied = copy(source_url, target_url, progress=told.append)
        before = every_row(source)
        assert every_row(target) == before
        assert all(before.values()), [table for table, rows in before.items() if not rows]
        assert copied.rows == {table: len(rows) for table, rows in before.items()}
        assert {one.table for one in told} == set(T)
        assert all(one.rows == one.total == copied.rows[one.table] for one in told)
        # The search indexes know the words, and new ids are new.
        for database in (source, target):
            assert_found(database)
        writer = Writer(target)
        crawl_id = writer.begin_crawl("file:///more")
        assert crawl_id > max(row[0] for row in before["crawl"])
        written = writer.write([scene_record("file:///more/b")], crawl_id)
        assert [outcome.failure for outcome in written] == [None]
        after = every_row(target)
        for table in ("image", "transformation", "zarr_group"):
            assert {row[0] for row in before[table]} < {row[0] for row in after[table]}
        # What was there is met again with the ids that it had.
        Writer(target).write([scene_record("file:///data/a")], crawl_id)
        assert {row[0] for row in every_row(target)["image"]} == {row[0] for row in after["image"]}


def assert_found(database: Database) -> None:
    from catalog.database.dialects.searching import Word

    with database.reading() as connection:
        for table, wanted, few in (("image", "tile", 86), ("scene", "large", 1), ("plate", "p", 1)):
            words, _ = database.dialect.word_queries([Word(wanted, prefix=False)], [])
            key = T[table].c[SEARCHED[table]]
            found = database.dialect.matching(T[table], key, sa.literal(words), None)
            query = sa.select(sa.func.count()).select_from(T[table]).where(found.condition)
            if found.listed is not None:
                query = query.join(found.listed, found.key == key)
            assert connection.scalar(query) >= few


def test_a_target_with_rows_is_refused_or_replaced(
    both: tuple[str, str], scene_record, plate_record
) -> None:
    source_url, target_url = both
    with Database(source_url) as source, Database(target_url) as target:
        fill(source, scene_record, plate_record)
        copy(source_url, target_url)
        writer = Writer(target)
        writer.write([scene_record("file:///other/x")], writer.begin_crawl("file:///other"))
        changed = every_row(target)
        with pytest.raises(DatabaseError, match="rows already"):
            copy(source_url, target_url)
        assert every_row(target) == changed
        copy(source_url, target_url, replace=True)
        assert every_row(target) == every_row(source)
        assert_found(target)


def test_a_copy_that_fails_changes_nothing(
    both: tuple[str, str], scene_record, plate_record
) -> None:
    source_url, target_url = both
    with Database(source_url) as source, Database(target_url) as target:
        fill(source, scene_record, plate_record)
        copy(source_url, target_url)
        before = every_row(target)

        def fail(progress: CopyProgress) -> None:
            if progress.table == "transformation":
                raise OSError("the terminal is gone")

        with pytest.raises(OSError, match="terminal"):
            copy(source_url, target_url, replace=True, progress=fail)
        assert every_row(target) == before


def test_no_catalog_and_the_same_one_are_refused(sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(DatabaseMissingError):
        copy(str(tmp_path / "none.db"), str(tmp_path / "new.db"))
    assert not (tmp_path / "new.db").exists()
    with pytest.raises(DatabaseError, match="same database"):
        copy(sqlite_url, sqlite_url)


def test_from_the_command_line(sqlite_url: str, tmp_path: Path, scene_record, plate_record) -> None:
    with Database(sqlite_url) as source:
        fill(source, scene_record, plate_record)
    runner = CliRunner()
    target = str(tmp_path / "new.db")
    told = runner.invoke(main, ["db", "copy", sqlite_url, target])
    assert told.exit_code == 0, told.stderr
    assert told.stdout == ""
    assert f"to sqlite:///{target}: " in told.stderr
    assert " rows in " in told.stderr
    again = runner.invoke(main, ["db", "copy", sqlite_url, target])
    assert again.exit_code == 1
    assert "--replace" in again.stderr
    assert runner.invoke(main, ["db", "copy", "--replace", sqlite_url, target]).exit_code == 0
    none = runner.invoke(main, ["db", "copy", str(tmp_path / "none.db"), target])
    assert none.exit_code == 3
    with Database(sqlite_url) as source, Database(target) as copied:
        assert every_row(source) == every_row(copied)
