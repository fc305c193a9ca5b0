"""All that can be reached from one node, nearest first; and the ways of all nodes to one.

Both are trees of canonical cheapest paths: what follows a node on the way of another is
what follows it on its own. So one search answers for all nodes, and says of each only
the last (or the first) step of its path.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Any, Generic, NamedTuple

from catalog.graph.search import Adjacency, Edge, Node


class Reached(NamedTuple, Generic[Node, Edge]):
    """A node that a search has come to, by its canonical cheapest path.

    Attributes
    ----------
    cost, steps
        Of the whole path.
    neighbour
        The node before it on the path from the start, or after it on the path to the end.
    edges
        Of the step between the two: the edges that do equally well, each with whether
        it is walked backwards. Nearly always there is one. Which of several it is, the
        order of edges says.
    """

    node: Node
    cost: int
    steps: int
    neighbour: Node
    edges: tuple[tuple[Edge, bool], ...]


def nearest(
    graph: Adjacency[Node, Edge], start: Node, most: int | None = None
) -> Iterator[Reached[Node, Edge]]:
    """Yield what can be reached from `start`, nearest first; of equals, in their order.

    Nothing is looked at before it is asked for: who takes ten, pays for ten.

    Parameters
    ----------
    most
        Cost beyond which nothing is wanted.
    """
    return _grown(graph, start, most, _From(graph, start))


def leading(graph: Adjacency[Node, Edge], end: Node) -> Iterator[Reached[Node, Edge]]:
    """Yield what has a way to `end`, nearest first; of equals, in their order."""
    return _grown(graph, end, None, _To(graph, end))


_Tight = list[tuple[Node, Edge, bool]]


def _grown(
    graph: Adjacency[Node, Edge],
    root: Node,
    most: int | None,
    tree: _From[Node, Edge] | _To[Node, Edge],
) -> Iterator[Reached[Node, Edge]]:
    order, arcs = graph.order, tree.arcs
    distances: dict[Node, int] = {root: 0}
    # For each node all arcs that give it its distance; gone once it is settled.
    tight: dict[Node, _Tight[Node, Edge]] = {root: []}
    heap: list[tuple[int, Any, Node]] = [(0, order(root), root)]
    while heap:
        distance, _, node = heapq.heappop(heap)
        ways = tight.pop(node, None)
        if ways is None:
            continue
        if most is not None and distance > most:
            return
        if node != root:
            neighbour = tree.chosen(node, ways)
            edges = tuple((edge, back) for other, edge, back in ways if other == neighbour)
            yield Reached(node, distance, tree.steps[node], neighbour, edges)
        for cost, other, edge, back in arcs(node):
            reached = distance + cost
            known = distances.get(other)
            if known is None or reached < known:
                distances[other] = reached
                tight[other] = [(node, edge, back)]
                heapq.heappush(heap, (reached, order(other), other))
            elif reached == known:
                tight[other].append((node, edge, back))


class _To(Generic[Node, Edge]):
    """Paths to one node: of several next nodes on a cheapest way, the smallest one counts."""

    def __init__(self, graph: Adjacency[Node, Edge], end: Node) -> None:
        self.arcs = graph.arcs_to
        self.steps: dict[Node, int] = {end: 0}
        self._order = graph.order

    def chosen(self, node: Node, ways: _Tight[Node, Edge]) -> Node:
        """Choose the next node on the way of another."""
        chosen = ways[0][0]
        if len(ways) > 1:
            chosen = min((way[0] for way in ways), key=self._order)
        self.steps[node] = self.steps[chosen] + 1
        return chosen


class _From(Generic[Node, Edge]):
    """Paths from one node: of several, the one counts that is smaller where they part.

    Each node knows its parent and one ancestor farther up (a skew-binary jump), so that
    the place where two paths part is found in a logarithm of their steps.
    """

    def __init__(self, graph: Adjacency[Node, Edge], start: Node) -> None:
        self.arcs = graph.arcs_from
        self.steps: dict[Node, int] = {start: 0}
        self._order = graph.order
        self._parents: dict[Node, Node] = {start: start}
        self._jumps: dict[Node, Node] = {start: start}

    def chosen(self, node: Node, ways: _Tight[Node, Edge]) -> Node:
        """Choose the node before another one on the way to it."""
        chosen = ways[0][0]
        for other, _, _ in ways[1:]:
            if other != chosen and self._is_before(other, chosen, node):
                chosen = other
        steps, jumps = self.steps, self._jumps
        steps[node] = steps[chosen] + 1
        self._parents[node] = chosen
        far = jumps[chosen]
        even = steps[chosen] - steps[far] == steps[far] - steps[jumps[far]]
        jumps[node] = jumps[far] if even else chosen
        return chosen

    def _is_before(self, one: Node, other: Node, node: Node) -> bool:
        """Tell whether the path over `one` to `node` is smaller than that over `other`."""
        steps, parents, jumps = self.steps, self._parents, self._jumps
        # Each path goes on from its end to `node`.
        after, behind = node, node
        while steps[one] != steps[other]:
            if steps[one] > steps[other]:
                one, after = self._climbed(one, steps[other])
            else:
                other, behind = self._climbed(other, steps[one])
        while one != other:
            if jumps[one] != jumps[other]:
                one, other = jumps[one], jumps[other]
            else:
                after, behind = one, other
                one, other = parents[one], parents[other]
        return bool(self._order(after) < self._order(behind))

    def _climbed(self, node: Node, steps: int) -> tuple[Node, Node]:
        """Climb to the ancestor that is `steps` from the start; give the one below it too."""
        below = node
        while self.steps[node] > steps:
            jump = self._jumps[node]
            if self.steps[jump] > steps:
                node = jump
            else:
                below, node = node, self._parents[node]
        return node, below
