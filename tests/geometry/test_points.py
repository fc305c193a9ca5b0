"""Points as people give them."""

import numpy as np
import pytest

from catalog.errors import PointsError
from catalog.geometry.points import as_points, finite_result


@pytest.mark.parametrize(
    "value",
    [
        [[1, 2], [3, 4]],
        ((1, 2), (3, 4)),
        np.array([[1, 2], [3, 4]], dtype="uint8"),
        [np.array([1, 2]), [3, 4]],
    ],
)
def test_points(value):
    points = as_points(value, 2)
    assert points.dtype == np.float64
    assert points.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("value", [[], (), np.empty((0,)), np.empty((0, 2))])
def test_no_points_are_points(value):
    assert as_points(value, 2).shape == (0, 2)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([1, 2], "flat"),
        (np.array([1.0, 2.0]), "flat"),
        ([[1, 2], [3]], "ragged: point 1"),
        ([[1, 2], 3], "ragged"),
        ([[1, 2, 3]], "3 coordinates; expected 2"),
        ([[]], "0 coordinates; expected 2"),
        (np.empty((0, 3)), "3 coordinates; expected 2"),
        ([["1", "2"]], "text"),
        (["a", "b"], "text"),
        ("[[1, 2]]", "not a list"),
        ({"x": 1}, "not a list"),
        (None, "not a list"),
        (5, "not a list"),
        ([[True, 2]], "truth values"),
        (np.array([[True, False]]), "not a number"),
        ([[None, 2]], "not a number"),
        ([[1j, 2]], "not a number"),
        ([[10**400, 2]], "not a number"),
        ([[[1, 2], [3, 4]]], "nested too deep"),
        ([[[1], 2]], "nested"),
        ([[float("nan"), 2]], "Point 0 .* not finite"),
        ([[1, 2], [float("inf"), 2]], "Point 1 .* not finite"),
    ],
)
def test_what_is_not_points(value, words):
    with pytest.raises(PointsError, match=words):
        as_points(value, 2)


def test_unknown_dimensions_take_what_there_is():
    assert as_points([[1, 2, 3]], None).shape == (1, 3)
    with pytest.raises(PointsError, match="ragged"):
        as_points([[1, 2, 3], [1]], None)


def test_result_must_be_finite():
    with pytest.raises(PointsError, match="Point 1 has a result through a → b"):
        finite_result(np.array([[1.0], [np.inf]]), "a → b")
