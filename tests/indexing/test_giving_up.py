"""When too much fails, and when somebody has had enough."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from catalog.database.engine import Database
from catalog.indexing import Failure, Interrupted, Stopping, index

COMMAND = [sys.executable, "-c", "from catalog.cli import main; main()"]


@pytest.fixture
def broken(scenes):
    for number in (1, 3, 4):
        (scenes / f"s{number}.zarr" / "zarr.json").write_text("{")
    return scenes


def test_more_errors_than_may_be_end_the_run(broken, run, rows):
    report = run(broken, max_errors=1)
    assert (report.failed, report.seen, report.roots[0].outcome) == (2, 4, "interrupted")
    assert report.roots[0].message.startswith("given up after 2 errors, more than 1")
    assert rows("SELECT count(*) FROM hierarchy WHERE digest IS NOT NULL") == [(2,)]
    assert rows("SELECT outcome FROM crawl") == [("interrupted",)]
    assert run(broken, max_errors=3).roots[0].outcome == "partial"


def test_the_limit_is_of_all_roots_together(broken, run, tmp_path):
    report = run(broken / "s1.zarr", broken / "s3.zarr", broken / "s0.zarr", max_errors=1)
    assert [root.outcome for root in report.roots] == ["partial", "interrupted"]
    report = run(tmp_path / "absent", broken / "s1.zarr", broken / "s0.zarr", max_errors=1)
    assert [root.outcome for root in report.roots] == ["failed", "interrupted"]


def test_each_failure_is_told_when_it_happens(broken, run):
    told = []
    seen = []
    run(broken, failure=told.append, progress=lambda progress: seen.append(len(told)))
    assert seen == [0, 1, 1, 2, 3, 3]
    assert told[0] == Failure(
        f"file://{broken}/s1.zarr",
        "invalid-document",
        f"file://{broken}/s1.zarr/zarr.json: the document is cut off after 1 bytes; copy or "
        "write it again.",
    )


def test_failures_go_to_a_file_as_lines(broken, sqlite_url, tmp_path):
    file = tmp_path / "failed.ndjson"
    command = [*COMMAND, "-d", sqlite_url, "index", broken, "--failures", file]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["url"][-7:] for line in lines] == ["s1.zarr", "s3.zarr", "s4.zarr"]
    assert set(lines[0]) == {"url", "code", "message", "pointer"}
    fast = subprocess.run([*command, "--fail-fast"], capture_output=True, text=True, check=False)
    assert fast.returncode == 1
    assert len(file.read_text().splitlines()) == 1


def test_a_signal_while_reading_keeps_what_was_read(scenes, database, rows):
    with Stopping() as stopping:

        def stop(progress):
            if progress.seen == 4:
                signal.raise_signal(signal.SIGTERM)

        with pytest.raises(Interrupted) as raised:
            index([str(scenes)], database=database, progress=stop, stopping=stopping)
        assert stopping.status == 143
    report = raised.value.report
    assert (report.written, report.roots[0].outcome) == (4, "interrupted")
    assert rows("SELECT outcome, written FROM crawl") == [("interrupted", 4)]
    assert rows("SELECT count(*) FROM hierarchy") == [(4,)]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_signal_while_writing_waits_for_the_end_of_the_transaction():
    with Stopping() as stopping:
        done = []

        def write():
            with stopping.held():
                signal.raise_signal(signal.SIGINT)
                done.append(1)

        with pytest.raises(Interrupted):
            write()
        assert done == [1]
        assert stopping.status == 130


@pytest.fixture
def large(tmp_path, collection):
    root = tmp_path / "large"
    for number in range(1500):
        collection.write_scene(root / f"s{number:04}.zarr", number, images=1, levels=1)
    return root


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_within_seconds_and_the_next_run_goes_on(large, sqlite_url, workers, number):
    command = [*COMMAND, "-d", sqlite_url, "index", str(large)]
    with subprocess.Popen(
        [*command, "-j", str(workers)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        with Database(sqlite_url) as database:
            _wait_for_rows(database)
        asked = time.monotonic()
        os.killpg(process.pid, number)  # as a terminal does: workers get it too
        out, err = process.communicate(timeout=30)
        assert time.monotonic() - asked < 10
    assert process.returncode == 128 + number
    assert "interrupted" in out
    assert "Traceback" not in err, err
    assert "The same command goes on" in err
    with Database(sqlite_url) as database:
        report = index([str(large)], database=database)
        assert report.unchanged > 0
        assert report.unchanged + report.written == 1500
        with database.reading() as connection:
            outcomes = connection.exec_driver_sql("SELECT outcome FROM crawl ORDER BY id").all()
        assert outcomes == [("interrupted",), ("done",)]


def _wait_for_rows(database):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with database.reading() as connection:
            if connection.exec_driver_sql("SELECT count(*) FROM hierarchy").scalar():
                return
        time.sleep(0.02)
    raise AssertionError("nothing is being written")


def test_a_second_ctrl_c_ends_at_once(tmp_path):
    program = (
        "import signal, time\n"
        "from catalog.indexing import Stopping\n"
        "with Stopping() as stopping, stopping.held():\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130


def test_workers_end_when_their_parent_is_killed(large, sqlite_url):
    command = [*COMMAND, "-d", sqlite_url, "index", str(large), "-j", "2"]
    with subprocess.Popen(command, start_new_session=True) as process:
        with Database(sqlite_url) as database:
            _wait_for_rows(database)
        process.kill()
    until = time.monotonic() + 10
    while (left := _of_session(process.pid)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not left


def _of_session(session):
    """Name the processes of a session that are not zombies."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] not in "ZX":
                found.append(entry.name)
    return found


def test_a_signal_that_falls_into_a_finaliser_is_heard_at_the_next_check():
    class Last:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(1000):  # the interpreter calls the handler between two steps
                pass

    with Stopping() as stopping:
        last = Last()
        del last
        assert stopping.event.is_set()
        with pytest.raises(Interrupted):
            stopping.check()
