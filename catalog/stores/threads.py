"""Threads for what can only wait: nobody waits for them when the program ends.

Those of `concurrent.futures` are waited for: after Ctrl-C a program would not end before
the last server has answered.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")

# As many wait at once, at most, in this process.
MOST = 128


class _Threads:
    """Threads that are started as they are needed, and kept."""

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._started = 0

    def submit(self, work: Callable[[], None]) -> None:
        self._work.put(work)
        if self._idle.acquire(blocking=False):
            return
        with self._lock:
            if self._started >= MOST:
                return
            self._started += 1
        threading.Thread(target=self._run, name="catalog-stores", daemon=True).start()

    def _run(self) -> None:
        while True:
            self._work.get()()
            self._idle.release()


_threads: dict[int, _Threads] = {}
_lock = threading.Lock()


async def in_thread(work: Callable[[], T]) -> T:
    """Do what waits in another thread; as many as `MOST` do so at once."""
    with _lock:
        threads = _threads.get(os.getpid())
        if threads is None:  # of a process that was forked, its parent's do not run here
            threads = _threads[os.getpid()] = _Threads()
    return await _done(work, threads.submit)


async def in_own_thread(work: Callable[[], T]) -> T:
    """Do what computes, or may itself wait for what `in_thread` does, in a new thread."""
    return await _done(work, _start)


def _start(run: Callable[[], None]) -> None:
    threading.Thread(target=run, name="catalog-work", daemon=True).start()


async def _done(work: Callable[[], T], start: Callable[[Callable[[], None]], None]) -> T:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(value: T | None, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(value)  # type: ignore[arg-type]  # None when that is the value

    def run() -> None:
        value, error = None, None
        try:
            value = work()
        except BaseException as raised:
            error = raised
        with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits
            loop.call_soon_threadsafe(settle, value, error)

    start(run)
    return await future
