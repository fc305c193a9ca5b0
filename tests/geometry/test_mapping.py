"""What each of the twelve transformations does to points, there and back."""

import numpy as np
import pytest

from catalog.errors import (
    DimensionalityError,
    FieldError,
    NotInvertibleError,
    StoreError,
    TransformationError,
)
from catalog.geometry.classify import edge_mapping
from catalog.geometry.mapping import mapping
from catalog.metadata.transformations import (
    Affine,
    Bijection,
    ByDimension,
    ByDimensionItem,
    Coordinates,
    Displacements,
    Identity,
    MapAxis,
    ProjectAxis,
    Rotation,
    Scale,
    Sequence,
    Translation,
)

SCALE = Scale(scale=(2.0, 4.0))
SHIFT = Translation(translation=(1.0, -1.0))


def item(transformation, inputs, outputs):
    return ByDimensionItem(transformation=transformation, inputAxes=inputs, outputAxes=outputs)


def moved(transformation, points, ndim_in=None, ndim_out=None, parameters=None):
    points = np.asarray(points, dtype=float)
    made = mapping(transformation, ndim_in or points.shape[1], ndim_out, parameters)
    return made.apply(points).tolist()


@pytest.mark.parametrize(
    ("transformation", "point", "expected"),
    [
        (Identity(), [1, 2], [1, 2]),
        (SCALE, [1, 2], [2, 8]),
        (SHIFT, [1, 2], [2, 1]),
        (MapAxis(mapAxis=(2, 0, 1)), [10, 20, 30], [30, 10, 20]),
        (Affine(affine=((0.0, 1.0, 5.0), (1.0, 1.0, 0.0))), [1, 2], [7, 3]),
        (Affine(affine=((1.0, 1.0, 5.0),)), [1, 2], [8]),
        (Rotation(rotation=((0.0, -1.0), (1.0, 0.0))), [1, 2], [-2, 1]),
        (Sequence(transformations=(SCALE, SHIFT)), [1, 2], [3, 7]),
        (Sequence(transformations=(SHIFT, SCALE)), [1, 2], [4, 4]),
        (Sequence(transformations=()), [1, 2], [1, 2]),
        (Bijection(forward=SCALE, inverse=SHIFT), [1, 2], [2, 8]),
        # FORMAT reading 4: drop inputs first; created indices are positions in the output.
        (ProjectAxis(droppedInputs=(0,)), [1, 2, 3], [2, 3]),
        (ProjectAxis(createdOutputs=(1,)), [1, 2], [1, 0, 2]),
        (ProjectAxis(createdOutputs=(0, 3), droppedInputs=(1,)), [1, 2, 3], [0, 1, 3, 0]),
        (ProjectAxis(createdOutputs=(), droppedInputs=()), [1, 2], [1, 2]),
    ],
)
def test_forward(transformation, point, expected):
    assert moved(transformation, [point]) == [expected]


def test_by_dimension_permutes_groups_and_changes_dimensions():
    transformation = ByDimension(
        transformations=(
            item(Scale(scale=(10.0,)), (2,), (0,)),
            item(MapAxis(mapAxis=(1, 0)), (0, 1), (3, 1)),
            item(Affine(affine=((7.0,),)), (), (2,)),
        )
    )
    with pytest.raises(DimensionalityError, match="not empty"):
        mapping(transformation, 3, 4)
    transformation = ByDimension(
        transformations=(
            item(Scale(scale=(10.0,)), (2,), (0,)),
            item(MapAxis(mapAxis=(1, 0)), (0, 1), (3, 1)),
            item(Affine(affine=((1.0, 1.0, 7.0),)), (0, 2), (2,)),
        )
    )
    made = mapping(transformation, 3, 4)
    assert made.apply(np.array([[1.0, 2.0, 3.0]])).tolist() == [[30, 1, 11, 2]]
    assert made.invertibility == "no"
    with pytest.raises(NotInvertibleError, match="unused or uses it twice"):
        made.inverse()


