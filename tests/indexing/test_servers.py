"""Runs over servers: many hierarchies at once, counted requests, and an end that does not wait."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from catalog.database.engine import Database
from catalog.indexing.lists import ListedUrl, UrlList

COMMAND = [sys.executable, "-c", "from catalog.cli import main; main()"]
NAMES = "SELECT i.name, g.path, i.shape FROM image i JOIN zarr_group g ON g.id = i.group_id"


@pytest.fixture
def stocked(bucket, scenes):
    for scene in scenes.iterdir():
        shutil.copytree(scene, bucket.folder / "lab" / scene.name)
    return bucket


def test_a_bucket_is_indexed_and_then_unchanged(stocked, scenes, run, rows):
    root = f"{stocked.url}/lab"
    first = run(root, concurrency=4)
    assert (first.written, first.failed) == (6, 0)
    assert first.requests > 6
    again = run(root)
    assert (again.unchanged, again.written) == (6, 0)
    assert 0 < again.requests < first.requests / 2
    assert rows("SELECT requests > 0, retries, kind FROM crawl ORDER BY id")[0] == (True, 0, "root")
    there = sorted(map(repr, rows(NAMES)))
    assert run(scenes).written == 6
    assert sorted(map(repr, rows(NAMES))) == sorted(2 * there)


def test_a_list_may_name_places_of_every_kind(stocked, scenes, run):
    urls = [f"{stocked.url}/lab/s1.zarr", scenes / "s2.zarr", f"{stocked.url}/none.zarr"]
    listed = UrlList("list", lambda: [ListedUrl(str(url), 1) for url in urls])
    report = run(listed=listed, workers=2)
    assert (report.written, report.failed) == (2, 1)


def test_failed_requests_are_sent_again_and_counted(web_server, scenes, run):
    failed = []

    def fail_once(handler):
        if handler.path.endswith("zarr.json") and handler.path not in failed:
            failed.append(handler.path)
            handler.answer(503)
            return True
        return False

    server = web_server(scenes, instead=fail_once)
    report = run(f"{server.url}/s0.zarr")
    assert (report.written, report.failed) == (1, 0)
    assert report.retries >= len(failed) > 0


def test_ctrl_c_does_not_wait_for_a_server_that_hangs(web_server, scenes, sqlite_url):
    asked = []

    def hang(handler):
        if "tile_1" in handler.path:
            asked.append(handler.path)
            time.sleep(60)
        return False

    server = web_server(scenes, instead=hang)
    command = [*COMMAND, "-d", sqlite_url, "index", server.url]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        until = time.monotonic() + 30
        while not asked and time.monotonic() < until:
            time.sleep(0.05)
        assert asked
        os.kill(process.pid, signal.SIGINT)
        begun = time.monotonic()
        out, err = process.communicate(timeout=30)
        assert time.monotonic() - begun < 8
    assert process.returncode == 130, err
    assert "interrupted" in out
    with Database(sqlite_url) as database, database.reading() as connection:
        assert connection.exec_driver_sql("SELECT outcome FROM crawl").all() == [("interrupted",)]
