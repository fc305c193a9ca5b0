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
