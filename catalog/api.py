"""`Catalog`: the verbs of the command line, in Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from os import PathLike, fspath
from pathlib import Path as FilePath
from types import TracebackType
from typing import TYPE_CHECKING, Self

from catalog.database.engine import Database, display_url
from catalog.stores.url import normalise

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from catalog.graph import Path
    from catalog.indexing import IndexReport, Progress
    from catalog.query.addresses import SystemRow
    from catalog.query.listings import ProblemListing, Status, SystemListing
    from catalog.query.shown import Shown


class Catalog:
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

    def __init__(self, url: str = "sqlite:///catalog.db") -> None:
        self._database = Database(url)
        self._ensured = False

    def __repr__(self) -> str:
        return f"Catalog({display_url(self._database.url)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the next question opens new ones."""
        self._database.close()

    @property
    def url(self) -> str:
        """URL of the database, without a password."""
        return display_url(self._database.url)

    def _ready(self) -> Database:
        """Say once that the database is there and of this version."""
        if not self._ensured:
            from catalog.database.migration import ensure

            ensure(self._database.url, create=False)
            self._ensured = True
        return self._database

    def index(
        self,
        *roots: str | PathLike[str],
        executor: Executor | None = None,
        prune: bool = True,
        prune_limit: float = 0.2,
        force: bool = False,
        progress: Callable[[Progress], None] | None = None,
    ) -> IndexReport:
        """Crawl folders and record what changed; see `catalog.indexing.index`.

        A new SQLite file is made when there is none.
        """
        from catalog.database.migration import ensure
        from catalog.indexing import index

        ensure(self._database.url, create=True)
        self._ensured = True
        return index(
            [fspath(root) for root in roots],
            database=self._database,
            executor=executor,
            prune=prune,
            prune_limit=prune_limit,
            force=force,
            progress=progress,
        )

    def path(self, source: str, target: str, via: Sequence[str] = ()) -> Path:
        """Find the best chain of transformations from one coordinate system to another.

        Parameters
        ----------
        source, target
            Addresses; see `catalog.query.addresses.resolve_system`.
        via
            Coordinate systems to pass through, in order.

        Raises
        ------
        AddressError
            If one of them is unknown or ambiguous.
        NoPathError
            If nothing connects them.
        """
        from catalog.query import paths

        with self._ready().reading() as connection:
            return paths.path(connection, source, target, via, normalise=normalise)

    def paths(self, source: str, target: str, limit: int = 10) -> tuple[Path, ...]:
        """Find the best chains, cheapest first; parallel transformations count apart."""
        from catalog.query import paths

        with self._ready().reading() as connection:
            return paths.paths(connection, source, target, limit, normalise=normalise)

    def transform(
        self, points: ArrayLike, source: str, target: str, via: Sequence[str] = ()
    ) -> NDArray[np.float64]:
        """Move points, an array (n, N) in `source`, to `target`: an array (n, M)."""
        return self.path(source, target, via).transform(points)

    def system(self, address: str) -> SystemRow:
        """Find the coordinate system that an address means."""
        from catalog.query.addresses import resolve_system

        with self._ready().reading() as connection:
            return resolve_system(connection, address, normalise)

    def axes(self, address: str) -> tuple[str, ...] | None:
        """Return the names of a coordinate system's axes, in order; None when unknown."""
        from catalog.query.addresses import resolve_system
        from catalog.query.listings import axis_layouts

        with self._ready().reading() as connection:
            row = resolve_system(connection, address, normalise)
            if row.axis_layout_id is None:
                return None
            return tuple(axis.name for axis in axis_layouts(connection)[row.axis_layout_id])

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
        from catalog.database.migration import HEAD
        from catalog.query.listings import Status, counts, crawls

        with self._ready().reading() as connection:
            return Status(self.url, HEAD, counts(connection), crawls(connection))

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
