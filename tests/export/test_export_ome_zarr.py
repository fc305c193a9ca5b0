"""OME-Zarr 0.6 transformations: read back, they do what the path did."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import TypeAdapter

from catalog.errors import TransformationError
from catalog.export import End, export, to_ome_zarr
from catalog.geometry.classify import edge_mapping
from catalog.metadata.check import check_attributes
from catalog.metadata.transformations import AnyTransform

ADAPTER: TypeAdapter[AnyTransform] = TypeAdapter(AnyTransform)
HERE, THERE = End(), End()
SCALE = {"type": "scale", "scale": [2.0, 3.0]}
SHIFT = {"type": "translation", "translation": [5.0, 7.0]}
WARP = {"type": "displacements", "path": "warp", "interpolation": "nearest"}
AXES = [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]


def mapping(document, ndim_in=2, ndim_out=2):
    return edge_mapping(ADAPTER.validate_python(document), ndim_in, ndim_out, None, place="")


def valid(transformation) -> None:
    """Hold it against the rules of 0.6, in the scene that it is written for."""
    names = {
        end["name"]
        for end in (transformation["input"], transformation["output"])
        if "path" not in end
    }
    scene = {
        "coordinateSystems": [{"name": name, "axes": AXES} for name in sorted(names)],
        "coordinateTransformations": [transformation],
    }
    attributes = {"ome": {"version": "0.6", "scene": scene}}
    assert not [p for p in check_attributes(attributes, strict=False) if p.severity == "error"]


def test_a_chain_of_affines_is_one_affine(walk) -> None:
    path = walk(
        "tiles/t0#physical",
        "world",
        {"tiles/t0#physical": 2, "stage": 2, "world": 2},
        ("tiles/t0#physical", "stage", SCALE, ""),
        ("world", "stage", SHIFT, ""),
    )
    stated = to_ome_zarr(path, HERE, THERE)
    assert stated.group == ""
    assert stated.transformation == {
        "type": "affine",
        "input": {"path": "tiles/t0", "name": "physical"},
        "output": {"name": "world"},
        "affine": [[2.0, 0.0, -5.0], [0.0, 3.0, -7.0]],
    }
    valid(stated.transformation)
    points = [[1.0, 2.0], [3.0, 4.0]]
    found = mapping(stated.transformation).apply(np.array(points))
    assert found.tolist() == path.transform(points).tolist()


def test_a_system_to_itself_is_the_identity(walk) -> None:
    path = walk("world", "world", {"world": 2})
    assert to_ome_zarr(path, HERE, THERE).transformation == {
        "type": "identity",
        "input": {"name": "world"},
        "output": {"name": "world"},
    }


def test_fields_are_kept_by_path_between_the_affines(walk) -> None:
    path = walk(
        "a/img#physical",
        "atlas",
        {"a/img#physical": 2, "a#stage": 2, "a#warped": 2, "atlas": 2},
        ("a/img#physical", "a#stage", {"type": "sequence", "transformations": [SCALE, SHIFT]}, "a"),
        ("a#stage", "a#warped", {**WARP, "path": "./fields/warp/"}, "a"),
        ("atlas", "a#warped", SCALE, ""),
    )
    stated = to_ome_zarr(path, HERE, THERE)
    assert stated.group == ""
    assert stated.transformation == {
        "type": "sequence",
        "input": {"path": "a/img", "name": "physical"},
        "output": {"name": "atlas"},
        "transformations": [
            {"type": "affine", "affine": [[2.0, 0.0, 5.0], [0.0, 3.0, 7.0]]},
            {"type": "displacements", "path": "a/fields/warp", "interpolation": "nearest"},
            {"type": "affine", "affine": [[0.5, 0.0, 0.0], [0.0, 1 / 3, 0.0]]},
        ],
    }
    valid(stated.transformation)


def test_a_field_alone_is_no_sequence(walk) -> None:
    path = walk("a", "b", {"a": 2, "b": 2}, ("a", "b", {**WARP, "path": "/fields/warp"}, ""))
    stated = to_ome_zarr(path, HERE, THERE).transformation
    assert (stated["type"], stated["path"]) == ("displacements", "/fields/warp")


def test_what_is_nested_stays_nested_but_no_sequence_is_in_a_sequence(walk) -> None:
    line = {"type": "coordinates", "path": "line"}
    document = {
        "type": "byDimension",
        "transformations": [
            {
                "transformation": {
                    "type": "sequence",
                    "transformations": [
                        {"type": "scale", "scale": [4.0]},
                        line,
                    ],
                },
                "inputAxes": [1],
                "outputAxes": [0],
            },
            {
                "transformation": {"type": "identity"},
                "inputAxes": [0],
                "outputAxes": [1],
            },
        ],
    }
    pair = {
        "type": "bijection",
        "forward": {"type": "sequence", "transformations": [SHIFT, WARP]},
        "inverse": {"type": "sequence", "transformations": [WARP, SHIFT]},
    }
    systems = {"a": 2, "b": 2, "c": 2}
    path = walk("a", "c", systems, ("a", "b", document, ""), ("c", "b", pair, ""))
    stated = to_ome_zarr(path, HERE, THERE).transformation
    affine = {"type": "affine", "affine": [[1.0, 0.0, 5.0], [0.0, 1.0, 7.0]]}
    warp = {"type": "displacements", "path": "warp", "interpolation": "nearest"}
    assert stated["transformations"] == [
        {
            "type": "byDimension",
            "transformations": [
                {
                    "transformation": {
                        "type": "sequence",
                        "transformations": [{"type": "affine", "affine": [[4.0, 0.0]]}, line],
                    },
                    "inputAxes": [1],
                    "outputAxes": [0],
                },
                {"transformation": {"type": "identity"}, "inputAxes": [0], "outputAxes": [1]},
            ],
        },
        {
            # Walked backwards: the stated inverse comes first.
            "type": "bijection",
            "forward": {"type": "sequence", "transformations": [warp, affine]},
            "inverse": {"type": "sequence", "transformations": [affine, warp]},
        },
    ]
    assert mapping(stated).needs == path.mapping.needs


def test_a_field_backwards_cannot_be_stated(walk) -> None:
    path = walk("b", "a", {"a": 2, "b": 2}, ("a", "b", WARP, ""))
    with pytest.raises(TransformationError, match=r"backwards through the field warp.*TO FROM"):
        to_ome_zarr(path, HERE, THERE)


def test_an_array_has_no_name_and_its_image_is_proposed(walk) -> None:
    systems = {"t0/0#": 2, "t0#physical": 2, "world": 2}
    edges = (("t0/0#", "t0#physical", SCALE, "t0"), ("t0#physical", "world", SHIFT, ""))
    with pytest.raises(TransformationError, match=r"t0/0# is an array.*FROM t0#physical"):
        to_ome_zarr(walk("t0/0#", "world", systems, *edges), HERE, THERE)
    with pytest.raises(TransformationError, match=r"t0/0# is an array.*TO t0#physical"):
        to_ome_zarr(walk("world", "t0/0#", systems, *edges), HERE, THERE)


def test_paths_count_from_the_nearest_group_around_all(walk) -> None:
    root = "file:///data/brain.zarr"
    systems = {f"{root}/a/t0#p": 2, f"{root}/a/t%231#p": 2, f"{root}/a#stage": 2}
    path = walk(
        f"{root}/a/t0#p",
        f"{root}/a/t%231#p",
        systems,
        (f"{root}/a/t0#p", f"{root}/a#stage", SHIFT, f"{root}/a"),
        (f"{root}/a/t%231#p", f"{root}/a#stage", SHIFT, f"{root}/a"),
    )
    stated = to_ome_zarr(path, HERE, THERE)
    assert stated.group == f"{root}/a"
    assert stated.transformation["input"] == {"path": "t0", "name": "p"}
    assert stated.transformation["output"] == {"path": "t#1", "name": "p"}
    assert f"For the scene at {root}/a: its paths count from there" in stated.notes[0]


def test_labels_and_their_image_meet_in_the_image(walk) -> None:
    systems = {"t0/labels/cells#p": 2, "t0#p": 2}
    edge = ("t0/labels/cells#p", "t0#p", {"type": "identity"}, "t0/labels/cells")
    stated = to_ome_zarr(walk("t0/labels/cells#p", "t0#p", systems, edge), HERE, THERE)
    assert stated.group == "t0"
    assert stated.transformation["input"] == {"path": "labels/cells", "name": "p"}


def test_a_path_that_leaves_its_hierarchy_cannot_be_stated(walk) -> None:
    one, other = "file:///data/one.zarr", "file:///data/other.zarr"
    systems = {f"{one}#a": 2, f"{other}#b": 2}
    path = walk(f"{one}#a", f"{other}#b", systems, (f"{one}#a", f"{other}#b", SHIFT, one))
    with pytest.raises(TransformationError, match="leaves its hierarchy: file:///data is no group"):
        to_ome_zarr(path, HERE, THERE)


def test_names_that_documents_do_not_declare_are_pointed_out(affine_path) -> None:
    path = affine_path([1, 0, 0], [0, 1, 0])
    notes = export(path, "ome-zarr", End(None, "implied"), End()).notes
    assert any("img#here is not declared by name" in note for note in notes)
    assert len(export(path, "ome-zarr", End(), End()).notes) == 1
