"""Boxes: the smallest box around what a box becomes on its way through a path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from catalog.errors import PointsError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SAMPLES = 35_000  # 33 along each axis of a volume, 187 along those of a plane
_MOST = 257  # along one axis
_ROUNDS = 20  # each halves the neighbourhood in which an extreme is looked for


@dataclass(frozen=True)
class Box:
    """A box in a coordinate system, both ends included.

    Attributes
    ----------
    low, high
        Smallest and largest coordinate along each axis.
    exact
        False when it was found by sampling: what was moved may reach beyond it.
    notes
        What was met on the way, in sentences.
    """

    low: tuple[float, ...]
    high: tuple[float, ...]
    exact: bool = True
    notes: tuple[str, ...] = ()

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.low)


def as_box(low: Sequence[float], high: Sequence[float], ndim: int | None) -> NDArray[np.float64]:
    """Give the two ends of a box as an array (2, ndim).

    Raises
    ------
    PointsError
        When an end is no point of `ndim` numbers, or lies on the wrong side of the other.
    """
    from catalog.geometry.points import as_points

    ends = as_points([list(low), list(high)], ndim)
    for axis, (first, last) in enumerate(ends.T.tolist()):
        if first > last:
            raise PointsError(
                f"The box is empty along axis {axis}: {first!r} is more than {last!r}."
            )
    return ends


def outermost_corners(
    matrix: NDArray[np.float64], ends: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give the corners of a box that an affine map takes farthest along each output axis.

    Parameters
    ----------
    matrix
        M x (N+1).
    ends
        (2, N): low and high.

    Returns
    -------
    ndarray
        (2, M, N): for each output axis the corner that gets its smallest coordinate, and
        the one that gets its largest.
    """
    import numpy as np

    rising = matrix[:, :-1] >= 0
    return np.stack([np.where(rising, ends[0], ends[1]), np.where(rising, ends[1], ends[0])])


def moved_box(
    ends: NDArray[np.float64],
    matrix: NDArray[np.float64] | None,
    move: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> Box:
    """Give the smallest box around a box that has been moved.

    Through an affine map it is exact: some corner is the outermost along each axis. Else
    it is sampled on a grid of corners, edges, faces and the inside, and refined around
    the outermost samples.

    Parameters
    ----------
    ends
        (2, N): low and high.
    matrix
        The affine map, if it is one.
    move
        Moves points (n, N) to (n, M); a row of NaN is a point that has no place there.

    Raises
    ------
    PointsError
        When no point of the box has a place there.
    """
    import numpy as np

    if matrix is not None:
        corners = outermost_corners(matrix, ends)
        count = len(matrix)
        moved = move(corners.reshape(2 * count, -1)).reshape(2, count, count)
        along = np.arange(count)
        return Box(tuple(moved[0, along, along].tolist()), tuple(moved[1, along, along].tolist()))
    return _sampled(ends, move)


def _sampled(
    ends: NDArray[np.float64], move: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> Box:
    import numpy as np

    wide = ends[1] > ends[0]
    axes = int(wide.sum())
    each = min(_MOST, max(3, int(_SAMPLES ** (1 / axes) + 1e-9))) if axes else 1
    steps = np.where(wide, (ends[1] - ends[0]) / max(each - 1, 1), 0.0)
    grids = [
        np.linspace(low, high, each) if low < high else np.array([low])
        for low, high in zip(*ends, strict=True)
    ]
    points = np.stack([grid.ravel() for grid in np.meshgrid(*grids, indexing="ij")], axis=1)
    count = len(points)
    moved = move(points)
    inside = ~np.isnan(moved).any(axis=1)
    if not inside.any():
        raise PointsError("No point of the box has a place in the other coordinate system.")
    points, moved = points[inside], moved[inside]
    # The extremes: one for each end and each axis, and the points that lead there.
    best = np.stack([moved.min(axis=0), moved.max(axis=0)])
    where = np.stack([points[moved.argmin(axis=0)], points[moved.argmax(axis=0)]])
    if axes:
        around = np.array(list(product(*((-1.0, 0.0, 1.0) if w else (0.0,) for w in wide))))
        for _ in range(_ROUNDS):
            steps = steps / 2
            near = np.clip(where[:, :, None, :] + around * steps, ends[0], ends[1])
            found = move(near.reshape(-1, near.shape[-1])).reshape(*near.shape[:3], -1)
            count += near.size // near.shape[-1]
            for axis in range(best.shape[1]):
                for end, pick in ((0, np.nanargmin), (1, np.nanargmax)):
                    # The middle of a neighbourhood is a point that has a place already.
                    at = int(pick(found[end, axis, :, axis]))
                    best[end, axis] = found[end, axis, at, axis]
                    where[end, axis] = near[end, axis, at]
    note = f"The box is approximate: found with {count:,} sampled points."
    return Box(tuple(best[0].tolist()), tuple(best[1].tolist()), exact=False, notes=(note,))
