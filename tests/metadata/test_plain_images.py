"""What is seen to be right in one look, the rules find nothing wrong with."""

import math

from hypothesis import given
from hypothesis import strategies as st

from catalog.metadata.assembly import assemble
from catalog.metadata.check import _OF_A_DOCUMENT
from catalog.metadata.nodes import ArrayNode
from catalog.metadata.read import read_group
from catalog.metadata.rules.document import Document, Hierarchy
from catalog.metadata.rules.plain_images import is_plain_and_right
from catalog.metadata.versions import known_version


def most(value, *others):
    """Draw one value most of the time, so that whole documents are often right."""
    return st.sampled_from([value] * 40 + list(others))


numbers = most([2.0, 0.5], [0.0, 1.0], [-1.0, 1.0], [1.0], [math.inf, 1.0], [1e308, 1e308])
offsets = most([0.0, -3.5], [1.0], [math.nan, 1.0], [1, 2, 3])
scales = st.builds(lambda values: {"type": "scale", "scale": values}, numbers)
moves = st.builds(lambda values: {"type": "translation", "translation": values}, offsets)
parts = st.one_of(
    *[st.tuples(scales, moves)] * 30, st.tuples(moves, scales), st.tuples(scales), st.just(())
)
sequences = st.builds(lambda found: {"type": "sequence", "transformations": list(found)}, parts)
transformations = st.one_of(*[scales] * 20, *[sequences] * 20, moves, st.just({"type": "identity"}))
names = st.lists(st.sampled_from("zyxt"), min_size=1, max_size=4)


@st.composite
def documents(draw):
    version = draw(st.sampled_from(["0.6", "0.6", "0.5", "0.4", "0.6.dev3", "0.7"]))
    axes = [
        {"name": name, "type": "space"} for name in draw(most(["y", "x"], ["y", "y"], ["x"], []))
    ]
    newest = version >= "0.6"
    datasets, arrays = [], {}
    for level in range(draw(st.integers(1, 3))):
        path = draw(most(str(level), "0", "../a", "./b"))
        ends = {"input": {"path": path}, "output": {"name": draw(most("p", "q", ""))}}
        stated = [{**draw(transformations), **(ends if newest else {})}]
        stated = draw(most(stated, [], stated * 2))
        datasets.append({"path": path, "coordinateTransformations": stated})
        shape = draw(most((64 >> level, 64), (128, 128), (8,), (8, 8, 8), None))
        if shape is not None:
            called = draw(most(("y", "x"), ("x", "y"), None))
            called = called if called is not None and len(called) == len(shape) else None
            arrays[path] = ArrayNode(shape, "uint8", dimension_names=called)
    image = {"datasets": datasets}
    image |= {"coordinateSystems": [{"name": "p", "axes": axes}]} if newest else {"axes": axes}
    image |= draw(most({}, {"coordinateTransformations": []}, {"name": 3}))
    ome = {"version": version, "multiscales": draw(most([image], [image] * 2, [image, {}]))}
    ome |= draw(most({}, {"well": 3}, {"plate": {}}, {"omero": {}}, {"series": ["1"]}))
    return {"ome": ome}, arrays


@given(documents())
def test_what_is_plainly_right_breaks_no_rule(made):
    attributes, arrays = made
    node = read_group(attributes, zarr_format=3)
    nodes = {"": node, **arrays}
    assembly = assemble(nodes)
    hierarchy = Hierarchy(nodes, [("", node)], assembly, {}, alone=False)
    document = Document(hierarchy, "", node, known_version(node.version))
    if is_plain_and_right(document):
        assert [problem for rule in _OF_A_DOCUMENT for problem in rule(document)] == []


def test_what_collections_consist_of_is_plainly_right():
    for version in ("0.4", "0.5", "0.6"):
        scale = {"type": "scale", "scale": [2.0, 0.5]}
        ends = {"input": {"path": "0"}, "output": {"name": "p"}} if version == "0.6" else {}
        image = {"datasets": [{"path": "0", "coordinateTransformations": [{**scale, **ends}]}]}
        axes = [{"name": name, "type": "space"} for name in "yx"]
        systems = {"coordinateSystems": [{"name": "p", "axes": axes}]}
        image |= systems if version == "0.6" else {"axes": axes}
        node = read_group({"ome": {"version": version, "multiscales": [image]}}, zarr_format=3)
        nodes = {"": node, "0": ArrayNode((8, 8), "uint8", dimension_names=("y", "x"))}
        hierarchy = Hierarchy(nodes, [("", node)], assemble(nodes), {}, alone=False)
        assert is_plain_and_right(Document(hierarchy, "", node, known_version(version)))
