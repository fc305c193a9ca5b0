"""Servers that die, stumble and hang: after a last clean run all is as if nothing had been."""

import random
import shutil
import subprocess
import sys
import threading
import time
from itertools import cycle

import pytest

from catalog.database.engine import Database
from catalog.database.migration import init
from catalog.indexing import index
from catalog.stores import StoreOptions

SCENES = 40
PROGRAM = """
import sys
from catalog.database.engine import Database
from catalog.indexing import index
import catalog.crawl.interpret, catalog.database.writer, obstore
root, url = sys.argv[1:]
with Database(url) as database:
    with database.reading() as connection: pass
    print("ready", flush=True)
    index([root], database=database, prune_limit=1.0)
"""


@pytest.fixture
def far(bucket, collection):
    """A bucket of forty scenes, one of which is broken."""
    for number in range(SCENES):
        collection.write_scene(bucket.folder / f"s{number:02}.zarr", number, images=2, levels=1)
    (bucket.folder / "s07.zarr" / "tile_0" / "zarr.json").write_text("{")
    return bucket


@pytest.fixture
def both(far, tmp_path, database, recorded):
    """Give the rows of this database, and of one that is indexed with nothing in the way."""
    url = f"sqlite:///{tmp_path}/calm.db"
    init(url)

    def rows():
        with Database(url) as calm:
            index([far.url], database=calm, prune_limit=1.0)
            return recorded(database), recorded(calm)

    return rows


# Where the database has no part in it.
on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def stumbling(far, between, monkeypatch):
    """Let what `judge` says become of the requests that follow."""
    stands = between.Between(far.server.port)
    with between.standing(stands) as port:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")

        def stumble(judge):
            stands.judge = judge

        yield stumble


def test_a_server_that_dies_and_comes_back_costs_time_alone(far, run, both):
    back = []

    def die(progress):
        if progress.seen == 10 and not back:
            far.server.stop()
            back.append(threading.Timer(0.7, far.server.start))
            back[0].start()

    report = run(far.url, progress=die, concurrency=4)
    back[0].join()
    assert (report.written, report.failed) == (SCENES, 0)
    assert report.retries > 0
    here, calm = both()
    assert here == calm


@on_one_database
def test_a_server_that_dies_for_good_takes_nothing_with_it(far, run, both):
    hasty = StoreOptions(retries=1, timeout=1)

    def die(progress):
        if progress.seen == 20:
            far.server.stop()

    report = run(far.url, progress=die, concurrency=4, options=hasty)
    assert 20 <= report.written < SCENES
    assert report.written + report.failed == report.seen
    assert report.failed
    # Neither here nor in the next run does what cannot be read count as gone.
    again = run(far.url, options=hasty)
    assert again.roots[0].outcome == "failed"
    assert "cannot be reached" in again.roots[0].message
    assert report.removed == again.removed == 0
    far.server.start()
    last = run(far.url)
    assert (last.failed, last.seen) == (0, SCENES)
    here, calm = both()
    assert here == calm


def one_in(number, *fates):
    """Let one in so many requests meet with a fate, each in its turn."""
    counted = cycle(range(number))
    following = cycle(fates)
    return lambda line: next(following) if next(counted) == number - 1 else None


@on_one_database
def test_one_in_fifty_requests_that_fails_is_asked_again(far, run, both, stumbling):
    stumbling(one_in(50, 500, 503, "reset", "silence", 429))
    report = run(far.url, options=StoreOptions(timeout=1))
    assert (report.written, report.failed) == (SCENES, 0)
    assert report.retries >= SCENES * 6 // 50
    stumbling(None)
    here, calm = both()
    assert here == calm


@on_one_database
def test_what_was_not_asked_again_is_read_by_the_next_run(far, run, both, stumbling):
    stumbling(one_in(20, 500, "reset", 503))
    report = run(far.url, options=StoreOptions(timeout=1, retries=0))
    assert report.problems > 5
    stumbling(None)
    assert run(far.url).complete
    here, calm = both()
    assert here == calm


@on_one_database
def test_a_server_that_hangs_is_left_in_time(far, run, both, stumbling):
    counted = iter(range(150))
    stumbling(lambda line: None if next(counted, None) is not None else "silence")
    began = time.monotonic()
    report = run(far.url, options=StoreOptions(timeout=0.3, retries=1), concurrency=16)
    assert time.monotonic() - began < 20
    assert report.failed
    assert not report.complete
    stumbling(None)
    assert run(far.url).complete
    here, calm = both()
    assert here == calm


def killed(root, url, delay):
    """Start an index and kill it after a while; tell whether it had come to its end."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(root), url], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(delay)
        ended = process.poll() is not None
        process.kill()
    return ended


def test_killed_ten_times_comes_to_the_same_end(far, run, both, database_url, collection):
    """Ten times for each database; test_kill does so with what lies on disk."""
    chance = random.Random(11)
    for change in (False, True):
        if change:
            for number in range(0, SCENES, 2):
                scene = far.folder / f"s{number:02}.zarr"
                collection.write_scene(scene, number + 1, images=1, levels=1)
                shutil.rmtree(scene / "tile_1")
            shutil.rmtree(far.folder / "s01.zarr")
        ended = [killed(far.url, database_url, chance.uniform(0.05, 0.6)) for _ in range(5)]
        assert not all(ended)
        report = run(far.url, prune_limit=1.0)
        assert report.seen == report.written + report.unchanged == SCENES - change
        here, calm = both()
        assert here == calm
