"""The cheapest path between two nodes, the same one every time.

Costs are whole numbers of at least one, so that equal means equal. Of all cheapest
paths the canonical one is the smallest as a sequence of (node, edge): it depends on
what there is, never on the order in which it was added.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

Node = TypeVar("Node", bound=Hashable)
Edge = TypeVar("Edge")

Arc = tuple[int, Node, Edge, bool]
"""A way out of a node (or, backwards, into it): cost, the other node, edge, inverse?"""


class Adjacency(Protocol[Node, Edge]):
    """What a search asks of a graph. `order` and `edge_order` give what is compared."""

    def arcs_from(self, node: Node) -> Collection[Arc[Node, Edge]]:
        """Give the arcs that leave a node."""

    def arcs_to(self, node: Node) -> Collection[Arc[Node, Edge]]:
        """Give the arcs that reach a node, each with the node that it leaves."""

    def order(self, node: Node) -> Any:
        """Give what nodes are compared by."""

    def edge_order(self, edge: Edge) -> Any:
        """Give what edges between the same two nodes are compared by."""


class Hop(NamedTuple, Generic[Node, Edge]):
    """One step of a path found: the edge walked, and the node it reaches."""

    edge: Edge
    inverse: bool
    node: Node
    cost: int


@dataclass(slots=True)
class Effort:
    """Counts the arcs that searches looked at."""

    arcs: int = 0


def cheapest(
    graph: Adjacency[Node, Edge], source: Node, target: Node, effort: Effort | None = None
) -> list[Hop[Node, Edge]] | None:
    """Find the canonical cheapest path; None when there is none, empty for ``a → a``."""
    if source == target:
        return []
    ahead: _Side[Node, Edge] = _Side(graph.arcs_from, source)
    behind: _Side[Node, Edge] = _Side(graph.arcs_to, target)
    best: int | None = None
    while ahead.top is not None and behind.top is not None:
        # Once this holds, every node of every cheapest path has an exact distance from
        # one end, and one node of each path has it from both.
        if best is not None and ahead.top + behind.top >= best:
            break
        # Work is balanced between the two sides: a hub with 100,000 leaves is not
        # opened while the other side can still come to meet it.
        side, other = (ahead, behind) if ahead.effort <= behind.effort else (behind, ahead)
        best = side.settle(other.distances, best)
    if effort is not None:
        effort.arcs += ahead.effort + behind.effort
    if best is None:
        return None
    return _canonical(graph, (ahead, behind), source, target, best)


class _Side(Generic[Node, Edge]):
    """The search from one end.

    Attributes
    ----------
    top
        Distance of the nearest node that is not settled; None if all are.
    effort
        Arcs looked at so far, with those of that node.
    tight
        For each node all arcs that give it its distance: (node before, edge, inverse, cost).
    """

    def __init__(self, arcs: Callable[[Node], Collection[Arc[Node, Edge]]], start: Node) -> None:
        self.distances: dict[Node, int] = {start: 0}
        self.tight: dict[Node, list[tuple[Node, Edge, bool, int]]] = {start: []}
        self.top: int | None = 0
        self._arcs = arcs
        self._settled: set[Node] = set()
        self._heap: list[tuple[int, int, Node]] = [(0, 0, start)]
        self._next = arcs(start)
        self.effort = len(self._next) + 1

    def settle(self, others: dict[Node, int], best: int | None) -> int | None:
        """Settle the nearest node, and give the best meeting known."""
        heap, settled = self._heap, self._settled
        distances, tight = self.distances, self.tight
        distance, _, node = heapq.heappop(heap)
        settled.add(node)
        for cost, other, edge, inverse in self._next:
            reached = distance + cost
            if best is not None and reached > best:
                continue
            known = distances.get(other)
            if known is None or reached < known:
                distances[other] = reached
                tight[other] = [(node, edge, inverse, cost)]
                # The number keeps nodes, which may have no order, from being compared.
                heapq.heappush(heap, (reached, len(distances), other))
                meeting = others.get(other)
                if meeting is not None and (best is None or reached + meeting < best):
                    best = reached + meeting
            elif reached == known:
                tight[other].append((node, edge, inverse, cost))
        while heap and heap[0][2] in settled:
            heapq.heappop(heap)
        if heap:
            self.top = heap[0][0]
            self._next = self._arcs(heap[0][2])
            self.effort += len(self._next) + 1
        else:
            self.top = None
        return best


def _canonical(
    graph: Adjacency[Node, Edge],
    sides: tuple[_Side[Node, Edge], _Side[Node, Edge]],
    source: Node,
    target: Node,
    best: int,
) -> list[Hop[Node, Edge]]:
    ahead, behind = sides
    small, large = sorted(sides, key=lambda side: len(side.distances))
    meetings = [
        node
        for node, distance in small.distances.items()
        if distance + large.distances.get(node, best + 1) == best
    ]
    met = set(meetings)
    # Walking back from the meetings gives, for each node before them, its arcs that lie
    # on a cheapest path; behind them every tight arc does.
    choices: dict[Node, list[tuple[Node, Edge, bool, int]]] = {}
    waiting = list(meetings)
    seen = set(meetings)
    while waiting:
        node = waiting.pop()
        for before, edge, inverse, cost in ahead.tight[node]:
            choices.setdefault(before, []).append((node, edge, inverse, cost))
            if before not in seen:
                seen.add(before)
                waiting.append(before)

    def rank(arc: tuple[Node, Edge, bool, int]) -> tuple[Any, Any, bool]:
        return graph.order(arc[0]), graph.edge_order(arc[1]), arc[2]

    hops: list[Hop[Node, Edge]] = []
    node, exact_behind = source, source in met
    while node != target:
        before_meeting = choices.get(node, [])
        after_meeting = behind.tight[node] if exact_behind else []
        from_behind = not before_meeting
        if len(before_meeting) + len(after_meeting) == 1:
            chosen = (after_meeting or before_meeting)[0]
        else:
            chosen = min((*after_meeting, *before_meeting), key=rank)
            from_behind = from_behind or chosen in after_meeting
        node, edge, inverse, cost = chosen
        exact_behind = from_behind or node in met
        hops.append(Hop(edge, inverse, node, cost))
    return hops
