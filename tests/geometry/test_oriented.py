"""Slanted boxes are held against each other as linear programming would."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog

from catalog.errors import PointsError
from catalog.geometry import oriented
from catalog.geometry.oriented import Slanted, relation
from catalog.geometry.widened import widened_box

Floats = NDArray[np.float64]


def shape_of(matrix: Floats, low: Floats, high: Floats) -> Slanted:
    return Slanted.of(matrix[None], low[None], high[None])


def spread(one: Slanted, other: Slanted) -> float:
    """Give by how much all generators must grow for a common point; infinite if never."""
    a, b = one.generators[0], other.generators[0]
    count = a.shape[1] + b.shape[1]
    cost = np.zeros(count + 1)
    cost[-1] = 1.0
    grown = np.column_stack([np.eye(count), -np.ones(count)])
    found = linprog(
        cost,
        A_ub=np.concatenate([grown, np.column_stack([-np.eye(count), -np.ones(count)])]),
        b_ub=np.ones(2 * count),
        A_eq=np.concatenate([a, -b, np.zeros((len(a), 1))], axis=1),
        b_eq=other.centre[0] - one.centre[0],
        bounds=[(None, None)] * count + [(-1.0, None)],
    )
    return float(found.fun) if found.status == 0 else np.inf


@st.composite
def slanted(draw: st.DrawFn, ndim: int) -> Slanted:
    sides = draw(st.integers(1, 5))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    matrix = random.normal(size=(ndim, sides + 1))
    kind = draw(st.sampled_from(["full", "sparse", "upright"]))
    if kind == "sparse":
        matrix[:, :-1] *= random.random((ndim, sides)) < 0.5
    if kind == "upright":
        matrix[:, :-1] = np.eye(ndim, sides)
    matrix[:, -1] *= 2
    low = -random.random(sides)
    high = random.random(sides) * 2 * (random.random(sides) < draw(st.sampled_from([1.0, 0.7])))
    return shape_of(matrix, low, np.maximum(low, high))


@settings(max_examples=150, deadline=None)
@given(data=st.data(), ndim=st.integers(1, 5))
def test_a_common_point_is_found_as_linear_programming_finds_it(
    data: st.DataObject, ndim: int
) -> None:
    one, other = data.draw(slanted(ndim)), data.draw(slanted(ndim))
    margin = spread(one, other)
    if abs(margin) > 1e-6:
        assert relation(one, other, "overlaps").tolist() == [margin < 0]


@settings(max_examples=60, deadline=None)
@given(data=st.data(), ndim=st.integers(1, 4))
def test_within_and_contains_are_each_others_other_side(data: st.DataObject, ndim: int) -> None:
    one, other = data.draw(slanted(ndim)), data.draw(slanted(ndim))
    within = relation(one, other, "within").tolist()
    assert within == relation(other, one, "contains").tolist()
    signs = itertools.product((-1.0, 1.0), repeat=one.generators.shape[2])
    points = [one.centre[0] + one.generators[0] @ np.array(sign) for sign in signs]
    margins = [spread(Slanted(point[None], np.zeros((1, ndim, 1))), other) for point in points]
    if min(abs(margin) for margin in margins) > 1e-6:
        assert within == [max(margins) < 0]


def test_many_mixed_axes_are_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(7)
    matrices = random.normal(size=(40, 4, 5))
    shapes = Slanted.of(matrices, np.full((40, 4), -0.5), np.full((40, 4), 0.5))
    place = Slanted.of(np.eye(4, 5)[None], np.full((1, 4), -0.5), np.full((1, 4), 0.5))
    by_directions = relation(shapes, place, "overlaps").tolist()
    monkeypatch.setattr(oriented, "_MOST_DIRECTIONS", 1)
    assert relation(shapes, place, "overlaps").tolist() == by_directions
    assert 0 < sum(by_directions) < 40


def test_what_touches_overlaps_far_from_the_origin_too() -> None:
    for at in (0.0, 1e6, -1e9):
        upright = np.array([[1.0, 0.0, at], [0.0, 1.0, at]])
        one = shape_of(upright, np.zeros(2), np.ones(2))
        beside = shape_of(upright, np.array([1.0, 0.0]), np.array([2.0, 1.0]))
        apart = shape_of(upright, np.array([1.01, 0.0]), np.array([2.0, 1.0]))
        assert relation(one, beside, "overlaps").all()
        assert not relation(one, apart, "overlaps").any()


def test_no_shapes_give_no_answers() -> None:
    nothing = Slanted(np.zeros((0, 2)), np.zeros((0, 2, 2)))
    place = shape_of(np.eye(2, 3), np.zeros(2), np.ones(2))
    assert relation(nothing, place, "overlaps").tolist() == []


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), ndim=st.integers(1, 3))
def test_a_widened_box_holds_what_is_moved(seed: int, ndim: int) -> None:
    random = np.random.default_rng(seed)
    waves, shifts = random.normal(size=(ndim, ndim)) / 3, random.random(ndim) * 6

    def move(points: Floats) -> Floats:
        return points + 2 * np.sin(points @ waves + shifts)

    low, high = [-0.5] * ndim, (random.integers(1, 12, ndim) + 0.5).tolist()
    first, last = widened_box(low, high, move)
    points = random.uniform(low, high, (20_000, ndim))
    moved = move(points)
    assert (moved >= first).all()
    assert (moved <= last).all()


def test_what_lies_outside_counts_for_nothing() -> None:
    def half(points: Floats) -> Floats:
        return np.where(points > 4.0, np.nan, points)

    low, high = widened_box([0.0], [10.0], half)
    assert low[0] <= 0.0
    assert 4.0 <= high[0] <= 6.0
    with pytest.raises(PointsError, match="No point"):
        widened_box([5.0], [10.0], half)
