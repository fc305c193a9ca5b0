"""The box around what a map that is not affine makes of a box: sampled, and widened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from catalog.errors import PointsError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLES = 5_000
"""Points of a grid, at most; 17 along each axis of a volume, 70 along those of a plane."""


def widened_box(
    low: Sequence[float],
    high: Sequence[float],
    move: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Give a box around what a box becomes.

    It is sampled on a grid with the corners, edges and faces of the box, and widened on
    both sides of each axis by the longest step, along this axis, between two neighbouring
    samples: what is moved may turn back between two of them, but hardly so far.

    Parameters
    ----------
    move
        Moves points (n, N) to (n, M); a row of NaN is a point that has no place there.

    Raises
    ------
    PointsError
        When no point of the box has a place there.
    """
    import numpy as np

    counts = _counts([b - a for a, b in zip(low, high, strict=True)])
    grids = [np.linspace(a, b, count) for a, b, count in zip(low, high, counts, strict=True)]
    points = np.stack([grid.ravel() for grid in np.meshgrid(*grids, indexing="ij")], axis=1)
    moved = move(points)
    placed = np.isfinite(moved).all(axis=1)
    if not placed.any():
        raise PointsError("No point of the box has a place in the other coordinate system.")
    moved[~placed] = np.nan
    first, last = np.nanmin(moved, axis=0), np.nanmax(moved, axis=0)
    on_grid = moved.reshape(*counts, -1)
    longest = np.zeros(moved.shape[1])
    for axis, count in enumerate(counts):
        if count > 1:
            steps = np.abs(np.diff(on_grid, axis=axis)).reshape(-1, moved.shape[1])
            np.fmax(longest, np.where(np.isnan(steps), 0.0, steps).max(axis=0), out=longest)
    return tuple((first - longest).tolist()), tuple((last + longest).tolist())


def _counts(widths: Sequence[float]) -> tuple[int, ...]:
    """Choose how many points stand along each axis: none closer than one voxel."""
    most = [1 if width <= 0 else max(2, int(min(width, SAMPLES)) + 1) for width in widths]
    each = 2
    while True:
        counts = [min(count, each + 1) for count in most]
        product = 1
        for count in counts:
            product *= count
        if product > SAMPLES or counts == most:
            break
        each += 1
    return tuple(most) if product <= SAMPLES else tuple(min(count, each) for count in most)
