"""Which images lie at a place: candidates by index, then each held against the place.

An index knows upright boxes in the reference system. What it finds is held against the place
as it is (`place_held`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any

import sqlalchemy as sa

from catalog.database.dialects import Dialect
from catalog.database.prepared import Prepared, Row, parameter
from catalog.database.schema import extent
from catalog.errors import UsageError
from catalog.geometry import affine
from catalog.geometry.rows import Rows, identity
from catalog.query.addresses import Normalise, SystemRow, resolve_system, system_at
from catalog.query.search.place import Place, Placed, by_axis, ids_of
from catalog.query.search.place_frame import (
    FieldsFor,
    Frame,
    Way,
    axes_of,
    frame_of,
    is_placed,
    way_of,
)
from catalog.query.search.place_held import Bounds, Wanted, related
from catalog.query.search.place_image import ImageExtent, image_extent

FEW = 5_000
"""Candidates of a crowded component that are read at once; more are read in parts."""

_e = extent.c
# As numbers: what is boolean would be turned row by row.
_SAMPLED = sa.type_coerce(_e.approximate, sa.Integer).label("approximate")
_COLUMNS = (_e.image_id, _e.shape, _e.affine, _e.low, _e.high, _SAMPLED)
_FREE = (-math.inf, math.inf)
_NOTHING = 1e-13


def find(
    connection: sa.Connection,
    place: Place,
    dialect: Dialect,
    fields_for: FieldsFor,
    normalise: Normalise | None = None,
) -> Placed:
    """Find the images at a place.

    Raises
    ------
    UsageError
        When the place cannot be meant so: an axis that is not there, a unit, two ends
        that are needed.
    UnknownAddressError, AmbiguousAddressError
        When the system or the image means nothing, or several things.
    NoPathError
        When nothing leads from the system to where the images of its component are placed.
    """
    about = repr(place)
    if place.image is not None:
        here = image_extent(connection, place.image, normalise)
        if here.reason is not None or here.component_id is None:
            raise UsageError(f"{here.named} has no place itself: {here.reason or 'not connected'}.")
        frame = frame_of(connection, here.component_id)
        assert frame is not None
        wanted = _of_image(here)
    else:
        assert place.system is not None
        system = system_at(connection, place.system) or resolve_system(
            connection, place.system, normalise
        )
        sides = by_axis(place, system, axes_of(connection, system))
        frame = frame_of(connection, system.component_id)
        if frame is None:
            return Placed((), frozenset(), 0, (_none_there(connection, system),), about)
        way = way_of(connection, system, frame, fields_for)
        wanted = _of_box(place, sides, way, frame, system)
    ids: list[int] = []
    approximate: list[int] = []
    for rows in _candidates(connection, frame, wanted.bounds, dialect):
        for id_, sampled in related(rows, wanted, place.relation):
            if id_ == wanted.without:
                continue
            ids.append(id_)
            if sampled:
                approximate.append(id_)
    return Placed(
        ids_of(ids),
        frozenset(approximate),
        sum(count for _, count in frame.unplaced),
        tuple(_notes(frame)),
        about,
    )


def _none_there(connection: sa.Connection, system: SystemRow) -> str:
    noun = "system" if system.component_systems == 1 else "systems"
    where = (
        f"{system.address} lies in component {system.component_id} of "
        f"{system.component_systems:,} coordinate {noun}"
    )
    if not is_placed(connection, system.component_id):
        return (
            f"{where}, whose images are not placed yet: an earlier version recorded them. "
            "Run 'catalog index' again on what holds it."
        )
    return (
        f"{where}, and no image does. Images of other components are in worlds of their own: no "
        "transformation says where they lie in this one."
    )


def _notes(frame: Frame) -> Iterator[str]:
    for reason, count in frame.unplaced:
        images = "image of this component has" if count == 1 else "images of this component have"
        yield f"{count:,} {images} no known place, and may lie there or not: {reason}."


def _of_image(here: ImageExtent) -> Wanted:
    bounds = list(zip(here.low, here.high, strict=True))
    upright = identity(len(bounds))
    if here.affine is None or here.shape is None:
        return Wanted(bounds, upright, upright, here.low, here.high, here.image_id, True)
    low, high = [-0.5] * len(here.shape), [size - 0.5 for size in here.shape]
    return Wanted(bounds, upright, here.affine, low, high, here.image_id)


def _of_box(
    place: Place,
    sides: Mapping[int, tuple[float, float]],
    way: Way,
    frame: Frame,
    system: SystemRow,
) -> Wanted:
    endless = not all(math.isfinite(end) for ends in sides.values() for end in ends)
    if endless and place.relation == "contains":
        raise UsageError("No image contains a box without an end: give both ends of each side.")
    if way.back is not None:
        ndim = len(way.back)
        _no_more_than(sides, ndim, system)
        axes = sorted(sides)
        return Wanted(
            _bounds(sides, way, ndim),
            tuple([way.back[axis] for axis in axes]),
            identity(len(axes)),
            [sides[axis][0] for axis in axes],
            [sides[axis][1] for axis in axes],
        )
    if endless:
        raise UsageError(
            f"Nothing leads back from {frame.reference.address} to {system.address}: give both "
            "ends of each side."
        )
    if way.there is not None:
        return _projected(sides, way.there, system)
    return _warped(sides, way, frame, system)


def _no_more_than(sides: Mapping[int, tuple[float, float]], ndim: int, system: SystemRow) -> None:
    if max(sides) >= ndim:
        raise UsageError(f"The box has {len(sides)} sides, and {system.address} has {ndim} axes.")


def _bounds(sides: Mapping[int, tuple[float, float]], way: Way, ndim: int) -> Bounds:
    """Give the upright box, in the reference system, around what a box becomes there."""
    assert way.back is not None
    if way.there is not None and len(way.there) == ndim == len(way.there[0]) - 1:
        every = [sides.get(axis, _FREE) for axis in range(ndim)]
        return [_reach(row, every) for row in way.there]
    # No way there: a side bounds an axis where it depends on this axis alone.
    bounds = [_FREE] * (len(way.back[0]) - 1)
    for axis, (low, high) in sides.items():
        *row, offset = way.back[axis]
        used = [number for number, value in enumerate(row) if value]
        if len(used) == 1:
            ends = sorted(((low - offset) / row[used[0]], (high - offset) / row[used[0]]))
            first, last = bounds[used[0]]
            bounds[used[0]] = (max(first, ends[0]), min(last, ends[1]))
    return bounds


def _reach(row: Sequence[float], sides: Sequence[tuple[float, float]]) -> tuple[float, float]:
    *factors, low = row
    high = low
    largest = max(map(abs, factors), default=0.0)
    for factor, (first, last) in zip(factors, sides, strict=True):
        # What rounding left of a zero would make it endless.
        if abs(factor) <= _NOTHING * largest:
            continue
        ends = (factor * first, factor * last)
        low += min(ends)
        high += max(ends)
    return low, high


def _projected(sides: Mapping[int, tuple[float, float]], rows: Rows, system: SystemRow) -> Wanted:
    """Hold what a map without inverse makes of a box against images, in the reference system.

    Axes that are not named are looked along: what they would move is left out.
    """
    import numpy as np

    there = np.array(rows)
    ndim = there.shape[1] - 1
    _no_more_than(sides, ndim, system)
    free = [axis for axis in range(ndim) if axis not in sides]
    turn = np.eye(len(there))
    if free:
        basis, sizes, _ = np.linalg.svd(there[:, free])
        rank = int((sizes > 1e-12 * sizes.max(initial=0.0)).sum())
        turn = basis.T[rank:]
    named = sorted(sides)
    return Wanted(
        [_reach(row, [sides.get(axis, _FREE) for axis in range(ndim)]) for row in rows],
        affine.as_rows(np.concatenate([turn, np.zeros((len(turn), 1))], axis=1)),
        affine.as_rows(turn @ np.concatenate([there[:, named], there[:, -1:]], axis=1)),
        [sides[axis][0] for axis in named],
        [sides[axis][1] for axis in named],
    )


def _warped(
    sides: Mapping[int, tuple[float, float]], way: Way, frame: Frame, system: SystemRow
) -> Wanted:
    """Take the box around what a field makes of a box."""
    from catalog.geometry.widened import widened_box

    path = way.path
    assert path is not None
    ndim = system.ndim if system.ndim is not None else len(sides)
    if sorted(sides) != list(range(ndim)):
        raise UsageError(
            f"The way from {system.address} to {frame.reference.address} is not affine: give a "
            f"side for each of its {ndim} axes."
        )
    low, high = widened_box(
        [sides[axis][0] for axis in range(ndim)],
        [sides[axis][1] for axis in range(ndim)],
        lambda points: path.move(points, outside="nan").coordinates,
    )
    upright = identity(len(low))
    return Wanted(list(zip(low, high, strict=True)), upright, upright, low, high, approximate=True)


@cache
def _of_few(axes: int) -> Prepared:
    """Select the extents of a component, which are few, that meet a box."""
    conditions: list[sa.ColumnElement[bool]] = [
        _e.component_id == parameter(0, sa.BigInteger()),
        _e.reason.is_(None),
    ]
    for number in range(1, axes + 1):
        conditions += [
            _e[f"low_{number}"] <= parameter(2 * number, sa.Double()),
            _e[f"high_{number}"] >= parameter(2 * number - 1, sa.Double()),
        ]
    return Prepared(sa.select(*_COLUMNS).where(*conditions))


@cache
def _of_many(axes: int, dialect: Dialect, most: int | None) -> Prepared:
    """Select the same of a crowded component."""
    sides = [
        (parameter(2 * number - 1, sa.Double()), parameter(2 * number, sa.Double()))
        for number in range(1, axes + 1)
    ]
    found = dialect.near(_COLUMNS, parameter(0, sa.BigInteger()), sides)
    return Prepared(found if most is None else found.limit(sa.literal_column(str(most))))


def statement(
    frame: Frame, bounds: Bounds, dialect: Dialect, most: int | None = None
) -> tuple[Prepared, list[Any]]:
    """Give the statement that selects candidates, and its values."""
    values: list[Any] = [frame.component_id]
    for axis in frame.indexed:
        low, high = bounds[axis]
        # Wider than rounding on any of the ways; what is found is looked at again.
        size = max(abs(value) for value in (low, high, 0.0) if math.isfinite(value))
        wider = 1e-9 * size + 1e-300
        values += [low - wider, high + wider]
    count = len(frame.indexed)
    if frame.crowded:
        return _of_many(count, dialect, most), values
    return _of_few(count), values


def _candidates(
    connection: sa.Connection, frame: Frame, bounds: Bounds, dialect: Dialect
) -> Iterator[Sequence[Row]]:
    most = FEW + 1 if frame.crowded else None
    prepared, values = statement(frame, bounds, dialect, most)
    rows = prepared.rows(connection, values)
    if most is None or len(rows) < most:
        yield rows
        return
    prepared, values = statement(frame, bounds, dialect)
    stream = iter(prepared.stream(connection, values))
    while part := list(islice(stream, FEW)):
        yield part
