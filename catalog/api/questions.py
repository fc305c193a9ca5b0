"""Verbs that ask about many things at once: what is connected, what depends, what is astray."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from catalog.api.opened import OpenCatalog
from catalog.stores.url import normalise

if TYPE_CHECKING:
    from catalog.query.connected import ConnectedListing, Only
    from catalog.query.crawls import CrawlRun, CrawlShown
    from catalog.query.depends import Dependence, DependentListing, Subject
    from catalog.query.orphans import Kind, OrphanListing


class Dependents(Iterator["DependentListing"]):
    """The images that would move, by place; read once.

    Attributes
    ----------
    subject
        What would change.
    target
        Address of the coordinate system in which images are said to move.
    """

    def __init__(
        self, dependence: Dependence, rows: Generator[DependentListing, None, None]
    ) -> None:
        self.subject: Subject = dependence.subject
        self.target = dependence.target
        self._rows = rows

    def __next__(self) -> DependentListing:
        return next(self._rows)

    def close(self) -> None:
        """Read no more."""
        self._rows.close()


class QuestionVerbs(OpenCatalog):
    """Questions about the graph as a whole, and about what was done to the catalog."""

    def connected(
        self,
        system: str,
        *,
        depth: int | None = None,
        limit: int | None = None,
        only: Only | None = None,
        forward_only: bool = False,
    ) -> Iterator[ConnectedListing]:
        """List what has a path from a coordinate system, the cheapest path first.

        Parameters
        ----------
        depth
            Only what the path takes at most so many steps to.
        only
            ``images``: each other image once, with the nearest of its systems;
            ``systems``: coordinate systems of no image.
        forward_only
            Walk no transformation backwards.

        Raises
        ------
        AddressError
            When the system is unknown or ambiguous.

        Examples
        --------
        >>> from catalog import Catalog
        >>> with Catalog("brains.db") as brains:  # doctest: +SKIP
        ...     for other in brains.connected("tile_3#physical", only="images", limit=10):
        ...         print(other.image, other.cost)
        """
        from catalog.query.connected import connected

        with self._ready().reading() as connection:
            yield from connected(
                connection,
                system,
                depth=depth,
                limit=limit,
                only=only,
                forward_only=forward_only,
                normalise=normalise,
            )

    def depends(self, what: str, *, to: str | None = None, limit: int | None = None) -> Dependents:
        """Find the images that would move if a transformation or coordinate system changed.

        Those whose path to the target takes the transformation, or passes the system; see
        `catalog.query.depends.depends`.

        Parameters
        ----------
        what
            A coordinate system; or a transformation: ``GROUP#/pointer``, its name, or its
            id (``transformation:17``).
        to
            The coordinate system in which they would move; without it the reference
            system of the component.

        Raises
        ------
        AddressError
            When one of them is unknown or ambiguous.
        NoPathError
            When no transformations connect the two.
        """
        from catalog.query.depends import depends

        with self._ready().reading() as connection:
            found = depends(connection, what, to=to, normalise=normalise)
        return Dependents(found, self._dependents(found, limit))

    def _dependents(
        self, dependence: Dependence, limit: int | None
    ) -> Generator[DependentListing, None, None]:
        from catalog.query.depends import dependents

        with self._ready().reading() as connection:
            yield from dependents(connection, dependence, limit)

    def orphans(
        self,
        *kinds: Kind,
        under: str | None = None,
        limit: int | None = None,
    ) -> Iterator[OrphanListing]:
        """List what belongs nowhere: images of no scene, systems without a way, dead references.

        Parameters
        ----------
        kinds
            ``images``, ``systems``, ``references``; all if none is named.
        under
            A group or folder: only what lies there or below.
        """
        from catalog.query.addresses import resolve_scope
        from catalog.query.orphans import KINDS, orphans

        with self._ready().reading() as connection:
            url = None if under is None else resolve_scope(connection, under, normalise)
            yield from orphans(connection, kinds or KINDS, under=url, limit=limit)

    def crawls(self, root: str | None = None, limit: int | None = None) -> Iterator[CrawlRun]:
        """List the runs of `index`, newest first: all, or those over a root or below it."""
        from catalog.query.crawls import crawls

        with self._ready().reading() as connection:
            yield from crawls(connection, None if root is None else normalise(root), limit)

    def crawl(self, id: int) -> CrawlShown:
        """Return all that is recorded about a run of `index`."""
        from catalog.query.crawls import shown

        with self._ready().reading() as connection:
            return shown(connection, id)
