"""A document that was in order is judged anew when what lies around it differs."""

from dataclasses import replace

import pytest

from catalog.metadata.check import check
from catalog.metadata.nodes import ArrayNode
from catalog.metadata.read import read_group

AXES = [{"name": name, "type": "space"} for name in "yx"]
ARRAY = ArrayNode(shape=(8, 8), dtype="uint8", dimension_names=("y", "x"))


def image(**more):
    ends = {"input": {"path": "0"}, "output": {"name": "p"}}
    level = {"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1, 1], **ends}]}
    level.update(more)
    multiscale = {"coordinateSystems": [{"name": "p", "axes": AXES}], "datasets": [level]}
    return read_group({"ome": {"version": "0.6", "multiscales": [multiscale]}}, zarr_format=3)


def codes(node, place="", **arrays):
    prefix = f"{place}/" if place else ""
    nodes = {prefix + path.removeprefix("_"): array for path, array in arrays.items()}
    return [problem.code for problem in check({place: node, **nodes})]


def known_to_be_in_order(node):
    for _ in range(4):
        assert codes(node, _0=ARRAY) == []
    return node


@pytest.mark.parametrize(
    ("array", "code"),
    [
        (replace(ARRAY, shape=(8, 8, 8), dimension_names=None), "array-axes"),
        (replace(ARRAY, shape=(8,), dimension_names=None), "array-axes"),
    ],
)
def test_another_array_is_looked_at(array, code):
    node = known_to_be_in_order(image())
    assert code in codes(node, _0=array)
    assert codes(node, _0=ARRAY) == []


def test_a_missing_array_is_missed():
    node = known_to_be_in_order(image())
    assert codes(node) == ["missing-array"]


def test_the_same_document_is_in_order_elsewhere():
    node = known_to_be_in_order(image())
    assert codes(node, "a/b", _0=replace(ARRAY, dtype="int8")) == []


def test_a_path_out_of_the_hierarchy_is_found_where_it_leads_out():
    node = image(path="../a")
    array = {"a": ARRAY}
    for _ in range(3):
        assert not [p for p in check({"image": node, **array}) if p.severity == "error"]
    assert "outside-hierarchy" in {problem.code for problem in check({"": node, **array})}


def test_an_end_elsewhere_is_judged_each_time():
    ends = {"input": {"path": "0"}, "output": {"path": "../b", "name": "p"}}
    node = image(coordinateTransformations=[{"type": "scale", "scale": [1, 1], **ends}])
    other = image()
    for _ in range(4):
        assert "unknown-system" not in codes_of(node, other)
    assert {"missing-image"} <= codes_of(node, None)


def codes_of(node, other):
    nodes = {"a": node, "a/0": ARRAY}
    if other is not None:
        nodes |= {"b": other, "b/0": ARRAY}
    return {problem.code for problem in check(nodes)}
