"""Images and scenes of 0.6.dev1 to dev4, and of documents that mix their forms."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.metadata.nodes import GroupNode
from catalog.metadata.read import read_group


def system(name: str, axes: str = "yx") -> dict[str, Any]:
    return {"name": name, "axes": [{"name": axis, "type": "space"} for axis in axes]}


ARRAY = {
    "name": "array",
    "axes": [{"name": f"dim_{i}", "type": "array", "discrete": True} for i in range(3)],
}


def read(version: str, **parts: object) -> GroupNode:
    node = read_group({"ome": {"version": version, **parts}}, zarr_format=3)
    assert node is not None
    return node


def image(
    transformation: object, systems: list[Any], version: str = "0.6.dev1", **changes: object
) -> GroupNode:
    level = transformation if isinstance(transformation, list) else [transformation]
    entry = {
        "coordinateSystems": systems,
        "datasets": [{"path": "0", "coordinateTransformations": level}],
        **changes,
    }
    return read(version, multiscales=[entry])


def level(node: GroupNode) -> Any:
    assert node.problems == ()
    (transformation,) = node.images[0].datasets[0].coordinateTransformations
    return transformation.model_dump(mode="json")


def edges(node: GroupNode) -> Any:
    assert node.problems == ()
    assert node.scene is not None
    return [edge.model_dump(mode="json") for edge in node.scene.coordinateTransformations]


NORMAL = {
    "type": "scale",
    "input": {"path": "0"},
    "output": {"name": "physical"},
    "scale": [1, 2],
}


@pytest.mark.parametrize(
    "ends",
    [
        {"input": "0", "output": "physical"},
        {"input": "array", "output": "physical"},
        {"output": "physical"},
        {"input": {"name": "0"}, "output": {"name": "physical"}},
        {"input": {"path": "./0/"}, "output": "physical"},
        {"input": "", "output": "physical"},
        {"input": None, "output": None},
        {},
    ],
)
def test_a_dataset_starts_at_its_array(ends: dict[str, Any]) -> None:
    assert level(image({"type": "scale", "scale": [1, 2], **ends}, [system("physical")])) == NORMAL


def test_a_dataset_s_own_path_wins() -> None:
    node = image({**NORMAL, "input": {"path": "1"}}, [system("physical")], "0.6")
    assert [(problem.code, problem.severity) for problem in node.problems] == [
        ("dataset-input", "warning")
    ]
    assert node.problems[0].pointer == (
        "/ome/multiscales/0/datasets/0/coordinateTransformations/0/input"
    )
    transformation = node.images[0].datasets[0].coordinateTransformations[0]
    assert transformation.input is not None
    assert transformation.input.path == "0"


@pytest.mark.parametrize(
    ("version", "names", "intrinsic"),
    [
        ("0.6.dev1", ["a", "b"], "b"),
        ("0.6.dev2", ["a", "b"], "a"),
        ("0.6.dev1", ["a", "physical", "b"], "physical"),
    ],
)
def test_a_dataset_without_output(version: str, names: list[str], intrinsic: str) -> None:
    systems = [system(name) for name in names]
    written = level(image({"type": "identity", "input": "0"}, systems, version))
    assert written["output"] == {"name": intrinsic}


def test_a_list_without_ends_is_applied_in_order() -> None:
    both = [
        {"type": "scale", "scale": [1, 2]},
        {"type": "translation", "translation": [3, 4]},
    ]
    node = image(both, [system("physical")])
    assert level(node) == {
        "type": "sequence",
        "input": {"path": "0"},
        "output": {"name": "physical"},
        "transformations": both,
    }
    place = ("multiscales", 0, "datasets", 0, "coordinateTransformations", 0)
    assert node.pointer(*place, "output") == (
        "/ome/multiscales/0/datasets/0/coordinateTransformations"
    )


def test_a_list_with_ends_is_several_edges() -> None:
    node = image(
        [
            {"type": "identity", "input": "0", "output": "a"},
            {"type": "scale", "scale": [1, 2], "input": "a", "output": "b"},
        ],
        [system("a"), system("b")],
    )
    assert node.problems == ()
    first, second = node.images[0].datasets[0].coordinateTransformations
    assert first.input is not None
    assert second.input is not None
    assert (first.input.path, second.input.name) == ("0", "a")


def test_an_array_coordinate_system_means_the_array() -> None:
    node = image(
        {
            "type": "byDimension",
            "input": "pixels",
            "output": "physical",
            "transformations": [
                {"type": "scale", "scale": [2], "input": ["i"], "output": ["x"]},
                {"type": "identity", "input": ["j"], "output": ["y"]},
            ],
        },
        [system("physical")],
        arrayCoordinateSystem={"name": "pixels", "axes": [{"name": "j"}, {"name": "i"}]},
    )
    written = level(node)
    assert written["input"] == {"path": "0"}
    assert written["transformations"] == [
        {
            "transformation": {"type": "scale", "scale": [2]},
            "inputAxes": [1],
            "outputAxes": [1],
        },
        {"transformation": {"type": "identity"}, "inputAxes": [0], "outputAxes": [0]},
    ]


def test_an_array_named_in_an_image_s_transformations() -> None:
    node = image(
        NORMAL,
        [system("physical"), system("other")],
        coordinateTransformations=[
            {"type": "identity", "input": "0", "output": "other"},
            {"type": "identity", "input": "physical", "output": "other"},
        ],
    )
    first, second = (edge.input for edge in node.images[0].coordinateTransformations)
    assert first is not None
    assert second is not None
    assert (first.path, first.name) == ("0", None)
    assert (second.path, second.name) == (None, "physical")


def test_a_declared_name_wins_over_a_path() -> None:
    node = image(
        {"type": "identity", "input": "0", "output": "physical"},
        [system("physical"), system("0")],
        coordinateTransformations=[{"type": "identity", "input": "0", "output": "physical"}],
    )
    (edge,) = node.images[0].coordinateTransformations
    assert edge.input is not None
    assert (edge.input.path, edge.input.name) == (None, "0")


def test_axes_that_are_one_object() -> None:
    node = image(NORMAL, [{"name": "physical", "axes": {"y": {"type": "space"}, "x": {}}}])
    assert [axis.name for axis in node.images[0].coordinateSystems[0].axes] == ["y", "x"]
    one = image(NORMAL, [{"name": "physical", "axes": {"name": "t", "type": "time"}}])
    assert [axis.name for axis in one.images[0].coordinateSystems[0].axes] == ["t"]


# Scenes and containers


@pytest.mark.parametrize("key", ["transformations", "transforms"])
def test_by_dimension_with_names(key: str) -> None:
    node = read(
        "0.6.dev1",
        scene={
            "coordinateSystems": [system("physical", "zyx"), ARRAY],
            "coordinateTransformations": [
                {
                    "type": "byDimension",
                    "input": "array",
                    "output": "physical",
                    key: [
                        {
                            "type": "scale",
                            "scale": [3, 2],
                            "input_axes": ["dim_0", "dim_1"],
                            "output_axes": ["x", "y"],
                        },
                        {
                            "type": "translation",
                            "translation": [10],
                            "input_axes": ["dim_2"],
                            "output_axes": ["z"],
                        },
                    ],
                }
            ],
        },
    )
    assert edges(node) == [
        {
            "type": "byDimension",
            "input": {"name": "array"},
            "output": {"name": "physical"},
            "transformations": [
                {
                    "transformation": {"type": "scale", "scale": [3, 2]},
                    "inputAxes": [0, 1],
                    "outputAxes": [2, 1],
                },
                {
                    "transformation": {"type": "translation", "translation": [10]},
                    "inputAxes": [2],
                    "outputAxes": [0],
                },
            ],
        }
    ]


def test_a_name_that_is_no_axis_is_told() -> None:
    transformation = {"type": "mapAxis", "mapAxis": {"y": "q", "x": "y"}}
    node = read(
        "0.6.dev1",
        scene={
            "coordinateSystems": [system("a"), system("b")],
            "coordinateTransformations": [
                {**transformation, "input": "a", "output": "b"},
                {"type": "identity", "input": "a", "output": "b"},
            ],
        },
    )
    assert [(problem.code, problem.pointer) for problem in node.problems] == [
        ("unknown-axis", "/ome/scene/coordinateTransformations/0")
    ]
    assert node.scene is not None
    assert [edge.type for edge in node.scene.coordinateTransformations] == ["identity"]
    place = ("scene", "coordinateTransformations", 0)
    assert node.pointer(*place) == "/ome/scene/coordinateTransformations/1"


def test_names_of_other_documents_axes_wait() -> None:
    node = read(
        "0.6.dev2",
        scene={
            "coordinateTransformations": [
                {
                    "type": "mapAxis",
                    "mapAxis": {"y": "x", "x": "y"},
                    "input": {"path": "a", "name": "physical"},
                    "output": {"path": "b", "name": "physical"},
                }
            ]
        },
    )
    assert edges(node)[0]["axisNames"] == {"y": "x", "x": "y"}


@pytest.mark.parametrize("version", ["0.6.dev1", "0.6.dev2"])
def test_a_container_before_there_were_scenes(version: str) -> None:
    node = read(
        version,
        coordinateSystems=[system("world")],
        coordinateTransformations=[
            {"type": "translation", "translation": [0, 9], "input": "tile_0", "output": "world"}
        ],
    )
    assert node.kind == "scene"
    assert edges(node) == [
        {
            "type": "translation",
            "input": {"name": "tile_0"},
            "output": {"name": "world"},
            "translation": [0, 9],
        }
    ]
    place = ("scene", "coordinateTransformations", 0, "translation")
    assert node.pointer(*place) == "/ome/coordinateTransformations/0/translation"
    place = ("scene", "coordinateSystems", 0)
    assert node.pointer(*place) == "/ome/coordinateSystems/0"


def test_forms_are_told_from_the_version_on_that_gave_them_up() -> None:
    scene = {
        "coordinateSystems": [system("a"), system("b")],
        "coordinateTransformations": [
            {
                "type": "byDimension",
                "input": "a",
                "output": {"name": "b"},
                "transformations": [
                    {"type": "identity", "input_axes": [0], "outputAxes": [0]},
                    {"transformation": {"type": "identity"}, "inputAxes": [1], "outputAxes": [1]},
                ],
            }
        ],
    }
    assert read("0.6.dev2", scene=scene).problems == ()
    node = read("0.6", scene=scene)
    root = "/ome/scene/coordinateTransformations/0"
    told = [(problem.code, problem.pointer) for problem in node.problems]
    assert told == [
        ("older-form", f"{root}/input"),
        ("older-form", f"{root}/transformations/0"),
        ("older-form", f"{root}/transformations/0/input_axes"),
    ]
    # 0.6.dev3 still had `input_axes`.
    third = read("0.6.dev3", scene=scene)
    assert [(problem.code, problem.pointer) for problem in third.problems] == told[:2]
    assert edges(read("0.6.dev2", scene=scene)) == [
        edge.model_dump(mode="json")
        for edge in (node.scene.coordinateTransformations if node.scene else ())
    ]


def test_an_inverse_of_in_a_dataset_still_starts_at_the_array() -> None:
    node = image(
        {
            "type": "inverseOf",
            "input": "0",
            "output": "physical",
            "transformation": {"type": "affine", "path": "matrix"},
        },
        [system("physical")],
    )
    # No closed form is at hand: the edge says the same from its output to its array.
    assert level(node) == {
        "type": "affine",
        "input": {"name": "physical"},
        "output": {"path": "0"},
        "path": "matrix",
    }
