"""Reading groups: what they are, what is kept, and what is said of what is broken."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from catalog.metadata.arrays import read_array
from catalog.metadata.nodes import GroupNode
from catalog.metadata.read import read_annotation, read_group

AXES = [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]


def level(path: str, **changes: object) -> dict[str, Any]:
    transformation = {
        "type": "scale",
        "scale": [1.0, 2.0],
        "input": {"path": path},
        "output": {"name": "physical"},
    }
    return {"path": path, "coordinateTransformations": [{**transformation, **changes}]}


def image(**changes: object) -> dict[str, Any]:
    return {
        "name": "image",
        "coordinateSystems": [{"name": "physical", "axes": AXES}],
        "datasets": [level("s0"), level("s1"), level("s2")],
        **changes,
    }


def ome(**parts: object) -> dict[str, Any]:
    return {"ome": {"version": "0.6", **parts}}


def read(attributes: dict[str, Any], zarr_format: int = 3) -> GroupNode:
    node = read_group(attributes, zarr_format=zarr_format)
    assert node is not None
    return node


def found(node: GroupNode) -> list[tuple[str, str]]:
    return [(problem.code, problem.pointer) for problem in node.problems]


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ({"scene": {}, "multiscales": [image()]}, "scene"),
        ({"plate": {"wells": []}, "multiscales": [image()]}, "plate"),
        ({"well": {"images": []}}, "well"),
        ({"multiscales": [image()], "image-label": {}}, "image"),
        ({"labels": ["a"]}, "labels"),
        ({"series": ["0"]}, "collection"),
        ({"bioformats2raw.layout": 3}, "collection"),
        ({}, "collection"),
    ],
)
def test_kind(parts: dict[str, Any], kind: str) -> None:
    node = read(ome(**parts))
    assert node.kind == kind
    assert node.problems == ()


@pytest.mark.parametrize(
    ("attributes", "zarr_format"),
    [
        ({}, 3),
        ({}, 2),
        ({"anything": 1}, 3),
        ({"multiscales": {"layout": []}}, 3),  # GeoZarr
        ({"multiscales": {"layout": []}}, 2),
        ({"encoding-type": "anndata", "region": "cells"}, 2),
        ({"ome": "not ours"}, 2),
        ({"labels": {"not": "ours"}}, 2),
    ],
)
def test_groups_without_ome_zarr(attributes: dict[str, Any], zarr_format: int) -> None:
    assert read_group(attributes, zarr_format=zarr_format) is None


def test_everything_a_group_can_hold() -> None:
    node = read(
        ome(
            **{
                "multiscales": [image()],
                "omero": {"channels": [{"label": 7, "color": "FF0000", "active": True}]},
                "image-label": {
                    "colors": [{"label-value": 1, "rgba": [1, 2, 3, 4]}],
                    "source": {"image": "../../"},
                },
                "labels": ["cells"],
                "series": ["0", "1"],
                "bioformats2raw.layout": 3,
            }
        )
    )
    assert node.problems == ()
    assert node.omero is not None
    assert node.omero.channels[0].label == 7
    assert node.image_label is not None
    assert node.image_label.source is not None
    assert node.image_label.source.image == "../../"
    assert (node.labels, node.series, node.bioformats2raw) == (("cells",), ("0", "1"), 3)
    assert node.implied_systems == ((),)


def test_plates_and_wells_of_zarr_v2() -> None:
    plate = read(
        {
            "plate": {
                "version": "0.4",
                "name": "screen",
                "rows": [{"name": "A"}],
                "columns": [{"name": "1"}, {"name": "2"}],
                "wells": [{"path": "A/2", "rowIndex": 0, "columnIndex": 1}],
                "field_count": 4,
                "acquisitions": [{"id": 1, "name": "first"}],
            }
        },
        zarr_format=2,
    )
    assert (plate.kind, plate.version, plate.problems) == ("plate", "0.4", ())
    assert plate.plate is not None
    assert plate.plate.wells[0].columnIndex == 1
    well = read({"well": {"version": "0.4", "images": [{"path": "0", "acquisition": 1}]}}, 2)
    assert well.well is not None
    assert well.well.images[0].path == "0"


def test_several_images_in_one_group() -> None:
    node = read(ome(multiscales=[image(name="a"), image(name="b")]))
    assert [entry.name for entry in node.images] == ["a", "b"]


def test_null_is_absent() -> None:
    attributes = ome(
        multiscales=[image(coordinateTransformations=None, name=None, metadata=None)],
        scene=None,
        labels=None,
        plate=None,
        omero=None,
    )
    node = read(attributes)
    assert (node.kind, node.problems, node.images[0].name) == ("image", (), None)
    scene = read(ome(scene={"coordinateSystems": None, "coordinateTransformations": None}))
    assert (scene.kind, scene.problems) == ("scene", ())


def test_unknown_keys_are_kept() -> None:
    entry = image(**{"@type": "ngff:Image"})
    entry["datasets"][0]["coordinateTransformations"][0]["weight"] = {"a": [1, None]}
    node = read(ome(multiscales=[entry]))
    assert node.images[0].model_dump(mode="json") == entry
    assert node.attributes["ome"]["multiscales"][0] is entry


# Versions


@pytest.mark.parametrize("version", ["0.9.dev1", "0.6dev2", "0.5-dev"])
def test_an_unknown_version_is_read_by_shape(version: str) -> None:
    node = read({"ome": {"version": version, "multiscales": [image()]}})
    assert len(node.images) == 1
    assert node.version == version
    assert found(node) == [("unknown-version", "/ome/version")]
    assert node.problems[0].severity == "warning"


def test_a_version_that_is_missing_or_no_text() -> None:
    assert found(read({"ome": {"labels": []}})) == [("missing-version", "/ome")]
    node = read({"ome": {"version": 0.5, "labels": []}})
    assert found(node) == [("wrong-type", "/ome/version")]
    assert node.version == "0.5"


def test_metadata_of_zarr_v2_where_v3_wants_it_elsewhere() -> None:
    node = read({"multiscales": [{"version": "0.4", "axes": AXES, "datasets": [{"path": "0"}]}]})
    assert found(node) == [("misplaced-metadata", "/multiscales")]
    assert len(node.images) == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("well", {"images": [{"path": "0"}]}),
        ("image-label", {"colors": [{"label-value": 1}]}),
        ("bioformats2raw.layout", 3),
        ("scene", {"coordinateTransformations": []}),
    ],
)
def test_other_metadata_that_zarr_v3_wants_elsewhere(key: str, value: object) -> None:
    node = read({key: value})
    assert found(node) == [("misplaced-metadata", f"/{key}")]
    assert read({key: value}, zarr_format=2).problems == ()


def test_drafts_of_the_next_version_are_known_and_told() -> None:
    for version, words in (("0.9.dev2", "draft"), ("0.9.dev9", "unknown"), ("0.7", "unknown")):
        (problem,) = read({"ome": {"version": version, "series": []}}).problems
        assert (problem.code, problem.severity) == ("unknown-version", "warning")
        assert words in problem.message


# Defects: the innermost broken element is left out, the rest is read


def broken(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    attributes = ome(
        multiscales=[
            image(
                coordinateTransformations=[
                    {
                        "type": "sequence",
                        "input": {"name": "physical"},
                        "output": {"name": "physical"},
                        "transformations": [
                            {"type": "identity"},
                            {
                                "type": "byDimension",
                                "transformations": [
                                    {
                                        "transformation": {"type": "scale", "scale": [1, 1]},
                                        "inputAxes": [0, 1],
                                        "outputAxes": [0, 1],
                                    }
                                ],
                            },
                        ],
                    }
                ]
            )
        ]
    )
    attributes = copy.deepcopy(attributes)
    holder: Any = attributes["ome"]["multiscales"][0]
    for step in path[:-1]:
        holder = holder[step]
    if value is KeyError:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return attributes


ITEM = ("coordinateTransformations", 0, "transformations", 1, "transformations", 0)
FIRST = ("datasets", 1, "coordinateTransformations", 0)


@pytest.mark.parametrize(
    ("path", "value", "code", "pointer", "left"),
    [
        # what is broken, where it is reported, and (systems, datasets, level 1's, image's) left
        (("name",), 3, "wrong-type", "name", (1, 3, 1, 1)),
        (("coordinateSystems",), 3, "wrong-type", "coordinateSystems", (0, 3, 1, 1)),
        (("coordinateSystems", 0), 3, "wrong-type", "coordinateSystems/0", (0, 3, 1, 1)),
        (
            ("coordinateSystems", 0, "name"),
            "",
            "empty",
            "coordinateSystems/0/name",
            (0, 3, 1, 1),
        ),
        (
            ("coordinateSystems", 0, "axes", 1, "name"),
            KeyError,
            "missing-key",
            "coordinateSystems/0/axes/1",
            (0, 3, 1, 1),
        ),
        (
            ("coordinateSystems", 0, "axes", 1, "unit"),
            5,
            "wrong-type",
            "coordinateSystems/0/axes/1/unit",
            (1, 3, 1, 1),
        ),
        (("datasets", 1), "s1", "wrong-type", "datasets/1", (1, 2, 1, 1)),
        (("datasets", 1, "path"), KeyError, "missing-key", "datasets/1", (1, 2, 1, 1)),
        (
            ("datasets", 1, "coordinateTransformations"),
            {},
            "wrong-type",
            "datasets/1/coordinateTransformations",
            (1, 3, 0, 1),
        ),
        (
            (*FIRST, "scale"),
            [1, "2"],
            "wrong-type",
            "datasets/1/coordinateTransformations/0/scale/1",
            (1, 3, 0, 1),
        ),
        (
            (*FIRST, "scale"),
            [1, True],
            "wrong-type",
            "datasets/1/coordinateTransformations/0/scale/1",
            (1, 3, 0, 1),
        ),
        (
            (*FIRST, "scale"),
            KeyError,
            "missing-key",
            "datasets/1/coordinateTransformations/0",
            (1, 3, 0, 1),
        ),
        (
            (*FIRST, "type"),
            "thin-plate-spline",
            "unknown-transformation",
            "datasets/1/coordinateTransformations/0",
            (1, 3, 0, 1),
        ),
        (
            (*FIRST, "type"),
            KeyError,
            "missing-key",
            "datasets/1/coordinateTransformations/0",
            (1, 3, 0, 1),
        ),
        (
            (*FIRST, "name"),
            3,
            "wrong-type",
            "datasets/1/coordinateTransformations/0/name",
            (1, 3, 1, 1),
        ),
        (
            (*ITEM, "transformation", "scale"),
            "2",
            "wrong-type",
            "/".join(map(str, (*ITEM, "transformation", "scale"))),
            (1, 3, 1, 0),
        ),
        (
            (*ITEM, "inputAxes", 0),
            -1,
            "wrong-value",
            "/".join(map(str, (*ITEM, "inputAxes", 0))),
            (1, 3, 1, 0),
        ),
        (
            (*ITEM, "outputAxes"),
            KeyError,
            "missing-key",
            "/".join(map(str, ITEM)),
            (1, 3, 1, 0),
        ),
    ],
)
def test_one_defect(
    path: tuple[str | int, ...],
    value: object,
    code: str,
    pointer: str,
    left: tuple[int, int, int, int],
) -> None:
    node = read(broken(path, value))
    assert found(node) == [(code, f"/ome/multiscales/0/{pointer}")]
    assert node.problems[0].severity == "error"
    entry = node.images[0]
    assert (
        len(entry.coordinateSystems),
        len(entry.datasets),
        len(entry.datasets[1].coordinateTransformations),
        len(entry.coordinateTransformations),
    ) == left


def test_several_defects_are_all_told() -> None:
    attributes = broken(("datasets", 0, "path"), 3)
    attributes["ome"]["multiscales"][0]["datasets"][2]["path"] = None
    attributes["ome"]["multiscales"][0]["coordinateSystems"][0]["axes"][0]["unit"] = 5
    node = read(attributes)
    assert sorted(found(node)) == [
        ("missing-key", "/ome/multiscales/0/datasets/2"),
        ("wrong-type", "/ome/multiscales/0/coordinateSystems/0/axes/0/unit"),
        ("wrong-type", "/ome/multiscales/0/datasets/0/path"),
    ]
    assert [dataset.path for dataset in node.images[0].datasets] == ["s1"]


def test_places_of_what_is_left_are_those_in_the_document() -> None:
    node = read(broken(("datasets", 0), 3))
    assert node.images[0].datasets[0].path == "s1"
    assert node.pointer("multiscales", 0, "datasets", 0, "path") == (
        "/ome/multiscales/0/datasets/1/path"
    )
    two = read(ome(multiscales=[3, image()]))
    assert found(two) == [("wrong-type", "/ome/multiscales/0")]
    assert two.pointer("multiscales", 0, "datasets", 2) == "/ome/multiscales/1/datasets/2"


def test_an_image_without_usable_datasets_is_left_out() -> None:
    node = read(ome(multiscales=[image(datasets=[]), image()]))
    assert found(node) == [("empty", "/ome/multiscales/0/datasets")]
    assert len(node.images) == len(node.implied_systems) == 1


def test_rows_and_channels_keep_their_positions() -> None:
    node = read(
        ome(
            plate={"rows": [{"name": "A"}, {"name": 2}, {"name": "C"}]},
            omero={"channels": [3, {"label": "dapi", "color": 5}]},
        )
    )
    assert found(node) == [
        ("wrong-type", "/ome/plate/rows/1/name"),
        ("wrong-type", "/ome/omero/channels/0"),
        ("wrong-type", "/ome/omero/channels/1/color"),
    ]
    assert node.plate is not None
    assert [row.name for row in node.plate.rows] == ["A", "", "C"]
    assert node.omero is not None
    assert [channel.label for channel in node.omero.channels] == [None, "dapi"]


@pytest.mark.parametrize(
    ("key", "value", "pointer"),
    [
        ("multiscales", {}, "/ome/multiscales"),
        ("scene", [], "/ome/scene"),
        ("plate", 3, "/ome/plate"),
        ("well", {"images": 3}, "/ome/well/images"),
        ("labels", "cells", "/ome/labels"),
        ("labels", ["cells", 3], "/ome/labels/1"),
        ("series", {}, "/ome/series"),
        ("bioformats2raw.layout", "3", "/ome/bioformats2raw.layout"),
        ("omero", [], "/ome/omero"),
        ("image-label", {"source": "../.."}, "/ome/image-label/source"),
    ],
)
def test_parts_of_a_wrong_type(key: str, value: object, pointer: str) -> None:
    node = read(ome(**{key: value, "series" if key != "series" else "labels": ["0"]}))
    assert found(node) == [("wrong-type", pointer)]
    assert node.series == ("0",) or node.labels == ("0",)


def test_ome_that_is_no_object() -> None:
    node = read({"ome": ["0.5"]})
    assert (node.kind, found(node)) == ("collection", [("wrong-type", "/ome")])


def test_too_many_problems_are_counted() -> None:
    node = read(ome(labels=[1] * 1000))
    assert len(node.problems) == 201
    assert node.problems[-1].code == "more-problems"
    assert "800 more" in node.problems[-1].message


def test_keys_with_slashes_are_escaped_in_pointers() -> None:
    entry = image(coordinateSystems=[{"name": "physical", "axes": {"a/b~c": {"unit": 3}}}])
    assert found(read({"ome": {"version": "0.6.dev1", "multiscales": [entry]}})) == [
        ("wrong-type", "/ome/multiscales/0/coordinateSystems/0/axes/a~1b~0c/unit")
    ]


def test_an_array_annotated_as_a_field() -> None:
    document = {
        "shape": [4, 6, 2],
        "data_type": "float32",
        "attributes": {
            "ome": {
                "coordinateSystems": [
                    {"name": "a", "axes": [*AXES, {"name": "d", "type": "displacement"}]}
                ],
                "coordinateTransformations": [
                    {"type": "scale", "input": "field", "output": "a", "scale": [1.5, 1.5, 1]}
                ],
            }
        },
    }
    annotation = read_annotation(read_array(document, 3))
    assert annotation is not None
    assert annotation.coordinateSystems is not None
    assert annotation.coordinateSystems[0].axes[2].type == "displacement"
    assert annotation.coordinateTransformations[0].output is not None
    assert annotation.coordinateTransformations[0].output.name == "a"
    assert read_annotation(read_array({"shape": [1]}, 3)) is None
