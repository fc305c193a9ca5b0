"""A large graph in memory, laid out as arrays once it was searched often enough."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

from catalog.graph.search import Adjacency, Hop
from catalog.graph.waves import NEVER, TwoSided, Waves

if TYPE_CHECKING:
    from catalog.graph.edges import GraphEdge

MANY = 2_000
"""Systems from which laying out can pay."""


class LaidOut:
    """The systems of a graph by number, in their order, and the search over arrays.

    Parameters
    ----------
    order
        Each system with what it is compared by.
    """

    def __init__(self, order: dict[str, str], edges: Iterable[GraphEdge]) -> None:
        import numpy as np

        self._addresses = sorted(order, key=order.__getitem__)
        self._numbers = numbers = {address: i for i, address in enumerate(self._addresses)}
        kept = [edge for edge in edges if edge.source != edge.target]
        sources = np.fromiter((numbers[edge.source] for edge in kept), np.int64, len(kept))
        targets = np.fromiter((numbers[edge.target] for edge in kept), np.int64, len(kept))
        there = np.fromiter((edge.forward_cost for edge in kept), np.int32, len(kept))
        costs_back = (edge.inverse_cost for edge in kept)
        back = np.fromiter(
            (NEVER if cost is None else cost for cost in costs_back), np.int32, len(kept)
        )
        nodes = np.concatenate((sources, targets))
        others = np.concatenate((targets, sources))
        leaving, reaching = np.concatenate((there, back)), np.concatenate((back, there))
        entries = np.lexsort((others, nodes))
        starts = np.zeros(len(numbers) + 1, dtype=np.int64)
        np.cumsum(np.bincount(nodes, minlength=len(numbers)), out=starts[1:])
        costs = np.concatenate((leaving[entries], reaching[entries]))
        self._graph = TwoSided.of(starts, others[entries], costs)

    def cheapest(
        self, graph: Adjacency[str, GraphEdge], source: str, target: str
    ) -> list[Hop[str, GraphEdge]] | None:
        """Find the canonical cheapest path; None when there is none.

        Parameters
        ----------
        graph
            The same graph: says which edges lead from one system to the next.
        """
        if source == target:
            return []
        numbers = Waves(self._graph, self._numbers[source], self._numbers[target]).nodes()
        if numbers is None:
            return None
        nodes = [self._addresses[number] for number in numbers]
        return [_hop(graph, one, other) for one, other in pairwise(nodes)]


def _hop(graph: Adjacency[str, GraphEdge], node: str, following: str) -> Hop[str, GraphEdge]:
    arcs, end = graph.arcs_from(node), following
    back = graph.arcs_to(following)
    if len(back) < len(arcs):  # the other one may be a hub
        arcs, end = back, node
    cost, _, inverse, edge = min(
        ((cost, edge.key, inverse, edge) for cost, other, edge, inverse in arcs if other == end),
        key=lambda arc: arc[:3],
    )
    return Hop(edge, inverse, following, cost)
