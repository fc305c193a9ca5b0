"""A large component as plain lists."""

from __future__ import annotations

from catalog.graph.search import Arc
from catalog.graph.waves import NEVER


class Listed:
    """A packed graph as plain lists.

    To look up one node in arrays takes longer than to walk its arcs; so where all nodes
    are come to, lists are several times as fast. Nodes and edges are those of the packed
    graph: numbers in order of address, and ids.
    """

    def __init__(
        self,
        starts: list[int],
        others: list[int],
        edges: list[int],
        sides: list[int],
        costs: list[int],
    ) -> None:
        self._starts, self._others, self._edges = starts, others, edges
        self._sides, self._costs = sides, costs

    @property
    def dearest(self) -> int:
        """Cost of the dearest step."""
        return max((cost for cost in self._costs if cost < NEVER), default=0)

    def arcs_from(self, node: int) -> list[Arc[int, int]]:
        """Give the ways out of a node."""
        return self._arcs(node, 0)

    def arcs_to(self, node: int) -> list[Arc[int, int]]:
        """Give the ways into a node."""
        return self._arcs(node, 1)

    def order(self, node: int) -> int:
        """Nodes are numbered in order of address."""
        return node

    def edge_order(self, edge: int) -> int:
        """Edges are listed by id."""
        return edge

    def _arcs(self, node: int, reaching: int) -> list[Arc[int, int]]:
        first, last = self._starts[node], self._starts[node + 1]
        beyond = reaching * len(self._others)
        return [
            (cost, other, edge, bool(side ^ reaching))
            for cost, other, edge, side in zip(
                self._costs[first + beyond : last + beyond],
                self._others[first:last],
                self._edges[first:last],
                self._sides[first:last],
                strict=True,
            )
            if cost < NEVER
        ]
