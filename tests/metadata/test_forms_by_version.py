"""Which version gave up which form: what is read all the same, and from when on it is told."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.metadata.check import check_attributes
from catalog.metadata.read import read_group

Json = dict[str, Any]

VERSIONS = ("0.5", "0.6.dev1", "0.6.dev2", "0.6.dev3", "0.6.dev4", "0.6rc0", "0.6", "0.9.dev2")

AXES = [{"name": name, "type": "space"} for name in "yx"]
SYSTEMS = [{"name": name, "axes": AXES} for name in ("physical", "other")]
LEVEL = {
    "type": "scale",
    "scale": [1, 2],
    "input": {"path": "0"},
    "output": {"name": "physical"},
}
ENDS = {"input": {"name": "physical"}, "output": {"name": "other"}}


def image(*transformations: Json, level: Json | None = None, **changes: object) -> Json:
    entry = {
        "coordinateSystems": SYSTEMS,
        "datasets": [{"path": "0", "coordinateTransformations": [level or LEVEL]}],
        "coordinateTransformations": [{**ENDS, **each} for each in transformations] or None,
        **changes,
    }
    return {"multiscales": [entry]}


def scene(transformation: Json) -> Json:
    edges = [{**ENDS, **transformation}]
    return {"scene": {"coordinateSystems": SYSTEMS, "coordinateTransformations": edges}}


def item(inside: Json, **axes: object) -> Json:
    return {"transformation": inside, **axes}


IDENTITY = {"type": "identity"}
HALVES = [
    {"type": "scale", "scale": [2], "input_axes": [0], "output_axes": [1]},
    {"type": "scale", "scale": [3], "input_axes": [1], "output_axes": [0]},
]
NESTED = [
    item({"type": "scale", "scale": [n + 2]}, input_axes=[n], output_axes=[1 - n]) for n in (0, 1)
]
NAMED = [
    item({"type": "scale", "scale": [n + 2]}, inputAxes=["yx"[n]], outputAxes=["xy"[n]])
    for n in (0, 1)
]

#: A form, and the first version that has given it up.
FORMS = [
    (scene({**IDENTITY, "input": "physical"}), "0.6.dev3"),
    (
        {"coordinateSystems": SYSTEMS, "coordinateTransformations": [{**IDENTITY, **ENDS}]},
        "0.6.dev3",
    ),
    (image({**IDENTITY, "input": "physical"}), "0.6.dev4"),
    (image(level={**LEVEL, "input": "0"}), "0.6.dev4"),
    (image(level={**LEVEL, "output": "physical"}), "0.6.dev4"),
    (image(level={**LEVEL, "input": {"name": "0"}}), "0.6.dev4"),
    (image(level={key: LEVEL[key] for key in LEVEL if key != "input"}), "0.6.dev3"),
    (image({"type": "byDimension", "transformations": HALVES}), "0.6.dev3"),
    (image({"type": "byDimension", "transformations": NAMED}), "0.6.dev3"),
    (image({"type": "byDimension", "transformations": NESTED}), "0.6rc0"),
    (image({"type": "mapAxis", "mapAxis": {"y": "x", "x": "y"}}), "0.6.dev3"),
    (image({"type": "inverseOf", "transformation": IDENTITY}), "0.6.dev3"),
    (image({"type": "sequence", "transforms": [IDENTITY]}), "0.6.dev3"),
    (image({"type": "affine", "affine": [1, 0, 0, 0, 1, 0]}), "0.6.dev2"),
    (image({"type": "rotation", "rotation": [0, -1, 1, 0]}), "0.6.dev2"),
    (image(arrayCoordinateSystem={"name": "array", "axes": AXES}), "0.6.dev4"),
    (
        image(coordinateSystems=None, axes=AXES, level={"type": "scale", "scale": [1, 2]}),
        "0.6.dev2",
    ),
]


@pytest.mark.parametrize(("form", "since"), FORMS)
def test_a_form_is_an_error_from_the_version_on_that_gave_it_up(form: Json, since: str) -> None:
    told = {}
    for version in VERSIONS:
        node = read_group({"ome": {"version": version, **form}}, zarr_format=3)
        assert node is not None
        told[version] = "older-form" in {problem.code for problem in node.problems}
        # What is told is read all the same.
        assert node.images or node.scene
        assert {problem.code for problem in node.problems} <= {"older-form", "unknown-version"}
    first = VERSIONS.index(since)
    assert told == {version: VERSIONS.index(version) >= first for version in VERSIONS}


def test_one_end_is_told_once() -> None:
    """A bare name at the input of a level is old in two ways."""
    attributes = {"ome": {"version": "0.6", **image(level={**LEVEL, "input": "0"})}}
    (problem,) = check_attributes(attributes)
    assert problem.pointer == "/ome/multiscales/0/datasets/0/coordinateTransformations/0/input"


@pytest.mark.parametrize("end", [7, [], True, {"path": 7}, {"path": []}])
def test_the_input_of_a_level_must_be_an_end(end: object) -> None:
    """The level's own path is used; what stands in its place is not passed over."""
    attributes = {"ome": {"version": "0.6.dev1", **image(level={**LEVEL, "input": end})}}
    node = read_group(attributes, zarr_format=3)
    assert node is not None
    assert [problem.code for problem in node.problems] == ["wrong-type"]
    (transformation,) = node.images[0].datasets[0].coordinateTransformations
    assert transformation.input is not None
    assert transformation.input.path == "0"
