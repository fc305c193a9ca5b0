"""How boxes of a coordinate system are held against the extents of a component.

Extents are in the reference system of the component. What leads there from another system,
and back, is found once and kept: a component's id is never used twice.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from catalog.database.extents import indexed_axes
from catalog.database.prepared import Prepared, parameter
from catalog.database.schema import axis, coordinate_system, extent
from catalog.errors import CatalogError, NoPathError, NotInvertibleError
from catalog.geometry import affine
from catalog.geometry.rows import Rows, identity
from catalog.query.addresses import SystemRow, system_by_id
from catalog.query.listings import AxisListing
from catalog.query.paths import path_between

if TYPE_CHECKING:
    from catalog.geometry.field import FieldReader
    from catalog.graph.path import Path

FieldsFor = Callable[[str], "FieldReader"]

_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Frame:
    """What is the same for all extents of a component.

    Attributes
    ----------
    reference
        The reference system.
    indexed
        Its axes that are indexed, in the order of the columns.
    crowded
        Whether the index over boxes is asked.
    unplaced
        How many images have no box, by the reason.
    """

    component_id: int
    reference: SystemRow
    axes: tuple[AxisListing, ...] | None
    indexed: tuple[int, ...]
    crowded: bool
    unplaced: tuple[tuple[str, int], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Way:
    """How a system and the reference system lie to each other.

    Attributes
    ----------
    there
        From the system to the reference system, M x (K+1); None where it is no affine map.
    back
        From the reference system to the system, K x (M+1); None likewise.
    path
        That leads there, where it is no affine map.
    """

    there: Rows | None = None
    back: Rows | None = None
    path: Path | None = None


_frames: WeakKeyDictionary[sa.Engine, OrderedDict[int, Frame]] = WeakKeyDictionary()
_ways: WeakKeyDictionary[sa.Engine, OrderedDict[tuple[int, int], Way]] = WeakKeyDictionary()
_lock = Lock()


@cache
def _some() -> Prepared:
    component = parameter(0, sa.BigInteger())
    e = extent.c
    unplaced = (
        sa.select(sa.func.count()).where(e.component_id == component, e.reason.is_not(None))
    ).scalar_subquery()
    one = sa.select(e.reference_id, e.crowded, unplaced).where(e.component_id == component)
    return Prepared(one.limit(sa.literal_column("1")))


@cache
def _reasons() -> Prepared:
    e = extent.c
    why = sa.select(e.reason, sa.func.count()).where(
        e.component_id == parameter(0, sa.BigInteger()), e.reason.is_not(None)
    )
    return Prepared(why.group_by(e.reason).order_by(sa.func.count().desc(), e.reason))


@cache
def _axes() -> Prepared:
    a = axis.c
    of = sa.select(a.name, a.type, a.unit).where(a.axis_layout_id == parameter(0, sa.BigInteger()))
    return Prepared(of.order_by(a.position))


def axes_of(connection: sa.Connection, system: SystemRow) -> tuple[AxisListing, ...] | None:
    """Give the axes of a system, in order; None where they are unknown."""
    if system.axis_layout_id is None:
        return None
    return tuple([AxisListing(*row) for row in _axes().rows(connection, [system.axis_layout_id])])


def frame_of(connection: sa.Connection, component_id: int) -> Frame | None:
    """Give what is the same for all extents of a component; None when it has none."""
    with _lock:
        kept = _frames.setdefault(connection.engine, OrderedDict())
        known = kept.get(component_id)
    if known is not None:
        return known
    found = _some().rows(connection, [component_id])
    if not found or found[0][0] is None:
        return None
    reference_id, crowded, unplaced = found[0]
    reference = system_by_id(connection, reference_id)
    if reference is None:  # its group is marked as removed
        return None
    axes = axes_of(connection, reference)
    types = () if axes is None else tuple([axis.type for axis in axes])
    frame = Frame(
        component_id,
        reference,
        axes,
        indexed_axes(types, reference.ndim or len(types)),
        bool(crowded),
        tuple([tuple(row) for row in _reasons().rows(connection, [component_id])])
        if unplaced
        else (),
    )
    with _lock:
        kept[component_id] = frame
        while len(kept) > _KEPT:
            kept.popitem(last=False)
    return frame


def way_of(
    connection: sa.Connection, system: SystemRow, frame: Frame, fields_for: FieldsFor
) -> Way:
    """Find how a system and the reference system of its component lie to each other.

    Raises
    ------
    NoPathError
        When no affine map leads from one to the other, nor anything else there.
    """
    key = (system.component_id, system.id)
    with _lock:
        kept = _ways.setdefault(connection.engine, OrderedDict())
        known = kept.get(key)
    if known is not None:
        return known
    way = _found(connection, system, frame, fields_for)
    if way.path is None:  # another question may have other fields at hand
        with _lock:
            kept[key] = way
            while len(kept) > _KEPT:
                kept.popitem(last=False)
    return way


def _found(
    connection: sa.Connection, system: SystemRow, frame: Frame, fields_for: FieldsFor
) -> Way:
    reference = frame.reference
    if system.id == reference.id:
        ndim = reference.ndim or len(frame.axes or ())
        return Way(identity(ndim), identity(ndim))
    try:
        path = path_between(connection, system, reference)
    except NoPathError as error:
        back = _matrix_between(connection, reference, system)
        if back is None:
            raise NoPathError(
                f"{error.message} Boxes of this component are in {reference.address}.",
                *(error.source, error.target),
            ) from error
        return Way(back=back)
    matrix = path.matrix
    if matrix is None:
        return Way(path=path.reading(fields_for))
    if matrix.shape[1] == matrix.shape[0] + 1:
        try:
            return Way(affine.as_rows(matrix), affine.as_rows(affine.invert(matrix, limit=None)))
        except NotInvertibleError:
            return Way(affine.as_rows(matrix))
    return Way(affine.as_rows(matrix), _matrix_between(connection, reference, system))


def _matrix_between(connection: sa.Connection, one: SystemRow, other: SystemRow) -> Rows | None:
    try:
        matrix = path_between(connection, one, other).matrix
    except CatalogError:
        return None
    return None if matrix is None else affine.as_rows(matrix)


def is_placed(connection: sa.Connection, component_id: int) -> bool:
    """Tell whether the images of a component, if any, were looked at for where they lie.

    Those that an earlier version of this program recorded were not.
    """
    from catalog.database.schema import image

    there = (
        sa.select(image.c.id)
        .join(coordinate_system, coordinate_system.c.id == image.c.intrinsic_system_id)
        .where(coordinate_system.c.component_id == component_id)
        .where(~sa.select(extent.c.image_id).where(extent.c.image_id == image.c.id).exists())
    )
    return connection.execute(there.limit(1)).first() is None
