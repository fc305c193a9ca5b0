"""The numeric inverse of fields: smooth warps come back, and what does not is counted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.errors import FieldError, NotInvertibleError
from catalog.geometry import sampling
from catalog.geometry.field import Field
from catalog.geometry.inverse import invert
from catalog.geometry.mapping import mapping
from catalog.geometry.moving import Moving
from catalog.graph.path import Path, Step
from catalog.metadata.transformations import Coordinates, Displacements


class Held:
    """Vectors in memory as a grid."""

    def __init__(self, values, chunks=None):
        self.values = np.asarray(values)
        self.shape = self.values.shape[:-1]
        self.chunks = chunks or self.shape
        self.components = self.values.shape[-1]
        self.dtype = self.values.dtype

    def read(self, start, stop):
        return self.values[tuple(map(slice, start, stop))]


def lattice(shape):
    return np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1).astype(float)


def waves(places, shape, strength):
    """Displace by smooth waves, in voxels; `strength` bounds the slopes."""
    size = np.array(shape, dtype=float)
    phase = 2 * np.pi * places / size
    return strength * (size.min() / (2 * np.pi)) * np.sin(np.roll(phase, 1, axis=-1) + 0.3)


def warp(values, kind="displacements", scale=1.0, interpolation=None, chunks=None):
    ndim = values.ndim - 1
    to_grid = np.hstack([np.eye(ndim) / scale, np.zeros((ndim, 1))])
    made = Field(kind, "warp", Held(values, chunks), to_grid)
    stated = {"displacements": Displacements, "coordinates": Coordinates}[kind]
    transformation = stated(path="w", interpolation=interpolation)
    return mapping(transformation, ndim, ndim).reading(lambda path, kind: made)


def there_and_back(way, points, **policy):
    moving = Moving(**policy)
    moving.begin(len(points))
    back = way.inverse().apply(way.apply(points), moving)
    moving.end()
    return back, moving


@pytest.mark.parametrize("shape", [(50,), (40, 30), (20, 24, 28), (8, 9, 10, 7)])
@pytest.mark.parametrize("interpolation", ["linear", "bspline-cubic"])
@pytest.mark.parametrize("strength", [0.3, 0.8])
def test_smooth_displacements_come_back(shape, interpolation, strength):
    scale = 0.4
    values = waves(lattice(shape), shape, strength) * scale
    way = warp(values, scale=scale, interpolation=interpolation)
    points = np.random.default_rng(0).random((500, len(shape))) * (np.array(shape) - 1) * scale
    back, moving = there_and_back(way, points)
    assert np.abs(back - points).max() < 1e-6 * scale
    assert moving.unconverged_points == 0
    assert 0.0 <= moving.residual < 1e-6 * scale
    assert moving.notes() == (
        f"Used the numeric inverse of the field warp: largest residual {moving.residual:.2g}, "
        "0 of 500 points did not converge.",
    )


@pytest.mark.parametrize("tolerance", [1e-2, 1e-4, 1e-9, 1e-12])
def test_as_close_as_asked(tolerance):
    shape = (30, 30)
    way = warp(waves(lattice(shape), shape, 0.6))
    points = np.random.default_rng(1).random((300, 2)) * 29
    back, moving = there_and_back(way, points, tolerance=tolerance)
    assert np.abs(back - points).max() < tolerance
    assert moving.residual < tolerance
    assert moving.unconverged_points == 0


@pytest.mark.parametrize("interpolation", ["linear", "bspline-cubic"])
def test_coordinates_come_back(interpolation):
    shape = (20, 24, 28)
    places = lattice(shape)
    # Turned, stretched, far away, and bent.
    matrix = np.array([[0.0, 3.0, 0.2], [-2.0, 0.1, 0.0], [0.0, 0.3, 0.5]])
    values = (places + waves(places, shape, 0.5)) @ matrix.T + [1e4, -50.0, 3.0]
    way = warp(values, "coordinates", interpolation=interpolation)
    points = np.random.default_rng(0).random((400, 3)) * (np.array(shape) - 1)
    back, moving = there_and_back(way, points)
    assert np.abs(back - points).max() < 1e-6
    assert moving.unconverged_points == 0


def test_a_fixed_point_would_diverge_here():
    # Each step of a fixed point would triple the error: the warp stretches four times.
    places = lattice((30, 30))
    way = warp(3.0 * (places - 14.3) + 0.4 * np.sin(places[..., ::-1]))
    points = np.random.default_rng(2).random((300, 2)) * 29
    back, moving = there_and_back(way, points)
    assert np.abs(back - points).max() < 1e-6
    assert moving.unconverged_points == 0


def test_a_mirrored_warp_comes_back():
    # x → -x: nothing that starts at the target and follows displacements would get there.
    places = lattice((40,))
    way = warp(-2.0 * (places - 19.5))
    points = np.linspace(0, 39, 101)[:, None]
    back, moving = there_and_back(way, points)
    assert np.abs(back - points).max() < 1e-6
    assert moving.unconverged_points == 0


def test_points_that_come_from_outside():
    way = warp(np.full((10, 1), 3.0)).inverse()
    points = np.array([[3.0], [12.4], [2.0], [14.0]])
    with pytest.raises(FieldError, match=r"2 of 4 points come from outside .* point 2 \(2\)"):
        way.apply(points)
    moving = Moving("nan")
    moving.begin(4)
    found = way.apply(points, moving)[:, 0]
    assert np.isnan(found).tolist() == [False, False, True, True]
    moving = Moving("clamp")
    moving.begin(4)
    assert way.apply(points, moving)[:, 0].tolist() == pytest.approx([0.0, 9.4, -1.0, 11.0])
    moving.end()
    assert moving.outside_points == 2


def test_coordinates_outside_their_values_are_held_at_the_border():
    places = lattice((10,))
    way = warp(2.0 * places + 5.0, "coordinates").inverse()
    with pytest.raises(FieldError, match="1 of 2 points comes from outside"):
        way.apply(np.array([[5.0], [100.0]]))
    moving = Moving("clamp")
    moving.begin(2)
    assert way.apply(np.array([[6.0], [100.0]]), moving)[:, 0] == pytest.approx([0.5, 9.0])


def test_a_fold_is_counted_and_not_hidden():
    # Two voxels come to one place, and nothing comes to the gap beside it.
    values = np.zeros((20, 1))
    values[10:] = 4.0
    way = warp(values, interpolation="nearest")
    edge = path_backwards(way)
    points = [[3.0], [11.5], [17.0]]
    found = edge.move(points)
    assert (found.unconverged, found.outside) == (1, 0)
    assert found.coordinates[[0, 2]].tolist() == [[3.0], [13.0]]
    assert found.residual > 0.1
    assert "1 of 3 points did not converge" in found.notes[0]
    with pytest.raises(FieldError, match="not found for 1 of 3 points"):
        edge.transform(points)
    assert np.isnan(edge.transform(points, outside="nan")[:, 0]).tolist() == [False, True, False]
    assert edge.transform(points, tolerance=10.0).shape == (3, 1)


def path_backwards(way):
    from catalog.graph.edges import GraphEdge

    edge = GraphEdge("k", "a", "b", "displacements", None, "scene", "numeric", "", "", lambda: way)
    return Path("b", "a", (Step(edge, inverse=True),), 0, way.ndim_out, way.ndim_in)


def test_a_warp_without_values_there():
    values = np.zeros((10, 1))
    values[4:7] = np.nan
    way = warp(values).inverse()
    moving = Moving("nan")
    moving.begin(3)
    found = way.apply(np.array([[1.0], [5.0], [9.0]]), moving)[:, 0]
    assert np.isnan(found).tolist() == [False, True, False]
    with pytest.raises(FieldError, match="comes from outside"):
        way.apply(np.array([[5.0]]))


def test_coordinates_that_do_not_spread():
    way = warp(np.zeros((10, 10, 2)), "coordinates").inverse()
    with pytest.raises(NotInvertibleError, match="do not spread over all dimensions"):
        way.apply(np.zeros((1, 2)))


def test_no_points():
    assert warp(np.zeros((4, 4, 2))).inverse().apply(np.empty((0, 2))).shape == (0, 2)


def test_pages_give_the_same_inverse(monkeypatch):
    shape = (60, 50)
    values = waves(lattice(shape), shape, 0.5)
    points = np.random.default_rng(3).random((500, 2)) * [59, 49]
    whole, _ = there_and_back(warp(values), points)
    monkeypatch.setattr(sampling, "WHOLE", 1000)
    monkeypatch.setattr(sampling, "PAGE", 4000)
    paged, moving = there_and_back(warp(values, chunks=(8, 8)), points)
    np.testing.assert_allclose(paged, whole, atol=1e-9)
    assert moving.unconverged_points == 0


@settings(deadline=None, max_examples=60)
@given(
    ndim=st.integers(1, 3),
    strength=st.floats(0.0, 0.95),
    seed=st.integers(0, 10_000),
)
def test_every_diffeomorphism_comes_back(ndim, strength, seed):
    random = np.random.default_rng(seed)
    shape = tuple(random.integers(2, 12, size=ndim))
    values = random.normal(size=(*shape, ndim))
    # Linear between voxels, each slope below one in sum: no cell is folded.
    steepest = sum(np.abs(np.diff(values, axis=axis)).sum(axis=-1).max() for axis in range(ndim))
    way = warp(values * strength / steepest)
    points = random.random((50, ndim)) * (np.array(shape) - 1)
    back, moving = there_and_back(way, points, outside="clamp")
    assert moving.unconverged_points == 0
    assert np.abs(back - points).max() < 1e-6


def test_a_target_far_away_is_found_as_closely_as_it_is_written():
    target = np.array([[1e12, 5.0]])
    found = invert(lambda places: np.full_like(places, 0.1), target, 1e-9)
    assert found.converged.all()
    assert found.positions[0, 1] == pytest.approx(4.9)
