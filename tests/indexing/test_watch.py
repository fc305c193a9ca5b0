"""`catalog watch` as a real process: what is written into its folder is found in the catalog."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time

import pytest

from catalog.database.engine import Database
from catalog.errors import StoreError, UsageError
from catalog.indexing.watching import watch

COMMAND = [sys.executable, "-c", "from catalog.cli import main; main()"]
THERE = "SELECT url FROM hierarchy WHERE removed_at IS NULL ORDER BY url"


@pytest.fixture
def watched(scenes, database_url):
    """A folder of six scenes that a process watches, and a question to its catalog."""
    with (
        subprocess.Popen(
            [*COMMAND, "-d", database_url, "watch", str(scenes)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
        Database(database_url) as database,
    ):

        def ask(query):
            with database.reading() as connection:
                return [tuple(row) for row in connection.exec_driver_sql(query)]

        try:
            first = process.stdout.readline()
            assert "6 written" in first, process.stderr.read()
            yield scenes, ask, process
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()


def until(ask, query, wanted):
    end = time.monotonic() + 30
    while (found := ask(query)) != wanted and time.monotonic() < end:
        time.sleep(0.05)
    assert found == wanted


def test_what_changes_is_seen_and_nothing_else_is_read(watched, collection, tmp_path):
    scenes, ask, _ = watched
    names = [f"file://{scenes}/s{number}.zarr" for number in range(6)]
    collection.write_scene(scenes / "s6.zarr", 6, images=1, levels=1)
    until(ask, THERE, [(name,) for name in (*names, f"file://{scenes}/s6.zarr")])
    collection.write(scenes / "s1.zarr" / "tile_0", collection.image(77, levels=1))
    until(ask, "SELECT count(*) FROM image WHERE name = 'tile 77'", [(1,)])
    shutil.rmtree(scenes / "s0.zarr")
    until(ask, THERE, [(name,) for name in (*names[1:], f"file://{scenes}/s6.zarr")])
    # A folder that is moved here as a whole, and one that is moved away.
    collection.write_scene(tmp_path / "elsewhere" / "deep" / "a.zarr", 7, images=1, levels=1)
    (tmp_path / "elsewhere").rename(scenes / "moved")
    (scenes / "s6.zarr").rename(tmp_path / "away.zarr")
    moved = f"file://{scenes}/moved/deep/a.zarr"
    until(ask, THERE, [(name,) for name in (moved, *names[1:])])
    (scenes / "s2.zarr" / "zarr.json").write_text("{")
    until(ask, "SELECT code FROM problem", [("invalid-document",)])
    until(ask, "SELECT count(*) FROM crawl WHERE outcome = 'running'", [(0,)])
    seen = ask("SELECT max(seen), sum(removed), min(root), max(root) FROM crawl WHERE seen < 6")
    assert seen[0][0] <= 2
    assert seen[0][1] == 2
    assert seen[0][2:] == (f"file://{scenes}",) * 2
    assert {outcome for (outcome,) in ask("SELECT outcome FROM crawl")} <= {"done", "partial"}


def test_what_is_no_change_leaves_no_trace(watched, collection):
    scenes, ask, _ = watched
    for _ in range(3):
        (scenes / "s3.zarr" / "zarr.json").touch()
        (scenes / "s3.zarr" / "tile_0" / "0" / "c").mkdir(exist_ok=True)
        (scenes / "s3.zarr" / "tile_0" / "0" / "c" / "0").write_bytes(b"chunk")
        (scenes / "notes.txt").write_text("none of our business")
        time.sleep(0.7)
    collection.write_scene(scenes / "s6.zarr", 6, images=1, levels=1)
    until(ask, "SELECT seen, written FROM crawl WHERE id > 1 AND outcome = 'done'", [(1, 1)])


def test_crawling_again_and_again(scenes, sqlite_url, collection):
    command = [*COMMAND, "-d", sqlite_url, "watch", str(scenes), "--every", "0.3s", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline() for _ in range(2)]
        collection.write_scene(scenes / "s6.zarr", 6, images=1, levels=1)
        lines += [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert '"written": 6' in lines[0]
    assert '"unchanged": 6' in lines[1]
    assert any('"written": 1' in line for line in lines[2:])


def test_what_cannot_be_watched(tmp_path, database):
    with pytest.raises(StoreError, match="there is no folder"):
        watch([str(tmp_path / "absent")], database=database)
    with pytest.raises(UsageError, match="--every 10m"):
        watch(["s3://lab/screens"], database=database)
