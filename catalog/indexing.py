"""One run of `catalog index`: roots are crawled, and what changed is written.

Hierarchies are found one after the other, read by an executor (serially, if none is
given), and written in batches by the one writer. Nothing grows with the size of the
collection but the set of URLs met.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Literal, NamedTuple

from catalog.crawl.discover import MARKERS, FolderProblem, Found, discover
from catalog.crawl.records import (
    Failed,
    HierarchyRecord,
    Ignored,
    ManifestEntry,
    Outcome,
    ProblemRecord,
    Unchanged,
)
from catalog.crawl.work import crawl_hierarchy
from catalog.errors import CatalogError, DatabaseError, StoreError
from catalog.stores import open_store
from catalog.stores.url import normalise

if TYPE_CHECKING:
    from catalog.database.engine import Database
    from catalog.database.writer import Known, Writer

CrawlOutcome = Literal["done", "partial", "failed", "interrupted"]

# What one transaction writes, about: it bounds the memory of a run, and what is done
# again after a crash.
_HIERARCHIES_AT_ONCE = 64
_ROWS_AT_ONCE = 10_000
# How many hierarchies are asked for in one query, and how many an executor reads ahead.
_WINDOW = 64


@dataclass(frozen=True, slots=True)
class RootReport:
    """What became of one root: numbers of hierarchies, ``seen = written + unchanged + failed``.

    Attributes
    ----------
    root
        URL that was crawled.
    outcome
        ``done``; ``partial`` when something could not be read; ``failed`` when the root
        itself could not; ``interrupted``.
    ignored
        Zarr groups and arrays without OME-Zarr metadata; they are not recorded.
    problems
        Problem rows written.
    message
        What a person should know: why nothing was found, or nothing removed.
    """

    root: str
    crawl_id: int
    outcome: CrawlOutcome
    seen: int = 0
    written: int = 0
    unchanged: int = 0
    failed: int = 0
    removed: int = 0
    ignored: int = 0
    problems: int = 0
    message: str | None = None


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What became of all roots of a run."""

    roots: tuple[RootReport, ...]

    @property
    def seen(self) -> int:
        """Hierarchies met."""
        return sum(root.seen for root in self.roots)

    @property
    def written(self) -> int:
        """Hierarchies that were new or had changed."""
        return sum(root.written for root in self.roots)

    @property
    def unchanged(self) -> int:
        """Hierarchies in which nothing has changed."""
        return sum(root.unchanged for root in self.roots)

    @property
    def failed(self) -> int:
        """Hierarchies that could not be read."""
        return sum(root.failed for root in self.roots)

    @property
    def removed(self) -> int:
        """Hierarchies marked as removed."""
        return sum(root.removed for root in self.roots)

    @property
    def ignored(self) -> int:
        """Zarr groups and arrays without OME-Zarr metadata."""
        return sum(root.ignored for root in self.roots)

    @property
    def problems(self) -> int:
        """Problem rows written."""
        return sum(root.problems for root in self.roots)

    @property
    def complete(self) -> bool:
        """Whether everything could be read."""
        return all(root.outcome == "done" for root in self.roots)


class Progress(NamedTuple):
    """How far the crawl of a root has come."""

    root: str
    seen: int
    written: int
    unchanged: int
    failed: int


