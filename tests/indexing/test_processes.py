"""Processes that read: what they send arrives whole, or not at all."""

import os
import pickle
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from catalog.indexing.processes import _Letter, process_pool


def test_long_results_come_whole_and_leave_nothing_behind():
    with process_pool(2) as pool:
        sizes = [1, 10, 5_000_000, 10, 3_000_000]
        futures = [pool.submit(bytes, size) for size in sizes]
        assert [len(future.result(timeout=60)) for future in futures] == sizes
        folder = Path(pool._folder)
        assert list(folder.iterdir()) == []
    assert not folder.exists()


def test_only_the_name_of_a_file_goes_through_the_pipe(tmp_path):
    sent = pickle.dumps(_Letter(str(tmp_path), b"x" * 1_000_000))
    assert len(sent) < 1_000
    assert len(list(tmp_path.iterdir())) == 1
    assert pickle.loads(sent) == b"x" * 1_000_000
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_a_worker_is_told(tmp_path):
    with process_pool(1) as pool, pytest.raises(FileNotFoundError):
        pool.submit(os.stat, str(Path(tmp_path) / "nothing")).result(timeout=60)


def test_who_dies_at_work_is_missed_at_once():
    with process_pool(2) as pool, pytest.raises(BrokenProcessPool):
        pool.submit(os._exit, 3).result(timeout=60)


def test_who_submits_gets_an_answer_even_if_the_pool_ends_first():
    with process_pool(1) as pool:
        futures = [pool.submit(os.getpid) for _ in range(50)]
    done = [future.result() for future in futures if not future.cancelled()]
    assert all(future.done() for future in futures)
    assert set(done) <= set(done[:1])


def test_what_is_cancelled_is_not_done(tmp_path):
    with process_pool(1) as pool:
        futures = [pool.submit(os.mkdir, tmp_path / str(number)) for number in range(20)]
        assert futures[-1].cancel()
        assert all(future.result(timeout=60) is None for future in futures[:-1])
    assert len(list(tmp_path.iterdir())) == 19
