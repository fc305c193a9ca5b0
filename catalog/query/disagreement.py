"""How far apart alternative paths put the corners of an image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from catalog.errors import CatalogError
from catalog.graph.disagreement import Difference, difference
from catalog.query.addresses import SystemRow, resolve_system
from catalog.query.extents import Corners, array_boxes, corners_in, unit_box
from catalog.query.listings import axis_layouts
from catalog.query.paths import path as find_path

if TYPE_CHECKING:
    from catalog.geometry.field import FieldReader
    from catalog.graph.path import Path


class Alternatives(NamedTuple):
    """How much alternatives differ from the best path.

    Attributes
    ----------
    extent
        Address of the array at whose corners they are compared; None for the unit box.
    differences
        Of each path but the first, from the first.
    """

    extent: str | None
    differences: tuple[Difference, ...]


def disagreement(
    connection: sa.Connection, found: Sequence[Path], fields_for: Callable[[str], FieldReader]
) -> Alternatives:
    """Compare paths between the same two systems with the first of them.

    They are compared at the corners of the image that the source belongs to, else of the
    target's, else of the unit box.
    """
    if len(found) < 2:
        return Alternatives(None, ())
    source = resolve_system(connection, found[0].source)
    target = resolve_system(connection, found[0].target)
    layouts = axis_layouts(connection)
    axes = None if target.axis_layout_id is None else layouts[target.axis_layout_id]
    place = _corners(connection, source, target, fields_for)
    if place is None:
        unknown = Difference(None, problem=f"The axes of {source.address} are not known.")
        return Alternatives(None, (unknown,) * (len(found) - 1))
    others = found[1:]
    return Alternatives(
        place.extent,
        tuple(difference(found[0], other, place.points, axes) for other in others),
    )


def _corners(
    connection: sa.Connection,
    source: SystemRow,
    target: SystemRow,
    fields_for: Callable[[str], FieldReader],
) -> Corners | None:
    for image in (source, target):
        boxes = array_boxes(connection, source.component_id, image.group_id)
        here = corners_in(
            boxes,
            source.id,
            lambda id_: find_path(connection, f"system:{id_}", f"system:{source.id}"),
            fields_for,
        )
        if here is not None:
            return here
    ndim = source.ndim
    if ndim is None:
        try:
            ndim = find_path(connection, source.address, target.address).mapping.ndim_in
        except CatalogError:
            ndim = None
    return None if ndim is None else unit_box(ndim)
