"""Slanted boxes: what affine maps make of boxes, and how they lie to each other.

An affine map takes a box to a centre and a generator for each of its axes: all points that
are the centre plus the sum of the generators, each times a number from -1 to 1. Two such
shapes have a point in common exactly when no direction separates them, and of all
directions those at right angles to as many generators as there are dimensions, less one,
are enough. In one dimension that is comparing intervals, in three the fifteen directions
between two boxes. Axes that no map mixes are looked at apart, so that a movement of five
axes is mostly five intervals. All candidates go through at once.

Shapes are closed: what touches has a point in common. A distance counts as none when it is
smaller than a billionth of the shapes, or than what rounding of their coordinates may be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Literal

import numpy as np

from catalog.geometry.relations import NOTHING, RELATIVE, ROUNDING, Relation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

_MOST_DIRECTIONS = 2_000


@dataclass(frozen=True, slots=True)
class Slanted:
    """Shapes in D dimensions.

    Attributes
    ----------
    centre
        (n, D).
    generators
        (n, D, G).
    """

    centre: Floats
    generators: Floats

    @classmethod
    def of(cls, matrices: Floats, low: Floats, high: Floats) -> Slanted:
        """Make what affine maps (n, D, N+1) make of boxes (n, N)."""
        half = (high - low) / 2
        centre = np.einsum("ndk,nk->nd", matrices[:, :, :-1], low + half) + matrices[:, :, -1]
        generators = matrices[:, :, :-1] * half[:, None, :]
        # What rounding left of a zero would join axes that nothing mixes.
        sizes = np.abs(generators)
        generators[sizes < NOTHING * sizes.sum(axis=2, keepdims=True)] = 0.0
        return cls(centre, generators)

    def part(self, which: Flags, axes: NDArray[np.intp]) -> Slanted:
        """Take some of the shapes, in some of the dimensions, without what has no length."""
        generators = self.generators[which][:, axes]
        used = generators.any(axis=(0, 1))
        return Slanted(self.centre[which][:, axes], generators[:, :, used])


def relation(shapes: Slanted, place: Slanted, how: Relation) -> Flags:
    """Tell which shapes overlap one place, lie within it, or contain it.

    Parameters
    ----------
    shapes
        n of them.
    place
        One.
    """
    count, ndim = shapes.centre.shape
    result = np.ones(count, dtype=bool)
    check = {"overlaps": _overlap, "within": _within, "contains": _contains}[how]
    here = place.generators[0] != 0.0
    there = shapes.generators != 0.0
    for which in _alike(there):
        for axes in _blocks(np.concatenate([there[which][0], here], axis=1), ndim):
            asked = which & result
            if asked.any():
                one = np.ones(1, dtype=bool)
                result[asked] = check(shapes.part(asked, axes), place.part(one, axes))
    return result


def _alike(used: Flags) -> Iterator[Flags]:
    """Sort shapes by which of their generators' coordinates are not zero."""
    if not len(used):
        return
    flat = used.reshape(len(used), -1)
    if (flat == flat[0]).all():
        yield np.ones(len(used), dtype=bool)
        return
    patterns, numbers = np.unique(flat, axis=0, return_inverse=True)
    for number in range(len(patterns)):
        yield numbers.reshape(-1) == number


def _blocks(used: Flags, ndim: int) -> list[NDArray[np.intp]]:
    """Split the dimensions into those that no generator joins."""
    left = set(range(ndim))
    blocks = []
    while left:
        block = {min(left)}
        while True:
            columns = used[sorted(block)].any(axis=0)
            joined = {axis for axis in left if used[axis, columns].any()} | block
            if joined == block:
                break
            block = joined
        left -= block
        blocks.append(np.array(sorted(block), dtype=np.intp))
    return blocks


def _overlap(shapes: Slanted, place: Slanted) -> Flags:
    return _compare(shapes, place, "both", lambda mine, its, apart: apart - mine - its)


def _within(shapes: Slanted, place: Slanted) -> Flags:
    return _compare(shapes, place, "place", lambda mine, its, apart: apart + mine - its)


def _contains(shapes: Slanted, place: Slanted) -> Flags:
    return _compare(shapes, place, "shapes", lambda mine, its, apart: apart + its - mine)


def _compare(
    shapes: Slanted,
    place: Slanted,
    faces: Literal["both", "place", "shapes"],
    excess: Callable[[Floats, Floats, Floats], Floats],
) -> Flags:
    """Hold shapes against the place along all directions that matter.

    Parameters
    ----------
    faces
        Whose generators the directions are at right angles to.
    excess
        Of the half widths of the shapes and of the place along a direction, and the
        distance of their centres: by how much the relation is missed.
    """
    count = len(shapes.centre)
    mine = shapes.generators
    its = np.broadcast_to(place.generators, (count, *place.generators.shape[1:]))
    # Rows of equal weight: a direction may mix seconds and nanometres.
    size = np.abs(mine).sum(axis=2) + np.abs(its).sum(axis=2)
    scale = np.where(size > 0.0, size, 1.0)
    mine, its = mine / scale[:, :, None], its / scale[:, :, None]
    apart = (shapes.centre - place.centre) / scale
    rounding = ROUNDING * np.maximum(np.abs(shapes.centre), np.abs(place.centre)) / scale
    spanning = {"both": np.concatenate([mine, its], axis=2), "place": its, "shapes": mine}[faces]
    if faces == "both" and comb(spanning.shape[2], spanning.shape[1] - 1) > _MOST_DIRECTIONS:
        return _solved(mine, its, apart, rounding)
    result = np.ones(count, dtype=bool)
    # Beside a place that is not flat, nothing is.
    solid = faces != "shapes" and _is_solid(place.generators[0])
    for which, directions in _directions(spanning, solid=solid):
        along = np.abs(directions)
        widths = [np.abs(directions @ each[which]).sum(axis=2) for each in (mine, its)]
        distance = np.abs(directions @ apart[which][:, :, None])[:, :, 0]
        slack = RELATIVE * (widths[0] + widths[1])
        slack += (along @ rounding[which][:, :, None])[:, :, 0]
        missed = excess(widths[0], widths[1], distance) > slack
        result[which] &= ~missed.any(axis=1)
    return result


