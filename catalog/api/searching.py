"""Verbs that find things: search, counts, facets, documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Unpack

from catalog.api.opened import OpenCatalog
from catalog.stores.url import normalise

if TYPE_CHECKING:
    from catalog.query.search.asking import FieldListing
    from catalog.query.search.criteria import Criteria
    from catalog.query.search.found import FacetValue
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
