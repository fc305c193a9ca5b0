"""Boxes of images: which of their axes are indexed, and when; and the rows that hold them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from catalog.crawl.records import ExtentRecord
from catalog.database.cells import Cell
from catalog.database.parcels.values import compact_json

CROWDED = 500
"""Placed images from which a component is looked through by the index over boxes."""

INDEXED = 4
"""How many axes of a box are indexed."""


def indexed_axes(types: Sequence[str | None], ndim: int) -> tuple[int, ...]:
    """Choose the axes that are indexed: those of space first, the last axis first.

    Parameters
    ----------
    types
        Types of the axes of the reference system; empty where they are unknown.
    ndim
        How many axes it has.

    Examples
    --------
    >>> indexed_axes(["time", "channel", "space", "space", "space"], 5)
    (4, 3, 2, 1)
    >>> indexed_axes(["space", "space", "channel"], 3)
    (1, 0, 2)
    """
    last_first = range(ndim - 1, -1, -1)
    if len(types) != ndim:
        return tuple(last_first)[:INDEXED]
    return tuple(sorted(last_first, key=lambda axis: types[axis] != "space"))[:INDEXED]


def extent_rows(
    extents: Sequence[ExtentRecord],
    axis_types: Mapping[int, tuple[str | None, ...]],
    *,
    images: Mapping[tuple[str, int], int],
    first_system: int,
    component: Sequence[int],
) -> list[tuple[Cell, ...]]:
    """Make the rows of extents.

    Parameters
    ----------
    axis_types
        Types of the axes of each reference system, by its number; empty where unknown.
    images
        Number of each image in its parcel, by group and entry.
    first_system
        Number of the hierarchy's first system in its parcel.
    component
        Component of each system of the hierarchy.
    """
    placed = Counter([e.reference for e in extents if e.low is not None])
    axes: dict[int, tuple[int, ...]] = {}
    rows: list[tuple[Cell, ...]] = []
    for group, image, system, shape, reference, affine, low, high, approximate, reason in extents:
        bounds: list[float | None] = []
        if reference is not None and low is not None and high is not None:
            indexed = axes.get(reference)
            if indexed is None:
                types = axis_types.get(reference, ())
                indexed = axes[reference] = indexed_axes(types, len(low))
            for axis in indexed:
                bounds += (low[axis], high[axis])
        bounds += (None,) * (2 * INDEXED - len(bounds))
        rows.append(
            (
                images[group, image],
                None if reference is None else component[reference],
                None if reference is None else first_system + reference,
                None if system is None else first_system + system,
                compact_json(shape),
                compact_json(affine),
                compact_json(low),
                compact_json(high),
                approximate,
                reason,
                placed[reference] >= CROWDED,
                *bounds,
            )
        )
    return rows
