"""Processes of this machine that read: started when there is something to read, and cheaply."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait
from pathlib import Path
from tempfile import TemporaryDirectory, mkstemp
from types import FrameType
from typing import ParamSpec, TypeVar, cast

from catalog.indexing.garbage import look_seldom

_P = ParamSpec("_P")
_T = TypeVar("_T")


@contextmanager
def process_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Lend processes, of which none is started before there is work for it."""
    with TemporaryDirectory(prefix="catalog-") as folder:
        pool = _Pool(workers, folder)
        try:
            yield pool
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class _Pool(ProcessPoolExecutor):
    """A pool whose processes are not told to end by who tells this one.

    The fork server would follow at once, and take the pool with it. To start processes
    takes some tenths of a second: a thread waits for that, and not who submits.

    Parameters
    ----------
    folder
        Where results lie until they are taken.
    """

    def __init__(self, workers: int, folder: str) -> None:
        super().__init__(workers, _context(), _begin)
        self._folder = folder
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="catalog-starter")

    def submit(self, work: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Start processes, if there are not enough, and give them something to do."""
        # What is unpickled is the result itself.
        call = cast(Callable[..., _T], _by_letter)
        promised: Future[_T] = Future()
        started = self._starter.submit(self._start, promised, call, work, args, kwargs)
        started.add_done_callback(lambda _: started.cancelled() and promised.cancel())
        return promised

    def _start(self, promised: Future[_T], call: Callable[..., _T], *given: object) -> None:
        if promised.cancelled():
            return
        try:
            with _deaf():
                future = super().submit(call, self._folder, *given)
        except BaseException as error:  # told to who waits for the result
            _settle(promised, error)
            return
        promised.add_done_callback(lambda _: promised.cancelled() and future.cancel())
        future.add_done_callback(lambda _: _follow(promised, future))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the processes end when they have done what they were given."""
        self._starter.shutdown(wait=wait, cancel_futures=cancel_futures)
        super().shutdown(wait=wait, cancel_futures=cancel_futures)


def _follow(promised: Future[_T], future: Future[_T]) -> None:
    if future.cancelled():
        promised.cancel()
    elif (error := future.exception()) is not None:
        _settle(promised, error)
    elif promised.set_running_or_notify_cancel():
        promised.set_result(future.result())


def _settle(promised: Future[_T], error: BaseException) -> None:
    if promised.set_running_or_notify_cancel():
        promised.set_exception(error)


class _Letter:
    """A result whose bytes go by way of a file.

    In the pipe that all share, a process that is killed half-way through a long message
    would leave the reader waiting for the rest of it for ever.
    """

    def __init__(self, folder: str, content: object) -> None:
        self._folder = folder
        self._content = content

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        number, path = mkstemp(dir=self._folder)
        with os.fdopen(number, "wb") as file:
            pickle.dump(self._content, file, pickle.HIGHEST_PROTOCOL)
        return _opened, (path,)


def _opened(path: str) -> object:
    with Path(path).open("rb") as file:
        content: object = pickle.load(file)
    Path(path).unlink()
    return content


def _by_letter(
    folder: str, work: Callable[..., object], args: Sequence[object], named: Mapping[str, object]
) -> _Letter:
    return _Letter(folder, work(*args, **named))


@contextmanager
def _deaf() -> Iterator[None]:
    """Start processes that hear neither SIGTERM nor Ctrl-C; this one hears them afterwards."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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


_SECONDS_TO_END = 2.0


def _end_soon(number: int, frame: FrameType | None) -> None:
    """Leave the parent, which was told as well, the time to end in good order.

    A process that ends while it sends leaves those waiting who would send or read next.
    """
    timer = threading.Timer(_SECONDS_TO_END, os._exit, (128 + number,))
    timer.daemon = True
    timer.start()


def follow_parent() -> None:
    """Let Ctrl-C be the parent's affair, and end when the parent does, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end_soon)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})  # see `_deaf`
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def follow() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=follow, name="follow-parent", daemon=True).start()
