"""Whatever was written, removed and absorbed before, what is written last is what is there."""

from __future__ import annotations

import random
from collections.abc import Callable

import sqlalchemy as sa

from catalog.crawl.records import HierarchyRecord
from catalog.database.engine import Database
from catalog.database.schema import metadata
from catalog.database.writer import Writer

T = metadata.tables
URLS = ["file:///d/a", "file:///d/a/tile_0", "file:///d/a/tile_1", "file:///d/b", "file:///d"]


def live(database: Database) -> set[tuple[object, ...]]:
    """Describe each system and edge of what is not removed, by address."""
    group, system, edge = T["zarr_group"], T["coordinate_system"], T["transformation"]
    with database.reading() as connection:
        addresses = {
            row.id: f"{row.url}|{row.array_path}#{row.name}"
            for row in connection.execute(
                sa.select(system.c.id, group.c.url, system.c.array_path, system.c.name)
                .join(group)
                .where(group.c.removed_at.is_(None))
            )
        }
        edges = connection.execute(
            sa.select(edge.c.input_id, edge.c.output_id, group.c.url, edge.c.pointer)
            .join(group)
            .where(group.c.removed_at.is_(None))
        )
        return {(address,) for address in addresses.values()} | {
            (addresses[row.input_id], addresses[row.output_id], row.url, row.pointer)
            for row in edges
        }


def expected(records: dict[str, HierarchyRecord]) -> set[tuple[object, ...]]:
    found: set[tuple[object, ...]] = set()
    for record in records.values():
        names = [
            f"{record.url_of(system.group)}|{system.array_path}#{system.name}"
            for system in record.systems
        ]
        found |= {(name,) for name in names}
        found |= {
            (names[edge.input], names[edge.output], record.url_of(edge.group), edge.pointer)
            for edge in record.transformations
        }
    return found


def meets(one: str, other: str) -> bool:
    return one == other or one.startswith(other + "/") or other.startswith(one + "/")


def test_any_history_ends_in_what_was_written_last(
    database: Database,
    writer: Writer,
    crawl_id: int,
    scene_record: Callable[..., HierarchyRecord],
    untrue_copies: Callable[[Database], dict[str, int]],
) -> None:
    choose = random.Random(11)
    there: dict[str, HierarchyRecord] = {}
    for _ in range(60):
        url = choose.choice(URLS)
        act = choose.choice(["write", "write", "write", "remove", "restore", "purge"])
        if act == "write":
            record = scene_record(url, images=choose.randrange(4), levels=1)
            [outcome] = writer.write([record], crawl_id)
            assert outcome.failure is None
            there = {at: kept for at, kept in there.items() if not meets(at, url)} | {url: record}
        elif act == "remove":
            writer.mark_removed(url, (), prune_limit=1)
            there = {
                at: kept for at, kept in there.items() if at != url and not at.startswith(url + "/")
            }
        elif act == "restore" and url in there:
            writer.restore([url])
        elif act == "purge":
            writer.purge()
        assert live(database) == expected(there)
        assert untrue_copies(database) == {}
