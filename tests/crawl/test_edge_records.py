"""What is written of an edge, by the quick way and by the one of the models."""

import json

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from catalog.crawl.edges import known_edges, transformation_record
from catalog.crawl.parameters import Parameters
from catalog.metadata.assembly import assemble
from catalog.metadata.nodes import ArrayNode
from catalog.metadata.read import read_group
from catalog.metadata.transformations import AnyTransform

NUMBERS = st.lists(st.floats() | st.integers(-3, 3), max_size=4)
EXTRAS = st.sampled_from(
    [{}, {}, {"name": "a"}, {"name": ""}, {"note": 1}, {"path": "p"}, {"input": {"name": "q"}}]
)
PLAIN = st.one_of(
    st.builds(lambda values, more: {"type": "scale", "scale": values, **more}, NUMBERS, EXTRAS),
    st.builds(
        lambda values, more: {"type": "translation", "translation": values, **more}, NUMBERS, EXTRAS
    ),
    st.just({"type": "identity"}),
)
ANY = st.one_of(
    PLAIN,
    st.builds(
        lambda parts, more: {"type": "sequence", "transformations": parts, **more},
        st.lists(PLAIN, max_size=3),
        st.sampled_from([{}, {"name": "a"}, {"note": None}]),
    ),
)


def records(node, ndim=2):
    nodes = {"": node, "0": ArrayNode((4,) * ndim, "uint8")}
    assembly = assemble(nodes)
    positions = {key: index for index, key in enumerate(assembly.systems)}
    parameters = Parameters("file:///nowhere")
    return [
        transformation_record(edge, known_edges(node), assembly.systems, positions, parameters)
        for edge in assembly.edges
    ]


def image(transformation):
    ends = {"input": {"path": "0"}, "output": {"name": "p"}}
    level = {"path": "0", "coordinateTransformations": [{**transformation, **ends}]}
    axes = [{"name": "y"}, {"name": "x"}]
    multiscale = {"coordinateSystems": [{"name": "p", "axes": axes}], "datasets": [level]}
    return read_group({"ome": {"version": "0.6", "multiscales": [multiscale]}}, zarr_format=3)


@given(ANY)
def test_parameters_are_written_as_the_model_writes_them(written):
    node = image(written)
    if not node.images:
        return
    (transformation,) = node.images[0].datasets[0].coordinateTransformations or (None,)
    for _ in range(2):
        for record in records(node):
            text = transformation.model_dump_json(exclude={"input", "output"})
            assert record.parameters == text
            again = TypeAdapter(AnyTransform).validate_json(text)
            assert again.type == record.type


def test_a_node_that_is_met_again_is_judged_by_the_axes_that_it_has_now():
    node = image({"type": "scale", "scale": [2, 3]})
    ((first,), (other,), (again,)) = records(node), records(node, ndim=3), records(node)
    assert first == again
    assert first.affine == ((2, 0, 0), (0, 3, 0))
    assert other.affine is None
    assert json.loads(first.parameters) == {"type": "scale", "scale": [2, 3]}
