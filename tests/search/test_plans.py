"""A search that finds little looks at little, however large the tables are."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from catalog import Catalog
from catalog.crawl.records import CrateRecord, CrateTermRecord
from catalog.database.crawls import CrawlCounts
from catalog.database.engine import Database
from catalog.database.schema import metadata
from catalog.database.writer import Writer
from catalog.query.search.subjects import SUBJECTS

GENERATOR = Path(__file__).parents[2] / "benchmarks" / "search_collection.py"
SCENES = 600
# What has a row for each image, scene, system or edge; a full look at another costs nothing.
LARGE = {
    *("hierarchy", "zarr_group", "image", "scene", "scene_image", "coordinate_system"),
    *("transformation", "channel", "resolution_level", "label_image", "crate", "crate_term"),
}


def crate(number: int) -> CrateRecord:
    """Make a crate: most are alike, and one is of a rare thing."""
    terms = (
        CrateTermRecord("organism", f"NCBITaxon:{number % 4 if number else 7955}", "Danio rerio"),
        CrateTermRecord("organism", "NCBITaxon:10090", None),
        CrateTermRecord("modality", f"FBbi:{number % 3 if number else 246:08}", None),
    )
    license = f"https://a.org/{number % 2 if number else 'mine'}"
    return CrateRecord(f"crate {number}", None, license, "{}", terms)


@pytest.fixture
def filled(database_url: str) -> Iterator[Catalog]:
    """A collection large enough for planners to care."""
    made = runpy.run_path(str(GENERATOR))
    with Database(database_url) as database:
        writer = Writer(database)
        crawl = writer.begin_crawl("file:///data")
        records = [
            replace(record, crate=crate(n)) for n, record in enumerate(made["scenes"](SCENES))
        ]
        # One thing of every kind that little fits.
        records[0] = records[0].__class__(
            **{name: getattr(records[0], name) for name in records[0].__slots__}
            | {
                "images": (
                    records[0].images[0]._replace(label_of=""),
                    *records[0].images[1:],
                ),
            }
        )
        writer.write(records, crawl)
        counts = CrawlCounts(SCENES, SCENES, 0, 0, 0, 0)
        writer.finish_crawl(crawl, counts, "done")
    with Catalog(database_url) as catalog:
        yield catalog


def sqlite_scans(connection: sa.Connection, sql: str) -> list[str]:
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")
    details = [str(row[-1]) for row in plan]
    return [d for d in details if d.startswith("SCAN") and d.split()[1] in LARGE]


def postgresql_scans(connection: sa.Connection, sql: str) -> list[str]:
    # So small a table would be read as a whole, and rightly.
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    escaped = sql.replace("%", "%%")
    plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {escaped}").scalar_one()
    found: list[str] = []

    def look(node: dict[str, Any]) -> None:
        large = node.get("Relation Name") in LARGE and node["Node Type"] != "Bitmap Heap Scan"
        if large and not node.get("Index Cond"):
            found.append(f"{node['Node Type']} {node['Relation Name']}")
        for below in node.get("Plans", ()):
            look(below)

    look(plan[0]["Plan"])
    return found


def scans(catalog: Catalog, **asked: Any) -> list[str]:
    """Name the large tables that the statements of a search look through as a whole."""
    found = []
    database = catalog._database
    for count in (False, True):
        written = catalog.search_sql(limit=None if count else 50, count=count, **asked)
        with database.reading() as connection:
            for sql in written.split(";")[:-1]:
                sqlite = database.url.startswith("sqlite")
                found += (sqlite_scans if sqlite else postgresql_scans)(connection, sql)
    return found


def rare(catalog: Catalog, of: str, field: str) -> str | None:
    """Write a filter that fits what few things have, if there is anything like it."""
    values = [v for v in catalog.facet(field, of=of) if v.value is not None]
    if not values or values[-1].count > 60:
        return None
    value = values[-1].value
    if isinstance(value, bool):
        return f"{field} = {str(value).upper()}"
    text = "'" + str(value).replace("'", "''") + "'" if isinstance(value, str) else repr(value)
    return f"{field} = {text}"


def test_filters_of_indexed_fields_look_at_little(filled: Catalog) -> None:
    looked = {}
    for of, subject in SUBJECTS.items():
        if of in {"plates", "labels"}:
            continue
        for each in subject.fields:
            where = rare(filled, of, each.name) if each.indexed else None
            if where is not None:
                looked[of, each.name] = scans(filled, of=of, where=where)
    assert {asked: found for asked, found in looked.items() if found} == {}
    assert {("images", "name"), ("images", "scene"), ("images", "voxel_size_x")} <= looked.keys()
    fields = ("organism", "modality", "license")
    assert {(of, field) for of in ("images", "scenes") for field in fields} <= looked.keys()
    assert len(looked) > 15


SELECTIVE: list[dict[str, Any]] = [
    {"where": "voxel_size_x < 0.10831 AND dtype = 'uint16'"},
    {"where": "size_z > 299 OR size_z = 3"},
    {"where": "name LIKE 'brain 00001%'"},
    {"name": ["brain 00001*"]},
    {"root": ["file:///data/lab07/müller"]},
    {"where": "has_labels"},
    {"text": "000123"},
    {"text": "000123 tile*"},
    {"text": '"tile 3" 000123'},
    {"text": "000123", "of": "scenes"},
    {"text": "000123 world", "of": "systems"},
    {"text": "000123", "of": "transformations"},
    {"where": "name LIKE 'tile 9%'", "of": "transformations"},
    {"where": "type = 'rotation'", "of": "transformations"},
    {"where": "name = 'atlas'", "of": "systems"},
    {"where": "image = 'brain 000012 tile 1'", "of": "scenes"},
    {"where": "name LIKE 'brain 00012%'", "of": "scenes"},
    {"organism": ["taxon:7955"]},
    {"modality": ["obo:FBbi_00000246"], "of": "scenes"},
    {"where": "license LIKE 'https://a.org/m%'"},
]


def test_documented_searches_look_at_little(filled: Catalog) -> None:
    scene = next(iter(filled.search(of="scenes", limit=1)))
    by_scene = [{"scene": [scene.name]}, {"scene": [scene.url]}]
    looked = {str(asked): scans(filled, **asked) for asked in [*SELECTIVE, *by_scene]}
    assert {asked: found for asked, found in looked.items() if found} == {}


def test_a_page_far_away_costs_what_the_first_one_does(filled: Catalog) -> None:
    for sort in ([], ["name"], ["-voxel_size_x"], ["dtype"], ["size_z"]):
        page = filled.search(sort=sort, limit=1000)
        list(page)
        assert page.after is not None
        for after in (None, page.after):
            written = filled.search_sql(sort=sort, limit=20, after=after)
            with filled._database.reading() as connection:
                sqlite = filled.url.startswith("sqlite")
                sql = written.split(";")[0]
                plan = connection.exec_driver_sql(
                    f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{sql.replace('%', '%%')}"
                )
                text = "\n".join(str(row[-1]) for row in plan)
            # In the order of an index, without sorting.
            assert "TEMP B-TREE" not in text
            assert "Sort" not in text


def test_what_much_fits_is_walked_through(filled: Catalog) -> None:
    if filled.url.startswith("sqlite"):
        written = filled.search_sql(where="voxel_size_x < 5 OR size_z > 1", limit=1)
        with filled._database.reading() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {written}")
            text = "\n".join(str(row[-1]) for row in plan)
        assert "TEMP B-TREE" not in text
    assert set(LARGE) <= set(metadata.tables)


def test_a_full_look_would_be_noticed(filled: Catalog) -> None:
    assert scans(filled, where="ndim = 9") != []
    assert scans(filled, where="name LIKE '%tile 9%'", of="scenes") != []


@pytest.mark.parametrize("sort", [("dtype", "name"), ("-size_z", "dtype"), ("axes", "dtype")])
def test_what_very_many_are_equal_in_is_not_sorted(filled: Catalog, sort: tuple[str, ...]) -> None:
    results = filled.search(sort=sort, limit=20)
    seen = len(list(results))
    while results.after is not None:
        written = filled.search_sql(sort=sort, limit=20, after=results.after)
        if filled.url.startswith("sqlite"):
            with filled._database.reading() as connection:
                for sql in written.split(";")[:-1]:
                    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")
                    # What few are equal in may be sorted, but not all that is left.
                    assert "USE TEMP B-TREE FOR ORDER BY" not in [row[-1] for row in plan]
        elif sort == ("dtype", "name"):
            assert "image.dtype = '" in written or "image.dtype IS NULL" in written
        results = filled.search(sort=sort, limit=200, after=results.after)
        seen += len(list(results))
    assert seen == filled.count()


def plan(catalog: Catalog, **asked: Any) -> list[str]:
    """Write what a database does for the statements of a first page, one step after the other."""
    steps: list[str] = []

    def look(node: dict[str, Any]) -> None:
        steps.append(f"{node['Node Type']} {node.get('Relation Name', '')}".strip())
        for below in node.get("Plans", ()):
            look(below)

    written = catalog.search_sql(limit=50, **asked)
    with catalog._database.reading() as connection:
        for sql in written.split(";")[:-1]:
            if catalog.url.startswith("sqlite"):
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")
                steps += [str(row[-1]) for row in rows]
                continue
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            # So few rows are collected and sorted sooner than they are walked through.
            connection.exec_driver_sql("SET LOCAL enable_sort = off")
            escaped = sql.replace("%", "%%")
            look(
                connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {escaped}").scalar_one()[0][
                    "Plan"
                ]
            )
    return steps


FIRST_PAGES: list[dict[str, Any]] = [
    {},
    {"where": "version = '0.6'"},
    {"organism": ["NCBITaxon:10090"]},  # as all crates have it
]


@pytest.mark.parametrize("of", [of for of in SUBJECTS if of != "labels"])
def test_a_first_page_walks_along_the_key(filled: Catalog, of: str) -> None:
    subject = SUBJECTS[of]
    names = {field.name for field in subject.fields}
    own = subject.table.name
    pages = FIRST_PAGES
    if not {"version", "organism"} <= names:
        pages = [{}, {"where": "url LIKE 'file:///data/%'"}]  # everything lies there
    for asked in pages:
        found = plan(filled, of=of, **asked)
        if filled.count(of=of) == 0:
            # There is nothing to walk along, and the planner knows.
            assert not [step for step in found if step.startswith("SCAN zarr_group")]
            continue
        walked = [step for step in found if step.startswith("SCAN ")]
        assert not [step for step in walked if step.split()[1] in LARGE - {own}], asked
        assert not [step for step in found if "TEMP B-TREE" in step or "BLOOM" in step], asked
        assert not [step for step in found if "Sort" in step or "Hash" in step], asked
        assert not [step for step in found if step.startswith("Seq Scan")], asked


def test_a_selective_filter_of_scenes_and_systems_walks_nothing(filled: Catalog) -> None:
    for of, where in (
        ("scenes", "name LIKE 'brain 00012%'"),
        ("scenes", "organism = 'NCBITaxon:7955'"),
        ("plates", "name LIKE 'brain 00012%'"),
        ("systems", "name = 'atlas'"),
        ("transformations", "name LIKE 'tile 9%'"),
    ):
        found = plan(filled, of=of, where=where)
        assert not [step for step in found if step.startswith(("SCAN ", "Seq Scan"))], (of, where)
