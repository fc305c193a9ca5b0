"""As many requests at a time as may be, of all that crawl together.

Each is waited for by a thread, though an event loop could wait for all of them: two calls
of the client of buckets that wake a loop cost twice as much as the same calls that a thread
waits for (0.23 and 0.13 ms for a document). Here the last answer of a batch wakes the loop.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from typing import Generic, TypeVar, cast

from catalog.errors import CatalogError
from catalog.stores.threads import Threads

T = TypeVar("T")

REQUESTS = 128


class Requests:
    """Asks for many things at once, and for no more than may be.

    Parameters
    ----------
    most
        Requests at a time. What is asked beyond these waits for its turn.
    """

    def __init__(self, most: int = REQUESTS) -> None:
        if most < 1:
            raise ValueError("at least one request at a time is needed")
        self._threads = Threads(most)

    async def answers(
        self,
        questions: Sequence[Callable[[], T]],
        patience: float,
        late: Callable[[int], CatalogError],
    ) -> list[T | CatalogError]:
        """Ask; give the answers in the order of the questions, errors of ours among them.

        Parameters
        ----------
        patience
            Seconds after which an answer is not waited for any longer.
        late
            Makes the error that stands for such an answer, from the question's place.
        """
        if not questions:
            return []
        batch = _Batch[T](len(questions))
        submit = self._threads.submit
        for index, question in enumerate(questions):
            submit(partial(batch.ask, index, question))
        try:
            while not (await asyncio.wait((batch.done,), timeout=patience / 2))[0]:
                for index in batch.late(patience):
                    if not batch.settle(index, late(index)):
                        self._threads.replace()
            return batch.done.result()
        finally:
            batch.given_up = True

    def start(self, question: Callable[[], T]) -> Future[T]:
        """Ask for one thing; cancelling the future asks no more if it has not begun."""
        future: Future[T] = Future()

        def ask() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                answer = question()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(answer)

        self._threads.submit(ask)
        return future

    def stop(self) -> None:
        """Ask nothing that has not been asked yet; what is waited for is left behind."""
        self._threads.stop()


_shared = Requests()
_current: ContextVar[Requests | None] = ContextVar("requests", default=None)


def current_requests() -> Requests:
    """Give those who ask for the run that goes on here."""
    return _current.get() or _shared


def answer_of(future: Future[T]) -> T:
    """Wait for an answer, and raise what went wrong; a signal is heard meanwhile."""
    while not future.done():
        # One that came a moment before the wait does not wake it.
        with suppress(TimeoutError):
            future.exception(timeout=0.5)
    return future.result()


@contextmanager
def requests_at_once(most: int) -> Iterator[Requests]:
    """Let no more be asked at a time than `most`, by whoever finds and reads in this run."""
    requests = Requests(most)
    before = _current.set(requests)
    try:
        yield requests
    finally:
        _current.reset(before)
        requests.stop()


class _Batch(Generic[T]):
    """Questions that are asked together, and their answers so far."""

    def __init__(self, size: int) -> None:
        self.loop = asyncio.get_running_loop()
        self.done: asyncio.Future[list[T | CatalogError]] = self.loop.create_future()
        self.given_up = False
        self._answers: dict[int, T | CatalogError] = {}
        self._asked: dict[int, float] = {}
        self._left = size
        self._error: BaseException | None = None
        self._lock = threading.Lock()

    def ask(self, index: int, question: Callable[[], T]) -> bool:
        """Ask, in a thread; tell whether another one has taken its place meanwhile."""
        if self.given_up:
            return False
        self._asked[index] = time.monotonic()
        answer: T | CatalogError | None = None
        try:
            answer = question()
        except CatalogError as error:
            answer = error
        except BaseException as error:
            self._error = error
        return self.settle(index, cast(T, answer))

    def late(self, patience: float) -> list[int]:
        """Give the places of what was asked long ago, and is not answered."""
        until = time.monotonic() - patience
        return [
            index
            for index, asked in list(self._asked.items())
            if asked < until and index not in self._answers
        ]

    def settle(self, index: int, answer: T | CatalogError) -> bool:
        """Take an answer, unless there is one already; tell whether there was."""
        with self._lock:
            if index in self._answers:
                return True
            self._answers[index] = answer
            self._left -= 1
            left = self._left
        if not left:
            with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits
                self.loop.call_soon_threadsafe(self._finish)
        return False

    def _finish(self) -> None:
        if self._error is not None:
            self.done.set_exception(self._error)
        else:
            answers = self._answers
            self.done.set_result([answers[index] for index in range(len(answers))])
