"""Boxes through paths: exact through affine maps, sampled through others."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from catalog.errors import PointsError
from catalog.geometry import affine
from catalog.geometry.boxes import Box, as_box, moved_box
from catalog.graph.path import Path

numbers = st.floats(-1e6, 1e6)


@st.composite
def cases(draw):
    outputs, inputs = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    matrix = draw(arrays(float, (outputs, inputs + 1), elements=numbers))
    ends = np.sort(draw(arrays(float, (2, inputs), elements=numbers)), axis=0)
    return matrix, ends


@given(cases())
def test_through_an_affine_map_it_is_that_of_all_corners(case):
    matrix, ends = case
    corners = np.array(list(product(*ends.T)))
    moved = affine.apply(matrix, corners)
    found = moved_box(ends, matrix, lambda points: affine.apply(matrix, points))
    assert found == Box(tuple(moved.min(axis=0)), tuple(moved.max(axis=0)))
    assert found.exact


def sampled(ends, move):
    return moved_box(np.array(ends, dtype=float), None, move)


def test_an_extreme_inside_is_found():
    def bowl(points):
        """Give the distance from (0.3, 0.7), and from the edge."""
        return np.stack([((points - [0.3, 0.7]) ** 2).sum(axis=1), points[:, 0] - 5], axis=1)

    found = sampled([[0, 0], [1, 1]], bowl)
    assert not found.exact
    assert found.low == pytest.approx((0.0, -5.0), abs=1e-6)
    assert found.high == pytest.approx((0.49 + 0.49, -4.0), abs=1e-6)
    (note,) = found.notes
    assert "approximate" in note


@pytest.mark.parametrize("ndim", [1, 2, 3, 4, 5])
def test_a_turning_wave_in_any_number_of_dimensions(ndim):
    def wave(points):
        return points + 0.3 * np.sin(3 * np.roll(points, 1, axis=1))

    found = sampled([[0.0] * ndim, [2.0] * ndim], wave)
    if ndim > 1:
        # The sine is 1 at pi/6 and -1 at pi/2, inside; the linear part is extreme at the ends.
        assert found.low == pytest.approx([-0.3] * ndim, abs=1e-5)
        assert found.high == pytest.approx([2.3] * ndim, abs=1e-5)


def test_a_box_without_width_is_a_point():
    found = sampled([[1, 2], [1, 2]], lambda points: points**2)
    assert (found.low, found.high) == ((1.0, 4.0), (1.0, 4.0))
    flat = sampled([[1, 0], [1, 3]], lambda points: points**2)
    assert (flat.low, flat.high) == ((1.0, 0.0), (1.0, 9.0))


def test_points_without_a_place_are_left_out():
    def half(points):
        return np.where(points[:, :1] > 0.5, np.nan, points)

    found = sampled([[0, 0], [1, 1]], half)
    assert found.low == (0.0, 0.0)
    assert found.high == pytest.approx((0.5, 1.0), abs=1e-3)
    with pytest.raises(PointsError, match="No point of the box"):
        sampled([[0.6], [1]], half)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [([1, 2], [3], "ragged"), ([1], [3], "1 coordinates"), ([3, 1], [2, 5], "empty along axis 0")],
)
def test_what_is_no_box(low, high, words):
    with pytest.raises(PointsError, match=words):
        as_box(low, high, 2)


def test_a_path_without_steps_leaves_a_box_as_it_is():
    assert Path("a", "a", (), 0).transform_box([0, 1], [2, 3]) == Box((0.0, 1.0), (2.0, 3.0))
    with pytest.raises(PointsError):
        Path("a", "a", (), 0, 3, 3).transform_box([0, 1], [2, 3])
