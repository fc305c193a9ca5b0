"""`Catalog`: the verbs of the command line, in Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from os import PathLike, fspath
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from catalog.api.paths import PathVerbs
from catalog.api.questions import QuestionVerbs
from catalog.api.reporting import ReportVerbs
from catalog.api.searching import SearchVerbs
from catalog.errors import DatabaseMissingError
from catalog.stores import DEFAULT_OPTIONS, StoreOptions
from catalog.stores.url import normalise

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from catalog.database.copying import Copied, CopyProgress
    from catalog.database.engine import Database
    from catalog.indexing import Change, Failure, IndexReport, Progress, Stopping
    from catalog.indexing.lists import UrlList
    from catalog.query.listings import ProblemListing, Status, SystemListing
    from catalog.query.shown import Shown


class Catalog(PathVerbs, QuestionVerbs, SearchVerbs, ReportVerbs):
    """A catalog in a database.

    Parameters
    ----------
    url
        ``sqlite:///file.db`` or a bare path; ``postgresql://…``.

    Examples
    --------
    >>> from catalog import Catalog
    >>> with Catalog("brains.db") as brains:  # doctest: +SKIP
    ...     brains.index("/data/brains")
    ...     path = brains.path("tile_3#physical", "atlas.zarr#ccf")
    ...     path.transform([[0.0, 0.0, 0.0]])
    """

    def index(
        self,
        *roots: str | PathLike[str],
        listed: UrlList | None = None,
        executor: Executor | None = None,
        workers: int = 1,
        concurrency: int = 64,
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
        """Crawl folders and buckets, and record what changed; see `catalog.indexing.index`.

        A new SQLite file is made when there is none, but not by a dry run.
        """
        from catalog.indexing import index

        return index(
            [fspath(root) for root in roots],
            database=self._rehearsed() if dry_run else self._made(),
            listed=listed,
            executor=executor,
            workers=workers,
            concurrency=concurrency,
            options=options,
            prune=prune,
            prune_limit=prune_limit,
            force=force,
            thorough=thorough,
            max_errors=max_errors,
            dry_run=dry_run,
            progress=progress,
            failure=failure,
            change=change,
            stopping=stopping,
        )

    def watch(
        self,
        *roots: str | PathLike[str],
        every: float | None = None,
        workers: int = 1,
        concurrency: int = 64,
        options: StoreOptions = DEFAULT_OPTIONS,
        told: Callable[[IndexReport], None] | None = None,
        stopping: Stopping | None = None,
    ) -> None:
        """Index folders, and again whatever changes there; see `catalog.indexing.watching.watch`.

        A new SQLite file is made when there is none.
        """
        from catalog.indexing.watching import watch

        watch(
            [fspath(root) for root in roots],
            database=self._made(),
            every=every,
            workers=workers,
            concurrency=concurrency,
            options=options,
            told=told,
            stopping=stopping,
        )

    def _made(self) -> Database:
        """Give the database, made now if it may be."""
        from catalog.database.migration import ensure

        ensure(self._database.url, create=True)
        self._ensured = True
        return self._database

    def _rehearsed(self) -> Database | None:
        """Give the database if there is a catalog in it."""
        try:
            return self._ready()
        except DatabaseMissingError:
            return None

    def systems(self, scope: str | None = None, kind: str | None = None) -> Iterator[SystemListing]:
        """List coordinate systems by address: all, or those at and below a group or folder."""
        from catalog.query import listings
        from catalog.query.addresses import resolve_scope

        with self._ready().reading() as connection:
            url = None if scope is None else resolve_scope(connection, scope, normalise)
            yield from listings.systems(connection, url, kind)

    def show(self, what: str) -> Shown:
        """Return all that is recorded about a group, a coordinate system, a transformation."""
        from catalog.query.show import show

        with self._ready().reading() as connection:
            return show(connection, what, normalise)

    def problems(
        self, *, code: str | None = None, severity: str | None = None, under: str | None = None
    ) -> Iterator[ProblemListing]:
        """List problems by place: those of a code, a severity, at and below a URL."""
        from catalog.query import listings
        from catalog.query.addresses import resolve_scope

        with self._ready().reading() as connection:
            url = None if under is None else resolve_scope(connection, under, normalise)
            yield from listings.problems(connection, code=code, severity=severity, under=url)

    def problem_codes(self) -> tuple[str, ...]:
        """Return the codes of which there are problems."""
        from catalog.query.listings import problem_codes

        with self._ready().reading() as connection:
            return tuple(problem_codes(connection))

    def status(self) -> Status:
        """Count what the catalog holds, and name its last crawls."""
        from catalog.database.migration import head
        from catalog.query.listings import Status, counts, crawls

        with self._ready().reading() as connection:
            return Status(self.url, head(), counts(connection), crawls(connection))

    def init(self) -> None:
        """Make the catalog: a new SQLite file, or the tables in an empty PostgreSQL database."""
        from catalog.database.migration import init

        init(self._database.url)

    def upgrade(self) -> tuple[str | None, str]:
        """Bring the database to this version's schema; say from which revision to which."""
        from catalog.database.migration import upgrade

        return upgrade(self._database.url)

    def current(self) -> str | None:
        """Return the revision of the database's schema; None when there is no catalog."""
        from catalog.database.migration import current

        return current(self._database.url)

    def backup(self, file: str | FilePath) -> FilePath:
        """Copy the catalog into a new SQLite file, of one moment."""
        from catalog.database.migration import backup

        return backup(self._database.url, file)

    def copy(
        self,
        target: str,
        *,
        replace: bool = False,
        progress: Callable[[CopyProgress], None] | None = None,
    ) -> Copied:
        """Copy the catalog into another database, of either kind, with all its ids.

        Parameters
        ----------
        target
            URL of a new SQLite file, or of a PostgreSQL database that holds no rows.
        replace
            Delete what the target holds.
        progress
            Called now and then.
        """
        from catalog.database.copying import copy

        return copy(self._database.url, target, replace=replace, progress=progress)
