"""The rows of one component of the graph, and the graph that they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from catalog.database.dialects import dialect_of
from catalog.database.schema import coordinate_system, transformation, zarr_group
from catalog.graph.addresses import edge_order, order
from catalog.graph.cost import forward_cost, inverse_cost
from catalog.graph.edges import GraphEdge
from catalog.graph.search import Arc
from catalog.query.addresses import address


class Node(NamedTuple):
    """A coordinate system, as the graph needs it."""

    address: str
    ndim: int | None


class Edge(NamedTuple):
    """A transformation, as the graph needs it."""

    id: int
    input_id: int
    output_id: int
    type: str
    name: str | None
    origin: str
    invertibility: str
    group: str
    pointer: str
    affine: str | None
    inverse_affine: str | None
    parameters: str


_PLACE = (coordinate_system.c.id, zarr_group.c.url, coordinate_system.c.array_path)
_NODE_COLUMNS = (*_PLACE, coordinate_system.c.name, coordinate_system.c.ndim)
_DECLARING = zarr_group.alias("declaring")
_EDGE_COLUMNS = (
    transformation.c.id,
    transformation.c.input_id,
    transformation.c.output_id,
    transformation.c.type,
    transformation.c.name,
    transformation.c.origin,
    transformation.c.invertibility,
    _DECLARING.c.url,
    transformation.c.pointer,
    transformation.c.affine,
    transformation.c.inverse_affine,
    transformation.c.parameters,
)
_NODES = sa.select(*_NODE_COLUMNS).join(zarr_group, coordinate_system.c.group_id == zarr_group.c.id)
_EDGES = sa.select(*_EDGE_COLUMNS).join(_DECLARING, transformation.c.group_id == _DECLARING.c.id)
# A small component is one question: each system, and with it the edges that leave it.
_ALL_OF = (
    sa.select(*_NODE_COLUMNS, *_EDGE_COLUMNS)
    .select_from(coordinate_system)
    .join(zarr_group, coordinate_system.c.group_id == zarr_group.c.id)
    .outerjoin(transformation, transformation.c.input_id == coordinate_system.c.id)
    .outerjoin(_DECLARING, transformation.c.group_id == _DECLARING.c.id)
    .where(coordinate_system.c.component_id == sa.bindparam("component"))
)


@cache
def _by_ids(dialect: str) -> tuple[sa.Select[Any], sa.Select[Any]]:
    """Make the statements for nodes and for edges by id, once."""
    # A path may have more steps than a statement may have parameters.
    wanted = dialect_of(dialect).numbers_named("ids")
    return (
        _NODES.join(wanted, coordinate_system.c.id == wanted.c.value),
        _EDGES.join(wanted, transformation.c.id == wanted.c.value),
    )


def rows_of(connection: sa.Connection, component_id: int) -> tuple[dict[int, Node], list[Edge]]:
    """Read all systems and transformations of a component."""
    rows = connection.execute(_ALL_OF, {"component": component_id}).all()
    width = len(_NODE_COLUMNS)
    return (
        _nodes(row[:width] for row in rows),
        [Edge._make(row[width:]) for row in rows if row[width] is not None],
    )


def rows_by_id(
    connection: sa.Connection, node_ids: Iterable[int], edge_ids: Iterable[int]
) -> tuple[dict[int, Node], list[Edge]]:
    """Read systems and transformations by id; each one's ends must be among the systems."""
    of_nodes, of_edges = _by_ids(connection.dialect.name)
    given = dialect_of(connection.dialect.name).numbers_given
    nodes = connection.execute(of_nodes, {"ids": given(sorted(node_ids))})
    edges = connection.execute(of_edges, {"ids": given(sorted(edge_ids))})
    return _nodes(nodes.all()), [Edge._make(row) for row in edges.all()]


def _nodes(rows: Iterable[tuple[Any, ...]]) -> dict[int, Node]:
    return {id_: Node(address(*place), ndim) for id_, *place, ndim in rows}


class Component:
    """A component as a graph whose nodes and edges are ids.

    Parameters
    ----------
    edges
        To begin with; more can be added.
    """

    def __init__(self, nodes: Mapping[int, Node], edges: Iterable[Edge] = ()) -> None:
        self.nodes = nodes
        self.edges: dict[int, Edge] = {}
        self._out: dict[int, list[Arc[int, int]]] = {}
        self._in: dict[int, list[Arc[int, int]]] = {}
        for edge in edges:
            self.add(edge)

    def add(self, edge: Edge) -> None:
        """Add an edge."""
        self.edges[edge.id] = edge
        one, other = edge.input_id, edge.output_id
        if one == other:
            return
        facts = (edge.type, edge.invertibility, edge.origin)
        self._add_arc(one, other, edge.id, forward_cost(*facts), inverse=False)
        cost = inverse_cost(*facts)
        if cost is not None:
            self._add_arc(other, one, edge.id, cost, inverse=True)

    def _add_arc(self, one: int, other: int, edge: int, cost: int, *, inverse: bool) -> None:
        self._out.setdefault(one, []).append((cost, other, edge, inverse))
        self._in.setdefault(other, []).append((cost, one, edge, inverse))

    def arcs_from(self, node: int) -> list[Arc[int, int]]:
        """Give the ways out of a system."""
        return self._out.get(node, [])

    def arcs_to(self, node: int) -> list[Arc[int, int]]:
        """Give the ways into a system."""
        return self._in.get(node, [])

    def order(self, node: int) -> str:
        """Give what systems are compared by."""
        return order(self.nodes[node].address)

    def edge_order(self, edge: int) -> tuple[str, int]:
        """Give what edges between the same systems are compared by."""
        row = self.edges[edge]
        return edge_order(row.group, row.pointer), row.id

    def graph_edge(self, edge: int) -> GraphEdge:
        """Make the edge that moves points."""
        return graph_edge(self.edges[edge], self.nodes)


def graph_edge(edge: Edge, nodes: Mapping[int, Node]) -> GraphEdge:
    """Make the edge that moves points of a row."""
    one, other = nodes[edge.input_id], nodes[edge.output_id]
    return GraphEdge.from_rows(
        source=one.address,
        target=other.address,
        type=edge.type,
        name=edge.name,
        origin=edge.origin,
        invertibility=edge.invertibility,
        group=edge.group,
        pointer=edge.pointer,
        ndim_in=one.ndim,
        ndim_out=other.ndim,
        affine=edge.affine,
        inverse_affine=edge.inverse_affine,
        parameters=edge.parameters,
    )