def _is_solid(generators: Floats) -> bool:
    """Tell whether generators, (D, G), span all dimensions."""
    ndim, number = generators.shape
    if number < ndim:
        return False
    used = generators != 0.0
    if number == ndim and used.sum() == ndim:  # upright
        return bool(used.any(axis=0).all() and used.any(axis=1).all())
    return bool(np.linalg.matrix_rank(generators) == ndim)


def _directions(generators: Floats, *, solid: bool) -> Iterator[tuple[Flags | slice, Floats]]:
    """Give the directions that matter, (n, F, D), for shapes of as many dimensions each.

    Shapes that are flat have directions within the plane that they span, and those out of
    it.
    """
    count, ndim, number = generators.shape
    if ndim == 1:
        yield slice(None), np.ones((count, 1, 1))
        return
    if solid:
        yield slice(None), _normals(generators)
        return
    if number < ndim:
        ranks = np.linalg.matrix_rank(generators, tol=1e-10) if number else np.zeros(count, int)
    elif number > ndim or not count:
        # Some may be flat nevertheless, such as a plane beside a point.
        ranks = np.linalg.matrix_rank(generators, tol=1e-10)
    else:
        ranks = np.where(np.abs(np.linalg.det(generators)) > 1e-10, ndim, -1)
        flat = ranks < 0
        if flat.any():
            ranks[flat] = np.linalg.matrix_rank(generators[flat], tol=1e-10)
    for rank in np.unique(ranks).tolist():
        which = ranks == rank
        if rank == ndim:
            yield which, _normals(generators[which])
            continue
        basis = (
            np.linalg.svd(generators[which])[0]
            if number
            else np.tile(np.eye(ndim), (int(which.sum()), 1, 1))
        )
        spanned, beyond = basis[:, :, :rank], basis[:, :, rank:]
        found = [beyond.transpose(0, 2, 1)]
        if rank:
            inside = spanned.transpose(0, 2, 1)
            normals = _normals(inside @ generators[which])
            found.append(normals @ inside)
        yield which, np.concatenate(found, axis=1)


def _normals(generators: Floats) -> Floats:
    """Give for each choice of D-1 generators what is at right angles to them, (n, F, D)."""
    count, ndim, number = generators.shape
    if ndim == 1:
        return np.ones((count, 1, 1))
    chosen = generators[:, :, _choices(number, ndim - 1)]  # (n, D, F, D-1)
    normals = np.empty((count, chosen.shape[2], ndim))
    if ndim == 2:
        normals[:, :, 0], normals[:, :, 1] = -chosen[:, 1, :, 0], chosen[:, 0, :, 0]
    elif ndim == 3:
        one, other = chosen[:, :, :, 0], chosen[:, :, :, 1]
        normals = np.cross(one, other, axis=1).transpose(0, 2, 1)
    else:
        for axis in range(ndim):
            rest = [other for other in range(ndim) if other != axis]
            minors = np.linalg.det(chosen[:, rest].transpose(0, 2, 1, 3))
            normals[:, :, axis] = minors if axis % 2 == 0 else -minors
    lengths = np.linalg.norm(normals, axis=2, keepdims=True)
    # Generators that lie in line give no direction: none is missed along a zero one.
    usable = lengths > 1e-12
    return np.where(usable, normals / np.where(usable, lengths, 1.0), 0.0)


@cache
def _choices(number: int, size: int) -> NDArray[np.intp]:
    listed = list(combinations(range(number), size))
    return np.array(listed, dtype=np.intp).reshape(-1, size)


def _solved(mine: Floats, its: Floats, apart: Floats, rounding: Floats) -> Flags:
    """Look for a common point by linear programming: so many mixed axes have no other way."""
    from scipy.optimize import linprog

    result = np.empty(len(mine), dtype=bool)
    for at, (left, right, distance, slack) in enumerate(
        zip(mine, its, apart, rounding, strict=True)
    ):
        matrix = np.concatenate([left, -right], axis=1)
        within = RELATIVE + slack
        found = linprog(
            np.zeros(matrix.shape[1]),
            A_ub=np.concatenate([matrix, -matrix]),
            b_ub=np.concatenate([within - distance, within + distance]),
            bounds=(-1.0, 1.0),
        )
        result[at] = found.status == 0
    return result
