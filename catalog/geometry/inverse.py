"""The numeric inverse of a warp: all points at once, by fixed point, Newton, continuation.

A warp moves a position u to u + E(u), in voxels. To find the u that comes to a target,
u = target - E(u) is iterated, which is cheap and converges where E changes slowly.
Where that stalls, Newton's method with halved steps takes over; and where that stalls
too, the warp is switched on little by little.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.float64]
Displacement = Callable[[Positions], Positions]
"""E: gives for positions (N, n) by how much they are moved (N, n)."""

_FIXED_POINT = 40
_NEWTON = 40
_HALVINGS = 8
_STEP = 1e-4  # voxels: of the differences that stand for derivatives
_MARGIN = 0.25  # how much closer than asked the residual is brought: the position follows it
_SLOW = 0.5  # a residual that shrinks less than this in a step is for Newton


class Found(NamedTuple):
    """Where the search ended.

    Attributes
    ----------
    positions
        The best positions, (N, n).
    residuals
        By how much they miss their targets, (N, n); NaN where the warp has no value.
    converged
        Which are within the tolerance.
    """

    positions: Positions
    residuals: Positions
    converged: NDArray[np.bool_]


def invert(displacement: Displacement, target: Positions, tolerance: float) -> Found:
    """Find the positions that a warp brings to `target` (N, n), to `tolerance` voxels."""
    # Nothing can be found more closely than the target itself is written.
    rounding = 16 * np.finfo(np.float64).eps * np.abs(target).max(axis=0, initial=1.0)
    goal = np.maximum(tolerance * _MARGIN, rounding)
    best = target.copy()
    miss = np.full_like(target, np.nan)
    done = _fixed_point(displacement, target, goal, best, miss)
    rest = np.flatnonzero(~done)
    if len(rest):
        part, part_miss = best[:, rest], miss[:, rest]
        solved = _newton(displacement, target[:, rest], goal[rest], part, part_miss)
        stuck = np.flatnonzero(~solved)
        if len(stuck):
            rows = rest[stuck]
            found, found_miss = _continued(displacement, target[:, rows], goal[rows])
            closer = _sizes(found_miss) < _sizes(part_miss[:, stuck])
            part[:, stuck[closer]] = found[:, closer]
            part_miss[:, stuck[closer]] = found_miss[:, closer]
        best[:, rest], miss[:, rest] = part, part_miss
    return Found(best, miss, _sizes(miss) <= np.maximum(tolerance, goal))


def _sizes(vectors: Positions) -> NDArray[np.float64]:
    """Give the length of each vector, infinite for what is not a number."""
    lengths = np.sqrt(np.einsum("ij,ij->j", vectors, vectors))
    return np.where(np.isnan(lengths), np.inf, lengths)


def _fixed_point(
    displacement: Displacement,
    target: Positions,
    goal: NDArray[np.float64],
    best: Positions,
    miss: Positions,
) -> NDArray[np.bool_]:
    """Iterate while it pays, from the target; tell which points arrived."""
    arrived = np.zeros(target.shape[1], dtype=bool)
    active = np.arange(target.shape[1])
    here = target
    least = np.full(target.shape[1], np.inf)
    for _ in range(_FIXED_POINT):
        found = here + displacement(here) - target[:, active]
        size = _sizes(found)
        closer = size < least[active]
        best[:, active[closer]] = here[:, closer]
        miss[:, active[closer]] = found[:, closer]
        arrived[active] = size <= goal[active]
        going = (size > goal[active]) & np.isfinite(size) & (size <= _SLOW * least[active])
        least[active[closer]] = size[closer]
        active = active[going]
        if not len(active):
            break
        here = here[:, going] - found[:, going]
    return arrived


def _newton(
    displacement: Displacement,
    target: Positions,
    goal: NDArray[np.float64],
    best: Positions,
    miss: Positions,
) -> NDArray[np.bool_]:
    """Improve `best` and its `miss` in place, by steps that each come closer."""
    arrived = np.zeros(target.shape[1], dtype=bool)
    unknown = np.isnan(miss).any(axis=0)
    if unknown.any():
        miss[:, unknown] = best[:, unknown] + displacement(best[:, unknown]) - target[:, unknown]
    active = np.flatnonzero(~np.isnan(miss).any(axis=0))
    for _ in range(_NEWTON):
        if not len(active):
            break
        here, off = best[:, active], miss[:, active]
        slopes = _slopes(displacement, here, off + target[:, active] - here)
        step = _solved(slopes, -off)
        came = _searched(displacement, target[:, active], here, off, step)
        best[:, active], miss[:, active] = here, off
        # How far the position is off, not only where it leads to.
        error = np.maximum(_sizes(off), _MARGIN * _sizes(_solved(slopes, off)))
        arrived[active] = error <= goal[active]
        active = active[came & ~arrived[active]]
    return arrived


def _searched(
    displacement: Displacement,
    target: Positions,
    here: Positions,
    off: Positions,
    step: Positions,
) -> NDArray[np.bool_]:
    """Go along `step` as far as it helps, halving it; tell which points came closer."""
    came = np.zeros(target.shape[1], dtype=bool)
    waiting = np.arange(target.shape[1])
    sizes = _sizes(off)
    share = 1.0
    for _ in range(_HALVINGS):
        trial = here[:, waiting] + share * step[:, waiting]
        found = trial + displacement(trial) - target[:, waiting]
        good = _sizes(found) < (1.0 - 1e-4 * share) * sizes[waiting]
        rows = waiting[good]
        here[:, rows], off[:, rows] = trial[:, good], found[:, good]
        came[rows] = True
        waiting = waiting[~good]
        if not len(waiting):
            break
        share *= 0.5
    return came


def _continued(
    displacement: Displacement, target: Positions, goal: NDArray[np.float64]
) -> tuple[Positions, Positions]:
    """Switch the warp on in steps, each solved from the solution before."""
    best = target.copy()
    miss = np.full_like(target, np.nan)
    for share in (0.25, 0.5, 0.75, 1.0):

        def part(positions: Positions, share: float = share) -> Positions:
            return share * displacement(positions)

        miss[:] = np.nan
        _newton(part, target, goal, best, miss)
    return best, miss


def _slopes(displacement: Displacement, here: Positions, moved: Positions) -> Positions:
    """Give the derivative of the whole warp at each position, (n, N, N); `moved` is E(here)."""
    count = len(here)
    slopes = np.empty((here.shape[1], count, count), dtype=np.float64)
    for axis in range(count):
        beside = here.copy()
        beside[axis] += _STEP
        slopes[:, :, axis] = ((displacement(beside) - moved) / _STEP).T
        slopes[:, axis, axis] += 1.0
    return slopes


def _solved(slopes: Positions, right: Positions) -> Positions:
    """Solve one small system for each point; where it is singular, take the right side."""
    usable = np.asarray(np.isfinite(slopes).all(axis=(1, 2)))
    with np.errstate(all="ignore"):
        usable &= np.abs(np.linalg.det(np.where(usable[:, None, None], slopes, 0.0))) > 1e-12
    result = right.copy()
    if usable.any():
        solved = np.linalg.solve(slopes[usable], right[:, usable].T[:, :, None])
        result[:, usable] = solved[:, :, 0].T
    return result
