"""The models alone: they read every version's form and write that of 0.6."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from catalog.metadata.axes import CoordinateSystem
from catalog.metadata.dialects.axis_names import resolve_axis_names, unresolved_axes
from catalog.metadata.image import Multiscale
from catalog.metadata.scene import BaseSceneAttrs, SceneAttrs
from catalog.metadata.transformations import Affine, AnyTransform, Scale, Sequence, Translation

ANY: TypeAdapter[AnyTransform] = TypeAdapter(AnyTransform)


def written(value: object) -> Any:
    return ANY.validate_python(value).model_dump(mode="json")


NORMAL: list[dict[str, Any]] = [
    {"type": "identity"},
    {"type": "mapAxis", "mapAxis": [1, 0]},
    {"type": "projectAxis", "createdOutputs": [0], "droppedInputs": [1]},
    {"type": "translation", "translation": [1.5, -2]},
    {"type": "scale", "scale": [1.5, 2]},
    {"type": "affine", "affine": [[1, 0, 5], [0, 1, 6]]},
    {"type": "affine", "path": "matrix"},
    {"type": "rotation", "rotation": [[0, 1], [-1, 0]]},
    {"type": "rotation", "path": "matrix"},
    {
        "type": "sequence",
        "transformations": [{"type": "identity"}, {"type": "scale", "scale": [2]}],
    },
    {"type": "displacements", "path": "field", "interpolation": "linear"},
    {"type": "coordinates", "path": "field"},
    {"type": "bijection", "forward": {"type": "identity"}, "inverse": {"type": "identity"}},
    {
        "type": "byDimension",
        "transformations": [
            {
                "transformation": {"type": "identity"},
                "inputAxes": [0],
                "outputAxes": [1],
                "note": "kept",
            }
        ],
    },
]
ENDS = {"input": {"name": "a", "path": "b"}, "output": {"name": "c", "x": 1}, "name": "n"}


@pytest.mark.parametrize("value", NORMAL, ids=lambda value: value["type"])
def test_the_normal_form_comes_back_as_it_is(value: dict[str, Any]) -> None:
    value = {**value, **ENDS, "@type": "kept", "extra": {"deep": [None]}}
    transformation = ANY.validate_python(value)
    assert transformation.model_dump(mode="json") == value
    assert ANY.validate_json(transformation.model_dump_json()) == transformation
    assert ANY.validate_python({**value, "nothing": None}) == transformation
    assert list(transformation.model_dump())[:4] == ["type", "input", "output", "name"]


@pytest.mark.parametrize(
    ("older", "normal"),
    [
        (
            {"type": "identity", "input": "a", "output": {"name": "b", "path": None}},
            {"type": "identity", "input": {"name": "a"}, "output": {"name": "b"}},
        ),
        (
            {"type": "sequence", "transforms": [{"type": "rotation", "rotation": [0, 1, -1, 0]}]},
            {
                "type": "sequence",
                "transformations": [{"type": "rotation", "rotation": [[0, 1], [-1, 0]]}],
            },
        ),
        (
            {"type": "affine", "affine": [1, 0, 5, 0, 1, 6]},
            {"type": "affine", "affine": [[1, 0, 5], [0, 1, 6]]},
        ),
        ({"type": "mapAxis", "mapAxis": [1.0, 0.0]}, {"type": "mapAxis", "mapAxis": [1, 0]}),
        (
            {
                "type": "byDimension",
                "transformations": [
                    {"type": "scale", "scale": [2], "input_axes": [0], "output_axes": [1]},
                    {"transformation": {"type": "identity"}, "input_axes": [1], "output_axes": [0]},
                ],
            },
            {
                "type": "byDimension",
                "transformations": [
                    {
                        "transformation": {"type": "scale", "scale": [2]},
                        "inputAxes": [0],
                        "outputAxes": [1],
                    },
                    {"transformation": {"type": "identity"}, "inputAxes": [1], "outputAxes": [0]},
                ],
            },
        ),
    ],
)
def test_older_forms(older: dict[str, Any], normal: dict[str, Any]) -> None:
    assert written(older) == normal
    assert written(normal) == normal


# Inverses


def inverse_of(inside: dict[str, Any], key: str = "transformation") -> dict[str, Any]:
    return {"type": "inverseOf", "input": "a", "output": "b", "name": "n", key: inside}


FORWARD = {"input": {"name": "a"}, "output": {"name": "b"}, "name": "n"}
TURNED = {"input": {"name": "b"}, "output": {"name": "a"}, "name": "n"}
FIELD = {"type": "displacements", "path": "field"}


@pytest.mark.parametrize(
    ("inside", "normal"),
    [
        ({"type": "identity"}, {"type": "identity", **FORWARD}),
        ({"type": "scale", "scale": [2, 4]}, {"type": "scale", "scale": [0.5, 0.25], **FORWARD}),
        (
            {"type": "translation", "translation": [2, -4]},
            {"type": "translation", "translation": [-2, 4], **FORWARD},
        ),
        (
            {"type": "mapAxis", "mapAxis": [1, 2, 0]},
            {"type": "mapAxis", "mapAxis": [2, 0, 1], **FORWARD},
        ),
        (
            {"type": "projectAxis", "createdOutputs": [1]},
            {"type": "projectAxis", "droppedInputs": [1], **FORWARD},
        ),
        (
            {
                "type": "sequence",
                "transformations": [
                    {"type": "scale", "scale": [2]},
                    {"type": "translation", "translation": [1]},
                ],
            },
            {
                "type": "sequence",
                "transformations": [
                    {"type": "translation", "translation": [-1]},
                    {"type": "scale", "scale": [0.5]},
                ],
                **FORWARD,
            },
        ),
        (
            {"type": "bijection", "forward": FIELD, "inverse": {"type": "identity"}},
            {"type": "bijection", "forward": {"type": "identity"}, "inverse": FIELD, **FORWARD},
        ),
        (
            {
                "type": "byDimension",
                "transformations": [
                    {"type": "scale", "scale": [2], "input_axes": [0], "output_axes": [1]}
                ],
            },
            {
                "type": "byDimension",
                "transformations": [
                    {
                        "transformation": {"type": "scale", "scale": [0.5]},
                        "inputAxes": [1],
                        "outputAxes": [0],
                    }
                ],
                **FORWARD,
            },
        ),
        # Nothing is computed that an edge the other way round says exactly.
        (FIELD, {**FIELD, **TURNED}),
        ({"type": "scale", "scale": [2, 0]}, {"type": "scale", "scale": [2, 0], **TURNED}),
        ({"type": "affine", "path": "m"}, {"type": "affine", "path": "m", **TURNED}),
        ({"type": "inverseOf", "transformation": FIELD}, {**FIELD, **FORWARD}),
    ],
)
def test_inverse_of(inside: dict[str, Any], normal: dict[str, Any]) -> None:
    assert written(inverse_of(inside)) == normal
    assert written(inverse_of(inside, "transform")) == normal


def test_an_inverse_inside_a_sequence_turns_the_whole() -> None:
    value = {
        "type": "sequence",
        **FORWARD,
        "transformations": [
            {"type": "scale", "scale": [2]},
            {"type": "inverseOf", "transformation": FIELD},
        ],
    }
    assert written(value) == {
        "type": "sequence",
        **TURNED,
        "transformations": [FIELD, {"type": "scale", "scale": [0.5]}],
    }


def test_a_field_beside_its_own_inverse_is_the_field() -> None:
    back = {"type": "inverseOf", "transformation": FIELD}
    assert written({"type": "bijection", "forward": FIELD, "inverse": back, **FORWARD}) == {
        **FIELD,
        **FORWARD,
    }
    assert written({"type": "bijection", "forward": back, "inverse": FIELD, **FORWARD}) == {
        **FIELD,
        **TURNED,
    }


@pytest.mark.parametrize(
    "value",
    [
        {"type": "inverseOf"},
        {"type": "inverseOf", "transformation": 3},
        {"type": "warp"},
        {"scale": [1]},
        {"type": "scale"},
        {"type": "scale", "scale": ["1"]},
        {"type": "projectAxis"},
        {"type": "mapAxis", "mapAxis": [-1]},
        {
            "type": "sequence",
            "transformations": [
                {"type": "affine", "path": "m"},
                {"type": "inverseOf", "transformation": FIELD},
            ],
        },
        3,
    ],
)
def test_what_is_no_transformation(value: object) -> None:
    with pytest.raises(ValidationError):
        ANY.validate_python(value)


# Axes by name


def test_names_are_kept_until_they_can_be_resolved() -> None:
    value = ANY.validate_python({"type": "mapAxis", "mapAxis": {"x": "i", "y": "j"}})
    assert unresolved_axes(value) == ("i", "j", "x", "y")
    again = ANY.validate_python(value.model_dump(mode="json"))
    assert again == value
    resolved = resolve_axis_names(again, ["j", "i"], ["y", "x"])
    assert resolved.model_dump() == {"type": "mapAxis", "mapAxis": (0, 1)}
    assert unresolved_axes(resolved) == ()
    assert resolve_axis_names(again, None, ["y", "x"]) is again
    assert resolve_axis_names(again, ["j", "k"], ["y", "x"]) is again


def test_a_map_that_drops_an_axis_is_a_by_dimension() -> None:
    value = ANY.validate_python({"type": "mapAxis", "mapAxis": {"x": "i"}, "name": "n", "k": 1})
    resolved = resolve_axis_names(value, ["j", "i"], ["x"])
    assert resolved.model_dump(mode="json") == {
        "type": "byDimension",
        "name": "n",
        "transformations": [
            {"transformation": {"type": "identity"}, "inputAxes": [1], "outputAxes": [0]}
        ],
        "k": 1,
    }


def test_names_inside_other_transformations() -> None:
    inner = {
        "type": "byDimension",
        "transformations": [
            {"type": "scale", "scale": [2], "input_axes": ["x"], "output_axes": ["b"]},
            {"type": "identity", "input_axes": ["dim_0"], "output_axes": ["a"]},
        ],
    }
    value = ANY.validate_python(
        {
            "type": "bijection",
            "forward": {
                "type": "sequence",
                "transformations": [
                    {"type": "scale", "scale": [1, 1]},
                    inner,
                    {"type": "translation", "translation": [1, 1]},
                ],
            },
            "inverse": {"type": "mapAxis", "mapAxis": {"y": "b", "x": "a"}},
        }
    )
    resolved = resolve_axis_names(value, ["y", "x"], ["a", "b"])
    assert unresolved_axes(resolved) == ()
    document = resolved.model_dump(mode="json")
    assert document["inverse"]["mapAxis"] == [1, 0]
    items = document["forward"]["transformations"][1]["transformations"]
    assert [(item["inputAxes"], item["outputAxes"]) for item in items] == [([1], [1]), ([0], [0])]


def test_a_flat_affine_between_systems_of_other_lengths() -> None:
    value = ANY.validate_python({"type": "affine", "affine": [1, 2, 3, 4, 5, 6, 7, 8]})
    assert isinstance(value, Affine)
    assert (value.affine, unresolved_axes(value)) == (None, ("affine",))
    for ends in ((["a", "b", "c"], None), (None, ["a", "b"])):
        resolved = resolve_axis_names(value, *ends)
        assert resolved.model_dump() == {"type": "affine", "affine": ((1, 2, 3, 4), (5, 6, 7, 8))}
    assert resolve_axis_names(value, ["a", "b"], None) is value


def test_nothing_to_resolve_is_the_same_object() -> None:
    for value in NORMAL:
        transformation = ANY.validate_python(value)
        assert resolve_axis_names(transformation, ["y", "x"], ["y", "x"]) is transformation


# Whole documents


def test_a_scene_of_any_version() -> None:
    system = {"name": "world", "axes": [{"name": "x"}]}
    edge = {"type": "scale", "scale": [2], "input": "world", "output": "world"}
    parts = {"coordinateSystems": [system], "coordinateTransformations": [edge]}
    scenes = [
        BaseSceneAttrs.model_validate({"version": "0.6.dev1", **parts}),
        BaseSceneAttrs.model_validate({"version": "0.6.dev1", "scene": parts, "labels": None}),
    ]
    assert scenes[0] == scenes[1]
    assert scenes[0].model_dump(mode="json") == {
        "version": "0.6.dev1",
        "scene": {
            "coordinateTransformations": [
                {**edge, "input": {"name": "world"}, "output": {"name": "world"}}
            ],
            "coordinateSystems": [system],
        },
    }
    assert SceneAttrs.model_validate({"coordinateTransformations": None}) == SceneAttrs()
    assert SceneAttrs().model_dump() == {}


def test_models_are_made_of_models() -> None:
    system = CoordinateSystem.model_validate({"name": "a", "axes": [{"name": "x"}]})
    scale = Scale(scale=(1, 2))
    sequence = Sequence(transformations=(scale, Translation(translation=(1, 2))))
    scene = SceneAttrs(coordinateTransformations=(sequence,), coordinateSystems=(system,))
    assert scene.coordinateTransformations[0] is sequence
    assert sequence.transformations[0] is scale


def test_an_image_of_any_version() -> None:
    axes = [{"name": "y"}, {"name": "x"}]
    scale = {"type": "scale", "scale": [1, 2]}
    image = Multiscale.model_validate(
        {"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": [scale]}]}
    )
    normal = {
        "coordinateSystems": [{"name": "physical", "axes": axes}],
        "datasets": [
            {
                "path": "0",
                "coordinateTransformations": [
                    {**scale, "input": {"path": "0"}, "output": {"name": "physical"}}
                ],
            }
        ],
    }
    assert image.model_dump(mode="json") == normal
    assert Multiscale.model_validate_json(json.dumps(normal)) == image


numbers = st.floats(allow_nan=False) | st.integers(-(10**6), 10**6)
plain = st.one_of(
    st.builds(lambda v: {"type": "scale", "scale": v}, st.lists(numbers, max_size=3)),
    st.builds(lambda v: {"type": "translation", "translation": v}, st.lists(numbers, max_size=3)),
    st.just({"type": "identity"}),
    st.builds(lambda v: {"type": "mapAxis", "mapAxis": v}, st.permutations(range(3))),
    st.builds(lambda path: {"type": "displacements", "path": path}, st.text(max_size=3)),
)
nested = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.builds(
            lambda members, key: {"type": "sequence", key: members},
            st.lists(inner, max_size=3),
            st.sampled_from(["transformations", "transforms"]),
        ),
        st.builds(lambda a, b: {"type": "bijection", "forward": a, "inverse": b}, inner, inner),
        st.builds(
            lambda a, flat: {
                "type": "byDimension",
                "transformations": [
                    {**a, "input_axes": [0], "output_axes": ["x"]}
                    if flat
                    else {"transformation": a, "inputAxes": [0], "outputAxes": [1]}
                ],
            },
            inner,
            st.booleans(),
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None)
@given(nested)
def test_what_was_written_reads_as_the_same(value: dict[str, Any]) -> None:
    transformation = ANY.validate_python({**value, "note": "kept"})
    assert ANY.validate_python(transformation.model_dump()) == transformation
    assert ANY.validate_json(transformation.model_dump_json()) == transformation
    assert transformation.model_extra == {"note": "kept"}
