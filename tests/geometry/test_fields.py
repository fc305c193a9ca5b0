"""Displacement and coordinate fields on a grid in memory: values, edges of the field, pages."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from catalog.errors import (
    DimensionalityError,
    FieldError,
    NotInvertibleError,
    PointsError,
    UsageError,
)
from catalog.geometry import sampling
from catalog.geometry.field import Field
from catalog.geometry.mapping import mapping
from catalog.geometry.moving import Moving
from catalog.graph.path import Path, Step
from catalog.metadata.transformations import (
    Affine,
    Bijection,
    ByDimension,
    ByDimensionItem,
    Coordinates,
    Displacements,
    Identity,
    ProjectAxis,
    Scale,
    Sequence,
    Translation,
)


class Held:
    """Vectors in memory, as a grid that tells what is read of it."""

    def __init__(self, values, chunks=None):
        self.values = np.asarray(values)
        self.shape = self.values.shape[:-1]
        self.chunks = chunks or self.shape
        self.components = self.values.shape[-1]
        self.dtype = self.values.dtype
        self.boxes = []

    def read(self, start, stop):
        self.boxes.append((start, stop))
        return self.values[tuple(map(slice, start, stop))]

    @property
    def chunks_read(self):
        """Which chunks were read, and how often."""
        found = []
        for start, stop in self.boxes:
            ranges = [
                range(a // step, -(-b // step))
                for a, b, step in zip(start, stop, self.chunks, strict=True)
            ]
            found += itertools.product(*ranges)
        return sorted(found)


def field(values, kind="displacements", scale=1.0, shift=0.0, chunks=None):
    grid = Held(values, chunks)
    count = len(grid.shape)
    to_grid = np.hstack([np.eye(count) / scale, np.full((count, 1), -shift / scale)])
    return Field(kind, "the/warp", grid, to_grid)


def warp(made, interpolation=None):
    kind = Displacements if made.kind == "displacements" else Coordinates
    transformation = kind(path="warp", interpolation=interpolation)
    return mapping(transformation, made.ndim_in, made.ndim_out).reading(lambda path, kind: made)


def moved(made, points, interpolation=None, **policy):
    moving = Moving(**policy)
    moving.begin(len(points))
    return warp(made, interpolation).apply(np.array(points, dtype=float), moving)


LINE = np.array([[-1.0], [0.0], [1.0]])


def test_the_example_of_the_specification():
    # Displacements -1, 0, 1 at 0, 2, 4: half a voxel along, -0.5.
    assert moved(field(LINE, scale=2.0), [[1.0]]).tolist() == [[0.5]]


def test_nearest_coordinates_of_the_specification():
    made = field([[-9.0], [9.0], [0.0]], "coordinates")
    points = [[-0.5], [0.0], [0.49], [0.5], [1.0], [1.49], [1.5], [2.5]]
    expected = [-9, -9, -9, 9, 9, 9, 0, 0]
    assert moved(made, points, "nearest")[:, 0].tolist() == expected


def test_nearest_rounds_ties_up_though_the_scale_rounds_them_down():
    made = field([[0.0], [10.0], [20.0], [30.0]], "coordinates", scale=0.1)
    # 0.15 / 0.1 and 0.25 / 0.1 are a little less than 1.5 and 2.5 in float64.
    assert moved(made, [[0.05], [0.15], [0.25]], "nearest")[:, 0].tolist() == [10, 20, 30]


def test_half_a_voxel_beyond_the_centres_the_outermost_value_holds():
    made = field(LINE)
    assert moved(made, [[-0.5], [2.5]])[:, 0].tolist() == [-1.5, 3.5]
    with pytest.raises(FieldError, match=r"1 of 2 points lies outside the displacements field"):
        moved(made, [[-0.51], [1.0]])


@pytest.mark.parametrize("ndim", [1, 2, 3, 4])
@pytest.mark.parametrize(("interpolation", "order"), [("linear", 1), ("bspline-cubic", 3)])
def test_as_scipy_interpolates(ndim, interpolation, order):
    random = np.random.default_rng(ndim)
    shape = (7, 5, 6, 4)[:ndim]
    values = random.normal(size=(*shape, ndim)).astype("float32")
    points = random.random((200, ndim)) * (np.array(shape) - 1)
    points[:50] = points[:50].round()  # on voxels too
    expected = [
        map_coordinates(values[..., axis].astype(float), points.T, order=order)
        for axis in range(ndim)
    ]
    found = moved(field(values), points, interpolation) - points
    np.testing.assert_allclose(found, np.array(expected).T, atol=1e-12)


def test_cubic_and_bspline_cubic_are_one():
    values = np.random.default_rng(0).normal(size=(8, 8, 2))
    made = field(values)
    points = [[1.5, 2.25], [6.9, 0.1]]
    assert (moved(made, points, "cubic") == moved(made, points, "bspline-cubic")).all()


def test_a_cubic_field_of_one_voxel_along_an_axis():
    values = np.arange(8.0).reshape(1, 8, 1).repeat(2, axis=2)
    assert moved(field(values), [[0.0, 3.0]], "cubic") == pytest.approx(np.array([[3.0, 6.0]]))
    assert moved(field(values[:, :1]), [[0.0, 0.0]], "cubic").tolist() == [[0.0, 0.0]]


def test_an_unknown_interpolation():
    with pytest.raises(FieldError, match="'lanczos'; there are nearest, linear"):
        moved(field(LINE), [[1.0]], "lanczos")


def test_coordinates_may_lead_to_other_dimensions():
    values = np.arange(6.0).reshape(2, 3, 1) + np.array([0.0, 10.0, 20.0])
    made = field(values, "coordinates")
    assert moved(made, [[0.5, 1.0]]).tolist() == [[2.5, 12.5, 22.5]]
    way = warp(made)
    assert way.invertibility == "no"
    with pytest.raises(NotInvertibleError, match="from 2 to 3 dimensions"):
        way.inverse()
    # Where the ends are unknown, it is known when the field is there.
    unknown = mapping(Coordinates(path="warp"), None, None).reading(lambda path, kind: made)
    with pytest.raises(NotInvertibleError, match="leads from 2 to 3"):
        unknown.inverse().apply(np.zeros((1, 3)))


@pytest.mark.parametrize(
    ("ndims", "words"),
    [((3, 2), "takes 2 dimensions; expected 3"), ((2, 1), "gives 2 dimensions; expected 1")],
)
def test_a_field_of_other_dimensions(ndims, words):
    made = field(np.zeros((3, 3, 2)), "coordinates")
    way = mapping(Coordinates(path="w"), *ndims).reading(lambda path, kind: made)
    with pytest.raises(DimensionalityError, match=words):
        way.apply(np.zeros((1, ndims[0])))


POINTS = [[0.5], [7.0], [-3.0], [1.5]]


def test_points_outside_are_an_error_that_names_them():
    with pytest.raises(FieldError) as caught:
        moved(field(LINE, scale=2.0, shift=1.0), POINTS)
    assert caught.value.message.startswith(
        "2 of 4 points lie outside the displacements field the/warp, the first is point 1 (7); "
        "the field covers (0) to (6)."
    )


def test_points_outside_become_nan_or_take_the_outermost_value():
    made = field(LINE)
    found = moved(made, POINTS, outside="nan")[:, 0]
    assert np.isnan(found).tolist() == [False, True, True, False]
    assert found[[0, 3]].tolist() == [0.0, 2.0]
    assert moved(made, POINTS, outside="clamp")[:, 0].tolist() == [0.0, 8.0, -4.0, 2.0]


def test_no_value_is_outside():
    made = field([[1.0], [np.nan], [1.0], [1.0]])
    # On a voxel's centre only that voxel counts, whatever stands beside it.
    assert moved(made, [[0.0], [2.0], [2.5]])[:, 0].tolist() == [1.0, 3.0, 3.5]
    with pytest.raises(FieldError, match="the first is point 1"):
        moved(made, [[0.0], [0.5]])
    assert np.isnan(moved(made, [[0.5]], outside="nan")).all()
    cubic = moved(made, [[0.5], [3.0]], "cubic", outside="nan")
    assert np.isnan(cubic[:, 0]).tolist() == [True, False]


def test_a_policy_that_is_none():
    with pytest.raises(UsageError, match="choose error, nan or clamp"):
        Moving("wrap")
    with pytest.raises(UsageError, match="not a positive number"):
        Moving(tolerance=0.0)


SHEET = np.random.default_rng(5).normal(size=(40, 30, 2))


def test_only_the_chunks_that_points_need():
    made = field(SHEET, chunks=(10, 10))
    moved(made, [[2.5, 3.5], [9.0, 10.0]])
    assert made.grid.chunks_read == [(0, 0), (0, 1)]
    # Between the last voxel of a chunk and the first of the next, both.
    moved(made, [[19.5, 15.0]])
    assert made.grid.chunks_read == [(0, 0), (0, 1), (1, 1), (2, 1)]
    moved(made, [[25.0, 15.0], [2.5, 3.5]])
    assert len(made.grid.chunks_read) == 4
    moved(made, [[9.5, 0.0]], "nearest")
    assert made.grid.chunks_read[-1] == (2, 1)
    assert len(made.grid.chunks_read) == 5


def test_points_outside_cost_no_chunk():
    made = field(SHEET, chunks=(10, 10))
    moved(made, [[100.0, 100.0], [0.0, 0.0]], outside="nan")
    assert made.grid.chunks_read == [(0, 0)]


@pytest.fixture
def small_pages(monkeypatch):
    """Cut every field into small pages, of which few are kept."""
    monkeypatch.setattr(sampling, "WHOLE", 1000)
    monkeypatch.setattr(sampling, "PAGE", 700)
    monkeypatch.setattr(sampling, "KEPT", 2000)


@pytest.mark.parametrize("interpolation", ["nearest", "linear", "cubic"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pages_give_the_same_values(interpolation, dtype, request):
    values = np.random.default_rng(1).normal(size=(150, 90, 2)).astype(dtype)
    points = np.random.default_rng(2).random((3000, 2)) * [150, 90] - 0.5
    whole = moved(field(values), points, interpolation)
    request.getfixturevalue("small_pages")
    made = field(values, chunks=(6, 5))
    paged = moved(made, points, interpolation)
    np.testing.assert_allclose(paged, whole, atol=1e-13)
    pages = made.sampler(interpolation)._pages
    assert sum(page.size for page in pages.values()) <= 2000 or len(pages) == 1


@pytest.mark.usefixtures("small_pages")
def test_pages_read_each_chunk_once_for_all_points():
    made = field(np.zeros((60, 60, 2)), chunks=(5, 5))
    points = np.random.default_rng(0).random((5000, 2)) * 59
    moved(made, points, "nearest")
    assert made.grid.chunks_read == list(itertools.product(range(12), range(12)))


@given(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=5))
def test_boxes_cover_what_is_true_once(rows):
    mask = np.array(rows)
    count = np.zeros(mask.shape, dtype=int)
    for first, last in sampling.boxes(mask):
        count[tuple(map(slice, first, last))] += 1
    assert (count == mask).all()


def test_integers_that_are_stored_are_read():
    values = np.array([[1.0], [2.0]], dtype="float32")
    assert moved(field(values), [[0.25]]).tolist() == [[1.5]]


def nested(made):
    """Put a field of one dimension into a sequence in a byDimension in a bijection."""
    inner = Sequence(transformations=(Scale(scale=(2.0,)), Displacements(path="w")))
    beside = ByDimension(
        transformations=(
            ByDimensionItem(transformation=inner, inputAxes=(1,), outputAxes=(0,)),
            ByDimensionItem(transformation=Identity(), inputAxes=(0,), outputAxes=(1,)),
        )
    )
    back = Affine(affine=((0.0, 1.0, 0.0), (0.5, 0.0, 0.0)))
    return mapping(Bijection(forward=beside, inverse=back), 2, 2).reading(lambda path, kind: made)


def test_fields_inside_other_transformations():
    way = nested(field(LINE))
    assert way.needs == ("w",)
    assert way.apply(np.array([[5.0, 0.25], [6.0, 1.0]])).tolist() == [[0.0, 5.0], [3.0, 6.0]]
    # The stated inverse is used as it is.
    assert way.inverse().apply(np.array([[1.0, 2.0]])).tolist() == [[2.0, 0.5]]
    assert way.inverse().inverse().apply(np.array([[5.0, 0.25]])).tolist() == [[0.0, 5.0]]


def test_a_point_that_is_lost_beside_another_axis_is_lost_whole():
    moving = Moving("nan")
    moving.begin(2)
    found = nested(field(LINE)).apply(np.array([[5.0, 9.0], [6.0, 1.0]]), moving)
    assert np.isnan(found[0, 0])
    assert moving.gone.tolist() == [True, False]


def path_through(*transformations, fields, ndim=2):
    from catalog.graph.edges import GraphEdge
    from catalog.metadata.assembly import Edge, SystemKey

    steps = []
    for index, transformation in enumerate(transformations):
        backwards = isinstance(transformation, tuple)
        stated = transformation[0] if backwards else transformation
        edge = Edge(
            "g",
            f"/{index}",
            None,
            SystemKey("", f"s{index}"),
            SystemKey("", f"s{index + 1}"),
            stated,
            "scene",
        )
        made = GraphEdge.from_edge(edge, ndim, ndim, fields=lambda path, kind: fields[path])
        steps.append(Step(made, backwards))
    return Path("s0", "end", tuple(steps), 0, ndim, ndim)


def test_affine_runs_are_folded():
    scale, shift = Scale(scale=(2.0, 2.0)), Translation(translation=(1.0, 0.0))
    made = field(np.full((20, 20, 2), 0.5))
    path = path_through(scale, shift, Displacements(path="w"), shift, scale, fields={"w": made})
    folded = path.mapping.folded
    assert [step.rows is None for step in folded] == [False, True, False]
    assert path.transform([[1.0, 2.0]]).tolist() == [[9.0, 9.0]]


def test_a_path_counts_and_says_what_it_met():
    made = field(np.zeros((4, 4, 2)))
    path = path_through(
        Displacements(path="w"),
        Translation(translation=(2.0, 0.0)),
        Displacements(path="w"),
        fields={"w": made},
    )
    points = [[1.0, 1.0], [3.0, 1.0], [9.0, 9.0], [0.0, 0.0]]
    with pytest.raises(FieldError, match="1 of 4 points lies outside"):
        path.move(points)
    found = path.move(points, outside="nan")
    assert np.isnan(found.coordinates[:, 0]).tolist() == [False, True, True, False]
    assert np.isnan(found.coordinates[:, 1]).tolist() == [False, True, True, False]
    assert (found.outside, found.unconverged, found.residual) == (2, 0, None)
    assert found.notes == ("2 of 7 points lie outside the field the/warp: they are NaN.",)
    clamped = path.move(points, outside="clamp")
    assert clamped.outside == 2
    assert clamped.coordinates.tolist() == [[3, 1], [5, 1], [11, 9], [2, 0]]
    assert "its outermost values were used" in clamped.notes[0]


def test_what_is_lost_stays_lost_after_axes_are_dropped():
    made = field(np.zeros((4, 4, 2)))
    drop = Sequence(
        transformations=(
            Displacements(path="w"),
            ProjectAxis(droppedInputs=(0,)),
            ProjectAxis(createdOutputs=(0,)),
        )
    )
    path = path_through(drop, fields={"w": made})
    assert np.isnan(path.transform([[9.0, 1.0]], outside="nan")).all()


def test_arrays_of_any_shape():
    made = field(np.zeros((9, 9, 2)))
    path = path_through(Displacements(path="w"), fields={"w": made})
    points = np.random.default_rng(0).random((2, 3, 4, 2)) * 8
    np.testing.assert_array_equal(path.transform(points), points)
    np.testing.assert_array_equal(path.transform(points[0, 0, 0]), points[0, 0, 0])
    assert path.transform(np.empty((0, 2))).shape == (0, 2)
    with pytest.raises(PointsError, match="3 coordinates; expected 2"):
        path.transform(np.zeros((2, 2, 3)))


def test_many_points_in_blocks(monkeypatch):
    from catalog.graph import path as module

    made = field(np.random.default_rng(3).normal(size=(30, 30, 2)) * 0.1)
    path = path_through((Displacements(path="w"),), fields={"w": made})
    points = np.random.default_rng(4).random((1000, 2)) * 35 - 3
    whole = path.move(points, outside="nan")
    monkeypatch.setattr(module, "_BLOCK", 64)
    parts = path.move(points, outside="nan")
    np.testing.assert_array_equal(parts.coordinates, whole.coordinates)
    assert (parts.outside, parts.notes) == (whole.outside, whole.notes)
    assert 0 < parts.outside < 1000
    with pytest.raises(
        FieldError, match=rf"the first is point {np.isnan(whole.coordinates[:, 0]).argmax()} "
    ):
        path.move(points[np.isnan(whole.coordinates[:, 0]).cumsum() <= 1])


def test_what_follows_a_coordinate_field_takes_what_it_gives():
    """Neither end of the second step is stated: the field tells, when points come."""
    spread = field([[1.0, 10.0], [2.0, 20.0]], "coordinates")  # one dimension to two
    stated = Sequence(
        transformations=(
            Coordinates(path="w"),
            ProjectAxis(droppedInputs=(1,), createdOutputs=(0, 1)),
            Identity(),
            ByDimension(
                transformations=(
                    ByDimensionItem(transformation=Identity(), inputAxes=(2,), outputAxes=(0,)),
                )
            ),
        )
    )
    made = mapping(stated, 1, 1).reading(lambda path, kind: spread)
    assert made.apply(np.array([[0.5]])).tolist() == [[1.5]]
    assert (made.matrix, made.needs, made.invertibility) == (None, ("w",), "no")
    with pytest.raises(NotInvertibleError):
        made.inverse()
    wrong = field([[1.0], [2.0]], "coordinates")  # one dimension to one: there is no axis 1
    with pytest.raises(DimensionalityError, match="there are only 0 to 0"):
        mapping(stated, 1, 1).reading(lambda path, kind: wrong).apply(np.array([[0.5]]))


def test_what_follows_a_coordinate_field_has_its_inverse():
    made = field([[5.0], [7.0], [9.0]], "coordinates")
    created = ProjectAxis(createdOutputs=(1,))
    stated = Sequence(
        transformations=(Coordinates(path="w"), created, ProjectAxis(createdOutputs=()))
    )
    way = mapping(stated, 1, 2).reading(lambda path, kind: made)
    assert way.apply(np.array([[0.5]])).tolist() == [[6.0, 0.0]]
    assert way.inverse().apply(np.array([[6.0, 0.0]])) == pytest.approx(np.array([[0.5]]))


def test_a_field_that_leads_elsewhere_than_the_end_says():
    made = field([[1.0, 10.0], [2.0, 20.0]], "coordinates")
    stated = Sequence(transformations=(Coordinates(path="w"), Identity()))
    with pytest.raises(DimensionalityError, match="expected 3"):
        mapping(stated, 1, 3).reading(lambda path, kind: made).apply(np.array([[0.5]]))
