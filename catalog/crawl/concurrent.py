"""Many hierarchies at once from one thread: an executor over an event loop.

What is asked of servers is asked by others (`requests`). The loop runs in one daemon thread,
so that Ctrl-C in the program's own is heard at once and nothing keeps the program from ending.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from catalog.crawl.requests import Requests, current_requests
from catalog.crawl.work import crawl_hierarchy, crawl_hierarchy_async
from catalog.stores.threads import in_own_thread

P = ParamSpec("P")
T = TypeVar("T")

IN_FLIGHT = 64


class LoopThread:
    """An event loop that runs in a thread of its own until it is stopped."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="catalog-loop", daemon=True)
        self._thread.start()

    def start(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Start a coroutine; its future cancels it, too."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def stop(self, patience: float = 1.0) -> None:
        """Cancel what still runs, and end; what does not end in time is left behind."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(patience)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            if tasks:
                self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._loop.close()


class AsyncExecutor(Executor):
    """Runs `crawl_hierarchy` for many hierarchies at a time, in one thread.

    Hierarchies in stores of which only one thing at a time can be asked, and other
    functions, are run in threads: as many as hierarchies at a time.

    Parameters
    ----------
    in_flight
        Hierarchies at a time.
    requests
        Requests at a time, of all hierarchies together; None for those of the run that
        goes on, which finding hierarchies shares (see `requests.requests_at_once`).
    """

    def __init__(self, in_flight: int = IN_FLIGHT, requests: int | None = None) -> None:
        if in_flight < 1:
            raise ValueError("at least one hierarchy at a time is needed")
        self._own = None if requests is None else Requests(requests)
        self._requests = self._own or current_requests()
        self._thread = LoopThread()
        self._hierarchies = asyncio.Semaphore(in_flight)
        self._lock = threading.Lock()
        self._running: set[Future[Any]] = set()
        self._ended = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Start a function; its result comes with the future.

        Cancelling the future ends what it waits for.
        """
        with self._lock:
            if self._ended:
                raise RuntimeError("this executor was shut down")
            future = self._thread.start(self._work(fn, args, kwargs))
            self._running.add(future)
        future.add_done_callback(self._running.discard)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End; what runs is waited for, or cancelled.

        Unlike those of other executors, calls that already run are cancelled too.
        """
        with self._lock:
            self._ended = True
            running = list(self._running)
        if cancel_futures or not wait:
            for future in running:
                future.cancel()
        else:
            for future in running:
                if not future.cancelled():
                    future.exception()
        self._thread.stop()
        if self._own is not None:
            self._own.stop()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        """End; after an error (or Ctrl-C) without waiting."""
        self.shutdown(wait=error is None, cancel_futures=error is not None)
        return None

    async def _work(
        self, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> T:
        async with self._hierarchies:
            work: Callable[..., Any] = function
            if work is not crawl_hierarchy:
                return await in_own_thread(lambda: function(*args, **kwargs))
            outcome: Any = await crawl_hierarchy_async(*args, **kwargs, requests=self._requests)
            result: T = outcome
            return result
