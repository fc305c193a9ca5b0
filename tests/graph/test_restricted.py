"""Paths that avoid systems and edges, or walk forward only; and the search laid out as arrays."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.database.packing import pack, unpack
from catalog.errors import NoPathError, UnknownAddressError
from catalog.graph import GraphEdge, GraphSystem, TransformGraph
from catalog.graph.laid_out import LaidOut
from catalog.graph.packed import PackedGraph
from catalog.graph.search import cheapest

KINDS = [
    ("scale", "closed", "dataset"),
    ("affine", "no", "scene"),
    ("bijection", "explicit", "scene"),
    ("displacements", "numeric", "scene"),
]


def built(count, edges):
    graph = TransformGraph()
    for number in range(count):
        graph.add_system(GraphSystem(f"n{number:03}"))
    for i, (source, target, kind) in enumerate(edges):
        pointer = f"/e/{i}"
        ends = (f"n{source:03}", f"n{target:03}")
        graph.add_edge(
            GraphEdge(f"k{i:03}", *ends, kind[0], f"e{i}", kind[2], kind[1], "g", pointer, list)
        )
    return graph


@st.composite
def questions(draw):
    """A random multigraph, and what to avoid in it."""
    count = draw(st.integers(3, 7))
    node = st.integers(0, count - 1)
    edges = draw(st.lists(st.tuples(node, node, st.sampled_from(KINDS)), max_size=16))
    systems = draw(st.sets(st.integers(2, count - 1), max_size=2))
    numbers = draw(st.sets(st.integers(0, max(0, len(edges) - 1)), max_size=3)) if edges else set()
    return count, edges, systems, numbers, draw(st.booleans())


def left_over(graph, systems, numbers, forward_only):
    """The same graph made without what is avoided: the slow and sure way."""
    rest = TransformGraph()
    for address, system in graph.systems.items():
        if int(address[1:]) not in systems:
            rest.add_system(system)
    for i, edge in enumerate(graph.edges):
        if i in numbers or not {edge.source, edge.target} <= set(rest.systems):
            continue
        kept = edge
        if forward_only:
            facts = {f: getattr(edge, f) for f in ("key", "source", "target", "type", "name")}
            facts |= {f: getattr(edge, f) for f in ("origin", "group", "pointer", "load")}
            kept = GraphEdge(invertibility="no", **facts)
        rest.add_edge(kept)
    return rest


def walked(path):
    return [(step.source, step.target, step.edge.key, step.inverse) for step in path.steps]


@given(questions())
def test_avoiding_is_as_if_it_were_not_there(question):
    count, edges, systems, numbers, forward_only = question
    graph = built(count, edges)
    rest = left_over(graph, systems, numbers, forward_only)
    avoid = [f"n{number:03}" for number in systems] + [f"g#/e/{number}" for number in numbers]
    conditions = {"avoid": avoid, "forward_only": forward_only}
    far = PackedGraph(
        unpack(pack(range(count), [(i, a, b, *kind) for i, (a, b, kind) in enumerate(edges)]))
    ).without(systems, numbers, forward_only=forward_only)
    for target in ("n000", "n001"):
        try:
            expected = [walked(path) for path in rest.paths("n000", target, 20)]
        except NoPathError:
            with pytest.raises(NoPathError):
                graph.path("n000", target, **conditions)
            with pytest.raises(NoPathError):
                far.path(0, int(target[1:]))
            continue
        assert walked(graph.path("n000", target, **conditions)) == expected[0]
        assert [walked(p) for p in graph.paths("n000", target, 20, **conditions)] == expected
        by_id = dict(enumerate(graph.edges))
        found = far.path(0, int(target[1:])).path(by_id, "n000", target)
        assert walked(found) == expected[0]
        alternatives = far.paths(0, int(target[1:]), 20)
        assert [walked(p.path(by_id, "n000", target)) for p in alternatives] == expected


@given(questions())
def test_laid_out_search_gives_the_same_hops(question):
    count, edges, *_ = question
    graph = built(count, edges)
    laid_out = LaidOut({address: address for address in graph}, graph.edges)
    for source in graph:
        for target in graph:
            assert laid_out.cheapest(graph, source, target) == cheapest(graph, source, target)


def test_a_graph_that_is_searched_often_answers_as_before():
    rng = random.Random(3)
    width = 50
    count = width * width
    right = [(i, i + 1) for i in range(count) if i % width + 1 < width]
    below = [(i + width, i) for i in range(count - width)]
    edges = [(a, b, rng.choice([KINDS[0], KINDS[2]])) for a, b in right + below]
    graph, pairs = TransformGraph(), []
    for number in range(count):
        graph.add_system(GraphSystem(f"n{number:04}"))
    for i, (a, b, kind) in enumerate(edges):
        ends = (f"n{a:04}", f"n{b:04}")
        graph.add_edge(GraphEdge(f"k{i:05}", *ends, kind[0], None, *kind[:0:-1], "", "", list))
    pairs = [(f"n{rng.randrange(count):04}", f"n{rng.randrange(count):04}") for _ in range(40)]
    # The first ones are searched node by node, the last over arrays.
    for source, target in pairs:
        expected = cheapest(graph, source, target)
        found = graph.path(source, target)
        assert [(s.edge, s.inverse) for s in found.steps] == [(h.edge, h.inverse) for h in expected]
    # What is added later is found.
    graph.add_edge(
        GraphEdge("new", "n0000", f"n{count - 1}", "scale", None, "scene", "closed", "", "", list)
    )
    assert len(graph.path("n0000", f"n{count - 1}").steps) == 1


def test_what_to_avoid_is_named_by_place_or_name_and_said_in_the_error():
    graph = built(3, [(0, 1, KINDS[0]), (0, 2, KINDS[0]), (2, 1, KINDS[0])])
    assert len(graph.path("n000", "n001").steps) == 1
    for avoid in ("g#/e/0", "e0"):
        assert len(graph.path("n000", "n001", avoid=[avoid]).steps) == 2
    with pytest.raises(NoPathError, match="avoids e0, n002"):
        graph.path("n000", "n001", avoid=["e0", "n002"])
    with pytest.raises(NoPathError, match="forward only"):
        graph.path("n001", "n000", forward_only=True)
    with pytest.raises(NoPathError, match="both on the path and avoided"):
        graph.path("n000", "n001", via=["n002"], avoid=["n002"])
    with pytest.raises(UnknownAddressError):
        graph.path("n000", "n001", avoid=["nowhere"])
