"""Images of 0.4 and 0.5, and older: axes without a system's name."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.metadata.nodes import GroupNode
from catalog.metadata.read import read_group

AXES = [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]
SCALE = {"type": "scale", "scale": [4.0, 2.0, 2.0]}
TRANSLATION = {"type": "translation", "translation": [0.0, 0.5, 0.5]}


def image(**changes: object) -> dict[str, Any]:
    return {
        "axes": AXES,
        "datasets": [
            {"path": "0", "coordinateTransformations": [SCALE]},
            {"path": "scale1/img", "coordinateTransformations": [SCALE, TRANSLATION]},
        ],
        **changes,
    }


def read(entry: dict[str, Any], version: str = "0.5") -> GroupNode:
    if version == "0.4":
        node = read_group({"multiscales": [{**entry, "version": "0.4"}]}, zarr_format=2)
    else:
        node = read_group({"ome": {"version": version, "multiscales": [entry]}}, zarr_format=3)
    assert node is not None
    return node


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize("plain", [True, False])
def test_normal_form(version: str, plain: bool) -> None:
    # A null is absent, and takes the reading off its fast way: both must agree.
    node = read(image() if plain else image(type=None, coordinateTransformations=[]), version)
    assert (node.version, node.kind, node.problems) == (version, "image", ())
    written = node.images[0].model_dump(mode="json")
    written.pop("version", None)
    assert written == {
        "coordinateSystems": [{"name": "physical", "axes": AXES}],
        "datasets": [
            {
                "path": "0",
                "coordinateTransformations": [
                    {**SCALE, "input": {"path": "0"}, "output": {"name": "physical"}}
                ],
            },
            {
                "path": "scale1/img",
                "coordinateTransformations": [
                    {
                        "type": "sequence",
                        "input": {"path": "scale1/img"},
                        "output": {"name": "physical"},
                        "transformations": [SCALE, TRANSLATION],
                    }
                ],
            },
        ],
    }
    assert node.implied_systems == (("physical",),)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize("odd", [{}, {"type": None}])
def test_places_as_they_stood(version: str, odd: dict[str, Any]) -> None:
    node = read(image(**odd), version)
    root = "/multiscales/0" if version == "0.4" else "/ome/multiscales/0"
    datasets = ("multiscales", 0, "datasets")
    first = node.pointer(*datasets, 0, "coordinateTransformations", 0)
    assert first == f"{root}/datasets/0/coordinateTransformations/0"
    # A list of two is one sequence now: the list is its place.
    second = (*datasets, 1, "coordinateTransformations", 0)
    place = f"{root}/datasets/1/coordinateTransformations"
    assert node.pointer(*second) == place
    assert node.pointer(*second, "transformations", 1) == f"{place}/1"
    system = ("multiscales", 0, "coordinateSystems", 0)
    assert node.pointer(*system) == f"{root}/axes"
    assert node.pointer(*system, "axes", 2, "unit") == f"{root}/axes/2/unit"


def test_image_level_transformations_lead_to_a_further_system() -> None:
    node = read(image(coordinateTransformations=[SCALE, TRANSLATION]))
    entry = node.images[0]
    assert node.implied_systems == (("physical", "physical_transformed"),)
    assert [system.name for system in entry.coordinateSystems] == [
        "physical",
        "physical_transformed",
    ]
    (transformation,) = entry.coordinateTransformations
    assert transformation.model_dump(mode="json") == {
        "type": "sequence",
        "input": {"name": "physical"},
        "output": {"name": "physical_transformed"},
        "transformations": [SCALE, TRANSLATION],
    }
    place = ("multiscales", 0, "coordinateTransformations", 0)
    assert node.pointer(*place) == "/ome/multiscales/0/coordinateTransformations"


def test_a_broken_axis_shared_by_both_systems_is_told_once() -> None:
    axes = [{**AXES[0], "unit": 3}, *AXES[1:]]
    node = read(image(axes=axes, coordinateTransformations=[SCALE]))
    assert [(problem.code, problem.pointer) for problem in node.problems] == [
        ("wrong-type", "/ome/multiscales/0/axes/0/unit")
    ]
    assert [len(system.axes) for system in node.images[0].coordinateSystems] == [3, 3]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"axes": [{"type": "space"}, *AXES[1:]]}, "axes/0"),
        ({"axes": 3}, "axes"),
        (
            {"datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale"}]}]},
            "datasets/0/coordinateTransformations/0",
        ),
        (
            {"datasets": [{"path": "0", "coordinateTransformations": [SCALE, {"type": "spin"}]}]},
            "datasets/0/coordinateTransformations/1",
        ),
    ],
)
def test_defects_are_told_where_they_stand(changes: dict[str, Any], pointer: str) -> None:
    node = read(image(**changes))
    assert [problem.pointer for problem in node.problems] == [f"/ome/multiscales/0/{pointer}"]
    assert len(node.images) == 1


def test_axes_of_0_3_are_bare_names_and_of_0_1_are_given() -> None:
    node = read({"version": "0.3", "axes": ["c", "y", "x"], "datasets": [{"path": "0"}]}, "0.3")
    assert node.problems == ()
    assert [(axis.name, axis.type) for axis in node.images[0].coordinateSystems[0].axes] == [
        ("c", "channel"),
        ("y", "space"),
        ("x", "space"),
    ]
    oldest = read_group(
        {"multiscales": [{"version": "0.1", "datasets": [{"path": "0"}]}]}, zarr_format=2
    )
    assert oldest is not None
    assert oldest.problems == ()
    assert "".join(axis.name for axis in oldest.images[0].coordinateSystems[0].axes) == "tczyx"


def test_the_shape_of_0_5_in_a_document_of_0_6_is_read_and_told() -> None:
    node = read(image(), "0.6")
    assert len(node.images[0].datasets) == 2
    assert [(problem.code, problem.pointer) for problem in node.problems] == [
        ("older-form", "/ome/multiscales/0")
    ]


def test_transformations_stored_in_arrays() -> None:
    stored = {"type": "scale", "path": "factors"}
    node = read(image(datasets=[{"path": "0", "coordinateTransformations": [stored]}]))
    assert node.problems == ()
    assert node.images[0].datasets[0].coordinateTransformations[0].model_dump() == {
        **stored,
        "input": {"path": "0"},
        "output": {"name": "physical"},
    }
