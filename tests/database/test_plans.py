"""What replaces, absorbs, removes and purges goes by indexes, however large the tables are."""

from __future__ import annotations

import re
from collections.abc import Callable

import sqlalchemy as sa

from catalog.crawl.records import HierarchyRecord
from catalog.database.engine import Database
from catalog.database.schema import metadata
from catalog.database.writer import Writer

# A purge looks for what is marked, and nothing else asks for that.
ALLOWED = re.compile(r"removed_at <=")


def explained(database: Database, act: Callable[[], object]) -> dict[str, str]:
    """Give the plan of each statement that is run while acting."""
    plans: dict[str, str] = {}

    def explain(conn, cursor, statement, parameters, context, executemany):  # noqa: PLR0917
        if not re.match(r"SELECT|UPDATE|DELETE", statement) or statement in plans:
            return
        values = parameters[0] if executemany else parameters
        other = conn.connection.cursor()
        if conn.dialect.name == "sqlite":
            other.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        else:
            other.execute("SET LOCAL enable_seqscan = off")  # small tables would be scanned
            other.execute(f"EXPLAIN {statement}", values)
        plans[statement] = "\n".join(str(row[-1]) for row in other.fetchall())
        other.close()

    engines = (database._reader, database._writer)
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", explain)
    act()
    for engine in engines:
        sa.event.remove(engine, "before_cursor_execute", explain)
    return plans


def scans(plans: dict[str, str]) -> dict[str, str]:
    tables = "|".join(name for name in metadata.tables if name not in ("id_counter", "crawl"))
    scan = re.compile(rf"(?:\bSCAN|Seq Scan on) (?:{tables})\b(?! USING (?:COVERING )?INDEX)")
    return {
        statement: plan
        for statement, plan in plans.items()
        if scan.search(plan) and not ALLOWED.search(statement)
    }


def test_writing_goes_by_indexes(
    database: Database, writer: Writer, crawl_id: int, scene_record, plate_record
) -> None:
    def record(i: int, images: int) -> HierarchyRecord:
        return scene_record(f"file:///data/{i}", images=images)

    writer.write([record(i, 2) for i in range(50)], crawl_id)

    def act() -> None:
        writer.write([record(i, 1) for i in range(20)], crawl_id)
        writer.write([scene_record("file:///data/1/tile_0", images=0)], crawl_id)
        writer.write([scene_record("file:///data", images=1)], crawl_id)
        writer.write([plate_record("file:///plate")], crawl_id)
        writer.known(["file:///plate"])
        writer.enclosing("file:///plate/A")
        writer.mark_removed("file:///plate", (), prune_limit=1)
        writer.restore(["file:///plate"])
        writer.mark_removed("file:///plate", (), prune_limit=1)
        writer.purge()

    plans = explained(database, act)
    assert len(plans) > 30
    assert scans(plans) == {}


def test_a_new_hierarchy_pays_for_no_delete(
    database: Database, writer: Writer, crawl_id: int, scene_record
) -> None:
    writer.write([scene_record("file:///data/a")], crawl_id)
    plans = explained(database, lambda: writer.write([scene_record("file:///data/b")], crawl_id))
    assert [statement for statement in plans if not statement.startswith("SELECT")] == [
        statement for statement in plans if statement.startswith("UPDATE id_counter")
    ]
