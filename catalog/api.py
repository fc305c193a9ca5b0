"""`Catalog`: the verbs of the command line, in Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from os import PathLike, fspath
from pathlib import Path as FilePath
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack

from catalog.database.engine import Database, display_url
from catalog.geometry.moving import TOLERANCE
from catalog.stores.url import normalise

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import numpy as np
    import sqlalchemy as sa
    from numpy.typing import ArrayLike, NDArray

    from catalog.database.asking import Answer
    from catalog.database.dialects import Cell
    from catalog.export import Export
    from catalog.geometry.boxes import Box
    from catalog.geometry.field import FieldReader
    from catalog.geometry.moving import Outside
    from catalog.graph import Path, TransformGraph
    from catalog.graph.path import Moved
    from catalog.indexing import IndexReport, Progress
    from catalog.query.addresses import SystemRow
    from catalog.query.consistency import Consistency
    from catalog.query.described import ColumnListing, RelationListing, ReportListing
    from catalog.query.disagreement import Alternatives
    from catalog.query.listings import AxisListing, ProblemListing, Status, SystemListing
    from catalog.query.search.asking import FieldListing
    from catalog.query.search.criteria import Criteria
    from catalog.query.search.found import FacetValue
    from catalog.query.search.results import Results
    from catalog.query.search.search import Search
    from catalog.query.shown import Shown
    from catalog.query.stats import Figure


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

    def path(
        self,
        source: str,
        target: str,
        via: Sequence[str] = (),
        *,
        avoid: Sequence[str] = (),
        forward_only: bool = False,
    ) -> Path:
        """Find the best chain of transformations from one coordinate system to another.

        Parameters
        ----------
        source, target
            Addresses; see `catalog.query.addresses.resolve_system`.
        via
            Coordinate systems to pass through, in order.
        avoid
            Coordinate systems not to pass and transformations not to take; see
            `catalog.query.avoiding.resolve_avoided`.
        forward_only
            Walk no transformation backwards.

        Raises
        ------
        AddressError
            If one of them is unknown or ambiguous.
        NoPathError
            If nothing connects them.
        """
        from catalog.query import paths

        with self._ready().reading() as connection:
            found = paths.path(
                connection,
                source,
                target,
                via,
                avoid=avoid,
                forward_only=forward_only,
                normalise=normalise,
            )
            return found.reading(_fields_of(connection))

    def paths(
        self,
        source: str,
        target: str,
        limit: int = 10,
        *,
        avoid: Sequence[str] = (),
        forward_only: bool = False,
    ) -> tuple[Path, ...]:
        """Find the best chains, cheapest first; parallel transformations count apart."""
        from catalog.query import paths

        with self._ready().reading() as connection:
            found = paths.paths(
                connection,
                source,
                target,
                limit,
                avoid=avoid,
                forward_only=forward_only,
                normalise=normalise,
            )
            fields_for = _fields_of(connection)
            return tuple(path.reading(fields_for) for path in found)

    def disagreement(self, paths: Sequence[Path]) -> Alternatives:
        """Say how far apart alternatives, as `paths` gives them, put the corners of an image."""
        from catalog.query.disagreement import disagreement

        with self._ready().reading() as connection:
            return disagreement(connection, paths, _fields_of(connection))

    def consistency(
        self, under: str | None = None, *, tolerance: float = 1e-3, limit: int = 100
    ) -> Consistency:
        """Find transformations that contradict each other, worst first.

        Parameters
        ----------
        under
            A group or folder; None looks at the whole catalog.
        tolerance
            By how much a round trip may miss, in the unit of the system it begins in.
        limit
            How many to list.
        """
        from catalog.query.addresses import resolve_scope
        from catalog.query.consistency import consistency

        with self._ready().reading() as connection:
            return consistency(
                connection,
                tolerance=tolerance,
                limit=limit,
                under=None if under is None else resolve_scope(connection, under, normalise),
                fields_for=_fields_of(connection),
            )

    def transform(
        self,
        points: ArrayLike,
        source: str,
        target: str,
        via: Sequence[str] = (),
        *,
        outside: Outside = "error",
        tolerance: float = TOLERANCE,
        convert_units: bool = False,
    ) -> NDArray[np.float64]:
        """Move points, an array (…, N) in `source`, to `target`: an array (…, M).

        Parameters
        ----------
        outside
            What becomes of points outside a displacement or coordinate field: an
            ``error``, ``nan``, or they are moved by its outermost values (``clamp``).
        tolerance
            Of numeric inverses, in voxels of the field.
        convert_units
            Give the coordinates in the units of `source` where those of `target` differ.
            Without it nothing is converted: they are in the units of `target`.
        """
        path = self.path(source, target, via)
        moved = path.transform(points, outside=outside, tolerance=tolerance)
        if not convert_units:
            return moved
        from catalog.geometry.units import conversion

        found = conversion(self.layout(source), self.layout(target))
        return moved if found is None else found.apply(moved)

    def move(
        self,
        points: ArrayLike,
        source: str,
        target: str,
        via: Sequence[str] = (),
        *,
        outside: Outside = "error",
        tolerance: float = TOLERANCE,
    ) -> Moved:
        """Move points as `transform` does, and say how exact it was: see `Path.move`."""
        return self.path(source, target, via).move(points, outside=outside, tolerance=tolerance)

    def transform_box(
        self,
        low: Sequence[float],
        high: Sequence[float],
        source: str,
        target: str,
        via: Sequence[str] = (),
        *,
        outside: Outside = "error",
        tolerance: float = TOLERANCE,
    ) -> Box:
        """Give the smallest box in `target` that holds a box in `source`.

        Exact where the path is affine; else sampled, and `Box.exact` says so.
        """
        path = self.path(source, target, via)
        return path.transform_box(low, high, outside=outside, tolerance=tolerance)

    def graph(self, scope: str) -> TransformGraph:
        """Give the graph of what lies at and below a group or folder, and where it leads.

        Examples
        --------
        >>> from catalog import Catalog
        >>> with Catalog("brains.db") as brains:  # doctest: +SKIP
        ...     drawing = brains.graph("brain7.zarr").to_svg()
        """
        from catalog.query.addresses import resolve_scope
        from catalog.query.graphs import graph

        with self._ready().reading() as connection:
            url = resolve_scope(connection, scope, normalise)
            return graph(connection, url, _fields_of(connection))

    def export(self, path: Path, form: str) -> Export:
        """Give a path in another program's form: one of `catalog.export.FORMS`."""
        from catalog.export import End, export

        ends = [
            End(self.layout(address), self.system(address).kind)
            for address in (path.source, path.target)
        ]
        return export(path, form, *ends)

    def system(self, address: str) -> SystemRow:
        """Find the coordinate system that an address means."""
        from catalog.query.addresses import resolve_system

        with self._ready().reading() as connection:
            return resolve_system(connection, address, normalise)

    def axes(self, address: str) -> tuple[str, ...] | None:
        """Return the names of a coordinate system's axes, in order; None when unknown."""
        layout = self.layout(address)
        return None if layout is None else tuple(axis.name for axis in layout)

    def layout(self, address: str) -> tuple[AxisListing, ...] | None:
        """Return a coordinate system's axes (name, type, unit), in order; None when unknown."""
        from catalog.query.addresses import resolve_system
        from catalog.query.listings import axis_layouts

        with self._ready().reading() as connection:
            row = resolve_system(connection, address, normalise)
            if row.axis_layout_id is None:
                return None
            return axis_layouts(connection)[row.axis_layout_id]

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

    def search(
        self,
        text: str | None = None,
        *,
        of: str = "images",
        sort: Sequence[str] = (),
        limit: int | None = None,
        after: str | None = None,
        **criteria: Unpack[Criteria],
    ) -> Results:
        """Find images, or other things, by text and by filters.

        Parameters
        ----------
        text
            Words that have to be there: ``tile "left lobe" -draft pre*``.
        of
            ``images``, ``labels``, ``scenes``, ``plates``, ``systems`` or ``transformations``.
        sort
            Fields to sort by, ``-`` before one turns its order around; by id if none is given.
        limit
            Rows of a page; None for all, which are read while they are taken.
        after
            Token of the page before this one: its `Results.after`.
        criteria
            Filters; see `catalog.query.search.criteria.Criteria`.

        Raises
        ------
        UsageError
            When a text, a filter, a field or the token cannot be used.
        AddressError
            When a scene or a root means nothing, or several things.

        Examples
        --------
        >>> from catalog import Catalog
        >>> with Catalog("brains.db") as brains:  # doctest: +SKIP
        ...     for image in brains.search("hippocampus", where="voxel_size_x < 0.5"):
        ...         print(image.url)
        """
        from catalog.query.search.results import Results

        search = self._search(text, of, criteria, sort=sort, limit=limit, after=after)
        return Results(search, self._database.reading)

    def count(
        self, text: str | None = None, *, of: str = "images", **criteria: Unpack[Criteria]
    ) -> int:
        """Count what `search` finds."""
        search = self._search(text, of, criteria)
        with self._database.reading() as connection:
            return search.count(connection)

    def facet(
        self,
        field: str,
        text: str | None = None,
        *,
        of: str = "images",
        **criteria: Unpack[Criteria],
    ) -> Iterator[FacetValue]:
        """Count what `search` finds by the values of a field, the most frequent first."""
        search = self._search(text, of, criteria)
        with self._database.reading() as connection:
            yield from search.facet(connection, field)

    def search_sql(
        self,
        text: str | None = None,
        *,
        of: str = "images",
        sort: Sequence[str] = (),
        limit: int | None = None,
        after: str | None = None,
        count: bool = False,
        facet: str | None = None,
        **criteria: Unpack[Criteria],
    ) -> str:
        """Write the SQL of a search, of its count, or of a facet."""
        search = self._search(text, of, criteria, sort=sort, limit=limit, after=after)
        with self._database.reading() as connection:
            return search.written(connection, facet=facet, count=count)

    def _search(
        self,
        text: str | None,
        of: str,
        criteria: Criteria,
        *,
        sort: Sequence[str] = (),
        limit: int | None = None,
        after: str | None = None,
    ) -> Search:
        from catalog.query.search.asking import request
        from catalog.query.search.search import Search

        asked = request(
            self._ready().reading,
            text,
            of=of,
            criteria=criteria,
            sort=sort,
            limit=limit,
            after=after,
            normalise=normalise,
        )
        return Search(asked, self._database.dialect)

    def fields(self, of: str | None = None) -> tuple[FieldListing, ...]:
        """List the fields that a search can filter, sort and count by."""
        from catalog.query.search.asking import fields

        return fields(of)

    def document(self, what: str) -> str:
        """Return a group's own attributes as they stood, as JSON; takes what `show` takes."""
        from catalog.query.document import document

        with self._ready().reading() as connection:
            return document(connection, what, normalise)

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

    def sql(
        self,
        statement: str,
        parameters: Mapping[str, Cell] | None = None,
        *,
        limit: int | None = 10_000,
        timeout: float | None = 60.0,
    ) -> Answer:
        """Ask one SQL statement that reads; nothing can be changed by it.

        Parameters
        ----------
        parameters
            Values of what stands in the statement as ``:name``.
        limit
            How many rows are wanted (`Answer.cut` says whether there are more); None for all.
        timeout
            Seconds after which it is given up; None for never.

        Returns
        -------
        Rows that come as they are read. Close it, or use it in a ``with`` block, if not
        all are wanted.

        Raises
        ------
        StatementError
            If the statement is not accepted, or would do more than read.
        TimeLimitError
            If it takes too long; also while rows are read.
        """
        from catalog.database.asking import ask

        return ask(self._ready(), statement, parameters, seconds=timeout, limit=limit)

    def reports(self) -> Iterator[ReportListing]:
        """List the reports: views that are made to be read, and to be asked in SQL."""
        from catalog.query.described import reports

        return reports()

    def report(self, name: str, columns: Sequence[str] = (), *, limit: int | None = None) -> Answer:
        """Return the rows of a report in its order: all columns, or those named."""
        from catalog.query.described import report_statement

        return self.sql(report_statement(name, columns), limit=limit, timeout=None)

    def relations(self) -> Iterator[RelationListing]:
        """List the views and tables of the database."""
        from catalog.query.described import relations

        return relations()

    def schema(self, *names: str) -> Iterator[ColumnListing]:
        """List the columns of tables and views, with what they mean; of all if none is named."""
        from catalog.query.described import columns

        return columns(names)

    def definitions(self, *names: str) -> Iterator[str]:
        """Yield the SQL statements that make tables and views; of all if none is named."""
        from catalog.query.described import relation_names

        wanted = relation_names(names)
        with self._ready().reading() as connection:
            for definition in self._database.dialect.definitions(connection):
                if not names or definition.relation in wanted:
                    yield definition.sql

    def stats(self) -> tuple[Figure, ...]:
        """Count what the catalog is made of: things, bytes, versions, types, problems."""
        from catalog.query.stats import stats

        with self._ready().reading() as connection:
            return tuple(stats(connection))

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


def _fields_of(connection: sa.Connection) -> Callable[[str], FieldReader]:
    """Give for a group what opens the fields that it names; no field is read before it is asked."""
    from catalog.query.hierarchies import hierarchy_of
    from catalog.scene.fields import fields_below

    below = cache(fields_below)

    def fields_for(group: str) -> FieldReader:
        hierarchy, location = hierarchy_of(connection, group)
        return below(hierarchy)(location)

    return fields_for
