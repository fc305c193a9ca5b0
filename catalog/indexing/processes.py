"""Processes of this machine that read: started when there is something to read, and cheaply."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait

from catalog.indexing.garbage import look_seldom


@contextmanager
def process_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Lend processes, of which none is started before there is work for it."""
    pool = ProcessPoolExecutor(workers, _context(), _begin)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _context() -> multiprocessing.context.BaseContext:
    """Choose how processes start: never by a bare fork, which copies threads' locks.

    Where there is a fork server it imports once what all need, and each process is a
    copy of it.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["catalog.crawl.interpret", "catalog.indexing.batch"])
    return context


def _begin() -> None:
    look_seldom()
    gc.freeze()  # what was imported stays
    follow_parent()


def follow_parent() -> None:
    """Let Ctrl-C be the parent's affair, and end when the parent does, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def follow() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=follow, name="follow-parent", daemon=True).start()
