"""Who reads hierarchies: this thread, or executors that run ahead of what is taken from them.

What is ahead is bounded, by number and by about how many rows it becomes: however slow
the writer, what waits for it is never more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from catalog.crawl.manifest import is_unchanged
from catalog.crawl.records import Failed, HierarchyRecord, Outcome, ProblemRecord, Unchanged
from catalog.crawl.work import crawl_hierarchy
from catalog.database.parcels.parcel import Parcel, Unusable
from catalog.errors import CatalogError
from catalog.indexing.batch import (
    Batch,
    Interpreted,
    Task,
    here,
    is_near,
    read,
    read_batch,
    row_count,
)
from catalog.stores import open_store
from catalog.stores.traffic import Traffic, traffic

# After which a wait for the next outcome looks whether somebody asked to end.
_SECONDS = 0.5

ROWS_AHEAD = 50_000
"""Rows, about, that may wait between workers and the writer."""


Read = tuple[Task, Outcome | Interpreted] | Parcel | Unusable
"""A task and its outcome, or the rows of some."""


class Lane:
    """An executor, and how it is fed.

    Parameters
    ----------
    together
        Hierarchies of one call. One by one `crawl_hierarchy` itself is called.
    ahead
        Calls that may be under way, or wait to be taken.
    beside
        Whether this thread reads as well as the executor does: it tells what has not
        changed, where that costs less than sending it, and reads until the first answer.
    """

    def __init__(
        self, executor: Executor, *, together: int = 1, ahead: int = 64, beside: bool = False
    ) -> None:
        self.executor = executor
        self.beside = beside
        self.waiting: list[Task] = []
        self.under_way = 0
        self._together = together
        self._ahead = ahead
        self._started = 0
        self._answered = False
        self._rows = 1.0

    @property
    def full(self) -> bool:
        """Whether something has to be taken before more is given."""
        return self.under_way >= max(2, min(self._ahead, ROWS_AHEAD / (self._rows * self.together)))

    @property
    def lets_read(self) -> bool:
        """Whether this thread should read rather than wait: processes take long to start."""
        return self.beside and not self._answered

    @property
    def together(self) -> int:
        """How many hierarchies make a call: fewer when they are large.

        Before any is known they may be: then the first calls are small, for all who read
        to have some of them.
        """
        most = max(1, min(self._together, int(ROWS_AHEAD / 8 / self._rows)))
        if self._answered:
            return most
        return min(most, 1 << (4 * self._started // self._ahead))

    def answer(self) -> None:
        """Learn that a call has come back."""
        self.under_way -= 1
        self._answered = True

    def measure(self, outcome: Outcome | Interpreted) -> None:
        """Learn how large hierarchies are, quickly when they grow and slowly when they shrink."""
        if isinstance(outcome, HierarchyRecord | Interpreted):
            rows = outcome.rows if isinstance(outcome, Interpreted) else row_count(outcome)
            self._rows += (rows - self._rows) * (0.5 if rows > self._rows else 0.05)

    def submit(self, tasks: Sequence[Task]) -> Future[Batch] | Future[Outcome]:
        """Start a call."""
        self._started += 1
        self.under_way += 1
        if self._together > 1:
            return self.executor.submit(read_batch, tasks)
        (task,) = tasks
        return self.executor.submit(
            crawl_hierarchy, *task[:5], thorough=task.thorough, seen=task.seen
        )


class Readers:
    """Reads hierarchies, and gives them in the order in which they get ready.

    Parameters
    ----------
    near
        For places where asking costs next to nothing; None reads them in this thread.
    far
        Makes the one for all others, when there is the first of them.
    """

    def __init__(
        self,
        near: Lane | None = None,
        far: Callable[[], Lane] | None = None,
    ) -> None:
        self._near = near
        self._make_far = far
        self._far: Lane | None = None
        self._elsewhere = Traffic()

    @property
    def traffic(self) -> Traffic:
        """What was asked of servers so far, here and by workers."""
        return Traffic(*map(sum, zip(traffic(), self._elsewhere, strict=True)))

    def read(self, tasks: Iterable[Task]) -> Iterator[Read]:
        """Read hierarchies; ask for the next task only when there is room for it.

        Workers give the rows of what they read, and this thread records.

        Raises
        ------
        CatalogError
            When an executor gives up.
        """
        calls = _Calls(self._count)
        try:
            for task in tasks:
                lane = self._lane(task.url)
                if lane is None or (lane.full and lane.lets_read):
                    yield task, read(task)
                elif lane.beside and task.manifest and _is_unchanged(task):
                    yield task, Unchanged(task.url)
                else:
                    calls.add(lane, task)
                while calls.ready or (lane is not None and lane.full and not lane.lets_read):
                    yield from calls.take()
            for lane in dict.fromkeys((self._near, self._far)):
                if lane is not None:
                    calls.start_what_waits(lane)
            while calls.under_way:
                yield from calls.take()
        finally:
            calls.cancel()

    def _lane(self, url: str) -> Lane | None:
        if is_near(url):
            return self._near
        if self._far is None and self._make_far is not None:
            self._far = self._make_far()
        return self._far

    def _count(self, asked: Traffic) -> None:
        self._elsewhere = Traffic(*map(sum, zip(self._elsewhere, asked, strict=True)))


class _Calls:
    """The calls of one reading that were started and not yet taken."""

    def __init__(self, count: Callable[[Traffic], None]) -> None:
        self._count = count
        self._ended: SimpleQueue[_Call] = SimpleQueue()
        self._under_way: set[_Call] = set()

    @property
    def ready(self) -> bool:
        """Whether one has ended."""
        return not self._ended.empty()

    @property
    def under_way(self) -> bool:
        """Whether there is any."""
        return bool(self._under_way)

    def add(self, lane: Lane, task: Task) -> None:
        """Start a call when there are tasks enough for one."""
        lane.waiting.append(task)
        if len(lane.waiting) >= lane.together:
            self.start_what_waits(lane)

    def start_what_waits(self, lane: Lane) -> None:
        """Start a call with the tasks that there are."""
        tasks, lane.waiting = lane.waiting, []
        if tasks:
            self._start(lane, tasks)

    def _start(self, lane: Lane, tasks: Sequence[Task]) -> None:
        try:
            future = lane.submit(tasks)
        except BrokenExecutor as error:
            raise _gave_up(error) from error
        call = _Call(future, tasks, lane)
        self._under_way.add(call)
        future.add_done_callback(lambda _: self._ended.put(call))

    def take(self) -> Iterator[Read]:
        """Wait for a call to end, and give what came of it."""
        call = self._next()
        self._under_way.discard(call)
        call.lane.answer()
        outcomes, packed = self._results(call)
        yield from packed
        for task, outcome in outcomes:
            call.lane.measure(outcome)
            yield task, outcome

    def _next(self) -> _Call:
        while True:
            # Where the system hands a signal to another thread, it does not wake this one.
            with suppress(Empty):
                return self._ended.get(timeout=_SECONDS)

    def _results(
        self, call: _Call
    ) -> tuple[Iterable[tuple[Task, Outcome | Interpreted]], Sequence[Parcel | Unusable]]:
        try:
            result = call.future.result()
        except (BrokenExecutor, CancelledError) as error:
            raise _gave_up(error) from error
        except Exception as error:
            # What reads never raises: this is the executor's word.
            if type(error).__name__ != "KilledWorker":
                raise _gave_up(error) from error
            if len(call.tasks) == 1:
                return [(call.tasks[0], _deadly(call.tasks[0]))], ()
            for task in call.tasks:  # which of them kills workers?
                self._start(call.lane, [task])
            return (), ()
        if not isinstance(result, Batch):
            return [(call.tasks[0], result)], ()
        if result.place != here():
            self._count(result.traffic)
        return zip(call.tasks, result.outcomes, strict=True), result.packed

    def cancel(self) -> None:
        """Give up what has not ended."""
        for call in self._under_way:
            call.lane.waiting.clear()
            call.lane.under_way = 0
            call.future.cancel()
        self._under_way.clear()


@dataclass(frozen=True, eq=False, slots=True)
class _Call:
    future: Future[Batch] | Future[Outcome]
    tasks: Sequence[Task]
    lane: Lane


def _is_unchanged(task: Task) -> bool:
    store = open_store(task.url, task.boundary, task.options)
    return is_unchanged(store, task.manifest)


def _gave_up(error: BaseException) -> CatalogError:
    reason = str(error) or type(error).__name__
    return CatalogError(
        f"a worker that reads hierarchies ended unexpectedly ({reason}): what was written "
        "before is whole; run it again, with fewer workers if memory is short"
    )


def _deadly(task: Task) -> Failed:
    message = (
        "workers died whenever they read this hierarchy, probably for want of memory; "
        "its documents may be very large"
    )
    return Failed(task.url, ProblemRecord("", "", "not-understood", "error", message))
