"""Trees of canonical paths: each path is that of the search for one pair alone."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.graph.nearest import Reached, leading, nearest
from catalog.graph.search import Arc, cheapest


class Numbers:
    """A multigraph over numbers."""

    def __init__(self, arcs: list[tuple[int, int, int]]) -> None:
        self._from: dict[int, list[Arc[int, int]]] = {}
        self._to: dict[int, list[Arc[int, int]]] = {}
        for edge, (one, other, cost) in enumerate(arcs):
            self._from.setdefault(one, []).append((cost, other, edge, False))
            self._to.setdefault(other, []).append((cost, one, edge, False))

    def arcs_from(self, node: int) -> list[Arc[int, int]]:
        return self._from.get(node, [])

    def arcs_to(self, node: int) -> list[Arc[int, int]]:
        return self._to.get(node, [])

    def order(self, node: int) -> int:
        return (node * 7) % 31  # not that of the numbers themselves

    def edge_order(self, edge: int) -> int:
        return edge


NODES = st.integers(0, 11)
ARCS = st.lists(
    st.tuples(NODES, NODES, st.sampled_from([1, 1, 2, 3])).filter(lambda arc: arc[0] != arc[1]),
    max_size=60,
)


def walked(found: dict[int, Reached[int, int]], node: int, root: int) -> Iterator[tuple[int, int]]:
    """Walk from a node to the root of its tree: (next node, edge)."""
    while node != root:
        one = found[node]
        yield one.neighbour, min(edge for edge, _ in one.edges)
        node = one.neighbour


@settings(deadline=None, max_examples=300)
@given(arcs=ARCS, root=NODES)
def test_every_path_is_that_of_its_own_search(arcs: list[tuple[int, int, int]], root: int) -> None:
    graph = Numbers(arcs)
    there = list(nearest(graph, root))
    back = list(leading(graph, root))
    for found in (there, back):
        assert [(one.cost, graph.order(one.node)) for one in found] == sorted(
            (one.cost, graph.order(one.node)) for one in found
        )
    forward = {one.node: one for one in there}
    backward = {one.node: one for one in back}
    for node in range(12):
        if node == root:
            continue
        hops = cheapest(graph, root, node)
        assert (hops is None) == (node not in forward)
        if hops is not None:
            assert forward[node].cost == sum(hop.cost for hop in hops)
            assert forward[node].steps == len(hops)
            steps = list(walked(forward, node, root))[::-1]
            assert [edge for _, edge in steps] == [hop.edge for hop in hops]
        hops = cheapest(graph, node, root)
        assert (hops is None) == (node not in backward)
        if hops is not None:
            assert backward[node].steps == len(hops)
            assert list(walked(backward, node, root)) == [(hop.node, hop.edge) for hop in hops]


def test_paths_of_a_wide_grid_part_where_the_search_says() -> None:
    size = 14
    arcs = [
        (y * size + x, (y + dy) * size + x + dx, 1)
        for y in range(size)
        for x in range(size)
        for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0))
        if 0 <= y + dy < size and 0 <= x + dx < size
    ]
    graph = Numbers(arcs)
    graph.order = lambda node: (node * 131) % 199  # type: ignore[method-assign]
    found = {one.node: one for one in nearest(graph, 93)}
    assert len(found) == size * size - 1
    for node in range(0, size * size, 5):
        if node != 93:
            hops = cheapest(graph, 93, node)
            assert hops is not None
            steps = list(walked(found, node, 93))[::-1]
            assert [edge for _, edge in steps] == [hop.edge for hop in hops]


def test_who_takes_few_pays_for_few() -> None:
    looked: list[int] = []

    class Counting(Numbers):
        def arcs_from(self, node: int) -> list[Arc[int, int]]:
            looked.append(node)
            return super().arcs_from(node)

    graph = Counting([(i, i + 1, 1) for i in range(1000)])
    first = next(nearest(graph, 0))
    assert (first.node, first.cost, first.steps) == (1, 1, 1)
    assert looked == [0]
    assert [one.cost for one in nearest(graph, 0, most=3)] == [1, 2, 3]
    assert len(looked) < 8


def test_the_order_of_costs_is_that_of_a_plain_search() -> None:
    arcs = [(0, 1, 5), (0, 2, 1), (2, 1, 3), (1, 3, 1), (2, 3, 9)]
    distances: dict[int, int] = {}
    heap = [(0, 0)]
    while heap:
        cost, node = heapq.heappop(heap)
        if node not in distances:
            distances[node] = cost
            for one, other, more in arcs:
                if one == node:
                    heapq.heappush(heap, (cost + more, other))
    found = {one.node: one.cost for one in nearest(Numbers(arcs), 0)}
    assert found == {node: cost for node, cost in distances.items() if node}
