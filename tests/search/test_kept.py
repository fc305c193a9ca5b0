"""What the writer keeps for searches stays true, whatever is written, removed and restored."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from catalog import Catalog
from catalog.crawl.records import AxisRecord
from catalog.database.engine import Database
from catalog.database.facets import FIELDS, tally
from catalog.database.measures import measures
from catalog.database.migration import config
from catalog.database.schema import SEARCHED, facet_count, metadata
from catalog.database.writer import Writer


def kept(database: Database) -> Counter[tuple[str, str, str]]:
    with database.reading() as connection:
        rows = connection.execute(sa.select(facet_count)).all()
    assert all(row.count >= 0 for row in rows)
    return +Counter({(row.subject, row.field, row.value): row.count for row in rows})


def recounted(database: Database) -> Counter[tuple[str, str, str]]:
    with database.reading() as connection:
        all_ = list(connection.scalars(sa.select(metadata.tables["hierarchy"].c.id)))
        return tally(connection, database.dialect, all_)


def words_agree(database: Database) -> None:
    """Hold the search index of SQLite against the texts of its tables."""
    if not database.url.startswith("sqlite"):
        return
    with database.writing() as connection:
        for table, key in SEARCHED.items():
            name = f"{table}_words"
            # Fails when the index and the texts differ.
            check = f"INSERT INTO {name} ({name}, rank) VALUES ('integrity-check', 1)"
            connection.exec_driver_sql(check)
            for word in ("d", "tile", "new"):
                query = f"SELECT rowid FROM {name} WHERE {name} MATCH '{word}'"
                found = set(connection.exec_driver_sql(query).scalars())
                texts = connection.exec_driver_sql(f"SELECT {key}, search_text FROM {table}")
                assert found == {k for k, text in texts if word in text.split()}


@pytest.mark.parametrize("seed", range(4))
def test_counts_and_words_follow_every_change(
    database_url: str, image_record: Any, seed: int
) -> None:
    chance = random.Random(seed)
    urls = ["file:///d/a", "file:///d/b", "file:///d/b/tile", "file:///d/c", "file:///d"]
    with Database(database_url) as database:
        writer = Writer(database)
        crawl = writer.begin_crawl("file:///d")
        for _ in range(30):
            url = chance.choice(urls)
            act = chance.choice(["write", "write", "write", "remove", "restore", "fail", "purge"])
            if act == "write":
                records = [
                    image_record(
                        place,
                        name=chance.choice([None, "tile", "new"]),
                        axes=chance.choice(["zyx", "cyx"]),
                        unit=chance.choice(["micrometer", None]),
                        dtype=chance.choice(["uint8", None]),
                        channels=chance.choice([(), ("DAPI", "DAPI", None)]),
                        labels=chance.randrange(3),
                        scene=chance.choice([None, "s"]),
                    )
                    for place in {url, chance.choice(urls)}
                ]
                writer.write(records, crawl)
            elif act == "remove":
                writer.mark_removed(url, (), prune_limit=1)
            elif act == "restore":
                writer.restore([url])
            elif act == "fail":
                from catalog.crawl.records import Failed, ProblemRecord

                problem = ProblemRecord("", "", "unreadable", "error", "It cannot be read.")
                writer.fail(Failed(url, problem), crawl)
            else:
                writer.purge(url)
            assert kept(database) == recounted(database)
        words_agree(database)


def test_facets_over_everything_are_those_counted_anew(catalog: Catalog, collection) -> None:
    for of, fields in FIELDS.items():
        for field in fields:
            # A filter that all fits is not answered from what is kept.
            counted = list(catalog.facet(field, of=of, where="id > 0"))
            assert list(catalog.facet(field, of=of)) == counted, (of, field)
        assert catalog.count(of=of) == catalog.count(of=of, where="id > 0")


def test_an_empty_text_is_a_value_like_others(catalog: Catalog, write, image_record) -> None:
    write(*(image_record(f"file:///d/{axes or 'none'}", axes=axes) for axes in ("yx", "", "zyx")))
    for criteria in ({}, {"where": "id > 0"}):
        found = [(each.value, each.count) for each in catalog.facet("axes", **criteria)]
        assert found == [("", 1), ("yx", 1), ("zyx", 1)]


def test_facets_count_what_is_found(catalog: Catalog, collection) -> None:
    for field in ("name", "size_x", "scene", "channel", "has_labels", "voxel_size_x"):
        counted: Counter[Any] = Counter()
        for known in collection:
            value = known.fields[field]
            if known.fields["ndim"] > 2:
                counted.update(value if isinstance(value, set) else [value])
        found = list(catalog.facet(field, where="ndim > 2"))
        assert {each.value: each.count for each in found} == counted
        counts = [each.count for each in found]
        assert counts == sorted(counts, reverse=True)


def test_the_columns_of_images_hold_what_the_documents_say(catalog: Catalog, collection) -> None:
    by_url = {image.url: image for image in catalog.search()}
    assert list(by_url) == [known.url for known in collection]
    for known in collection:
        image = by_url[known.url]
        for name in ("name", "version", "axes", "dtype", "labels", "channels", "voxel_size_z"):
            assert getattr(image, name) == known.fields[name]


@pytest.mark.parametrize(
    ("unit", "size", "micrometers"),
    [
        ("nanometer", 325.0, 0.325),
        ("nm", 325.0, 0.325),
        ("Micrometers", 0.1, 0.1),
        ("µm", 0.1, 0.1),
        ("millimeter", 0.5, 500.0),
        ("angstrom", 5.0, 0.0005),
        ("micrometer", -0.5, 0.5),
        (None, 7.0, 7.0),
        ("pixel", 7.0, None),
        ("second", 7.0, None),
        ("yottameter", 1e300, None),
    ],
)
def test_voxels_are_measured_in_micrometers(
    unit: str | None, size: float, micrometers: float | None
) -> None:
    axes = (AxisRecord("x", "space", unit, None, None),)
    assert measures(axes, "x", (9,), (size,)).voxel_size_x == micrometers


def test_axes_are_known_by_their_names() -> None:
    found = measures(None, "time,y,x", (2, 3, 4), (1.0, 2.0, 3.0))
    assert (found.size_t, found.size_y, found.voxel_size_x) == (None, 3, 3.0)
    found = measures(None, "tx", (5, 2**70), (2.0, float("inf")))
    assert (found.size_t, found.time_step, found.size_x, found.voxel_size_x) == (5, 2.0, None, None)
    assert measures(None, "zyx", (1, 2), None) == measures(None, "", None, None)


# What later revisions do not fill: it comes out of documents, which are read again then, or
# is of crawls that said nothing of it.
LATER = {"extent", "crate", "crate_term"}
UNKNOWN = {"hierarchy": {"digest", "manifest"}, "crawl": {"ignored", "requests", "retries"}}


def contents(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.reading() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(
                    sa.select(
                        *[c for c in table.c if c.name not in UNKNOWN.get(table.name, ())]
                    ).order_by(*table.primary_key)
                )
            ]
            for table in metadata.sorted_tables
            if table.name not in LATER
        }


def test_a_migration_fills_what_the_writer_would_have_written(
    database_url: str, tmp_path: Any
) -> None:
    from pathlib import Path
    from runpy import run_path

    examples = Path(__file__).parents[2] / "examples" / "write_scenes.py"
    run_path(str(examples))["write_all"](tmp_path / "examples")
    from catalog.indexing import index

    with Database(database_url) as database:
        index([str(tmp_path)], database=database)
        with database.writing() as connection:
            connection.execute(facet_count.delete().where(facet_count.c.count == 0))
        before = contents(database)
        assert before["image"]
        assert before["facet_count"]
        settings = config()
        for move, revision in ((command.downgrade, "0002"), (command.upgrade, "head")):
            with database.migrating() as connection:
                settings.attributes["connection"] = connection
                move(settings, revision)
        after = contents(database)
        for name in before:
            assert after[name] == before[name], name
        words_agree(database)
