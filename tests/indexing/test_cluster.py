"""Reading on a real Dask cluster of two processes."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from catalog.database.parcels.parcel import Parcel
from catalog.errors import CatalogError
from catalog.indexing.batch import Interpreted, Task, read_batch
from catalog.indexing.cluster import dask_executor
from catalog.indexing.readers import Lane, Readers

# What distributed itself leaves open or warns of while it starts and stops processes.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:(distributed|tornado|dask).*"),
]


@pytest.fixture
def many(tmp_path, collection):
    root = tmp_path / "many"
    for number in range(300):
        collection.write_scene(root / f"s{number:03}.zarr", number, images=1, levels=1)
    return root


def test_a_cluster_comes_to_the_same_end(many, run, rows):
    with dask_executor("local", 2) as executor:
        report = run(many, executor=executor)
        assert (report.written, report.failed) == (300, 0)
        again = run(many, executor=executor)
        assert (again.unchanged, again.written) == (300, 0)
    assert run(many).unchanged == 300
    assert rows("SELECT count(*) FROM image") == [(300,)]


def test_what_a_killed_worker_had_is_read_by_the_other(many, sqlite_url):
    from distributed import Client, LocalCluster

    from catalog.database.engine import Database
    from catalog.indexing import index

    killed = threading.Event()
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
        Database(sqlite_url) as database,
    ):
        pids = client.run(os.getpid)
        assert len(set(pids.values())) == 2

        def kill(progress):
            if progress.seen >= 40 and not killed.is_set():
                killed.set()
                os.kill(next(iter(pids.values())), signal.SIGKILL)

        executor = client.get_executor(pure=False, retries=3)
        report = index([str(many)], database=database, executor=executor, progress=kill)
        assert killed.is_set()
        assert (report.written, report.failed) == (300, 0)
        assert index([str(many)], database=database).unchanged == 300


def test_a_worker_loads_no_sqlalchemy(many):
    from distributed import Client, LocalCluster

    def loaded():
        import sys

        return sorted({"sqlalchemy", "alembic", "networkx"} & set(sys.modules))

    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        tasks = [Task(f"file://{many}/s000.zarr")]
        batch = client.submit(read_batch, tasks, pure=False).result()
        (outcome,), (parcel,) = batch.outcomes, batch.packed
        assert isinstance(outcome, Interpreted)
        assert parcel.urls == (tasks[0].url,)
        assert client.submit(loaded, pure=False).result() == []


def test_what_waits_for_a_slow_writer_is_bounded(many):
    with dask_executor("local", 2) as executor:
        lane = Lane(executor, together=4, ahead=5)
        asked = []

        def tasks():
            for number in range(300):
                asked.append(number)
                yield Task(f"file://{many}/s{number:03}.zarr")

        results = Readers(lane).read(tasks())
        taken = 0
        for read in results:
            if isinstance(read, Parcel):
                continue
            taken += 1
            if taken == 50:
                time.sleep(1)
            assert len(asked) - taken <= 4 * 6
        assert taken == 300


def test_a_scheduler_that_does_not_answer_is_an_error_in_words(monkeypatch):
    monkeypatch.setattr("catalog.indexing.cluster._SECONDS_TO_ANSWER", 1)
    with (
        pytest.raises(CatalogError, match=r"tcp://127.0.0.1:9 does not answer"),
        dask_executor("tcp://127.0.0.1:9"),
    ):
        pass
