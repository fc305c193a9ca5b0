"""A graph in which some systems and edges cannot be passed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Generic

from catalog.errors import NoPathError
from catalog.graph.search import Adjacency, Arc, Edge, Node


class Restricted(Generic[Node, Edge]):
    """What a search asks of a graph, without what is to be avoided.

    Parameters
    ----------
    nodes
        Systems not to pass.
    barred
        Tells whether an edge is not to be walked.
    forward_only
        Walk no edge backwards.
    """

    def __init__(
        self,
        graph: Adjacency[Node, Edge],
        nodes: Collection[Node] = (),
        barred: Callable[[Edge], bool] | None = None,
        *,
        forward_only: bool = False,
    ) -> None:
        self._graph = graph
        self._nodes = frozenset(nodes)
        self._barred = barred
        self._forward_only = forward_only

    def arcs_from(self, node: Node) -> list[Arc[Node, Edge]]:
        """Give the ways out of a system."""
        return self._open(node, self._graph.arcs_from(node))

    def arcs_to(self, node: Node) -> list[Arc[Node, Edge]]:
        """Give the ways into a system."""
        return self._open(node, self._graph.arcs_to(node))

    def order(self, node: Node) -> Any:
        """Give what systems are compared by."""
        return self._graph.order(node)

    def edge_order(self, edge: Edge) -> Any:
        """Give what edges are compared by."""
        return self._graph.edge_order(edge)

    def _open(self, node: Node, arcs: Collection[Arc[Node, Edge]]) -> list[Arc[Node, Edge]]:
        if node in self._nodes:
            return []
        return [
            arc
            for arc in arcs
            if arc[1] not in self._nodes
            and not (self._forward_only and arc[3])
            and (self._barred is None or not self._barred(arc[2]))
        ]


def no_other_path(
    source: str, target: str, avoid: Collection[str], *, forward_only: bool
) -> NoPathError:
    """Say that what is left without the things avoided leads nowhere."""
    conditions = []
    if avoid:
        conditions.append(f"avoids {', '.join(avoid)}")
    if forward_only:
        conditions.append("walks transformations forward only")
    return NoPathError(
        f"No path from {source} to {target} {' and '.join(conditions)}. Ask without these "
        "conditions to see what there is.",
        source,
        target,
    )


def avoided_stop(stop: str, source: str, target: str) -> NoPathError:
    """Say that a place to pass is also to be avoided."""
    return NoPathError(
        f"{stop} cannot be both on the path and avoided; leave it out of one of the two.",
        source,
        target,
    )
