"""Candidates held against a place: slanted boxes, in the axes that the place names."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.database.prepared import Row
from catalog.geometry.oriented_few import relation as relation_of_one
from catalog.geometry.oriented_few import slant
from catalog.geometry.relations import Relation
from catalog.geometry.rows import Rows, compose

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Bounds = list[tuple[float, float]]

SINGLY = 10
"""Candidates that are held against a place one by one; more are held all at once."""


class Wanted(NamedTuple):
    """A place as extents are held against it.

    Attributes
    ----------
    bounds
        Upright box around it in the reference system, along each axis.
    turn
        From the reference system to where the place is held against images, D x (M+1).
    matrix, low, high
        The place there: what a map, D x (K+1), makes of a box, which may have no end
        where the map is none.
    without
        Id of the image that is the place itself.
    approximate
        Whether the place itself was found by sampling.
    """

    bounds: Bounds
    turn: Rows
    matrix: Rows
    low: Sequence[float]
    high: Sequence[float]
    without: int | None = None
    approximate: bool = False

    @property
    def is_endless(self) -> bool:
        """Whether a side of the place has no end."""
        return not (all(map(math.isfinite, self.low)) and all(map(math.isfinite, self.high)))


def related(rows: Sequence[Row], wanted: Wanted, how: Relation) -> Iterator[tuple[int, bool]]:
    """Yield the images that are related to a place as asked, and whether they may lie beside it.

    Parameters
    ----------
    rows
        Id, shape, affine, low, high and whether it was sampled, as `extent` holds them.
    """
    exact = [row for row in rows if row[2] is not None]
    sampled = [row for row in rows if row[2] is None]
    for group in (exact, sampled):
        for some in _by_size(group):
            found = _one_by_one(some, wanted, how) if len(some) <= SINGLY else None
            if found is None:
                found = _at_once(some, wanted, how)
            for row, is_found in zip(some, found, strict=True):
                if is_found:
                    yield row[0], bool(row[5]) or wanted.approximate


def _by_size(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Sort rows by the number of axes of the array."""
    sizes: dict[int, list[Row]] = {}
    for row in rows:
        sizes.setdefault(row[1].count(","), []).append(row)
    yield from sizes.values()


def _read(texts: Iterable[str]) -> list[Any]:
    """Read many columns of JSON at once: lists of numbers, or lists of as many such lists."""
    from pydantic_core import from_json

    found: list[Any] = from_json(f"[{','.join(texts)}]")
    return found


def _one_by_one(rows: Sequence[Row], wanted: Wanted, how: Relation) -> list[bool] | None:
    """Hold few extents of one kind against the place; None when it takes arrays to tell."""
    shapes = []
    if rows[0][2] is not None:
        for shape, to_reference in _read(f"[{row[1]},{row[2]}]" for row in rows):
            turned = compose(to_reference, wanted.turn)
            shapes.append(slant(turned, [-0.5] * len(shape), [size - 0.5 for size in shape]))
    else:
        for low, high in _read(f"[{row[3]},{row[4]}]" for row in rows):
            shapes.append(slant(wanted.turn, low, high))
    low, high = wanted.low, wanted.high
    if wanted.is_endless:
        reaches = list(zip(*(slanted.reach() for slanted in shapes), strict=True))
        low, high = _closed(
            wanted,
            [min(first for first, _ in reach) for reach in reaches],
            [max(last for _, last in reach) for reach in reaches],
        )
    place = slant(wanted.matrix, low, high)
    found = []
    for slanted in shapes:
        is_related = relation_of_one(slanted, place, how)
        if is_related is None:
            return None
        found.append(is_related)
    return found


def _at_once(rows: Sequence[Row], wanted: Wanted, how: Relation) -> list[bool]:
    """Hold extents of one kind against the place."""
    import numpy as np

    from catalog.geometry.oriented import Slanted, relation

    def array(column: int) -> NDArray[np.float64]:
        return np.array(_read(row[column] for row in rows), dtype=np.float64)

    if rows[0][2] is not None:
        ends = array(1) - 0.5
        begins, matrices = np.full_like(ends, -0.5), array(2)
    else:
        begins, ends = array(3), array(4)
        ndim = begins.shape[1]
        matrices = np.broadcast_to(np.eye(ndim, ndim + 1), (len(rows), ndim, ndim + 1))
    turn = np.array(wanted.turn)
    turned = turn[:, :-1] @ matrices
    turned[:, :, -1] += turn[:, -1]
    shapes = Slanted.of(turned, begins, ends)
    low, high = wanted.low, wanted.high
    if wanted.is_endless:
        half = np.abs(shapes.generators).sum(axis=2)
        first, last = (shapes.centre - half).min(axis=0), (shapes.centre + half).max(axis=0)
        low, high = _closed(wanted, first.tolist(), last.tolist())
    place = Slanted.of(np.array([wanted.matrix]), np.array([low]), np.array([high]))
    found: list[bool] = relation(shapes, place, how).tolist()
    return found


def _closed(
    wanted: Wanted, firsts: Sequence[float], lasts: Sequence[float]
) -> tuple[Sequence[float], Sequence[float]]:
    """Give the ends of a place; in place of an infinite one, one that lies beyond all shapes.

    Parameters
    ----------
    firsts, lasts
        Where the shapes begin and end, along each axis.
    """
    lows, highs = [], []
    for low, high, first, last in zip(wanted.low, wanted.high, firsts, lasts, strict=True):
        begin, end = min(first, high), max(last, low)
        beyond = end - begin + 1.0
        lows.append(low if math.isfinite(low) else begin - beyond)
        highs.append(high if math.isfinite(high) else end + beyond)
    return lows, highs
