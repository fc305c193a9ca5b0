"""A run over several sources, with those who read for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from catalog.crawl.requests import requests_at_once
from catalog.errors import UsageError
from catalog.indexing.crawl import Crawl, Settings
from catalog.indexing.garbage import seldom_looked_for
from catalog.indexing.interruption import Interrupted, Stopping
from catalog.indexing.lists import UrlList
from catalog.indexing.readers import Lane, Readers
from catalog.indexing.report import Change, Failure, IndexReport, Progress, RootReport
from catalog.indexing.sources import Listed, Root, Source
from catalog.stores import DEFAULT_OPTIONS, StoreOptions
from catalog.stores.url import normalise

if TYPE_CHECKING:
    from catalog.database.engine import Database
    from catalog.indexing.ledger import Ledger

CONCURRENCY = 64
"""Hierarchies that are read at once over a network."""

_TOGETHER = 64


def index(
    roots: Iterable[str],
    *,
    database: Database | None,
    listed: UrlList | None = None,
    executor: Executor | None = None,
    workers: int = 1,
    concurrency: int = CONCURRENCY,
    options: StoreOptions = DEFAULT_OPTIONS,
    prune: bool = True,
    prune_limit: float = 0.2,
    force: bool = False,
    thorough: bool = False,
    max_errors: int | None = None,
    dry_run: bool = False,
    progress: Callable[[Progress], None] | None = None,
    failure: Callable[[Failure], None] | None = None,
    change: Callable[[Change], None] | None = None,
    stopping: Stopping | None = None,
) -> IndexReport:
    """Record what lies below each root, and what has gone from there.

    Parameters
    ----------
    roots
        Folders and URLs. One that cannot be read ends as ``failed`` in the report; the
        others are crawled.
    database
        One that `catalog.database.migration.ensure` found usable. None, where there is
        no catalog yet, only for a dry run.
    listed
        URLs of hierarchies, or of folders of some: they are one crawl, and nothing is
        marked as removed.
    executor
        What reads hierarchies, wherever they are: threads, processes, or Dask's
        `Client.get_executor(pure=False)`. If None, `workers` processes read what is on
        this machine (with 1, this thread does), and what is not is read concurrently.
    concurrency
        Hierarchies that are read at once over a network; twice as many requests are under
        way at a time.
    options
        How stores are opened.
    prune
        Whether hierarchies that are gone are marked as removed.
    prune_limit
        Greatest share of a root's recorded hierarchies that may be marked at once; when
        more have gone, none is marked, and the report says so.
    force
        Read and write everything, whatever has changed.
    thorough
        Elsewhere than on this machine, compare all documents, and not each hierarchy's
        root alone.
    max_errors
        Places that may fail before the run is given up; None for any number.
    dry_run
        Write nothing: `change` is told what would be.
    progress
        Called after each hierarchy.
    failure
        Called with each failure when it happens.
    stopping
        Signals that end the run in good order.

    Raises
    ------
    UsageError
        When there is no root and no list, or nobody may read.
    StoreError
        When a root is malformed; nothing has been crawled then.
    DatabaseError
        When the database cannot be used.
    Interrupted
        When it was interrupted; it carries the report. What had been read is recorded.
    """
    urls = list(dict.fromkeys(normalise(root) for root in roots))
    if not urls and listed is None:
        raise UsageError("there is nothing to index: name a root, or give a list of URLs")
    sources: list[Source] = [Root(url, options) for url in urls]
    if listed is not None:
        sources.append(Listed(listed, options))
    ledger = ledger_of(database, change if dry_run else None)
    with readers(executor, workers, concurrency) as those:
        settings = Settings(
            readers=those,
            options=options,
            stopping=stopping or Stopping(),
            prune=prune,
            prune_limit=prune_limit,
            force=force,
            thorough=thorough,
            max_errors=max_errors,
            progress=progress,
            failure=failure,
        )
        return crawl_all(ledger, sources, settings)


def crawl_all(ledger: Ledger, sources: Iterable[Source], settings: Settings) -> IndexReport:
    """Crawl sources one after the other, until one is interrupted or given up."""
    reports: list[RootReport] = []
    for source in sources:
        crawl = Crawl(ledger, source, settings)
        try:
            with seldom_looked_for():
                reports.append(crawl.run())
        except KeyboardInterrupt as error:
            report = IndexReport((*reports, crawl.report))
            raise Interrupted(str(error), report) from error
        if reports[-1].outcome == "interrupted":
            break
    return IndexReport(tuple(reports))


def ledger_of(database: Database | None, rehearse: Callable[[Change], None] | None) -> Ledger:
    """Give what a crawl writes into, or what only says what would be written."""
    from catalog.database.writer import Writer
    from catalog.indexing.ledger import Rehearsal

    writer = None if database is None else Writer(database)
    if rehearse is not None:
        return Rehearsal(writer, rehearse)
    if writer is None:
        raise ValueError("only a dry run can do without a database")
    return writer


@contextmanager
def readers(
    executor: Executor | None,
    workers: int = 1,
    concurrency: int = CONCURRENCY,
) -> Iterator[Readers]:
    """Lend those who read, of which none is started before there is something to read."""
    for name, number in (("workers", workers), ("concurrency", concurrency)):
        if number < 1:
            raise UsageError(f"{name} is {number}, and has to be 1 or more: somebody has to read")
    with ExitStack() as stack:
        # Of servers no more is asked at a time by whoever finds hierarchies and whoever reads them.
        stack.enter_context(requests_at_once(2 * concurrency))
        if executor is not None:
            together = 1 if isinstance(executor, ThreadPoolExecutor) else _TOGETHER
            lane = Lane(executor, together=together, ahead=64)
            yield Readers(lane, lambda: lane)
            return

        def crowd() -> Lane:
            from catalog.crawl.concurrent import AsyncExecutor

            at_once = stack.enter_context(AsyncExecutor(concurrency))
            # Some wait their turn, so that none idles while this thread writes.
            return Lane(at_once, ahead=2 * concurrency + 64)

        pool = None
        if workers > 1:
            from catalog.indexing.processes import process_pool

            processes = stack.enter_context(process_pool(workers))
            pool = Lane(processes, together=_TOGETHER, ahead=3 * workers + 2, beside=True)
        yield Readers(pool, crowd)
