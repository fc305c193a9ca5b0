"""The arithmetic of fields: from points to positions in a grid, vectors there, and back."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalog.errors import FieldError, NotInvertibleError
from catalog.geometry import affine
from catalog.geometry.field import Field
from catalog.geometry.grid import Interpolation
from catalog.geometry.inverse import Positions, invert
from catalog.geometry.moving import Moving
from catalog.geometry.sampling import Sampler

Points = NDArray[np.float64]
Rows = NDArray[np.intp]

# How far beyond its voxels a position still counts as inside: what rounding adds.
_ROUNDING = 1e-9
# Samples of a field that its affine part is fitted to, about.
_FITTED = 100


class _Search(NamedTuple):
    """Where points come from: positions (N, n) in the grid, and how exact they are.

    Attributes
    ----------
    residuals
        In units of the output; NaN where the field has no value.
    left
        Which lie outside the field.
    """

    positions: Positions
    residuals: NDArray[np.float64]
    converged: NDArray[np.bool_]
    left: NDArray[np.bool_]


class Warp(NamedTuple):
    """A field as a map of points; `rows` number the points among those of a block."""

    field: Field
    interpolation: Interpolation
    place: str

    @property
    def sampler(self) -> Sampler:
        """What interpolates the field."""
        return self.field.sampler(self.interpolation)

    def forward(self, points: Points, rows: Rows, moving: Moving) -> Points:
        """Move points (n, N) to (n, M)."""
        met = moving.met(self.field.name, inverted=False, remarks=self.field.remarks)
        met.points += len(points)
        positions = _applied(self.field.to_grid, points)
        inside = self._inside(positions, _ROUNDING)
        if inside is None:
            result = self._values(points, positions)
            inside = np.ones(len(points), dtype=bool)
        elif moving.outside == "clamp":
            result = self._values(points, positions)
        else:
            kept = np.flatnonzero(inside)
            if len(kept) < len(points) and moving.outside == "error":
                raise self._left(points, rows, ~inside, moving, "lie")
            result = np.full((len(points), self.field.ndim_out), np.nan)
            result[kept] = self._values(points[kept], positions[:, kept])
        empty = self._without_value(result, points, rows, inside, moving)
        lost = np.flatnonzero(~inside | empty)
        if len(lost):
            met.outside += len(lost)
            moving.left(rows[lost])
        return result

    def backward(self, points: Points, rows: Rows, moving: Moving) -> Points:
        """Find the points (n, N) that come to `points`; iteratively, see `inverse`."""
        met = moving.met(self.field.name, inverted=True, remarks=self.field.remarks)
        met.points += len(points)
        if not len(points):
            return np.empty((0, self.field.ndim_in), dtype=np.float64)
        displaced = self.field.kind == "displacements"
        found = self._search(
            self.field.to_grid if displaced else self._fitted(), points, moving.tolerance
        )
        positions, residuals, converged, left = found
        again = np.flatnonzero(left | ~converged)
        if displaced and len(again):
            # A warp that mirrors or turns has other solutions beyond its border: from
            # about where they should come from, they are found inside.
            try:
                better = self._search(self._fitted(), points[again], moving.tolerance)
            except NotInvertibleError:
                better = None
            if better is not None:
                good = better.converged & ~better.left
                rest = again[good]
                positions[:, rest] = better.positions[:, good]
                residuals[rest] = better.residuals[good]
                converged[rest], left[rest] = True, False
        if left.any():
            if moving.outside == "error":
                raise self._left(points, rows, left, moving, "come from")
            met.outside += int(left.sum())
            moving.left(rows[left])
            if not displaced:
                positions[:, left] = self._held(positions[:, left])
        answered = ~left
        if answered.any():
            met.residual = max(met.residual or 0.0, float(residuals[answered].max()))
        missed = rows[answered & ~converged]
        if len(missed):
            met.unconverged += len(missed)
            moving.missed(missed)
        to_points = affine.invert(self.field.to_grid, limit=None)
        result = np.ascontiguousarray(_applied(to_points, positions.T).T)
        if moving.outside == "nan":
            result[left | ~converged] = np.nan
        else:
            result[np.isnan(residuals)] = np.nan
        return result

    def _search(self, frame: NDArray[np.float64], points: Points, tolerance: float) -> _Search:
        """Look for where points come from, taking the warp for `frame` and something small."""
        displaced = self.field.kind == "displacements"
        to_points = affine.invert(self.field.to_grid, limit=None)

        def displacement(positions: Positions) -> Positions:
            held = self._held(positions)
            values = self.sampler.sample(held)
            if frame is self.field.to_grid:
                return _applied(frame, values, linear=True)
            if displaced:
                values += _applied(to_points, held.T).T
            return _applied(frame, values) - held

        target = _applied(frame, points)
        positions, misses = np.empty_like(target), np.empty_like(target)
        converged = np.empty(len(points), dtype=bool)
        # Points of one page together, since each is sampled many times.
        for group in self.sampler.groups(self._held(target)):
            found = invert(displacement, target[:, group], tolerance)
            positions[:, group], misses[:, group], converged[group] = found
        residuals = np.linalg.norm(np.linalg.inv(frame[:, :-1]) @ misses, axis=0)
        left = np.isnan(residuals)
        inside = self._inside(positions, max(_ROUNDING, tolerance))
        if inside is not None:
            left |= ~inside
        return _Search(positions, residuals, converged, left)

    def _values(self, points: Points, positions: Positions) -> Points:
        result = self.sampler.sample(self._held(positions))
        if self.field.kind == "displacements":
            result += points
        return result

    def _held(self, positions: Positions) -> Positions:
        """Hold positions in the hull of the voxel centres."""
        last = np.array(self.field.grid.shape, dtype=np.float64)[:, None] - 1.0
        if positions.size and (positions.min() < 0.0 or (positions > last).any()):
            return np.clip(positions, 0.0, last)
        return positions

    def _inside(self, positions: Positions, margin: float) -> NDArray[np.bool_] | None:
        """Tell which positions the voxels cover; None: all."""
        if not positions.shape[1]:
            return None
        last = np.array(self.field.grid.shape, dtype=np.float64)[:, None] - 0.5 + margin
        if positions.min() >= -0.5 - margin and (positions.max(axis=1) <= last[:, 0]).all():
            return None
        return np.asarray(((positions >= -0.5 - margin) & (positions <= last)).all(axis=0))

    def _without_value(
        self,
        result: Points,
        points: Points,
        rows: Rows,
        inside: NDArray[np.bool_],
        moving: Moving,
    ) -> NDArray[np.bool_]:
        """Tell which points inside met no value (NaN): the field does not reach there."""
        if np.isfinite(result).all():
            return np.zeros(len(points), dtype=bool)
        empty = np.asarray(~np.isfinite(result).all(axis=1) & inside)
        result[empty] = np.nan
        if empty.any() and moving.outside == "error":
            raise self._left(points, rows, empty, moving, "lie")
        return empty

    def _fitted(self) -> NDArray[np.float64]:
        """Fit an affine map to the whole warp, and give its inverse, to grid indices.

        What remains is small and smooth, so that it can be inverted like displacements.
        """
        known = self.field.frames.get(self.interpolation)
        if known is not None:
            return known
        shape = self.field.grid.shape
        count = max(3, round(_FITTED ** (1 / len(shape))))
        steps = [np.unique(np.linspace(0, size - 1, min(count, size)).round()) for size in shape]
        lattice = np.array(list(product(*steps))).T
        values = self.sampler.sample(lattice)
        usable = np.isfinite(values).all(axis=1)
        if self.field.kind == "displacements":
            values += _applied(affine.invert(self.field.to_grid, limit=None), lattice.T).T
        known_ones = np.vstack([lattice, np.ones(lattice.shape[1])])[:, usable].T
        fitted = np.linalg.lstsq(known_ones, values[usable], rcond=None)[0].T
        try:
            frame = affine.invert(fitted)
        except NotInvertibleError:
            raise NotInvertibleError(
                f"The points that the field {self.field.name} leads to do not spread over all "
                "dimensions; it has no inverse.",
                self.place,
            ) from None
        return self.field.frames.setdefault(self.interpolation, frame)

    def _left(
        self, points: Points, rows: Rows, which: NDArray[np.bool_], moving: Moving, verb: str
    ) -> FieldError:
        """Say which points are outside, and what a field covers."""
        first = int(np.argmax(which))
        shown = ", ".join(f"{value:.6g}" for value in points[first])
        count = int(which.sum())
        if count == 1:
            verb = {"lie": "lies", "come from": "comes from"}[verb]
        low, high = self._extent()
        return FieldError(
            f"{count:,} of {len(points):,} points {verb} outside the {self.field.kind} field "
            f"{self.field.name}, the first is point {moving.first + int(rows[first])} "
            f"({shown}); the field covers ({low}) to ({high}). Points outside can become "
            "NaN ('nan'), or be moved by the field's outermost values ('clamp').",
            self.place,
        )

    def _extent(self) -> tuple[str, str]:
        """Give the corners of the box around the field, in the points' system, as text."""
        sides = [(-0.5, size - 0.5) for size in self.field.grid.shape]
        corners = np.array(list(product(*sides)))
        box = affine.apply(affine.invert(self.field.to_grid, limit=None), corners)
        low, high = box.min(axis=0), box.max(axis=0)
        return ", ".join(f"{v:.6g}" for v in low), ", ".join(f"{v:.6g}" for v in high)


def _applied(
    matrix: NDArray[np.float64], points: NDArray[np.floating], *, linear: bool = False
) -> Positions:
    """Apply an affine map (or its linear part) to points (n, N); gives (M, n), axes first."""
    result = np.empty((len(matrix), len(points)), dtype=np.float64)
    columns = np.ascontiguousarray(points.T)
    for row, target in zip(matrix, result, strict=True):
        used = [axis for axis, factor in enumerate(row[:-1]) if factor]
        target[:] = columns[used[0]] * row[used[0]] if used else 0.0
        for axis in used[1:]:
            np.add(target, columns[axis] * row[axis], out=target)
        if row[-1] and not linear:
            np.add(target, row[-1], out=target)
    return result
