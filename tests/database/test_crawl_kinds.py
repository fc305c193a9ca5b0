"""What a crawl was, in its row; and a database whose crawls were recorded before that was kept."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic import command

from catalog.database.crawls import CrawlCounts
from catalog.database.engine import Database
from catalog.database.migration import config
from catalog.database.writer import Writer

ROW = "SELECT kind, ignored, requests, retries, seen FROM crawl ORDER BY id"
COLLECTIONS = "SELECT root, crawls FROM report_collection ORDER BY root"


def asked(database: Database, query: str) -> list[tuple[object, ...]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def migrate(database: Database, revision: str, *, down: bool = False) -> None:
    settings = config()
    with database.migrating() as connection:
        settings.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(settings, revision)


def test_a_row_says_what_a_crawl_was(database: Database, writer: Writer) -> None:
    counts = CrawlCounts(seen=3, unchanged=3, ignored=2, requests=2**40, retries=5)
    for root, kind in (("file:///a", "root"), ("stdin", "list"), ("file:///a", "watch")):
        writer.finish_crawl(writer.begin_crawl(root, kind), counts, "done")  # type: ignore[arg-type]
    assert asked(database, ROW) == [(kind, 2, 2**40, 5, 3) for kind in ("root", "list", "watch")]
    assert asked(database, COLLECTIONS) == [("file:///a", 1)]
    with pytest.raises(sa.exc.IntegrityError), database.writing() as connection:
        connection.execute(sa.text("UPDATE crawl SET kind = 'other'"))


def test_earlier_crawls_are_kept_both_ways(database: Database, writer: Writer) -> None:
    for root in ("file:///a", "file:///b", "file:///a"):
        writer.finish_crawl(writer.begin_crawl(root), CrawlCounts(seen=1, unchanged=1), "done")
    migrate(database, "0004", down=True)
    columns = sa.inspect(database._writer).get_columns("crawl")
    assert {"kind", "ignored", "requests", "retries"}.isdisjoint(c["name"] for c in columns)
    collections = [("file:///a", 2), ("file:///b", 1)]
    assert asked(database, COLLECTIONS) == collections
    migrate(database, "head")
    assert asked(database, ROW) == [("root", 0, 0, 0, 1)] * 3
    assert asked(database, COLLECTIONS) == collections
