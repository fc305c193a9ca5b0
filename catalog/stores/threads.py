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

# As many wait for parts of arrays at once, at most, in this process.
_MOST = 128


class Threads:
    """Threads that are started as they are needed, and kept until they are stopped.

    Parameters
    ----------
    most
        How many there may be at a time.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._work: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._started = 0
        self._process = os.getpid()

    def submit(self, work: Callable[[], object]) -> None:
        """Do something that never raises, as soon as a thread is free.

        When it gives True, another thread has taken the place of this one, see `replace`.
        """
        if self._process != os.getpid():  # it was forked: its parent's threads do not run here
            self._begin()
        queue = self._work
        queue.put(work)
        # Most often a thread that was idle has taken it by now.
        if self._started < self.most and not queue.empty():
            self._start()

    def replace(self) -> None:
        """Let another thread take the place of one that does not come back from its work."""
        with self._lock:
            self._started -= 1
        if not self._work.empty():
            self._start()

    def stop(self) -> None:
        """Forget what has not begun; let the threads end, those that wait at once."""
        with self._lock:
            queue, started = self._work, self._started
            self._begin()
            with suppress(Exception):
                while True:
                    queue.get_nowait()
            for _ in range(started):
                queue.put(None)

    def _start(self) -> None:
        with self._lock:
            if self._started >= self.most:
                return
            self._started += 1
        run = threading.Thread(target=_run, args=(self._work,), name="catalog-stores", daemon=True)
        run.start()


def _run(queue: SimpleQueue[Callable[[], object] | None]) -> None:
    while (work := queue.get()) is not None:
        if work() is True:
            return
        del work  # what it holds must not live until the next comes


_waiting = Threads(_MOST)


async def in_thread(work: Callable[[], T]) -> T:
    """Do what waits in another thread; at most 128 do so at once."""
    return await _done(work, _waiting.submit)


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