def index(
    roots: Iterable[str],
    *,
    database: Database,
    executor: Executor | None = None,
    prune: bool = True,
    prune_limit: float = 0.2,
    force: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> IndexReport:
    """Record what lies below each root, and what has gone from there.

    Parameters
    ----------
    roots
        Local folders or ``file:`` URLs. One that cannot be read ends as ``failed`` in
        the report; the others are crawled.
    database
        One that `catalog.database.migration.ensure` found usable.
    executor
        What reads hierarchies: threads, processes, or Dask's `get_executor`; None reads
        them here, one by one.
    prune
        Whether hierarchies that are gone are marked as removed.
    prune_limit
        Greatest share of a root's recorded hierarchies that may be marked at once; when
        more have gone, none is marked, and the report says so.
    force
        Read and write everything, whatever has changed.
    progress
        Called after each hierarchy.

    Raises
    ------
    StoreError
        When a root is malformed; nothing has been crawled then.
    DatabaseError
        When the database cannot be used.
    """
    from catalog.database.writer import Writer

    urls = list(dict.fromkeys(normalise(root) for root in roots))
    writer = Writer(database)
    reports = []
    for url in urls:
        run = _Run(writer, url, executor, force=force, progress=progress)
        reports.append(run.crawl(prune=prune, prune_limit=prune_limit))
    return IndexReport(tuple(reports))


class _Run:
    """The crawl of one root."""

    def __init__(
        self,
        writer: Writer,
        root: str,
        executor: Executor | None,
        *,
        force: bool,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self._writer = writer
        self._root = root
        self._executor = executor
        self._force = force
        self._progress = progress
        self._crawl_id = writer.begin_crawl(root)
        self._report = RootReport(root, self._crawl_id, "done")
        self._seen: set[str] = set()
        self._unlisted = 0
        self._batch: list[HierarchyRecord] = []
        self._rows = 0
        self._touched: dict[str, Sequence[ManifestEntry]] = {}
        self._restored: list[str] = []
        self._ignored: str | None = None

    def crawl(self, *, prune: bool, prune_limit: float) -> RootReport:
        """Crawl the root, to the end or until it is interrupted."""
        try:
            self._crawl()
        except StoreError as error:
            self._flush()
            return self._finish("failed", error.message)
        except BaseException as error:
            # What was written before is whole; only the crawl's own row is still open.
            interrupted = not isinstance(error, Exception)
            reason = str(error) or type(error).__name__
            with suppress(DatabaseError):  # which may be why it ended
                self._finish("interrupted" if interrupted else "failed", f"ended early: {reason}")
            raise
        message = self._plain_answer()
        if prune:
            message = self._remove(prune_limit) or message
        partial = self._report.failed or self._unlisted
        return self._finish("partial" if partial else "done", message)

    def _crawl(self) -> None:
        for outcome, known in self._outcomes():
            self._take(outcome, known)
            if self._rows >= _ROWS_AT_ONCE or len(self._batch) >= _HIERARCHIES_AT_ONCE:
                self._flush()
            if self._progress is not None:
                self._progress(self._so_far())
        self._flush()

    def _found(self) -> Iterator[str]:
        """Name the hierarchies to read, in the order in which they are found."""
        root = open_store(self._root)
        if root.stat("") is None:
            raise StoreError(f"there is nothing at {self._root}: check the path", self._root)
        enclosing = self._writer.enclosing(self._root)
        if enclosing is not None:
            store = open_store(enclosing)
            if any(store.stat(marker) is not None for marker in MARKERS):
                # A part of a hierarchy that is recorded already: it is read as a whole.
                self._seen.add(enclosing)
                yield enclosing
                return
        for item in discover(root):
            if isinstance(item, Found):
                if item.url not in self._seen:
                    self._seen.add(item.url)
                    yield item.url
            else:
                self._folder(item)

    def _outcomes(self) -> Iterator[tuple[Outcome, Known | None]]:
        """Read hierarchies and give them in the order found."""
        asked = self._asked()
        if self._executor is not None:
            yield from self._ahead(self._executor, asked)
            return
        for url, known in asked:
            yield crawl_hierarchy(url, *self._to_compare(known), self._boundary(url)), known

    def _asked(self) -> Iterator[tuple[str, Known | None]]:
        """Name the hierarchies to read, each with what is recorded of it."""
        found = self._found()
        while urls := list(islice(found, _WINDOW)):
            known = self._writer.known(urls)
            for url in urls:
                yield url, known.get(url)

    def _ahead(
        self, executor: Executor, asked: Iterator[tuple[str, Known | None]]
    ) -> Iterator[tuple[Outcome, Known | None]]:
        """Let an executor read, a bounded number ahead of what is taken from it."""
        pending: deque[tuple[Future[Outcome], Known | None]] = deque()
        try:
            for url, known in asked:
                compare = self._to_compare(known)
                future = executor.submit(crawl_hierarchy, url, *compare, self._boundary(url))
                pending.append((future, known))
                if len(pending) >= _WINDOW:
                    yield _first(pending)
            while pending:
                yield _first(pending)
        except BrokenExecutor as error:
            raise CatalogError(
                f"a worker that reads hierarchies ended unexpectedly ({error}): what was written "
                "before is whole; run it again, with fewer workers if memory is short"
            ) from error
        finally:
            for future, _ in pending:
                future.cancel()

    def _to_compare(self, known: Known | None) -> tuple[Sequence[ManifestEntry], bytes | None]:
        if known is None or self._force:
            return (), None
        return known.manifest, known.digest

    def _boundary(self, url: str) -> str:
        inside = url == self._root or url.startswith(self._root.rstrip("/") + "/")
        return self._root if inside else url

    def _take(self, outcome: Outcome, known: Known | None) -> None:
        """Count an outcome, and put what is to be written where it waits for its turn."""
        report = self._report
        if isinstance(outcome, HierarchyRecord):
            self._batch.append(outcome)
            self._rows += _row_count(outcome)
        elif isinstance(outcome, Unchanged):
            self._report = replace(report, seen=report.seen + 1, unchanged=report.unchanged + 1)
            if known is not None and known.removed:
                self._restored.append(outcome.url)
            if outcome.manifest is not None:
                self._touched[outcome.url] = outcome.manifest
        elif isinstance(outcome, Failed):
            self._report = replace(
                report,
                seen=report.seen + 1,
                failed=report.failed + 1,
                problems=report.problems + 1,
            )
            if outcome.kept:
                self._writer.folder_problem(self._crawl_id, outcome.url, outcome.problem)
            else:
                self._writer.fail(outcome, self._crawl_id)
        else:
            self._ignore(outcome)

    def _ignore(self, outcome: Ignored) -> None:
        # Not among what was seen: where there was a scene before, there is none any more.
        self._seen.discard(outcome.url)
        self._report = replace(self._report, ignored=self._report.ignored + 1)
        if outcome.url == self._root:
            self._ignored = outcome.message

    def _folder(self, found: FolderProblem) -> None:
        problem = ProblemRecord(
            "", "", found.code, "error" if found.unlisted else "warning", found.message
        )
        self._writer.folder_problem(self._crawl_id, found.url, problem)
        self._unlisted += found.unlisted
        self._report = replace(self._report, problems=self._report.problems + 1)

    def _flush(self) -> None:
        """Write what waits."""
        batch, self._batch, self._rows = self._batch, [], 0
        touched, self._touched = self._touched, {}
        restored, self._restored = self._restored, []
        if batch:
            report = self._report
            results = self._writer.write(batch, self._crawl_id)
            failed = sum(result.failure is not None for result in results)
            self._report = replace(
                report,
                seen=report.seen + len(results),
                written=report.written + len(results) - failed,
                failed=report.failed + failed,
                problems=report.problems + sum(result.problems for result in results),
            )
        if touched:
            self._writer.touch(touched)
        if restored:
            self._writer.restore(restored)

    def _plain_answer(self) -> str | None:
        """Say why there is nothing, when there is nothing."""
        report = self._report
        if report.seen:
            return None
        if self._ignored is not None:
            return f"{self._root} is {self._ignored}."
        if report.ignored:
            return f"There is Zarr data below {self._root}, and no OME-Zarr metadata in it."
        return f"There is no OME-Zarr hierarchy below {self._root}."

    def _remove(self, prune_limit: float) -> str | None:
        removal = self._writer.mark_removed(
            self._root,
            self._seen,
            prune_limit=prune_limit,
            listing_failed=self._unlisted > 0,
        )
        self._report = replace(self._report, removed=removal.removed)
        return removal.refusal

    def _so_far(self) -> Progress:
        report = self._report
        waiting = len(self._batch)
        return Progress(
            self._root,
            report.seen + waiting,
            report.written + waiting,
            report.unchanged,
            report.failed,
        )

    def _finish(self, outcome: CrawlOutcome, message: str | None) -> RootReport:
        from catalog.database.crawls import CrawlCounts

        report = self._report = replace(self._report, outcome=outcome, message=message)
        ended = report.written + report.unchanged + report.failed
        # `_seen` grows where hierarchies are found, the others where each one ends.
        if outcome in ("done", "partial") and not len(self._seen) == report.seen == ended:
            raise CatalogError(
                f"the numbers of this crawl do not add up, which is a defect of this program: "
                f"{len(self._seen)} found, {report.seen} seen, {report.written} written, "
                f"{report.unchanged} unchanged, {report.failed} failed"
            )
        counts = CrawlCounts(
            seen=report.seen,
            written=report.written,
            unchanged=report.unchanged,
            failed=report.failed,
            removed=report.removed,
            problems=report.problems,
        )
        self._writer.finish_crawl(self._crawl_id, counts, outcome, message)
        return report


def _first(
    pending: deque[tuple[Future[Outcome], Known | None]],
) -> tuple[Outcome, Known | None]:
    future, known = pending.popleft()
    return future.result(), known


def _row_count(record: HierarchyRecord) -> int:
    return (
        len(record.groups)
        + len(record.images)
        + len(record.levels)
        + len(record.systems)
        + len(record.transformations)
        + len(record.problems)
    )
