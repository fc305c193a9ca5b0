"""Several processes write one database at once: nothing is lost, nothing double, nobody stuck."""

import random
import runpy
import shutil
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from catalog.database.crawls import CrawlCounts
from catalog.database.engine import Database
from catalog.database.facets import tally
from catalog.database.migration import init
from catalog.database.parcels.parcel import pack
from catalog.database.schema import facet_count, hierarchy, metadata
from catalog.database.staging import ids_of
from catalog.database.writer import Writer
from catalog.indexing import index

COLLECTION = Path(__file__).parents[2] / "benchmarks" / "collection.py"
BUILDERS = Path(__file__).with_name("conftest.py")
T = metadata.tables

INDEX = """
import sys
from catalog.database.engine import Database
from catalog.indexing import index
import catalog.crawl.interpret, catalog.database.writer
url, *roots = sys.argv[1:]
with Database(url) as database:
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(2):
        report = index(roots, database=database, force=True, prune_limit=1.0)
        assert report.failed == 0, report
"""

WRITE = """
import importlib.util, random, sys
spec = importlib.util.spec_from_file_location("builders", sys.argv[3])
builders = importlib.util.module_from_spec(spec)
spec.loader.exec_module(builders)
from catalog.database.engine import Database
from catalog.database.writer import Writer
url, seed = sys.argv[1], int(sys.argv[2])
random.seed(seed)
with Database(url) as database:
    writer = Writer(database)
    crawl_id = writer.begin_crawl(f"file:///data/{seed}")
    print("ready", flush=True)
    sys.stdin.readline()
    for round in range(6):
        urls = [f"file:///data/{i}" for i in range(12)]
        # Some of them contain others, and each process has an order of its own.
        urls += [f"file:///data/{i}/inside" for i in range(0, 12, 3)]
        random.shuffle(urls)
        for start in range(0, len(urls), 4):
            records = [
                builders.make_scene(each, images=random.randint(1, 3))
                for each in urls[start:start + 4]
            ]
            for outcome in writer.write(records, crawl_id):
                assert outcome.failure is None, outcome
        if round % 4 == seed % 4:
            writer.touch({each: () for each in urls})
            writer.mark_removed("file:///data", set(urls[:8]), prune_limit=1)
            writer.restore(urls)
            writer.purge()
"""


def run_together(programs: list[list[str]]) -> None:
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", *program],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for program in programs
        ]
        for process in started:
            stack.callback(process.kill)
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", process.communicate()
        for process in started:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        complaints = [process.communicate(timeout=120)[1] for process in started]
        assert [process.returncode for process in started] == [0] * len(started), complaints


