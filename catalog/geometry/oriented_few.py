"""Slanted boxes held against a place one by one: what `oriented` decides, in plain numbers.

For a handful of candidates the fixed cost of arrays is more than the work. Mixed axes are
looked at where no more than three are mixed, and no shape is flat in them; whoever asks for
more is told to ask `oriented`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from catalog.geometry.relations import NOTHING, RELATIVE, ROUNDING, Relation
from catalog.geometry.rows import Row, Rows

Vector = tuple[float, float, float]

_SPANNING = 1e-6
"""Volume that generators span, of about one each, over which nobody takes them for flat."""


class Slant(NamedTuple):
    """A shape in D dimensions: its centre (D), and its generators (D, G)."""

    centre: Row
    generators: Rows

    def reach(self) -> list[tuple[float, float]]:
        """Give where it begins and ends along each axis."""
        halves = [sum(map(abs, row)) for row in self.generators]
        return [(at - half, at + half) for at, half in zip(self.centre, halves, strict=True)]


def slant(rows: Rows, low: Sequence[float], high: Sequence[float]) -> Slant:
    """Make what an affine map, D x (N+1), makes of a box."""
    half = [(last - first) / 2 for first, last in zip(low, high, strict=True)]
    middle = [first + width for first, width in zip(low, half, strict=True)]
    centre, generators = [], []
    for row in rows:
        factors = row[:-1]
        centre.append(sum([a * b for a, b in zip(factors, middle, strict=True)]) + row[-1])
        made = [a * b for a, b in zip(factors, half, strict=True)]
        # What rounding left of a zero would join axes that nothing mixes.
        least = NOTHING * sum(map(abs, made))
        generators.append(tuple([0.0 if abs(value) < least else value for value in made]))
    return Slant(tuple(centre), tuple(generators))


def relation(shape: Slant, place: Slant, how: Relation) -> bool | None:
    """Tell whether a shape overlaps a place, lies within it, or contains it.

    None when only `oriented` can tell.
    """
    unknown = False
    for axes in _blocks(shape.generators, place.generators):
        if len(axes) == 1:
            related: bool | None = _along(shape, place, axes[0], how)
        elif len(axes) <= 3:
            related = _mixed(shape, place, axes, how)
        else:
            related = None
        if related is False:
            return False
        unknown = unknown or related is None
    return None if unknown else True


def _blocks(mine: Rows, its: Rows) -> list[list[int]]:
    """Split the dimensions into those that no generator joins."""
    blocks = [[axis] for axis in range(len(mine))]
    for generators in (mine, its):
        for column in zip(*generators, strict=True):
            used = [axis for axis, value in enumerate(column) if value]
            if len(used) > 1:
                joined = [block for block in blocks if not set(block).isdisjoint(used)]
                if len(joined) > 1:
                    blocks = [block for block in blocks if block not in joined]
                    blocks.append(sorted(axis for block in joined for axis in block))
    return blocks


def _excess(how: Relation, mine: float, its: float, apart: float) -> float:
    """Give by how much the relation is missed, along a direction.

    Of the half widths of the shape and of the place, and the distance of their centres.
    """
    if how == "overlaps":
        return apart - mine - its
    return apart + mine - its if how == "within" else apart + its - mine


def _along(shape: Slant, place: Slant, axis: int, how: Relation) -> bool:
    mine = sum(map(abs, shape.generators[axis]))
    its = sum(map(abs, place.generators[axis]))
    one, other = shape.centre[axis], place.centre[axis]
    slack = RELATIVE * (mine + its) + ROUNDING * max(abs(one), abs(other))
    return _excess(how, mine, its, abs(one - other)) <= slack


def _mixed(shape: Slant, place: Slant, axes: list[int], how: Relation) -> bool | None:
    """Hold two or three mixed axes against each other; the third of two is nothing."""
    scales, apart, rounding = [], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
    for at, axis in enumerate(axes):
        # Rows of equal weight: a direction may mix seconds and nanometres.
        scale = sum(map(abs, shape.generators[axis])) + sum(map(abs, place.generators[axis]))
        scale = scale or 1.0
        one, other = shape.centre[axis], place.centre[axis]
        scales.append(scale)
        apart[at] = (one - other) / scale
        rounding[at] = ROUNDING * max(abs(one), abs(other)) / scale
    mine, its = (_columns(each.generators, axes, scales) for each in (shape, place))
    spanning = {"overlaps": mine + its, "within": its, "contains": mine}[how]
    if len(axes) == 3:
        normals = [
            (b * f - c * e, c * d - a * f, a * e - b * d)
            for (a, b, c), (d, e, f) in combinations(spanning, 2)
        ]
    else:
        normals = [(-y, x, 0.0) for x, y, _ in spanning]
    if not any(
        abs(a * x + b * y + c * z) > _SPANNING for a, b, c in normals for x, y, z in spanning
    ):
        return None
    for a, b, c in normals:
        length = math.sqrt(a * a + b * b + c * c)
        # Generators that lie in line give no direction: none is missed along a zero one.
        if length <= 1e-12:
            continue
        width = sum([abs(a * x + b * y + c * z) for x, y, z in mine]) / length
        room = sum([abs(a * x + b * y + c * z) for x, y, z in its]) / length
        distance = abs(a * apart[0] + b * apart[1] + c * apart[2]) / length
        rounded = abs(a) * rounding[0] + abs(b) * rounding[1] + abs(c) * rounding[2]
        slack = RELATIVE * (width + room) + rounded / length
        if _excess(how, width, room, distance) > slack:
            return False
    return True


def _columns(generators: Rows, axes: list[int], scales: list[float]) -> list[Vector]:
    """Give the generators that have a length in two or three dimensions, one by one."""
    rows = [
        [value / scale for value in generators[axis]]
        for axis, scale in zip(axes, scales, strict=True)
    ]
    if len(rows) == 2:
        return [(x, y, 0.0) for x, y in zip(*rows, strict=True) if x or y]
    return [(x, y, z) for x, y, z in zip(*rows, strict=True) if x or y or z]
