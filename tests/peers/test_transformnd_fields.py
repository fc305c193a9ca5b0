"""Fields give the same points as transformnd's, of every interpolation."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from catalog.geometry.field import Field
from catalog.geometry.mapping import mapping
from catalog.metadata.transformations import Coordinates, Displacements


class Held:
    """Vectors in memory as a grid."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values
        self.shape = self.chunks = values.shape[:-1]
        self.components = values.shape[-1]
        self.dtype = values.dtype

    def read(self, start: tuple[int, ...], stop: tuple[int, ...]) -> np.ndarray:
        """Give a box."""
        return self.values[tuple(map(slice, start, stop))]


@pytest.mark.parametrize(("name", "order"), [("nearest", 0), ("linear", 1), ("bspline-cubic", 3)])
@pytest.mark.parametrize("kind", ["displacements", "coordinates"])
@pytest.mark.parametrize("ndim", [2, 3])
def test_the_same_points(
    peer: Callable[[str], ModuleType], name: str, order: int, kind: str, ndim: int
) -> None:
    transforms = peer("transformnd.transforms")
    random = np.random.default_rng(order)
    shape = (8, 9, 10)[:ndim]
    values = random.normal(size=(*shape, ndim))
    points = random.random((300, ndim)) * (np.array(shape) - 1)
    ours, theirs = {
        "displacements": (Displacements, transforms.Displacements),
        "coordinates": (Coordinates, transforms.Coordinates),
    }[kind]
    to_grid = np.hstack([np.eye(ndim), np.zeros((ndim, 1))])
    field = Field(
        "displacements" if kind == "displacements" else "coordinates", "w", Held(values), to_grid
    )
    made = mapping(ours(path="w", interpolation=name), ndim, ndim).reading(lambda path, kind: field)
    expected = theirs(values, interpolation_order=order).apply(points)
    np.testing.assert_allclose(made.apply(points), expected, rtol=1e-9, atol=1e-12)
