"""The cheapest paths between two nodes, in order, beyond the first."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Generic

from catalog.graph.search import Adjacency, Arc, Edge, Hop, Node

BUDGET = 1_000_000
"""Arcs looked at before the search for more is given up: about a second."""


def k_cheapest(
    graph: Adjacency[Node, Edge], source: Node, target: Node, limit: int, budget: int = BUDGET
) -> list[list[Hop[Node, Edge]]]:
    """List the cheapest paths that visit no node twice, cheapest first.

    Paths over parallel edges count as different; among equal costs the order is that of
    `catalog.graph.search`. What is listed is always the beginning of the full list: when
    the work exceeds `budget`, it ends early.

    Notes
    -----
    Distances to the target are computed once; then all paths of the cheapest cost are
    walked in order, then those of the next cost that a step aside would take. Nodes that
    lie on no simple path between the two (side branches) are left out before.
    """
    if limit < 1:
        return []
    if source == target:
        return [[]]
    between = _between(graph, source, target)
    remaining = _distances_to(graph, target, between)
    if source not in remaining:
        return []
    walk = _Walk(graph, source, target, remaining, between, budget)
    found: list[list[Hop[Node, Edge]]] = []
    cost: int | None = remaining[source]
    while cost is not None:
        for path in walk.paths_of(cost):
            found.append(path)
            if len(found) == limit:
                return found
        cost = walk.following
    return found


@dataclass
class _Walk(Generic[Node, Edge]):
    """Depth-first walks that never leave what a given cost allows."""

    graph: Adjacency[Node, Edge]
    source: Node
    target: Node
    remaining: dict[Node, int]
    between: set[Node]
    budget: int
    following: int | None = None
    _sorted: dict[Node, list[Arc[Node, Edge]]] = field(default_factory=dict)

    def paths_of(self, cost: int) -> Iterator[list[Hop[Node, Edge]]]:
        """Walk all paths of exactly this cost; `following` is then the next cost to try."""
        self.following = None
        following: int | None = None
        hops: list[Hop[Node, Edge]] = []
        visited = {self.source}
        spent = [0]
        stack = [iter(self._arcs(self.source))]
        while stack:
            descended = False
            for step, node, edge, inverse in stack[-1]:
                self.budget -= 1
                if self.budget < 0:
                    return
                if node in visited:
                    continue
                total = spent[-1] + step + self.remaining[node]
                if total > cost:
                    if following is None or total < following:
                        following = total
                    continue
                if node == self.target:
                    if total == cost:
                        yield [*hops, Hop(edge, inverse, node, step)]
                    continue
                hops.append(Hop(edge, inverse, node, step))
                visited.add(node)
                spent.append(spent[-1] + step)
                stack.append(iter(self._arcs(node)))
                descended = True
                break
            if not descended:
                stack.pop()
                spent.pop()
                if hops:
                    visited.discard(hops.pop().node)
        self.following = following

    def _arcs(self, node: Node) -> list[Arc[Node, Edge]]:
        arcs = self._sorted.get(node)
        if arcs is None:
            graph = self.graph
            arcs = [arc for arc in graph.arcs_from(node) if arc[1] in self.remaining]
            arcs.sort(key=lambda arc: (graph.order(arc[1]), graph.edge_order(arc[2]), arc[3]))
            self._sorted[node] = arcs
        return arcs


def _distances_to(
    graph: Adjacency[Node, Edge], target: Node, between: Collection[Node]
) -> dict[Node, int]:
    distances = {target: 0}
    settled: set[Node] = set()
    heap = [(0, 0, target)]
    pushed = 0
    while heap:
        distance, _, node = heapq.heappop(heap)
        if node in settled:
            continue
        settled.add(node)
        for cost, other, _, _ in graph.arcs_to(node):
            reached = distance + cost
            if other in between and reached < distances.get(other, reached + 1):
                distances[other] = reached
                pushed += 1
                heapq.heappush(heap, (reached, pushed, other))
    return distances


def _between(graph: Adjacency[Node, Edge], source: Node, target: Node) -> set[Node]:
    """Give the nodes on simple paths between two, whichever way their edges point.

    With one more edge between the two, that is the biconnected component of this edge
    (lowest points reached, after Hopcroft and Tarjan): depth first from the target, the
    source standing above it.
    """

    def neighbours(node: Node) -> Iterator[Node]:
        yield from dict.fromkeys(arc[1] for arc in graph.arcs_from(node))
        yield from dict.fromkeys(arc[1] for arc in graph.arcs_to(node))

    found = {source: 0, target: 1}
    lowest = {source: 0, target: 0}
    above: dict[Node, Node] = {target: source}
    order = []
    stack = [(target, neighbours(target))]
    while stack:
        node, others = stack[-1]
        for other in others:
            if other not in found:
                found[other] = lowest[other] = len(found)
                above[other] = node
                order.append(other)
                stack.append((other, neighbours(other)))
                break
            if other != above[node]:
                lowest[node] = min(lowest[node], found[other])
        else:
            stack.pop()
            if stack:
                parent = stack[-1][0]
                lowest[parent] = min(lowest[parent], lowest[node])
    result = {source, target}
    for node in order:
        parent = above[node]
        if parent in result and lowest[node] < found[parent]:
            result.add(node)
    return result
