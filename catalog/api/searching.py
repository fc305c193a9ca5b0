"""Verbs that find things: search, counts, facets, documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Unpack

from catalog.api.opened import OpenCatalog
from catalog.errors import UsageError
from catalog.stores.url import normalise

if TYPE_CHECKING:
    import sqlalchemy as sa

    from catalog.query.finder import FileRow
    from catalog.query.search.asking import FieldListing
    from catalog.query.search.criteria import Criteria
    from catalog.query.search.found import FacetValue, Found
    from catalog.query.search.place import Place, Placed
    from catalog.query.search.request import Request
    from catalog.query.search.results import Results
    from catalog.query.search.search import Search

_PLACES = frozenset({"box", "point", "overlaps", "within", "contains"})


class SearchVerbs(OpenCatalog):
    """Searches over what is recorded."""

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
        if limit is not None and not _PLACES.isdisjoint(criteria):
            with self._ready().reading() as connection, connection.begin():
                # Where they lie, and the page of them: of one moment, by one connection.
                asked = self._request(
                    *(text, of, criteria),
                    sort=sort,
                    limit=limit,
                    after=after,
                    connection=connection,
                )
                search = self._searching(asked)
                return self._results(search, asked, search.page(connection))
        asked = self._request(text, of, criteria, sort=sort, limit=limit, after=after)
        return self._results(self._searching(asked), asked)

    def _results(
        self, search: Search, asked: Request, page: Sequence[Found] | None = None
    ) -> Results:
        from catalog.query.search.place_results import PlacedResults
        from catalog.query.search.results import Results

        if asked.placed is None:
            return Results(search, self._database.reading, page)
        return PlacedResults(search, self._database.reading, asked.placed, page)

    def locate(self, **criteria: Unpack[Criteria]) -> Placed:
        """Find the images at a place, whatever else they are.

        Takes those criteria of `search` that say where: `in_` with `box`, `point`,
        `overlaps`, `within` or `contains` (and `in_unit`), or one of the last three with
        an image. What it gives, `search`, `count` and `facet` take as `placed`.

        Raises
        ------
        UsageError
            When no place is given, or it cannot be meant so.
        AddressError
            When the system or the image means nothing, or several things.
        NoPathError
            When nothing leads from the system to where its component's images are placed.

        Examples
        --------
        >>> from catalog import Catalog
        >>> with Catalog("brains.db") as brains:  # doctest: +SKIP
        ...     there = brains.locate(in_="brain7.zarr#atlas", point={"x": 10, "y": 5})
        ...     print(len(there.ids), there.unplaceable)
        """
        from catalog.query.search.criteria import placing_of

        place = placing_of(criteria)
        if place is None:
            raise UsageError("Say where: a box or a point in a coordinate system, or an image.")
        return self._located(place)

    def _located(self, place: Place) -> Placed:
        with self._ready().reading() as connection, connection.begin():
            return self._located_by(connection, place)

    def _located_by(self, connection: sa.Connection, place: Place) -> Placed:
        from catalog.api.paths import fields_of
        from catalog.query.search.place_finding import find

        dialect = self._database.dialect
        return find(connection, place, dialect, fields_of(connection), normalise)

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

    def files(
        self,
        text: str | None = None,
        *,
        sort: Sequence[str] = (),
        **criteria: Unpack[Criteria],
    ) -> Iterator[FileRow]:
        """Yield the images that `search` finds as BioFile Finder lists files.

        Values are in the order of `catalog.query.finder.COLUMNS`.
        """
        from catalog.query.finder import file_rows

        with self.search(text, sort=sort, **criteria) as found:
            yield from file_rows(found, self._database.reading)

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
        return self._searching(
            self._request(text, of, criteria, sort=sort, limit=limit, after=after)
        )

    def _searching(self, asked: Request) -> Search:
        from catalog.query.search.search import Search

        return Search(asked, self._database.dialect)

    def _request(
        self,
        text: str | None,
        of: str,
        criteria: Criteria,
        *,
        sort: Sequence[str] = (),
        limit: int | None = None,
        after: str | None = None,
        connection: sa.Connection | None = None,
    ) -> Request:
        from catalog.query.search.asking import request

        locate = self._located if connection is None else partial(self._located_by, connection)
        return request(
            self._ready().reading,
            text,
            of=of,
            criteria=criteria,
            sort=sort,
            limit=limit,
            after=after,
            normalise=normalise,
            locate=locate,
        )

    def fields(self, of: str | None = None) -> tuple[FieldListing, ...]:
        """List the fields that a search can filter, sort and count by."""
        from catalog.query.search.asking import fields

        return fields(of)

    def document(self, what: str) -> str:
        """Return a group's own attributes as they stood, as JSON; takes what `show` takes."""
        from catalog.query.document import document

        with self._ready().reading() as connection:
            return document(connection, what, normalise)