def test_by_dimension_with_uneven_items_goes_back():
    transformation = ByDimension(
        transformations=(
            item(ProjectAxis(createdOutputs=(0,)), (1,), (2, 0)),
            item(Scale(scale=(4.0,)), (0,), (1,)),
        )
    )
    made = mapping(transformation, 2, 3)
    assert made.apply(np.array([[1.0, 2.0]])).tolist() == [[2, 4, 0]]
    assert made.invertibility == "closed"
    back = made.inverse()
    assert (back.ndim_in, back.ndim_out) == (3, 2)
    assert back.apply(np.array([[2.0, 4.0, 9.0]])).tolist() == [[1, 2]]


def test_by_dimension_leaves_an_input_unused():
    transformation = ByDimension(transformations=(item(Identity(), (1,), (0,)),))
    made = mapping(transformation, 2, 1)
    assert made.apply(np.array([[5.0, 6.0]])).tolist() == [[6]]
    assert made.invertibility == "no"


@pytest.mark.parametrize(
    ("items", "ndim_in", "ndim_out", "words"),
    [
        ([((0,), (0,)), ((1,), (0,))], 2, 2, "each of 0 to 1 once"),
        ([((0,), (0,))], 2, 2, "each of 0 to 1 once"),
        ([((0,), (1,))], 1, 1, "each of 0 to 0 once"),
        ([((5,), (0,))], 2, 1, "only 0 to 1"),
    ],
)
def test_by_dimension_must_cover_its_outputs(items, ndim_in, ndim_out, words):
    transformation = ByDimension(
        transformations=tuple(item(Identity(), *axes) for axes in items), name="mine"
    )
    with pytest.raises(DimensionalityError, match=words) as caught:
        mapping(transformation, ndim_in, ndim_out, place="/x")
    assert caught.value.place == "/x"
    assert "byDimension 'mine' at /x" in caught.value.message


@pytest.mark.parametrize(
    "transformation",
    [
        SCALE,
        SHIFT,
        MapAxis(mapAxis=(1, 0)),
        Affine(affine=((2.0, 1.0, 5.0), (1.0, 3.0, -4.0))),
        Rotation(rotation=((0.17, -0.985), (0.985, 0.17))),
        Sequence(transformations=(SCALE, Rotation(rotation=((0.6, -0.8), (0.8, 0.6))), SHIFT)),
        ByDimension(
            transformations=(item(Scale(scale=(3.0,)), (1,), (0,)), item(Identity(), (0,), (1,)))
        ),
    ],
    ids=lambda t: t.type,
)
def test_there_and_back(transformation):
    points = np.array([[0.0, 0.0], [1.5, -2.25], [1e6, 3.0]])
    made = mapping(transformation, 2, 2)
    assert made.invertibility == "closed"
    np.testing.assert_allclose(
        made.inverse().apply(made.apply(points)), points, rtol=1e-12, atol=1e-9
    )
    twice = made.inverse().inverse()
    np.testing.assert_array_equal(twice.apply(points), made.apply(points))


def test_inverse_of_scale_is_one_rounding():
    back = mapping(Scale(scale=(0.1, 3.0)), 2, 2).inverse()
    assert back.rows == ((1 / 0.1, 0.0, 0.0), (0.0, 1 / 3.0, 0.0))


@pytest.mark.parametrize(
    ("transformation", "ndim_in", "ndim_out"),
    [
        (Scale(scale=(1.0, 0.0)), 2, 2),
        (Affine(affine=((1.0, 2.0, 0.0), (2.0, 4.0, 0.0))), 2, 2),
        (Affine(affine=((1.0, 0.0, 0.0), (0.0, 1e-14, 0.0))), 2, 2),
        (Affine(affine=((1.0, 1.0, 0.0),)), 2, 1),
        (ProjectAxis(droppedInputs=(0,)), 2, 1),
        (Coordinates(path="field"), 2, 3),
        (Sequence(transformations=(SCALE, Scale(scale=(0.0, 1.0)))), 2, 2),
    ],
)
def test_no_way_back(transformation, ndim_in, ndim_out):
    made = mapping(transformation, ndim_in, ndim_out, place="/here")
    assert made.invertibility == "no"
    with pytest.raises(NotInvertibleError) as caught:
        made.inverse()
    assert caught.value.place.startswith("/here")


