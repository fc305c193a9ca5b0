"""The crawl of one source: what is found there is read, counted, and written in batches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from catalog.crawl.discover import FolderProblem, Found, Recorded, discover
from catalog.crawl.manifest import root_document
from catalog.crawl.records import (
    Failed,
    HierarchyRecord,
    Ignored,
    ManifestEntry,
    Outcome,
    ProblemRecord,
    Unchanged,
)
from catalog.database.parcels.parcel import Parcel, Unusable, pack
from catalog.errors import CatalogError, DatabaseError, StoreError
from catalog.indexing.batch import Interpreted, Task, row_count
from catalog.indexing.interruption import Stopping
from catalog.indexing.readers import Readers
from catalog.indexing.report import CrawlOutcome, Failure, Progress, RootReport
from catalog.indexing.seen import Seen
from catalog.indexing.sources import Source, Wanted
from catalog.stores import DEFAULT_OPTIONS, StoreOptions, open_store

if TYPE_CHECKING:
    from catalog.database.writer import Known, Written
    from catalog.indexing.ledger import Ledger

# What one transaction writes, about: it bounds the memory of a run, and what is done
# again after a crash, also where reading is slow.
_HIERARCHIES_AT_ONCE = 64
_ROWS_AT_ONCE = 10_000
_SECONDS_AT_ONCE = 5.0
# How many hierarchies are asked for in one query.
_WINDOW = 64


class TooManyErrors(Exception):  # noqa: N818 - it ends a crawl, and is not raised to users
    """So much could not be read that it makes no sense to go on."""


@dataclass
class Settings:
    """How to crawl, whatever is crawled.

    Attributes
    ----------
    max_errors
        Places that may fail before the run is given up; None for any number.
    errors
        How many have failed so far, in all crawls of the run.
    """

    readers: Readers
    options: StoreOptions = DEFAULT_OPTIONS
    stopping: Stopping = field(default_factory=Stopping)
    prune: bool = True
    prune_limit: float = 0.2
    force: bool = False
    thorough: bool = False
    max_errors: int | None = None
    progress: Callable[[Progress], None] | None = None
    failure: Callable[[Failure], None] | None = None
    errors: int = 0

    def fail(self, failure: Failure) -> None:
        """Tell of a failure and count it."""
        if self.failure is not None:
            self.failure(failure)
        self.errors += 1

    def check_errors(self) -> None:
        """Raise `TooManyErrors` when there are more than may be."""
        if self.max_errors is not None and self.errors > self.max_errors:
            raise TooManyErrors


class Crawl:
    """One crawl, from its beginning to its row in the catalog."""

    def __init__(self, ledger: Ledger, source: Source, settings: Settings) -> None:
        self._ledger = ledger
        self._source = source
        self._settings = settings
        self._readers = settings.readers
        self._stopping = settings.stopping
        self._began = time.monotonic()
        self._asked_before = self._readers.traffic
        # What stirred may be no change at all, and then there is nothing to record.
        self._begun = source.kind != "watch"
        id_ = ledger.begin_crawl(source.name, source.kind) if self._begun else 0
        self._report = RootReport(source.name, id_, "done", kind=source.kind)
        self._seen = Seen()
        self._known: dict[str, Known] = {}
        self._unlisted = 0
        self._batch: list[HierarchyRecord] = []
        self._rows = 0
        self._untold = 0  # hierarchies that were read, and that nobody has called written
        self._since = 0.0
        self._touched: dict[str, Sequence[ManifestEntry]] = {}
        self._restored: list[str] = []
        self._guesses: dict[str, Failed | None] = {}
        self._ignored: str | None = None
        self._current = ""

    @property
    def report(self) -> RootReport:
        """What has become of it so far."""
        return self._report

    @property
    def _crawl_id(self) -> int:
        if not self._begun:
            self._begun = True
            id_ = self._ledger.begin_crawl(self._source.name, self._source.kind)
            self._report = replace(self._report, crawl_id=id_)
        return self._report.crawl_id

    def run(self) -> RootReport:
        """Crawl to the end, or until it is interrupted.

        Raises
        ------
        KeyboardInterrupt
            When it is interrupted; what had been read is written then.
        """
        try:
            self._crawl()
        except StoreError as error:
            self._flush()
            self._settings.fail(Failure(error.url, "unreadable-folder", error.message))
            return self._finish("failed", error.message)
        except TooManyErrors:
            self._flush()
            return self._finish("interrupted", self._too_many())
        except BaseException as error:
            self._end_early(error)
            raise
        message = self._plain_answer()
        if self._settings.prune:
            message = self._remove() or message
        partial = self._report.failed or self._unlisted
        return self._finish("partial" if partial else "done", message)

    @property
    def _recorded(self) -> Recorded | None:
        """What tells who finds hierarchies which are recorded: those may not have to be read."""
        if self._settings.force or self._settings.thorough:
            return None
        return self._root_documents

    def _root_documents(self, urls: Sequence[str]) -> dict[str, str]:
        known = self._ledger.known(urls).items()
        named = ((url, root_document(there.manifest)) for url, there in known)
        return {url: name for url, name in named if name is not None}

    def _crawl(self) -> None:
        wanted: Iterable[Wanted | FolderProblem] = self._source.wanted(
            self._ledger.enclosing_each, self._recorded
        )
        while True:
            for read in self._readers.read(self._tasks(wanted)):
                if isinstance(read, Parcel | Unusable):
                    self._write(read)
                    continue
                task, outcome = read
                self._take(task.url, outcome)
                if self._is_due():
                    self._flush(last=False)
                self._tell()
                self._settings.check_errors()
                self._stopping.check()
            folders = [url for url, failed in self._guesses.items() if failed is not None]
            if not folders:
                break
            wanted = self._in_folders(folders)
        self._flush()
        self._settings.check_errors()

    def _tasks(self, wanted: Iterable[Wanted | FolderProblem]) -> Iterator[Task]:
        """Say what is to be read, with what is recorded of it."""
        settings = self._settings
        found = self._new(wanted)
        while window := list(islice(found, _WINDOW)):
            known = self._ledger.known([item.url for item in window])
            for url, boundary, guessed, seen in window:
                there = known.get(url)
                if there is not None:
                    self._known[url] = there
                if guessed:
                    self._guesses[url] = None
                manifest: Sequence[ManifestEntry] = ()
                digest = None
                if there is not None and not settings.force:
                    manifest, digest = there.manifest, there.digest
                yield Task(
                    url, manifest, digest, boundary, settings.options, settings.thorough, seen
                )

    def _new(self, wanted: Iterable[Wanted | FolderProblem]) -> Iterator[Wanted]:
        for item in wanted:
            if isinstance(item, FolderProblem):
                self._folder(item)
                self._settings.check_errors()
            elif self._seen.add(item.url):
                yield item

    def _in_folders(self, folders: Sequence[str]) -> Iterator[Wanted | FolderProblem]:
        """Look for hierarchies below places that a list names and that are none themselves."""
        for folder in folders:
            failed = self._guesses.pop(folder)
            assert failed is not None
            store = open_store(folder, None, self._settings.options)
            met = 0
            with suppress(StoreError):  # told as it failed at first
                for item in discover(store, self._settings.options, self._recorded):
                    if item.url == folder:
                        break
                    if not met:
                        self._seen.discard(folder)
                    met += 1
                    if isinstance(item, Found):
                        yield Wanted(item.url, folder, seen=item.seen)
                    else:
                        yield item
            if not met:
                self._take_failed(failed)

    def _take(self, url: str, outcome: Outcome | Interpreted) -> None:
        """Count an outcome, and put what is to be written where it waits for its turn."""
        report = self._report
        self._current = url
        known = self._known.pop(url, None)
        if isinstance(outcome, Failed) and self._is_guess(url, outcome, known):
            self._guesses[url] = outcome
            return
        self._guesses.pop(url, None)
        if isinstance(outcome, HierarchyRecord):
            if not self._batch:
                self._since = time.monotonic()
            self._batch.append(outcome)
            self._rows += row_count(outcome)
            self._untold += 1
        elif isinstance(outcome, Interpreted):
            self._untold += 1
        elif isinstance(outcome, Unchanged):
            self._report = replace(report, seen=report.seen + 1, unchanged=report.unchanged + 1)
            if known is not None and known.removed:
                self._restored.append(outcome.url)
            if outcome.manifest is not None:
                self._touched[outcome.url] = outcome.manifest
        elif isinstance(outcome, Failed):
            self._take_failed(outcome, known)
        else:
            self._ignore(outcome)

    def _is_guess(self, url: str, failed: Failed, known: Known | None) -> bool:
        """Tell whether what could not be read may be a folder of hierarchies."""
        return (
            known is None
            and url in self._guesses
            and not failed.kept
            and failed.problem.code == "unreadable-document"
        )

    def _take_failed(self, failed: Failed, known: Known | None = None) -> None:
        crawl_id = self._crawl_id
        report = self._report
        self._report = replace(
            report, seen=report.seen + 1, failed=report.failed + 1, problems=report.problems + 1
        )
        # Of what a list names, and nobody can read, nobody knows that it is a hierarchy.
        is_doubtful = (
            known is None
            and self._source.kind == "list"
            and failed.problem.code == "unreadable-document"
        )
        if failed.kept or is_doubtful:
            self._ledger.folder_problem(crawl_id, failed.url, failed.problem)
        else:
            self._ledger.fail(failed, crawl_id)
        problem = failed.problem
        self._settings.fail(Failure(failed.url, problem.code, problem.message, problem.pointer))

    def _ignore(self, outcome: Ignored) -> None:
        # Not among what was seen: where there was a scene before, there is none any more.
        self._seen.discard(outcome.url)
        self._report = replace(self._report, ignored=self._report.ignored + 1)
        if outcome.url == self._source.name:
            self._ignored = outcome.message

    def _folder(self, found: FolderProblem) -> None:
        problem = ProblemRecord(
            "", "", found.code, "error" if found.unlisted else "warning", found.message
        )
        self._ledger.folder_problem(self._crawl_id, found.url, problem)
        self._unlisted += found.unlisted
        self._report = replace(self._report, problems=self._report.problems + 1)
        if found.unlisted:
            self._settings.fail(Failure(found.url, found.code, found.message))

    def _is_due(self) -> bool:
        """Tell whether what waits to be written is much, or waits for long."""
        return (
            self._rows >= _ROWS_AT_ONCE
            or len(self._batch) >= _HIERARCHIES_AT_ONCE
            or (bool(self._batch) and time.monotonic() - self._since >= _SECONDS_AT_ONCE)
        )

    def _flush(self, *, last: bool = True) -> None:
        """Write what waits; an interruption waits, too. `last`: wait until it is written."""
        with self._stopping.held():
            batch, self._batch, self._rows = self._batch, [], 0
            touched, self._touched = self._touched, {}
            restored, self._restored = self._restored, []
            for packed in pack(batch):
                self._write(packed)
            if last:
                self._count(self._ledger.settle())
            if touched:
                self._ledger.touch(touched)
            if restored:
                self._ledger.restore(restored)

    def _write(self, packed: Parcel | Unusable) -> None:
        """Write rows, now or soon."""
        with self._stopping.held():
            self._count(self._ledger.write_behind(packed, self._crawl_id))

    def _count(self, results: Sequence[Written]) -> None:
        report = self._report
        self._untold -= len(results)
        failures = [result for result in results if result.failure is not None]
        # What somebody else recorded meanwhile, as a part of something larger.
        inside = sum(result.inside is not None for result in results)
        self._report = replace(
            report,
            seen=report.seen + len(results),
            written=report.written + len(results) - len(failures) - inside,
            unchanged=report.unchanged + inside,
            failed=report.failed + len(failures),
            problems=report.problems + sum(result.problems for result in results),
        )
        for result in failures:
            self._settings.fail(Failure(result.url, "not-written", result.failure or ""))

    def _plain_answer(self) -> str | None:
        """Say why there is nothing, when there is nothing."""
        report, name = self._report, self._source.name
        if report.seen or self._source.kind == "watch":
            return None
        if self._source.kind == "list":
            return "The list names nothing that is OME-Zarr."
        if self._ignored is not None:
            return f"{name} is {self._ignored}."
        if report.ignored:
            return f"There is Zarr data below {name}, and no OME-Zarr metadata in it."
        return f"There is no OME-Zarr hierarchy below {name}."

    def _too_many(self) -> str:
        errors, most = self._settings.errors, self._settings.max_errors
        return (
            f"given up after {errors} {'error' if errors == 1 else 'errors'}, more than "
            f"{most}: what was read before is recorded, and nothing is marked as removed"
        )

    def _remove(self) -> str | None:
        removed = 0
        refusals = []
        for place in self._source.whole:
            removal = self._ledger.mark_removed(
                place,
                self._seen,
                prune_limit=self._settings.prune_limit,
                listing_failed=self._unlisted > 0,
            )
            removed += removal.removed
            if removal.refusal is not None:
                refusals.append(removal.refusal)
        self._report = replace(self._report, removed=removed)
        return " ".join(refusals) or None

    def _tell(self) -> None:
        if self._settings.progress is None:
            return
        report, waiting = self._report, self._untold
        self._settings.progress(
            Progress(
                self._source.name,
                len(self._seen),
                report.seen + waiting,
                report.written + waiting,
                report.unchanged,
                report.failed,
                self._current,
            )
        )

    def _end_early(self, error: BaseException) -> None:
        """Write what had been read, if that can be, and close the crawl's own row."""
        interrupted = not isinstance(error, Exception)
        reason = str(error) or type(error).__name__
        with suppress(DatabaseError, KeyboardInterrupt), self._stopping.held():
            if interrupted:
                self._flush()
            else:
                with suppress(Exception):  # it may be the very error that ends the crawl
                    self._count(self._ledger.settle())
            outcome: CrawlOutcome = "interrupted" if interrupted else "failed"
            self._finish(outcome, f"ended early: {reason}")

    def _finish(self, outcome: CrawlOutcome, message: str | None) -> RootReport:
        from catalog.database.crawls import CrawlCounts

        asked = self._readers.traffic.since(self._asked_before)
        report = self._report = replace(
            self._report,
            outcome=outcome,
            message=message,
            seconds=round(time.monotonic() - self._began, 3),
            requests=asked.requests,
            retries=asked.retries,
        )
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
            ignored=report.ignored,
            requests=report.requests,
            retries=report.retries,
        )
        if self._begun or report.removed or outcome != "done":
            self._ledger.finish_crawl(
                self._crawl_id, counts, outcome, message, tuple(self._source.whole)
            )
        return self._report
