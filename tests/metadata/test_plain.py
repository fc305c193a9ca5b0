"""The quick way to read normal form gives what the models themselves give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from catalog.metadata.axes import CoordinateSystem
from catalog.metadata.base import NORMAL
from catalog.metadata.image import Multiscale, Omero
from catalog.metadata.plain import read_normal, with_known_systems
from catalog.metadata.plate import Plate
from catalog.metadata.scene import SceneAttrs

ENDS = {"input": {"path": "0"}, "output": {"name": "p"}}
SYSTEM = {"name": "p", "axes": [{"name": "y", "type": "space"}, {"name": "x", "discrete": False}]}
PARTS = [
    {"type": "scale", "scale": [1, 2.5]},
    {"type": "translation", "translation": [-0.0, 1e300], "name": "n", "extra": {"a": [1]}},
    {"type": "affine", "affine": [[1, 0, 0], [0, 1, 0]]},
    {"type": "rotation", "path": "r"},
    {"type": "mapAxis", "mapAxis": [1, 0]},
    {"type": "projectAxis", "droppedInputs": [0]},
    {"type": "displacements", "path": "d", "interpolation": "linear"},
    {"type": "identity"},
    {"type": "bijection", "forward": {"type": "identity"}, "inverse": {"type": "identity"}},
    {
        "type": "byDimension",
        "transformations": [
            {
                "transformation": {"type": "scale", "scale": [2]},
                "inputAxes": [0],
                "outputAxes": [1],
            }
        ],
    },
]
BROKEN = [
    {"type": "scale"},
    {"type": "scale", "scale": ["1"]},
    {"type": "scale", "scale": [True]},
    {"type": "projectAxis"},
    {"type": "mapAxis", "mapAxis": [-1]},
    {"type": "inverseOf", "transformation": {"type": "identity"}},
    {"type": "sequence"},
    {"type": None},
    "identity",
]


def image(*transformations):
    datasets = [
        {"path": "0", "coordinateTransformations": [{**part, **ENDS}]} for part in transformations
    ]
    return {
        "name": "i",
        "coordinateSystems": [SYSTEM],
        "datasets": datasets,
        "metadata": {"k": None},
    }


def expected(model: type[BaseModel], value: object) -> BaseModel | None:
    try:
        return model.model_validate(value, context=NORMAL)
    except ValidationError:
        return None


@pytest.mark.parametrize("part", [*PARTS, {"type": "sequence", "transformations": PARTS}])
def test_all_transformations_are_read_alike(part):
    for value, model in (
        (image(part), Multiscale),
        ({"coordinateTransformations": [part], "coordinateSystems": [SYSTEM]}, SceneAttrs),
    ):
        read = read_normal(model, value)
        assert read is not None
        assert read == expected(model, value)
        assert read.model_dump_json() == expected(model, value).model_dump_json()


@pytest.mark.parametrize("part", BROKEN)
def test_what_is_not_in_normal_form_is_refused_alike(part):
    value = {"coordinateTransformations": [part]}
    assert expected(SceneAttrs, value) is None
    assert read_normal(SceneAttrs, value) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "rows", "channels", "path", "color"]), inner)
    ),
    max_leaves=8,
)


@given(JSON, st.sampled_from([Plate, Omero, CoordinateSystem, Multiscale]))
def test_anything_is_read_alike(value, model):
    read, wanted = read_normal(model, value), expected(model, value)
    assert repr(read) == repr(wanted)


def systems(*written):
    part = with_known_systems({"coordinateSystems": list(written)})
    return part["coordinateSystems"]


def test_equal_systems_are_one_object():
    (first,), (second,) = systems(SYSTEM), systems({**SYSTEM, "axes": [*SYSTEM["axes"]]})
    assert first is second
    assert first == CoordinateSystem.model_validate(SYSTEM, context=NORMAL)
    (other,) = systems({**SYSTEM, "name": "q"})
    assert other.name == "q"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "x", "discrete": True}, {"name": "x", "discrete": False}),
        ({"name": "x", "unit": "True"}, {"name": "x", "discrete": True}),
        ({"name": "x", "longName": "space"}, {"name": "x", "type": "space"}),
    ],
)
def test_different_systems_are_never_one(one, other):
    (first,), (second,) = (
        systems({"name": "s", "axes": [one]}),
        systems({"name": "s", "axes": [other]}),
    )
    assert first != second


@pytest.mark.parametrize(
    "axis",
    [
        {"name": "x", "discrete": 1},
        {"name": "x", "rank": 1.0},
        {"name": "x", "more": {}},
        "x",
        None,
    ],
)
def test_systems_with_anything_else_than_texts_are_left_to_the_models(axis):
    systems({"name": "s", "axes": [{"name": "x", "discrete": True}]})
    written = {"name": "s", "axes": [axis]}
    assert systems(written) == [written]


def test_a_broken_system_is_left_as_it_is():
    assert systems({"name": "", "axes": [{"name": "x"}]}) == [{"name": "", "axes": [{"name": "x"}]}]
    assert systems({"name": "s", "axes": []}) == [{"name": "s", "axes": []}]
    assert with_known_systems({"coordinateSystems": None}) == {"coordinateSystems": None}
