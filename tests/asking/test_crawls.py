"""Past runs, and figures that are kept rather than counted."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from catalog import Catalog, UnknownAddressError
from catalog.crawl.records import HierarchyRecord, ProblemRecord
from catalog.database.crawls import CrawlCounts
from catalog.database.engine import Database
from catalog.database.writer import Writer


@pytest.fixture
def writer(database_url: str) -> Any:
    with Database(database_url) as database:
        yield Writer(database)


def with_problems(record: HierarchyRecord, *codes: str) -> HierarchyRecord:
    problems = (ProblemRecord("", f"/{i}", code, "error", code) for i, code in enumerate(codes))
    return dataclasses.replace(record, problems=tuple(problems))


def test_crawls_come_newest_first(catalog: Catalog, writer: Writer) -> None:
    counts = CrawlCounts(5, 2, 2, 1, 0, 7)
    ids = [writer.begin_crawl(root) for root in ("file:///d", "file:///d/e", "file:///dd")]
    writer.finish_crawl(ids[0], counts, "partial", "one could not be read")
    runs = list(catalog.crawls())
    assert [run.id for run in runs] == ids[::-1]
    assert [run.outcome for run in runs] == ["running", "running", "partial"]
    assert runs[0].seconds is None
    assert {run.kind for run in runs} == {"root"}
    done = runs[-1]
    assert done.seconds is not None
    assert done.seconds >= 0
    assert (done.seen, done.written, done.unchanged, done.failed) == (5, 2, 2, 1)
    assert (done.problems, done.message) == (7, "one could not be read")
    assert [run.id for run in catalog.crawls(limit=2)] == ids[:0:-1]
    assert [run.root for run in catalog.crawls("/d")] == ["file:///d/e", "file:///d"]
    assert list(catalog.crawls("/nowhere")) == []


def test_one_crawl_says_what_is_left_of_it(
    catalog: Catalog, writer: Writer, world: Callable[..., Any]
) -> None:
    one, other = (world(1, 1, ()).record(f"file:///d/{name}.zarr") for name in "ab")
    first = writer.begin_crawl("file:///d")
    writer.write([with_problems(one, "axis-unit", "axis-unit"), with_problems(other, "x")], first)
    writer.finish_crawl(first, CrawlCounts(2, 2, 0, 0, 0, 3), "done")
    second = writer.begin_crawl("file:///d")
    writer.write([with_problems(other)], second)
    shown = catalog.crawl(first)
    assert shown.run == next(run for run in catalog.crawls() if run.id == first)
    assert shown.finished_at is not None
    assert shown.last_of == 1
    assert shown.more["requests"] == 0
    assert [(found.code, found.number) for found in shown.standing] == [("axis-unit", 2)]
    assert catalog.crawl(second).last_of == 1
    assert catalog.crawl(second).standing == ()
    with pytest.raises(UnknownAddressError, match="no crawl 4711"):
        catalog.crawl(4711)


def test_figures_that_are_kept_are_those_of_the_rows(
    catalog: Catalog, writer: Writer, database_url: str, world: Any, link: Any
) -> None:
    crawl = writer.begin_crawl("file:///d")

    def record(number: int) -> HierarchyRecord:
        links = (link(2, 1), link(3, 1), link(1, 0, "displacements", "scene", "numeric"))
        made = world(1, 1 + number, links).record(f"file:///d/{number}.zarr")
        images = [
            image._replace(
                dtype=("uint8", None, "float32")[(number + i) % 3],
                label_of="" if i == 2 else None,
            )
            for i, image in enumerate(made.images)
        ]
        return with_problems(dataclasses.replace(made, images=tuple(images)), "axis-unit", "x")

    records = [record(number) for number in range(5)]
    writer.write(records, crawl)
    writer.write([records[0]], crawl)
    writer.mark_removed("file:///d/1.zarr", (), prune_limit=1.0)
    with Database(database_url) as database, database.reading() as connection:

        def grouped(sql: str) -> Counter[str | None]:
            return Counter(
                {row[0]: int(row[1]) for row in connection.execute(sa.text(sql)).fetchall()}
            )

        there = "JOIN zarr_group g ON g.id = i.group_id WHERE g.removed_at IS NULL GROUP BY 1"
        edges = "JOIN hierarchy h ON h.id = t.hierarchy_id WHERE h.removed_at IS NULL GROUP BY 1"
        expected = {
            "data type of images": grouped(f"SELECT i.dtype, count(*) FROM image i {there}"),
            "axes of images": grouped(f"SELECT i.axes, count(*) FROM image i {there}"),
            "OME-Zarr version of images": grouped(
                f"SELECT g.ome_version, count(*) FROM image i {there}"
            ),
            "type of transformations": grouped(
                f"SELECT t.type, count(*) FROM transformation t {edges}"
            ),
            "way back through transformations": grouped(
                f"SELECT t.invertibility, count(*) FROM transformation t {edges}"
            ),
            "bytes": grouped(
                f"SELECT 'declared by images', sum(b) FROM (SELECT g.id, sum(i.bytes) AS b "
                f"FROM image i {there}) AS s"
            ),
        }
        things = {
            "images": f"SELECT 1, count(*) FROM image i {there}",
            "label images": (
                f"SELECT 1, count(*) FROM label_image l JOIN image i ON i.id = l.image_id {there}"
            ),
            "coordinate systems": f"SELECT 1, count(*) FROM coordinate_system i {there}",
            "scenes": f"SELECT 1, count(*) FROM scene i {there}",
            "components": f"SELECT 1, count(*) FROM component t {edges}",
            "problems": f"SELECT 1, count(*) FROM problem t {edges}",
            "transformations": f"SELECT 1, count(*) FROM transformation t {edges}",
        }
        counted = {
            name: sum(grouped(sql.replace("GROUP BY 1", "")
                              .replace("SELECT 1, count", "SELECT 'n', count")).values())
            for name, sql in things.items()
        }  # fmt: skip
    found: dict[str, dict[str | None, int]] = {}
    for figure in catalog.stats():
        found.setdefault(figure.about, {})[figure.value] = figure.number
    for about, values in expected.items():
        assert found[about] == dict(values), about
    assert {name: found["things"][name] for name in counted} == counted
    assert found["things"]["removed hierarchies"] == 1
    assert found["things"]["hierarchies"] == 4
    numbers = [figure.number for figure in catalog.stats() if figure.about == "data type of images"]
    assert numbers == sorted(numbers, reverse=True)
