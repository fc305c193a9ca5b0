"""A process killed while it writes leaves whole hierarchies, and no lock."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import sqlalchemy as sa

from catalog.database.engine import Database
from catalog.database.schema import metadata
from catalog.database.writer import Writer

T = metadata.tables
WRITE = """
import importlib.util, itertools, sys
spec = importlib.util.spec_from_file_location("builders", sys.argv[2])
builders = importlib.util.module_from_spec(spec)
spec.loader.exec_module(builders)
from catalog.database.engine import Database
from catalog.database.writer import Writer
writer = Writer(Database(sys.argv[1]))
crawl_id = writer.begin_crawl("file:///data")
print("ready", flush=True)
for round in itertools.count():
    records = [
        builders.make_scene(f"file:///data/{i}", images=1 + (i + round) % 5) for i in range(40)
    ]
    for start in range(0, 40, 8):
        writer.write(records[start:start + 8], crawl_id)
"""


def assert_whole(database: Database) -> None:
    with database.reading() as connection:
        hierarchy, group, image, system = (
            T[name] for name in ("hierarchy", "zarr_group", "image", "coordinate_system")
        )
        for id_ in list(connection.scalars(sa.select(hierarchy.c.id))):
            live = sa.select(sa.func.count()).where(
                group.c.hierarchy_id == id_, group.c.removed_at.is_(None)
            )
            images = connection.scalar(live.where(group.c.kind == "image"))
            assert images is not None
            assert images >= 1
            rows = sa.select(sa.func.count()).select_from(image.join(group))
            assert connection.scalar(rows.where(group.c.hierarchy_id == id_)) == images
            systems = sa.select(sa.func.count()).where(system.c.hierarchy_id == id_)
            assert connection.scalar(systems) == 4 * images + 1


def test_a_killed_writer_leaves_whole_hierarchies_and_no_lock(
    database: Database, scene_record, untrue_copies
) -> None:
    random.seed(3)
    builders = Path(__file__).with_name("conftest.py")
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITE, database.url, str(builders)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(random.uniform(0.02, 0.4))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert_whole(database)
        assert untrue_copies(database) == {}
    started = time.monotonic()
    writer = Writer(database)
    crawl_id = writer.begin_crawl("file:///data")
    records = [scene_record(f"file:///data/{i}", images=2) for i in range(40)]
    assert [outcome.failure for outcome in writer.write(records, crawl_id)] == [None] * 40
    assert time.monotonic() - started < 30  # that of another's lock would be 60
    assert_whole(database)
    with database.reading() as connection:
        outcomes = connection.execute(sa.select(T["crawl"].c.outcome).order_by(T["crawl"].c.id))
        assert list(outcomes.scalars()) == ["interrupted"] * 4 + ["running"]
        assert connection.scalar(sa.select(sa.func.count()).select_from(T["hierarchy"])) == 40
    if database.url.startswith("sqlite"):
        with database.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
