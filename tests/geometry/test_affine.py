"""Affine algebra on arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import DimensionalityError, NotInvertibleError
from catalog.geometry import affine

numbers = st.floats(-100, 100).map(lambda value: round(value, 3))


def matrices(rows, columns):
    size = rows * columns
    return st.lists(numbers, min_size=size, max_size=size).map(
        lambda values: np.array(values).reshape(rows, columns)
    )


@given(matrices(3, 3), matrices(2, 4), matrices(5, 2))
def test_compose_is_one_after_the_other(first, second, points):
    expected = affine.apply(second, affine.apply(first, points))
    found = affine.apply(affine.compose([first, second]), points)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-6)


@given(matrices(3, 4), matrices(4, 3))
def test_invert_goes_back(matrix, points):
    if affine.condition(matrix) > 1e6:
        return
    back = affine.apply(affine.invert(matrix), affine.apply(matrix, points))
    np.testing.assert_allclose(back, points, rtol=1e-7, atol=1e-5)


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        ([[1.0, 2.0, 0.0]], "2 inputs and 1 outputs"),
        ([[1.0, 2.0, 0.0], [2.0, 4.0, 0.0]], "singular"),
        ([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], "condition number inf"),
    ],
)
def test_not_invertible(matrix, words):
    with pytest.raises(NotInvertibleError, match=words) as caught:
        affine.invert(np.array(matrix), place="here")
    assert caught.value.place == "here"


def test_no_limit_still_refuses_the_singular():
    with pytest.raises(NotInvertibleError):
        affine.invert(np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]]), limit=None)
    wide = np.array([[3e-100, 4e-100, 0.0], [-4e50, 3e50, 0.0]])
    points = np.array([[3.0, 5.0], [-1.0, 0.5]])
    back = affine.apply(affine.invert(wide, limit=None), affine.apply(wide, points))
    np.testing.assert_allclose(back, points, rtol=1e-14)


def test_blocks_give_the_same_bits():
    random = np.random.default_rng(0)
    matrix = random.normal(size=(3, 4))
    points = random.normal(size=(40_000, 3)) * 1e5
    whole = affine.apply(matrix, points)
    parts = [affine.apply(matrix, points[i : i + 777]) for i in range(0, len(points), 777)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_lengths_must_match():
    with pytest.raises(DimensionalityError):
        affine.apply(np.eye(2, 3), np.zeros((4, 3)))
    with pytest.raises(DimensionalityError):
        affine.compose([np.eye(2, 3), np.eye(3, 4)])
