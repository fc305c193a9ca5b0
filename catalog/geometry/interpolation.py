"""Vectors between the voxel centres of a grid: nearest, linear, cubic B-spline.

Positions are (N, n), axes first, inside the hull of the centres: 0 to size - 1.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

_TIE = 1e-9  # what rounding may take from a position that is a tie


def nearest_voxels(positions: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Round to voxels (N, n); ties go up."""
    lower = np.floor(positions)
    upward = positions - lower >= 0.5 - _TIE
    voxels: NDArray[np.intp] = lower.astype(np.intp) + upward
    last = np.array(shape, dtype=np.intp)[:, None] - 1
    np.minimum(voxels, last, out=voxels)
    return voxels


def around(
    positions: NDArray[np.float64],
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Give the voxels below and above (N, n each), and the weight of the upper one.

    On a voxel's centre both are that voxel: no other one is needed, nor its value
    (which may be NaN) multiplied by zero.
    """
    lower = positions.astype(np.intp)
    weight = positions - lower
    return lower, lower + (weight > 0.0), weight


def nearest(values: NDArray[np.floating], positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Look up the nearest vector of `values` (*shape, M); gives (n, M)."""
    shape = values.shape[:-1]
    voxels = nearest_voxels(positions, shape)
    flat = values.reshape(-1, values.shape[-1])
    found = flat.take(np.ravel_multi_index(tuple(voxels), shape), axis=0)
    return np.asarray(found, dtype=np.float64)


def linear(values: NDArray[np.floating], positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate `values` (*shape, M) linearly along each axis; gives (n, M).

    All components of a corner lie side by side, so that one access to memory fetches
    them: several times faster than `scipy.ndimage.map_coordinates` for each component.
    """
    flat = values.reshape(-1, values.shape[-1])
    lower, upper, weight = around(positions)
    corners: list[tuple[tuple[NDArray[np.intp], NDArray[np.float64]], ...]] = []
    stride = 1
    for axis in reversed(range(len(positions))):
        below = (lower[axis] * stride, 1.0 - weight[axis])
        corners.append((below, (upper[axis] * stride, weight[axis])))
        stride *= values.shape[axis]
    total: NDArray[np.float64] | None = None
    for corner in product(*corners):
        index, share = corner[0]
        for more, factor in corner[1:]:
            index = index + more
            share = share * factor
        term = flat.take(index, axis=0) * share[:, None]
        if total is None:
            total = term
        else:
            total += term
    assert total is not None
    return total


def spline_coefficients(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Give the cubic B-spline (M, *shape) through `values` (*shape, M), mirrored at its ends."""
    from scipy.ndimage import spline_filter

    components = np.moveaxis(values, -1, 0)
    result = np.empty(components.shape, dtype=np.float64)
    for component, coefficients in zip(components, result, strict=True):
        # Not along axes of one voxel, where there is nothing to fit.
        squeezed = np.asarray(component, dtype=np.float64).squeeze()
        fitted = spline_filter(squeezed, order=3, mode="mirror") if squeezed.ndim else squeezed
        coefficients[...] = fitted.reshape(coefficients.shape)
    return result


def cubic(coefficients: NDArray[np.float64], positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Evaluate a cubic B-spline (M, *shape) as scipy does; gives (n, M)."""
    from scipy.ndimage import map_coordinates

    wide = [axis for axis, size in enumerate(coefficients.shape[1:]) if size > 1]
    result = np.empty((positions.shape[1], len(coefficients)), dtype=np.float64)
    for column, component in enumerate(coefficients):
        if wide:
            result[:, column] = map_coordinates(
                component.squeeze(), positions[wide], order=3, mode="mirror", prefilter=False
            )
        else:
            result[:, column] = component.item()
    return result
