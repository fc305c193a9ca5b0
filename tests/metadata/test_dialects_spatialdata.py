"""Containers of spatialdata: whole systems written inline at the ends of transformations."""

from __future__ import annotations

from typing import Any

from catalog.metadata.nodes import GroupNode
from catalog.metadata.read import read_group

C = {"name": "c", "type": "channel"}
Y, X = ({"name": name, "type": "space", "unit": "unit"} for name in "yx")
CYX = {"name": "cyx", "axes": [C, Y, X]}
GLOBAL = {"name": "global", "axes": [C, Y, X]}


def image(*transformations: dict[str, Any]) -> dict[str, Any]:
    return {
        "multiscales": [
            {
                "version": "0.4-dev-spatialdata",
                "name": "blobs",
                "axes": [{"name": "c"}, {"name": "y"}, {"name": "x"}],
                "datasets": [
                    {
                        "path": "0",
                        "coordinateTransformations": [{"type": "scale", "scale": [1, 1, 1]}],
                    }
                ],
                "coordinateTransformations": list(transformations),
            }
        ],
        "spatialdata_attrs": {"version": "0.2"},
    }


def edge(kind: str, output: dict[str, Any] = GLOBAL, **parameters: object) -> dict[str, Any]:
    return {"type": kind, "input": CYX, "output": output, **parameters}


def read(attributes: dict[str, Any], zarr_format: int = 2) -> GroupNode:
    node = read_group(attributes, zarr_format=zarr_format)
    assert node is not None
    assert node.problems == ()
    return node


def test_an_image_names_its_own_system_and_leads_to_shared_ones() -> None:
    aligned = {"name": "aligned", "axes": [C, Y, X]}
    node = read(image(edge("identity"), edge("scale", aligned, scale=[1, 2, 2])))
    entry = node.images[0]
    assert [system.name for system in entry.coordinateSystems] == ["cyx", "global", "aligned"]
    assert node.implied_systems == ((),)
    assert node.shared_systems == ("global", "aligned")
    assert [
        transformation.model_dump(mode="json") for transformation in entry.coordinateTransformations
    ] == [
        {"type": "identity", "input": {"name": "cyx"}, "output": {"name": "global"}},
        {
            "type": "scale",
            "input": {"name": "cyx"},
            "output": {"name": "aligned"},
            "scale": [1, 2, 2],
        },
    ]
    (level,) = entry.datasets[0].coordinateTransformations
    assert level.output is not None
    assert level.output.name == "cyx"
    place = ("multiscales", 0, "coordinateSystems", 1)
    assert node.pointer(*place) == "/multiscales/0/coordinateTransformations/0/output"


def test_the_same_in_zarr_v3() -> None:
    attributes = image(edge("identity"))
    spatialdata = attributes.pop("spatialdata_attrs")
    attributes["multiscales"][0].pop("version")
    attributes = {
        "ome": {"version": "0.5-dev-spatialdata", **attributes},
        "spatialdata_attrs": spatialdata,
    }
    node = read(attributes, 3)
    assert (node.kind, node.shared_systems, node.spatialdata) == ("image", ("global",), False)


def test_axes_by_name_are_resolved_against_the_inline_systems() -> None:
    turned = {"name": "turned", "axes": [C, X, Y]}
    node = read(image(edge("mapAxis", turned, mapAxis={"c": "c", "x": "y", "y": "x"})))
    written = node.images[0].coordinateTransformations[0].model_dump(mode="json")
    # Output x is what was y: the second axis of the input, and so on.
    assert written["mapAxis"] == [0, 1, 2]
    assert "axisNames" not in written


def test_members_of_a_sequence_may_state_other_systems() -> None:
    xyc = {"name": "other", "axes": [X, Y, C]}
    node = read(
        image(
            edge(
                "sequence",
                transformations=[
                    {"type": "scale", "scale": [1, 2, 3], "input": CYX, "output": CYX},
                    {"type": "translation", "translation": [5, 6, 7], "input": xyc},
                ],
            )
        )
    )
    (transformation,) = node.images[0].coordinateTransformations
    assert transformation.model_dump(mode="json", exclude={"input", "output"}) == {
        "type": "sequence",
        "transformations": [
            {
                "type": "scale",
                "scale": [1, 2, 3],
                "input": {"name": "cyx"},
                "output": {"name": "cyx"},
            },
            {"type": "mapAxis", "mapAxis": [2, 1, 0]},
            {"type": "translation", "translation": [5, 6, 7], "input": {"name": "other"}},
        ],
    }
    assert [system.name for system in node.images[0].coordinateSystems] == ["cyx", "global"]


def test_points_and_shapes() -> None:
    xy = {"name": "xy", "axes": [X, Y]}
    node = read(
        {
            "encoding-type": "ngff:shapes",
            "axes": ["x", "y"],
            "coordinateTransformations": [
                {"type": "identity", "input": xy, "output": {"name": "global", "axes": [X, Y]}}
            ],
            "spatialdata_attrs": {"version": "0.2"},
        }
    )
    assert (node.kind, node.shared_systems, node.spatialdata) == ("collection", ("global",), False)
    assert node.scene is not None
    assert node.scene.coordinateSystems is not None
    assert [system.name for system in node.scene.coordinateSystems] == ["xy", "global"]
    place = ("scene", "coordinateTransformations", 0)
    assert node.pointer(*place) == "/coordinateTransformations/0"


def test_the_root_of_a_container() -> None:
    spatialdata = {"spatialdata_software_version": "0.5.0", "version": "0.2"}
    for zarr_format in (2, 3):
        node = read({"spatialdata_attrs": spatialdata}, zarr_format)
        assert (node.kind, node.spatialdata) == ("collection", True)
