"""Assembling labels and spatialdata: relations that documents leave unsaid."""

from collections.abc import Mapping

import pytest

from catalog.metadata.assembly import Assembly, SystemKey, assemble
from catalog.metadata.nodes import Node
from catalog.metadata.read import read_group
from catalog.metadata.transformations import Identity, MapAxis, ProjectAxis, Sequence

Json = dict[str, object]

NAMES = {"c": "channel", "t": "time"}


def axes(names: str) -> list[Json]:
    return [{"name": name, "type": NAMES.get(name, "space")} for name in names]


def image(names: str = "yx", *transformations: Json, label: Json | None = None) -> Json:
    ends = {"input": {"path": "0"}, "output": {"name": "physical"}}
    entry = {
        "coordinateSystems": [{"name": "physical", "axes": axes(names)}],
        "datasets": [
            {
                "path": "0",
                "coordinateTransformations": [{"type": "scale", "scale": [1] * len(names), **ends}],
            }
        ],
        "coordinateTransformations": list(transformations) or None,
    }
    return {"ome": {"version": "0.6", "multiscales": [entry], "image-label": label}}


def assembled(hierarchy: Mapping[str, Json]) -> Assembly:
    nodes: dict[str, Node] = {}
    for location, document in hierarchy.items():
        node = read_group(document, zarr_format=3 if "ome" in document else 2)
        assert node is not None
        nodes[location] = node
    return assemble(nodes)


def implied(assembly: Assembly) -> list[tuple[str, str, str]]:
    return [
        (str(edge.input), str(edge.output), edge.transformation.type)
        for edge in assembly.edges
        if edge.origin == "implied"
    ]


LISTING = {"ome": {"version": "0.6", "labels": ["cells"]}}


def test_labels_share_the_intrinsic_system_of_their_image() -> None:
    result = assembled({"a": image(), "a/labels": LISTING, "a/labels/cells": image(label={})})
    assert implied(result) == [("a/labels/cells#physical", "a#physical", "identity")]
    assert result.edges[-1].pointer == "/ome/image-label"
    assert result.edges[-1].group == "a/labels/cells"
    assert not result.problems


def test_labels_need_only_be_listed() -> None:
    result = assembled({"": image(), "labels": LISTING, "labels/cells": image()})
    assert implied(result) == [("labels/cells#physical", "physical", "identity")]


def test_labels_in_folders_of_folders() -> None:
    result = assembled({"": image(), "labels/by/cells": image(label={})})
    assert implied(result) == [("labels/by/cells#physical", "physical", "identity")]


def test_labels_of_an_image_elsewhere() -> None:
    label = {"source": {"image": "../raw"}}
    result = assembled({"raw": image(), "cells": image(label=label)})
    assert implied(result) == [("cells#physical", "raw#physical", "identity")]


def test_labels_alone() -> None:
    assert not assembled({"": image(label={})}).problems
    assert not assembled({"": image(label={"source": {"image": "../../"}})}).problems
    result = assembled({"": image(label={"source": {"image": "gone"}})})
    assert [(found.code, found.pointer) for found in result.problems] == [
        ("missing-label-source", "/ome/image-label/source/image")
    ]


@pytest.mark.parametrize("outward", [True, False])
def test_a_stated_relation_wins(outward: bool) -> None:
    here, there = {"name": "physical"}, {"path": "labels/cells", "name": "physical"}
    ends = {"input": here, "output": there} if outward else {"input": there, "output": here}
    stated = {"type": "translation", "translation": [1, 1], **ends}
    result = assembled({"": image("yx", stated), "labels/cells": image(label={})})
    assert implied(result) == []
    assert len(result.edges) == 3


def test_axes_of_labels() -> None:
    def relation(label: str, wanted: str) -> object:
        result = assembled({"": image(wanted), "labels/cells": image(label, label={})})
        found = [edge.transformation for edge in result.edges if edge.origin == "implied"]
        return found[0] if found else [problem.code for problem in result.problems]

    assert isinstance(relation("zyx", "zyx"), Identity)
    assert isinstance(relation("ba", "yx"), Identity)
    permuted = relation("xyz", "zyx")
    assert isinstance(permuted, MapAxis)
    assert permuted.mapAxis == (2, 1, 0)
    fewer = relation("zyx", "tczyx")
    assert isinstance(fewer, ProjectAxis)
    assert fewer.createdOutputs == (0, 1)
    assert relation("ba", "zyx") == ["label-axes"]


def inline(name: str, names: str) -> Json:
    return {"name": name, "axes": axes(names)}


def element(names: str, *outputs: Json) -> Json:
    """Make an image as spatialdata writes it: whole systems at the ends of transformations."""
    transformations = [
        {"type": "identity", "input": inline(names, names), "output": output} for output in outputs
    ]
    scale = {"type": "scale", "scale": [1] * len(names)}
    entry = {
        "version": "0.4-dev-spatialdata",
        "axes": axes(names),
        "datasets": [{"path": "0", "coordinateTransformations": [scale]}],
        "coordinateTransformations": transformations,
    }
    return {"multiscales": [entry]}


def test_a_container_has_one_system_of_each_name() -> None:
    hierarchy = {
        "": {"spatialdata_attrs": {"version": "0.1"}},
        "images/a": element("cyx", inline("global", "cyx")),
        "images/b": element("cyx", inline("global", "cyx"), inline("aligned", "cyx")),
        "labels/c": element("yx", inline("global", "xy")),
    }
    result = assembled(hierarchy)
    shared = {key for key in result.systems if not key.location}
    assert shared == {SystemKey("", "global"), SystemKey("", "aligned")}
    found = result.systems[SystemKey("", "global")]
    assert [axis.name for axis in found.axes or ()] == ["c", "y", "x"]
    into = [edge for edge in result.edges if edge.output == SystemKey("", "global")]
    assert [edge.group for edge in into] == ["images/a", "images/b", "labels/c"]
    assert isinstance(into[0].transformation, Identity)
    # The labels write the axes in another order, and have no channels.
    steps = into[2].transformation
    assert isinstance(steps, Sequence)
    assert [step.type for step in steps.transformations][-2:] == ["mapAxis", "projectAxis"]
    assert not result.problems
