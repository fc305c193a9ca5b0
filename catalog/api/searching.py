"""Verbs that find things: search, counts, facets, documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Unpack

from catalog.api.opened import OpenCatalog
from catalog.errors import UsageError
from catalog.stores.url import normalise

if TYPE_CHECKING:
    from catalog.query.finder import FileRow
    from catalog.query.search.asking import FieldListing
    from catalog.query.search.criteria import Criteria
    from catalog.query.search.found import FacetValue
    from catalog.query.search.place import Place, Placed
    from catalog.query.search.request import Request
    from catalog.query.search.results import Results
    from catalog.query.search.search import Search


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
        from catalog.query.search.results import Results

        asked = self._request(text, of, criteria, sort=sort, limit=limit, after=after)
        search = self._searching(asked)
        if asked.placed is not None:
            from catalog.query.search.place_results import PlacedResults

            return PlacedResults(search, self._database.reading, asked.placed)
        return Results(search, self._database.reading)

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
        from catalog.api.paths import fields_of
        from catalog.query.search.place_finding import find

        database = self._ready()
        with database.reading() as connection:
            return find(connection, place, database.dialect, fields_of(connection), normalise)

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
    ) -> Request:
        from catalog.query.search.asking import request

        return request(
            self._ready().reading,
            text,
            of=of,
            criteria=criteria,
            sort=sort,
            limit=limit,
            after=after,
            normalise=normalise,
            locate=self._located,
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
