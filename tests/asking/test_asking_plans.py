"""Questions about everything go by indexes, and sort nothing that is already in order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from catalog.database.engine import Database
from catalog.database.writer import Writer
from catalog.query import orphans

PLACE = "file:///plans/0007.zarr"
LARGE = {"image", "zarr_group", "coordinate_system", "transformation", "scene_image"}
"""What has as many rows as there are images, or more."""


@pytest.fixture
def filled(
    database_url: str, world: Callable[..., Any], link: Callable[..., Any]
) -> Iterator[Database]:
    """Two hundred hierarchies of two images."""
    links = (link(3, 2), link(4, 2), link(2, 0), link(6, 5), link(7, 5), link(5, 0))
    with Database(database_url) as database:
        writer = Writer(database)
        crawl = writer.begin_crawl("file:///plans")
        records = [world(2, 2, links).record(f"file:///plans/{i:04}.zarr") for i in range(200)]
        writer.write(records, crawl)
        with database.writing() as connection:
            database.dialect.settle(connection)
        yield database


def plan(connection: sa.Connection, query: sa.Select[Any]) -> str:
    compiled = query.compile(connection.engine, compile_kwargs={"literal_binds": True})
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")
    else:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        # As a cursor would be planned, of which the first rows are wanted.
        connection.exec_driver_sql("SET LOCAL enable_hashjoin = off")
        connection.exec_driver_sql("SET LOCAL enable_mergejoin = off")
        rows = connection.exec_driver_sql(f"EXPLAIN {str(compiled).replace('%', '%%')}")
    return "\n".join(str(row[-1]) for row in rows)


def scanned(text: str) -> set[str]:
    """Name the tables of which every row is looked at."""
    found = re.findall(r"\bSCAN (\w+)(?! USING INDEX)|Seq Scan on (\w+)", text)
    return {name for pair in found for name in pair} & LARGE


@pytest.mark.parametrize("question", ["unconnected_systems", "broken_references"])
@pytest.mark.parametrize("under", [None, PLACE])
def test_systems_and_references_come_by_indexes(
    filled: Database, question: str, under: str | None
) -> None:
    query: sa.Select[Any] = getattr(orphans, question)(under)
    with filled.reading() as connection:
        text = plan(connection, query)
    assert not scanned(text), text


def test_images_come_as_they_are_read(filled: Database) -> None:
    with filled.reading() as connection:
        everywhere = plan(connection, orphans.images_in_no_scene(None))
        below = plan(connection, orphans.images_in_no_scene(PLACE))
    # All of them are looked at, once, and nothing else is; none waits for the rest.
    assert scanned(everywhere) <= {"image"}, everywhere
    assert not re.search(r"TEMP B-TREE|\bSort\b", everywhere), everywhere
    assert "ix_scene_image_image_group_id" in everywhere
    assert not scanned(below), below
    assert re.search(r"SEARCH zarr_group USING INDEX \w+ \(url|uq_zarr_group_url", below), below