def test_a_scale_of_very_different_units_has_an_inverse():
    """The limit of condition is the affine's; nanometres beside metres are no defect."""
    far = Sequence(
        transformations=(Scale(scale=(1e-9, 1e6)), Rotation(rotation=((0.6, -0.8), (0.8, 0.6))))
    )
    made = edge_mapping(far, 2, 2)
    point = np.array([[3.0, 5.0]])
    np.testing.assert_allclose(made.inverse().apply(made.apply(point))[0, 1], 5.0, rtol=1e-14)
    assert made.inverse().inverse().rows == made.rows


def test_created_axis_is_dropped_backwards():
    made = mapping(ProjectAxis(createdOutputs=(0,)), 2, 3)
    assert made.inverse().apply(np.array([[9.0, 1.0, 2.0]])).tolist() == [[1, 2]]


def test_bijection_inside_an_inverted_sequence_uses_what_it_states():
    pair = Bijection(
        forward=Translation(translation=(1.0, 1.0)), inverse=Translation(translation=(10.0, 10.0))
    )
    made = mapping(Sequence(transformations=(SCALE, pair)), 2, 2)
    assert made.invertibility == "explicit"
    assert made.apply(np.array([[1.0, 1.0]])).tolist() == [[3, 5]]
    assert made.inverse().apply(np.array([[0.0, 0.0]])).tolist() == [[5, 2.5]]
    assert made.inverse().inverse().apply(np.array([[1.0, 1.0]])).tolist() == [[3, 5]]
    same = edge_mapping(Sequence(transformations=(SCALE, pair)), 2, 2)
    assert same.inverse().apply(np.array([[0.0, 0.0]])).tolist() == [[5, 2.5]]


def test_bijection_with_a_field_keeps_its_affine_side():
    pair = Bijection(forward=Displacements(path="f"), inverse=SHIFT)
    made = mapping(pair, 2, 2)
    assert made.needs == ("f",)
    assert made.inverse().needs == ()
    assert made.inverse().apply(np.array([[0.0, 0.0]])).tolist() == [[1, -1]]
    turned = edge_mapping(Bijection(forward=SHIFT, inverse=Displacements(path="f")), 2, 2)
    assert turned.matrix is not None
    assert turned.inverse().needs == ("f",)


def test_sequence_of_mixed_dimensions():
    transformation = Sequence(
        transformations=(
            ProjectAxis(droppedInputs=(0,)),
            Identity(),
            Affine(affine=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 1.0, 1.0))),
        )
    )
    assert moved(transformation, [[9, 1, 2]]) == [[1, 2, 4]]
    unknown = mapping(transformation, 3, None)
    assert (unknown.ndim_in, unknown.ndim_out) == (3, 3)


def test_dimensions_are_found_from_behind():
    made = mapping(Sequence(transformations=(Identity(), Coordinates(path="f"), SCALE)), 3, None)
    assert (made.ndim_in, made.ndim_out) == (3, 2)
    assert made.invertibility == "no"


def test_identity_of_unknown_dimensions():
    made = mapping(Identity(), None, None)
    assert made.ndim_in is None
    assert made.matrix is None
    assert made.apply(np.array([[1.0, 2.0, 3.0]])).tolist() == [[1, 2, 3]]


