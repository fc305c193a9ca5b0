"""Reading never fails: arbitrary JSON, and every mutation of valid documents."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.metadata.dialects.axis_names import unresolved_axes
from catalog.metadata.read import read_group

AXES = [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]
PHYSICAL = {"name": "physical", "axes": AXES}
SCALE = {"type": "scale", "scale": [2.0, 3.0]}
EDGE: dict[str, Any] = {"input": {"name": "a"}, "output": {"name": "b"}}

DOCUMENTS: list[dict[str, Any]] = [
    {
        "ome": {
            "version": "0.6",
            "multiscales": [
                {
                    "name": "image",
                    "coordinateSystems": [PHYSICAL, {"name": "other", "axes": AXES}],
                    "datasets": [
                        {
                            "path": "s0",
                            "coordinateTransformations": [
                                {
                                    "type": "sequence",
                                    "input": {"path": "s0"},
                                    "output": {"name": "physical"},
                                    "transformations": [
                                        SCALE,
                                        {"type": "translation", "translation": [1, 2]},
                                    ],
                                }
                            ],
                        }
                    ],
                    "coordinateTransformations": [
                        {
                            "type": "byDimension",
                            "input": {"name": "physical"},
                            "output": {"name": "other"},
                            "transformations": [
                                {
                                    "transformation": {"type": "scale", "scale": [2]},
                                    "inputAxes": [0],
                                    "outputAxes": [1],
                                },
                                {
                                    "type": "scale",
                                    "scale": [2],
                                    "input_axes": ["x"],
                                    "output_axes": ["y"],
                                },
                            ],
                        }
                    ],
                }
            ],
            "omero": {"channels": [{"label": 1, "color": "00FF00", "window": {"min": 0}}]},
            "image-label": {"colors": [{"label-value": 1}], "source": {"image": "../../"}},
        }
    },
    {
        "ome": {
            "version": "0.6.dev2",
            "scene": {
                "coordinateSystems": [{"name": "a", "axes": AXES}, {"name": "b", "axes": AXES}],
                "coordinateTransformations": [
                    {"type": "mapAxis", "mapAxis": {"x": "y", "y": "x"}, **EDGE},
                    {"type": "affine", "affine": [1, 0, 0, 0, 1, 0], **EDGE},
                    {"type": "inverseOf", "transformation": {"type": "displacements", "path": "d"}},
                    {"type": "bijection", "forward": SCALE, "inverse": SCALE, **EDGE},
                    {"type": "rotation", "rotation": [0, 1, -1, 0], "input": "a", "output": "b"},
                    {"type": "projectAxis", "droppedInputs": [0], **EDGE},
                    {"type": "sequence", "transforms": [SCALE, {"type": "inverseOf"}], **EDGE},
                ],
            },
        }
    },
    {
        "multiscales": [
            {
                "version": "0.4",
                "axes": AXES,
                "datasets": [{"path": "0", "coordinateTransformations": [SCALE, SCALE]}],
                "coordinateTransformations": [
                    SCALE,
                    {
                        "type": "identity",
                        "input": {"name": "yx", "axes": AXES},
                        "output": {"name": "global", "axes": AXES},
                    },
                ],
            }
        ],
        "labels": ["a"],
        "bioformats2raw.layout": 3,
        "plate": {
            "rows": [{"name": "A"}],
            "columns": [{"name": "1"}],
            "wells": [{"path": "A/1", "rowIndex": 0, "columnIndex": 0}],
            "acquisitions": [{"id": 0, "starttime": 1}],
            "field_count": 1,
        },
        "well": {"images": [{"path": "0", "acquisition": 0}]},
        "series": ["0"],
    },
]

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(),
    st.text(max_size=4),
    st.sampled_from(["scale", "inverseOf", "physical", "0", "0.6", "0.4", "x", "affine"]),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(
                st.text(max_size=4),
                st.sampled_from(
                    [
                        "ome",
                        "multiscales",
                        "scene",
                        "coordinateSystems",
                        "coordinateTransformations",
                        "transformations",
                        "transformation",
                        "datasets",
                        "axes",
                        "type",
                        "name",
                        "path",
                        "input",
                        "output",
                        "version",
                    ]
                ),
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=25,
)


def places(value: object, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [here] if here else []
    if isinstance(value, dict):
        for key, item in value.items():
            found += places(item, (*here, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            found += places(item, (*here, i))
    return found


def resolve(document: object, pointer: str) -> bool:
    """Tell whether a pointer leads to something, or to a key that its object lacks."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    for i, step in enumerate(steps):
        if isinstance(document, list):
            if not step.isdecimal() or int(step) >= len(document):
                return False
            document = document[int(step)]
        elif isinstance(document, dict):
            if step not in document:
                return i == len(steps) - 1
            document = document[step]
        else:
            return False
    return True


def check(attributes: dict[str, Any]) -> None:
    before = json.dumps(attributes)
    for zarr_format in (2, 3):
        node = read_group(attributes, zarr_format=zarr_format)
        assert json.dumps(attributes) == before, "the attributes were changed"
        if node is None:
            continue
        for problem in node.problems:
            assert resolve(attributes, problem.pointer), problem
            assert problem.message.endswith("."), problem
        assert len(node.implied_systems) == len(node.images)
        for i, image in enumerate(node.images):
            assert image.datasets
            image.model_dump_json()
            for j, dataset in enumerate(image.datasets):
                assert resolve(attributes, node.pointer("multiscales", i, "datasets", j))
                for k in range(len(dataset.coordinateTransformations)):
                    place = ("datasets", j, "coordinateTransformations", k)
                    assert resolve(attributes, node.pointer("multiscales", i, *place))
            for j, transformation in enumerate(image.coordinateTransformations):
                place = ("coordinateTransformations", j)
                assert resolve(attributes, node.pointer("multiscales", i, *place))
                unresolved_axes(transformation)
            for name in node.implied_systems[i]:
                assert name in [system.name for system in image.coordinateSystems]
        if node.scene is not None:
            node.scene.model_dump_json()
            for j in range(len(node.scene.coordinateTransformations)):
                assert resolve(attributes, node.pointer("scene", "coordinateTransformations", j))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documents_are_read(document: dict[str, Any]) -> None:
    check(document)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JSON)
def test_arbitrary_json(value: object) -> None:
    check(value if isinstance(value, dict) else {"ome": value})
    check({"ome": {"multiscales": [value], "scene": value, "plate": value, "labels": value}})


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_mutations_of_documents(data: st.DataObject) -> None:
    document = copy.deepcopy(data.draw(st.sampled_from(DOCUMENTS)))
    for _ in range(data.draw(st.integers(1, 3))):
        if not document:
            break
        *way, last = data.draw(st.sampled_from(places(document)))
        holder: Any = document
        for step in way:
            holder = holder[step]
        match data.draw(st.sampled_from(["replace", "remove", "double"])):
            case "remove":
                del holder[last]
            case "double" if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[last]))
            case _:
                holder[last] = data.draw(JSON)
    check(document)


def test_deep_nesting_is_a_problem_and_no_crash() -> None:
    transformation: dict[str, Any] = {"type": "identity"}
    for _ in range(3000):
        transformation = {"type": "sequence", "transformations": [transformation]}
    scene = {"coordinateTransformations": [transformation]}
    node = read_group({"ome": {"version": "0.6", "scene": scene}}, zarr_format=3)
    assert node is not None
    assert node.problems
