"""Verbs about coordinate systems: paths between them, points and boxes, drawings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from catalog.api.opened import OpenCatalog
from catalog.geometry.moving import TOLERANCE
from catalog.stores.url import normalise

if TYPE_CHECKING:
    import numpy as np
    import sqlalchemy as sa
    from numpy.typing import ArrayLike, NDArray

    from catalog.export import Export
    from catalog.geometry.boxes import Box
    from catalog.geometry.field import FieldReader
    from catalog.geometry.moving import Outside
    from catalog.graph import Path, TransformGraph
    from catalog.graph.path import Moved
    from catalog.query.addresses import SystemRow
    from catalog.query.consistency import Consistency
    from catalog.query.disagreement import Alternatives
    from catalog.query.listings import AxisListing


class PathVerbs(OpenCatalog):
    """How to get from one coordinate system to another, and what it does."""

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
            return found.reading(fields_of(connection))

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
            fields_for = fields_of(connection)
            return tuple(path.reading(fields_for) for path in found)

    def disagreement(self, paths: Sequence[Path]) -> Alternatives:
        """Say how far apart alternatives, as `paths` gives them, put the corners of an image."""
        from catalog.query.disagreement import disagreement

        with self._ready().reading() as connection:
            return disagreement(connection, paths, fields_of(connection))

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
                fields_for=fields_of(connection),
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
            return graph(connection, url, fields_of(connection))

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


def fields_of(connection: sa.Connection) -> Callable[[str], FieldReader]:
    """Give for a group what opens the fields that it names; no field is read before it is asked."""
    from catalog.query.hierarchies import hierarchy_of
    from catalog.scene.fields import fields_below

    below = cache(fields_below)

    def fields_for(group: str) -> FieldReader:
        hierarchy, location = hierarchy_of(connection, group)
        return below(hierarchy)(location)

    return fields_for
