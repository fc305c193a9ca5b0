"""A catalog that follows its folders: what stirs is indexed again, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.crawl.discover import MARKERS
from catalog.errors import CatalogError, StoreError, UsageError
from catalog.indexing.batch import is_near
from catalog.indexing.crawl import Settings
from catalog.indexing.interruption import Interrupted, Stopping
from catalog.indexing.report import IndexReport
from catalog.indexing.run import CONCURRENCY, crawl_all, ledger_of, readers
from catalog.indexing.sources import Root, Touched, outermost
from catalog.stores import DEFAULT_OPTIONS, StoreOptions
from catalog.stores.url import from_path, normalise, to_path

if TYPE_CHECKING:
    from catalog.database.engine import Database
    from catalog.indexing.ledger import Ledger

# A hierarchy is written in many steps: it is read when it has been left alone for the
# first of these, or at the latest after the second.
_QUIET_MS = 400
_LATEST_MS = 3_000
_LOOK_UP_MS = 1_000


def watch(
    roots: Iterable[str],
    *,
    database: Database,
    every: float | None = None,
    workers: int = 1,
    concurrency: int = CONCURRENCY,
    options: StoreOptions = DEFAULT_OPTIONS,
    told: Callable[[IndexReport], None] | None = None,
    stopping: Stopping | None = None,
) -> None:
    """Index roots, and then again whatever changes there, until somebody stops it.

    Parameters
    ----------
    every
        Seconds between crawls of everything; None to be told by the operating system
        what changes, which it can on local folders only.
    told
        Called after each crawl that came upon something.
    stopping
        Ends it: returns then.

    Raises
    ------
    UsageError
        When there is no root, when one that is not local is to be watched and not crawled
        again and again, or when the extra is missing.
    StoreError
        When a watched root is not there, or is not there any more.
    """
    urls = outermost(normalise(root) for root in roots)
    if not urls:
        raise UsageError("there is nothing to watch: name a root")
    stopping = stopping or Stopping()
    with readers(None, workers, concurrency) as those:
        settings = Settings(readers=those, options=options, stopping=stopping)
        watching = _Watching(ledger_of(database, None), urls, settings, told)
        try:
            if every is None:
                watching.follow()
            else:
                watching.repeat(every)
        except Interrupted:
            return


class _Watching:
    def __init__(
        self,
        ledger: Ledger,
        roots: Sequence[str],
        settings: Settings,
        told: Callable[[IndexReport], None] | None,
    ) -> None:
        self._ledger = ledger
        self._roots = roots
        self._settings = settings
        self._told = told

    def repeat(self, every: float) -> None:
        """Crawl everything, wait, and so on."""
        stopping = self._settings.stopping
        while True:
            self._crawl_all()
            with stopping.held():
                stopping.event.wait(every)

    def follow(self) -> None:
        """Crawl everything once, and then what is said to have changed."""
        changes = _changes(self._roots, self._settings.stopping)
        # The first answer comes when the watch has begun: nothing that happens while
        # everything is being read goes unnoticed.
        with self._settings.stopping.held():
            changed = next(changes, frozenset())
        self._crawl_all()
        while True:
            if changed:
                self._crawl_touched(changed)
            with self._settings.stopping.held():
                changed = next(changes, frozenset())

    def _crawl_all(self) -> None:
        roots = [Root(url, self._settings.options) for url in self._roots]
        report = crawl_all(self._ledger, roots, self._settings)
        if self._told is not None:
            self._told(report)

    def _crawl_touched(self, changed: Iterable[str]) -> None:
        for root in self._roots:
            top = to_path(root)
            if not Path(top).is_dir():
                raise StoreError(f"{root} has gone: nothing is marked as removed there", root)
            below = top.rstrip("/") + "/"
            inside = [path for path in changed if path == top or path.startswith(below)]
            places = [from_path(place) for place in _places(top, inside)]
            if not places:
                continue
            # What disappeared did so before our eyes. An empty root rather is a disk
            # that is not there any more.
            seen = os.listdir(top)  # noqa: PTH208
            settings = replace(self._settings, prune=bool(seen), prune_limit=1.0)
            source = Touched(root, outermost(places), self._settings.options)
            report = crawl_all(self._ledger, [source], settings)
            if self._told is not None and report.roots[0].crawl_id:
                self._told(report)


def _changes(roots: Sequence[str], stopping: Stopping) -> Iterator[frozenset[str]]:
    """Yield sets of paths that changed, now and then an empty one."""
    try:
        from watchfiles import watch as watch_files
    except ImportError:
        raise UsageError(
            "watching needs the extra 'watch': pip install 'ome-scene-catalog[watch]'; "
            "or crawl again and again with --every 10m"
        ) from None
    for root in roots:
        if not is_near(root):
            raise UsageError(f"{root} cannot be watched: crawl it again and again with --every 10m")
        if not Path(to_path(root)).is_dir():
            raise StoreError(f"there is no folder {root}: check the path", root)
    try:
        for changes in watch_files(
            *(to_path(root) for root in roots),
            watch_filter=None,
            debounce=_LATEST_MS,
            step=_QUIET_MS,
            rust_timeout=_LOOK_UP_MS,
            yield_on_timeout=True,
            stop_event=stopping.event,
            raise_interrupt=True,
        ):
            yield frozenset(path for _, path in changes)
    except OSError as error:
        raise CatalogError(
            f"the operating system cannot watch so many folders ({error}): crawl again and "
            "again with --every 10m, or raise fs.inotify.max_user_watches"
        ) from error


def _places(root: str, changed: Iterable[str]) -> set[str]:
    """Name the hierarchies that changes lie in, new folders, and what has gone."""
    known: dict[str, bool] = {}

    def is_node(folder: str) -> bool:
        if folder not in known:
            known[folder] = any(os.path.lexists(f"{folder}/{marker}") for marker in MARKERS)
        return known[folder]

    places = set()
    for path in changed:
        parts = path[len(root) :].strip("/").split("/")
        folders = [root.rstrip("/") or "/"]
        for part in parts if parts != [""] else []:
            folders.append(f"{folders[-1].rstrip('/')}/{part}")
        outer = next((folder for folder in folders if is_node(folder)), None)
        gone = next((folder for folder in folders if not os.path.lexists(folder)), None)
        if outer is not None:
            places.add(outer)
        elif gone is not None:
            # Without its document, a hierarchy has gone though its folder is there.
            is_marker = gone.rpartition("/")[2] in MARKERS
            places.add(gone.rpartition("/")[0] if is_marker else gone)
        elif Path(path).is_dir():
            places.add(path)
    return places
