"""RO-Crates in their tables: with the hierarchy they come, change and go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from alembic import command

from catalog.crawl.records import CrateRecord, CrateTermRecord, HierarchyRecord
from catalog.database.engine import Database
from catalog.database.migration import config
from catalog.database.writer import Writer

Record = Callable[..., HierarchyRecord]

CRATES = (
    "SELECT h.url, c.name, c.license FROM crate AS c JOIN hierarchy AS h ON h.id = c.hierarchy_id"
)
TERMS = "SELECT kind, identifier, label, label_words FROM crate_term ORDER BY kind, identifier"


def asked(database: Database, query: str) -> list[tuple[object, ...]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def migrate(database: Database, revision: str, *, down: bool = False) -> None:
    settings = config()
    with database.migrating() as connection:
        settings.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(settings, revision)


def test_a_crate_is_replaced_with_its_hierarchy(
    database: Database, writer: Writer, crawl_id: int, scene_record: Record
) -> None:
    record = scene_record("file:///data/a")
    writer.write([record], crawl_id)
    assert asked(database, CRATES) == [(record.url, record.crate.name, record.crate.license)]
    assert asked(database, TERMS) == [
        ("modality", "FBbi:00000251", None, ""),
        ("organism", "NCBITaxon:10090", "Mus musculus", "mus musculus"),
        ("organism", "NCBITaxon:9606", None, ""),
    ]
    other = CrateRecord(None, None, None, "{}", (CrateTermRecord("organism", "Größe", "Ĝrö ße"),))
    writer.write([replace(record, digest=b"2", crate=other)], crawl_id)
    assert asked(database, CRATES) == [(record.url, None, None)]
    assert asked(database, TERMS) == [("organism", "Größe", "Ĝrö ße", "gro sse")]
    writer.write([replace(record, digest=b"3", crate=None)], crawl_id)
    assert asked(database, CRATES) == asked(database, TERMS) == []


def test_a_crate_goes_with_its_hierarchy(
    database: Database, writer: Writer, crawl_id: int, scene_record: Record
) -> None:
    writer.write([scene_record("file:///data/a"), scene_record("file:///data/b/c")], crawl_id)
    writer.mark_removed("file:///data/a", (), prune_limit=1)
    # Kept until it is purged, like all else.
    assert len(asked(database, CRATES)) == 2
    assert asked(database, "SELECT hierarchy FROM report_crate") == [("file:///data/b/c",)]
    writer.purge("file:///data/a")
    # One that another hierarchy turns out to contain is no hierarchy any more.
    writer.write([scene_record("file:///data/b")], crawl_id)
    assert [url for url, *_ in asked(database, CRATES)] == ["file:///data/b"]
    assert len(asked(database, TERMS)) == 3


@pytest.mark.parametrize("text", ["\0", "\ud800", "x" * 5_000, "ü" * 5_000, "", "'"])
def test_odd_texts_are_stored(
    database: Database, writer: Writer, crawl_id: int, scene_record: Record, text: str
) -> None:
    terms = tuple(
        CrateTermRecord(kind, identifier, label)  # type: ignore[arg-type]
        for kind in ("organism", "modality")
        for identifier, label in ((text, text), (f"{text}2", None), (text, "again"))
    )
    record = replace(
        scene_record("file:///data/a", images=1),
        crate=CrateRecord(text, text * 100, text, f'"{text}"', terms),
    )
    [written] = writer.write([record], crawl_id)
    assert written.failure is None
    assert len(asked(database, CRATES)) == 1
    assert len(asked(database, TERMS)) == 4


def test_the_view_says_names_in_order(
    database: Database, writer: Writer, crawl_id: int, scene_record: Record
) -> None:
    writer.write([scene_record("file:///data/a", images=2)], crawl_id)
    query = (
        "SELECT name, organisms, organism_ids, modalities, modality_ids, images FROM report_crate"
    )
    assert asked(database, query) == [
        (
            *("A brain", "Mus musculus, NCBITaxon:9606", "NCBITaxon:10090, NCBITaxon:9606"),
            *("FBbi:00000251", "FBbi:00000251", 2),
        )
    ]


def test_what_was_recorded_before_crates_were_is_read_again(
    database: Database, writer: Writer, crawl_id: int, scene_record: Record
) -> None:
    record = scene_record("file:///data/a", images=2)
    writer.write([record], crawl_id)
    migrate(database, "0005", down=True)
    names = set(sa.inspect(database._writer).get_table_names())
    assert "extent" in names
    assert names.isdisjoint({"crate", "crate_term"})
    migrate(database, "head")
    assert asked(database, CRATES) == []
    assert asked(database, "SELECT digest, manifest FROM hierarchy") == [(None, None)]
    assert asked(database, "SELECT COUNT(*) FROM image") == [(2,)]
    writer.write([record], crawl_id)
    assert len(asked(database, TERMS)) == 3