def content(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Everything by its address, without ids and times."""
    with database.reading() as connection:

        def natural(table: str, *columns: sa.Column) -> dict[int, object]:
            return {
                id_: tuple(key)
                for id_, *key in connection.execute(sa.select(T[table].c.id, *columns))
            }

        groups = natural("zarr_group", T["zarr_group"].c.url)
        known = {
            "hierarchy": natural("hierarchy", T["hierarchy"].c.url),
            "zarr_group": groups,
            "axis_layout": natural("axis_layout", T["axis_layout"].c.digest),
        }
        for table, names in (("coordinate_system", ("array_path", "name")), ("image", ("entry",))):
            c = T[table].c
            known[table] = {
                id_: (groups[group_id], *key)
                for id_, group_id, *key in connection.execute(
                    sa.select(c.id, c.group_id, *[c[name] for name in names])
                )
            }
        found: dict[str, list[tuple[object, ...]]] = {}
        for table in metadata.sorted_tables:
            if table.name in ("crawl", "id_counter"):
                continue
            kept = []
            for column in table.columns:
                if column.name in ("id", "indexed_at", "removed_at", "adjacency"):
                    continue
                refers = ids_of(column)
                kept.append((column, None if refers is None else known.get(refers, {})))
            rows = connection.execute(sa.select(*[column for column, _ in kept]))
            found[table.name] = sorted(
                (
                    tuple(
                        value if names is None else names.get(value)
                        for value, (_, names) in zip(row, kept, strict=True)
                    )
                    for row in rows
                ),
                key=repr,
            )
        found["facet_count"] = [row for row in found["facet_count"] if row[-1]]
        return found


def assert_counted(database: Database) -> None:
    """What is kept of counts is what counting anew gives."""
    with database.reading() as connection:
        c = facet_count.c
        kept = {
            tuple(key): count
            for *key, count in connection.execute(sa.select(c.subject, c.field, c.value, c.count))
            if count
        }
        every = list(connection.scalars(sa.select(hierarchy.c.id)))
        counted = {
            key: count for key, count in tally(connection, database.dialect, every).items() if count
        }
    assert kept == counted


@pytest.fixture
def opened(database_url: str):
    with Database(database_url) as database:
        yield database


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenes") / "data"
    runpy.run_path(str(COLLECTION))["write_collection"](folder, 24)
    batches = sorted(folder.iterdir())
    for name in ("b", "c"):
        shutil.copytree(batches[0], folder / name)
    return folder


def test_processes_index_overlapping_roots_at_once(
    opened: Database, scenes: Path, tmp_path: Path
) -> None:
    batch, *_ = sorted(scenes.iterdir())
    scene = min(batch.iterdir())
    roots = [[scenes], [scenes / "b", scenes], [scenes / "c", scene], [scenes, scenes / "b"]]
    if opened.dialect.ONE_WRITER:
        roots = roots[1:3]
    run_together([[INDEX, opened.url, *map(str, wanted)] for wanted in roots])
    serial = tmp_path / "serial.db"
    init(str(serial))
    with Database(str(serial)) as alone:
        index([str(scenes)], database=alone)
        expected, found = content(alone), content(opened)
        assert found == expected
    assert_counted(opened)
    with opened.reading() as connection:
        outcomes = connection.execute(sa.select(T["crawl"].c.outcome, T["crawl"].c.finished_at))
        assert {(outcome, ended is not None) for outcome, ended in outcomes} == {("done", True)}


def test_hierarchies_that_contain_each_other_are_written_by_many_at_once(
    opened: Database, untrue_copies
) -> None:
    several = 2 if opened.dialect.ONE_WRITER else 4
    run_together([[WRITE, opened.url, str(seed), str(BUILDERS)] for seed in range(several)])
    assert_counted(opened)
    assert untrue_copies(opened) == {}
    with opened.reading() as connection:
        group, image, system = T["zarr_group"], T["image"], T["coordinate_system"]
        urls = list(connection.scalars(sa.select(hierarchy.c.url)))
        assert len(urls) == len(set(urls))
        assert len(list(connection.scalars(sa.select(group.c.url)))) == len(
            set(connection.scalars(sa.select(group.c.url)))
        )
        for id_, removed_at in connection.execute(
            sa.select(hierarchy.c.id, hierarchy.c.removed_at)
        ).all():
            images = connection.scalar(
                sa.select(sa.func.count())
                .select_from(image.join(group))
                .where(group.c.hierarchy_id == id_)
            )
            systems = connection.scalar(
                sa.select(sa.func.count()).where(system.c.hierarchy_id == id_)
            )
            # All of a hierarchy, or nothing when another one took its groups.
            assert systems == 4 * images + 1 or (removed_at is not None and not images)


def test_a_reader_is_never_kept_waiting(postgresql_url: str, scene_record) -> None:
    with Database(postgresql_url) as database, Database(postgresql_url) as other:
        writer = Writer(database)
        crawl_id = writer.begin_crawl("file:///data")
        writer.write([scene_record("file:///data/a", images=1)], crawl_id)
        with database.writing(alone=True) as connection:
            connection.execute(T["image"].update().values(name="changed"))
            connection.execute(facet_count.update().values(count=0))
            with other.reading() as reading:
                reading.exec_driver_sql("SET statement_timeout = '5s'")
                assert list(reading.scalars(sa.select(T["image"].c.name))) == ["tile_0"]
                assert all(reading.scalars(sa.select(facet_count.c.count)))


def test_a_part_of_a_newer_hierarchy_is_left_to_it(opened: Database, scene_record) -> None:
    slow, quick = Writer(opened), Writer(opened)
    slow_id = slow.begin_crawl("file:///data/a/tile_0")
    quick_id = quick.begin_crawl("file:///data")
    quick.write([scene_record("file:///data/a")], quick_id)
    before = content(opened)
    [outcome] = slow.write([scene_record("file:///data/a/tile_0", images=0)], slow_id)
    assert (outcome.failure, outcome.inside) == (None, "file:///data/a")
    assert content(opened) == before
    # One that begins later knows better: the whole is not there any more.
    [outcome] = slow.write(
        [scene_record("file:///data/a/tile_0", images=0)], slow.begin_crawl("file:///data/a/x")
    )
    assert outcome.inside is None
    assert content(opened) != before


def test_what_another_crawl_has_just_written_is_not_missing(opened: Database, scene_record) -> None:
    mine, other = Writer(opened), Writer(opened)
    old, new = "file:///data/old", "file:///data/new"
    mine.write([scene_record(old), scene_record("file:///data/kept")], mine.begin_crawl("file:///"))
    mine.begin_crawl("file:///data")
    other.write([scene_record(new)], other.begin_crawl("file:///data/new"))
    removal = mine.mark_removed("file:///data", {"file:///data/kept"}, prune_limit=1)
    assert (removal.present, removal.removed) == (3, 1)
    with opened.reading() as connection:
        gone = sa.select(hierarchy.c.url).where(hierarchy.c.removed_at.is_not(None))
        assert list(connection.scalars(gone)) == [old]


def test_a_crawl_that_runs_elsewhere_is_not_taken_for_a_dead_one(opened: Database) -> None:
    root = "file:///data"
    first, second = Writer(opened), Writer(opened)
    running = first.begin_crawl(root)
    also = second.begin_crawl(root)
    assert outcomes(opened) == {running: "running", also: "running"}
    first.finish_crawl(running, CrawlCounts(), "done")
    assert outcomes(opened) == {running: "done", also: "running"}
    del second  # as if its process had been killed
    last = first.begin_crawl(root)
    assert outcomes(opened) == {running: "done", also: "interrupted", last: "running"}
    assert also < last


def outcomes(database: Database) -> dict[int, str]:
    with database.reading() as connection:
        c = T["crawl"].c
        return dict(map(tuple, connection.execute(sa.select(c.id, c.outcome))))


def test_folders_of_a_crawl_that_runs_beside_are_told_once(opened: Database) -> None:
    from catalog.crawl.records import ProblemRecord

    unreadable = ProblemRecord("", "", "unreadable-folder", "error", "It cannot be listed.")
    first, second = Writer(opened), Writer(opened)
    ids = [first.begin_crawl("file:///data"), second.begin_crawl("file:///data")]
    for writer, crawl_id in zip((first, second), ids, strict=True):
        writer.folder_problem(crawl_id, "file:///data/x", unreadable)
    first.folder_problem(ids[0], "file:///data/y", unreadable)
    second.finish_crawl(ids[1], CrawlCounts(), "partial")
    assert len(content(opened)["problem"]) == 3
    first.finish_crawl(ids[0], CrawlCounts(), "partial")
    assert len(content(opened)["problem"]) == 2


def test_ids_are_handed_out_to_many_at_once(opened: Database) -> None:
    taken: list[int] = []

    def take() -> None:
        from catalog.database.ids import Ids

        ids = Ids(opened)
        for _ in range(20):
            size = random.randint(1, 200)
            ids.reserve({"image": size, "crawl": 1})
            taken.extend(ids.take("image", size))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) >= 80


def test_what_is_written_behind_is_told_in_order(opened: Database, scene_record) -> None:
    writer = Writer(opened)
    crawl_id = writer.begin_crawl("file:///data")
    urls = [f"file:///data/{i}" for i in range(12)]
    told = []
    for start in range(0, 12, 2):
        batch = [scene_record(url, images=1) for url in urls[start : start + 2]]
        (parcel,) = pack(batch)
        told += writer.write_behind(parcel, crawl_id)
        writer.touch({urls[start]: ()})
    told += writer.settle()
    assert [outcome.url for outcome in told] == urls
    assert writer.settle() == []
    (parcel,) = pack([scene_record(urls[0], images=2)])
    writer.write_behind(parcel, crawl_id)
    writer.finish_crawl(crawl_id, CrawlCounts(written=13), "done")
    assert len(content(opened)["image"]) == 13
    assert [outcome.url for outcome in writer.settle()] == urls[:1]
    assert_counted(opened)


def test_an_error_of_what_is_written_behind_is_told_later(
    postgresql_url: str, scene_record
) -> None:
    with Database(postgresql_url) as database:
        writer = Writer(database)
        crawl_id = writer.begin_crawl("file:///data")
        with database.writing() as connection:
            connection.exec_driver_sql("ALTER TABLE hierarchy ADD CHECK (url <> 'file:///data/a')")
            connection.exec_driver_sql("ALTER TABLE problem ADD CHECK (code <> 'not-written')")

        def write() -> None:
            (parcel,) = pack([scene_record("file:///data/a")])
            writer.write_behind(parcel, crawl_id)
            writer.settle()

        with pytest.raises(sa.exc.IntegrityError):
            write()
        assert writer.settle() == []