@pytest.mark.parametrize(
    ("transformation", "ndim_in", "ndim_out", "words"),
    [
        (SCALE, 3, 3, "scale at /t takes 2 dimensions; its input has 3"),
        (SCALE, 2, 3, "scale at /t gives 2 dimensions; its output has 3"),
        (Identity(), 2, 3, "identity at /t gives 2 dimensions; its output has 3"),
        (
            Sequence(transformations=(SCALE, Scale(scale=(1.0,)))),
            2,
            2,
            "scale at /t/transformations/1 takes 1 dimensions; its input has 2",
        ),
        (
            Bijection(forward=SCALE, inverse=Scale(scale=(1.0,))),
            2,
            2,
            "scale at /t/inverse takes 1",
        ),
        (Affine(affine=((1.0, 2.0), (1.0, 2.0, 3.0))), 2, 2, "rows of one length"),
        (Rotation(rotation=((1.0, 0.0),)), 2, 2, "square"),
        (ProjectAxis(droppedInputs=(2,)), 2, 1, "only 0 to 1"),
        (ProjectAxis(droppedInputs=(0, 0)), 3, 1, "at most once"),
        (ProjectAxis(createdOutputs=(3,)), 2, 3, "only 0 to 2"),
        (ProjectAxis(droppedInputs=(0, 1)), 2, 0, "leaves no dimension"),
    ],
)
def test_lengths_are_checked_before_any_arithmetic(transformation, ndim_in, ndim_out, words):
    with pytest.raises(DimensionalityError, match=words):
        mapping(transformation, ndim_in, ndim_out, place="/t")


@pytest.mark.parametrize(
    ("transformation", "words"),
    [
        (MapAxis(mapAxis=(0, 0)), "each of 0 to 1 once"),
        (MapAxis(mapAxis=(1, 2)), "each of 0 to 1 once"),
        (Rotation(rotation=((0.0, 1.0), (1.0, 0.0))), "determinant is -1"),
        (Rotation(rotation=((2.0, 0.0), (0.0, 0.5))), "not a rotation"),
        (Scale(scale=(float("nan"), 1.0)), "not finite"),
        (Affine(affine=((float("inf"), 1.0, 0.0), (0.0, 1.0, 0.0))), "not finite"),
        (Scale.model_construct(), "neither values nor a `path`"),
        (Scale(path="p"), "not at hand"),
    ],
)
def test_what_breaks_a_rule_is_refused_when_used(transformation, words):
    with pytest.raises(TransformationError, match=words):
        mapping(transformation, 2, 2)


def test_stored_parameters_are_read_once():
    asked = []

    def read(path):
        asked.append(path)
        return np.array([[0, 1, 5], [1, 0, 0]], dtype="int16")

    transformation = Sequence(transformations=(Identity(), Affine(path="matrix")))
    assert moved(transformation, [[1, 2]], parameters=read) == [[7, 1]]
    assert asked == ["matrix"]
    assert moved(Scale(path="v"), [[1, 2]], parameters=lambda _: np.array([2.0, 3.0])) == [[2, 6]]


@pytest.mark.parametrize("array", [np.zeros(3), np.array([["a", "b"]])])
def test_stored_parameters_of_a_wrong_kind(array):
    with pytest.raises(TransformationError, match="expected 2 dimensions of numbers"):
        mapping(Affine(path="m"), 2, 2, lambda _: array)


def test_what_cannot_be_read_is_said():
    def read(path):
        raise StoreError(f"no array {path}", "file:///x")

    with pytest.raises(StoreError, match="no array m"):
        mapping(Affine(path="m"), 2, 2, read)


def test_fields_parse_nest_and_turn_without_being_read():
    field = Displacements(path="warp", interpolation="linear")
    made = mapping(Sequence(transformations=(SCALE, field, SHIFT)), 2, 2, place="/e")
    assert (made.invertibility, made.needs, made.matrix) == ("numeric", ("warp",), None)
    with pytest.raises(FieldError, match=r"'warp'.* nothing to read it with") as caught:
        made.apply(np.array([[1.0, 2.0]]))
    assert caught.value.place == "/e/transformations/1"
    with pytest.raises(FieldError, match="nothing to read it with"):
        made.inverse().apply(np.array([[1.0, 2.0]]))


def test_field_beside_an_affine():
    transformation = ByDimension(
        transformations=(item(Coordinates(path="c"), (0,), (0,)), item(Identity(), (1,), (1,)))
    )
    made = mapping(transformation, 2, 2)
    assert made.invertibility == "numeric"
    assert made.needs == ("c",)
    with pytest.raises(FieldError):
        made.inverse().apply(np.array([[1.0, 2.0]]))


def test_points_of_another_length():
    with pytest.raises(DimensionalityError, match=r"shape \(1, 3\); expected \(n, 2\)"):
        mapping(SCALE, 2, 2).apply(np.zeros((1, 3)))
