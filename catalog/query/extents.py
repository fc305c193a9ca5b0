"""The corners of images: where alternatives and round trips are compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from catalog.database.schema import coordinate_system, resolution_level
from catalog.errors import CatalogError
from catalog.graph.disagreement import corners
from catalog.query.listings import integers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.geometry.field import FieldReader
    from catalog.graph.path import Path

_ARRAYS = (
    sa.select(
        coordinate_system.c.id,
        coordinate_system.c.group_id,
        resolution_level.c.level,
        resolution_level.c.shape,
    )
    .join(resolution_level, resolution_level.c.system_id == coordinate_system.c.id)
    .where(resolution_level.c.shape.is_not(None))
    .order_by(resolution_level.c.level, coordinate_system.c.id)
)
_IN_GROUP = _ARRAYS.where(
    coordinate_system.c.group_id == sa.bindparam("group"),
    coordinate_system.c.component_id == sa.bindparam("component"),
)
_IN_COMPONENT = _ARRAYS.where(
    coordinate_system.c.component_id == sa.bindparam("component"), resolution_level.c.level == 0
)


class ArrayBox(NamedTuple):
    """The box of an array in its own system: from edge to edge of its outermost voxels."""

    system_id: int
    group_id: int
    shape: tuple[int, ...]

    def corners(self) -> NDArray[np.float64]:
        """Give its corners, (2^n, n); voxel centres are at the integers."""
        return corners([-0.5] * len(self.shape), [size - 0.5 for size in self.shape])


class Corners(NamedTuple):
    """Points to compare at.

    Attributes
    ----------
    points
        (n, N).
    extent
        Address of the array whose corners they are; None for the unit box.
    """

    points: NDArray[np.float64]
    extent: str | None


def array_boxes(
    connection: sa.Connection, component_id: int, group_id: int | None = None
) -> list[ArrayBox]:
    """List the arrays of a group, the finest first; or the finest of each image of a component."""
    if group_id is None:
        rows = connection.execute(_IN_COMPONENT, {"component": component_id})
    else:
        rows = connection.execute(_IN_GROUP, {"component": component_id, "group": group_id})
    boxes = []
    for id_, group, _, text in rows:
        shape = integers(text)
        if shape:
            boxes.append(ArrayBox(id_, group, shape))
    return boxes


def corners_in(
    boxes: Iterable[ArrayBox],
    system_id: int,
    way: Callable[[int], Path],
    fields_for: Callable[[str], FieldReader],
) -> Corners | None:
    """Give the corners of the first array from which they can be moved into a system.

    Parameters
    ----------
    way
        Finds the path from a system (by id) to the one in question.
    """
    import numpy as np

    for box in sorted(boxes, key=lambda box: box.system_id != system_id):
        try:
            path = way(box.system_id).reading(fields_for)
            points = path.move(box.corners(), outside="nan").coordinates
        except CatalogError:
            continue
        points = points[np.isfinite(points).all(axis=1)]
        if len(points):
            return Corners(points, path.source)
    return None


def unit_box(ndim: int) -> Corners:
    """Give the corners of the unit box, for systems far from any image."""
    return Corners(corners([0.0] * ndim, [1.0] * ndim), None)
