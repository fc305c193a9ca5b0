"""The search gives what the slow and sure way gives: in memory, and over packed arrays."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.database.packing import pack, unpack
from catalog.errors import DatabaseError, NoPathError, UnknownAddressError
from catalog.graph import GraphEdge, GraphSystem, TransformGraph
from catalog.graph.alternatives import k_cheapest
from catalog.graph.packed import PackedGraph
from catalog.graph.path import Step
from catalog.graph.search import cheapest

KINDS = [
    ("scale", "closed", "dataset"),
    ("affine", "no", "scene"),
    ("bijection", "explicit", "scene"),
    ("identity", "closed", "implied"),
    ("displacements", "numeric", "scene"),
]


def edge(key, source, target, kind=KINDS[0]):
    def load():
        raise AssertionError("a search makes no mapping")

    return GraphEdge(key, source, target, kind[0], None, kind[2], kind[1], "", key, load)


@st.composite
def graphs(draw, max_nodes=7, max_edges=14):
    """A random multigraph: names, and (source, target, kind) of each edge."""
    count = draw(st.integers(2, max_nodes))
    node = st.integers(0, count - 1)
    edges = draw(st.lists(st.tuples(node, node, st.sampled_from(KINDS)), max_size=max_edges))
    order = draw(st.permutations(range(len(edges))))
    return count, edges, order


def built(drawn):
    """Make the graph, its edges added in the order drawn."""
    count, edges, order = drawn
    graph = TransformGraph()
    for number in range(count):
        graph.add_system(GraphSystem(f"n{number}"))
    for index in order:
        source, target, kind = edges[index]
        graph.add_edge(edge(f"e{index:03}", f"n{source}", f"n{target}", kind))
    return graph


def packed(drawn):
    """Pack the whole graph (as one component); system ids begin at 100, edge ids at 1000."""
    count, edges, order = drawn
    return pack(
        range(100, 100 + count),
        [(1000 + i, edges[i][0], edges[i][1], *edges[i][2]) for i in order],
    )


def all_paths(graph, source, target):
    """Every simple path, cheapest first, then by (system, edge): the slow and sure way."""
    found = []

    def walk(node, visited, steps):
        if node == target:
            found.append(tuple(steps))
            return
        for one in graph.edges:
            for inverse in (False, True):
                step = Step(one, inverse)
                if inverse and one.inverse_cost is None:
                    continue
                if step.source == node and step.target not in visited:
                    walk(step.target, visited | {step.target}, [*steps, step])

    walk(source, {source}, [])

    def rank(steps):
        return (
            sum(step.cost for step in steps),
            [(step.target, step.edge.key, step.inverse) for step in steps],
        )

    return sorted(found, key=rank)


def walked(path):
    return [(step.target, step.edge.key, step.inverse) for step in path.steps]


@given(graphs())
def test_canonical_path_is_the_first_of_all_paths(drawn):
    graph = built(drawn)
    expected = all_paths(graph, "n0", "n1")
    if not expected:
        with pytest.raises(NoPathError):
            graph.path("n0", "n1")
        return
    found = graph.path("n0", "n1")
    assert found.steps == expected[0]
    assert found.cost == sum(step.cost for step in expected[0])


@given(graphs(max_nodes=5, max_edges=10), st.integers(1, 40))
def test_alternatives_are_all_paths_in_order(drawn, limit):
    graph = built(drawn)
    expected = all_paths(graph, "n0", "n1")[:limit]
    if not expected:
        with pytest.raises(NoPathError):
            graph.paths("n0", "n1", limit)
        return
    assert [path.steps for path in graph.paths("n0", "n1", limit)] == expected


@given(graphs(max_nodes=12, max_edges=24))
def test_packed_graph_answers_as_memory_does(drawn):
    graph = built(drawn)
    far = PackedGraph(unpack(packed(drawn)))
    edges = {1000 + int(e.key[1:]): e for e in graph.edges}
    for target in range(drawn[0]):
        names = [f"n{number}" for number in range(drawn[0])]
        expected = cheapest(_Numbered(graph, names), "n0", f"n{target}")
        if expected is None:
            with pytest.raises(NoPathError):
                far.path(100, 100 + target)
            with pytest.raises(NoPathError):
                far.paths(100, 100 + target)
            continue
        found = far.path(100, 100 + target)
        assert found.cost == sum(hop.cost for hop in expected)
        steps = found.path(edges, "n0", f"n{target}").steps
        assert [(s.target, s.edge.key, s.inverse) for s in steps] == [
            (hop.node, hop.edge.key, hop.inverse) for hop in expected
        ]
        assert found.systems == (100, *(100 + int(s.target[1:]) for s in steps))
        first = far.paths(100, 100 + target, 1)[0]
        assert (first.cost, first.systems) == (found.cost, found.systems)


class _Numbered:
    """A graph whose systems are in the order of their numbers."""

    def __init__(self, graph, names):
        self.arcs_from, self.arcs_to = graph.arcs_from, graph.arcs_to
        self.edge_order = graph.edge_order
        self.order = {name: number for number, name in enumerate(names)}.__getitem__


def shaped(shape, size, rng):
    """Edges of a shape that scenes take; tiles point anywhere, as registrations do."""
    if shape == "star":
        return size, [(leaf, 0) for leaf in range(1, size)]
    if shape == "tree":
        return size, [(node, rng.randrange(node)) for node in range(1, size)]
    width = int(size**0.5)
    right = [(i, i + 1) for i in range(width * width) if i % width + 1 < width]
    below = [(i + width, i) for i in range(width * width - width)]
    hub = [(width * width, i) for i in range(0, width * width, 7)] if shape == "hub" else []
    return width * width + bool(hub), right + below + hub


@pytest.mark.parametrize("shape", ["star", "tree", "grid", "hub"])
def test_large_shapes_from_memory_and_packed(shape):
    rng = random.Random(7)
    count, ends = shaped(shape, 900, rng)
    kinds = [KINDS[0]] * 8 + KINDS
    edges = [(a, b, rng.choice(kinds)) for a, b in ends]
    drawn = (count, edges, range(len(edges)))
    graph, far = built(drawn), PackedGraph(unpack(packed(drawn)))
    numbered = _Numbered(graph, [f"n{number}" for number in range(count)])
    met = 0
    for _ in range(60):
        one, other = rng.randrange(count), rng.randrange(count)
        expected = cheapest(numbered, f"n{one}", f"n{other}")
        if expected is None:
            with pytest.raises(NoPathError):
                far.path(100 + one, 100 + other)
            continue
        met += 1
        found = far.path(100 + one, 100 + other)
        assert found.cost == sum(hop.cost for hop in expected)
        assert found.systems[1:] == tuple(100 + int(hop.node[1:]) for hop in expected)
    assert met > 5


def test_a_hub_is_not_opened_when_the_other_side_can_come():
    _, ends = shaped("star", 2_000, random.Random(0))
    graph = built((2_000, [(a, b, KINDS[0]) for a, b in ends], range(len(ends))))
    opened = []

    class Watched(_Numbered):
        def __init__(self):
            super().__init__(graph, [f"n{number}" for number in range(2_000)])
            self.arcs_from = self.arcs_to = lambda node: _Counted(graph.arcs_from(node))

    class _Counted(list):
        def __iter__(self):
            opened.append(len(self))
            return super().__iter__()

    hops = cheapest(Watched(), "n5", "n0")
    assert [hop.node for hop in hops] == ["n0"]
    hops = cheapest(Watched(), "n0", "n7")
    assert [hop.node for hop in hops] == ["n7"]
    assert max(opened) == 1


def test_a_missing_inverse_makes_a_longer_way():
    graph = TransformGraph()
    graph.add_edge(edge("0", "b", "a", KINDS[1]))
    graph.add_edge(edge("1", "a", "c"))
    graph.add_edge(edge("2", "b", "c"))
    assert walked(graph.path("a", "b")) == [("c", "1", False), ("b", "2", True)]
    assert walked(graph.path("b", "a")) == [("a", "0", False)]


def test_of_parallel_edges_the_stated_direction_is_first():
    graph = TransformGraph()
    graph.add_edge(edge("0", "b", "a"))
    graph.add_edge(edge("2", "a", "b"))
    graph.add_edge(edge("1", "a", "b"))
    assert walked(graph.path("a", "b")) == [("b", "1", False)]
    assert [path.cost for path in graph.paths("a", "b")] == [1000, 1000, 1010]


def test_looking_for_more_ends_when_it_takes_too_long():
    drawn = (7, [(a, b, KINDS[0]) for a in range(7) for b in range(a)], range(21))
    graph = built(drawn)
    everything = k_cheapest(graph, "n0", "n1", 10_000)
    some = k_cheapest(graph, "n0", "n1", 10_000, budget=200)
    assert 0 < len(some) < len(everything)
    assert some == everything[: len(some)]


def test_side_branches_do_not_slow_alternatives():
    """Without leaving them out, 5,000 leaves would be walked at each further cost."""
    leaves = [(node, (node - 2) // 2, KINDS[0]) for node in range(2, 5_000)]
    drawn = (5_000, [(0, 1, KINDS[0]), (0, 1, KINDS[4]), *leaves], range(5_000))
    found = k_cheapest(built(drawn), "n0", "n1", 10, budget=200)
    assert [sum(hop.cost for hop in hops) for hops in found] == [1000, 1200]


@settings(max_examples=30)
@given(st.integers(0, 2**62), st.integers(0, 2**62), st.integers(2, 9))
def test_packing_keeps_ids(first, second, count):
    ids = [first + number * (second % 7 + 1) for number in range(count)]
    data = pack(ids, [(second + n, n, n + 1, "scale", "closed", "scene") for n in range(count - 1)])
    arrays = unpack(data)
    assert arrays.system_ids.tolist() == ids
    assert arrays.edge_ids.tolist() == [second + n for n in range(count - 1)]
    found = PackedGraph(arrays).path(ids[0], ids[-1])
    assert found.systems == tuple(ids)
    assert found.edge_ids == tuple(second + n for n in range(count - 1))
    wide = pack([0, 2**40], [(7, 0, 1, "scale", "closed", "scene")])
    assert PackedGraph(unpack(wide)).path(2**40, 0).hops == (((7, True),),)


def test_packing_leaves_out_what_leads_nowhere():
    arrays = unpack(pack([5, 6], [(1, 0, 0, "scale", "closed", "scene")]))
    assert arrays.edge_ids.tolist() == []
    assert PackedGraph(arrays).path(5, 5).systems == (5,)
    with pytest.raises(NoPathError):
        PackedGraph(arrays).path(5, 6)
    with pytest.raises(UnknownAddressError, match="77"):
        PackedGraph(arrays).path(5, 77)


def test_packing_does_not_depend_on_the_machine():
    data = pack([1, 2], [(3, 0, 1, "scale", "closed", "scene")])
    assert data.startswith(b"OSCG\x01\x00")
    assert np.frombuffer(data[-4:], "<u2").tolist() == [0, 1]


@pytest.mark.parametrize("spoil", [lambda d: d[:10], lambda d: d[:-1], lambda d: b"x" + d])
def test_damaged_bytes_are_told(spoil):
    data = pack([1, 2], [(3, 0, 1, "scale", "closed", "scene")])
    with pytest.raises(DatabaseError, match=r"[Ii]ndex its hierarchy again"):
        unpack(spoil(data))


def test_an_edge_must_stay_inside():
    with pytest.raises(DatabaseError, match="outside"):
        pack([1, 2], [(3, 0, 2, "scale", "closed", "scene")])
